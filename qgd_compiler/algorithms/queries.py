"""What a solver asks for."""

from __future__ import annotations

from dataclasses import dataclass

from qgd_compiler.kinds import Kind
from qgd_compiler.scalars import Scalar


@dataclass(frozen=True)
class Queries:
    """Uses of a block-encoding (or its inverse) and of the right-hand side in one run, with kind and source.

    success    probability that the solver itself succeeds, at least; 1 where the counts are expected ones
    valid_for  the systems that it serves
    formulas   of the fields above, by their names, in SymPy's syntax over `inputs` (and `ceil`)
    """

    encoding: Scalar
    right_hand_side: Scalar
    success: Scalar
    kind: Kind
    source: str
    valid_for: str = "any L"
    formulas: tuple[tuple[str, str], ...] = ()
    inputs: tuple[tuple[str, Scalar], ...] = ()
