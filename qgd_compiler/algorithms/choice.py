"""The choice: the cheapest line of the whole menu at its best free number and split of the error; all are listed.

Of a long menu of encodings the best few by α times T per query are worked out. Over these it is exact over the
discrete menu, and within one per cent over the splits (`branch_and_bound.py`), as far as no share of the error costs
less when it is made smaller.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.arrays.menu import Group, Searched, Spot, groups_of, quick, search
from qgd_compiler.algorithms.branch_and_bound import Found, Root, Search
from qgd_compiler.algorithms.plan import Candidate, Lowered, Plan, Shares, counted
from qgd_compiler.algorithms.ranking import Ranked, rank
from qgd_compiler.algorithms.readout.reader import Reader
from qgd_compiler.algorithms.routes.history import HistoryRoute
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
MOST_PLANNED = 6  # encodings of a route that are worked out to whole plans
MOST_LIFTED = 2  # the same, where several lifts stand beside each other
PROVEN = (Kind.EXACT, Kind.BOUND)
PROVEN_ROTATION = "proven_word"
ROUNDING = 1e-9  # relative, of values in arrays


@dataclass(frozen=True)
class Alternative:
    """A line of the menu with a plan, or with the reason why it has none."""

    candidate: Candidate
    plan: Plan | None
    reason: str


@dataclass(frozen=True)
class Choice:
    """The winner, and what belongs to it; every other line is worked out only where it is asked for.

    proven      the cheapest plan of which every formula is exact or a bound, rotations too, priced in
                `proven_exchange`; None with the reason where there is none
    heuristic   the cheapest plan with a formula that is a fit or a model; None: none is cheaper or exists
    """

    best: Plan
    proven: Plan | None
    proven_exchange: Exchange
    why_no_proven: str
    heuristic: Plan | None
    _rest: _Rest = field(repr=False)

    @cached_property
    def alternatives(self) -> tuple[Alternative, ...]:
        """Every line in order of the objective, invalid ones last."""
        return _listed(self._rest)

    @cached_property
    def floor(self) -> float:
        """A lower bound on every plan of the menu, in units of the objective of the winner."""
        return self._rest.found.floor()

    @cached_property
    def uniform(self) -> float | None:
        """What the winner would cost at a uniform split, in units of its objective; None: infeasible."""
        return _at(self._rest.planner, self.best, Shares.uniform())

    @cached_property
    def halving(self) -> float | None:
        """The same where every share is half of the one before."""
        return _at(self._rest.planner, self.best, Shares.halving())


@dataclass(eq=False)
class Planner:
    """Plans of one problem in one exchange of gates.

    routes        by their subject
    value         what plans are compared by, smaller is better
    most_qubits   a cap on the logical qubits of a circuit; None: no cap
    reader        puts the read-out into the totals that are compared; None: the state is the answer
    """

    routes: dict[str, Route]
    exchange: Exchange
    folder: Folder
    value: Value = OBJECTIVES["t_count"]
    most_qubits: int | None = None
    reader: Reader | None = None
    _plans: dict[tuple[Candidate, int, Shares], Plan] = field(default_factory=dict)
    _lowered: dict[tuple[Candidate, int, Shares], Lowered] = field(default_factory=dict)

    def proven(self, exchange: Exchange) -> Planner:
        """The same plans priced in a proven exchange, and read out in ways with proven counts."""
        reader = None if self.reader is None else replace(self.reader, proven=True)
        return Planner(
            self.routes, exchange, self.folder, self.value, self.most_qubits, reader, _lowered=self._lowered
        )

    def plan(self, candidate: Candidate, knob: int, shares: Shares) -> Plan:
        """One line at one free number and split; InfeasibleError where a budget or the cap cannot be met."""
        key = (candidate, knob, shares)
        if key not in self._plans:
            if key not in self._lowered:
                self._lowered[key] = self.routes[candidate.subject].lowered(candidate, knob, shares)
            lowered = self._lowered[key]
            plans = [counted(lowered, way, self.exchange, self.folder) for way in lowered.ways]
            if self.reader is not None:
                plans = [self.reader.read(lowered, p, self.exchange, self.folder) for p in plans]
            cap = self.most_qubits
            fit = plans if cap is None else [p for p in plans if p.qubits <= cap]
            self._plans[key] = min(fit or plans, key=lambda p: (self.value(p), p.qubits))
        plan = self._plans[key]
        if self.most_qubits is not None and plan.qubits > self.most_qubits:
            raise InfeasibleError(
                f"it needs {plan.qubits:,} logical qubits, and {self.most_qubits:,} are allowed",
                at="limits.qubits",
                remedy=f"limits: {{qubits: {plan.qubits}}}, or access: qrom, which needs the fewest",
            )
        return plan


def choose(
    planner: Planner,
    accesses: Sequence[Access],
    progress: Progress = lambda _: None,
) -> Choice:
    """Work out the whole menu; raises InfeasibleError with every reason when nothing is left."""
    lines = [line for route in planner.routes.values() for line in _worth_a_plan(planner, route, accesses)]
    menu, refused = _menu(planner, lines, progress)
    found = menu.search(progress)
    best = found.best
    if best is None:
        raise _nothing_left(planner, refused)
    kinds = {line.candidate: line.kind for line in lines}
    proven, proven_exchange, why = _best_proven(planner, lines, menu, best, progress)
    heuristic: Plan | None = best
    if _is_proven(best, planner.exchange):
        heuristic = menu.search(progress, lambda candidate: kinds[candidate] not in PROVEN).best
    return Choice(
        best=best,
        proven=proven,
        proven_exchange=proven_exchange,
        why_no_proven=why,
        heuristic=heuristic,
        _rest=_Rest(planner, lines, menu, best, found, refused),
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


def _worth_a_plan(planner: Planner, route: Route, accesses: Sequence[Access]) -> list[Line]:
    """The lines of a route; of a long menu of encodings the others carry the reason why they are not worked out.

    Ranked by α times T per query at an error of 1/1000 of the smallest α, which is what a solver pays for an
    encoding: the best few are kept, and of those that cost the same the one with fewer qubits.
    """
    lines = list(route.lines(accesses))
    systems = sum(isinstance(r, HistoryRoute) for r in planner.routes.values())
    most = MOST_PLANNED if systems <= 1 else MOST_LIFTED
    if len(route.offers) <= most:
        return lines
    epsilon = min(float(o.weight) for o in route.offers) / 1000
    ranked, _ = rank(route.offers, accesses, epsilon, planner.exchange, planner.folder)
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
    found: list[Line] = []
    told: set[str] = set()
    for line in lines:
        name = line.candidate.encoding
        if line.reason or name not in reasons:
            found.append(line)
        elif name not in told:  # once for all solvers and access models
            told.add(name)
            found.append(replace(line, reason=reasons[name]))
    return found


@dataclass(frozen=True)
class _Looked:
    """What a menu holds: the cheapest plan, plans and `spots` of lines that were looked into.

    floor   works a lower bound on all of it out, in units of the value of the best
    """

    best: Plan | None
    worked: dict[Candidate, Plan]
    spots: dict[Candidate, Spot]
    floor: Callable[[], float]


@dataclass(frozen=True)
class _Rest:
    """What the list of all lines is made of: the menu, what was looked into, and who cannot serve."""

    planner: Planner
    lines: Sequence[Line]
    menu: _Menu
    best: Plan
    found: _Looked
    refused: Sequence[Alternative]


@dataclass(frozen=True)
class _Menu:
    """Every line at every free number with a lower bound: `slow` ones plan by plan, groups of others as arrays.

    searched   the best spots of the groups
    hopeless   lines of which every plan costs at least so much, more than one of the groups does
    """

    planner: Planner
    slow: list[Root]
    groups: list[Group]
    searched: Searched
    hopeless: dict[Candidate, float]

    @property
    def roots(self) -> list[Root]:
        """All of them."""
        found = list(self.slow)
        for group in self.groups:
            for (i, k), bound in np.ndenumerate(group.bounds):
                if np.isfinite(bound):
                    found.append(Root(int(bound), group.candidates[i], int(group.paddings.rows[i, k])))
        return found

    def search(self, progress: Progress, allowed: Callable[[Candidate], bool] | None = None) -> _Looked:
        """The cheapest plan of the lines that are `allowed`; None: of all."""
        progress("searching paddings and splits")
        searched = self.searched if allowed is None else search(self.groups, allowed)
        worked: dict[Candidate, Plan] = {}
        value = self.planner.value
        for spot in searched.spots:
            # arrays round: what is as cheap but for that is looked at exactly
            if worked and spot.value > (1 + ROUNDING) * min(map(value, worked.values())):
                break
            plan = _planned(self.planner, spot.candidate, spot.knob, spot.shares)
            if plan is not None:
                worked[spot.candidate] = plan
        first = min(worked.values(), key=lambda p: (value(p), p.qubits), default=None)
        found = _search(
            self.planner, [r for r in self.slow if allowed is None or allowed(r.candidate)], progress, first
        )
        spots = {spot.candidate: spot for spot in searched.spots}
        worked.update(found.worked)
        best = found.best

        def floor() -> float:
            return found.floor if best is None else min(found.floor, searched.floor() / value(best))

        return _Looked(best, worked, spots, floor)


def _menu(planner: Planner, lines: Sequence[Line], progress: Progress) -> tuple[_Menu, list[Alternative]]:
    """What may win, and the lines that cannot serve with their reasons."""
    quickly = [
        line.candidate
        for line in lines
        if not line.reason
        and not line.beside
        and planner.reader is None
        and quick(planner.routes[line.candidate.subject])
    ]
    settings = (planner.exchange, planner.folder, planner.value, planner.most_qubits)
    groups = groups_of(planner.routes, quickly, *settings)
    alive = {c for g in groups for c, b in zip(g.candidates, g.bounds, strict=True) if np.isfinite(b).any()}
    searched = search(groups)
    limit = searched.spots[0].value * (1 + ROUNDING) if searched.spots else math.inf
    slow, hopeless = [], {}
    for line in lines:
        if line.candidate in alive:
            continue
        least = 0.0 if line.reason or math.isinf(limit) else _least(planner, line)
        if line.kind in PROVEN and least > limit:
            hopeless[line.candidate] = least
        else:
            slow.append(line)
    roots, refused = _roots(planner, slow, progress)
    return _Menu(planner, roots, groups, searched, hopeless), refused


def _least(planner: Planner, line: Line) -> float:
    """The objective of every plan of a line, at least."""
    if line.beside or planner.reader is not None:
        return 0.0
    found = planner.routes[line.candidate.subject].least(line.candidate)
    return 0.0 if found is None else float(planner.value(found))  # type: ignore[arg-type]


def _roots(
    planner: Planner, lines: Sequence[Line], progress: Progress
) -> tuple[list[Root], list[Alternative]]:
    """Every line at every free number with a lower bound, and the lines that cannot serve with their reasons."""
    found: list[Root] = []
    refused: list[Alternative] = []
    for line in lines:
        candidate = line.candidate
        if line.reason:
            refused.append(Alternative(candidate, None, line.reason))
            continue
        if line.beside:
            continue
        progress(f"{candidate.solver}; {candidate.encoding}; {candidate.access.name}")
        reason, any_plan = "", False
        for knob in planner.routes[candidate.subject].knobs(candidate):
            try:
                bound = planner.value(planner.plan(candidate, knob, Shares.free()))
            except InfeasibleError as error:
                reason = reason or error.what
                continue
            found.append(Root(bound, candidate, knob))
            any_plan = True
        if not any_plan:
            refused.append(Alternative(candidate, None, reason))
    return found, refused


def _search(planner: Planner, roots: Sequence[Root], progress: Progress, best: Plan | None = None) -> Found:
    """The cheapest plan of these lines and `best`, and once more at free numbers around its own."""

    def price(candidate: Candidate, knob: int, shares: Shares) -> Plan | None:
        if not shares.is_bound:
            progress(f"working out {candidate.solver}; {candidate.encoding}; {candidate.access.name}")
        return _planned(planner, candidate, knob, shares)

    search = Search(price, planner.value)
    search.best = best
    search.add(roots)
    found = search.run()
    if found.best is None or found.best is best:
        return found
    candidate = found.best.candidate
    tried = {r.knob for r in roots if r.candidate == candidate}
    nearby: list[Root] = []
    for knob in planner.routes[candidate.subject].near(found.best.knob):
        plan = None if knob in tried else _planned(planner, candidate, knob, Shares.free())
        if plan is not None:
            nearby.append(Root(planner.value(plan), candidate, knob))
    search.add(nearby)
    return search.run() if nearby else found


def _planned(planner: Planner, candidate: Candidate, knob: int, shares: Shares) -> Plan | None:
    try:
        return planner.plan(candidate, knob, shares)
    except InfeasibleError:
        return None


def _at(planner: Planner, best: Plan, shares: Shares) -> float | None:
    """What the winner would cost at another split, relative to its own; None where that is infeasible."""
    plan = _planned(planner, best.candidate, best.knob, shares)
    return None if plan is None else planner.value(plan) / planner.value(best)


def _is_proven(plan: Plan, exchange: Exchange) -> bool:
    kind = exchange.kind if int(plan.cost.gates.rotations) else exchange.toffoli_kind
    return weakest_kind((plan.kind, kind)) in PROVEN


def _best_proven(
    planner: Planner, lines: Sequence[Line], menu: _Menu, best: Plan, progress: Progress
) -> tuple[Plan | None, Exchange, str]:
    """The cheapest proven plan: in the exchange of the spec if that is proven, else with proven rotations."""
    exchange = planner.exchange
    if exchange.kind not in PROVEN:
        exchange = Exchange(exchange.toffoli_in_t, PROVEN_ROTATION)
    if exchange.kind not in PROVEN:
        return (
            None,
            exchange,
            f"{exchange.toffoli_in_t} T gates for a Toffoli is a convention, not a proven circuit",
        )
    if exchange == planner.exchange and _is_proven(best, exchange):
        return best, exchange, ""
    proven = [line for line in lines if line.kind in PROVEN]
    progress("the best proven plan")
    other, _ = _menu(planner.proven(exchange), proven, progress)
    plan = other.search(progress).best
    if plan is None:
        return None, exchange, "no solver that serves this spec rests on a proven number of queries"
    if not _is_proven(plan, exchange):
        return None, exchange, f"the cheapest plan rests on a {plan.kind.value}"
    return plan, exchange, ""


def _listed(rest: _Rest) -> tuple[Alternative, ...]:
    """Every line with its plan and why it lost; what was never looked into stands at a uniform split."""
    planner, best, found = rest.planner, rest.best, rest.found
    least: dict[Candidate, Root] = {}
    for root in rest.menu.roots:
        before = least.get(root.candidate)
        if before is None or root.bound < before.bound:
            least[root.candidate] = root
    listed: list[Alternative] = []
    for candidate, root in least.items():
        bound = root.bound / planner.value(best)
        plan = found.worked.get(candidate)
        if plan is None and candidate in found.spots:
            spot = found.spots[candidate]
            plan = _planned(planner, candidate, spot.knob, spot.shares)
        how = ""
        if plan is None:
            plan, how = _planned(planner, candidate, root.knob, Shares.uniform()), " at a uniform split"
        if plan is best:
            reason = "chosen"
        elif plan is None:
            reason = f"at least {bound:.3g} times the chosen plan"
        else:
            factor = planner.value(plan) / planner.value(best)
            reason = f"{factor:.3g} times the chosen plan{how}; at least {bound:.3g} times at any"
        listed.append(Alternative(candidate, plan, reason))
    for candidate, least_value in rest.menu.hopeless.items():
        factor = least_value / planner.value(best)
        listed.append(
            Alternative(candidate, None, f"at least {factor:.3g} times the chosen plan, by its degree")
        )
    listed += [_beside(planner, line, best) for line in rest.lines if line.beside and not line.reason]
    listed.sort(key=lambda a: (a.plan is None, planner.value(a.plan) if a.plan else 0, a.plan is not best))
    return (*listed, *rest.refused)


def _beside(planner: Planner, line: Line, best: Plan) -> Alternative:
    """A line that another solver beats in everything, at one free number and a uniform split."""
    knobs = planner.routes[line.candidate.subject].knobs(line.candidate)
    why = f"{line.beside} asks for less of everything"
    for knob in (*knobs[len(knobs) // 2 :], *knobs):
        plan = _planned(planner, line.candidate, knob, Shares.uniform())
        if plan is not None:
            factor = planner.value(plan) / planner.value(best)
            return Alternative(line.candidate, plan, f"{factor:.3g} times the chosen plan; {why}")
    return Alternative(line.candidate, None, why)


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
    capped = planner.most_qubits is not None and any("logical qubits" in reason for reason in reasons)
    return InfeasibleError(
        f"no plan meets the spec ({told})",
        at="limits.qubits" if capped else "",
        remedy="more qubits, or access: qrom"
        if capped
        else "declare more of the Hessian, or relax target.epsilon",
    )
