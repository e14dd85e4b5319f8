"""Segments: cut exactly, errors that accumulate as in a real loop, a budget that no other split beats."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgd_compiler.algorithms.segments import (
    accumulated,
    cut,
    cut_at,
    entry_precision,
    growths,
    split,
    step_growth,
)
from qgd_compiler.errors import InfeasibleError


@given(st.integers(1, 500), st.integers(1, 60), st.integers(0, 59))
@settings(max_examples=100, deadline=None)
def test_every_step_is_in_one_segment_and_runs_on_one_machine(
    iterations: int, length: int, warm_up: int
) -> None:
    if warm_up >= length:
        with pytest.raises(ValueError, match="cannot be cut"):
            cut(iterations, length, warm_up)
        return
    segments = cut(iterations, length, warm_up)
    assert len(segments) == math.ceil(iterations / length)
    assert [t for s in segments for t in range(s.start, s.end)] == list(range(iterations))
    for s in segments:
        assert 0 <= s.warm_up <= warm_up and s.steps + s.warm_up == s.end - s.start
        assert s.after == iterations - s.end
    assert all(s.warm_up == warm_up for s in segments[:-1])


def test_the_segments_of_the_seed_have_a_hundred_steps_and_ten_classical_ones() -> None:
    segments = cut(1000, 100, 10)
    assert len(segments) == 10
    assert {s.steps for s in segments} == {90}


def test_windows_follow_each_other_and_the_last_length_goes_on() -> None:
    segments = cut_at([3, 6, 11], 40)
    assert [(s.start, s.end) for s in segments] == [(0, 3), (3, 9), (9, 20), (20, 31), (31, 40)]
    assert [s.after for s in segments] == [37, 31, 20, 9, 0]
    with pytest.raises(ValueError, match="leaves no room"):
        cut_at([3, 6], 40, warm_up=3)


@pytest.mark.parametrize("seed", range(20))
def test_no_loop_of_noisy_segments_ends_further_away_than_the_bound(seed: int) -> None:
    """A nonlinear iteration with errors of a given size after every segment, in the worst of many directions."""
    rng = np.random.default_rng(seed)
    n, eta, radius = 3, 0.1, 1.0
    linear = rng.normal(size=(n, n))
    linear = linear @ linear.T / 3 - 0.2 * np.eye(n)
    tensor = rng.normal(size=(n, n, n)) * 0.3
    flat = np.linalg.norm(tensor.reshape(n, n * n), 2)

    def step(u: np.ndarray) -> np.ndarray:
        return np.asarray(u - eta * (linear @ u) + eta * np.einsum("ijk,j,k->i", tensor, u, u))

    growth = step_growth(float(np.linalg.norm(np.eye(n) - eta * linear, 2)), eta * float(flat), 0.0, radius)
    segments = cut(23, 7, 2)
    sizes = [0.01, 0.002, 0.02, 0.005]
    bound = accumulated(sizes, growths(segments, growth))
    start = rng.normal(size=n)
    start *= 0.2 / np.linalg.norm(start)
    exact = start
    for _ in range(23):
        exact = step(exact)
    assert np.linalg.norm(exact) < 0.9 * radius
    worst = 0.0
    for _ in range(30):
        u = start
        for segment, size in zip(segments, sizes, strict=True):
            for _ in range(segment.end - segment.start):
                u = step(u)
            direction = rng.normal(size=n)
            u = u + size * direction / np.linalg.norm(direction)
        worst = max(worst, float(np.linalg.norm(u - exact)))
    assert 0 < worst <= bound


def test_the_bound_is_attained_by_a_line() -> None:
    segments = cut(10, 4)
    factors = growths(segments, 1.5)
    u = 1.0
    for segment, size in zip(segments, (0.1, 0.2, 0.3), strict=True):
        u = u * 1.5 ** (segment.end - segment.start) + size
    assert u - 1.5**10 == pytest.approx(accumulated((0.1, 0.2, 0.3), factors))


def test_cubic_steps_grow_as_their_derivative() -> None:
    def step(u: float) -> float:
        return 0.9 * u + 0.3 * u**2 + 0.2 * u**3

    slope = max((step(x + 1e-6) - step(x - 1e-6)) / 2e-6 for x in np.linspace(-0.5, 0.5, 101))
    assert step_growth(0.9, 0.3, 0.2, 0.5) == pytest.approx(slope, rel=1e-6)


@given(
    st.lists(st.tuples(st.floats(0.1, 50), st.floats(0.1, 50)), min_size=2, max_size=5),
    st.sampled_from([1.0, 2.0]),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_no_other_split_of_the_budget_is_cheaper(
    pairs: list[tuple[float, float]], exponent: float, seed: int
) -> None:
    factors, weights = zip(*pairs, strict=True)
    errors = split(0.2, factors, weights, exponent)
    assert accumulated(errors, factors) == pytest.approx(0.2)
    least = sum(w / e**exponent for w, e in zip(weights, errors, strict=True))
    rng = np.random.default_rng(seed)
    for _ in range(50):
        other = np.array(errors) * rng.uniform(0.5, 2, len(errors))
        other *= 0.2 / accumulated(other.tolist(), factors)
        assert sum(w / e**exponent for w, e in zip(weights, other, strict=True)) >= least * (1 - 1e-9)


def test_growth_beyond_all_numbers_is_refused_with_its_exponent() -> None:
    with pytest.raises(InfeasibleError, match=r"e\^381"):
        growths(cut(5000, 1000), 1.1)
    assert growths(cut(5000, 1000), 0.9)[-1] == 1.0


def test_entries_within_delta_make_a_vector_within_root_r_times_as_much() -> None:
    assert np.linalg.norm(np.full(49, entry_precision(0.7, 49))) == pytest.approx(0.7)


def test_errors_that_fade_beyond_all_floats_share_the_budget_too() -> None:
    segments = cut(54_031, 18_010)
    factors = growths(segments, 0.962)
    assert 0.962 ** segments[0].after == 0 < factors[0]
    shared = split(1.0, factors, [1.0] * len(factors))
    assert all(math.isfinite(e) and e > 0 for e in shared)
    assert accumulated(shared, factors) == pytest.approx(1.0)
    assert shared[0] > shared[-1]
