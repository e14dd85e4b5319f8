"""Whole read-outs of random vectors, drawn with NumPy: the claimed failure probability holds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from qgd_compiler.algorithms.readout.parameters import in_norm, parameters, published, two_phases
from qgd_compiler.algorithms.readout.ways import Circuit, Way, cheapest
from qgd_compiler.kinds import Kind

Draw = Callable[[np.random.Generator, int], np.ndarray]


def random_direction(rng: np.random.Generator, entries: int) -> np.ndarray:
    return rng.normal(size=entries)


def few_large(rng: np.random.Generator, entries: int) -> np.ndarray:
    return rng.normal(size=entries) / np.arange(1, entries + 1)


def all_equal(rng: np.random.Generator, entries: int) -> np.ndarray:
    return rng.choice([-1.0, 1.0], size=entries)


def read(
    rng: np.random.Generator, x: np.ndarray, plain: int, interfered: int, zero_below: float
) -> np.ndarray:
    """The experiment: count plain results, interfere with their square roots, count again."""
    magnitudes = np.sqrt(rng.multinomial(plain, x * x) / plain)
    both = np.concatenate([(x + magnitudes) ** 2, (x - magnitudes) ** 2]) / 4
    counts = rng.multinomial(interfered, both / both.sum())
    plus, minus = counts[: len(x)], counts[len(x) :]
    return np.where(magnitudes <= zero_below, 0.0, magnitudes * np.where(plus >= minus, 1, -1))


def off(
    rng: np.random.Generator, way: Way, draw: Draw, entries: int, less: int = 1, times: int = 200
) -> np.ndarray:
    """Largest errors of entries and errors in the 2-norm over many experiments with 1/`less` of the results."""
    plain, interfered = (phase.kept // less for phase in way.phases)
    found = []
    for _ in range(times):
        x = draw(rng, entries)
        x /= np.linalg.norm(x)
        error = read(rng, x, plain, interfered, way.zero_below) - x
        found.append((np.abs(error).max(), np.linalg.norm(error)))
    return np.array(found)


@pytest.mark.parametrize("draw", [random_direction, few_large, all_equal])
@pytest.mark.parametrize(("entries", "delta"), [(5, 0.2), (64, 0.1), (400, 0.05)])
def test_entries_are_off_by_more_than_delta_no_more_often_than_claimed(
    draw: Draw, entries: int, delta: float
) -> None:
    way = two_phases(entries, delta, failure=0.05)
    assert [phase.circuit for phase in way.phases] == [Circuit.PLAIN, Circuit.INTERFERED]
    largest = off(np.random.default_rng(entries), way, draw, entries)[:, 0]
    assert np.mean(largest > delta) <= 0.05


def test_a_tenth_of_the_results_would_not_do() -> None:
    """Nine entries of 1/3 at δ = 1/3: an entry is lost when it is not seen or has the wrong sign."""
    way = two_phases(9, 0.3, failure=0.05)
    largest = off(np.random.default_rng(3), way, all_equal, 9, less=10)[:, 0]
    assert np.mean(largest > 0.3) > 0.05


@pytest.mark.parametrize("entries", [64, 256, 1024])
def test_a_quarter_of_the_published_results_passes_as_often_as_was_seen(entries: int) -> None:
    way = published(entries, 0.1, quarter=True)
    assert way.kind is Kind.FIT and way.failure is None
    largest = off(np.random.default_rng(entries), way, random_direction, entries)[:, 0]
    assert np.mean(largest <= 0.1) >= 0.85


def test_the_published_bound_is_what_the_literature_says() -> None:
    # arXiv:1911.01117: 36 ln d/delta^2 for each of two phases; d = 1000, delta = 0.1 by hand
    way = published(1000, 0.1, quarter=False)
    assert [phase.kept for phase in way.phases] == [24868, 24868]
    assert way.kind is Kind.BOUND
    assert [phase.kept for phase in published(1000, 0.1, quarter=True).phases] == [6217, 6217]


@pytest.mark.parametrize("entries", [40, 400])
@pytest.mark.parametrize("draw", [random_direction, few_large, all_equal])
def test_the_vector_is_off_in_the_two_norm_no_more_often_than_claimed(draw: Draw, entries: int) -> None:
    ways = {way.name: way for way in in_norm(entries, 0.3, 0.1, 1.0)}
    for name in ("magnitudes and signs, 2-norm", "magnitudes and signs, each entry within 1/√r of it"):
        distances = off(np.random.default_rng(7), ways[name], draw, entries)[:, 1]
        assert np.mean(distances > 0.3) <= 0.1
        assert ways[name].kind is Kind.BOUND


def test_the_observed_count_of_the_two_norm_does_for_random_vectors() -> None:
    (way,) = (w for w in in_norm(200, 0.2, 0.1, 1.0) if w.kind is Kind.FIT)
    distances = off(np.random.default_rng(7), way, random_direction, 200)[:, 1]
    assert np.median(distances) <= 0.2 * 1.5


def test_every_way_is_listed_and_the_cheapest_comes_first() -> None:
    ways = parameters(100, 0.02, 0.05, 0.4)
    runs = [way.expected_runs(0.4) for way in ways if not way.unavailable]
    assert runs == sorted(runs)
    assert ways[-1].unavailable and "2207.08800" in ways[-1].source
    assert cheapest(ways, 0.4, proven=True).kind is Kind.BOUND
    with pytest.raises(ValueError, match="no constants"):
        ways[-1].expected_runs(0.4)


def test_few_entries_to_a_high_precision_are_estimated_one_by_one() -> None:
    assert cheapest(parameters(10, 1e-3, 0.05, 1.0), 1.0).name == "one amplitude estimation per entry"
    assert cheapest(parameters(1000, 1e-1, 0.05, 1.0), 1.0, proven=True).name == "magnitudes and signs"


def test_a_result_that_is_kept_costs_as_many_runs_as_it_takes_to_succeed() -> None:
    """Drawn: the expected number of circuits until enough have succeeded."""
    way = two_phases(8, 0.4, failure=0.2, success=0.3)
    rng = np.random.default_rng(1)
    plain, interfered = (phase.kept for phase in way.phases)
    switch = 0.3 / 1.3  # the weight on the reference, which always succeeds
    drawn = []
    for _ in range(400):
        circuits = plain + rng.negative_binomial(plain, 0.3)
        each = switch + (1 - switch) * 0.3
        drawn.append(circuits + interfered + rng.negative_binomial(interfered, each))
    assert float(way.expected_runs(0.3)) == pytest.approx(np.mean(drawn), rel=0.02)
    assert math.isclose(float(way.phases[0].expected_runs(0.3)), plain / 0.3)
