"""Points that arrays leave to a compile, since a polynomial that they do not price may win there.

Of power and direct polynomials a point is ruled out where they keep so little of the answer that the runs for it cost
more than the plans that are known: first each of at least one gate, then each of as many queries as the coarsest
polynomial has, which is that of the whole error, with the words that this error asks for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from qgd_compiler.algorithms.arrays.declared_polynomials import Make, Run, family_of, run_of
from qgd_compiler.algorithms.arrays.pricing import Index
from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.polynomials.fewest import RUNS
from qgd_compiler.algorithms.routes.bounded import Direct
from qgd_compiler.algorithms.routes.families import Power, Truncated
from qgd_compiler.algorithms.routes.polynomial import coarsest_words
from qgd_compiler.analysis.learning_rates import constant
from qgd_compiler.analysis.response import Response, driven_largest
from qgd_compiler.declared.contenders import cheapest, quadratic
from qgd_compiler.declared.models import Model
from qgd_compiler.declared.points import Array, Mask, Points, smallest_kept
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.structure.gram import Gram
from qgd_compiler.study.hessian import unbounded
from qgd_compiler.study.quadratic import step_offers


def left_alone(points: Points, limit: Array) -> Mask:
    """Where one may cost less than `limit`, in units of the objective (T gates or Toffolis)."""
    families = points.models[int(points.model[0])].spec.solvers
    asked = {f for f in ("power", "gram", "bounded") if families is None or f in families}
    runs, kept = points.runs, smallest_kept(points)
    serves = quadratic(points) & (kept > 0)
    found = np.zeros(len(limit), dtype=bool)
    if not asked or not serves.any():
        return found
    if "gram" in asked:
        found |= serves & np.array([_has_a_factor(m) for m in points.models])[points.model]
    largest = driven_largest(runs.rate, runs.steps, runs.low, runs.high)
    norm = kept / largest
    for make in (Power, Direct):
        if make.family not in asked:
            continue
        offered, number = _offered(points, make)
        weight = np.array([min(one.weights, default=math.inf) for one in offered])[number]
        base = weight if make is Power else 1 + runs.rate * weight
        crude = _runs(largest, runs.rate, runs.steps, np.maximum(base, 1e-300))
        for line in np.flatnonzero(serves & ~found & (crude <= limit)):
            slack, run = float(runs.epsilon[line] * norm[line]), run_of(runs, int(line))
            most = float(limit[line] * norm[line] / RUNS)
            found[line] = offered[number[line]].may_cost(make, run, slack, most)
    return found


@dataclass(frozen=True)
class _Offered:
    """The encodings of one matrix that a family takes."""

    model: Model
    offers: Sequence[Offer]

    @cached_property
    def weights(self) -> list[float]:
        """α of each."""
        return [float(o.weight) for o in self.offers]

    def may_cost(self, make: Make, run: Run, slack: float, most: float) -> bool:
        """Whether all uses in one run over c may cost `most` or less, of the coarsest polynomial of any of them."""
        for offer, weight, shortest in zip(self.offers, self.weights, self._shortest, strict=True):
            found = _coarsest(make, run, weight, slack)
            if found is None:
                continue
            uses = found.degree / found.scale
            if uses * shortest > most:
                continue
            if uses * self._cheapest(offer, coarsest_words(found, slack, weight, gram=False)) <= most:
                return True
        return False

    @cached_property
    def _shortest(self) -> list[float]:
        """The objective of one use of each, with the shortest words."""
        return [self._cheapest(o, None) for o in self.offers]

    def _cheapest(self, offer: Offer, allowed: float | None) -> float:
        try:
            return cheapest(self.model, offer, allowed)
        except InfeasibleError:
            return math.inf


@lru_cache(maxsize=2**14)
def _coarsest(make: Make, run: Run, weight: float, slack: float) -> Truncated | None:
    """The polynomial to an error relative to c; None where the family does not serve."""
    family = family_of(make, run)
    return None if family.why_not(weight) else family.truncated(weight, slack)


def _offered(points: Points, make: Make) -> tuple[list[_Offered], Index]:
    """The encodings of the matrix that a family takes, and which of these every point has."""
    if make is not Power:
        return [_Offered(m, tuple(m.offers.values())) for m in points.models], points.model
    keys = np.stack([points.model.astype(float), points.runs.rate])
    different, inverse = np.unique(keys, axis=1, return_inverse=True)
    found = []
    for number, rate in different.T:
        model = points.models[int(number)]
        response = Response(constant(float(rate), 1), 0.0, "gradient")
        found.append(_Offered(model, step_offers(model.study.matrix, None, response, written=False)))
    return found, np.asarray(inverse.ravel())


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
