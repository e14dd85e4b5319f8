"""What the spectrum alone proves about a run of gradient descent from u_0 = 0, for every gradient.

In the eigenbasis the run is u_t = −η Σ_k g_k S_t(μ_k) e_k, S_t(μ) = 1 + μ + … + μ^{t−1}, μ = 1 − ηλ. A
ratio of sums over modes is at least its least value over one mode. For μ >= 0, S_t grows with t, and
S_t/S_T falls as μ rises (the faster mode is there sooner), so the mode at the smallest μ is the worst. For
μ = −a < 0, S_t = (1 − (−a)^t)/(1 + a) ripples, and its terms are bounded one by one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qgd_compiler.analysis.geometric import geometric_sums

Array = NDArray[np.float64]


def final_over_total_bound(lambda_max: ArrayLike, learning_rate: ArrayLike, iterations: ArrayLike) -> Array:
    """A lower bound on ‖u_T‖² / Σ_{t=1…T} ‖u_t‖² for any gradient, if no eigenvalue exceeds `lambda_max`.

    Attained by a gradient along λ_max if 0 <= ηλ_max <= 1. It is 0 for even T and ηλ_max >= 2: there a mode
    may return to the start. Arrays that broadcast. Kind: bound.

    >>> float(final_over_total_bound(1.0, 1.0, 10))
    0.1
    """
    given = (lambda_max, learning_rate, iterations)
    highest, rate, steps = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in given))
    smallest = 1 - rate * highest
    last, squares = geometric_sums(np.clip(smallest, 0.0, 1.0), steps)
    a, odd = np.clip(-smallest, 0.0, 1.0), np.floor((steps + 1) / 2)
    powers, double_powers = (geometric_sums(x, odd)[0] for x in (a**2, a**4))
    # odd t: (1 + a^t)², even t: at most 1
    total = odd + 2 * a * powers + a**2 * double_powers + np.floor(steps / 2)
    final = np.where(steps % 2 == 1, 1.0, (1 - a**steps) ** 2)
    rippling = np.minimum(final / total, 1 / steps)
    return np.asarray(np.where(smallest >= 0, last**2 / squares, rippling))


def final_over_total_from_largest(final_over_largest: float, iterations: int) -> float:
    """A lower bound on ‖u_T‖² / Σ_t ‖u_t‖² from ‖u_T‖ / max_t ‖u_t‖: no term exceeds the largest. Kind:
    bound."""
    return final_over_largest**2 / iterations
