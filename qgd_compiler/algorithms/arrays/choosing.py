"""The best line of the menu for many runs at once: bounds first, and only the lines that could win are searched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.arrays.declared import DeclaredLines, DeclaredRuns
from qgd_compiler.algorithms.arrays.leaves import Leaf, Matrices
from qgd_compiler.algorithms.arrays.pricing import Array, Index, Pricer
from qgd_compiler.algorithms.arrays.search import Paddings, Searcher
from qgd_compiler.algorithms.linear_solvers import LinearSolver
from qgd_compiler.costing.exchange import Exchange

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class ManyLine:
    """One line of the menu for all runs; `valid` for which of them it stands on the menu."""

    subject: str
    solver: LinearSolver
    encoding: str
    access: Access
    stationary: bool
    valid: Mask


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
) -> ManyChoice:
    """The cheapest of all lines at its best padding and split, as `choose` finds it for one run."""
    count = len(runs.rate)
    found = ManyChoice(
        np.full(count, -1),
        np.full(count, np.inf),
        np.full(count, np.inf),
        np.zeros(count),
        np.full((4, count), np.nan),
    )
    rows = paddings_of(runs.steps)
    histories, points = None, Paddings(np.zeros((count, 1)), np.zeros((count, 1)))
    bounded: list[tuple[float, int, Searcher, Array]] = []
    for number, line in enumerate(lines):
        at = np.flatnonzero(line.valid)
        if not len(at):
            continue
        searcher = Searcher(pricer_of_line(runs, matrices, line, exchange), value)
        rough = Searcher(pricer_of_line(runs, matrices, line, exchange, coarse=True), value)
        if histories is None and not line.stationary:
            histories = searcher.paddings(np.arange(count), rows)
        table = points if line.stationary or histories is None else histories
        bounds = np.full(count, np.inf)
        bounds[at] = rough.bounds(at, table.taken(at)).min(axis=1)
        bounded.append((float(np.median(bounds[at])), number, searcher, bounds))
    for _, number, searcher, bounds in sorted(bounded, key=lambda b: b[:2]):
        table = points if lines[number].stationary or histories is None else histories
        found = _with_line(found, number, searcher, bounds, table)
    return found


def _with_line(
    found: ManyChoice, number: int, searcher: Searcher, bounds: Array, paddings: Paddings
) -> ManyChoice:
    at = np.flatnonzero(bounds <= found.value)
    at = at[np.isfinite(bounds[at])]
    if not len(at):
        return found
    table = paddings.taken(at)
    place = searcher.best(at, table, searcher.start(at, table))
    before = (found.value[at], found.qubits[at])
    better = (place.value < before[0]) | ((place.value == before[0]) & (place.qubits < before[1]))
    better &= np.isfinite(place.value)
    won = at[better]
    for whole, part in (
        (found.value, place.value),
        (found.qubits, place.qubits),
        (found.padding, place.padding),
    ):
        whole[won] = part[better]
    found.shares[:, won] = place.shares[:, better]
    found.line[won] = number
    return found


def pricer_of_line(
    runs: DeclaredRuns, matrices: Matrices, line: ManyLine, exchange: Exchange, *, coarse: bool = False
) -> Pricer:
    """What prices the line for runs by number; `coarse` for lower bounds with fewer different words."""
    leaf = Leaf(line.encoding, line.access, matrices, coarse)
    return Pricer(DeclaredLines(runs, leaf, line.stationary, normed=line.stationary), line.solver, exchange)


def paddings_of(steps: Array) -> Array:
    """The paddings that `HistoryRoute.knobs` tries first, sorted, shape (runs, 8); some may stand there twice."""
    scaled = [np.maximum(1, np.round(steps * 2.0**e)) for e in (-4, -2, -1, 0, 1)]
    bits = np.ceil(np.log2(steps + 1))
    bits = np.where(2.0 ** (bits - 1) >= steps + 1, bits - 1, bits)  # log2 may be off by a digit
    filling = [2.0**b - steps - 1 for b in (bits, bits + 1)]
    table = np.stack([np.zeros_like(steps), *scaled, *(np.maximum(f, 0) for f in filling)], axis=1)
    return np.asarray(np.sort(table, axis=1))
