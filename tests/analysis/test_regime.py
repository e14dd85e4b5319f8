"""Classes of quadratic runs, against gradient descent itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qgd_compiler.analysis.growth import (
    growth_over_run,
    largest_convergent_learning_rate,
    largest_learning_rate,
    longest_run,
    smallest_damping,
    step_growth,
)
from qgd_compiler.analysis.regime import RegimeName, classify

EIGENVALUES = st.floats(-5, 5).filter(lambda x: x == 0 or abs(x) > 1e-3)
RATES = st.floats(1e-3, 2)


def largest_factor(low: float, high: float, rate: float, iterations: int) -> float:
    """The largest factor of a mode over the run, step by step, over 201 modes between the ends."""
    modes = np.linspace(low, high, 201)
    factor = np.ones_like(modes)
    for _ in range(iterations):
        factor = factor * (1 - rate * modes)
    return float(np.abs(factor).max())


@given(EIGENVALUES, EIGENVALUES, RATES, st.integers(1, 30))
def test_growth_is_the_largest_factor_of_any_mode(a: float, b: float, rate: float, iterations: int) -> None:
    low, high = min(a, b), max(a, b)
    growth = step_growth(low, high, rate)
    true = largest_factor(low, high, rate, iterations)
    assert growth_over_run(growth, iterations) == pytest.approx(true, rel=1e-9)


@given(EIGENVALUES, EIGENVALUES, RATES, st.integers(1, 30))
def test_the_class_says_whether_a_mode_grows(a: float, b: float, rate: float, iterations: int) -> None:
    low, high = min(a, b), max(a, b)
    factor = largest_factor(low, high, rate, iterations)
    assume(abs(factor - 1) > 1e-6 or factor == 1)
    name = classify(low, high, rate, iterations).name
    if factor < 1:
        assert name is RegimeName.DISSIPATIVE
    elif factor == 1:
        assert name is RegimeName.NEUTRAL
    else:
        assert name in (RegimeName.WINDOW, RegimeName.INFEASIBLE)


@given(EIGENVALUES, EIGENVALUES, RATES, st.integers(1, 30))
def test_what_would_change_the_verdict_is_the_border(
    a: float, b: float, rate: float, iterations: int
) -> None:
    low, high = min(a, b), max(a, b)
    assume(low < 0 or high > 0)
    largest = largest_learning_rate(low, high, iterations, math.e)
    assert largest_factor(low, high, largest * (1 - 1e-9), iterations) <= math.e
    assert largest_factor(low, high, largest * (1 + 1e-6), iterations) > math.e

    convergent = largest_convergent_learning_rate(low, high)
    if convergent is None:
        assert low < 0
        assert largest_factor(low, high, 1e-6, 1) > 1
    else:
        assert largest_factor(low, high, convergent * (1 - 1e-9), 1) <= 1
        assert largest_factor(low, high, convergent * (1 + 1e-6), 1) > 1

    damping = smallest_damping(low, high, rate)
    if damping is None:
        tried = [largest_factor(low + mu, high + mu, rate, 1) for mu in np.linspace(0, 20, 500)]
        assert min(tried) > 1
    else:
        assert largest_factor(low + damping, high + damping, rate, 1) <= 1 + 1e-12
        if damping > 0:
            assert largest_factor(low + damping - 1e-6, high + damping - 1e-6, rate, 1) > 1


@given(st.floats(1.0001, 4), st.floats(1.1, 100))
def test_the_longest_run_is_the_last_that_stays_below_the_limit(growth: float, limit: float) -> None:
    steps = longest_run(growth, limit)
    assert steps is not None
    assert growth**steps <= limit * (1 + 1e-12)
    assert growth ** (steps + 1) > limit * (1 - 1e-12)


def test_a_run_without_growth_has_no_longest_length() -> None:
    assert longest_run(1.0, math.e) is None
    assert classify(0.0, 1.0, 0.5, 10).window is None


def test_the_spec_chooses_what_happens_to_a_growing_run() -> None:
    window = classify(-0.5, 1.0, 0.1, 100, "window")
    damped = classify(-0.5, 1.0, 0.1, 100, "damp", gradient_norm=2.0)
    refused = classify(-0.5, 1.0, 0.1, 100, "error")
    assert [r.name.value for r in (window, damped, refused)] == [
        "not dissipative -> window",
        "not dissipative -> damped",
        "infeasible",
    ]
    assert (window.window, window.segments) == (20, 5)  # 1.05^20 = 2.653, 1.05^21 = 2.786
    assert damped.damping == 0.5
    assert "moves by at most 4 (gradient norm / damping)" in damped.reasons[-1]
    assert "and by at most 20 in all" in damped.reasons[-1]


def test_damping_that_cannot_help_is_infeasible_and_says_which_learning_rate_would() -> None:
    regime = classify(-1.0, 2.0, 0.7, 10, "damp")
    assert regime.name is RegimeName.INFEASIBLE
    assert "0.666667" in regime.verdict


def test_a_step_that_grows_more_than_e_fold_fits_no_window() -> None:
    regime = classify(0.0, 10.0, 1.0, 5)
    assert regime.name is RegimeName.INFEASIBLE
    assert regime.window == 0
    assert regime.segments is None


def test_growth_beyond_floats_is_reported_as_a_power_of_ten() -> None:
    regime = classify(-1.0, 1.0, 0.1, 10**5)
    assert regime.growth_over_run == math.inf
    assert regime.log_growth == pytest.approx(1e5 * math.log(1.1))
    assert any("10^4139" in reason for reason in regime.reasons)


def test_a_zero_mode_known_to_rounding_is_neutral_and_not_growing() -> None:
    assert classify(-3e-14, 1.3, 0.01, 100).name is RegimeName.NEUTRAL


def test_an_impossible_spectrum_is_refused() -> None:
    with pytest.raises(ValueError, match="lambda_min <= lambda_max"):
        classify(2.0, 1.0, 0.1, 10)
