"""Momentum: certified coordinates and powers against brute force over modes and steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgd_compiler.analysis.heavy_ball import heavy_ball
from qgd_compiler.analysis.power_norms import heavy_ball_powers, toeplitz_inverse_norm


def one_step(eigenvalue: float, rate: float, momentum: float) -> np.ndarray:
    """(u, v) to (u + βv − ηλu, βv − ηλu), written out."""
    return np.array([[1 - rate * eigenvalue, momentum], [-rate * eigenvalue, momentum]])


@settings(max_examples=25)
@given(
    st.floats(-0.5, 0.5), st.floats(0.5, 3), st.floats(0.01, 0.3), st.floats(0.1, 0.95), st.integers(1, 40)
)
def test_no_power_of_any_mode_exceeds_its_bounds(
    low: float, high: float, rate: float, momentum: float, steps: int
) -> None:
    found = heavy_ball(low, high, rate, momentum, steps)
    powers = heavy_ball_powers(low, high, rate, momentum, steps)
    back = np.linalg.inv(found.transform)
    for eigenvalue in np.linspace(low, high, 23):
        m = one_step(eigenvalue, rate, momentum)
        assert np.linalg.norm(found.transform @ m @ back, 2) <= found.growth * (1 + 1e-9)
        power = np.eye(2)
        for t in range(steps + 1):
            size = np.linalg.norm(power, 2)
            assert size <= found.power_bound(t) * (1 + 1e-9)
            assert powers is None or size <= powers[t] * (1 + 1e-9)
            power = m @ power
    ends = [one_step(e, rate, momentum) for e in (low, high)]
    assert found.radius == pytest.approx(max(np.abs(np.linalg.eigvals(m)).max() for m in ends))


def test_the_powers_are_not_far_above_the_largest_mode() -> None:
    powers = heavy_ball_powers(0.1, 1.0, 0.1, 0.9, 100)
    assert powers is not None
    modes = np.linspace(0.1, 1.0, 4001)
    largest = [
        max(np.linalg.norm(np.linalg.matrix_power(one_step(e, 0.1, 0.9), t), 2) for e in modes)
        for t in (1, 10, 50)
    ]
    # the cells may cost 2 % of the sum of all powers
    np.testing.assert_allclose(powers[[1, 10, 50]], largest, atol=0.02 * powers.max())
    assert powers.max() > 4  # it grows fivefold before it decays
    assert powers[-1] < 0.1


@pytest.mark.parametrize("padding", [0, 7, 40])
@pytest.mark.parametrize(("low", "momentum"), [(0.1, 0.9), (-0.3, 0.5), (0.0, 0.5)])
def test_the_inverse_of_the_history_is_bounded_for_every_mode(
    low: float, momentum: float, padding: int
) -> None:
    steps, rate = 30, 0.1
    powers = heavy_ball_powers(low, 1.2, rate, momentum, steps)
    assert powers is not None
    bound = toeplitz_inverse_norm(powers, padding)
    worst = 0.0
    for eigenvalue in np.linspace(low, 1.2, 15):
        rows = steps + 1 + padding
        whole = np.eye(2 * rows)
        for t in range(rows - 1):
            block = one_step(eigenvalue, rate, momentum) if t < steps else np.eye(2)
            whole[2 * t + 2 : 2 * t + 4, 2 * t : 2 * t + 2] = -block
        worst = max(worst, np.linalg.norm(np.linalg.inv(whole), 2))
    assert worst <= bound * (1 + 1e-9)
    assert bound <= 1.5 * worst


def test_a_run_of_pairs_in_the_coordinates_is_the_run_of_pairs() -> None:
    found = heavy_ball(-0.1, 2.0, 0.1, 0.8, 50)
    eigenvalue, rate = 0.7, 0.1
    step = np.eye(2) - rate * eigenvalue * found.hessian_factor() - found.coasting_factor()
    meant = found.transform @ one_step(eigenvalue, rate, 0.8) @ np.linalg.inv(found.transform)
    np.testing.assert_allclose(step, meant, atol=1e-12)
    pair = np.array([0.3, -0.2])
    assert found.position() @ (found.transform @ pair) == pytest.approx(0.3)
    np.testing.assert_allclose(found.push(), found.transform @ [1, 1])


def test_too_long_runs_have_no_powers_but_still_coordinates() -> None:
    assert heavy_ball_powers(0.1, 1.0, 0.1, 0.9, 10**6) is None
    assert heavy_ball(0.1, 1.0, 0.1, 0.9, 10**6).growth < 1.2
