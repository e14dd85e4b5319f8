"""Exact tails of walks against sums in rational arithmetic, mpmath and SciPy: no contour in the oracles."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from scipy import special, stats

from qgd_compiler.algorithms.polynomials import walks


def distributions(steps: int, pace: Fraction) -> list[dict[int, Fraction]]:
    """The exact distribution of the lazy walk after 0 … T steps, step by step."""
    here = {0: Fraction(1)}
    history = [here]
    for _ in range(steps):
        there: dict[int, Fraction] = {}
        for place, weight in here.items():
            for move, share in ((0, 1 - pace / 2), (1, pace / 4), (-1, pace / 4)):
                if share:
                    there[place + move] = there.get(place + move, Fraction(0)) + weight * share
        here = there
        history.append(here)
    return history


def beyond(distribution: dict[int, Fraction], degree: int) -> Fraction:
    return sum((w for k, w in distribution.items() if abs(k) > degree), Fraction(0))


@pytest.mark.parametrize("pace", ["1/100", "1/3", "1", "3/2", "19/10", "2"])
@pytest.mark.parametrize("steps", [1, 2, 3, 8, 31])
def test_tails_and_coefficients_are_the_rational_ones_at_every_degree(steps: int, pace: str) -> None:
    c = Fraction(pace)
    history = distributions(steps, c)
    degrees = np.arange(steps + 2)
    tails = walks.lazy_tail(steps, float(c), degrees)
    means = walks.lazy_mean_tail(steps, float(c), degrees)
    exact = [float(beyond(history[-1], d)) for d in degrees]
    exact_means = [float(sum(beyond(p, d) for p in history[:-1]) / steps) for d in degrees]
    np.testing.assert_allclose(tails, exact, rtol=1e-12, atol=0)
    np.testing.assert_allclose(means, exact_means, rtol=1e-12, atol=0)
    weights = [float(history[-1].get(k, 0)) * (2 if k else 1) for k in degrees]
    mean_weights = [float(sum(p.get(k, 0) for p in history[:-1]) / steps) * (2 if k else 1) for k in degrees]
    found = walks.lazy_coefficients(steps, float(c), steps + 1)
    np.testing.assert_allclose(found, weights, rtol=1e-12, atol=1e-300)
    found = walks.lazy_mean_coefficients(steps, float(c), steps + 1)
    np.testing.assert_allclose(found, mean_weights, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("pace", ["1/7", "1", "2"])
def test_the_smallest_degree_is_the_one_that_counting_finds(pace: str) -> None:
    c, steps = Fraction(pace), 40
    history = distributions(steps, c)
    for epsilon in (0.3, 1e-2, 1e-5, 1e-9, 1e-14):
        limit = Fraction(epsilon)
        last = next(d for d in range(steps + 1) if beyond(history[-1], d) <= limit)
        average = next(
            d for d in range(steps + 1) if sum(beyond(p, d) for p in history[:-1]) <= limit * steps
        )
        assert walks.lazy_degree(steps, float(c), epsilon) == last
        assert walks.lazy_mean_degree(steps, float(c), epsilon) == average


@pytest.mark.parametrize("steps", [1001, 10**6, 10**8, 10**10])
def test_the_fair_walk_is_a_binomial_variable_for_many_steps(steps: int) -> None:
    degrees = np.floor(np.array([0.02, 0.5, 1, 2, 3, 5, 8, 12, 30]) * np.sqrt(steps))
    more = np.floor((steps + degrees) / 2) + 1
    expected = 2 * special.betainc(more, steps - more + 1, 0.5)
    # betainc itself has 1e-9 at 10^10 steps
    np.testing.assert_allclose(
        walks.power_tail(steps, degrees), expected, rtol=1e-11 if steps < 10**7 else 1e-9
    )


@pytest.mark.parametrize(
    ("steps", "degree"), [(10**10, 5 * 10**5), (10**10, 3 * 10**6), (10**6, 9 * 10**5), (10**6, 10**6 - 3)]
)
def test_depths_that_underflow_are_right_in_the_logarithm(steps: int, degree: int) -> None:
    with mpmath.workdps(40):
        k = (steps + degree) // 2 + 1
        first = (
            mpmath.loggamma(steps + 1)
            - mpmath.loggamma(k + 1)
            - mpmath.loggamma(steps - k + 1)
            - steps * mpmath.log(2)
        )
        total = term = mpmath.mpf(1)
        while term > total * mpmath.mpf(10) ** -25:
            term *= mpmath.mpf(steps - k) / (k + 1)
            k += 1
            total += term
        expected = float(first + mpmath.log(2 * total))
    found = walks.power_tail(steps, degree, in_log=True)
    assert found == pytest.approx(expected, rel=1e-14, abs=1e-12)


@pytest.mark.parametrize("rate", [1e-3, 0.7, 30.0, 4000.0])
def test_the_exponential_has_the_tails_of_skellam(rate: float) -> None:
    spread = np.sqrt(rate)
    degrees = np.unique(np.floor(np.array([0, 0.5, 1, 2, 4]) * spread))
    expected = 2 * stats.skellam.sf(degrees, rate / 2, rate / 2)
    np.testing.assert_allclose(walks.exponential_tail(rate, degrees), expected, rtol=1e-9)
    # the Bessel functions, added up to where they vanish
    k = np.arange(int(12 * spread) + 60)
    weights = special.ive(k, rate) * np.where(k > 0, 2, 1)
    expected = np.array([np.sum(weights[k > d][::-1]) for d in degrees])
    np.testing.assert_allclose(walks.exponential_tail(rate, degrees), expected, rtol=1e-11)
    kept = int(3 * spread) + 5
    np.testing.assert_allclose(
        walks.exponential_coefficients(rate, kept), weights[: kept + 1], rtol=1e-11, atol=1e-300
    )


def test_the_average_of_exponentials_is_the_integral_of_their_tails() -> None:
    rate, degree = 50.0, 12
    nodes, weights = np.polynomial.legendre.leggauss(200)
    times = rate * (nodes + 1) / 2
    expected = sum(w / 2 * walks.exponential_tail(t, degree) for t, w in zip(times, weights, strict=True))
    assert walks.exponential_mean_tail(rate, degree) == pytest.approx(expected, rel=1e-10)
