"""The smallest cut |λ| > c at which the modes that are left are almost, or fully, dissipative.

Known are the ends of the spectrum (bounds, a list, or the extent of a density); between them modes may lie anywhere, so
that a cut c >= −λ_min leaves [c, λ_max]. The nonlinear terms and the gradient keep their norms: leaving out modes makes
none of them larger. What is left out is not followed: a cut changes the problem, and certifies nothing about the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from qgd_compiler.analysis.heavy_ball import mode_matrix
from qgd_compiler.analysis.recursion import Recursion, almost_dissipative
from qgd_compiler.analysis.regime import LIMIT, TOLERANCE

HALVINGS = 50


@dataclass(frozen=True)
class ClassCuts:
    """Unit of λ; None where no cut will do (or, with momentum and nonlinear terms, where none is looked for).

    almost  growth over the run stays below e, and T f_2 r is at most 1
    fully   every mode contracts, and R is below 1
    """

    almost: float | None
    fully: float | None


def class_cuts(recursion: Recursion) -> ClassCuts:
    """Both cuts of a run. Time: some fifty majorants of T steps if it is nonlinear."""
    if recursion.linear:
        return ClassCuts(_smallest(recursion, _grows_little), _smallest(recursion, _contracts))
    if recursion.momentum:
        return ClassCuts(None, None)
    return ClassCuts(
        _smallest(recursion, lambda r: _grows_little(r) and almost_dissipative(r) <= 1),
        _smallest(recursion, lambda r: _contracts(r) and r.ratio < 1),
    )


def _smallest(recursion: Recursion, holds: Callable[[Recursion], bool]) -> float | None:
    """By bisection between the least cut that leaves no negative mode and λ_max; 0 if nothing need be left out."""
    low, high = recursion.lambda_min, recursion.lambda_max
    if holds(recursion):
        return 0.0
    least = max(0.0, -low)

    def left(cut: float) -> Recursion:
        return replace(recursion, lambda_min=max(low, cut))

    if not (high > least and holds(left(math.nextafter(high, least)))):
        return None
    # just above the cut, not at it: a mode at the cut is left out
    if holds(left(least + (high - least) * 1e-6)):
        return least
    inside, outside = high, least
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if holds(left(middle)) else (inside, middle)
    return inside


def _grows_little(recursion: Recursion) -> bool:
    """Whether no mode grows more than e-fold over the run (in the long run, with momentum)."""
    if recursion.momentum:
        return recursion.iterations * math.log(max(_radius(recursion), 1e-300)) <= math.log(LIMIT)
    return recursion.log_growth <= math.log(LIMIT)


def _contracts(recursion: Recursion) -> bool:
    """Whether every mode contracts at the largest rate, and at every smaller one above 0."""
    if recursion.momentum:
        return _radius(recursion) < 1 - TOLERANCE
    rate = recursion.rate
    return max(abs(1 - rate * end) for end in (recursion.lambda_min, recursion.lambda_max)) < 1 - TOLERANCE


def _radius(recursion: Recursion) -> float:
    """The largest spectral radius of one step with momentum at the ends of the spectrum and of the rates."""
    ends = {
        float(rate) * end
        for rate in (recursion.rates.min(), recursion.rates.max())
        for end in (recursion.lambda_min, recursion.lambda_max)
    }
    steps = [mode_matrix(product, 1.0, recursion.momentum) for product in ends]
    return max(float(np.max(np.abs(np.linalg.eigvals(m)))) for m in steps)
