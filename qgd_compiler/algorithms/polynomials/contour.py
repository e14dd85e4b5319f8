r"""Exact tails of symmetric walks by a contour integral, to about twelve digits, at any T and any depth.

For a walk with generating function G(s)^T = E e^{sZ}, s = σ + iθ, and any σ > 0,

    P(Z > d)             = (1/2π) ∫_{−π}^{π} G^T e^{−(d+½)s} / (2 sinh(s/2)) dθ                                  (1)
    avg_t P(Z_t > d)     = (m/2π) ∫_{−π}^{π} G^T e^{−(d+½)s} / (2 sinh(s/2))³ dθ                                 (2)

where avg_t is (1/T) Σ_{t<T} for steps and (1/β)∫_0^β for the Poisson walk, and avg_t G^t = m (G^T − 1)/(2
sinh(s/2))². Weights P(Z = k) and avg_t P(Z_t = k) are the same with d+½ → k and one power of 2 sinh(s/2) less.

Proof. (1): Σ_{k>d} e^{−ks} = e^{−(d+½)s}/(2 sinh(s/2)) for σ > 0. (2): the geometric sum avg_t G^t put into (1). Its
−1 adds the integral of −m e^{−(d+½)s}(2 sinh(s/2))^{−3}: in z = e^s this is analytic outside the unit circle and
falls like z^{−d−3}, so that the integral is zero. (2) has a fixed number of terms: no sum over t remains. (In words:
f(z) = (4/c)·C(z−d, 2) for z > d is a function whose expectation grows in each step by P(Z_t > d); the run's
exceedances are E f(Z_T).)

The contour passes close to the saddle point of the integrand, where there is no cancellation, and the trapezoidal
rule converges geometrically: its error is that of moving the contour by δ, e^{−2πδ/h}, times what the integrand grows
meanwhile. The step h makes this about e^{−40} at the pole s = 0 and on either side of the saddle. All is relative to
the value at θ = 0, whose logarithm is kept apart, so that depths like e^{−10^4} pose no problem.

Error:   about 1e-12 relative; |log P|·1e-15 where that is more. T up to 1e15.
Kind:    exact.
Source:  derived here; the trapezoidal rule: Trefethen, Weideman, SIAM Review 56, 385 (2014).
Checked: tests/algorithms/polynomials/test_contour.py, against sums in rational arithmetic and SciPy's betainc.
"""

from __future__ import annotations

import numpy as np

from qgd_compiler.algorithms.polynomials.symmetric_walk import Array, SymmetricWalk

_CHUNK = 4096
_DEPTH = 40.0


def log_tails(walk: SymmetricWalk, d: Array, *, mean: bool) -> tuple[Array, Array, Array]:
    """log P(Z > d), log P(Z > d−1), and σ (about −d/dd of the first); 0 <= d < reach, one-dimensional arrays.

    mean   the average over all times before the last, (2), instead of the last time, (1)
    """
    order = 3 if mean else 1
    value, before, sigma = _integrals(walk, d + 0.5, order)
    if mean:
        factor = np.log(walk.mean_factor())
        value, before = value + factor, before + factor
    return value, before, sigma


def log_weights(walk: SymmetricWalk, k: Array, *, mean: bool) -> Array:
    """log P(Z = k), or the log of its average over all times before the last; 0 <= k < reach."""
    value, _, _ = _integrals(walk, k, 2 if mean else 0)
    return value + np.log(walk.mean_factor()) if mean else value


