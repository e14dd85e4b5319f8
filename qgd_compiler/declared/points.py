"""The points that arrays price, of a sweep or of one compile: quadratic runs of which only bounds are known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import Access, access_named
from qgd_compiler.algorithms.arrays.declared import DeclaredRuns
from qgd_compiler.algorithms.arrays.distinct import distinct, first_of_each
from qgd_compiler.algorithms.arrays.leaves import Matrices
from qgd_compiler.algorithms.plan import distance_of
from qgd_compiler.analysis.regime import TOLERANCE, RegimeName
from qgd_compiler.analysis.response import driven_largest, driven_smallest
from qgd_compiler.analysis.run_bounds import final_over_total_bound, final_over_total_from_largest
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.declared.models import Model, Readings, model_of
from qgd_compiler.spec.fields import ALIASES, Field, Value, with_values
from qgd_compiler.spec.loader import validate
from qgd_compiler.spec.models import Solution, Spec

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
RUN_FIELDS = ("dynamics.iterations", "dynamics.learning_rate", "target.epsilon")
MOST_STEPS = 1e9  # with paddings of a few times as many still below 2^36


@dataclass(frozen=True)
class Points:
    """The points of a chunk that arrays price: their numbers, models, and runs; all of one length.

    model    number of the model of each
    """

    index: Index
    models: Sequence[Model]
    model: Index
    runs: DeclaredRuns
    matrices: Matrices
    regime: NDArray[Any]

    def model_of(self, point: int) -> Model:
        """The model of one point."""
        return self.models[int(self.model[point])]

    @property
    def spec(self) -> Spec:
        """One that all points share in access models, exchange, solvers and objective: see `by_settings`."""
        return self.model_of(0).spec

    @property
    def exchange(self) -> Exchange:
        """The exchange of gates that all points share."""
        return Exchange(self.spec.exchange.toffoli_in_t.value, self.spec.exchange.rotation)

    @property
    def accesses(self) -> list[Access]:
        """The access models that all points share."""
        price = self.spec.access.price_per_lookup
        return [access_named(n, None if price is None else price.value) for n in self.spec.access.models]


def points_of(
    document: Mapping[str, Any],
    base_dir: str,
    fields: Sequence[Field],
    columns: Mapping[str, NDArray[Any]],
    readings: Readings,
) -> Points | None:
    """The points that arrays can price; None if there are none."""
    readings.begin(document, base_dir, [field.name for field in fields])
    loaded = validate(dict(document), base_dir)
    rows = len(next(iter(columns.values())))
    run, rest = _sorted_fields(fields)
    values = {path: columns[f.name].astype(float) for path, f in run.items()}
    steps = values.get(RUN_FIELDS[0], np.full(rows, float(loaded.spec.dynamics.iterations.value)))
    rate = values.get(RUN_FIELDS[1], np.full(rows, float(loaded.spec.dynamics.learning_rate.value)))
    epsilon = values.get(RUN_FIELDS[2], np.full(rows, float(loaded.spec.target.epsilon.value)))
    keys, group = _groups(rest, columns, rows)
    first = first_of_each(group, len(keys))
    found: list[Model] = []
    number = np.full(len(keys), -1)
    for i, key in enumerate(keys):
        at = {**dict(zip(rest, key, strict=True)), **_shortest(run, float(rate[first[i]]))}
        model = readings.model(key, lambda at=at: model_of(_changed(document, at, run), base_dir))  # type: ignore[misc]
        if model is not None:
            number[i] = len(found)
            found.append(model)
    if not found:
        return None
    model_at = number[group]
    index = np.flatnonzero((model_at >= 0) & _usable(steps, rate, epsilon))
    number = readings.numbers(found)
    asked = (index, model_at[index], steps[index], rate[index], epsilon[index])
    return _runs(found, number, readings.matrices, *asked)


def point_of(model: Model, matrices: Matrices) -> Points | None:
    """The run of the spec of a model, as a point; the model has the only one of the matrices."""
    dynamics, target = model.spec.dynamics, model.spec.target
    run = (dynamics.iterations, dynamics.learning_rate, target.epsilon)
    steps, rate, epsilon = (np.array([float(number.value)]) for number in run)
    if not _usable(steps, rate, epsilon).all():
        return None
    first = np.zeros(1, dtype=np.int64)
    return _runs([model], first, matrices, first, first, steps, rate, epsilon)


def _usable(steps: Array, rate: Array, epsilon: Array) -> Mask:
    """Runs that arrays may price."""
    return (steps >= 1) & (steps <= MOST_STEPS) & (rate > 0) & (epsilon > 0) & (epsilon < 1)


def _shortest(run: Mapping[str, Field], rate: float) -> dict[Field, Value]:
    """Fields of the run for a spec of which the Hessian alone matters."""
    values: dict[str, Value] = {RUN_FIELDS[0]: 1, RUN_FIELDS[1]: rate}
    return {field: values[path] for path, field in run.items() if path in values}


def _changed(
    document: Mapping[str, Any], values: Mapping[Field, Value], run: Mapping[str, Field]
) -> dict[str, Any]:
    changed = with_values(document, values)
    if RUN_FIELDS[0] not in run:
        changed["dynamics"] = {**changed["dynamics"], "iterations": 1}
    return changed


def _sorted_fields(fields: Sequence[Field]) -> tuple[dict[str, Field], list[Field]]:
    """The fields of the run by their paths, and all others; a field that moves more than its own place is another."""
    run: dict[str, Field] = {}
    rest: list[Field] = []
    for field in fields:
        path = ALIASES.get(field.name, field.name)
        if path in RUN_FIELDS and path not in run and len(field.places) == 1 and not field.dropped:
            run[path] = field
        else:
            rest.append(field)
    return run, rest


def _groups(
    rest: Sequence[Field], columns: Mapping[str, NDArray[Any]], rows: int
) -> tuple[list[tuple[Value, ...]], Index]:
    """The different values of the other fields, and which of them each point has."""
    if not rest:
        return [()], np.zeros(rows, dtype=np.int64)
    levels = []
    group = np.zeros(rows, dtype=np.int64)
    for field in rest:
        level, code = distinct(columns[field.name])
        levels.append(level)
        group = group * len(level) + code
    whole, group = distinct(group)
    places = np.unravel_index(whole, [len(level) for level in levels])
    # NumPy's numbers as Python's; words are strings already
    plain = [level.tolist() for level in levels]
    keys = [
        tuple(level[c] for level, c in zip(plain, column, strict=True))
        for column in zip(*places, strict=True)
    ]
    return keys, group


def _runs(
    models: Sequence[Model],
    number: Index,
    matrices: Matrices,
    index: Index,
    model: Index,
    steps: Array,
    rate: Array,
    epsilon: Array,
) -> Points | None:
    low, high = (np.array([getattr(m, n) for m in models])[model] for n in ("lowest", "highest"))
    growth = np.maximum(np.abs(1 - rate * low), np.abs(1 - rate * high))
    kept = _kept(models, model, steps, rate, high)
    overshoots = (rate * high > 2 * (1 + 1e-9)) & ~np.array(
        [m.spec.dynamics.allow_divergence for m in models]
    )[model]
    usable = (kept > 0) & ~overshoots & (growth <= math.e)
    if not usable.any():
        return None
    index, model, steps, rate, epsilon, low, high, growth, kept = (
        a[usable] for a in (index, model, steps, rate, epsilon, low, high, growth, kept)
    )
    names = np.where(
        growth > 1 + TOLERANCE,
        RegimeName.WINDOW.value,
        np.where(growth < 1 - TOLERANCE, RegimeName.DISSIPATIVE.value, RegimeName.NEUTRAL.value),
    )
    return Points(
        index=index,
        models=models,
        model=model,
        runs=DeclaredRuns(
            matrix=number[model],
            growth=growth,
            rate=rate,
            steps=steps,
            epsilon=epsilon,
            kept=kept,
            nonzeros=np.array([float(m.nonzeros) for m in models])[model],
            low=low,
            high=high,
            off=_off(models, model, steps, growth, low),
        ),
        matrices=matrices,
        regime=names,
    )


def settings(spec: Spec) -> str:
    """What of a spec decides on lines and exchange."""
    parts = (spec.access, spec.exchange, spec.solvers, spec.objective, spec.baseline)
    return repr(parts)


def by_settings(points: Points) -> list[Points]:
    """Points with the same access models, exchange, solvers and objective together, and the same menu of encodings."""
    keys: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for number, model in enumerate(points.models):
        keys.setdefault((settings(model.spec), tuple(model.offers)), []).append(number)
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


def _kept(models: Sequence[Model], model: Index, steps: Array, rate: Array, high: Array) -> Array:
    """‖u_T‖² over the sum of all squares, at least, as `study/runs.py` bounds it."""
    declared = np.array([_declared(m.spec) for m in models])[model]
    found = np.where(np.isnan(declared), 0.0, final_over_total_from_largest(declared, steps))  # type: ignore[arg-type]
    open_ones = np.isnan(declared)
    if open_ones.any():
        with np.errstate(over="ignore", invalid="ignore"):
            found[open_ones] = final_over_total_bound(high[open_ones], rate[open_ones], steps[open_ones])
    return np.asarray(found)


def _declared(spec: Spec) -> float:
    known = spec.solution
    return math.nan if known is None or known.final_over_max is None else float(known.final_over_max.value)


def _off(models: Sequence[Model], model: Index, steps: Array, growth: Array, low: Array) -> Array:
    """The distance of u_T from the stationary point where plans for it stand on the menu, else NaN."""
    allowed = np.array(
        [m.quadratic and (m.spec.solvers is None or "stationary" in m.spec.solvers) for m in models]
    )[model]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        left = steps * np.log(growth)
        distance = np.where(left < 0, np.exp(left) / -np.expm1(left), np.nan)
        found = np.asarray(distance_of(distance))
    return np.where(allowed & (low > 0) & (growth < 1), found, np.nan)


def smallest_kept(points: Points) -> Array:
    """‖u_T‖/‖g‖ at least, as `study/quadratic.kept_of` says; 0 where nothing bounds it."""
    runs = points.runs
    ends = (runs.rate, runs.steps, runs.low, runs.high)
    known = [m.spec.solution for m in points.models]
    of_largest, of_reach = (
        np.array([_share(solution, name) for solution in known])[points.model]
        for name in ("final_over_max", "final_over_reach")
    )
    least = np.fmax(driven_smallest(*ends), of_largest * runs.rate)
    return np.asarray(np.fmax(least, of_reach * driven_largest(*ends)))


def _share(solution: Solution | None, name: str) -> float:
    found = None if solution is None else getattr(solution, name)
    return math.nan if found is None else float(found.value)
