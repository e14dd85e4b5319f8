"""What a solver asks for."""

from __future__ import annotations

from dataclasses import dataclass

from qgd_compiler.kinds import Kind
from qgd_compiler.scalars import Scalar


@dataclass(frozen=True)
class Queries:
    """Uses of a block-encoding (or its inverse) and of the right-hand side in one run, with kind and source.

    success   probability that the solver itself succeeds, at least
    """

    encoding: Scalar
    right_hand_side: Scalar
    success: Scalar
    kind: Kind
    source: str