def _integrals(walk: SymmetricWalk, k: Array, order: int) -> tuple[Array, Array, Array]:
    """log of the integral of G^T e^{−ks}(2 sinh(s/2))^{−order}, log of the same times e^s, and σ."""
    with np.errstate(divide="ignore", over="ignore", under="ignore", invalid="ignore"):
        saddle = walk.saddle(k)
        sigma = _contour(walk, saddle, order)
        spread = np.sqrt(walk.variance(sigma))
        top, _ = walk.log_moment((np.sinh(sigma / 2), np.zeros_like(sigma)))
        base = top - k * sigma
        step = 0.5 / spread
        if order:
            near = sigma * spread < 10
            step = np.where(near, np.minimum(step, 2 * np.pi * sigma / (_DEPTH + np.maximum(-base, 0))), step)
        width = _half_width(spread)
        far = _far_side(walk, sigma, width)
        if far is not None:
            width, step_far = far[0], far[1]
            step = np.minimum(step, step_far)
        nodes = np.maximum(np.ceil(width / step), 24)
        size = np.exp2(np.ceil(2 * np.log2(nodes)) / 2).astype(np.int64)
        total, shifted = np.empty_like(k), np.empty_like(k)
        for count in np.unique(size):
            members = np.flatnonzero(size == count)
            for start in range(0, len(members), _CHUNK):
                pick = members[start : start + _CHUNK]
                total[pick], shifted[pick] = _sums(
                    walk.pick(pick), k[pick], order, sigma[pick], width[pick], base[pick], int(count)
                )
        # what rounding leaves of a zero may be negative
        return base + np.log(np.maximum(total, 0)), base + np.log(np.maximum(shifted, 0)), sigma


def _contour(walk: SymmetricWalk, saddle: Array, order: int) -> Array:
    """σ: the saddle point of G^T e^{−ks} s^{−order} for the quadratic part of log G about its own saddle."""
    variance = walk.variance(saddle)
    moved = saddle / 2 + np.sqrt(saddle**2 / 4 + order / variance)
    return np.asarray(np.minimum(moved, saddle + 1))


def _half_width(spread: Array) -> Array:
    """θ beyond which |G^T| is below e^{−30…−60} of its value at θ = 0, at most π."""
    return np.asarray(2 * np.arcsin(np.minimum(1.0, np.sqrt(30.0) / spread)))


def _far_side(walk: SymmetricWalk, sigma: Array, width: Array) -> tuple[Array, Array] | None:
    """Half width and step that also suit the peak about θ = π, where there is one; π where both peaks overlap."""
    image = walk.opposite()
    if image is None:
        return None
    variance = image[2].variance(sigma)
    peak = (image[1] > -np.inf) & (variance > 0)
    spread = np.sqrt(np.where(peak, variance, np.inf))
    other = np.where(peak, _half_width(spread), 0.0)
    both = np.where(width + other >= np.pi, np.pi, np.maximum(width, other))
    both = np.where(both > np.pi / 2, np.pi, both)
    return both, np.asarray(0.5 / np.where(peak, spread, 1e-300))


def _sums(
    walk: SymmetricWalk, k: Array, order: int, sigma: Array, width: Array, base: Array, count: int
) -> tuple[Array, Array]:
    """(1/π) Σ_j h Re f(θ_j) for f / e^{base}, and the same for f e^s, over the peaks about 0 and π."""
    theta = (np.arange(count) + 0.5)[:, None] * (width / count)[None, :]
    scale = width / (count * np.pi)
    sinh, cosh = np.sinh(sigma / 2), np.cosh(sigma / 2)
    sin, cos = np.sin(theta / 2), np.cos(theta / 2)
    re, im = sinh * cos, cosh * sin
    log_size, phase = walk.log_moment((re, im))
    log_size -= base + k * sigma
    phase -= k * theta
    if order:
        log_size -= 0.5 * order * np.log(4 * (re * re + im * im))
        phase -= order * np.arctan2(im, re)
    size = np.exp(log_size)
    total = np.sum(size * np.cos(phase), axis=0)
    shifted = np.exp(sigma) * np.sum(size * np.cos(phase + theta), axis=0)
    image = walk.opposite()
    if image is not None:
        sign, weight, other = image
        log_size, phase = other.log_moment((re, im))
        log_size += weight - base - k * sigma
        # e^{−ks} and sinh(s/2) at s + iπ: sinh → i cosh
        phase -= k * theta + np.pi * np.mod(k, 2)
        if order:
            re, im = cosh * cos, sinh * sin
            log_size -= 0.5 * order * np.log(4 * (re * re + im * im))
            phase -= order * (np.arctan2(im, re) + np.pi / 2)
        alone = (width < np.pi) & (weight > -np.inf)
        size = np.where(alone, sign * np.exp(log_size), 0.0)
        total += np.sum(size * np.cos(phase), axis=0)
        shifted -= np.exp(sigma) * np.sum(size * np.cos(phase + theta), axis=0)
    return total * scale, shifted * scale
