"""The choice: the cheapest line of the whole menu at its best free number and split of the error; all are listed.

Branch and bound. With every share of the error set to all of it a line costs no more than at any split (`Shares.free`):
a lower bound. Lines and their free numbers are worked out in the order of that bound, until no bound is below the best
plan; what is left cannot win. So the choice is exact over the discrete menu, and the split is searched by coordinate
descent (within 1 % of a brute-force grid: tests/algorithms/test_choice.py).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.plan import Candidate, Plan, Shares, counted
from qgd_compiler.algorithms.routes.route import Line, Route
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Kind, weakest_kind

Value = Callable[[Plan], int]
Progress = Callable[[str], None]

OBJECTIVES: dict[str, Value] = {
    "t_count": lambda plan: plan.t_count,
    "toffoli": lambda plan: plan.toffoli_count,
    "qubits": lambda plan: plan.qubits,
    "qubits_times_t": lambda plan: plan.qubits * plan.t_count,
    "runtime": lambda plan: plan.depth,
}
PROVEN = (Kind.EXACT, Kind.BOUND)
PROVEN_ROTATION = "proven_word"
FIRST_STEP, LAST_STEP = 8.0, 1.05  # factors by which a share is moved


@dataclass(frozen=True)
class Alternative:
    """A line of the menu with a plan, or with the reason why it has none."""

    candidate: Candidate
    plan: Plan | None
    reason: str


@dataclass(frozen=True)
class Choice:
    """The winner, and every line in order of the objective (invalid ones last).

    proven             the cheapest plan of which every formula is exact or a bound, rotations too, priced in
                       `proven_exchange`; None with the reason where there is none
    heuristic          the cheapest plan with a formula that is a fit or a model; None: none is cheaper or exists
    uniform, halving   what the winner would cost at those splits, in units of its objective
    """

    best: Plan
    alternatives: tuple[Alternative, ...]
    proven: Plan | None
    proven_exchange: Exchange
    why_no_proven: str
    heuristic: Plan | None
    uniform: float
    halving: float


@dataclass(eq=False)
class Planner:
    """Plans of one problem in one exchange of gates.

    routes        by their subject
    value         what plans are compared by, smaller is better
    most_qubits   a cap on the logical qubits of a circuit; None: no cap
    """

    routes: dict[str, Route]
    exchange: Exchange
    folder: Folder
    value: Value = OBJECTIVES["t_count"]
    most_qubits: int | None = None
    _plans: dict[tuple[Candidate, int, Shares], Plan] = field(default_factory=dict)

    def plan(self, candidate: Candidate, knob: int, shares: Shares) -> Plan:
        """One line at one free number and split; InfeasibleError where a budget or the cap cannot be met."""
        key = (candidate, knob, shares)
        if key not in self._plans:
            lowered = self.routes[candidate.subject].lowered(candidate, knob, shares)
            plans = [counted(lowered, way, self.exchange, self.folder) for way in lowered.ways]
            self._plans[key] = min(plans, key=lambda p: (self.value(p), p.qubits))
        plan = self._plans[key]
        if self.most_qubits is not None and plan.qubits > self.most_qubits:
            raise InfeasibleError(
                f"it needs {plan.qubits:,} logical qubits, and {self.most_qubits:,} are allowed",
                at="limits.qubits",
                remedy=f"limits: {{qubits: {plan.qubits}}}, or access: qrom, which needs the fewest",
            )
        return plan


@dataclass(frozen=True)
class _Bounded:
    """A line with a lower bound on what it costs at each of its free numbers, lowest first."""

    line: Line
    knobs: tuple[tuple[int, int], ...]

    @property
    def least(self) -> int:
        return self.knobs[0][0]


def choose(
    planner: Planner,
    accesses: Sequence[Access],
    progress: Progress = lambda _: None,
) -> Choice:
    """Work out the whole menu; raises InfeasibleError with every reason when nothing is left."""
    value = planner.value
    lines = [line for route in planner.routes.values() for line in route.lines(accesses)]
    bounded, refused = _bounds(planner, lines, value, progress)
    if not bounded:
        raise _nothing_left(planner, refused)
    best, worked = _search(planner, bounded, value, progress)
    if best is None:
        raise _nothing_left(planner, refused)
    uniform, halving = (_at(planner, best, shares, value) for shares in (Shares.uniform(), Shares.halving()))
    proven, proven_exchange, why = _best_proven(planner, bounded, best, value, progress)
    heuristic = best
    if _is_proven(best, planner.exchange):
        rest = [b for b in bounded if b.line.kind not in PROVEN]
        heuristic = _search(planner, rest, value, progress)[0] if rest else None
    return Choice(
        best=best,
        alternatives=_listed(planner, bounded, worked, best, value, refused),
        proven=proven,
        proven_exchange=proven_exchange,
        why_no_proven=why,
        heuristic=heuristic,
        uniform=uniform,
        halving=halving,
    )


def pareto_front(planner: Planner, choice: Choice, accesses: Iterable[Access]) -> tuple[Plan, ...]:
    """Plans that no other beats in both qubits and T gates, fewest qubits first.

    Among all that were worked out, and the winner with every one of `accesses` at its own padding and split.
    """
    plans = [a.plan for a in choice.alternatives if a.plan is not None]
    best = choice.best
    for access in accesses:
        candidate = Candidate(best.candidate.subject, best.candidate.solver, best.candidate.encoding, access)
        try:
            plans.append(planner.plan(candidate, best.knob, best.shares))
        except InfeasibleError:
            continue
    front: list[Plan] = []
    for plan in sorted(plans, key=lambda p: (p.qubits, p.t_count)):
        if not front or plan.t_count < front[-1].t_count:
            front.append(plan)
    return tuple(front)


def _bounds(
    planner: Planner, lines: Sequence[Line], value: Value, progress: Progress
) -> tuple[list[_Bounded], list[Alternative]]:
    """A lower bound for every line that is worth a plan, lowest first, and the others with their reasons."""
    found: list[_Bounded] = []
    refused: list[Alternative] = []
    for line in lines:
        candidate = line.candidate
        if line.reason:
            refused.append(Alternative(candidate, None, line.reason))
            continue
        progress(f"{candidate.solver}; {candidate.encoding}; {candidate.access.name}")
        reason, knobs = "", []
        for knob in planner.routes[candidate.subject].knobs(candidate):
            try:
                knobs.append((value(planner.plan(candidate, knob, Shares.free())), knob))
            except InfeasibleError as error:
                reason = reason or error.what
        if knobs:
            found.append(_Bounded(line, tuple(sorted(knobs))))
        else:
            refused.append(Alternative(candidate, None, reason))
    return sorted(found, key=lambda b: b.least), refused


def _search(
    planner: Planner, bounded: Sequence[_Bounded], value: Value, progress: Progress
) -> tuple[Plan | None, dict[Candidate, Plan]]:
    """The cheapest plan, and the best plan of every line that was worked out."""
    best: Plan | None = None
    worked: dict[Candidate, Plan] = {}
    for one in bounded:
        candidate = one.line.candidate
        if best is not None and one.least >= value(best):
            continue
        progress(f"working out {candidate.solver}; {candidate.encoding}; {candidate.access.name}")
        plan = _worked_out(planner, one, best, value)
        if plan is None:
            continue
        worked[candidate] = plan
        if best is None or _key(plan, value) < _key(best, value):
            best = plan
    return best, worked


def _key(plan: Plan, value: Value) -> tuple[int, int]:
    return value(plan), plan.qubits


def _worked_out(planner: Planner, one: _Bounded, incumbent: Plan | None, value: Value) -> Plan | None:
    """The best split at every free number whose bound is below the best so far, and at numbers around the best."""
    candidate = one.line.candidate
    limit = incumbent
    own: Plan | None = None
    for bound, knob in one.knobs:
        if limit is not None and bound >= value(limit):
            break
        start = Shares.uniform() if own is None else own.shares
        plan = _best_split(planner, candidate, knob, start, value)
        if plan is not None and (own is None or _key(plan, value) < _key(own, value)):
            own = plan
            limit = plan if limit is None or value(plan) < value(limit) else limit
    if own is None:
        return None
    for knob in planner.routes[candidate.subject].near(own.knob):
        plan = _planned(planner, candidate, knob, own.shares)
        if plan is not None and _key(plan, value) < _key(own, value):
            own = plan
    return _best_split(planner, candidate, own.knob, own.shares, value) or own


def _planned(planner: Planner, candidate: Candidate, knob: int, shares: Shares) -> Plan | None:
    try:
        return planner.plan(candidate, knob, shares)
    except InfeasibleError:
        return None


def _best_split(
    planner: Planner, candidate: Candidate, knob: int, start: Shares, value: Value
) -> Plan | None:
    """Coordinate descent on the logarithms of the shares, with steps from 8-fold to 5 %.

    The objective falls in steps where a word length or a degree changes, so a derivative would not help.
    """
    weights = [start.solver, start.encoding, start.right_hand_side, start.synthesis]
    best = _planned(planner, candidate, knob, start)
    step = FIRST_STEP
    while step > LAST_STEP:
        improved = False
        for axis, factor in itertools.product(range(len(weights)), (step, 1 / step)):
            trial = list(weights)
            trial[axis] *= factor
            plan = _planned(planner, candidate, knob, Shares.from_weights(trial))
            if plan is not None and (best is None or value(plan) < value(best)):
                best, weights, improved = plan, trial, True
        if not improved:
            step **= 0.5
    return best


def _at(planner: Planner, best: Plan, shares: Shares, value: Value) -> float:
    """What the winner would cost at another split, relative to its own."""
    plan = _planned(planner, best.candidate, best.knob, shares)
    return float("nan") if plan is None else value(plan) / value(best)


def _is_proven(plan: Plan, exchange: Exchange) -> bool:
    kind = exchange.kind if int(plan.cost.gates.rotations) else exchange.toffoli_kind
    return weakest_kind((plan.kind, kind)) in PROVEN


def _best_proven(
    planner: Planner, bounded: Sequence[_Bounded], best: Plan, value: Value, progress: Progress
) -> tuple[Plan | None, Exchange, str]:
    """The cheapest proven plan: in the exchange of the spec if that is proven, else with proven rotations."""
    exchange = planner.exchange
    if exchange.kind not in PROVEN:
        exchange = Exchange(exchange.toffoli_in_t, PROVEN_ROTATION)
    if exchange.kind not in PROVEN:
        return None, exchange, f"{exchange.toffoli_in_t} T gates for a Toffoli is a convention, not a proven circuit"
    if exchange == planner.exchange and _is_proven(best, exchange):
        return best, exchange, ""
    lines = [b.line for b in bounded if b.line.kind in PROVEN]
    if not lines:
        return None, exchange, "no solver that serves this spec rests on a proven number of queries"
    progress("the best proven plan")
    other = Planner(planner.routes, exchange, planner.folder, value, planner.most_qubits)
    again, _ = _bounds(other, lines, value, progress)
    plan, _ = _search(other, again, value, progress)
    if plan is None:
        return None, exchange, "no proven plan fits the limits"
    if not _is_proven(plan, exchange):
        return None, exchange, f"the cheapest plan rests on a {plan.kind.value}"
    return plan, exchange, ""


def _listed(
    planner: Planner,
    bounded: Sequence[_Bounded],
    worked: dict[Candidate, Plan],
    best: Plan,
    value: Value,
    refused: Sequence[Alternative],
) -> tuple[Alternative, ...]:
    """Every line with its plan and why it lost; what was never worked out stands at a uniform split."""
    found: list[Alternative] = []
    for one in bounded:
        candidate = one.line.candidate
        plan = worked.get(candidate)
        if plan is not None:
            factor = value(plan) / value(best)
            found.append(
                Alternative(
                    candidate, plan, "chosen" if plan is best else f"{factor:.3g} times the chosen plan"
                )
            )
            continue
        plan = next(
            (p for _, knob in one.knobs if (p := _planned(planner, candidate, knob, Shares.uniform()))), None
        )
        least = one.least / value(best)
        if plan is None:
            found.append(Alternative(candidate, None, f"at least {least:.3g} times the chosen plan"))
            continue
        factor = value(plan) / value(best)
        found.append(
            Alternative(
                candidate,
                plan,
                f"{factor:.3g} times the chosen plan at a uniform split; at least {least:.3g} times at any",
            )
        )
    found.sort(key=lambda a: (a.plan is None, value(a.plan) if a.plan is not None else 0))
    return (*found, *refused)


def _nothing_left(planner: Planner, refused: Sequence[Alternative]) -> InfeasibleError:
    """Every reason once, with the lines that it holds for."""
    reasons: dict[str, list[str]] = {}
    for a in refused:
        c = a.candidate
        reasons.setdefault(a.reason, []).append(f"{c.solver} with {c.encoding} ({c.subject})")
    told = "; ".join(
        f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {reason}"
        for reason, names in reasons.items()
    )
    capped = planner.most_qubits is not None and all("logical qubits" in reason for reason in reasons)
    return InfeasibleError(
        f"no plan meets the spec ({told})",
        at="limits.qubits" if capped else "",
        remedy="more qubits, or access: qrom"
        if capped
        else "declare more of the Hessian, or relax target.epsilon",
    )
