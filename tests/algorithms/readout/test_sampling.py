"""Claims about samples against exact tails of binomial and multinomial distributions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from qgd_compiler.algorithms.readout.sampling import (
    balance_of,
    fewest,
    fewest_for_signs,
    magnitude_failure,
    norm_failure,
    sign_failure,
    unseen_failure,
)


def magnitude_off(p: float, results: int, delta: float) -> float:
    """The exact probability that |√p̂ − √p| > δ."""
    counts = np.arange(results + 1)
    off = np.abs(np.sqrt(counts / results) - math.sqrt(p)) > delta + 1e-12
    return float(stats.binom.pmf(counts, results, p)[off].sum())


@pytest.mark.parametrize("results", [7, 40, 300])
@pytest.mark.parametrize("delta", [0.03, 0.1, 0.25])
def test_no_single_magnitude_is_off_more_often_than_claimed(results: int, delta: float) -> None:
    for p in np.concatenate([np.geomspace(1e-6, 0.5, 60), 1 - np.geomspace(1e-6, 0.5, 20)]):
        assert magnitude_off(float(p), results, delta) <= magnitude_failure(results, delta, 1) + 1e-12


def test_the_union_over_equal_entries_holds_and_is_not_loose_by_more_than_a_hundred() -> None:
    """100 entries of 0.1, at the δ of the worst one: the true failure is at most the sum of the exact tails."""
    delta, results = 0.0999, 700
    exact = 100 * magnitude_off(0.01, results, delta)
    claimed = magnitude_failure(results, delta, 100)
    assert exact <= claimed <= 100 * exact


def test_small_entries_do_not_count_for_the_lower_tail() -> None:
    assert magnitude_failure(900, 0.1, 10**6) < 2 * 100 * math.exp(-9) + 10**6 * math.exp(-18)
    assert magnitude_failure(900, 0.1, 10**6) > 10**6 * math.exp(-18)


@pytest.mark.parametrize("x", [0.15, 0.4, 0.8])
@pytest.mark.parametrize("phi", [0.15, 0.3, 0.7])
@pytest.mark.parametrize("results", [5, 20, 60])
def test_no_sign_is_wrong_more_often_than_claimed(x: float, phi: float, results: int) -> None:
    right, wrong = (x + phi) ** 2 / 4, (x - phi) ** 2 / 4
    seen = np.arange(results + 1)
    exact = sum(
        stats.binom.pmf(total, results, right + wrong)
        * stats.binom.sf(math.ceil(total / 2) - 1, total, wrong / (right + wrong))
        for total in seen
    )
    assert exact <= sign_failure(results, min(x, phi), 1) + 1e-12


def test_a_weight_that_is_off_is_paid_for() -> None:
    """Weights 0.7 : 0.3 after success."""
    x, phi, results, spread = 0.5, 0.5, 25, 7 / 3
    right = (math.sqrt(0.7) * x + math.sqrt(0.3) * phi) ** 2 / 2
    wrong = (math.sqrt(0.7) * x - math.sqrt(0.3) * phi) ** 2 / 2
    exact = sum(
        stats.binom.pmf(total, results, right + wrong)
        * stats.binom.sf(math.ceil(total / 2) - 1, total, wrong / (right + wrong))
        for total in range(results + 1)
    )
    assert balance_of(spread) == pytest.approx(0.6)
    assert sign_failure(results, 0.5, 1) < exact * 3 < 30 * sign_failure(results, 0.5, 1, balance_of(spread))
    assert exact <= sign_failure(results, 0.5, 1, balance_of(spread))


@pytest.mark.parametrize("p", [(0.2, 0.3, 0.5), (0.01, 0.01, 0.98), (1 / 3, 1 / 3, 1 / 3)])
@pytest.mark.parametrize("distance", [0.3, 0.45, 0.6])
def test_a_whole_vector_is_not_off_more_often_than_claimed(p: tuple[float, ...], distance: float) -> None:
    results = 30
    exact = 0.0
    for a, b in itertools.product(range(results + 1), repeat=2):
        if a + b > results:
            continue
        counts = (a, b, results - a - b)
        off = math.dist([math.sqrt(c / results) for c in counts], [math.sqrt(q) for q in p])
        if off > distance:
            exact += stats.multinomial.pmf(counts, results, p)
    assert exact <= norm_failure(results, distance, 3)


def test_the_bound_on_a_whole_vector_is_the_published_one() -> None:
    # Agrawal, arXiv:1904.02291: e^{-n eps} (e eps n/(k-1))^{k-1} with n = 100, eps = 0.1, k = 4
    assert norm_failure(100, math.sqrt(0.1), 4) == pytest.approx(math.exp(-10) * (math.e * 10 / 3) ** 3)
    assert norm_failure(29, math.sqrt(0.1), 4) == 1.0, "below (k-1)/n it says nothing"


def test_an_entry_at_the_threshold_is_missed_exactly_as_often() -> None:
    assert unseen_failure(17, 0.3, 1) == pytest.approx(0.91**17)
    assert unseen_failure(17, 0.3, 5) == pytest.approx(5 * 0.91**17)


def test_the_smallest_number_is_found_whatever_it_is() -> None:
    for least in (1, 2, 3, 4, 5, 31, 32, 33, 10**20 + 7):
        assert fewest(lambda n, least=least: n >= least) == least


def test_a_number_of_results_beyond_float64_is_found_at_once() -> None:
    found = fewest_for_signs(1e-12, 10**7, 1e-3)
    assert sign_failure(found, 1e-12, 10**7) <= 1e-3
    assert sign_failure(int(found * 0.999), 1e-12, 10**7) > 1e-3
