"""The choice: every solver × encoding × access is worked out, the cheapest valid one wins, all are listed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.plan import SOLVERS, Candidate, Plan, Planner, Shares
from qgd_compiler.algorithms.ranking import Ranked, rank
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.scalars import ceil_log2

MOST_PLANNED = 6  # encodings that are worked out to a whole plan
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
    """Work out the whole menu; raises InfeasibleError with every reason when nothing is left."""
    value = OBJECTIVES[objective]
    found: list[Alternative] = []
    encodings = [*(o.name for o in planner.problem.offers), *(name for name, _ in planner.problem.absent)]
    passed_over = _passed_over(planner, accesses)
    for solver, encoding, access in itertools.product(SOLVERS, encodings, accesses):
        candidate = Candidate(solver, encoding, access)
        progress(f"{solver}; {encoding}; {access.name}")
        reason = planner.why_invalid(candidate) or passed_over.get(encoding)
        plan = None
        if reason is None:
            try:
                plan = _best_plan(planner, candidate, value)
                reason = ""
            except InfeasibleError as error:
                reason = error.what
        found.append(Alternative(candidate, plan, reason))
    valid = [a for a in found if a.plan is not None]
    if not valid:
        reasons = "; ".join(f"{a.candidate.solver} with {a.candidate.encoding}: {a.reason}" for a in found)
        raise InfeasibleError(
            f"no plan meets the spec ({reasons})",
            remedy="declare more of the Hessian, or relax target.epsilon",
        )
    best = min((a.plan for a in valid if a.plan is not None), key=lambda plan: (value(plan), plan.qubits))
    uniform = planner.plan(best.candidate, best.padding, Shares.uniform())
    ranked = [_with_reason(a, best, value) for a in found]
    ranked.sort(key=lambda a: (a.plan is None, value(a.plan) if a.plan is not None else 0))
    return Choice(best, tuple(ranked), value(uniform) / value(best) - 1)


def _passed_over(planner: Planner, accesses: Sequence[Access]) -> dict[str, str]:
    """Encodings not worth a plan, with the reason: α·T per query says so before the solver is known.

    Compared at an error of 1/1000 of the smallest α. Of a long menu the best few are planned; one that costs the
    same T gates as another with more qubits is not.
    """
    offers = planner.problem.offers
    if len(offers) <= MOST_PLANNED:
        return {}
    epsilon = min(float(o.weight) for o in offers) / 1000
    ranked, _ = rank(offers, accesses, epsilon, planner.exchange, planner.folder)
    best: dict[str, Ranked] = {}
    for one in ranked:
        best.setdefault(one.name, one)
    kept: list[Ranked] = []
    reasons: dict[str, str] = {}
    for one in best.values():
        twin = next((k for k in kept if k.t_per_norm == one.t_per_norm), None)
        if twin is not None:
            reasons[one.name] = f"as many T gates as {twin.name}, and more qubits"
        elif len(kept) == MOST_PLANNED:
            factor = one.t_per_norm / kept[0].t_per_norm
            reasons[one.name] = f"alpha times T per query is {factor:.3g} times that of {kept[0].name}"
        else:
            kept.append(one)
    return reasons


def _with_reason(alternative: Alternative, best: Plan, value: Callable[[Plan], int]) -> Alternative:
    if alternative.plan is None:
        return alternative
    if alternative.plan is best:
        return Alternative(alternative.candidate, best, "chosen")
    factor = value(alternative.plan) / value(best)
    return Alternative(alternative.candidate, alternative.plan, f"{factor:.3g} times the chosen plan")


def _best_plan(planner: Planner, candidate: Candidate, value: Callable[[Plan], int]) -> Plan:
    """The best padding at a uniform split, then the best split, then the padding once more."""
    shares = Shares.uniform()
    best = _best_padding(planner, candidate, shares, value, _paddings(planner.problem.iterations))
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
