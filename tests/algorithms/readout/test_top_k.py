"""The largest entries: seen, told apart from the rest, and read with their signs; drawn with NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qgd_compiler.algorithms.readout.top_k import results_to_see, top_k


def test_all_large_entries_are_seen_as_often_as_claimed_and_not_much_more_often() -> None:
    """Four entries of 0.2 in a vector of many: a failure of 5 % is nearly used up (measured: .043 of .05)."""
    k, threshold, failure = 4, 0.2, 0.05
    results = math.ceil(results_to_see(k, threshold, failure))
    (see_first,) = (way for way in top_k(10**6, k, threshold, 0.1, 3 * failure, 1.0) if len(way.phases) == 3)
    assert see_first.phases[0].kept == pytest.approx(results, rel=0.03)
    assert see_first.phases[0].kept <= results
    rng = np.random.default_rng(2)
    p = np.array([threshold**2] * k + [1 - k * threshold**2])
    counts = rng.multinomial(see_first.phases[0].kept, p, size=20_000)[:, :k]
    missed = np.mean(np.any(counts == 0, axis=1))
    assert 0.5 * failure < missed <= failure * 1.1


def test_the_largest_entries_come_back_within_delta() -> None:
    entries, k, delta, failure = 300, 5, 0.06, 0.1
    rng = np.random.default_rng(4)
    for way in top_k(entries, k, 0.2, delta, failure, 1.0):
        *_, magnitudes, signs = way.phases
        wrong = 0
        for _ in range(200):
            x = rng.normal(size=entries)
            large = rng.choice(entries, k, replace=False)
            x[large] *= 0
            x /= np.linalg.norm(x) / 0.6
            x[large] = rng.choice([-1, 1], k) * 0.8 / math.sqrt(k)
            seen = np.arange(entries)
            if len(way.phases) == 3:
                seen = np.flatnonzero(rng.multinomial(way.phases[0].kept, x * x))
            phi = np.sqrt(rng.multinomial(magnitudes.kept, x * x) / magnitudes.kept)
            both = np.concatenate([(x + phi) ** 2, (x - phi) ** 2]) / 4
            counts = rng.multinomial(signs.kept, both / both.sum())
            sign = np.where(counts[:entries] >= counts[entries:], 1, -1)
            chosen = seen[np.argsort(-phi[seen])[:k]]
            found = np.where(phi <= way.zero_below, 0, phi * sign)
            wrong += set(chosen) != set(large) or np.abs(found - x)[chosen].max() > delta
        assert wrong <= 200 * failure


def test_among_very_many_entries_seeing_first_needs_fewer_runs() -> None:
    few, many = (top_k(n, 10, 0.2, 0.01, 0.05, 0.5) for n in (20, 10**9))
    assert few[0].name.startswith("magnitudes of all")
    assert many[0].name.startswith("see")
    assert all(way.expected_runs(0.5) > 0 for way in (*few, *many))


def test_no_more_entries_are_read_than_there_are() -> None:
    assert top_k(3, 10, 0.2, 0.1, 0.05, 1.0) == top_k(3, 3, 0.2, 0.1, 0.05, 1.0)
