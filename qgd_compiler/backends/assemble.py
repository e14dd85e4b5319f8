"""From the chosen plan to the report: every number of the report is read off the plan, none is made here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qgd_compiler.algorithms.choice import Choice
from qgd_compiler.algorithms.history import rows
from qgd_compiler.algorithms.loop import Loop, Loops
from qgd_compiler.algorithms.plan import Plan
from qgd_compiler.algorithms.planner import Alternative as Considered
from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.algorithms.subjects import HistorySubject, PolynomialSubject, StationarySubject
from qgd_compiler.analysis.regime import Regime as MeasuredRegime
from qgd_compiler.backends.baseline_section import baselines_of
from qgd_compiler.backends.document import Assumption
from qgd_compiler.backends.lookups import lookups_of
from qgd_compiler.backends.physical_section import Physical
from qgd_compiler.backends.readout_section import readout_of
from qgd_compiler.backends.report import (
    Alternative,
    Carleman,
    Component,
    ErrorShare,
    LinearSystem,
    Logical,
    Offer,
    Polynomial,
    Regime,
    Report,
    Rotations,
    Solver,
    Split,
    Stationary,
    Success,
    Total,
)
from qgd_compiler.backends.segments_section import segments_of
from qgd_compiler.backends.verdict import MeasuredRun, verdict_of
from qgd_compiler.baselines.comparison import Comparison
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.kinds import Kind, Source, weakest_kind, weakest_source
from qgd_compiler.physical.logical_counts import counts_of
from qgd_compiler.version import __version__

DATA_COMPONENTS = ("hessian", "right-hand side")
FRESH = "none (quadratic model)"


@dataclass(frozen=True)
class Heading:
    """What the report says of the spec itself."""

    name: str
    digest: str
    assumptions: tuple[Assumption, ...]
    sources: tuple[Source, ...]


def report_of(
    heading: Heading,
    problem: Problem,
    run: MeasuredRun,
    choice: Choice,
    front: Sequence[Plan],
    exchange: Exchange,
    objective: str,
    loops: Loops | None = None,
    windows: Loop | None = None,
    compared: Comparison | None = None,
    physical: Physical | None = None,
) -> Report:
    """The report of one compile.

    front    the Pareto front of T gates and qubits
    loops    the segments that the run is cut into, if it is: plans are of the first one
    windows  the windows that it might be cut into instead
    compared the same run on classical machines
    """
    best, regime = choice.best, run.regime
    history = _best_history(choice)
    loop = None if loops is None else loops.best
    cut = loop or windows
    return Report(
        name=heading.name,
        compiler=__version__,
        spec_digest=heading.digest,
        verdict=verdict_of(problem, run, choice.best, exchange, loop, windows, compared),
        kind=weakest_kind((*_kinds(best, loop), exchange.kind)),
        weakest_source=weakest_source(heading.sources),
        total=_total(choice, exchange, objective, loops),
        regime=regime_of(regime),
        carleman=_carleman(best, history),
        linear_system=None if history is None else _linear_system(history, history is best),
        stationary=_stationary(best),
        polynomial=_polynomial(best),
        solver=Solver(
            name=best.candidate.solver,
            subject=best.candidate.subject,
            encoding=best.candidate.encoding,
            access=best.candidate.access.name,
            queries=int(best.queries.encoding),
            state_preparations=int(best.queries.right_hand_side),
            kind=best.queries.kind,
            source=best.queries.source,
        ),
        success=Success(
            probability=best.amplification.probability,
            rounds=best.amplification.rounds,
            runs=max(1.0, best.amplification.circuits),
            method=best.amplification.method,
        ),
        readout=None if best.reading is None else readout_of(best.reading),
        segments=None if cut is None else segments_of(cut, applied=loop is not None),
        logical=_logical(best, exchange),
        baselines=None if compared is None else baselines_of(compared),
        physical=physical,
        error_budget=tuple(ErrorShare(name=n, epsilon=e, kind=k) for n, e, k in best.error_terms),
        split=_split(choice),
        pareto=tuple(_offer(plan, exchange) for plan in front),
        alternatives=tuple(_alternative(a) for a in choice.alternatives),
        assumptions=heading.assumptions,
    )


def _kinds(best: Plan, loop: Loop | None) -> tuple[Kind, ...]:
    """Of the plans that the total is made of."""
    return (best.kind,) if loop is None else tuple(p.plan.kind for p in loop.pieces)


def regime_of(regime: MeasuredRegime) -> Regime:
    """The regime as the reports show it."""
    over_run = regime.growth_over_run
    return Regime(
        name=regime.name.value,
        growth=regime.growth,
        growth_over_run=over_run if math.isfinite(over_run) else None,
        margin=regime.margin,
        ratio=regime.ratio if regime.ratio is None or math.isfinite(regime.ratio) else None,
        transient=regime.transient,
        reasons=regime.reasons,
    )


def _logical(plan: Plan, exchange: Exchange) -> Logical:
    gates = plan.cost.gates
    each = int(exchange.rotation_t(plan.rotation_epsilon))
    components = []
    for name, part in plan.cost.by_component.items():
        t = int(exchange.t_of(part, plan.rotation_epsilon))
        components.append(
            Component(
                name=name or "other",
                t_count=t,
                toffoli=int(part.toffoli),
                rotations=int(part.rotations),
                share=t / plan.t_per_circuit,
            )
        )
    components.sort(key=lambda c: (-c.t_count, c.name))
    tables = lookups_of(plan.program, exchange, plan.rotation_epsilon)
    return Logical(
        t_count=plan.t_per_circuit,
        toffoli=int(gates.toffoli),
        t=int(gates.t),
        rotations=(
            Rotations(
                label="all rotations", count=int(gates.rotations), epsilon=plan.rotation_epsilon, t_each=each
            ),
        ),
        clifford=int(gates.clifford),
        measurement=int(gates.measurements),
        toffoli_depth=int(gates.toffoli_depth),
        t_depth=int(exchange.t_depth(gates, plan.rotation_epsilon)),
        qubits=plan.qubits,
        qubit_breakdown=plan.qubit_breakdown,
        by_component=tuple(components),
        data_loading_share=sum(c.share for c in components if c.name in DATA_COMPONENTS),
        lookups=tables.number,
        lookup_t=tables.t_count,
        counts=counts_of(gates, plan.qubits, exchange, plan.rotation_epsilon).to_azure(),
    )


def _best_history(choice: Choice) -> Plan | None:
    """The chosen plan if it solves a history system, else the cheapest that does."""
    plans = (choice.best, *(a.plan for a in choice.alternatives if a.plan is not None))
    return next((p for p in plans if isinstance(p.facts, HistorySubject)), None)


def _linear_system(plan: Plan, chosen: bool) -> LinearSystem:
    facts = plan.facts
    assert isinstance(facts, HistorySubject)
    steps = int(rows(facts.system.iterations, facts.padding))
    return LinearSystem(
        alpha=float(facts.history.alpha),
        inverse_norm=facts.inverse_norm,
        kappa=facts.kappa,
        dimension=steps * facts.system.width,
        rows=steps,
        padding=facts.padding,
        chosen=chosen,
    )


def _stationary(best: Plan) -> Stationary | None:
    facts = best.facts
    if not isinstance(facts, StationarySubject):
        return None
    return Stationary(
        alpha=float(facts.encoding.alpha),
        inverse_norm=facts.inverse_norm,
        kappa=facts.kappa,
        distance=facts.distance,
    )


def _polynomial(best: Plan) -> Polynomial | None:
    facts = best.facts
    if not isinstance(facts, PolynomialSubject):
        return None
    return Polynomial(
        name=facts.polynomial,
        argument=facts.argument,
        method=facts.method,
        degree=facts.degree,
        alpha=facts.alpha,
        scale=facts.scale,
        amplitude=facts.amplitude[0],
        one_norm=facts.one_norm,
        error=facts.error,
        kind=facts.error_kind,
    )


def _carleman(best: Plan, history: Plan | None) -> Carleman:
    """The lift of the history system, and what it is off by (units: relative to the last iterate)."""
    facts = best.facts if history is None else history.facts
    if not isinstance(facts, HistorySubject):
        width = int(2**facts.encoding.system)
        return Carleman(order=1, lift=FRESH, truncation_bound=0.0, gamma=None, width=width)
    system = facts.system
    off = {term.name: term.displacement for term in system.errors}
    return Carleman(
        order=system.order,
        lift=FRESH if system.lift == "none" else system.name,
        truncation_bound=off.get("truncation", 0.0),
        bias_bound=off.get("bias of the first-order lift", 0.0),
        gamma=system.gamma,
        width=system.width,
    )


def _split(choice: Choice) -> Split:
    shares = choice.best.shares
    return Split(
        solver=shares.solver,
        encoding=shares.encoding,
        right_hand_side=shares.right_hand_side,
        synthesis=shares.synthesis,
        floor=choice.floor,
        uniform=choice.uniform,
        halving=choice.halving,
    )


def _alternative(considered: Considered) -> Alternative:
    plan = considered.plan
    return Alternative(
        subject=considered.candidate.subject,
        solver=considered.candidate.solver,
        encoding=considered.candidate.encoding,
        access=considered.candidate.access.name,
        t_count=plan.t_count if plan else None,
        toffoli=plan.toffoli_count if plan else None,
        qubits=plan.qubits if plan else None,
        valid=plan is not None,
        chosen=considered.reason == "chosen",
        kind=plan.kind if plan else None,
        reason=considered.reason,
    )


def _offer(plan: Plan, exchange: Exchange, loop: Loop | None = None) -> Offer:
    counts: Plan | Loop = plan if loop is None else loop
    return Offer(
        subject=plan.candidate.subject,
        rotation=exchange.rotation,
        t_count=counts.t_count,
        toffoli=counts.toffoli_count,
        qubits=counts.qubits,
        solver=plan.candidate.solver,
        encoding=plan.candidate.encoding,
        access=plan.candidate.access.name,
    )


def _total(choice: Choice, exchange: Exchange, objective: str, loops: Loops | None) -> Total:
    proven, heuristic, why = choice.proven, choice.heuristic, choice.why_no_proven
    counts: Plan | Loop = choice.best
    if loops is not None:
        counts = loops.best
        if proven is not None and loops.proven is None:
            proven, why = None, "the proven plan of the first segment serves no other"
        heuristic = None if loops.heuristic is None else heuristic
    return Total(
        t_count=counts.t_count,
        toffoli=counts.toffoli_count,
        qubits=counts.qubits,
        objective=objective,
        proven=None
        if proven is None
        else _offer(proven, choice.proven_exchange, None if loops is None else loops.proven),
        why_no_proven=why,
        heuristic=None
        if heuristic is None
        else _offer(heuristic, exchange, None if loops is None else loops.heuristic),
        why_no_heuristic="" if heuristic is not None else "every solver that serves this spec is proven",
    )
