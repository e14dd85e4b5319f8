"""One-sided polynomials: literature values, dense grids, and certificates that see what lies between the nodes."""

from __future__ import annotations

import numpy as np
import pytest

from qgd_compiler.algorithms.polynomials import one_sided
from qgd_compiler.algorithms.polynomials.certificate import (
    coefficients_from_grid,
    largest_difference,
    largest_value,
    values_on_grid,
)
from qgd_compiler.algorithms.polynomials.polynomial import Polynomial
from qgd_compiler.errors import InfeasibleError, UnsupportedError
from qgd_compiler.kinds import Kind

EVERYWHERE = np.cos(np.linspace(0, np.pi, 20_001))


def spectrum(low: float, high: float) -> np.ndarray:
    """Dense, and denser near the lower end, where the functions are steep."""
    return low + (high - low) * np.concatenate([np.linspace(0, 1, 8001), np.linspace(0, 1, 8001) ** 3])


def check(polynomial: Polynomial, x: np.ndarray, f: np.ndarray, epsilon: float) -> None:
    assert np.max(np.abs(polynomial(EVERYWHERE))) <= 1 + 1e-12
    error = np.max(np.abs(polynomial(x) / polynomial.amplitude - f))
    assert error <= polynomial.error <= epsilon
    assert error > 0.9 * polynomial.error
    assert polynomial.kind is Kind.BOUND


@pytest.mark.parametrize(
    ("epsilon", "amplitude", "slope"),
    [(1e-2, 0.5, 1.65), (1e-3, 0.5, 2.8), (1e-3, 0.25, 1.8), (1e-3, 0.7, 4.1)],
)
def test_degrees_per_beta_are_those_of_the_literature(epsilon: float, amplitude: float, slope: float) -> None:
    """LP-optimal degrees at β = 10 (literature.md, 0.4); the margin of the certificate costs at most one degree."""
    beta = 10.0
    found = one_sided.smallest_degree(one_sided.exponential(beta), epsilon, amplitude)
    assert found.amplitude >= amplitude
    assert slope * beta - 1 <= found.degree <= slope * beta + 2
    x = spectrum(0, 1)
    check(found, x, np.exp(-beta * x), epsilon)
    smaller = one_sided.largest_amplitude(one_sided.exponential(beta), found.degree - 1, epsilon)
    assert smaller.amplitude < amplitude


def test_the_best_amplitude_has_the_least_degree_per_amplitude() -> None:
    target = one_sided.exponential(6.0)
    best = one_sided.best(target, 1e-2)
    prices = []
    for degree in range(4, 40):
        try:
            prices.append(degree / one_sided.largest_amplitude(target, degree, 1e-2).amplitude)
        except InfeasibleError:
            continue
    assert best.degree / best.amplitude <= 1.02 * min(prices)


@pytest.mark.parametrize(("low", "high", "slope"), [(0.0, 1.0, 1.2), (0.0, 0.5, 3.0), (0.1, 0.8, 1.0)])
def test_powers_and_their_means_are_followed_on_the_spectrum(low: float, high: float, slope: float) -> None:
    steps, epsilon = 9, 1e-3
    x = spectrum(low, high)
    base = 1 - slope * x
    check(one_sided.best(one_sided.power(steps, slope, low, high), epsilon), x, base**steps, epsilon)
    average = np.mean([base**j for j in range(steps)], axis=0)
    check(one_sided.best(one_sided.mean(steps, slope, low, high), epsilon), x, average, epsilon)


def test_the_certificate_finds_a_peak_between_the_points_of_a_coarse_grid() -> None:
    rng = np.random.default_rng(3)
    for degree in (1, 2, 7, 40):
        series = rng.normal(size=degree + 1)
        dense = np.max(np.abs(np.polynomial.chebyshev.chebval(EVERYWHERE, series)))
        assert dense <= largest_value(series) <= 1.002 * dense
        points = values_on_grid(series, degree + 3)
        np.testing.assert_allclose(coefficients_from_grid(points)[: degree + 1], series, atol=1e-12)
    # a difference that is largest strictly inside the interval and invisible at its ends
    series = np.array([0.0, 0.0, 1.0])
    bound = largest_difference(series, lambda u: -np.ones_like(u) + 0 * u, 0.0, (0.2, 0.7), 0.1)
    x = np.linspace(0.2, 0.7, 10_001)
    assert np.max(2 * x**2) <= bound <= np.max(2 * x**2) + 1e-3


def test_what_is_out_of_reach_or_not_descent_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="degree"):
        one_sided.largest_amplitude(one_sided.exponential(5.0), 10_000, 1e-3)
    with pytest.raises(UnsupportedError, match="diverges"):
        one_sided.power(10, 2.5)
    with pytest.raises(UnsupportedError, match="x_min"):
        one_sided.exponential(3.0, 0.5, 0.5)
    with pytest.raises(InfeasibleError, match="no certified"):
        one_sided.largest_amplitude(one_sided.exponential(30.0), 3, 1e-6)
