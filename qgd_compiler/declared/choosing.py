"""Which line serves each point: the cheapest, and the cheapest proven one; for sweeps and for single compiles.

Linear solvers are searched once for points that are much alike, and from there at every point (`arrays/alike.py`);
polynomials that may beat them at every point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.adiabatic.solvers import ACCRETIVE_SYSTEM, ANY_SYSTEM
from qgd_compiler.algorithms.arrays.alike import Alike
from qgd_compiler.algorithms.arrays.choosing import (
    ManyChoice,
    ManyLine,
    Nearby,
    choose_many,
    choose_near,
    pricer_of_line,
)
from qgd_compiler.algorithms.arrays.declared import DeclaredRuns
from qgd_compiler.algorithms.arrays.formula import Prices
from qgd_compiler.algorithms.arrays.pricing import Array, Index
from qgd_compiler.algorithms.linear_solvers import FAR, LINEAR_SOLVERS, LinearSolver
from qgd_compiler.algorithms.plan import Shares
from qgd_compiler.algorithms.planner import OBJECTIVES, PROVEN, Value, surest
from qgd_compiler.algorithms.routes.stationary import STATIONARY
from qgd_compiler.analysis.inverse_norm import history_inverse_norm
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.declared.alone import left_alone
from qgd_compiler.declared.contenders import transformed_lines
from qgd_compiler.declared.points import Mask, Points
from qgd_compiler.spec.models import Spec

HISTORY = "history of a quadratic model"
NEARLY = 2.0  # times another padding: within that both may try the same


@dataclass(frozen=True)
class Settled:
    """The choice among lines in an exchange of gates, by a value."""

    lines: Sequence[ManyLine]
    choice: ManyChoice
    exchange: Exchange
    value: Value

    def plans(self, points: Points) -> Iterator[tuple[ManyLine, Index, Prices, Index]]:
        """Each line that won somewhere, where, its prices there, and the best way to amplify."""
        best = self.choice
        for number, line in enumerate(self.lines):
            at = np.flatnonzero(best.line == number)
            if not len(at):
                continue
            pricer = pricer_of_line(points.runs, points.matrices, line, self.exchange)
            prices = pricer.prices(at, best.padding[at], Shares(*best.shares[:, at]))
            worth = np.asarray(self.value(prices))  # type: ignore[arg-type]
            yield line, at, prices, np.lexsort((prices.qubits, worth), axis=-1)[..., 0]


@dataclass(frozen=True)
class BothSettled:
    """The cheapest line of each point, and the cheapest proven one.

    proven   None where the exchange is a convention
    alone    where another line may be cheaper, which arrays do not price
    """

    best: Settled
    proven: Settled | None
    alone: Mask


@dataclass(frozen=True)
class Searched:
    """The menu of runs that stand for others, and the choices among it, searched in full; `proven` as above."""

    lines: Sequence[ManyLine]
    best: ManyChoice
    proven: ManyChoice | None


def searched(points: Points, alike: Alike) -> Searched:
    """The choices of the rounded runs of points that share their settings and their menu of encodings."""
    value, sure = OBJECTIVES[points.spec.objective], surest(points.exchange)
    lines = _lines(alike.runs, points.spec, tuple(points.model_of(0).offers), points.accesses)
    best = choose_many(alike.runs, points.matrices, lines, points.exchange, value)
    proven = None
    if sure.kind in PROVEN:
        proven = choose_many(alike.runs, points.matrices, _proven(lines), sure, value)
    return Searched(lines, best, proven)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # runs that grow beyond float64
def settled(points: Points, search: Callable[[Points, Alike], Searched] = searched) -> BothSettled:
    """The choice of points that share their settings and their menu of encodings."""
    value, exchange, sure = OBJECTIVES[points.spec.objective], points.exchange, surest(points.exchange)
    alike = Alike.of(points.runs)
    menu = search(points, alike)
    lines = menu.lines
    best, proven = _near(points, alike, menu, value)
    # a line that always costs more than both is neither of them
    limit = _limit(best, proven)
    polynomials, unusual = transformed_lines(points, limit, points.accesses)
    if polynomials:
        first, lines = len(lines), [*lines, *polynomials]
        best = choose_many(points.runs, points.matrices, lines, exchange, value, best, first)
        if proven is not None:
            proven = choose_many(points.runs, points.matrices, _proven(lines), sure, value, proven, first)
        limit = _limit(best, proven)
    return BothSettled(
        Settled(lines, best, exchange, value),
        None if proven is None else Settled(lines, proven, sure, value),
        unusual | left_alone(points, limit),
    )


def _near(points: Points, alike: Alike, menu: Searched, value: Value) -> tuple[ManyChoice, ManyChoice | None]:
    """What was chosen for the rounded runs, at the points themselves."""
    lines, of_best, best = menu.lines, alike.share(menu.best), alike.spread(menu.best)
    padded = np.array([not line.stationary for line in lines])
    nearby = Nearby.of(points.runs, padded[best.line], of_best)
    found = choose_near(points.matrices, lines, points.exchange, value, best, nearby)
    found = _once_more(points, found, points.exchange, value, proven=False)
    if menu.proven is None:
        return found, None
    # most often the best padding hardly differs: the same are tried, where the best plan has any
    sure, chosen, own = surest(points.exchange), alike.spread(menu.proven), alike.share(menu.proven)
    same = padded[best.line] & (found.line >= 0) & (own <= NEARLY * of_best) & (of_best <= NEARLY * own)
    nearby = nearby.moved(padded[chosen.line] & ~same, own)
    proven = choose_near(points.matrices, lines, sure, value, chosen, nearby)
    return found, _once_more(points, proven, sure, value, proven=True)


def _once_more(
    points: Points, found: ManyChoice, exchange: Exchange, value: Value, *, proven: bool
) -> ManyChoice:
    """With a search in full where the line of the rounded run has no plan: most often there is none at all."""
    missing = ~np.isfinite(found.value)
    if not missing.any():
        return found
    lines = _lines(points.runs, points.spec, tuple(points.model_of(0).offers), points.accesses)
    asked = _proven(lines) if proven else lines
    there = [replace(line, valid=line.valid & missing) for line in asked]
    return choose_many(points.runs, points.matrices, there, exchange, value, found)


def _limit(best: ManyChoice, proven: ManyChoice | None) -> Array:
    return best.value if proven is None else np.fmax(best.value, proven.value)


def _proven(lines: Sequence[ManyLine]) -> list[ManyLine]:
    """The same numbers, with the others nowhere."""
    return [
        line if line.solver.kind in PROVEN else replace(line, valid=np.zeros_like(line.valid))
        for line in lines
    ]


def _lines(
    runs: DeclaredRuns, spec: Spec, encodings: Sequence[str], accesses: Sequence[Access]
) -> list[ManyLine]:
    """The menu, in the order of a single compile."""
    families = spec.solvers
    everywhere = np.ones(len(runs.rate), dtype=bool)
    accretive = runs.growth <= 1
    found: list[ManyLine] = []
    history: list[tuple[LinearSolver, Mask]] = [
        *((s, everywhere) for s in LINEAR_SOLVERS if not s.needs_norm),
        *((s, accretive) for s in ACCRETIVE_SYSTEM),
        *((s, ~accretive) for s in ANY_SYSTEM),
    ]
    near = runs.off < runs.epsilon
    points_of_rest = [(s, near) for s in (*LINEAR_SOLVERS, *ACCRETIVE_SYSTEM)]
    typical = (
        np.maximum(3 * np.asarray(history_inverse_norm(runs.growth, runs.steps, runs.steps)), 2.0),
        np.minimum(0.1 * runs.epsilon, 0.1),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        of_points = (np.maximum(1.5 * runs.high / runs.low, 2.0), typical[1])
    for stationary, menu, at in ((False, history, typical), (True, points_of_rest, of_points)):
        kept = [(s, valid) for s, valid in menu if stationary or families is None or s.family in families]
        for solver, valid in kept:
            alone = valid & ~_beaten(solver, valid, kept, *at)
            for encoding in encodings:
                found += [
                    ManyLine(
                        STATIONARY if stationary else HISTORY, solver, encoding, access, stationary, alone
                    )
                    for access in accesses
                ]
    return found


def _beaten(
    solver: LinearSolver,
    valid: Mask,
    menu: Sequence[tuple[LinearSolver, Mask]],
    kappa: Array,
    epsilon: Array,
) -> Mask:
    """Where another solver asks for less of everything, as `linear_solvers.dominated` says."""
    found = np.zeros(len(kappa), dtype=bool)
    if solver.needs_norm or solver.kind not in PROVEN or not valid.any():
        return found
    own = solver.queries(kappa, epsilon, 1.0)  # type: ignore[arg-type]
    for other, there in menu:
        if other is solver or other.kind not in PROVEN:
            continue
        asked = other.queries(kappa, epsilon, 1.0)  # type: ignore[arg-type]
        factor = np.minimum(own.encoding / asked.encoding, own.right_hand_side / asked.right_hand_side)
        found |= there & (factor >= FAR) & (np.asarray(asked.success) >= 0.5)
    return found
