"""Sums of powers, for arrays of ratios and lengths: S_T(μ) = 1 + μ + … + μ^{T−1}, and those of its squares."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
_FLAT = 1e-300  # x below which S_T(1 − x) is T for every T below 1e290


def geometric_sum(x: ArrayLike, steps: ArrayLike) -> Array:
    """S_T(μ) at μ = 1 − x, with all digits near μ = 1; x and T of any shapes that broadcast.

    >>> float(geometric_sum(0.0, 10)), float(geometric_sum(1.0, 10)), float(geometric_sum(2.0, 3))
    (10.0, 1.0, 1.0)
    """
    x, steps = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(steps, dtype=float))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        safe = np.where(np.abs(x) < _FLAT, 1.0, x)
        steady = np.expm1(steps * np.log1p(-np.minimum(safe, 1.0))) / -safe
        # μ = −a: (1 − (−a)^T)/(1 + a)
        power = np.expm1(steps * np.log1p(np.maximum(x, 1.0) - 2))
        ripple = np.where(steps % 2 == 0, -power, 2 + power) / safe
    return np.asarray(
        np.where(np.abs(x) < _FLAT, steps, np.where(x < 1, steady, np.where(x == 1, 1.0, ripple)))
    )


def geometric_sums(mu: ArrayLike, steps: ArrayLike) -> tuple[Array, Array]:
    """S_T and Σ_{t=1…T} S_t², in O(log T); μ and T >= 1 of any shapes that broadcast.

    Doubling: S_{2t} = S_t(1 + μ^t) and S_{t+j} = S_t + μ^t S_j. Closed forms of the second sum divide by (1 − μ)³ and
    lose all digits near μ = 1; here every term is positive for μ >= 0.
    """
    ratio, steps = np.broadcast_arrays(np.asarray(mu, dtype=float), np.asarray(steps, dtype=float))
    power, s, plain, square = ratio.copy(), np.ones_like(ratio), np.ones_like(ratio), np.ones_like(ratio)
    t = np.ones_like(ratio)  # s = S_t, plain = Σ S_j, square = Σ S_j² over j = 1 … t, power = μ^t
    _, bits = np.frexp(steps)
    for place in range(int(bits.max(initial=1)) - 2, -1, -1):
        begun = place < bits - 1  # behind the first bit of T
        odd = begun & (np.floor(steps / 2.0**place) % 2 == 1)
        square = np.where(begun, square + t * s**2 + 2 * power * s * plain + power**2 * square, square)
        plain = np.where(begun, plain + t * s + power * plain, plain)
        s = np.where(begun, s + power * s, s)
        power = np.where(begun, power**2, power)
        t = np.where(begun, 2 * t, t)
        s = np.where(odd, s + power, s)
        power = np.where(odd, power * ratio, power)
        plain = np.where(odd, plain + s, plain)
        square = np.where(odd, square + s**2, square)
        t = np.where(odd, t + 1, t)
    return s, square
