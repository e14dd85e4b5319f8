"""Amplitude estimation, run on exact distributions of outcomes: it is within ε as often as claimed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qgd_compiler.algorithms.readout.amplitude_estimation import (
    by_phase,
    estimations,
    iterative,
    majority,
    median_repeats,
    miss,
    points,
)
from qgd_compiler.kinds import Kind


def phase_outcomes(theta: float, bits: int) -> np.ndarray:
    """The distribution of a phase estimation of the Grover iterate, by multiplying matrices."""
    points_ = 2**bits
    state = np.array([math.cos(theta), math.sin(theta)])
    iterate = np.array(
        [[math.cos(2 * theta), -math.sin(2 * theta)], [math.sin(2 * theta), math.cos(2 * theta)]]
    )
    rows = [state]
    for _ in range(points_ - 1):
        rows.append(iterate @ rows[-1])
    transformed = np.fft.fft(np.array(rows), axis=0) / points_
    return np.sum(np.abs(transformed) ** 2, axis=1)


def angle_of(outcomes: np.ndarray, bits: int) -> np.ndarray:
    return np.arcsin(np.abs(np.sin(np.pi * outcomes / 2**bits)))


@pytest.mark.parametrize(("epsilon", "failure"), [(0.2, 0.2), (0.1, 0.05), (0.03, 0.01), (0.011, 1e-6)])
def test_the_median_of_phase_estimations_is_within_epsilon(epsilon: float, failure: float) -> None:
    bits, repeats = points(epsilon, failure)
    assert math.pi / 2**bits <= epsilon
    for theta in np.linspace(1e-3, math.pi / 2 - 1e-3, 23):
        outcomes = phase_outcomes(float(theta), bits)
        found = angle_of(np.arange(2**bits), bits)
        too_low = float(outcomes[found < theta - epsilon].sum())
        too_high = float(outcomes[found > theta + epsilon].sum())
        assert majority(repeats, too_low) + majority(repeats, too_high) <= failure
        assert too_low + too_high < 0.5


@pytest.mark.parametrize("within", [1, 2, 3, 5])
def test_one_phase_estimation_misses_by_so_many_points_no_more_often_than_published(within: int) -> None:
    bits = 6
    found = angle_of(np.arange(2**bits), bits)
    worst = 0.0
    for theta in np.linspace(0.01, 1.56, 200):
        far = np.abs(found - theta) > within * math.pi / 2**bits
        worst = max(worst, float(phase_outcomes(float(theta), bits)[far].sum()))
    assert 0.9 * miss(within) < worst <= miss(within)
    assert miss(1) == pytest.approx(1 - 8 / math.pi**2), "Brassard et al., theorem 11"


def test_a_register_with_points_further_apart_than_epsilon_misses_too_often() -> None:
    bits, repeats = points(0.1, 0.05)
    short = math.floor(math.log2(math.pi / 0.1)) - 1
    assert short < bits
    found = angle_of(np.arange(2**short), short)
    missed = max(
        float(phase_outcomes(theta, short)[np.abs(found - theta) > 0.1].sum())
        for theta in np.linspace(0.2, 1.3, 50)
    )
    assert majority(repeats, missed) > 0.05


def test_a_majority_of_misses_is_the_binomial_tail() -> None:
    rng = np.random.default_rng(0)
    drawn = (rng.random((200_000, 5)) < 0.3).sum(axis=1) >= 3
    assert majority(5, 0.3) == pytest.approx(drawn.mean(), abs=0.004)
    assert median_repeats(0.1, 0.2) == 1
    assert majority(median_repeats(0.3, 1e-3), 0.3) <= 1e-3 < majority(median_repeats(0.3, 1e-3) - 2, 0.3)


def test_phase_estimation_uses_every_iterate_of_its_register() -> None:
    bits, repeats = points(0.03, 0.01)
    (phase,) = by_phase(0.03, 0.01).phases
    assert phase.circuits == repeats
    assert phase.iterates == repeats * sum(2**j for j in range(bits))
    assert phase.expected_runs(0.5) == repeats * (1 + 2 * (2**bits - 1))


def next_power(k: int, upper_half: bool, low: float, high: float) -> tuple[int, bool]:
    """The largest power whose interval stays within one half circle (arXiv:1912.05559, algorithm 2); in turns."""
    old = 4 * k + 2
    factor = int(1 / (2 * (high - low)))
    factor -= (factor - 2) % 4
    while factor >= 2 * old:
        a, b = (factor * low) % 1, (factor * high) % 1
        if a <= b <= 0.5:
            return (factor - 2) // 4, True
        if 0.5 <= a <= b:
            return (factor - 2) // 4, False
        factor -= 4
    return k, upper_half


def iterate(
    amplitude: float, epsilon: float, failure: float, rng: np.random.Generator
) -> tuple[float, int, int]:
    """Iterative estimation with Chernoff intervals: the angle in the middle, the iterates, the circuits."""
    theta = math.asin(amplitude)
    low, high, k, upper = 0.0, 0.25, 0, True  # 2θ/2π in turns: θ/2π
    rounds = int(math.log2(math.pi / (8 * epsilon))) + 1
    shots, iterates, circuits = 50, 0, 0
    ones = total = 0
    while high - low > 2 * epsilon / (2 * math.pi):
        previous = k
        k, upper = next_power(k, upper, low, high)
        if k != previous:
            ones = total = 0
        ones += int(rng.binomial(shots, math.sin((2 * k + 1) * theta) ** 2))
        total += shots
        iterates += shots * k
        circuits += shots
        width = math.sqrt(math.log(2 * rounds / failure) / (2 * total))
        share = ones / total
        least, most = max(0.0, share - width), min(1.0, share + width)
        factor = 4 * k + 2
        ends = [math.acos(1 - 2 * a) / (2 * math.pi) for a in (least, most)]
        if not upper:
            ends = [1 - ends[1], 1 - ends[0]]
        turns = int(factor * low)
        low, high = (max(low, (turns + ends[0]) / factor), min(high, (turns + ends[1]) / factor))
    return 2 * math.pi * (low + high) / 2, iterates, circuits


def test_iterative_estimation_stays_within_its_counts_and_its_epsilon() -> None:
    rng = np.random.default_rng(5)
    epsilon, failure = 0.005, 0.05
    (proven,) = iterative(epsilon, failure).phases
    (seen,) = iterative(epsilon, failure, observed=True).phases
    missed, iterates_seen, circuits_seen = 0, [], []
    for _ in range(150):
        amplitude = float(rng.uniform(0.05, 0.95))
        theta, iterates, circuits = iterate(amplitude, epsilon, failure, rng)
        missed += abs(math.sin(theta) - amplitude) > epsilon
        iterates_seen.append(iterates)
        circuits_seen.append(circuits)
    assert missed <= 150 * failure
    assert max(iterates_seen) <= proven.iterates
    assert max(circuits_seen) <= proven.circuits
    assert np.mean(iterates_seen) > proven.iterates / 100, "the count is of the right order"
    assert (proven.kind, seen.kind) == (Kind.BOUND, Kind.FIT)
    assert seen.iterates == pytest.approx(proven.iterates * 14 / 50, abs=1)


def test_the_iterative_counts_are_the_published_ones() -> None:
    # arXiv:1912.05559, theorem 1, at epsilon = 0.001, alpha = 0.05, by hand: log2(pi/0.004) = 9.6173
    (phase,) = iterative(1e-3, 0.05).phases
    assert phase.iterates == math.ceil(50_000 * math.log(384.69277))
    assert phase.circuits == pytest.approx(10 * 103.9 * math.log(384.69277), rel=1e-3)


def test_all_ways_are_offered() -> None:
    assert [way.kind for way in estimations(0.01, 0.05)] == [Kind.BOUND, Kind.BOUND, Kind.FIT]
