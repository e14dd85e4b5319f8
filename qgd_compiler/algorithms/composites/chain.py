"""A selection among k terms with given weights, in unary: qubit i says "not the first i terms".

The angles are exact, so the weights carry no rounding; k >= 2 terms take k−1 qubits and 2k−3 rotations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.primitives import Rotation
from qgd_compiler.scalars import Scalar, is_symbolic


def marks_of(chain: Sequence[Handle], term: int) -> list[tuple[Handle, int]]:
    """What the chain shows for a term: exactly `term` ones."""
    ones = [(chain[term - 1], 1)] if term else []
    return ones + ([(chain[term], 0)] if term < len(chain) else [])


def prepare_chain(
    builder: Builder, chain: Sequence[Handle], weights: Sequence[Scalar], *, adjoint: bool
) -> None:
    """Σ_i √(w_i/Σw) |1…10…0> with i ones: qubit i turns on, under qubit i−1, with what is left."""
    steps: list[tuple[list[Handle], Scalar | None]] = []
    for i, qubit in enumerate(chain):
        left = weights[i:]
        angle = None
        if not is_symbolic(*left):
            angle = 2 * math.acos(math.sqrt(min(1.0, left[0] / sum(left)))) if sum(left) > 0 else 0.0
        steps.append(([chain[i - 1], qubit] if i else [qubit], angle))
    for wires, angle in reversed(steps) if adjoint else steps:
        builder.call(Rotation(axis="Y", angle=angle, controlled=len(wires) == 2), *wires, adjoint=adjoint)
