"""Runs of gradient descent: by modes against step by step, probabilities against the solved system."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from qgd_compiler.algorithms.problem import HistorySums
from qgd_compiler.analysis import trajectory
from qgd_compiler.analysis.geometric import geometric_sums
from qgd_compiler.analysis.run_bounds import (
    final_over_total_bound,
    final_over_total_from_largest,
)
from qgd_compiler.analysis.trajectory import follow, iterate
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Kind, Source


def draw(seed: int) -> tuple[np.ndarray, np.ndarray, float, int]:
    """A random symmetric Hessian, gradient, learning rate and number of steps; some grow, some overshoot."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 6))
    root = rng.normal(size=(n, n))
    hessian = (root + root.T) / 2 if rng.random() < 0.5 else root @ root.T / n
    largest = np.abs(np.linalg.eigvalsh(hessian)).max()
    return hessian, rng.normal(size=n), float(rng.uniform(0.01, 2.1) / largest), int(rng.integers(1, 40))


def run(hessian: np.ndarray, gradient: np.ndarray, rate: float, iterations: int) -> np.ndarray:
    """u_1 ... u_T, one row a step, by the definition."""
    u, rows = np.zeros(len(gradient)), []
    for _ in range(iterations):
        u = u - rate * (hessian @ u + gradient)
        rows.append(u)
    return np.array(rows)


@given(seed=st.integers(0, 2**32 - 1))
def test_modes_give_the_sums_of_the_run_taken_step_by_step(seed: int) -> None:
    hessian, gradient, rate, iterations = draw(seed)
    steps = run(hessian, gradient, rate, iterations)
    squares = (steps**2).sum(axis=1)
    found = follow(hessian, gradient, rate, iterations)
    assert found.final == pytest.approx(squares[-1], rel=1e-9)
    assert found.total == pytest.approx(squares.sum(), rel=1e-9)
    assert found.largest == pytest.approx(squares.max(), rel=1e-9)
    assert found.largest_kind is Kind.EXACT
    np.testing.assert_allclose(found.last, steps[-1], rtol=1e-8, atol=1e-9 * np.abs(steps).max())


@given(seed=st.integers(0, 2**32 - 1))
def test_iterating_a_product_gives_every_norm(seed: int) -> None:
    hessian, gradient, rate, iterations = draw(seed)
    steps = run(hessian, gradient, rate, iterations)
    norms, last = iterate(lambda u: hessian @ u, gradient, rate, iterations)
    assert norms[0] == 0
    np.testing.assert_allclose(norms[1:], np.linalg.norm(steps, axis=1))
    np.testing.assert_allclose(last, steps[-1])


def test_above_the_dense_limit_the_run_is_iterated_with_the_same_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hessian, gradient, rate, _ = draw(7)
    modes = follow(sparse.csr_array(hessian), gradient, rate, 30)
    monkeypatch.setattr(trajectory, "DENSE_LIMIT", 0)
    seen: list[tuple[int, int]] = []
    steps = follow(
        sparse.csr_array(hessian), gradient, rate, 30, progress=lambda t, total: seen.append((t, total))
    )
    assert (steps.final, steps.total, steps.largest) == pytest.approx(
        (modes.final, modes.total, modes.largest)
    )
    np.testing.assert_allclose(steps.last, modes.last)
    assert seen[-1] == (30, 30)
    assert "products" in steps.method


@given(seed=st.integers(0, 2**32 - 1), padding=st.integers(0, 9))
def test_the_final_probability_is_that_of_the_solved_history_system(seed: int, padding: int) -> None:
    hessian, gradient, rate, iterations = draw(seed)
    iterations = min(iterations, 12)
    n, rows = len(gradient), iterations + 1 + padding
    matrix, right = np.eye(rows * n), np.zeros(rows * n)
    for row in range(1, rows):
        block = np.eye(n) - rate * hessian if row <= iterations else np.eye(n)
        matrix[row * n : (row + 1) * n, (row - 1) * n : row * n] = -block
        if row <= iterations:
            right[row * n : (row + 1) * n] = -rate * gradient
    solution = np.linalg.solve(matrix, right)
    weights = (solution.reshape(rows, n) ** 2).sum(axis=1)
    found = follow(hessian, gradient, rate, iterations)
    final, total = (found.final, found.final), (found.total, found.total)
    sums = HistorySums(final, final, total, float(right @ right), Source.MEASURED)
    chance = weights[iterations:].sum() / weights.sum()
    assert sums.probability(padding) == pytest.approx((chance, chance), rel=1e-8)
    norm = np.linalg.norm(solution) / np.linalg.norm(right)
    assert sums.solution_norm(padding) == pytest.approx((norm, norm), rel=1e-8)


