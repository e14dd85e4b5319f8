"""Cuts against modes that are run one by one, and against Newton and Kantorovich's number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgd_compiler.analysis.cuts import class_cuts
from qgd_compiler.analysis.learning_rates import cosine
from qgd_compiler.analysis.recursion import Recursion


def growth_of_a_mode(eigenvalue: float, rates: np.ndarray, momentum: float) -> float:
    """|u_T| of a mode that starts at 1 at rest."""
    u, v = 1.0, 0.0
    for rate in rates:
        v = momentum * v - rate * eigenvalue * u
        u += v
    return abs(u)


@settings(max_examples=80, deadline=None)
@given(st.integers(-3000, 500).map(lambda k: k / 1000), st.floats(0.6, 4), st.booleans(), st.integers(1, 200))
def test_modes_above_the_cuts_do_what_their_class_says_and_one_below_does_not(
    low: float, high: float, scheduled: bool, steps: int
) -> None:
    rates = cosine(0.1, steps, 0.01) if scheduled else np.full(steps, 0.1)
    cuts = class_cuts(Recursion(low, high, rates))
    if -low >= high * (1 - 1e-6):  # no mode is left above the negative ones
        assert cuts.fully is None or low == 0
        return
    assert cuts.almost is not None and cuts.fully is not None and cuts.almost <= cuts.fully
    modes = np.linspace(low, high, 301)
    for cut, limit in ((cuts.almost, math.e), (cuts.fully, 1.0)):
        left = [growth_of_a_mode(m, rates, 0.0) for m in modes if abs(m) > cut + 1e-6]
        assert all(g <= limit * (1 + 1e-9) for g in left)
        if cut > 0:
            assert cut == pytest.approx(-low) and growth_of_a_mode(low, rates, 0.0) > limit


@pytest.mark.parametrize("low", [-0.5, -0.02, 0.1])
def test_momentum_has_the_cuts_of_its_modes_in_the_long_run(low: float) -> None:
    rates = np.full(60, 0.05)
    cuts = class_cuts(Recursion(low, 2.0, rates, momentum=0.9))
    assert cuts.fully == pytest.approx(max(0.0, -low))
    grown = growth_of_a_mode(low, rates, 0.9)
    assert (cuts.almost == 0) == (grown < 3)  # e, and the transient beside it


def test_no_cut_helps_where_the_steepest_mode_overshoots() -> None:
    cuts = class_cuts(Recursion(-1.0, 30.0, np.full(50, 0.1)))
    assert cuts.almost is None and cuts.fully is None
    assert class_cuts(Recursion(-3.0, 2.0, np.full(50, 0.1))).fully is None  # nothing is left above 3


@settings(max_examples=40, deadline=None)
@given(st.floats(-1.5, 0.5), st.floats(0.05, 1.5), st.floats(0.05, 2.0))
def test_the_full_cut_of_a_nonlinear_run_is_the_root_of_newton_and_kantorovich(
    low: float, gradient: float, third: float
) -> None:
    cuts = class_cuts(Recursion(low, 4.0, np.full(30, 0.1), gradient=gradient, higher=(third / 2,)))
    # 2 |g| |d3L| / c² = 1
    root = math.sqrt(2 * gradient * third)
    if low > root * (1 + 1e-6):
        assert cuts.fully == 0
    elif root < 4.0 * (1 - 1e-6):
        assert cuts.fully == pytest.approx(max(root, -low), rel=1e-5)
    else:
        assert cuts.fully is None


@given(st.floats(0.05, 0.6), st.floats(0.02, 1.0))
@settings(max_examples=40, deadline=None)
def test_almost_dissipative_is_not_said_of_a_run_that_nonlinear_terms_blow_up(
    gradient: float, third: float
) -> None:
    more: dict[str, Any] = {"gradient": gradient, "higher": (third / 2,)}
    cuts = class_cuts(Recursion(-0.3, 3.0, np.full(60, 0.1), **more))
    if cuts.almost is None or cuts.almost > 2.9:
        return
    c, sizes = max(cuts.almost, 0.0), [0.0]
    slope = 1 + 0.03 if c == 0 else 1 - 0.1 * c
    for _ in range(60):
        sizes.append(0.1 * gradient + slope * sizes[-1] + 0.05 * third * sizes[-1] ** 2)
    assert 60 * 0.05 * third * max(sizes) <= 1 + 1e-6
