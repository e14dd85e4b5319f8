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
from qgd_compiler.algorithms.arrays.search import LESS, NEARER, Paddings, Searcher
from qgd_compiler.algorithms.linear_solvers import LinearSolver
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
    """The best line of each run by its number (-1: none), with its padding and split (shape (4, runs))."""

    line: Index
    value: Array
    qubits: Array
    padding: Array
    shares: Array


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
    found = ManyChoice(
        np.full(count, -1),
        np.full(count, np.inf),
        np.full(count, np.inf),
        np.zeros(count),
        np.full((4, count), np.nan),
    )
    if before is not None:
        found = ManyChoice(*(getattr(before, f.name).copy() for f in fields(before)))
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
    won = at[better]
    for whole, part in (
        (found.value, place.value),
        (found.qubits, place.qubits),
        (found.padding, place.padding),
    ):
        whole[won] = part[better]
    found.shares[:, won] = place.shares[:, better]
    found.line[won] = line.number
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
