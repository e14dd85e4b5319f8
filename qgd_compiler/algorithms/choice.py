"""The choice: the cheapest line of the whole menu at its best free number and split of the error; all are listed.

Of a long menu of encodings the best few by α times T per query are worked out. A run of which only bounds are known
takes the line and split that sweeps choose for it, by arrays for many runs (`Known`). Of the others, lines that arrays
price are searched over splits from one or a few places (`arrays/search.py`), the rest over all splits to within one per
cent (`branch_and_bound.py`). How much cheaper any plan could be, `Choice.floor` says, as far as no share of the error
costs less when it is made smaller.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.arrays.menu import Spot
from qgd_compiler.algorithms.branch_and_bound import Root
from qgd_compiler.algorithms.looking import Looked, Menu, menu_of
from qgd_compiler.algorithms.plan import Candidate, Plan, Shares
from qgd_compiler.algorithms.planner import PROVEN, Alternative, Planner, Progress, planned, surest
from qgd_compiler.algorithms.ranking import Ranked, rank
from qgd_compiler.algorithms.routes.history import HistoryRoute
from qgd_compiler.algorithms.routes.route import Line, Route
from qgd_compiler.algorithms.subjects import HistorySubject
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import weakest_kind

MOST_PLANNED = 6  # encodings of a route that are worked out to whole plans
MOST_LIFTED = 2  # the same, where several lifts stand beside each other


@dataclass(frozen=True)
class Known:
    """What was chosen already, by arrays for many runs: the cheapest spot, and that of the proven lines."""

    best: Spot
    proven: Spot | None


@dataclass(frozen=True)
class Choice:
    """The winner, and what belongs to it; every other line is worked out only where it is asked for.

    proven      the cheapest plan of which every formula is exact or a bound, rotations too, priced in
                `proven_exchange`; None with the reason where there is none
    """

    best: Plan
    proven: Plan | None
    proven_exchange: Exchange
    why_no_proven: str
    _rest: _Rest = field(repr=False)

    @cached_property
    def heuristic(self) -> Plan | None:
        """The cheapest plan with a formula that is a fit or a model; None: none is cheaper or exists."""
        if not _is_proven(self.best, self._rest.planner.exchange):
            return self.best
        rest = self._rest
        kinds = {line.candidate: line.kind for line in rest.lines}
        return rest.menu.search(rest.progress, lambda candidate: kinds[candidate] not in PROVEN).best

    @cached_property
    def alternatives(self) -> tuple[Alternative, ...]:
        """Every line in order of the objective, invalid ones last."""
        return _listed(self._rest, self.best)

    @cached_property
    def order(self) -> int:
        """Carleman order of the winner, or where it solves no history of the cheapest plan that does; else 1."""
        if isinstance(self.best.facts, HistorySubject):
            return self.best.facts.system.order
        routes = self._rest.planner.routes.values()
        if all(route.system.order == 1 for route in routes if isinstance(route, HistoryRoute)):
            return 1
        plans = (a.plan for a in self.alternatives if a.plan is not None)
        return next((p.facts.system.order for p in plans if isinstance(p.facts, HistorySubject)), 1)

    @cached_property
    def floor(self) -> float:
        """A lower bound on every plan of the menu, in units of the objective of the winner."""
        found, value = self._rest.found, self._rest.planner.value
        own = 1.0 if found.best is None else value(found.best) / value(self.best)
        return min(1.0, found.floor() * own)  # the winner may be cheaper than all that the menu has found

    @cached_property
    def uniform(self) -> float | None:
        """What the winner would cost at a uniform split, in units of its objective; None: infeasible."""
        return _at(self._rest.planner, self.best, Shares.uniform())

    @cached_property
    def halving(self) -> float | None:
        """The same where every share is half of the one before."""
        return _at(self._rest.planner, self.best, Shares.halving())


def choose(
    planner: Planner,
    accesses: Sequence[Access],
    progress: Progress = lambda _: None,
    known: Known | None = None,
) -> Choice:
    """Work out the whole menu; raises InfeasibleError with every reason when nothing is left.

    known   what was chosen already: then the menu is worked out only where more is asked for
    """
    rest = _Rest(planner, accesses, progress)
    best = None if known is None else _plan_at(planner, known.best)
    if known is None or best is None:
        known, best = None, rest.found.best
    if best is None:
        raise _nothing_left(planner, rest.refused)
    proven, proven_exchange, why = _best_proven(rest, best, known)
    return Choice(best, proven, proven_exchange, why, rest)


def _plan_at(planner: Planner, spot: Spot) -> Plan | None:
    return planned(planner, spot.candidate, spot.knob, spot.shares)


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
class _Rest:
    """The whole menu, looked into as far as it is asked for."""

    planner: Planner
    accesses: Sequence[Access]
    progress: Progress

    @cached_property
    def lines(self) -> list[Line]:
        """All of them."""
        routes = self.planner.routes.values()
        return [line for route in routes for line in _worth_a_plan(self.planner, route, self.accesses)]

    @cached_property
    def _menu(self) -> tuple[Menu, list[Alternative]]:
        return menu_of(self.planner, self.lines, self.progress)

    @property
    def menu(self) -> Menu:
        """What may win."""
        return self._menu[0]

    @property
    def refused(self) -> Sequence[Alternative]:
        """Who cannot serve."""
        return self._menu[1]

    @cached_property
    def found(self) -> Looked:
        """What was looked into, with the cheapest of it."""
        return self.menu.search(self.progress)


def _at(planner: Planner, best: Plan, shares: Shares) -> float | None:
    """What the winner would cost at another split, relative to its own; None where that is infeasible."""
    plan = planned(planner, best.candidate, best.knob, shares)
    return None if plan is None else planner.value(plan) / planner.value(best)


def _is_proven(plan: Plan, exchange: Exchange) -> bool:
    kind = exchange.kind if int(plan.cost.gates.rotations) else exchange.toffoli_kind
    return weakest_kind((plan.kind, kind)) in PROVEN


def _best_proven(rest: _Rest, best: Plan, known: Known | None) -> tuple[Plan | None, Exchange, str]:
    """The cheapest proven plan: in the exchange of the spec if that is proven, else with proven rotations."""
    planner = rest.planner
    exchange = surest(planner.exchange)
    if exchange.kind not in PROVEN:
        return (
            None,
            exchange,
            f"{exchange.toffoli_in_t} T gates for a Toffoli is a convention, not a proven circuit",
        )
    if exchange == planner.exchange and _is_proven(best, exchange):
        return best, exchange, ""
    sure = planner.proven(exchange)
    spot = None if known is None else known.proven
    plan = None if spot is None else _plan_at(sure, spot)
    if plan is None and (known is None or spot is not None):  # arrays round: a plan may be gone by that
        rest.progress("the best proven plan")
        other, _ = menu_of(sure, [line for line in rest.lines if line.kind in PROVEN], rest.progress)
        plan = other.search(rest.progress).best
    if plan is None:
        return None, exchange, "no solver that serves this spec rests on a proven number of queries"
    if not _is_proven(plan, exchange):
        return None, exchange, f"the cheapest plan rests on a {plan.kind.value}"
    return plan, exchange, ""


def _listed(rest: _Rest, best: Plan) -> tuple[Alternative, ...]:
    """Every line with its plan and why it lost; what was never looked into stands at a uniform split."""
    planner, found = rest.planner, rest.found
    worked = {**found.worked, best.candidate: best}
    least: dict[Candidate, Root] = {}
    for root in rest.menu.roots:
        before = least.get(root.candidate)
        if before is None or root.bound < before.bound:
            least[root.candidate] = root
    listed: list[Alternative] = []
    for candidate, root in least.items():
        bound = root.bound / planner.value(best)
        plan = worked.get(candidate)
        if plan is None and candidate in found.spots:
            spot = found.spots[candidate]
            plan = planned(planner, candidate, spot.knob, spot.shares)
        how = ""
        if plan is None:
            plan, how = planned(planner, candidate, root.knob, Shares.uniform()), " at a uniform split"
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
        plan = planned(planner, line.candidate, knob, Shares.uniform())
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
