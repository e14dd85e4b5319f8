"""Polynomials that may beat the linear solvers at a point: where none can, arrays alone decide.

What is ruled out: a family that refuses the run by its numbers, and power or direct polynomials that keep so little of
the answer that the runs for it alone, each of at least one T gate, cost more than the plan that is known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.menu.offers import offers
from qgd_compiler.algorithms.polynomials import one_sided
from qgd_compiler.algorithms.polynomials.flow import flow_distance
from qgd_compiler.algorithms.polynomials.stretched import needs_programme
from qgd_compiler.algorithms.routes.bounded import LARGEST_PROGRAMME, PER_DECADE
from qgd_compiler.errors import QgdError
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.structure.gram import Gram
from qgd_compiler.structure.step import Step
from qgd_compiler.study.hessian import unbounded
from qgd_compiler.sweeps.declared import Model, Points, response_of, smallest_kept

LOOKED_AT = 0.01  # the error at which families are asked whether they serve at all
RUNS_PER_AMPLITUDE = 0.5  # amplification takes at least (2m+1)/sin²((2m+1)θ) >= 0.69/sin θ runs


def contended(points: Points, t_count: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a polynomial may cost less than `t_count`."""
    keys = np.stack([points.model.astype(float), points.runs.rate, points.runs.steps])
    different, inverse = np.unique(keys, axis=1, return_inverse=True)
    known: dict[tuple[int, float], float] = {}
    least = np.array(
        [
            _least_price(points.models[int(m)], int(m), rate, int(steps), known)
            for m, rate, steps in different.T
        ]
    )
    return np.asarray(least[inverse.ravel()] <= t_count)


def polynomials_may_serve(loaded: Loaded) -> bool:
    """Whether families of polynomials that bound their cost by nothing may serve points like this spec."""
    families = loaded.spec.solvers
    if families is not None and not {"bounded", "lchs", "gram"} & set(families):
        return False
    found = [getattr(given, "lambda_min", None) for given in (loaded.spec.hessian, loaded.spec.spectrum)]
    lowest = next((value for value in found if value is not None), None)
    return lowest is None or float(lowest.value) >= 0


def _least_price(
    model: Model, number: int, rate: float, steps: int, known: dict[tuple[int, float], float]
) -> float:
    """T gates that any polynomial takes at least; 0 where one may be cheap, infinite where none serves."""
    families = model.spec.solvers
    asked = {f for f in ("power", "gram", "bounded", "lchs") if families is None or f in families}
    if not model.quadratic or not asked:
        return math.inf
    try:
        smallest_kept(model, rate, steps)
    except QgdError:
        return math.inf
    if "gram" in asked and _has_a_factor(model):
        return 0.0
    weights = [float(o.weight) for o in model.offers.values()]
    largest = response_of(rate, steps).largest(model.lowest, model.highest)
    floors = []
    if "bounded" in asked:
        if any(_one_sided_may_serve(model, rate, steps, alpha, largest) for alpha in weights):
            return 0.0
        floors.append(_runs(largest, rate, steps, 1 + rate * min(weights)))
    if "lchs" in asked and any(_lchs_may_serve(model, rate, steps, alpha, largest) for alpha in weights):
        return 0.0
    if "power" in asked:
        if (number, rate) not in known:
            known[(number, rate)] = _smallest_step(model, rate)
        floors.append(_runs(largest, rate, steps, known[(number, rate)]))
    return min(floors, default=math.inf)


def _has_a_factor(model: Model) -> bool:
    return any(isinstance(part, Gram) for part in _parts(model))


def _parts(model: Model) -> Sequence[object]:
    whole = unbounded(model.study.matrix)
    return (whole, *getattr(whole, "terms", ()), getattr(whole, "term", None))


def _runs(largest: float, rate: float, steps: int, base: float) -> float:
    """Runs of a polynomial that keeps F over η Σ_{j<T} b^j of the answer, at least."""
    grown = steps * math.log(base)
    if grown > 700:
        return math.inf
    total = steps if base == 1 else math.expm1(grown) / (base - 1)
    return RUNS_PER_AMPLITUDE * rate * total / largest


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
