"""Stretched polynomials on dense grids: the claim is about the product, so the product is what is evaluated."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erf

from qgd_compiler.algorithms.polynomials import one_sided, stretched
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.kinds import Kind

EVERYWHERE = np.cos(np.linspace(0, np.pi, 40_001))


@pytest.mark.parametrize(("centre", "height"), [(0.3, 1e-2), (0.05, 1e-4), (0.004, 1e-6)])
def test_the_step_is_a_polynomial_of_its_degree_within_its_error(centre: float, height: float) -> None:
    step = stretched.step(centre, height)
    values = step(EVERYWHERE)
    ideal = (1 - erf(step.sharpness * (EVERYWHERE - centre) / (1 + centre))) / 2
    assert np.max(np.abs(values - ideal)) <= step.error <= height
    assert np.max(np.abs(values)) <= 1
    assert 1 - step(np.array([0.0]))[0] <= height
    assert np.max(np.abs(step(np.linspace(2 * centre, 1, 1001)))) <= height
    assert np.all(step.at_least(EVERYWHERE) <= values) and np.all(values <= step.at_most(EVERYWHERE))
    # interpolation in as many points as the degree asks for reproduces it, in a third fewer it does not
    angles = np.pi * np.arange(step.degree + 1) / step.degree
    series = stretched.coefficients_from_grid(step(np.cos(angles)))
    again = np.polynomial.chebyshev.chebval(EVERYWHERE, series)
    assert np.max(np.abs(again - values)) < 1e-12


@pytest.mark.parametrize("rate", [75.0, 400.0, 1501.0])
def test_the_composed_polynomial_follows_the_exponential_within_its_error(rate: float) -> None:
    epsilon = 1e-2
    found = stretched.stretched(rate, epsilon)
    assert found.kind is Kind.BOUND
    x = np.concatenate([np.linspace(0, 20 / rate, 20_001), np.linspace(0, 1, 40_001)])
    values = found(np.minimum(x, 1.0))
    error = np.max(np.abs(values / found.amplitude - np.exp(-rate * np.minimum(x, 1.0))))
    assert error <= found.error <= epsilon
    assert np.max(np.abs(found(EVERYWHERE))) <= 1 + 1e-12
    # the linear programme at small β has 39 queries per 20 β and amplitude 0.63, i.e. 3.1 β per unit amplitude
    assert found.degree / found.amplitude <= 4.2 * rate


def test_an_amplitude_that_is_asked_for_is_reached() -> None:
    found = stretched.stretched(2000.0, 1e-2, 0.5)
    assert found.amplitude >= 0.5
    assert found.degree < stretched.stretched(2000.0, 1e-2, 0.7).degree


def test_the_menu_computes_small_rates_and_composes_large_ones() -> None:
    small = stretched.one_sided_polynomial(one_sided.exponential(8.0), 1e-2)
    assert small.source == one_sided.SOURCE
    steps, slope = 40_000, 0.02
    large = stretched.one_sided_polynomial(one_sided.power(steps, slope), 1e-2)
    x = np.concatenate([np.linspace(0, 0.02, 20_001), np.linspace(0, 1, 20_001)])
    error = np.max(np.abs(large(x) / large.amplitude - (1 - slope * x) ** steps))
    assert error <= large.error <= 1e-2


def test_the_mean_of_stretched_polynomials_follows_the_driven_part() -> None:
    steps, slope = 2000, 0.1
    found = stretched.one_sided_polynomial(one_sided.mean(steps, slope), 2e-2)
    assert not found.has_coefficients
    # the construction, written out: the average over j of the polynomial of the last power at x j/T
    inner = stretched.stretched(
        slope * steps, 2e-2 - stretched._distance_to_exponential(one_sided.mean(steps, slope))
    )
    x = np.linspace(0, 1, 301)
    total = sum(inner(x * j / steps) for j in range(steps)) / steps
    average = sum((1 - slope * x) ** j for j in range(steps)) / steps
    assert np.max(np.abs(total / inner.amplitude - average)) <= found.error <= 2e-2
    assert found.degree == inner.degree


def test_too_few_steps_for_the_exponential_are_refused_beyond_the_programme() -> None:
    with pytest.raises(UnsupportedError, match="beyond"):
        stretched.one_sided_polynomial(one_sided.power(500, 2.0), 1e-3)
