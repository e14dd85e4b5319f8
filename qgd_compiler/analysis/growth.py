"""How fast plain gradient descent can grow on a quadratic model, and the settings at which that changes.

Everything here follows from the extreme eigenvalues of H (weight decay and damping included): one step
multiplies a mode by 1 − ηλ, so the growth per step is m = max|1 − ηλ|, attained at one end of the spectrum.
"""

from __future__ import annotations

import math

from qgd_compiler.scalars import Scalar, maximum


def step_growth(lambda_min: Scalar, lambda_max: Scalar, learning_rate: Scalar) -> Scalar:
    """m = max|1 − ηλ| over [λ_min, λ_max]; the norm of I − ηH if both ends are eigenvalues.

    >>> step_growth(-1.0, 2.0, 0.5)
    1.5
    """
    return maximum(abs(1 - learning_rate * lambda_min), abs(1 - learning_rate * lambda_max))


def growth_over_run(growth: float, iterations: int) -> float:
    """m^T; `inf` where it exceeds 1.8e308."""
    if growth == 0:
        return 0.0
    exponent = log_growth(growth, iterations)
    return math.exp(exponent) if exponent < 709 else math.inf


def log_growth(growth: float, iterations: int) -> float:
    """T ln m, for m > 0."""
    return iterations * math.log1p(growth - 1)


def largest_convergent_learning_rate(lambda_min: float, lambda_max: float) -> float | None:
    """The largest η with m <= 1: 2/λ_max. None if no η > 0 gives that (λ_min < 0), or if every η does (H =
    0)."""
    if lambda_min < 0 or lambda_max <= 0:
        return None
    return 2 / lambda_max


def largest_learning_rate(lambda_min: float, lambda_max: float, iterations: int, limit: float) -> float:
    """The largest η whose growth over T steps stays below `limit` > 1; `inf` for H = 0.

    |1 − ηλ|^T <= limit at both ends: η|λ_min| <= r − 1 where λ_min < 0, and ηλ_max <= 1 + r, r = limit^{1/T}.
    """
    excess = math.expm1(math.log(limit) / iterations)  # r − 1
    curved_down = excess / -lambda_min if lambda_min < 0 else math.inf
    curved_up = (2 + excess) / lambda_max if lambda_max > 0 else math.inf
    return min(curved_down, curved_up)


def longest_run(growth: float, limit: float) -> int | None:
    """The largest T whose growth m^T stays below `limit`, 0 if not even one step does; None if every T
    does."""
    if growth <= 1:
        return None
    return math.floor(math.log(limit) / math.log1p(growth - 1) * (1 + 1e-15))


def smallest_damping(lambda_min: float, lambda_max: float, learning_rate: float) -> float | None:
    """The least μ >= 0 such that gradient descent on H + μI has m <= 1; None if there is none.

    It lifts λ_min to 0, and must leave η(λ_max + μ) <= 2: with ηλ_max near 2 there is no room for that.
    """
    damping = max(0.0, -float(lambda_min))
    return damping if learning_rate * (lambda_max + damping) <= 2 else None
