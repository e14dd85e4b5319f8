"""The evaluator of sweeps: arrays where they price a point, else point by point; both as `qgd compile` does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.arrays.distinct import distinct_rows
from qgd_compiler.algorithms.arrays.pricing import Array, Index
from qgd_compiler.algorithms.polynomials import walks
from qgd_compiler.analysis.response import driven_largest
from qgd_compiler.baselines.asked import machines, operator
from qgd_compiler.baselines.runs import Run, accelerated, plain
from qgd_compiler.declared.alone import polynomials_may_serve
from qgd_compiler.declared.choosing import Settled, settled
from qgd_compiler.declared.models import Readings, why_not_arrays
from qgd_compiler.declared.points import Mask, Points, by_settings, points_of, smallest_kept
from qgd_compiler.kinds import Kind, weakest_kind
from qgd_compiler.spec.fields import field_of
from qgd_compiler.spec.loader import validate
from qgd_compiler.spec.models import Spec
from qgd_compiler.study.classical import accelerated_pace
from qgd_compiler.sweeps.columns import OK, OUTPUTS, Column, Words
from qgd_compiler.sweeps.pointwise import Pointwise

HISTORY = "history of a quadratic model"
AT_ONCE = 2**17
FEW_AT_ONCE = 2**13  # where many have to be priced one by one
ALONE_AT_ONCE = 500  # that are: a second each at most


@dataclass(frozen=True)
class Quick:
    """Prices many points at once; what arrays do not know goes to `slow`."""

    slow: Pointwise
    mode: str = "choice"
    chunk: int = AT_ONCE
    readings: Readings = field(default_factory=Readings, compare=False, repr=False)

    def suited(
        self, document: Mapping[str, Any], base_dir: str, sample: Mapping[str, NDArray[Any]] | None = None
    ) -> Quick | Pointwise:
        """This one, or the slow one where arrays price no point of a spec.

        In smaller chunks where polynomials may serve, which have to be priced by themselves: how many of those there
        are, a `sample` of the points tells. Without one there may be many.
        """
        loaded = validate(dict(document), base_dir)
        if why_not_arrays(loaded.spec):
            return self.slow
        if not polynomials_may_serve(loaded):
            return self
        return replace(self, chunk=FEW_AT_ONCE if sample is None else self._pace(document, base_dir, sample))

    def _pace(self, document: Mapping[str, Any], base_dir: str, sample: Mapping[str, NDArray[Any]]) -> int:
        """Points of a chunk, a power of two; with one more of the sample some `ALONE_AT_ONCE` of them priced alone."""
        found, parts = begun(document, base_dir, list(sample), sample, self.readings)
        together = sum(int(_together(part)[1].sum()) for part in parts)
        rows = len(found["t_count"])
        most = ALONE_AT_ONCE * rows / (rows - together + 1)
        return int(min(max(2.0 ** math.floor(math.log2(most)), FEW_AT_ONCE), AT_ONCE))

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
            done[put(found, part, *_together(part))] = True
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


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # runs that grow beyond float64
def _together(points: Points) -> tuple[dict[str, NDArray[Any]], Mask]:
    """The outputs of all points, and for which of them they hold."""
    priced, alone = _priced(points)
    return priced, np.isfinite(priced["t_count"]) & ~alone


def _priced(points: Points) -> tuple[dict[str, NDArray[Any]], Mask]:
    """The outputs of all points, infinite T gates where no line serves; and points that have to be priced alone."""
    made = settled(points)
    found = plan_columns(points, made.best)
    found["proven_t_count"] = np.full(len(points.index), np.nan)
    if made.proven is not None:
        for _, at, prices, way in made.proven.plans(points):
            found["proven_t_count"][at] = prices.t_count[np.arange(len(at)), way]
    found.update(_classical(points, points.spec, found["t_count"]))
    return found, made.alone


def plan_columns(points: Points, settled: Settled) -> dict[str, NDArray[Any]]:
    """The chosen plans once more, with all their counts."""
    count, best = len(points.index), settled.choice
    numbers = ("t_count", "toffoli", "t_per_circuit", "qubits", "queries", "kappa", "circuits")
    found: dict[str, NDArray[Any]] = {name: np.full(count, np.nan) for name in numbers}
    words = {
        n: np.full(count, None, dtype=object) for n in ("solver", "subject", "encoding", "access", "kind")
    }
    found["t_count"] = np.full(count, np.inf)
    padding = best.padding.copy()
    for line, at, prices, way in settled.plans(points):
        if line.of_polynomials:
            padding[at] = 0  # it told which polynomial it is, and so does its share
        for name in numbers:
            column: Array = prices.toffoli_count if name == "toffoli" else getattr(prices, name)
            found[name][at] = column[np.arange(len(at)), way]
        words["solver"][at], words["subject"][at] = line.solver.name, line.subject
        words["encoding"][at], words["access"][at] = line.encoding, line.access.name
        words["kind"][at] = weakest_kind((line.solver.kind, Kind.BOUND, settled.exchange.kind)).value
    rate = float(points.spec.baseline.t_rate.value)
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
    # many points of a grid differ in nothing else
    asked = (relative, growth, pace, runs.steps, runs.rate, runs.low, runs.high)
    first, number = distinct_rows(quadratic, *asked)
    return _products(quadratic[first], *(column[first] for column in asked))[number]


def _products(
    quadratic: Mask,
    relative: Array,
    growth: Array,
    pace: Array,
    steps: Array,
    rate: Array,
    low: Array,
    high: Array,
) -> Array:
    """Those of different runs."""
    found = np.full(len(rate), np.nan)
    usable = quadratic & np.isfinite(relative) & (1 - rate * low >= rate * (high - low) / 2)
    single = usable & ((steps == 1) | ~(pace > 0))
    found[single] = 1.0
    for at, degree, less in (
        (usable & ~single & (growth <= 1), walks.lazy_mean_degree, 0),
        (usable & ~single & (growth > 1), walks.lazy_degree, 1),
    ):
        if at.any():
            products = degree(steps[at] - less, pace[at], relative[at])
            found[at] = np.maximum(1, np.minimum(products, steps[at]))
    return found
