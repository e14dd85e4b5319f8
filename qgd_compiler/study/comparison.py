"""A priced run beside its classical baselines: who is faster, where the other one would be, and what decides it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from qgd_compiler.algorithms.plan import Plan
from qgd_compiler.algorithms.subjects import PolynomialSubject
from qgd_compiler.baselines.asked import machines
from qgd_compiler.baselines.comparison import Comparison, Missing
from qgd_compiler.baselines.crossover import Crossover, crossover
from qgd_compiler.baselines.runs import bills
from qgd_compiler.baselines.verdict import Factor, usual_factors, verdict
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.study.classical import ACCELERATED, Size, accelerated_error, runs_of, size_of
from qgd_compiler.study.scaling import LAW, Scaling

if TYPE_CHECKING:
    from qgd_compiler.algorithms.access import Access
    from qgd_compiler.algorithms.loop import Loop
    from qgd_compiler.study.reading import Study

LOADING = ("hessian", "right-hand side")
MOST_ROWS, MOST_STEPS = 10**9, 10**6  # as far as a crossing is looked for
Law = Callable[[Size], float]


def compared(study: Study, best: Plan, loop: Loop | None, exchange: Exchange, access: Access) -> Comparison:
    """The comparison of a compiled spec.

    best     the chosen plan, of the first segment where there are several (`loop`)
    access   how tables are read where prices at other sizes are compared
    """
    study.progress("comparing with classical machines")
    baseline = study.loaded.spec.baseline
    rate = float(baseline.t_rate.value)
    total = best.t_count if loop is None else loop.t_count
    base = size_of(study)
    relative, why = accelerated_error(study)
    hardware = machines(baseline)

    def classical(size: Size) -> float:
        return bills(runs_of(study, size, relative), hardware)[0].seconds

    found = bills(runs_of(study, base, relative), hardware)
    fastest = found[0]
    judged = verdict(
        total,
        rate,
        fastest.seconds,
        f"{fastest.run.name} on {fastest.machine}",
        _factors(best, loop, exchange),
    )
    law = _law(study, exchange, access, loop)
    crossovers: Sequence[Crossover | Missing]
    reason = _why_no_law(study)
    if not reason and not law(base) < math.inf:
        reason = f"not looked for: {LAW} has no plan on declared bounds at the size of the spec"
    if reason:
        crossovers = tuple(Missing(v, reason) for v in ("n", "T", "s"))
    else:
        crossovers = _crossovers(base, lambda size: _seconds(total, rate) * law(size), classical)
    return Comparison(
        bills=found,
        absent=() if relative is not None else ((ACCELERATED, why),),
        verdict=judged,
        crossovers=tuple(crossovers),
        fixed=() if reason else _fixed(base, loop),
    )


def _seconds(count: int, rate: float) -> float:
    try:
        return count / rate
    except OverflowError:
        return math.inf


def _factors(best: Plan, loop: Loop | None, exchange: Exchange) -> tuple[Factor, ...]:
    loading = sum(
        int(exchange.t_of(part, best.rotation_epsilon)) / best.t_per_circuit
        for name, part in best.cost.by_component.items()
        if name in LOADING
    )
    facts, reading = best.facts, best.reading
    kappa = 1.0 if isinstance(facts, PolynomialSubject) else facts.kappa
    # without amplification of its own, what a read-out takes beyond the runs for one good state
    runs = 1.0 if reading is None else max(best.t_count / reading.one_state.t_count, 1.0)
    usual = usual_factors(
        data_loading=min(loading, 1.0),
        kappa=kappa,
        read_out_runs=runs,
        # runs for one good state, amplification included: its circuits are longer instead
        success=1 / max(best.amplification.solver_runs, 1.0),
        segments=1 if loop is None else loop.uploads,
    )
    named = tuple(
        replace(f, present=f"{f.gain:.4g} times the price of one good state", ideal="one good state")
        if f.name == "read-out"
        else replace(f, present=f"{1 / f.gain:.3g} per run of the solver")
        if f.name == "success probability"
        else f
        for f in usual
    )
    if not isinstance(facts, PolynomialSubject):
        return named
    uses = max(facts.uses, 1)
    return (*named, Factor("degree", f"{uses:,} uses of the encoding a run", "one", float(uses)))


def _why_no_law(study: Study) -> str:
    dynamics, recursion = study.loaded.spec.dynamics, study.recursion
    if not recursion.linear or study.tensors:
        return "not looked for: prices of nonlinear runs at other sizes would need their derivatives there"
    if not recursion.constant_rate or recursion.momentum or recursion.noise or dynamics.minibatches:
        return "not looked for: prices at other sizes are known for one rate, one Hessian and no momentum"
    if dynamics.expansion.about == "minimum":
        return "not looked for: prices at other sizes are known for runs about the start"
    return ""


def _law(study: Study, exchange: Exchange, access: Access, loop: Loop | None) -> Law:
    """The price at a size over that at the size of the spec."""
    scaling = Scaling(study, exchange, access)
    base = _of_one_segment(size_of(study), loop)
    count = scaling.t_count(base)

    def law(size: Size) -> float:
        one = _of_one_segment(size, loop)
        segments = 1.0 if loop is None else math.ceil(size.steps / loop.length) / loop.segments
        return math.inf if not count < math.inf else scaling.t_count(one) / count * segments

    return law


def _of_one_segment(size: Size, loop: Loop | None) -> Size:
    return size if loop is None else replace(size, steps=min(size.steps, loop.length))


def _crossovers(base: Size, quantum: Law, classical: Law) -> tuple[Crossover | Missing, ...]:
    full = not base.indexed
    made: dict[str, tuple[float, float, Callable[[float], Size]]] = {
        "n": (
            base.rows,
            MOST_ROWS,
            # every row full stays full
            lambda x: replace(base, rows=int(x), per_row=base.per_row * (x / base.rows if full else 1.0)),
        ),
        "T": (base.steps, MOST_STEPS, lambda x: replace(base, steps=int(x))),
        "s": (
            max(1, math.ceil(base.per_row)),
            base.rows,
            lambda x: replace(base, per_row=x, indexed=x < base.rows),
        ),
    }
    found: list[Crossover | Missing] = []
    for name, (low, high, at) in made.items():
        if low >= high:
            found.append(Missing(name, f"{name} is {low:,} already"))
            continue
        found.append(
            crossover(
                name,
                lambda x, at=at: quantum(at(x)),  # type: ignore[misc]
                lambda x, at=at: classical(at(x)),  # type: ignore[misc]
                low,
                high,
                per_decade=1,
            )
        )
    return tuple(found)


def _fixed(base: Size, loop: Loop | None) -> tuple[str, ...]:
    entries = "every row full" if not base.indexed else "the entries of a row"
    return (
        f"The quantum price changes as that of {LAW} on declared bounds does, from the price of this plan; one size a "
        f"decade is priced.",
        f"Held fixed: spectrum, learning rate, error, largest entry, what one state is to its read-out; in n also "
        f"{entries} and the share of the norm that the run keeps.",
        *(("Segments keep their length.",) if loop is not None else ()),
    )
