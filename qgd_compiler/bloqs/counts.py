"""What Qualtran counts, in our kinds of gates: as the call graph claims, and as the leaves add up."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

from qualtran import Bloq
from qualtran.resource_counting import QECGatesCost, get_bloq_callee_counts, get_cost_value
from qualtran.resource_counting.generalizers import generalize_rotation_angle

from qgd_compiler.bloqs.parts import decomposed
from qgd_compiler.costing.gates import Gates
from qgd_compiler.scalars import Scalar


@dataclass(frozen=True)
class Kinds:
    """Gates by kind. A temporary AND and a controlled swap count as a Toffoli; depth is not counted here."""

    toffoli: Scalar = 0
    t: Scalar = 0
    rotations: Scalar = 0
    clifford: Scalar = 0
    measurements: Scalar = 0

    def __add__(self, other: Kinds) -> Kinds:
        return Kinds(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def times(self, n: Scalar) -> Kinds:
        """`n` repetitions."""
        return Kinds(*(n * a for a in astuple(self)))


def kinds(gates: Gates) -> Kinds:
    """The counts of a fold, without the depths."""
    return Kinds(gates.toffoli, gates.t, gates.rotations, gates.clifford, gates.measurements)


def claimed(bloq: Bloq, any_angle: bool = True) -> Kinds:
    """Qualtran's `QECGatesCost` of a bloq, by the call graphs of it and of all that it calls.

    any_angle  count every rotation as one, as our rules do; else an angle that is a Clifford or T gate is that
    """
    given: dict[str, Any] = {"generalizer": generalize_rotation_angle} if any_angle else {}
    g = get_cost_value(bloq, QECGatesCost(), **given)
    return Kinds(g.toffoli + g.cswap + g.and_bloq, g.t, g.rotation, g.clifford, g.measurement)


def of_leaves(bloq: Bloq, any_angle: bool = True) -> Kinds:
    """The same by taking the bloq apart until nothing decomposes; no call graph of a bloq with a body is asked."""
    return _of_leaves(bloq, any_angle, {})


def _of_leaves(bloq: Bloq, any_angle: bool, known: dict[Bloq, Kinds]) -> Kinds:
    if bloq in known:
        return known[bloq]
    composite = decomposed(bloq)
    if composite is None:
        known[bloq] = claimed(bloq, any_angle)
        return known[bloq]
    total = Kinds()
    for part, count in get_bloq_callee_counts(composite):
        total = total + _of_leaves(part, any_angle, known).times(count)
    known[bloq] = total
    return total
