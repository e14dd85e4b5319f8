"""What every block-encoding says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qgd_compiler.kinds import Kind
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import Scalar


@dataclass(frozen=True)
class Encoding:
    r"""A block-encoding U of A: $\|A - \alpha\,(\langle 0|\otimes I)\,U\,(|0\rangle\otimes I)\| \le \epsilon$.

    routine   registers, in this order: `control` (one qubit, if `controlled`), `system`, `ancilla`,
              `gradient` (a phase-gradient state, kept; size 0 if unused)
    alpha     subnormalisation, in units of the entries of A
    epsilon   spectral-norm error of the block, in the same units
    kind      of epsilon: exact when computed from the data, else a bound
    """

    name: str
    access: str
    routine: Routine
    alpha: Scalar
    epsilon: Scalar
    kind: Kind
    system: Scalar
    ancilla: Scalar
    gradient: Scalar
    controlled: bool
    word_bits: Scalar


class Encoder(Protocol):
    """Something that can write its encoding with and without a control."""

    def encode(self, controlled: bool) -> Encoding:
        """The encoding; where a control is off it is exactly the identity on ancilla |0>."""

    def realised(self) -> np.ndarray | None:
        """The matrix that the rounded words stand for, shaped like A (units of A); None without data."""


def all_realised(parts: Sequence[Encoder]) -> list[np.ndarray] | None:
    """What each part realises; None if one of them has no data."""
    found = []
    for part in parts:
        block = part.realised()
        if block is None:
            return None
        found.append(block)
    return found
