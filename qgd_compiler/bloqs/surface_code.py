"""Single physical plans through Qualtran's `surface_code`: the CCZ factories of Gidney and Fowler."""

from __future__ import annotations

from dataclasses import dataclass

from qualtran.resource_counting import GateCounts
from qualtran.surface_code import (
    AlgorithmSummary,
    CCZ2TFactory,
    MultiFactory,
    PhysicalCostModel,
    PhysicalParameters,
    QECScheme,
    SimpleDataBlock,
)

from qgd_compiler.physical.gidney_fowler import CczPlan


@dataclass(frozen=True)
class QualtranPlan:
    """What Qualtran says of a plan: physical qubits, rounds of syndrome measurement, hours, failure probability."""

    qubits: int
    cycles: int
    hours: float
    failure: float


def through_qualtran(plan: CczPlan, qubits: int, routing: float) -> QualtranPlan:
    """The plan of one circuit on `qubits` logical qubits, by Qualtran's formulas.

    Qualtran has no reaction time: its rounds are those that the factories take.
    """
    code = plan.machine.code
    factory = CCZ2TFactory(*(int(d) for d in plan.factory_distances))
    model = PhysicalCostModel(
        physical_params=PhysicalParameters(
            physical_error=plan.machine.physical_error, cycle_time_us=plan.machine.round_ns / 1000
        ),
        data_block=SimpleDataBlock(data_d=int(plan.distance), routing_overhead=routing),
        factory=MultiFactory(base_factory=factory, n_factories=int(plan.factories)),
        qec_scheme=QECScheme(error_rate_scaler=code.prefactor, error_rate_threshold=code.threshold),
    )
    gates = GateCounts(t=int(plan.load.t), toffoli=int(plan.load.ccz))
    algorithm = AlgorithmSummary(n_algo_qubits=qubits, n_logical_gates=gates)
    return QualtranPlan(
        qubits=int(model.n_phys_qubits(algorithm)),
        cycles=int(model.n_cycles(algorithm)),
        hours=float(model.duration_hr(algorithm)),
        failure=float(model.error(algorithm)),
    )
