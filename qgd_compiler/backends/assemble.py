"""From the chosen plan to the report: every number of the report is read off the plan, none is made here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qgd_compiler.algorithms.choice import Alternative as Considered
from qgd_compiler.algorithms.choice import Choice
from qgd_compiler.algorithms.history import rows
from qgd_compiler.algorithms.plan import Plan
from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.analysis.regime import Regime as MeasuredRegime
from qgd_compiler.backends.document import Assumption
from qgd_compiler.backends.report import (
    Alternative,
    Carleman,
    Component,
    ErrorShare,
    LinearSystem,
    Logical,
    Offer,
    Regime,
    Report,
    Rotations,
    Solver,
    Success,
    Total,
)
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.kinds import Kind, Source, weakest_kind, weakest_source
from qgd_compiler.version import __version__

DATA_COMPONENTS = ("hessian", "right-hand side")


@dataclass(frozen=True)
class Heading:
    """What the report says of the spec itself."""

    name: str
    digest: str
    assumptions: tuple[Assumption, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class MeasuredRun:
    """The class of the whole run, and its steps, of which the price may hold only a window."""

    regime: MeasuredRegime
    iterations: int


def report_of(
    heading: Heading,
    problem: Problem,
    run: MeasuredRun,
    choice: Choice,
    exchange: Exchange,
    objective: str,
) -> Report:
    """The report of one compile."""
    best, regime = choice.best, run.regime
    return Report(
        name=heading.name,
        compiler=__version__,
        spec_digest=heading.digest,
        verdict=_verdict(problem, run, choice, exchange),
        kind=weakest_kind((best.kind, exchange.kind)),
        weakest_source=weakest_source(heading.sources),
        total=_total(choice, exchange, objective),
        regime=regime_of(regime),
        carleman=_carleman(best),
        linear_system=LinearSystem(
            alpha=float(best.history.alpha),
            inverse_norm=best.inverse_norm,
            kappa=best.kappa,
            dimension=int(rows(problem.iterations, best.padding)) * best.system.width,
            rows=int(rows(problem.iterations, best.padding)),
            padding=best.padding,
        ),
        solver=Solver(
            name=best.candidate.solver,
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
        logical=_logical(best, exchange),
        error_budget=tuple(ErrorShare(name=n, epsilon=e, kind=k) for n, e, k in best.error_terms),
        alternatives=tuple(_alternative(a, problem) for a in choice.alternatives),
        assumptions=heading.assumptions,
    )


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
    )


def _carleman(best: Plan) -> Carleman:
    """The lift of the chosen plan, and what it is off by (units: relative to the last iterate)."""
    off = {term.name: term.displacement for term in best.system.errors}
    return Carleman(
        order=best.system.order,
        lift="none (quadratic model)" if best.system.lift == "none" else best.system.name,
        truncation_bound=off.get("truncation", 0.0),
        bias_bound=off.get("bias of the first-order lift", 0.0),
        gamma=best.system.gamma,
        width=best.system.width,
    )


def _alternative(considered: Considered, problem: Problem) -> Alternative:
    plan = considered.plan
    system = problem.systems[considered.candidate.system]
    return Alternative(
        system=system.name,
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


def _offer(plan: Plan) -> Offer:
    return Offer(
        t_count=plan.t_count,
        toffoli=plan.toffoli_count,
        qubits=plan.qubits,
        solver=plan.candidate.solver,
        encoding=plan.candidate.encoding,
        access=plan.candidate.access.name,
    )


def _total(choice: Choice, exchange: Exchange, objective: str) -> Total:
    best = choice.best
    proven = [a.plan for a in choice.alternatives if a.plan is not None and _is_proven(a.plan, exchange)]
    heuristic = [
        a.plan for a in choice.alternatives if a.plan is not None and not _is_proven(a.plan, exchange)
    ]
    return Total(
        t_count=best.t_count,
        toffoli=best.toffoli_count,
        qubits=best.qubits,
        objective=objective,
        proven=_offer(proven[0]) if proven else None,
        why_no_proven="" if proven else _why_not_proven(exchange),
        heuristic=_offer(heuristic[0]) if heuristic else None,
        why_no_heuristic="" if heuristic else "every solver considered rests on a proven bound",
    )


def _is_proven(plan: Plan, exchange: Exchange) -> bool:
    return weakest_kind((plan.kind, exchange.kind)) in (Kind.EXACT, Kind.BOUND)


def _why_not_proven(exchange: Exchange) -> str:
    return f"the exchange of gates for T gates is a {exchange.kind.value}, not a bound"


def _verdict(problem: Problem, run: MeasuredRun, choice: Choice, exchange: Exchange) -> tuple[str, ...]:
    best = choice.best
    parts = _share_by_component(best, exchange)
    largest = max(parts, key=lambda name: parts[name])
    lines: Sequence[str] = (
        f"{best.t_count:.3g} T gates and {best.qubits:,} logical qubits for one state proportional to the "
        f"displacement of the parameters after {problem.iterations:,} steps, {problem.parameters:,} parameters, "
        f"error {problem.epsilon:g}.",
        run.regime.verdict,
        *_about_windows(problem, run),
        f"{parts[largest]:.0%} of the T gates belong to the component '{largest}'; "
        f"the system is queried {int(best.queries.encoding):,} times per solver run, "
        f"at condition number {best.kappa:.4g}.",
        f"Plain gradient descent reaches the same parameters with {problem.iterations:,} classical matrix-vector "
        f"products, and reading them out of the state would take many runs more.",
    )
    return tuple(lines)


def _about_windows(problem: Problem, run: MeasuredRun) -> tuple[str, ...]:
    window = run.regime.window
    if problem.iterations < run.iterations:
        return (
            f"The price is that of the first window, {problem.iterations:,} of {run.iterations:,} steps; the other "
            f"windows, with an upload and a read-out each, are not priced.",
        )
    if window is None or window >= problem.iterations:
        return ()
    return (
        f"The price is that of one run of all {problem.iterations:,} steps with its growth in the condition number; "
        f"windows with an upload and a read-out each are not priced.",
    )


def _share_by_component(plan: Plan, exchange: Exchange) -> dict[str, float]:
    return {
        name or "other": int(exchange.t_of(part, plan.rotation_epsilon)) / plan.t_per_circuit
        for name, part in plan.cost.by_component.items()
    }
