"""What may win of a menu, and the cheapest of it: lines that arrays price together, the others plan by plan.

Those of the others that cost more than an array's line at any split are left out, and so are those that are infeasible.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.arrays.menu import Group, Searched, Spot, groups_of, quick, search
from qgd_compiler.algorithms.branch_and_bound import Found, Root, Search
from qgd_compiler.algorithms.plan import Candidate, Plan, Shares
from qgd_compiler.algorithms.planner import PROVEN, Alternative, Planner, Progress, planned
from qgd_compiler.algorithms.routes.polynomial import PolynomialRoute
from qgd_compiler.algorithms.routes.route import Line
from qgd_compiler.errors import InfeasibleError

ROUNDING = 1e-9  # relative, of values in arrays


@dataclass(frozen=True)
class Looked:
    """What a menu holds: the cheapest plan, plans and `spots` of lines that were looked into.

    floor   works a lower bound on all of it out, in units of the value of the best
    """

    best: Plan | None
    worked: dict[Candidate, Plan]
    spots: dict[Candidate, Spot]
    floor: Callable[[], float]


@dataclass(frozen=True)
class Menu:
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
                    found.append(
                        Root(int(bound), group.candidates[i], group.knob(float(group.paddings.rows[i, k])))
                    )
        return found

    def search(self, progress: Progress, allowed: Callable[[Candidate], bool] | None = None) -> Looked:
        """The cheapest plan of the lines that are `allowed`; None: of all."""
        progress("searching paddings and splits")
        searched = self.searched if allowed is None else search(self.groups, allowed)
        worked: dict[Candidate, Plan] = {}
        value = self.planner.value
        for spot in searched.spots:
            # arrays round: what is as cheap but for that is looked at exactly
            if worked and spot.value > (1 + ROUNDING) * min(map(value, worked.values())):
                break
            plan = planned(self.planner, spot.candidate, spot.knob, spot.shares)
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

        return Looked(best, worked, spots, floor)


def menu_of(planner: Planner, lines: Sequence[Line], progress: Progress) -> tuple[Menu, list[Alternative]]:
    """What may win, and the lines that cannot serve with their reasons."""
    settings = (planner.exchange, planner.folder, planner.value, planner.most_qubits)
    quickly = [line for line in lines if _quick(planner, line)]
    later = [line for line in quickly if isinstance(planner.routes[line.candidate.subject], PolynomialRoute)]
    first = [line.candidate for line in quickly if line not in later]
    priced = set(first)
    groups = groups_of(planner.routes, first, *settings)
    searched = search(groups)
    limit = _limit(searched)
    # what a polynomial is takes long to find out: only those that may win are asked for it
    least = {line.candidate: _least(planner, line, limit) for line in lines if line.candidate not in priced}
    possible = [line.candidate for line in later if least[line.candidate] <= limit]
    polynomials = groups_of(planner.routes, possible, *settings, limit)
    if polynomials:
        groups = [*groups, *polynomials]
        searched = search(groups)
        limit = _limit(searched)
    alive = {c for g in groups for c, b in zip(g.candidates, g.bounds, strict=True) if np.isfinite(b).any()}
    slow, hopeless = [], {}
    for line in lines:
        if line.candidate in alive:
            continue
        if line.kind in PROVEN and least.get(line.candidate, 0.0) > limit:
            hopeless[line.candidate] = least[line.candidate]
        else:
            slow.append(line)
    roots, refused = _roots(planner, slow, progress)
    return Menu(planner, roots, groups, searched, hopeless), refused


def _limit(searched: Searched) -> float:
    """What costs more cannot win."""
    return searched.spots[0].value * (1 + ROUNDING) if searched.spots else math.inf


def _quick(planner: Planner, line: Line) -> bool:
    """Whether arrays price it."""
    candidate = line.candidate
    if line.reason or line.beside or planner.reader is not None:
        return False
    return quick(planner.routes[candidate.subject], candidate.solver)


def _least(planner: Planner, line: Line, limit: float) -> float:
    """The objective of every plan of a line, at least; 0 where it does not matter."""
    if line.reason or line.beside or planner.reader is not None or math.isinf(limit):
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
        return planned(planner, candidate, knob, shares)

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
        plan = None if knob in tried else planned(planner, candidate, knob, Shares.free())
        if plan is not None:
            nearby.append(Root(planner.value(plan), candidate, knob))
    search.add(nearby)
    return search.run() if nearby else found
