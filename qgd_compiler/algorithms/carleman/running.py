"""How the lifts call the encodings of their parts."""

from __future__ import annotations

from typing import Protocol

from qgd_compiler.program.builder import Handle


class RunPart(Protocol):
    """Runs −ηF_l, divided by its subnormalisation, with its sign."""

    def __call__(self, index: int, on: Handle, inputs: Handle, slot: int) -> None:
        """The part with `index` inputs, where the qubit `on` is 1; the result stays in the last copy of `inputs`.

        `slot` tells apart the calls that may both happen: each keeps its own ancilla for its failure.
        """
