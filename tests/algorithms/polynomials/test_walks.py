"""Degrees against the literature's numbers, polynomials against the functions they stand for, bounds, arrays."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial.chebyshev import chebval

from qgd_compiler.algorithms.polynomials import walks
from qgd_compiler.algorithms.polynomials.truncation import log_epsilon_of_subnormalised
from qgd_compiler.errors import UnsupportedError

GRID = np.cos(np.linspace(0, np.pi, 4001))


@pytest.mark.parametrize(
    ("steps", "epsilon", "bound", "exact"),
    [
        (10**3, 1e-3, 124, 104),
        (10**3, 1e-6, 171, 154),
        (10**4, 1e-3, 390, 330),
        (10**6, 1e-3, 3899, 3290),
        (10**6, 1e-6, 5387, 4892),
        (10**8, 1e-3, 38990, 32906),
    ],
)
def test_powers_have_the_tabulated_degrees(steps: int, epsilon: float, bound: int, exact: int) -> None:
    """The table of x^T (literature.md, B1; bound: Sachdeva, Vishnoi 2014)."""
    assert walks.power_degree(steps, epsilon) == exact
    assert walks.power_degree_bound(steps, epsilon) == bound


@pytest.mark.parametrize(("steps", "degree"), [(10**3, 74), (10**4, 233), (10**6, 2327)])
def test_the_exponential_and_the_lazy_walk_have_the_tabulated_degrees(steps: int, degree: int) -> None:
    """PSD step and e^{−β} with β = T/2 at 1e-3 (literature.md, 0.3 and B1)."""
    assert walks.exponential_degree(steps / 2, 1e-3) == degree
    assert walks.lazy_degree(steps, 1.0, 1e-3) == degree


@pytest.mark.parametrize(("steps", "degree"), [(10**3, 87), (10**4, 275), (10**6, 2754)])
def test_geometric_sums_have_the_tabulated_degrees(steps: int, degree: int) -> None:
    """(1/T) Σ x^j at 1e-3 (literature.md, B1, inhomogeneous GD)."""
    assert walks.power_mean_degree(steps, 1e-3) == degree


@pytest.mark.parametrize(
    ("steps", "pace", "epsilon"),
    [(300, 2.0, 1e-3), (301, 1.7, 1e-5), (400, 1.0, 1e-8), (90, 0.05, 1e-4), (7, 2.0, 1e-9), (1, 0.3, 0.01)],
)
def test_polynomials_are_as_far_from_the_function_as_claimed(steps: int, pace: float, epsilon: float) -> None:
    base = 1 - pace / 2 + pace / 2 * GRID
    degree = walks.lazy_degree(steps, pace, epsilon)
    distance = np.max(np.abs(chebval(GRID, walks.lazy_coefficients(steps, pace, degree)) - base**steps))
    assert distance <= epsilon
    assert distance == pytest.approx(walks.lazy_tail(steps, pace, degree), rel=1e-6, abs=1e-14)
    average = np.mean([base**j for j in range(steps)], axis=0)
    degree = walks.lazy_mean_degree(steps, pace, epsilon)
    distance = np.max(np.abs(chebval(GRID, walks.lazy_mean_coefficients(steps, pace, degree)) - average))
    assert distance <= epsilon
    assert distance == pytest.approx(walks.lazy_mean_tail(steps, pace, degree), rel=1e-6, abs=1e-14)


@pytest.mark.parametrize(("rate", "epsilon"), [(0.01, 1e-6), (3.0, 0.1), (250.0, 1e-7)])
def test_exponentials_are_as_far_from_the_function_as_claimed(rate: float, epsilon: float) -> None:
    fall = rate * (1 - GRID)
    degree = walks.exponential_degree(rate, epsilon)
    distance = np.max(np.abs(chebval(GRID, walks.exponential_coefficients(rate, degree)) - np.exp(-fall)))
    assert distance == pytest.approx(walks.exponential_tail(rate, degree), rel=1e-5)
    assert distance <= epsilon
    average = np.ones_like(fall)
    average[fall > 0] = -np.expm1(-fall[fall > 0]) / fall[fall > 0]
    degree = walks.exponential_mean_degree(rate, epsilon)
    distance = np.max(np.abs(chebval(GRID, walks.exponential_mean_coefficients(rate, degree)) - average))
    assert distance == pytest.approx(walks.exponential_mean_tail(rate, degree), rel=1e-5)
    assert distance <= epsilon


points = st.tuples(
    st.floats(0, 10).map(lambda x: int(10**x)),
    st.floats(0.01, 2.0),
    st.floats(-14, -0.1).map(lambda x: 10**x),
)


@given(points)
def test_closed_bounds_are_above_the_exact_degrees_and_degrees_are_the_smallest(
    case: tuple[int, float, float],
) -> None:
    steps, pace, epsilon = case
    degree = walks.lazy_degree(steps, pace, epsilon)
    assert walks.lazy_tail(steps, pace, degree) <= epsilon * (1 + 1e-9)
    assert degree == 0 or walks.lazy_tail(steps, pace, degree - 1) > epsilon * (1 - 1e-9)
    assert degree <= walks.lazy_degree_bound(steps, pace, epsilon) <= steps
    assert walks.power_degree(steps, epsilon) <= walks.power_degree_bound(steps, epsilon)
    average = walks.lazy_mean_degree(steps, pace, epsilon)
    assert walks.lazy_mean_tail(steps, pace, average) <= epsilon * (1 + 1e-9)
    assert average == 0 or walks.lazy_mean_tail(steps, pace, average - 1) > epsilon * (1 - 1e-9)
    assert average <= walks.lazy_mean_degree_bound(steps, pace, epsilon)
    assert walks.power_mean_degree(steps, epsilon) <= walks.power_mean_degree_bound(steps, epsilon)
    rate = pace * steps / 2
    assert walks.exponential_degree(rate, epsilon) <= walks.exponential_degree_bound(rate, epsilon)
    mean = walks.exponential_mean_degree(rate, epsilon)
    assert mean <= walks.exponential_mean_degree_bound(rate, epsilon)
    assert mean == 0 or walks.exponential_mean_tail(rate, mean - 1) > epsilon * (1 - 1e-9)


def test_arrays_give_the_degrees_of_their_numbers() -> None:
    rng = np.random.default_rng(7)
    steps = np.floor(10 ** rng.uniform(0, 10, 60))
    pace = rng.uniform(0.01, 2, 60)
    pace[:20] = 2.0
    epsilon = 10 ** rng.uniform(-14, -0.5, 60)
    last = walks.lazy_degree(steps, pace, epsilon)
    average = walks.lazy_mean_degree(steps, pace, epsilon)
    exponential = walks.exponential_degree(steps, epsilon)
    bound = walks.lazy_degree_bound(steps, pace, epsilon)
    for i in range(60):
        t, c, e = int(steps[i]), float(pace[i]), float(epsilon[i])
        assert last[i] == walks.lazy_degree(t, c, e)
        assert average[i] == walks.lazy_mean_degree(t, c, e)
        assert exponential[i] == walks.exponential_degree(t, e)
        assert bound[i] == walks.lazy_degree_bound(t, c, e)


def test_closed_bounds_are_formulas_in_symbols() -> None:
    t, c, e = sympy.symbols("T c epsilon", positive=True)
    formula = walks.lazy_degree_bound(t, c, e)
    assert formula.subs({t: 10**6, c: 1, e: sympy.Rational(1, 1000)}) == walks.lazy_degree_bound(
        10**6, 1, 1e-3
    )
    formula = walks.power_mean_degree_bound(t, e)
    assert formula.subs({t: 1000, e: sympy.Rational(1, 1000)}) == walks.power_mean_degree_bound(1000, 1e-3)


def test_a_subnormalised_power_keeps_its_relative_error_with_an_error_below_the_smallest_double() -> None:
    steps, alpha, epsilon = 20_000, 1.05, 1e-3
    target = log_epsilon_of_subnormalised(epsilon, steps, alpha, wanted=0.9, start=1.0)
    assert target < -900
    degree = walks.power_degree(steps, log_epsilon=target)
    assert walks.power_tail(steps, degree, in_log=True) <= target
    assert walks.power_tail(steps, degree - 2, in_log=True) > target
    # a small case by hand: the polynomial of M/α, multiplied by α^T, is M^T on |M| <= 1
    steps, alpha = 40, 1.05
    target = log_epsilon_of_subnormalised(1e-2, steps, alpha)
    degree = walks.power_degree(steps, log_epsilon=target)
    series = walks.power_coefficients(steps, degree)
    assert np.max(np.abs(alpha**steps * chebval(GRID / alpha, series) - GRID**steps)) <= 1e-2
    assert degree < steps


def test_what_float64_cannot_tell_and_what_is_not_a_walk_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="float64"):
        walks.power_degree(10**16, 1e-3)
    with pytest.raises(UnsupportedError, match="pace"):
        walks.lazy_degree(10, 2.1, 1e-3)
    with pytest.raises(UnsupportedError, match="steps"):
        walks.lazy_degree(0, 1.0, 1e-3)
    with pytest.raises(ValueError, match="either"):
        walks.power_degree(10)
