"""Qualtran's counts of decomposed bloqs, in our kinds of gates."""

from __future__ import annotations

from dataclasses import dataclass

from qualtran import Bloq
from qualtran.resource_counting import QECGatesCost, QubitCount, get_cost_value


@dataclass(frozen=True)
class Counts:
    """Toffolis (an AND, a controlled swap and four T gates count as one each) and the other kinds."""

    toffoli: int
    clifford: int
    measurements: int
    rotations: int


def counted(bloq: Bloq) -> Counts:
    """The gates of a bloq, as Qualtran counts them."""
    g = get_cost_value(bloq, QECGatesCost())
    assert g.t % 4 == 0
    return Counts(
        toffoli=int(g.toffoli + g.cswap + g.and_bloq + g.t // 4),
        clifford=int(g.clifford),
        measurements=int(g.measurement),
        rotations=int(g.rotation),
    )


def decomposed(bloq: Bloq) -> Counts:
    """The gates of a bloq after one level of decomposition, not of what its call graph claims."""
    return counted(bloq.decompose_bloq())


def work_qubits(bloq: Bloq) -> int:
    """Qubits at the peak, beyond those of the signature."""
    return int(get_cost_value(bloq, QubitCount())) - bloq.signature.n_qubits()
