"""Polynomials that may beat the linear solvers at a point: where none can, arrays alone decide.

What is ruled out: a family that refuses the run by its numbers, and power or direct polynomials that keep so little of
the answer that the runs for it alone, each of at least one T gate, cost more than the plan that is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from qgd_compiler.algorithms.menu.offers import offers
from qgd_compiler.algorithms.polynomials import one_sided
from qgd_compiler.algorithms.polynomials.flow import flow_distance
from qgd_compiler.algorithms.polynomials.stretched import needs_programme
from qgd_compiler.algorithms.routes.bounded import LARGEST_PROGRAMME, PER_DECADE
from qgd_compiler.analysis.response import driven_largest
from qgd_compiler.errors import QgdError
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.structure.gram import Gram
from qgd_compiler.structure.step import Step
from qgd_compiler.study.hessian import unbounded
from qgd_compiler.sweeps.declared import Array, Mask, Points, smallest_kept
from qgd_compiler.sweeps.models import Model

LOOKED_AT = 0.01  # the error at which families are asked whether they serve at all
RUNS_PER_AMPLITUDE = 0.5  # amplification takes at least (2m+1)/sin²((2m+1)θ) >= 0.69/sin θ runs


def contended(points: Points, t_count: Array) -> Mask:
    """Where a polynomial may cost less than `t_count`."""
    families = points.models[int(points.model[0])].spec.solvers
    asked = {f for f in ("power", "gram", "bounded", "lchs") if families is None or f in families}
    serves = np.array([m.quadratic for m in points.models])[points.model]
    if not asked or not serves.any():
        return np.zeros(len(t_count), dtype=bool)
    runs = points.runs
    serves &= smallest_kept(points) > 0
    largest = driven_largest(runs.rate, runs.steps, runs.low, runs.high)
    least = np.full(len(t_count), math.inf)
    if "gram" in asked:
        least[np.array([_has_a_factor(m) for m in points.models])[points.model]] = 0.0
    if "bounded" in asked:
        weight = np.array([min(_weights(m)) for m in points.models])[points.model]
        least = np.minimum(least, _runs(largest, runs.rate, runs.steps, 1 + runs.rate * weight))
        least[serves & _any_may_serve(points, largest, runs.rate * runs.high <= 1, _one_sided_may_serve)] = (
            0.0
        )
    if "lchs" in asked:
        least[serves & _any_may_serve(points, largest, runs.rate > 0, _lchs_may_serve)] = 0.0
    if "power" in asked:
        least = np.minimum(least, _runs(largest, runs.rate, runs.steps, _smallest_steps(points)))
    return np.asarray(serves & (least <= t_count))


def _any_may_serve(
    points: Points,
    largest: Array,
    possible: Mask,
    serves: Callable[[Model, float, int, float, float], bool],
) -> Mask:
    """Whether a family serves with any of the encodings, where it is `possible` and no eigenvalue is negative."""
    runs = points.runs
    found = np.zeros(len(largest), dtype=bool)
    at = np.flatnonzero(possible & (runs.low >= 0))
    if not len(at):
        return found
    keys = np.stack([points.model[at].astype(float), runs.rate[at], runs.steps[at], largest[at]])
    different, inverse = np.unique(keys, axis=1, return_inverse=True)
    told = []
    for number, rate, steps, most in different.T:
        model = points.models[int(number)]
        told.append(any(serves(model, rate, int(steps), alpha, most) for alpha in _weights(model)))
    found[at] = np.array(told)[inverse.ravel()]
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
    return np.asarray(np.where(grown > 700, math.inf, RUNS_PER_AMPLITUDE * rate * total / largest))


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
