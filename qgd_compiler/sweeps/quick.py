"""The evaluator of sweeps: arrays where they price a point, else point by point; both as `qgd compile` does."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import Access, access_named
from qgd_compiler.algorithms.adiabatic.solvers import ACCRETIVE_SYSTEM, ANY_SYSTEM
from qgd_compiler.algorithms.arrays.choosing import ManyChoice, ManyLine, choose_many, pricer_of_line
from qgd_compiler.algorithms.arrays.declared import DeclaredRuns
from qgd_compiler.algorithms.arrays.formula import Prices
from qgd_compiler.algorithms.arrays.pricing import Array, Index
from qgd_compiler.algorithms.linear_solvers import FAR, LINEAR_SOLVERS, LinearSolver
from qgd_compiler.algorithms.plan import Shares
from qgd_compiler.algorithms.planner import OBJECTIVES, PROVEN, surest
from qgd_compiler.algorithms.polynomials import walks
from qgd_compiler.algorithms.routes.stationary import STATIONARY
from qgd_compiler.analysis.inverse_norm import history_inverse_norm
from qgd_compiler.analysis.response import driven_largest
from qgd_compiler.baselines.asked import machines, operator
from qgd_compiler.baselines.runs import Run, accelerated, plain
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.kinds import Kind, weakest_kind
from qgd_compiler.spec.loader import validate
from qgd_compiler.spec.models import Spec
from qgd_compiler.study.classical import accelerated_pace
from qgd_compiler.sweeps.alone import left_alone, polynomials_may_serve
from qgd_compiler.sweeps.columns import OK, OUTPUTS, Column, Words
from qgd_compiler.sweeps.contenders import transformed_lines
from qgd_compiler.sweeps.declared import Mask, Points, points_of, smallest_kept
from qgd_compiler.sweeps.fields import field_of
from qgd_compiler.sweeps.models import Readings, why_not_arrays
from qgd_compiler.sweeps.pointwise import Pointwise

HISTORY = "history of a quadratic model"
AT_ONCE = 2**15
FEW_AT_ONCE = 2**13  # where some may have to be priced one by one


@dataclass(frozen=True)
class Quick:
    """Prices many points at once; what arrays do not know goes to `slow`."""

    slow: Pointwise
    mode: str = "choice"
    chunk: int = AT_ONCE
    readings: Readings = field(default_factory=Readings, compare=False, repr=False)

    def suited(self, document: Mapping[str, Any], base_dir: str) -> Quick | Pointwise:
        """This one, or the slow one where arrays price no point of a spec.

        In small chunks where polynomials may serve: points that have to be priced by themselves take a second each.
        """
        loaded = validate(dict(document), base_dir)
        if why_not_arrays(loaded.spec):
            return self.slow
        return replace(self, chunk=FEW_AT_ONCE) if polynomials_may_serve(loaded) else self

    def evaluate(
        self,
        document: Mapping[str, Any],
        base_dir: str,
        names: Sequence[str],
        columns: Mapping[str, NDArray[Any]],
    ) -> Mapping[str, Column]:
        """See `evaluator.Evaluator`."""
        found, parts = begun(document, base_dir, names, columns, self.readings)
        done = np.zeros(len(found["t_count"]), dtype=bool)
        for part in parts:
            with np.errstate(
                over="ignore", invalid="ignore", divide="ignore"
            ):  # runs that grow beyond float64
                priced, alone = _priced(part)
                there = np.isfinite(priced["t_count"]) & ~alone
            done[put(found, part, priced, there)] = True
        rest = np.flatnonzero(~done)
        if len(rest):
            slow = self.slow.evaluate(document, base_dir, names, {n: c[rest] for n, c in columns.items()})
            for name, one_by_one in slow.items():
                assert not isinstance(one_by_one, Words)
                found[name][rest] = one_by_one
        return found


def begun(
    document: Mapping[str, Any],
    base_dir: str,
    names: Sequence[str],
    columns: Mapping[str, NDArray[Any]],
    readings: Readings,
) -> tuple[dict[str, NDArray[Any]], list[Points]]:
    """All outputs, with nothing in them yet, and the points that arrays can price."""
    loaded = validate(dict(document), base_dir)
    fields = [field_of(loaded, name) for name in names]
    rows = len(next(iter(columns.values())))
    found: dict[str, NDArray[Any]] = {
        o.name: np.full(rows, None, dtype=object) if o.kind == "word" else np.full(rows, np.nan)
        for o in OUTPUTS
    }
    points = points_of(document, base_dir, fields, columns, readings)
    return found, [] if points is None else by_settings(points)


def put(
    found: dict[str, NDArray[Any]], part: Points, priced: Mapping[str, NDArray[Any]], there: NDArray[np.bool_]
) -> Index:
    """Write what was priced where it is `there`; the numbers of these points."""
    at = part.index[there]
    for name, column in priced.items():
        if len(at) == len(found[name]):  # every point, in order
            found[name] = column
        else:
            found[name][at] = column[there]
    return at


def _settings(spec: Spec) -> str:
    """What of a spec decides on lines and exchange."""
    parts = (spec.access, spec.exchange, spec.solvers, spec.objective, spec.baseline)
    return repr(parts)


def by_settings(points: Points) -> list[Points]:
    """Points with the same access models, exchange, solvers and objective together, and the same menu of encodings."""
    keys: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for number, model in enumerate(points.models):
        keys.setdefault((_settings(model.spec), tuple(model.offers)), []).append(number)
    found = []
    for numbers in keys.values():
        here = np.flatnonzero(np.isin(points.model, numbers))
        if len(here):
            runs = points.runs
            taken = {field.name: getattr(runs, field.name)[here] for field in fields(runs)}
            found.append(
                replace(
                    points,
                    index=points.index[here],
                    model=points.model[here],
                    runs=DeclaredRuns(**taken),
                    regime=points.regime[here],
                )
            )
    return found


def _priced(points: Points) -> tuple[dict[str, NDArray[Any]], Mask]:
    """The outputs of all points, infinite T gates where no line serves; and points that have to be priced alone."""
    model = points.models[int(points.model[0])]
    spec = model.spec
    exchange = Exchange(spec.exchange.toffoli_in_t.value, spec.exchange.rotation)
    price = spec.access.price_per_lookup
    accesses = [access_named(n, None if price is None else price.value) for n in spec.access.models]
    linear = _lines(points, tuple(model.offers), accesses)
    value = OBJECTIVES[spec.objective]
    sure = surest(exchange)

    def chosen(lines: Sequence[ManyLine], before: ManyChoice | None, first: int) -> ManyChoice:
        return choose_many(points.runs, points.matrices, lines, exchange, value, before, first)

    def proven(lines: Sequence[ManyLine], before: ManyChoice | None, first: int) -> ManyChoice:
        certain = [line if line.solver.kind in PROVEN else replace(line, valid=nowhere) for line in lines]
        return choose_many(points.runs, points.matrices, certain, sure, value, before, first)

    nowhere = np.zeros(len(points.index), dtype=bool)
    best = chosen(linear, None, 0)
    certain = proven(linear, None, 0) if sure.kind in PROVEN else None
    # a line that always costs more than both is neither of them
    limit = best.value if certain is None else np.fmax(best.value, certain.value)
    polynomials, unusual = transformed_lines(points, limit, accesses)
    lines = [*linear, *polynomials]
    if polynomials:
        best = chosen(lines, best, len(linear))
        certain = None if certain is None else proven(lines, certain, len(linear))
        limit = best.value if certain is None else np.fmax(best.value, certain.value)
    found = plan_columns(points, lines, best, exchange, spec)
    found["proven_t_count"] = np.full(len(points.index), np.nan)
    if certain is not None:
        for _, at, prices, way in _chosen_plans(points, lines, certain, sure, value):
            found["proven_t_count"][at] = prices.t_count[np.arange(len(at)), way]
    found.update(_classical(points, spec, found["t_count"]))
    return found, unusual | left_alone(points, limit)


def _lines(points: Points, encodings: Sequence[str], accesses: Sequence[Access]) -> list[ManyLine]:
    """The menu, in the order of a single compile."""
    runs, spec = points.runs, points.models[int(points.model[0])].spec
    families = spec.solvers
    everywhere = np.ones(len(runs.rate), dtype=bool)
    accretive = runs.growth <= 1
    found: list[ManyLine] = []
    history: list[tuple[LinearSolver, NDArray[np.bool_]]] = [
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
    valid: NDArray[np.bool_],
    menu: Sequence[tuple[LinearSolver, NDArray[np.bool_]]],
    kappa: Array,
    epsilon: Array,
) -> NDArray[np.bool_]:
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


def plan_columns(
    points: Points, lines: Sequence[ManyLine], best: ManyChoice, exchange: Exchange, spec: Spec
) -> dict[str, NDArray[Any]]:
    """The chosen plans once more, with all their counts."""
    count = len(points.index)
    numbers = ("t_count", "toffoli", "t_per_circuit", "qubits", "queries", "kappa", "circuits")
    found: dict[str, NDArray[Any]] = {name: np.full(count, np.nan) for name in numbers}
    words = {
        n: np.full(count, None, dtype=object) for n in ("solver", "subject", "encoding", "access", "kind")
    }
    found["t_count"] = np.full(count, np.inf)
    padding = best.padding.copy()
    for line, at, prices, way in _chosen_plans(points, lines, best, exchange, OBJECTIVES[spec.objective]):
        if line.of_polynomials:
            padding[at] = 0  # it told which polynomial it is, and so does its share
        for name in numbers:
            column: Array = prices.toffoli_count if name == "toffoli" else getattr(prices, name)
            found[name][at] = column[np.arange(len(at)), way]
        words["solver"][at], words["subject"][at] = line.solver.name, line.subject
        words["encoding"][at], words["access"][at] = line.encoding, line.access.name
        words["kind"][at] = weakest_kind((line.solver.kind, Kind.BOUND, exchange.kind)).value
    rate = float(spec.baseline.t_rate.value)
    found.update(words)
    found["circuits"] = np.maximum(found["circuits"], 1.0)
    found["quantum_seconds"] = found["t_count"] / rate
    found["padding"] = padding
    for i, name in enumerate(("solver", "encoding", "right_hand_side", "synthesis")):
        found[f"share_{name}"] = best.shares[i]
    found["order"] = np.ones(count)
    found["regime"] = points.regime.astype(object)
    found["status"] = np.full(count, OK, dtype=object)
    return found


def _chosen_plans(
    points: Points, lines: Sequence[ManyLine], best: ManyChoice, exchange: Exchange, value: Any
) -> Iterator[tuple[ManyLine, Index, Prices, Index]]:
    """Each line that won somewhere, where, its prices there, and the best way to amplify."""
    for number, line in enumerate(lines):
        at = np.flatnonzero(best.line == number)
        if not len(at):
            continue
        pricer = pricer_of_line(points.runs, points.matrices, line, exchange)
        prices = pricer.prices(at, best.padding[at], Shares(*best.shares[:, at]))
        yield line, at, prices, np.lexsort((prices.qubits, np.asarray(value(prices))), axis=-1)[..., 0]


def _classical(points: Points, spec: Spec, t_count: Array) -> dict[str, NDArray[Any]]:
    """The fastest classical run of each point, as `baselines/runs.bills` finds it."""
    baseline = spec.baseline
    runs = points.runs
    sizes = [m.size for m in points.models]
    rows = np.array([float(s.rows) for s in sizes])[points.model]
    stored = np.array([float(math.ceil(s.per_row * s.rows)) for s in sizes])[points.model]
    indexed = np.array([s.indexed for s in sizes])[points.model]
    seconds = np.full(len(rows), np.inf)
    words = np.full(len(rows), None, dtype=object)
    degree = _degrees(points)
    hardware = machines(baseline)
    for with_places in (True, False):
        at = np.flatnonzero(indexed == with_places)
        if not len(at):
            continue
        matrix = operator(rows[at], stored[at], baseline, indexed=with_places)
        found: list[Run] = [plain(matrix, runs.steps[at]), accelerated(matrix, degree[at], Kind.BOUND, "")]
        for run in found:
            for machine in hardware:
                took = np.asarray(machine.seconds(run.work))
                better = took < seconds[at]  # NaN where there is no such run
                seconds[at[better]] = took[better]
                words[at[better]] = f"{run.name} on {machine.name}"
    return {"classical_seconds": seconds, "classical": words}


def _degrees(points: Points) -> Array:
    """Products of the accelerated run, as `accelerated_degree` finds them; NaN where there is none."""
    runs = points.runs
    quadratic = np.array([m.quadratic for m in points.models])[points.model]
    kept = smallest_kept(points)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = kept / driven_largest(runs.rate, runs.steps, runs.low, runs.high)
    relative = np.where(kept > 0, runs.epsilon * share, np.nan)
    growth, pace = accelerated_pace(runs.rate, runs.low, runs.high)
    found = np.full(len(runs.rate), np.nan)
    usable = (
        quadratic
        & np.isfinite(relative)
        & (1 - runs.rate * runs.low >= runs.rate * (runs.high - runs.low) / 2)
    )
    single = usable & ((runs.steps == 1) | ~(pace > 0))
    found[single] = 1.0
    for at, degree, less in (
        (usable & ~single & (growth <= 1), walks.lazy_mean_degree, 0),
        (usable & ~single & (growth > 1), walks.lazy_degree, 1),
    ):
        if at.any():
            products = degree(runs.steps[at] - less, pace[at], relative[at])
            found[at] = np.maximum(1, np.minimum(products, runs.steps[at]))
    return found
