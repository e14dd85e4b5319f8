r"""How far gradient flow is from gradient descent on a spectrum.

With u = ηλ: D(u) = e^{−Tu} − (1−u)^T for the homogeneous part, D(u)/(Tu) for the driven one, which is the difference
of the means ∫_0^1 e^{−Tus} ds and (1/T) Σ_{j<T} (1−u)^j.

- u < 0: D = e^{T|u|} − (1+|u|)^T >= 0 grows with |u| (its derivative is T(e^{T|u|} − (1+|u|)^{T−1}) > 0), so the end
  decides. D/(T|u|) is Σ of |u|-powers with non-negative coefficients, so the same holds for it.
- 0 <= u < 1: D = e^{−Tu}(1 − e^{−Tr}), r = −ln(1−u) − u: a falling factor times a growing one. On each cell of a grid
  the two worst ends are multiplied. For the driven one r/u and (1 − e^{−Tr}) both grow, which bounds it on each cell
  in two ways.
- 1 <= u <= 2: D is e^{−Tu} + (u−1)^T for odd T, which is convex, and e^{−Tu} − (u−1)^T for even T, which falls: the
  largest |D| is at an end. So is the largest |D|/u: a convex function over u has no inner maximum, and for even T both
  parts of D/u are monotone.

Kind:    bound, less than 0.2 % above the value.
Source:  derived here.
Checked: tests/algorithms/polynomials/test_flow.py, against a dense search.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from qgd_compiler.algorithms.polynomials.symmetric_walk import Array

_CELLS = 40_000
_FAR = 60.0
_SOMEWHERE = np.geomspace(0.05, 20, 24)  # of Tu: the largest is near 1 to 2
_BELOW_ONE = 1 - 1e-9


@lru_cache(maxsize=2**16)
def flow_distance(steps: int, lowest: float, highest: float, *, driven: bool = False) -> float:
    """A bound on sup |e^{−Tu} − (1−u)^T| over lowest <= u = ηλ <= highest <= 2; `driven`: of the means of both.

    >>> round(flow_distance(1000, 0.0, 1.0) * 1000, 2)
    0.27
    """
    found = 0.0
    if lowest < 0:
        found = max(found, _growing(steps, -lowest, driven))
    if highest > 0:
        found = max(found, _decaying(steps, max(lowest, 0.0), min(highest, 1.0), driven))
    if highest >= 1:
        for u in (max(lowest, 1.0), highest):
            size = abs(np.exp(-steps * u) - (1 - u) ** steps)
            found = max(found, float(size / (steps * u) if driven else size))
    return found


def driven_distance_at_least(steps: Array, lowest: Array, highest: Array) -> Array:
    """A lower bound on what `flow_distance` bounds for driven runs, of flat arrays: the largest of a few values."""
    most = np.minimum(highest, _BELOW_ONE)
    least = np.minimum(np.maximum(lowest, _SOMEWHERE[0] / steps), most)
    u = np.clip(_SOMEWHERE / steps[:, None], least[:, None], most[:, None])
    lag = _lag(u)
    value = np.exp(-steps[:, None] * u) * -np.expm1(-steps[:, None] * lag) / (steps[:, None] * u)
    inside = (lowest <= most) & (most > 0)
    return np.asarray(np.where(inside, value.max(axis=1), 0.0) * (1 - 1e-6))


def _growing(steps: int, u: float, driven: bool) -> float:
    # e^{Tu} − (1+u)^T = e^{Tu}(1 − e^{−T(u − ln(1+u))})
    lag = _lag(np.array([-u]))[0]
    value = np.exp(steps * u) * -np.expm1(-steps * lag)
    return float(value / (steps * u) if driven else value)


def _decaying(steps: int, low: float, high: float, driven: bool) -> float:
    if high < low or high == 0:
        return 0.0
    # Beyond Tu = 60 the value is below e^{−60}, and falls.
    end = min(high, max(low, _FAR / steps) * 1.0 + 1e-300)
    cells = np.linspace(low, end, _CELLS + 1) if end > low else np.array([low, high])
    left, right = cells[:-1], cells[1:]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        growth = -np.expm1(-steps * _lag(right))
        if driven:
            growth = np.minimum(_lag(right) / right, growth / (steps * left))
        value = float(np.max(np.exp(-steps * left) * growth))
        rest = 0.0
        if end < high:
            rest = float(np.exp(-steps * end) / (steps * end if driven else 1.0))
    return max(value, rest)


def _lag(u: Array) -> Array:
    """−ln(1−u) − u for u < 1, by its series where the difference cancels."""
    with np.errstate(divide="ignore"):
        closed = -np.log1p(-u) - u
    series = u * u * (1 / 2 + u * (1 / 3 + u * (1 / 4 + u * (1 / 5 + u / 6))))
    return np.asarray(np.where(np.abs(u) < 1e-2, series * (1 + 1e-9), closed))