@given(
    st.one_of(st.sampled_from([0.0, 1.0, -1.0, 1 - 1e-12, 1 + 1e-12, 1 - 1e-5]), st.floats(-1.01, 1.01)),
    st.integers(1, 300),
)
def test_doubling_gives_the_geometric_sums_and_their_squares(mu: float, iterations: int) -> None:
    s, total = 0.0, 0.0
    for _ in range(iterations):
        s = 1 + mu * s
        total += s * s
    last, squares = geometric_sums(np.array([mu]), iterations)
    assert last[0] == pytest.approx(s, rel=1e-10, abs=1e-10)
    assert squares[0] == pytest.approx(total, rel=1e-10)


def test_ten_million_steps_near_a_flat_direction_keep_all_digits() -> None:
    steps = 10**7
    last, squares = geometric_sums(np.array([1.0, 1 - 1e-13]), steps)
    assert last[0] == steps
    assert squares[0] == pytest.approx(steps * (steps + 1) * (2 * steps + 1) / 6, rel=1e-12)
    assert squares[1] == pytest.approx(squares[0], rel=2e-6)
    assert squares[1] < squares[0]


def test_a_long_run_of_the_digits_network_agrees_with_its_iteration(estimates: Path) -> None:
    data = estimates / "data"
    hessian = sparse.load_npz(data / "mlp64-32-10_tanh_ce_p90_t50.npz").astype(float)
    gradient = np.load(data / "mlp64-32-10_tanh_ce_p90_t50.aux.npz")["grad"].astype(float)
    norms, last = iterate(lambda u: hessian @ u, gradient, 0.01, 2000)
    found = follow(hessian, gradient, 0.01, 2000)
    assert found.final == pytest.approx(norms[-1] ** 2, rel=1e-9)
    assert found.total == pytest.approx((norms**2).sum(), rel=1e-9)
    np.testing.assert_allclose(found.last, last, atol=1e-9)


def test_the_largest_norm_of_a_long_rippling_run_is_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    hessian, gradient = np.diag([0.3, 1.9, 2.02]), np.array([0.4, 1.0, 0.1])
    true = (run(hessian, gradient, 1.0, 50) ** 2).sum(axis=1).max()
    monkeypatch.setattr(trajectory, "EVERY_STEP", 10)
    found = follow(hessian, gradient, 1.0, 50)
    assert found.largest_kind is Kind.BOUND
    assert true <= found.largest <= 3 * true


@given(seed=st.integers(0, 2**32 - 1), along=st.booleans())
def test_bounds_from_the_spectrum_hold_for_any_gradient(seed: int, along: bool) -> None:
    hessian, gradient, rate, iterations = draw(seed)
    values, vectors = np.linalg.eigh(hessian)
    modes = gradient @ vectors
    if along:  # one mode alone is the worst case
        modes = np.where(np.arange(len(modes)) == seed % len(modes), 1.0, 0.0)
    weights = np.zeros(iterations)
    s = np.zeros_like(modes)
    for t in range(iterations):
        s = 1 + (1 - rate * values) * s
        weights[t] = (modes**2) @ s**2
    share, ratio = weights[-1] / weights.sum(), np.sqrt(weights[-1] / weights.max())
    assert final_over_total_bound(values[-1], rate, iterations) <= share * (1 + 1e-9) + 1e-15
    assert final_over_total_from_largest(ratio, iterations) <= share * (1 + 1e-9)


@pytest.mark.parametrize("rate_times_largest", [0.01, 0.5, 1.0])
def test_the_bound_without_overshoot_is_attained_by_the_steepest_mode(rate_times_largest: float) -> None:
    squares = (run(np.array([[1.0]]), np.ones(1), rate_times_largest, 25) ** 2).sum(axis=1)
    bound = final_over_total_bound(1.0, rate_times_largest, 25)
    assert bound == pytest.approx(squares[-1] / squares.sum(), rel=1e-12)


def test_a_mode_that_may_return_to_the_start_leaves_no_bound() -> None:
    assert final_over_total_bound(2.0, 1.0, 10) == 0
    assert final_over_total_bound(2.0, 1.0, 11) > 0


def test_a_zero_gradient_is_refused() -> None:
    with pytest.raises(InfeasibleError, match="gradient is zero"):
        follow(np.eye(2), np.zeros(2), 0.1, 10)


def test_a_run_that_overflows_is_refused_with_its_size() -> None:
    with pytest.raises(InfeasibleError, match=r"grows by 10\^413.9"):
        follow(-np.eye(2), np.ones(2), 0.1, 10_000)
    with pytest.raises(InfeasibleError, match="exceeds 1e150 at step 36"):
        iterate(lambda u: -u, np.ones(2), 0.1, 10_000)
