"""Sums of powers for arrays against sums term by term, and what they say of the response of a run."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf, workdps
from numpy.typing import NDArray

from qgd_compiler.analysis.geometric import geometric_sum, geometric_sums
from qgd_compiler.analysis.majorant import iterates, iterates_at
from qgd_compiler.analysis.recursion import Recursion
from qgd_compiler.analysis.response import driven_largest, driven_smallest

DIGITS = 400  # 1 − 1e-300 has 300
RATIOS = st.one_of(st.sampled_from([0.0, 1.0, 2.0, 1e-13, -1e-13, 1e-300, 1.5]), st.floats(-0.02, 2.01))


@given(st.lists(st.tuples(RATIOS, st.integers(1, 200)), min_size=1, max_size=8))
def test_every_element_has_the_sum_of_its_own_powers(cases: list[tuple[float, int]]) -> None:
    x, steps = (np.array(part) for part in zip(*cases, strict=True))
    found, (again, squares) = geometric_sum(x, steps), geometric_sums(1 - x, steps)
    for i, (one, count) in enumerate(cases):
        with workdps(DIGITS):
            mu, s, total = 1 - mpf(one), mpf(0), mpf(0)
            for _ in range(count):
                s = 1 + mu * s
                total += s * s
        assert found[i] == pytest.approx(float(s), rel=1e-12, abs=1e-13)
        assert again[i] == pytest.approx(float(s), rel=1e-10, abs=1e-10)
        assert squares[i] == pytest.approx(float(total), rel=1e-10)


def test_long_sums_near_a_flat_direction_keep_all_digits() -> None:
    steps = 1e9
    assert geometric_sum(0.0, steps) == steps
    # S_T(1 − x) = T − x T(T−1)/2 + …
    assert geometric_sum(1e-15, steps) == pytest.approx(steps - 1e-15 * steps * (steps - 1) / 2, rel=1e-12)
    assert geometric_sum(-1e-9, steps) == pytest.approx(1e9 * np.expm1(1.0), rel=1e-8)


@given(st.floats(0.001, 0.6), st.integers(1, 60), st.floats(-0.2, 1.0), st.floats(0.0, 3.0))
def test_no_eigenvalue_between_the_ends_has_a_response_beyond_their_bounds(
    rate: float, steps: int, low: float, width: float
) -> None:
    values = np.linspace(low, low + width, 200)
    response = np.abs(rate * geometric_sum(rate * values, steps))
    ends = (rate, steps, low, low + width)
    assert response.max() <= driven_largest(*ends) * (1 + 1e-12)
    assert response.min() >= driven_smallest(*ends) * (1 - 1e-12)


@pytest.mark.parametrize(
    ("push", "growth", "start"),
    [(0.1, 1.0, 0.0), (0.1, 0.9, 1.0), (0.0, 1.01, 2.0), (0.2, 1.3, 0.0), (0.1, 0.0, 3.0), (0.0, 0.0, 1.0)],
)
def test_linear_majorants_are_their_recursion(push: float, growth: float, start: float) -> None:
    expected = [start]
    for _ in range(50):
        expected.append(growth * expected[-1] + push)
    np.testing.assert_allclose(iterates([push, growth], start, 50), expected, rtol=1e-13)
    assert np.isinf(iterates([1.0, 2.0], 0.0, 2000)[-1])


@pytest.mark.parametrize(
    ("norms", "start"),
    [
        ([0.1, 0.9], 0.0),
        ([0.2, 1.3], 2.0),
        ([0.0, 0.0], 1.0),
        ([0.1, 0.9, 0.01], 0.5),
        ([[0.1, 0.9], [0.2, 1.1], [0.1, 0.5]], 0.5),
    ],
    ids=["linear", "growing", "gone at once", "quadratic", "three steps in turn"],
)
def test_bounds_at_some_steps_are_those_of_the_whole_run(norms: list[float], start: float) -> None:
    steps = [0, 7, 1, 30, 7]
    np.testing.assert_allclose(
        iterates_at(norms, start, steps), iterates(norms, start, 30)[steps], rtol=1e-15
    )
    assert iterates_at(norms, start, []).shape == (0,)


@pytest.mark.parametrize("rates", [np.full(40, 0.1), np.linspace(0.3, 0.05, 40)], ids=["one", "many"])
def test_a_run_knows_its_bounds_at_some_steps(rates: NDArray[np.float64]) -> None:
    run = Recursion(-0.5, 2.0, rates, gradient=0.3)
    steps = [40, 0, 13]
    np.testing.assert_allclose(run.size_bounds_at(steps), run.size_bounds[steps], rtol=1e-14)
    expected = [math.prod(run.growths[:t].tolist()) for t in steps]
    np.testing.assert_allclose(run.grown_at(steps), expected, rtol=1e-13)
