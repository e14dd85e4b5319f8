"""The truncated walk polynomials as `Polynomial`s: what a planner compares and a circuit applies.

Kind:    exact (degree and error), for each of them.
Source:  walks.py.
Checked: tests/algorithms/polynomials/test_direct.py.
"""

from __future__ import annotations

from collections.abc import Callable

from qgd_compiler.algorithms.polynomials import walks
from qgd_compiler.algorithms.polynomials.polynomial import Parity, Polynomial
from qgd_compiler.algorithms.polynomials.symmetric_walk import Array
from qgd_compiler.algorithms.polynomials.truncation import log_of
from qgd_compiler.kinds import Kind

SOURCE = "Chebyshev truncation with exact tail (algorithms/polynomials/walks.py); Sachdeva, Vishnoi (2014)"


def power(steps: int, epsilon: float | None = None, *, log_epsilon: float | None = None) -> Polynomial:
    """x^T, for an encoding of M = I − ηH (α = 1, or with the smaller error of a subnormalised one)."""
    degree = walks.power_degree(steps, log_epsilon=log_of(epsilon, log_epsilon))
    return _truncated(
        "x^T",
        degree,
        walks.power_tail(steps, degree),
        lambda: walks.power_coefficients(steps, degree),
        parity="odd" if steps % 2 else "even",
    )


def power_mean(steps: int, epsilon: float | None = None, *, log_epsilon: float | None = None) -> Polynomial:
    """(1/T) Σ_{j<T} x^j."""
    degree = walks.power_mean_degree(steps, log_epsilon=log_of(epsilon, log_epsilon))
    return _truncated(
        "mean of x^j",
        degree,
        walks.power_mean_tail(steps, degree),
        lambda: walks.power_mean_coefficients(steps, degree),
    )


def lazy(
    steps: int, pace: float, epsilon: float | None = None, *, log_epsilon: float | None = None
) -> Polynomial:
    """(1 − c/2 + (c/2) y)^T = (1−ηλ)^T in y = 1 − 2λ/α_J², c = `pace` = ηα_J²."""
    degree = walks.lazy_degree(steps, pace, log_epsilon=log_of(epsilon, log_epsilon))
    return _truncated(
        "(1 - c/2 + (c/2) y)^T",
        degree,
        walks.lazy_tail(steps, pace, degree),
        lambda: walks.lazy_coefficients(steps, pace, degree),
    )


def lazy_mean(
    steps: int, pace: float, epsilon: float | None = None, *, log_epsilon: float | None = None
) -> Polynomial:
    """(1/T) Σ_{j<T} (1 − c/2 + (c/2) y)^j."""
    degree = walks.lazy_mean_degree(steps, pace, log_epsilon=log_of(epsilon, log_epsilon))
    return _truncated(
        "mean of (1 - c/2 + (c/2) y)^j",
        degree,
        walks.lazy_mean_tail(steps, pace, degree),
        lambda: walks.lazy_mean_coefficients(steps, pace, degree),
    )


def exponential(rate: float, epsilon: float | None = None, *, log_epsilon: float | None = None) -> Polynomial:
    """e^{−β(1−y)}, β = `rate`."""
    degree = walks.exponential_degree(rate, log_epsilon=log_of(epsilon, log_epsilon))
    return _truncated(
        "e^(-beta (1 - y))",
        degree,
        walks.exponential_tail(rate, degree),
        lambda: walks.exponential_coefficients(rate, degree),
    )


def exponential_mean(
    rate: float, epsilon: float | None = None, *, log_epsilon: float | None = None
) -> Polynomial:
    """(1 − e^{−β(1−y)})/(β(1−y))."""
    degree = walks.exponential_mean_degree(rate, log_epsilon=log_of(epsilon, log_epsilon))
    return _truncated(
        "mean of e^(-b (1 - y))",
        degree,
        walks.exponential_mean_tail(rate, degree),
        lambda: walks.exponential_mean_coefficients(rate, degree),
    )


def _truncated(
    name: str, degree: int, error: float, series: Callable[[], Array], parity: Parity = "none"
) -> Polynomial:
    # non-negative coefficients that add up to one, less those that are left out
    return Polynomial(name, degree, 1.0, error, Kind.EXACT, SOURCE, parity, 1 - error, series)
