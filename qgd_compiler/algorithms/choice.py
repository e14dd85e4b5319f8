"""The choice: every solver × encoding × access is worked out, the cheapest valid one wins, all are listed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.plan import SOLVERS, Candidate, Plan, Planner, Shares
from qgd_compiler.algorithms.problem import System
from qgd_compiler.algorithms.ranking import Ranked, rank
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.scalars import ceil_log2

MOST_PLANNED = 6  # encodings that are worked out to a whole plan
MOST_SYSTEMS = 2  # linear systems that are worked out beyond a first price
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

    Of several linear systems (lifts, orders, reference points) each is priced once at a uniform split; the best few
    are worked out over all solvers, encodings and access models.
    """
    value = OBJECTIVES[objective]
    found: list[Alternative] = []
    kept, dropped = _best_systems(planner, accesses, value, progress)
    found += dropped
    for number in kept:
        found += _menu_of(planner, number, accesses, value, progress)
    valid = [a for a in found if a.plan is not None]
    if not valid:
        names = [s.name for s in planner.problem.systems]
        reasons = "; ".join(
            f"{a.candidate.solver} with {a.candidate.encoding} ({names[a.candidate.system]}): {a.reason}"
            for a in found
        )
        raise InfeasibleError(
            f"no plan meets the spec ({reasons})",
            remedy="declare more of the Hessian, or relax target.epsilon",
        )
    best = min((a.plan for a in valid if a.plan is not None), key=lambda plan: (value(plan), plan.qubits))
    uniform = planner.plan(best.candidate, best.padding, Shares.uniform())
    ranked = [_with_reason(a, best, value) for a in found]
    ranked.sort(key=lambda a: (a.plan is None, value(a.plan) if a.plan is not None else 0))
    return Choice(best, tuple(ranked), value(uniform) / value(best) - 1)


def _menu_of(
    planner: Planner,
    number: int,
    accesses: Sequence[Access],
    value: Callable[[Plan], int],
    progress: Callable[[str], None],
) -> list[Alternative]:
    """Every solver, encoding and access model for one system."""
    system = planner.problem.systems[number]
    found = []
    encodings = [*(o.name for o in system.offers), *(name for name, _ in system.absent)]
    passed_over = _passed_over(planner, system, accesses)
    for solver, encoding, access in itertools.product(SOLVERS, encodings, accesses):
        candidate = Candidate(number, solver, encoding, access)
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
    return found


def _best_systems(
    planner: Planner,
    accesses: Sequence[Access],
    value: Callable[[Plan], int],
    progress: Callable[[str], None],
) -> tuple[list[int], list[Alternative]]:
    """The systems worth working out, and the others with their price at a uniform split."""
    systems = planner.problem.systems
    if len(systems) == 1:
        return [0], []
    priced: list[Alternative] = []
    for number, system in enumerate(systems):
        progress(f"pricing the {system.name}")
        priced.append(_first_price(planner, number, accesses, value))
    priced.sort(key=lambda a: (a.plan is None, value(a.plan) if a.plan is not None else 0))
    best = [a for a in priced if a.plan is not None][:MOST_SYSTEMS]
    kept = [a.candidate.system for a in best]
    return kept or [0], [a for a in priced if a.candidate.system not in (kept or [0])]


def _first_price(
    planner: Planner, number: int, accesses: Sequence[Access], value: Callable[[Plan], int]
) -> Alternative:
    """The best of a few plans with the encoding of the smallest α·T, at a uniform split."""
    system = planner.problem.systems[number]
    tried: list[tuple[Candidate, Plan | None, str]] = []
    names = [o.name for o in system.offers]
    ranked = _ranked(planner, system, accesses) if names else []
    for solver in SOLVERS:
        if not ranked:
            reason = "no encoding is offered"
            tried.append((Candidate(number, solver, "none", accesses[0]), None, reason))
            continue
        read_by = ranked[0].encoding.access
        access = next((a for a in accesses if a.name == read_by), accesses[0])
        candidate = Candidate(number, solver, ranked[0].name, access)
        reason = planner.why_invalid(candidate) or ""
        if reason:
            tried.append((candidate, None, reason))
            continue
        for padding in (0, system.iterations):
            try:
                tried.append((candidate, planner.plan(candidate, padding, Shares.uniform()), ""))
            except InfeasibleError as error:
                tried.append((candidate, None, error.what))
    valid = [(c, p) for c, p, _ in tried if p is not None]
    if not valid:
        candidate, _, reason = tried[0]
        return Alternative(candidate, None, reason)
    candidate, plan = min(valid, key=lambda pair: value(pair[1]))
    return Alternative(candidate, plan, "priced at a uniform split")


def _ranked(planner: Planner, system: System, accesses: Sequence[Access]) -> list[Ranked]:
    """The encodings of one step by α·T per query, at an error of 1/1000 of the smallest α."""
    epsilon = min(float(o.weight) for o in system.offers) / 1000
    ranked, _ = rank(system.offers, accesses, epsilon, planner.exchange, planner.folder)
    return list(ranked)


def _passed_over(planner: Planner, system: System, accesses: Sequence[Access]) -> dict[str, str]:
    """Encodings not worth a plan, with the reason: α·T per query says so before the solver is known.

    Of a long menu the best few are planned; one that costs the same T gates as another with more qubits is not.
    """
    if len(system.offers) <= MOST_PLANNED:
        return {}
    best: dict[str, Ranked] = {}
    for one in _ranked(planner, system, accesses):
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
    steps = planner.problem.systems[candidate.system].iterations
    best = _best_padding(planner, candidate, shares, value, _paddings(steps))
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
