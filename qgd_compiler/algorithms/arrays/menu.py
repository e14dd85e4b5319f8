"""The lines of a menu that arrays can price, searched side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.arrays.lines import serves
from qgd_compiler.algorithms.arrays.pricing import Lines, Pricer
from qgd_compiler.algorithms.arrays.search import NEARER, Paddings, Searcher
from qgd_compiler.algorithms.plan import Candidate, Shares
from qgd_compiler.algorithms.routes.history import HistoryRoute
from qgd_compiler.algorithms.routes.polynomial import PolynomialRoute
from qgd_compiler.algorithms.routes.route import Route
from qgd_compiler.algorithms.routes.stationary import StationaryRoute
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder


@dataclass(frozen=True)
class Spot:
    """Where a line is best: its padding and split, and its value there."""

    candidate: Candidate
    knob: int
    shares: Shares
    value: float
    qubits: float


@dataclass(frozen=True)
class Group:
    """Lines with one solver for one system: lower bounds over all splits at every padding, shape (lines, paddings)."""

    candidates: tuple[Candidate, ...]
    paddings: Paddings
    bounds: NDArray[np.float64]
    searcher: Searcher

    def knob(self, padding: float) -> int:
        """The free number of a plan there: of polynomials none, since their shares decide."""
        return 0 if self.searcher.of_polynomials else int(padding)


@dataclass(frozen=True)
class Searched:
    """The best spot of every line that could win, best first; `floor` works a lower bound on all lines out."""

    spots: tuple[Spot, ...]
    floor: Callable[[], float]


Quick = HistoryRoute | StationaryRoute | PolynomialRoute


def quick(route: Route, solver: str) -> bool:
    """Whether arrays price the lines of a route with one of its solvers."""
    if isinstance(route, PolynomialRoute):
        return route.quick(solver)
    if isinstance(route, StationaryRoute):
        return route.quick
    return isinstance(route, HistoryRoute) and serves(route.system)


def groups_of(
    routes: Mapping[str, Route],
    candidates: Iterable[Candidate],
    exchange: Exchange,
    folder: Folder,
    value: Callable[[Any], Any],
    most_qubits: int | None,
    limit: float = np.inf,
) -> list[Group]:
    """The lines, all of routes that are `quick`, by system and solver; `limit` as `Searcher.bounds_below` takes it."""
    sorted_out: dict[tuple[str, str], list[Candidate]] = {}
    for candidate in candidates:
        sorted_out.setdefault((candidate.subject, candidate.solver), []).append(candidate)
    found = []
    for (subject, solver), mine in sorted_out.items():
        route = routes[subject]
        assert isinstance(route, Quick)
        found.append(_group(route, solver, mine, exchange, folder, value, most_qubits, limit))
    return found


def _group(
    route: Quick,
    name: str,
    candidates: Sequence[Candidate],
    exchange: Exchange,
    folder: Folder,
    value: Callable[[Any], Any],
    most_qubits: int | None,
    limit: float,
) -> Group:
    lines: Lines = route.quick_lines(candidates, folder)
    searcher = Searcher(Pricer(lines, route.solver(name), exchange), value, most_qubits)
    row = np.array(route.quick_knobs(candidates[0]), dtype=float)
    numbers = np.arange(len(candidates))
    paddings = searcher.paddings(numbers, np.repeat(row[None, :], len(candidates), axis=0))
    if isinstance(route, PolynomialRoute):
        bounds = searcher.bounds_below(numbers, paddings, np.full(len(numbers), limit))
    else:
        bounds = searcher.bounds(numbers, paddings)
    return Group(tuple(candidates), paddings, bounds, searcher)


def search(groups: Sequence[Group], allowed: Callable[[Candidate], bool] = lambda _: True) -> Searched:
    """The best of all lines that are `allowed`; those whose bound is above the best are left out."""
    spots: list[Spot] = []
    best = np.inf
    kept = []
    for group in groups:
        lines = np.array([i for i, c in enumerate(group.candidates) if allowed(c)], dtype=np.int64)
        if len(lines):
            kept.append((group, lines, group.bounds[lines].min(axis=1)))
    for group, lines, least in sorted(kept, key=lambda g: float(g[2].min())):
        worth = lines[least * NEARER < best]
        if not len(worth):
            continue
        start = group.searcher.start(worth, group.paddings.taken(worth))
        # what a line costs at any split bounds the best from above
        open_ones = group.bounds[worth] * NEARER <= min(best, float(start.value.min()))
        possible = open_ones.any(axis=1)
        worth, open_ones = worth[possible], open_ones[possible]
        if not len(worth):
            continue
        place = group.searcher.best(worth, group.paddings.taken(worth), start.taken(possible), open_ones)
        for i, line in enumerate(worth):
            if np.isfinite(place.value[i]):
                spot = (
                    group.knob(place.padding[i]),
                    place.split(i),
                    float(place.value[i]),
                    float(place.qubits[i]),
                )
                spots.append(Spot(group.candidates[int(line)], *spot))
        best = min(best, float(place.value.min()))
    spots.sort(key=lambda s: (s.value, s.qubits))
    return Searched(
        tuple(spots), lambda: min((_floor(group, lines, best) for group, lines, _ in kept), default=np.inf)
    )


def _floor(group: Group, lines: NDArray[np.int64], best: float) -> float:
    """A lower bound on every split of the lines at every padding of the menu, as far as it is below `best`."""
    bounds = group.bounds[lines]
    if not np.isfinite(best):
        return float(bounds.min())
    which, at = np.nonzero(bounds < best)
    return min(best, group.searcher.floor(lines[which], group.paddings.rows[lines[which], at]))
