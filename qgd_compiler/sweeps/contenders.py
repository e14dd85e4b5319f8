"""Polynomials that may beat the linear solvers at a point: where none can, arrays alone decide.

What is ruled out: a family that refuses the run by its numbers; polynomials in H whose degree alone, by Bernstein's
inequality, costs more than the plans that are known (`polynomials/fewest.py`, as in a compile); and power or direct
polynomials that keep so little of the answer that the runs for it do, each of at least one gate that counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from qgd_compiler.algorithms.access import access_named
from qgd_compiler.algorithms.arrays.pricing import Index
from qgd_compiler.algorithms.menu.offers import offers
from qgd_compiler.algorithms.polynomials import one_sided
from qgd_compiler.algorithms.polynomials.fewest import RUNS, degree_per_amplitude, eigenvalues_between
from qgd_compiler.algorithms.polynomials.flow import flow_distance
from qgd_compiler.algorithms.polynomials.stretched import needs_programme
from qgd_compiler.algorithms.routes.bounded import LARGEST_PROGRAMME, PER_DECADE
from qgd_compiler.algorithms.routes.polynomial import cheapest_query
from qgd_compiler.analysis.geometric import geometric_sum
from qgd_compiler.analysis.response import driven_largest
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import fold_kept
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import QgdError
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.structure.gram import Gram
from qgd_compiler.structure.step import Step
from qgd_compiler.study.hessian import unbounded
from qgd_compiler.sweeps.declared import Array, Mask, Points, smallest_kept
from qgd_compiler.sweeps.models import Model

LOOKED_AT = 0.01  # the error at which families are asked whether they serve at all


def contended(points: Points, limit: Array) -> Mask:
    """Where a polynomial may cost less than `limit`, in units of the objective (T gates or Toffolis)."""
    spec = points.models[int(points.model[0])].spec
    families = spec.solvers
    asked = {f for f in ("power", "gram", "bounded", "lchs") if families is None or f in families}
    serves = np.array([m.quadratic for m in points.models])[points.model]
    if not asked or not serves.any():
        return np.zeros(len(limit), dtype=bool)
    runs, kept = points.runs, smallest_kept(points)
    serves &= kept > 0
    largest = driven_largest(runs.rate, runs.steps, runs.low, runs.high)
    least = np.full(len(limit), math.inf)
    if "gram" in asked:
        least[np.array([_has_a_factor(m) for m in points.models])[points.model]] = 0.0
    if "power" in asked:
        least = np.minimum(least, _runs(largest, runs.rate, runs.steps, _smallest_steps(points)))
    if "bounded" in asked:
        weight = np.array([min(_weights(m)) for m in points.models])[points.model]
        least = np.minimum(least, _runs(largest, runs.rate, runs.steps, 1 + runs.rate * weight))
    found = serves & (least <= limit)
    if asked & {"bounded", "lchs"}:
        open_ones = np.flatnonzero(serves & ~found & (runs.low >= 0))
        near = open_ones[_fewest(points, kept / largest, largest, open_ones) <= limit[open_ones]]
        for family, possible, may_serve in (
            ("bounded", runs.rate * runs.high <= 1, _one_sided_may_serve),
            ("lchs", runs.rate > 0, _lchs_may_serve),
        ):
            if family in asked:
                found[near] |= _any_may_serve(points, largest, near, possible, may_serve)
    return np.asarray(found)


def _fewest(points: Points, kept: Array, largest: Array, at: Index) -> Array:
    """The objective of a polynomial in H at least, with the best of the encodings; as `PolynomialRoute.least`."""
    if not len(at):
        return np.empty(0)
    runs = points.runs
    values = eigenvalues_between(runs.low[at], runs.high[at])
    rate = runs.rate[at][:, None]
    sizes = rate * geometric_sum(rate * values, runs.steps[at][:, None]) / largest[at][:, None]
    least = np.full(len(at), math.inf)
    model = points.model[at]
    used = np.unique(model)
    for name in points.models[0].offers:
        weight, each = np.zeros(len(points.models)), np.zeros(len(points.models))
        for number in used:
            weight[number], each[number] = _query(points.models[int(number)], name)
        degree = degree_per_amplitude(values / weight[model][:, None], sizes, runs.epsilon[at] * kept[at])
        least = np.minimum(least, RUNS / kept[at] * degree * each[model])
    return np.asarray(least)


def _query(model: Model, name: str) -> tuple[float, float]:
    """α of an encoding, and its share of the objective per use at least, with any access model of the spec."""
    spec, offer = model.spec, model.offers[name]
    price = spec.access.price_per_lookup
    exchange = Exchange(spec.exchange.toffoli_in_t.value, spec.exchange.rotation)
    costs = []
    for access in spec.access.models:
        way = access_named(access, None if price is None else price.value)
        gates = cheapest_query(offer, way, lambda op, inverse: fold_kept(op, price_of, inverse))
        costs.append(float(gates.toffoli if spec.objective == "toffoli" else exchange.t_of(gates, 0.5)))
    return float(offer.weight), min(costs)


def _any_may_serve(
    points: Points,
    largest: Array,
    at: Index,
    possible: Mask,
    serves: Callable[[Model, float, int, float, float], bool],
) -> Mask:
    """Whether a family serves with any of the encodings, of the points `at` those where it is `possible`."""
    runs = points.runs
    found = np.zeros(len(at), dtype=bool)
    some = np.flatnonzero(possible[at])
    if not len(some):
        return found
    here = at[some]
    keys = np.stack([points.model[here].astype(float), runs.rate[here], runs.steps[here], largest[here]])
    different, inverse = np.unique(keys, axis=1, return_inverse=True)
    told = []
    for number, rate, steps, most in different.T:
        model = points.models[int(number)]
        told.append(any(serves(model, rate, int(steps), alpha, most) for alpha in _weights(model)))
    found[some] = np.array(told)[inverse.ravel()]
    return found


def _smallest_steps(points: Points) -> Array:
    """The least α of an encoding of one step of each point."""
    keys = np.stack([points.model.astype(float), points.runs.rate])
    different, inverse = np.unique(keys, axis=1, return_inverse=True)
    least = [_smallest_step(points.models[int(number)], rate) for number, rate in different.T]
    return np.asarray(np.array(least)[inverse.ravel()])


def _weights(model: Model) -> list[float]:
    return [float(offer.weight) for offer in model.offers.values()]


def polynomials_may_serve(loaded: Loaded) -> bool:
    """Whether families of polynomials that bound their cost by nothing may serve points like this spec."""
    families = loaded.spec.solvers
    if families is not None and not {"bounded", "lchs", "gram"} & set(families):
        return False
    found = [getattr(given, "lambda_min", None) for given in (loaded.spec.hessian, loaded.spec.spectrum)]
    lowest = next((value for value in found if value is not None), None)
    return lowest is None or float(lowest.value) >= 0


def _has_a_factor(model: Model) -> bool:
    return any(isinstance(part, Gram) for part in _parts(model))


def _parts(model: Model) -> Sequence[object]:
    whole = unbounded(model.study.matrix)
    return (whole, *getattr(whole, "terms", ()), getattr(whole, "term", None))


def _runs(largest: Array, rate: Array, steps: Array, base: Array) -> Array:
    """Runs of a polynomial that keeps F over η Σ_{j<T} b^j of the answer, at least."""
    grown = steps * np.log(base)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        total = np.where(base == 1, steps, np.expm1(grown) / (base - 1))
    return np.asarray(np.where(grown > 700, math.inf, RUNS * rate * total / largest))


def _smallest_step(model: Model, rate: float) -> float:
    """The least α of an encoding of one step."""
    found = offers(Step(hessian=model.study.matrix, learning_rate=rate), tables=False)
    return max(min((float(o.weight) for o in found), default=1.0), 1e-300)


def _one_sided_may_serve(model: Model, rate: float, steps: int, alpha: float, largest: float) -> bool:
    if model.lowest < 0 or rate * model.highest > 1 or not alpha > 0:
        return False
    low, high = max(model.lowest / alpha, 0.0), min(model.highest / alpha, 1.0)
    ratio = min(largest / (steps * rate), 1.0)
    epsilon = 10.0 ** (math.floor(PER_DECADE * math.log10(LOOKED_AT)) / PER_DECADE) * ratio
    try:
        target = one_sided.mean(steps, rate * alpha, low, high)
        return not (target.rate > LARGEST_PROGRAMME and needs_programme(target, epsilon))
    except QgdError:
        return False


def _lchs_may_serve(model: Model, rate: float, steps: int, alpha: float, largest: float) -> bool:
    if model.lowest < 0 or not rate * steps * alpha > 0:
        return False
    ratio = min(largest / (steps * rate), 1.0)
    relative = 10.0 ** (math.floor(PER_DECADE * math.log10(LOOKED_AT)) / PER_DECADE)
    away = flow_distance(steps, rate * model.lowest, rate * model.highest, driven=True)
    return bool(relative * ratio - away > 0.1 * relative * ratio)
