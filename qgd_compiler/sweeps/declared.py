"""Which points of a sweep arrays can price, and these points as arrays: quadratic runs of which only bounds are known.

Points that share every field but T, the learning rate and the error share a Hessian, which is read once, as `compile`
reads it. What arrays cannot tell apart from a mistake, or do not know, is left to be priced point by point.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.arrays.declared import DeclaredRuns
from qgd_compiler.algorithms.arrays.leaves import NAMES, Matrices
from qgd_compiler.algorithms.menu.leaves import EntryOffer
from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.plan import distance_of
from qgd_compiler.algorithms.systems.linear import LinearSystem
from qgd_compiler.analysis.regime import TOLERANCE, RegimeName
from qgd_compiler.analysis.response import Response
from qgd_compiler.analysis.run_bounds import final_over_total_bound, final_over_total_from_largest
from qgd_compiler.errors import InfeasibleError, QgdError
from qgd_compiler.spec.loader import Loaded, validate
from qgd_compiler.spec.models import Spec
from qgd_compiler.structure.facts import Fact
from qgd_compiler.study import Study, study
from qgd_compiler.study.classical import Size, size_of
from qgd_compiler.study.quadratic import why_not_quadratic
from qgd_compiler.study.systems import systems_of
from qgd_compiler.sweeps.fields import ALIASES, Field, Value, with_values

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
RUN_FIELDS = ("dynamics.iterations", "dynamics.learning_rate", "target.epsilon")
MOST_STEPS = 1e9  # with paddings of a few times as many still below 2^36


def why_not_arrays(spec: Spec) -> str:
    """Why points of this spec are priced one by one; "" where arrays price them."""
    dynamics, output = spec.dynamics, spec.output
    found = {
        "it has a schedule": dynamics.schedule is not None,
        "it has momentum": float(dynamics.momentum.value) != 0,
        "it has minibatches": dynamics.minibatches is not None,
        "it has noise": dynamics.noise is not None,
        "it is cut into segments": dynamics.segment is not None or int(dynamics.warm_up.value) > 0,
        "growth is damped or refused": dynamics.on_not_dissipative != "window",
        "it is expanded elsewhere or further": dynamics.expansion.about != "start"
        or dynamics.expansion.carleman_order is not None
        or dynamics.expansion.remainder is not None
        or spec.third_derivative is not None,
        "its answer is read out": output.kind != "state",
        "it names hardware": spec.hardware is not None,
        "it has a limit": spec.limits.qubits is not None,
        "it minimises something else than gates": spec.objective not in ("t_count", "toffoli"),
        "it names the operations of a step of training": spec.baseline.flop_per_step is not None,
        "its gradient is data": spec.gradient is None or spec.gradient.file is not None,
    }
    return next((reason for reason, holds in found.items() if holds), "")


@dataclass(frozen=True)
class Model:
    """A Hessian and what else does not depend on T, the learning rate and the error.

    lowest, highest   ends of the spectrum; `offers` their encodings, by name
    size              of a classical run, at T = 1
    """

    spec: Spec
    parameters: int
    lowest: float
    highest: float
    offers: Mapping[str, Offer]
    facts: Mapping[str, float]
    nonzeros: int
    size: Size
    quadratic: bool
    study: Study


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


def points_of(
    document: Mapping[str, Any],
    base_dir: str,
    fields: Sequence[Field],
    columns: Mapping[str, NDArray[Any]],
) -> Points | None:
    """The points that arrays can price; None if there are none."""
    loaded = validate(dict(document), base_dir)
    rows = len(next(iter(columns.values())))
    run, rest = _sorted_fields(fields)
    values = {path: columns[f.name].astype(float) for path, f in run.items()}
    steps = values.get(RUN_FIELDS[0], np.full(rows, float(loaded.spec.dynamics.iterations.value)))
    rate = values.get(RUN_FIELDS[1], np.full(rows, float(loaded.spec.dynamics.learning_rate.value)))
    epsilon = values.get(RUN_FIELDS[2], np.full(rows, float(loaded.spec.target.epsilon.value)))
    keys, group = _groups(rest, columns, rows)
    found: list[Model] = []
    number = np.full(len(keys), -1)
    for i, key in enumerate(keys):
        first = int(np.flatnonzero(group == i)[0])
        model = _model(document, base_dir, {**dict(zip(rest, key, strict=True))}, run, float(rate[first]))
        if model is not None:
            number[i] = len(found)
            found.append(model)
    if not found:
        return None
    model_of = number[group]
    usable = (
        (model_of >= 0) & (steps >= 1) & (steps <= MOST_STEPS) & (rate > 0) & (epsilon > 0) & (epsilon < 1)
    )
    index = np.flatnonzero(usable)
    return _runs(found, index, model_of[index], steps[index], rate[index], epsilon[index])


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
    codes, levels = [], []
    for field in rest:
        level, code = np.unique(columns[field.name], return_inverse=True)
        levels.append(level)
        codes.append(code.ravel())
    whole, group = np.unique(np.stack(codes), axis=1, return_inverse=True)
    # NumPy's numbers as Python's; words are strings already
    plain = [level.tolist() for level in levels]
    keys = [tuple(level[c] for level, c in zip(plain, column, strict=True)) for column in whole.T]
    return keys, group.ravel()


def _model(
    document: Mapping[str, Any],
    base_dir: str,
    values: Mapping[Field, Value],
    run: Mapping[str, Field],
    rate: float,
) -> Model | None:
    """None where the spec has mistakes, or says something that arrays do not know."""
    short: dict[Field, Value] = dict(values)
    for path, field in run.items():
        if path == RUN_FIELDS[0]:
            short[field] = 1
        elif path == RUN_FIELDS[1]:
            short[field] = rate
    changed = with_values(document, short)
    if RUN_FIELDS[0] not in run:
        changed["dynamics"] = {**changed["dynamics"], "iterations": 1}
    try:
        loaded = validate(changed, base_dir)
        if why_not_arrays(loaded.spec):
            return None
        return _read(loaded)
    except QgdError:
        return None


def _read(loaded: Loaded) -> Model | None:
    found = study(loaded)
    if found.entries is not None or not found.recursion.linear or found.tensors:
        return None
    (system,) = systems_of(found)
    if not isinstance(system, LinearSystem):
        return None
    offers = {o.name: o for o in system.offers}
    if not offers or not set(offers) <= set(NAMES):
        return None
    if any(not isinstance(o, EntryOffer) or o.target is not None for o in offers.values()):
        return None
    facts = found.matrix.facts()
    names = ("row_sparsity", "column_sparsity", "max_entry", "row_one_norm", "column_one_norm", "frobenius")
    return Model(
        spec=loaded.spec,
        parameters=found.parameters,
        lowest=found.recursion.lambda_min,
        highest=found.recursion.lambda_max,
        offers=offers,
        facts={name: _value(getattr(facts, name)) for name in names},
        nonzeros=found.parameters if system.nonzeros is None else system.nonzeros,
        size=size_of(found),
        quadratic=not why_not_quadratic(found),
        study=found,
    )


def _value(fact: Fact | None) -> float:
    return math.nan if fact is None else float(fact.value)


def _runs(
    models: Sequence[Model], index: Index, model: Index, steps: Array, rate: Array, epsilon: Array
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
    facts = {n: np.array([m.facts[n] for m in models]) for n in models[0].facts}
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
            matrix=model,
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
        matrices=Matrices(
            rows=np.array([float(m.parameters) for m in models]),
            sparsity=np.fmax(facts["row_sparsity"], facts["column_sparsity"]),
            max_entry=facts["max_entry"],
            row_one_norm=facts["row_one_norm"],
            column_one_norm=facts["column_one_norm"],
            frobenius=facts["frobenius"],
        ),
        regime=names,
    )


def _kept(models: Sequence[Model], model: Index, steps: Array, rate: Array, high: Array) -> Array:
    """‖u_T‖² over the sum of all squares, at least, as `study/runs.py` bounds it."""
    declared = np.array([_declared(m.spec) for m in models])[model]
    found = np.where(np.isnan(declared), 0.0, final_over_total_from_largest(declared, steps))  # type: ignore[arg-type]
    open_ones = np.flatnonzero(np.isnan(declared))
    if len(open_ones):
        keys = np.stack([high[open_ones], rate[open_ones], steps[open_ones]])
        different, inverse = np.unique(keys, axis=1, return_inverse=True)
        with np.errstate(over="ignore", invalid="ignore"):
            bounds = np.array([final_over_total_bound(h, r, int(t)) for h, r, t in different.T])
        found[open_ones] = bounds[inverse.ravel()]
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


def smallest_kept(point: Model, rate: float, steps: int) -> float:
    """‖u_T‖/‖g‖ at least, as `study/quadratic.kept_of` says; InfeasibleError where nothing bounds it."""
    response = response_of(rate, steps)
    least = response.smallest(point.lowest, point.highest)
    declared = point.spec.solution
    if declared is not None and declared.final_over_max is not None:
        least = max(least, float(declared.final_over_max.value) * rate)
    if declared is not None and declared.final_over_reach is not None:
        most = response.largest(point.lowest, point.highest)
        least = max(least, float(declared.final_over_reach.value) * most)
    if not least > 0:
        raise InfeasibleError("nothing bounds the size of the last iterate from below", at="gradient")
    return least


def response_of(rate: float, steps: int) -> Response:
    """Of a run at one rate, without writing its rates down."""
    return Response(np.broadcast_to(np.float64(rate), (steps,)), 0.0, "gradient")
