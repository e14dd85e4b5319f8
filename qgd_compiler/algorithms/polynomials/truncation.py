"""Chebyshev truncation of a walk polynomial: its exact error, the smallest degree for an error, its coefficients.

For a walk Z with E T_|Z|(y) = f(y) the truncation f_d = Σ_{|k|<=d} P(Z=k) T_|k| has sup-norm error *exactly* P(|Z| >
d) on [−1, 1]: all coefficients are non-negative, so that the sup is reached at y = 1. For the same reason |f_d| <=
f_d(1) <= 1, and a linear combination of T_k loses no amplitude. With `mean` all of this holds for the average of f
over the times before the last.

Numbers and arrays go through the same code; an answer for numbers is an int or a float.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx

from qgd_compiler.algorithms.polynomials.contour import log_tails, log_weights
from qgd_compiler.algorithms.polynomials.symmetric_walk import Array, LazyWalk, PoissonWalk, SymmetricWalk
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.scalars import Scalar, log

# Beyond, neighbouring degrees are no longer told apart: log P needs more digits than float64 has.
LARGEST_STEPS = 1e15


def lazy_walk(steps: Scalar, pace: Scalar) -> LazyWalk:
    """The walk of (1 − c/2 + (c/2) y)^T, c = `pace`, as arrays of one shape."""
    t, c = np.broadcast_arrays(np.asarray(steps, dtype=float), np.asarray(pace, dtype=float))
    _insist(bool(np.all((t >= 1) & (t == np.floor(t)))), f"steps must be whole numbers >= 1, got {steps}")
    _insist(
        bool(np.all((c > 0) & (c <= 2))),
        f"the pace c = ηα² must be in (0, 2], got {pace}",
        "a smaller learning rate: beyond 2 the Chebyshev coefficients are no longer all non-negative",
    )
    _insist_in_reach(t)
    return LazyWalk(t.ravel(), c.ravel())


def poisson_walk(rate: Scalar) -> PoissonWalk:
    """The walk of e^{−β(1−y)}, β = `rate`."""
    beta = np.asarray(rate, dtype=float)
    _insist(bool(np.all(beta > 0)), f"the rate β must be positive, got {rate}")
    _insist_in_reach(beta)
    return PoissonWalk(beta.ravel())


def tail(walk: SymmetricWalk, degree: Scalar, shape: tuple[int, ...], *, mean: bool, in_log: bool) -> Any:
    """P(|Z| > degree), or its logarithm: the error of the truncation."""
    d = np.broadcast_to(np.asarray(degree, dtype=float), shape)
    log_p = _log_two_sided(walk, np.floor(d).ravel(), mean=mean).reshape(shape)
    value = log_p if in_log else np.exp(log_p)
    return float(value) if value.ndim == 0 else value


def degree(walk: SymmetricWalk, log_epsilon: Scalar, shape: tuple[int, ...], *, mean: bool) -> Any:
    """The smallest d with log P(|Z| > d) <= log_epsilon."""
    target = np.broadcast_to(np.asarray(log_epsilon, dtype=float), shape).ravel()
    _insist(not np.any(np.isnan(target)), "the error is not a number")
    found = _smallest(walk, target, mean=mean)
    return int(found[0]) if shape == () else found.reshape(shape)


def coefficients(walk: SymmetricWalk, degree: int, *, mean: bool) -> Array:
    """The Chebyshev coefficients a_0 … a_degree of f (shape degree+1), each with its full relative precision."""
    k = np.arange(min(degree, _last(walk, mean)[0]) + 1.0)
    one_walk = walk.pick(np.zeros(len(k), dtype=int))
    weights = np.zeros(degree + 1)
    inside = k < one_walk.reach()
    weights[: len(k)][inside] = np.exp(log_weights(one_walk.pick(inside), k[inside], mean=mean))
    # the outermost place is reached in one way: all steps outwards
    if isinstance(one_walk, LazyWalk):
        if not mean and degree >= one_walk.steps[0]:
            weights[len(k) - 1] = np.exp(one_walk.steps[0] * np.log(one_walk.pace[0] / 4))
        if not mean and one_walk.pace[0] == 2:
            weights[: len(k)][np.mod(k - one_walk.steps[0], 2) == 1] = 0.0
    weights[1:] *= 2
    return weights


def log_of(epsilon: Scalar, log_epsilon: Scalar) -> Scalar:
    """The logarithm of the wanted error, of which exactly one form is given."""
    if (epsilon is None) == (log_epsilon is None):
        raise ValueError("give either epsilon or log_epsilon")
    if epsilon is None:
        return log_epsilon
    if isinstance(epsilon, int | float) and not epsilon > 0:
        raise ValueError(f"epsilon must be positive, got {epsilon}")
    return log(epsilon)


def log_epsilon_of_subnormalised(
    epsilon: Scalar, power: Scalar, alpha: Scalar, wanted: Scalar = 1, start: Scalar = 1
) -> Scalar:
    """log of the error allowed in (M/α)^T, so that M^T u has relative error `epsilon`; may be far below log 1e-308.

    M^T u = α^T (M/α)^T u, so that an error ε' of the polynomial becomes α^T ε' ‖u‖, to be at most ε ‖M^T u‖.
    power, alpha   T, α;   wanted, start   ‖M^T u‖ and ‖u‖
    Kind: exact.
    """
    return log(epsilon) + log(wanted) - log(start) - power * log(alpha)


def _smallest(walk: SymmetricWalk, target: Array, *, mean: bool) -> Array:
    """Newton steps on log P, kept between a degree that is too small and one that is large enough."""
    low = np.full(len(target), -1.0)
    high = _last(walk, mean).copy()
    low[target >= 0], high[target >= 0] = -1.0, 0.0
    guess = _start(walk, target, high, mean=mean)
    for turn in range(200):
        active = np.flatnonzero(high - low > 1)
        if not len(active):
            break
        lo, hi, goal = low[active], high[active], target[active] - np.log(2.0)
        d = np.clip(guess[active], lo + 1, hi - 1)
        if turn % 8 == 7 and np.all(np.isfinite(hi)):
            d = np.floor((lo + hi) / 2)
        value, before, sigma = log_tails(walk.pick(active), d, mean=mean)
        enough, enough_before = value <= goal, before <= goal
        low[active] = np.where(enough_before, lo, np.where(enough, np.maximum(lo, d - 1), np.maximum(lo, d)))
        high[active] = np.where(enough_before, np.minimum(hi, d - 1), np.where(enough, np.minimum(hi, d), hi))
        up = d + np.maximum(np.ceil(_move(value, goal, sigma)), 1)
        down = d - 1 - np.maximum(np.floor(_move(goal, before, sigma)), 1)
        guess[active] = np.where(enough, down, up)
    return high


def _move(larger: Array, smaller: Array, sigma: Array) -> Array:
    """(larger − smaller)/σ, 1 where one of them is not finite."""
    with np.errstate(invalid="ignore"):
        moved = (larger - smaller) / sigma
    return np.where(np.isfinite(moved), moved, 1.0)


def _start(walk: SymmetricWalk, target: Array, high: Array, *, mean: bool) -> Array:
    """A degree near the solution, for log_tails to correct: Newton on the leading term about the saddle point.

    With λ = σ√v: P(Z > k−½) ≈ e^{K−kσ} ½erfcx(λ/√2), and with one more double integral, i²erfc, for the average.
    """
    depth = np.maximum(-target, 0) + np.log(2.0)
    variance = walk.variance(np.zeros_like(target))
    # Bernstein's bound is on the right of the solution of a concave function, where Newton's method converges
    most = np.maximum(high * (1 - 1e-12), 0.5)
    k = np.clip(depth / 3 + np.sqrt(depth**2 / 9 + 2 * variance * depth), 0.5, most)
    order = 3 if mean else 1
    goal = target - np.log(2.0) - (np.log(walk.mean_factor()) if mean else 0.0)
    with np.errstate(all="ignore"):
        for _ in range(6):
            sigma = walk.saddle(k)
            variance = walk.variance(sigma)
            top, _ = walk.log_moment((np.sinh(sigma / 2), np.zeros_like(sigma)))
            z = sigma * np.sqrt(variance / 2)
            lattice = np.log(sigma / (2 * np.sinh(sigma / 2)))
            value = (
                top
                - k * sigma
                + order * lattice
                + (_log_ierfc2(z) + np.log(variance) if mean else _log_erfc(z))
            )
            rate = sigma / 2 + np.sqrt(sigma**2 / 4 + order / variance)
            moved = k + (value - goal) / rate
            k = np.clip(np.where(np.isfinite(moved), moved, k), 0.5, most)
    start = np.ceil(k - 0.5)
    if isinstance(walk, LazyWalk):
        # the fair walk stands on every other place: the continuous tail begins half a place later
        fair = np.ceil(k - 1)
        start = np.where(walk.pace == 2, fair + np.mod(fair - walk.steps, 2), start)
    return np.asarray(start)


def _log_erfc(z: Array) -> Array:
    """log of ½ e^{z²} erfc(z)."""
    return np.asarray(np.log(erfcx(z) / 2))


def _log_ierfc2(z: Array) -> Array:
    """log of e^{z²} i²erfc(z); its leading term where the closed form cancels."""
    closed = ((1 + 2 * z * z) * erfcx(z) - 2 * z / np.sqrt(np.pi)) / 4
    return np.asarray(np.log(np.where(z < 30, closed, 1 / (4 * np.sqrt(np.pi) * np.maximum(z, 1.0) ** 3))))


def _log_two_sided(walk: SymmetricWalk, d: Array, *, mean: bool) -> Array:
    """log P(|Z| > d), −inf from the last place on, 0 below 0."""
    result = np.where(d < 0, 0.0, -np.inf)
    inside = (d >= 0) & (d < _last(walk, mean))
    if np.any(inside):
        value, _, _ = log_tails(walk.pick(inside), d[inside], mean=mean)
        # one place above d stands for both parities of the fair walk, so that rounding cannot exceed 1 by much
        result[inside] = np.minimum(value + np.log(2.0), 0.0)
    return result


def _last(walk: SymmetricWalk, mean: bool) -> Array:
    """The degree of the polynomial itself: T, T−1 for the average, infinite for the exponential."""
    return walk.reach() - 1 if mean else walk.reach()


def _insist(holds: bool, what: str, remedy: str = "") -> None:
    if not holds:
        raise UnsupportedError(what, at="polynomial of a direct solver", remedy=remedy)


def _insist_in_reach(size: NDArray[np.float64]) -> None:
    _insist(
        bool(np.all(size <= LARGEST_STEPS)),
        f"{np.max(size):.3g} steps: exact degrees are computed in float64, which is enough up to {LARGEST_STEPS:.0e}",
        "the closed bound (…_degree_bound), which has no limit",
    )
