"""A† from an encoding of A: the circuit backwards, α and ε unchanged. Source: by definition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.composites.frame import Frame
from qgd_compiler.algorithms.encoding import Encoder, Encoding


@dataclass(frozen=True, eq=False)
class AdjointEncoder:
    """A†."""

    part: Encoder

    def encode(self, controlled: bool) -> Encoding:
        """The part run backwards."""
        p = self.part.encode(controlled)
        frame = Frame("adjoint", [p], controlled, system=p.system, ancilla=p.ancilla)
        frame.run(p, frame.control, frame.system, frame.ancilla, adjoint=True)
        return frame.encoding(p.alpha, p.epsilon)

    def realised(self) -> np.ndarray | None:
        """The adjoint of what the part realises."""
        block = self.part.realised()
        return None if block is None else np.asarray(block.conj().T)
