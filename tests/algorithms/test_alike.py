"""Runs that share one search, and what each of them makes of it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from qgd_compiler.algorithms.arrays.alike import SHORT, Alike
from qgd_compiler.algorithms.arrays.choosing import ManyChoice, Nearby
from qgd_compiler.algorithms.arrays.declared import MOST_KEYS, DeclaredRuns
from qgd_compiler.algorithms.arrays.distinct import distinct, distinct_rows
from qgd_compiler.algorithms.plan import displacement_of, distance_of
from qgd_compiler.analysis.inverse_norm import history_inverse_norm


def runs(**columns: Any) -> DeclaredRuns:
    given = {
        "matrix": 0,
        "growth": 1.0,
        "rate": 0.1,
        "steps": 1000.0,
        "epsilon": 0.01,
        "kept": 0.001,
        "nonzeros": 100.0,
        "low": -0.01,
        "high": 4.0,
        "off": np.nan,
    }
    whole = np.broadcast_arrays(*(np.asarray(columns.get(name, value)) for name, value in given.items()))
    return DeclaredRuns(**{name: np.atleast_1d(v).copy() for name, v in zip(given, whole, strict=True)})


def test_runs_that_round_alike_share_one_and_others_do_not() -> None:
    found = Alike.of(runs(steps=[1000.0, 1100.0, 2000.0, 1000.0], epsilon=[0.01, 0.009, 0.01, 0.001]))
    assert found.number[0] == found.number[1]
    assert len(set(found.number.tolist())) == 3
    assert found.runs.steps[found.number].tolist() == [1024, 1024, 2048, 1024]


def test_what_is_not_rounded_tells_runs_apart() -> None:
    for name, pair in {
        "rate": [0.1, 0.11],
        "matrix": [0, 1],
        "growth": [1.0, 1.01],
        "nonzeros": [9.0, 10.0],
    }.items():
        assert len(Alike.of(runs(**{name: pair})).runs.steps) == 2, name


def test_a_value_that_is_not_a_number_is_one_like_any_other() -> None:
    found, number = distinct(np.array([np.nan, 2.0, np.nan, 1.0]))
    assert len(found) == 3
    assert number.tolist() == [2, 1, 2, 0]
    first, row = distinct_rows(np.array([np.nan, np.nan, 1.0]), np.array([1, 1, 1]))
    assert first.tolist() == [2, 0]
    assert row.tolist() == [1, 1, 0]


def test_short_runs_are_searched_as_they_are() -> None:
    given = runs(steps=[SHORT - 1.0, SHORT - 2.0], epsilon=0.011)
    found = Alike.of(given)
    for f in fields(given):
        assert np.array_equal(
            getattr(found.runs, f.name)[found.number], getattr(given, f.name), equal_nan=f.name == "off"
        )


def test_a_stationary_point_serves_the_rounded_run_where_it_serves_the_run() -> None:
    epsilon = np.array([0.011, 0.011, 0.011, 0.9, 0.011])
    off = np.array([0.0109999, 0.012, 0.0, 0.1, np.nan])
    found = Alike.of(runs(epsilon=epsilon, off=off))
    whole = found.runs
    assert ((whole.off < whole.epsilon)[found.number] == (off < epsilon)).all()
    assert (whole.epsilon < 1).all()


def test_a_choice_is_spread_over_the_runs_with_its_share_of_padding() -> None:
    found = Alike.of(runs(steps=[1000.0, 4000.0, 1030.0]))
    choice = ManyChoice.none(len(found.runs.steps))
    choice.padding[:] = found.runs.steps / 4
    choice.line[:] = np.arange(len(found.runs.steps)) + 5
    spread = found.spread(choice)
    assert spread.line[0] == spread.line[2] != spread.line[1]
    assert spread.shares.shape == (4, 3)
    assert found.share(choice).tolist() == [0.25] * 3


def test_paddings_near_a_share_hold_it_and_whole_registers() -> None:
    near = Nearby.of(runs(steps=1000.0), np.array([True]), np.array([0.5])).near
    assert {500.0, 23.0, 1047.0} <= set(near.rows[0].tolist())
    assert np.isfinite(near.norm).all()


def test_growing_runs_with_a_far_reach_have_a_table_of_their_own() -> None:
    given = runs(steps=1000.0, kept=[1e-3, 1e-6, 1e-6, 1e-6], growth=[1.001, 1.001, 1.0, 1.001])
    found = Nearby.of(given, np.full(4, True), np.array([1.0, 1.0, 100.0, 1.0]))
    assert found.far.tolist() == [False, True, False, True]
    assert (found.wide.rows[1] == given.paddings[0][1]).all()
    assert (found.wide.norm[1] == given.paddings[1][1]).all()
    assert found.near.rows[:, 0].tolist() == [1000.0, 0.0, 100_000.0, 0.0]
    moved = found.moved(np.array([False, True, True, True]), np.full(4, 2.0))
    assert moved.near.rows[:, 0].tolist() == [1000.0, 0.0, 2000.0, 0.0]
    assert found.near.rows[2, 0] == 100_000.0
    assert (Nearby.of(given, np.full(4, False), np.ones(4)).near.rows == 0).all()


@pytest.mark.parametrize("count", [3, 9000])
def test_runs_and_paddings_of_any_size_are_told_apart(count: int) -> None:
    steps = np.arange(3.0, 3.0 + count)
    given = runs(steps=steps, growth=0.9)
    padding = np.array([0.0, 7.0, 2.0**40 + 1, 2.0**44, 2.0**52])
    assert (count * padding.max() > MOST_KEYS) == (count == 9000)
    found = given.norms(np.arange(count)[:, None], np.broadcast_to(padding, (count, 5)))
    wanted = history_inverse_norm(0.9, steps[:, None], padding)
    assert np.allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("value", [1e-12, 1e-3, 0.3, 0.999, 1.0])
def test_distances_without_angles_are_those_of_angles(value: float) -> None:
    assert displacement_of(value) == pytest.approx(np.sin(2 * np.arcsin(value / 2)), rel=1e-13)
    assert distance_of(value) == pytest.approx(2 * np.sin(np.arcsin(value) / 2), rel=1e-13)
