"""The best line of the menu for many runs at once: bounds first, and only the lines that could win are searched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.arrays.declared import DeclaredLines, DeclaredRuns
from qgd_compiler.algorithms.arrays.declared_polynomials import DeclaredPolynomials, Make
from qgd_compiler.algorithms.arrays.leaves import Leaf, Matrices
from qgd_compiler.algorithms.arrays.pricing import Array, Index, Pricer
from qgd_compiler.algorithms.arrays.search import AROUND, LESS, NEARER, Paddings, Place, Searcher
from qgd_compiler.algorithms.linear_solvers import LinearSolver
from qgd_compiler.algorithms.paddings import MOST_ROWS, fillings_near, tried
from qgd_compiler.algorithms.polynomial_plan import FINER, PHASED
from qgd_compiler.algorithms.routes.families import TRANSFORMATION
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.kinds import Kind

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Transformed:
    """Polynomials by QSVT in the place of a linear solver; `make`, `weight`, `norm` as in `DeclaredPolynomials`."""

    name: str
    make: Make
    weight: Array
    norm: Array
    kind: Kind = Kind.BOUND


@dataclass(frozen=True)
class ManyLine:
    """One line of the menu for all runs; `valid` for which of them it stands on the menu.

    stationary   for the stationary points instead of the histories (polynomials: neither)
    """

    subject: str
    solver: LinearSolver | Transformed
    encoding: str
    access: Access
    stationary: bool
    valid: Mask

    @property
    def of_polynomials(self) -> bool:
        """Whether it applies polynomials."""
        return isinstance(self.solver, Transformed)


@dataclass(frozen=True)
class ManyChoice:
    """The best line of each run by its number (-1: none), with its padding and split.

    shares      shape (4, runs)
    exponents   that the search ended at, shape (3, runs)
    """

    line: Index
    value: Array
    qubits: Array
    padding: Array
    shares: Array
    exponents: Index

    @classmethod
    def none(cls, count: int) -> ManyChoice:
        """No line for any of the runs."""
        infinite = np.full(count, np.inf)
        nothing = np.full((4, count), np.nan)
        exponents = np.zeros((3, count), dtype=np.int64)
        return cls(np.full(count, -1), infinite, infinite.copy(), np.zeros(count), nothing, exponents)

    @property
    def copy(self) -> ManyChoice:
        """Another one with the same content."""
        return ManyChoice(*(getattr(self, f.name).copy() for f in fields(self)))

    def put(self, at: Index, line: int, place: Place) -> None:
        """Write places of the best lines of some runs."""
        self.line[at] = line
        for f in fields(self)[1:]:
            getattr(self, f.name)[..., at] = getattr(place, f.name)


def choose_many(
    runs: DeclaredRuns,
    matrices: Matrices,
    lines: Sequence[ManyLine],
    exchange: Exchange,
    value: Callable[[Any], Any],
    before: ManyChoice | None = None,
    first: int = 0,
) -> ManyChoice:
    """The cheapest of all lines at its best padding and split, as `choose` finds it for one run.

    before   the choice among the lines before number `first`
    """
    count = len(runs.rate)
    found = ManyChoice.none(count) if before is None else before.copy
    tables = Tables(runs)
    menu: list[_Searched] = []
    for number, line in enumerate(lines[first:], first):
        at = np.flatnonzero(line.valid)
        if not len(at):
            continue
        rough = Searcher(pricer_of_line(runs, matrices, line, exchange, coarse=True), value)
        bounds = np.full(count, np.inf)
        loose = Searcher(pricer_of_line(tables.easiest, matrices, line, exchange, coarse=True), value)
        table = tables.whole(line)
        bounds[at] = loose.bounds(at, table.first.taken(at))[:, 0]
        searcher = Searcher(pricer_of_line(runs, matrices, line, exchange), value)
        menu.append(_Searched(number, searcher, rough, bounds, float(np.median(bounds[at])), table))
    for one in sorted(menu, key=lambda m: (m.typical, m.number)):
        found = _with_line(found, one)
    return found


@dataclass(frozen=True)
class _Searched:
    """A line with its number and paddings; `rough` gives lower bounds, `bounds` some that hold at every padding.

    Those of polynomials nearly do, see `LESS`.
    """

    number: int
    searcher: Searcher
    rough: Searcher
    bounds: Array
    typical: float
    paddings: Paddings


class Tables:
    """The paddings of all runs, and what bounds a run at all of them: the least norm, and no loss by them."""

    def __init__(self, runs: DeclaredRuns) -> None:
        self._runs = runs
        # what is wanted is found with probability 1 at most, and more rows need more of everything else
        self.easiest = replace(runs, kept=np.ones_like(runs.kept))

    def whole(self, line: ManyLine) -> Paddings:
        """What is tried first, the cheapest first: no padding, or the coarsest polynomial."""
        rows = np.zeros((len(self._runs.steps), 1))
        if line.of_polynomials:
            rows = rows + np.arange(1, FINER + 1)
        elif not line.stationary:
            return Paddings(*self._runs.paddings)
        return Paddings(rows, np.zeros_like(rows))


def _with_line(found: ManyChoice, line: _Searched) -> ManyChoice:
    less = LESS if line.searcher.of_polynomials else 1.0  # than its first bound
    at = np.flatnonzero((line.bounds <= less * found.value) & np.isfinite(line.bounds))
    table = line.paddings.taken(at)
    known = np.isfinite(found.value[at])
    if known.any():
        least = np.full(len(at), -np.inf)
        least[known] = line.rough.bounds(at[known], table.taken(known)).min(axis=1)
        possible = least * NEARER <= found.value[at]
        at, table = at[possible], table.taken(possible)
    if not len(at):
        return found
    place = line.searcher.best(at, table, line.searcher.start(at, table))
    before = (found.value[at], found.qubits[at])
    fewer = (place.qubits < before[1]) | ((place.qubits == before[1]) & (line.number < found.line[at]))
    better = (place.value < before[0]) | ((place.value == before[0]) & fewer)
    better &= np.isfinite(place.value)
    found.put(at[better], line.number, place.taken(better))
    return found


@dataclass(frozen=True)
class Nearby:
    """Paddings that are tried of runs next to those that were searched.

    near   around a share of T each, and next to it those that make whole registers: shape (runs, 7)
    wide   a table of their own of runs that are `far`, nothing for the others
    """

    runs: DeclaredRuns
    far: Mask
    near: Paddings
    wide: Paddings

    @classmethod
    def of(cls, runs: DeclaredRuns, which: Mask, share: Array) -> Nearby:
        """At a share of T each, of some of the runs."""
        far, at = runs.far, np.flatnonzero(runs.far)
        rows = tried(runs.steps[at], runs.reach[at])
        table = Paddings(rows, runs.norms(at[:, None], rows))
        near, wide = (Paddings.none(len(far), tries) for tries in (3 + len(AROUND), rows.shape[1]))
        return cls(runs, far, near, wide.put(at, table)).moved(which, share)

    def moved(self, which: Mask, share: Array) -> Nearby:
        """With some of the runs at another share of T."""
        at = np.flatnonzero(which & ~self.far)
        if not len(at):
            return self
        steps = self.runs.steps[at]
        middle = np.minimum(share[at] * steps, MOST_ROWS)
        around = [np.round(factor * middle) for factor in (1.0, *AROUND)]
        rows = np.concatenate([np.stack(around, axis=1), fillings_near(middle, steps)], axis=1)
        return replace(self, near=self.near.put(at, Paddings(rows, self.runs.norms(at[:, None], rows))))


def choose_near(
    matrices: Matrices,
    lines: Sequence[ManyLine],
    exchange: Exchange,
    value: Callable[[Any], Any],
    alike: ManyChoice,
    nearby: Nearby,
) -> ManyChoice:
    """The line that was chosen for a run much like each, at its own padding and split; none where it has no plan."""
    found = ManyChoice.none(len(nearby.far))
    for number in np.unique(alike.line[alike.line >= 0]):
        line, mine = lines[number], alike.line == number
        searcher = Searcher(pricer_of_line(nearby.runs, matrices, line, exchange), value)
        far = nearby.far & ~line.stationary
        for which, paddings in ((mine & ~far, nearby.near), (mine & far, nearby.wide)):
            at = np.flatnonzero(which)
            if not len(at):
                continue
            nothing = np.zeros((len(at), 1))
            table = Paddings(nothing, nothing) if line.stationary else paddings.taken(at)
            place = searcher.near(at, table, alike.exponents[:, at])
            if paddings is nearby.wide:
                place = searcher.around(at, place)
            there = np.isfinite(place.value)
            found.put(at[there], number, place.taken(there))
    return found


def pricer_of_line(
    runs: DeclaredRuns, matrices: Matrices, line: ManyLine, exchange: Exchange, *, coarse: bool = False
) -> Pricer:
    """What prices the line for runs by number; `coarse` for lower bounds with fewer different words."""
    leaf = Leaf(line.encoding, line.access, matrices, coarse)
    if isinstance(line.solver, Transformed):
        of = line.solver
        lines = DeclaredPolynomials(runs, leaf, of.make, of.weight, of.norm)
        return Pricer(lines, PHASED[TRANSFORMATION, False], exchange)
    return Pricer(DeclaredLines(runs, leaf, line.stationary, normed=line.stationary), line.solver, exchange)
