"""The choice: every solver × encoding × access is worked out, the cheapest valid one wins, all are listed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.plan import SOLVERS, Candidate, Plan, Planner, Shares
from qgd_compiler.algorithms.problem import System
from qgd_compiler.algorithms.ranking import Ranked, rank
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.scalars import ceil_log2

MOST_PLANNED = 6  # encodings that are worked out to a whole plan
MOST_LIFTED = 2  # the same, where several lifts are compared
NEAR = 1.5  # times the best first price: what is worked out further
OBJECTIVES: dict[str, Callable[[Plan], int]] = {
    "t_count": lambda plan: plan.t_count,
    "toffoli": lambda plan: plan.toffoli_count,
    "qubits": lambda plan: plan.qubits,
}


@dataclass(frozen=True)
class Alternative:
    """A candidate with its plan, or with the reason why it has none."""

    candidate: Candidate
    plan: Plan | None
    reason: str


@dataclass(frozen=True)
class Choice:
    """The winner, and every candidate in order of the objective (invalid ones last)."""

    best: Plan
    alternatives: tuple[Alternative, ...]
    gain_over_uniform_split: float


def choose(
    planner: Planner,
    accesses: Sequence[Access],
    objective: str,
    progress: Callable[[str], None] = lambda _: None,
) -> Choice:
    """Work out the whole menu; raises InfeasibleError with every reason when nothing is left.

    Every linear system (lifts, orders, ways to drive them) with every solver, encoding and access model is priced at
    a uniform split of the error; those that come near the best are worked out to the best split and padding.
    """
    value = OBJECTIVES[objective]
    found = [
        _priced(planner, candidate, reason, value, progress)
        for candidate, reason in _candidates(planner, accesses)
    ]
    first = [value(a.plan) for a in found if a.plan is not None]
    if not first:
        names = [s.name for s in planner.problem.systems]
        reasons = "; ".join(
            f"{a.candidate.solver} with {a.candidate.encoding} ({names[a.candidate.system]}): {a.reason}"
            for a in found
        )
        raise InfeasibleError(
            f"no plan meets the spec ({reasons})",
            remedy="declare more of the Hessian, or relax target.epsilon",
        )
    worked_out: list[Alternative] = []
    for a in found:
        if a.plan is not None and value(a.plan) <= NEAR * min(first):
            progress(f"working out {a.candidate.solver}; {a.candidate.encoding}; {a.candidate.access.name}")
            a = Alternative(a.candidate, _best_plan(planner, a.plan, value), "")
        worked_out.append(a)
    plans = [a.plan for a in worked_out if a.plan is not None and not a.reason]
    best = min(plans, key=lambda plan: (value(plan), plan.qubits))
    uniform = planner.plan(best.candidate, best.padding, Shares.uniform())
    ranked = [_with_reason(a, best, value) for a in worked_out]
    ranked.sort(key=lambda a: (a.plan is None, value(a.plan) if a.plan is not None else 0))
    return Choice(best, tuple(ranked), value(uniform) / value(best) - 1)


def _candidates(planner: Planner, accesses: Sequence[Access]) -> Iterator[tuple[Candidate, str]]:
    """Every line of the menu, with the reason why it is not worth a price ("" where it is)."""
    reasons: dict[
        int, list[str]
    ] = {}  # by the number of offers: lifts of one problem offer the same in the same order
    for number, system in enumerate(planner.problem.systems):
        refusal = planner.refusal(number)
        if refusal is not None:
            name = system.offers[0].name if system.offers else "none"
            yield Candidate(number, SOLVERS[0], name, accesses[0]), refusal
            continue
        if len(system.offers) not in reasons:
            reasons[len(system.offers)] = _passed_over(planner, system, accesses)
        passed_over = dict(zip((o.name for o in system.offers), reasons[len(system.offers)], strict=True))
        encodings = [*(o.name for o in system.offers), *(name for name, _ in system.absent)]
        for solver, encoding, access in itertools.product(SOLVERS, encodings, accesses):
            candidate = Candidate(number, solver, encoding, access)
            yield candidate, planner.why_invalid(candidate) or passed_over.get(encoding, "")


def _priced(
    planner: Planner,
    candidate: Candidate,
    reason: str,
    value: Callable[[Plan], int],
    progress: Callable[[str], None],
) -> Alternative:
    """The best of a few paddings at a uniform split."""
    if reason:
        return Alternative(candidate, None, reason)
    progress(f"{candidate.solver}; {candidate.encoding}; {candidate.access.name}")
    steps = planner.problem.systems[candidate.system].iterations
    try:
        plan = _best_padding(planner, candidate, Shares.uniform(), value, (0, max(1, steps // 4), steps))
    except InfeasibleError as error:
        return Alternative(candidate, None, error.what)
    return Alternative(candidate, plan, "at a uniform split")


def _passed_over(planner: Planner, system: System, accesses: Sequence[Access]) -> list[str]:
    """For each encoding the reason why it is not worth a plan, or "": α·T per query says so before the solver is known.

    Compared at an error of 1/1000 of the smallest α. Of a long menu the best few are planned; one that costs the
    same T gates as another with more qubits is not.
    """
    most = MOST_PLANNED if len(planner.problem.systems) == 1 else MOST_LIFTED
    names = [o.name for o in system.offers]
    if len(names) <= most:
        return [""] * len(names)
    epsilon = min(float(o.weight) for o in system.offers) / 1000
    ranked, _ = rank(system.offers, accesses, epsilon, planner.exchange, planner.folder)
    best: dict[str, Ranked] = {}
    for one in ranked:
        best.setdefault(one.name, one)
    kept: list[Ranked] = []
    reasons: dict[str, str] = {}
    for one in best.values():
        twin = next((k for k in kept if k.t_per_norm == one.t_per_norm), None)
        if twin is not None:
            reasons[one.name] = f"as many T gates as {twin.name}, and more qubits"
        elif len(kept) == most:
            factor = one.t_per_norm / kept[0].t_per_norm
            reasons[one.name] = f"alpha times T per query is {factor:.3g} times that of {kept[0].name}"
        else:
            kept.append(one)
    return [reasons.get(name, "") for name in names]


def _with_reason(alternative: Alternative, best: Plan, value: Callable[[Plan], int]) -> Alternative:
    if alternative.plan is None:
        return alternative
    if alternative.plan is best:
        return Alternative(alternative.candidate, best, "chosen")
    factor = value(alternative.plan) / value(best)
    how = f" {alternative.reason}" if alternative.reason else ""
    return Alternative(alternative.candidate, alternative.plan, f"{factor:.3g} times the chosen plan{how}")


def _best_plan(planner: Planner, start: Plan, value: Callable[[Plan], int]) -> Plan:
    """The best padding at a uniform split, then the best split, then the padding once more."""
    candidate, shares = start.candidate, start.shares
    best = _best_padding(planner, candidate, shares, value, _paddings(start.system.iterations))
    best = _best_split(planner, best, value)
    near = sorted({max(0, round(best.padding * f)) for f in (0.7, 0.85, 1.0, 1.2, 1.4)})
    return min(
        (best, _best_padding(planner, candidate, best.shares, value, near)),
        key=lambda plan: (value(plan), plan.qubits),
    )


def _best_padding(
    planner: Planner,
    candidate: Candidate,
    shares: Shares,
    value: Callable[[Plan], int],
    paddings: Sequence[int],
) -> Plan:
    plans = (planner.plan(candidate, padding, shares) for padding in paddings)
    return min(plans, key=lambda plan: (value(plan), plan.qubits, plan.padding))


def _paddings(iterations: int) -> list[int]:
    """None, a logarithmic grid up to 4T, and the paddings that fill the time register."""
    grid = {0} | {max(1, round(iterations * 2.0**e)) for e in range(-6, 3)}
    bits = ceil_log2(iterations + 1)
    grid |= {p for p in (2**b - iterations - 1 for b in (bits, bits + 1)) if p >= 0}
    return sorted(grid)


def _best_split(planner: Planner, start: Plan, value: Callable[[Plan], int]) -> Plan:
    """Coordinate descent on the logarithms of the shares, step halved until a quarter of an octave.

    The objective is piecewise smooth with steps where a word length changes, so a derivative would not help.
    """
    best = start
    weights = [0.25, 0.25, 0.25, 0.25]
    step = 8.0
    while step > 1.15:
        improved = False
        for axis, factor in itertools.product(range(4), (step, 1 / step)):
            trial = list(weights)
            trial[axis] *= factor
            try:
                plan = planner.plan(start.candidate, start.padding, Shares.from_weights(trial))
            except InfeasibleError:
                continue
            if value(plan) < value(best):
                best, weights, improved = plan, trial, True
        if not improved:
            step = math.sqrt(step)
    return best
