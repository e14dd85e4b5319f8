"""What the spectrum alone proves about a run of gradient descent from u_0 = 0, for every gradient.

In the eigenbasis the run is u_t = −η Σ_k g_k S_t(μ_k) e_k, S_t(μ) = 1 + μ + … + μ^{t−1}, μ = 1 − ηλ. A
ratio of sums over modes is at least its least value over one mode. For μ >= 0, S_t grows with t, and
S_t/S_T falls as μ rises (the faster mode is there sooner), so the mode at the smallest μ is the worst. For
μ = −a < 0, S_t = (1 − (−a)^t)/(1 + a) ripples, and its terms are bounded one by one.
"""

from __future__ import annotations

import numpy as np

from qgd_compiler.analysis.trajectory import geometric_sums


def final_over_total_bound(lambda_max: float, learning_rate: float, iterations: int) -> float:
    """A lower bound on ‖u_T‖² / Σ_{t=1…T} ‖u_t‖² for any gradient, if no eigenvalue exceeds `lambda_max`.

    Attained by a gradient along λ_max if 0 <= ηλ_max <= 1. It is 0 for even T and ηλ_max >= 2: there a mode
    may return to the start. Kind: bound.

    >>> final_over_total_bound(1.0, 1.0, 10)
    0.1
    """
    smallest = 1 - learning_rate * lambda_max
    if smallest >= 0:
        last, squares = geometric_sums(np.array([min(smallest, 1.0)]), iterations)
        return float(last[0] ** 2 / squares[0])
    a = min(-smallest, 1.0)
    odd = (iterations + 1) // 2
    powers, double_powers = (float(geometric_sums(np.array([x]), odd)[0][0]) for x in (a**2, a**4))
    total = (
        odd + 2 * a * powers + a**2 * double_powers + iterations // 2
    )  # odd t: (1 + a^t)², even t: at most 1
    final = 1.0 if iterations % 2 else (1 - a**iterations) ** 2
    return min(final / total, 1 / iterations)


def final_over_total_from_largest(final_over_largest: float, iterations: int) -> float:
    """A lower bound on ‖u_T‖² / Σ_t ‖u_t‖² from ‖u_T‖ / max_t ‖u_t‖: no term exceeds the largest. Kind:
    bound."""
    return final_over_largest**2 / iterations
