"""What a sweep keeps of one priced spec: every number read off the plan, none made here."""

from __future__ import annotations

import math
from collections.abc import Mapping

from qgd_compiler.algorithms.choice import Choice
from qgd_compiler.algorithms.loop import Loops, circuits_of
from qgd_compiler.algorithms.subjects import PolynomialSubject
from qgd_compiler.backends.physical_section import Physical
from qgd_compiler.baselines.asked import machines
from qgd_compiler.baselines.runs import bills
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.kinds import weakest_kind
from qgd_compiler.study import Study
from qgd_compiler.study.classical import accelerated_error, runs_of, size_of
from qgd_compiler.sweeps.columns import OK

Row = Mapping[str, float | str | None]


def row_of(
    study: Study, choice: Choice, loops: Loops | None, exchange: Exchange, physical: Physical | None
) -> Row:
    """The columns of `columns.OUTPUTS` for one spec."""
    best = choice.best
    counts = best if loops is None else loops.best
    plans = [best] if loops is None else [p.plan for p in loops.best.pieces]
    proven: float | None = None
    if choice.proven is not None and (loops is None or loops.proven is not None):
        proven = real((choice.proven if loops is None or loops.proven is None else loops.proven).t_count)
    baseline = study.loaded.spec.baseline
    fastest = bills(runs_of(study, size_of(study), accelerated_error(study)[0]), machines(baseline))[0]
    return {
        "t_count": real(counts.t_count),
        "toffoli": real(counts.toffoli_count),
        "t_per_circuit": real(best.t_per_circuit),
        "qubits": real(counts.qubits),
        "solver": best.candidate.solver,
        "subject": best.candidate.subject,
        "encoding": best.candidate.encoding,
        "access": best.candidate.access.name,
        "order": choice.order,
        "regime": study.regime.name.value,
        "kind": weakest_kind((*(p.kind for p in plans), exchange.kind)).value,
        "proven_t_count": proven,
        "queries": real(int(best.queries.encoding)),
        "kappa": None if isinstance(best.facts, PolynomialSubject) else best.facts.kappa,
        "padding": best.knob,
        "share_solver": best.shares.solver,
        "share_encoding": best.shares.encoding,
        "share_right_hand_side": best.shares.right_hand_side,
        "share_synthesis": best.shares.synthesis,
        "circuits": circuits_of(best, loops),
        "quantum_seconds": _ratio(counts.t_count, float(baseline.t_rate.value)),
        "classical_seconds": fastest.seconds,
        "classical": f"{fastest.run.name} on {fastest.machine}",
        "physical_qubits": None if physical is None else real(physical.qubits),
        "runtime_seconds": None if physical is None else physical.expected_runtime,
        "status": OK,
        "reason": None,
    }


def real(count: int) -> float:
    """A count as a float; infinite beyond the largest one."""
    try:
        return float(count)
    except OverflowError:
        return math.inf


def _ratio(count: int, rate: float) -> float:
    try:
        return count / rate
    except OverflowError:
        return math.inf
