"""Paddings that are tried: from none to the reach of the last iterate, among them whole registers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgd_compiler.algorithms.access import Qrom
from qgd_compiler.algorithms.linear_solvers import LINEAR_SOLVERS
from qgd_compiler.algorithms.paddings import MOST_ROWS, bits_of, fillings_near, tried, tried_of_lifts
from qgd_compiler.algorithms.problem import HistorySums, System
from qgd_compiler.algorithms.routes.history import MOST_BY_ROW, HistoryRoute
from qgd_compiler.algorithms.systems.linear import LinearSystem
from qgd_compiler.kinds import Source
from qgd_compiler.spec.loader import validate
from qgd_compiler.study import study
from tests.jobs import declared

STEPS = st.integers(1, 2**30)
REACHES = st.floats(1, 1e14)


def whole(rows: float) -> bool:
    return float(np.log2(rows)).is_integer()


@given(STEPS, REACHES)
def test_the_table_goes_from_none_to_the_reach(steps: int, reach: float) -> None:
    row = tried(np.array([float(steps)]), np.array([reach]))[0]
    assert row[0] == 0
    assert float(steps) in row
    assert 2 * steps in row
    assert (np.diff(row) >= 0).all()
    assert (row == np.round(row)).all()
    assert row[-1] >= min(reach, MOST_ROWS - steps - 1)
    assert row[-1] + steps + 1 <= MOST_ROWS
    behind = np.unique(row[row > 4 * steps])
    assert all(whole(p + steps + 1) for p in behind)
    assert (behind[1:] / behind[:-1] < 2.5).all()
    assert len(behind) == 0 or behind[0] < 10 * steps + 10


@given(STEPS, REACHES, REACHES)
def test_what_is_tried_of_one_run_does_not_depend_on_its_neighbours(
    steps: int, reach: float, other: float
) -> None:
    alone = tried(np.array([float(steps)]), np.array([reach]))[0]
    beside = tried(np.array([float(steps), 7.0]), np.array([reach, other]))[0]
    assert np.array_equal(np.unique(alone), np.unique(beside))
    assert beside[-1] == alone[-1]


@pytest.mark.parametrize("bits", range(1, 49))
def test_registers_of_powers_of_two_are_exact(bits: int) -> None:
    rows = 2.0**bits + np.array([-1.0, 0.0, 1.0])
    assert bits_of(rows[1:]).tolist() == [bits, bits + 1]
    assert bits_of(rows[:1]).tolist() == [bits if bits > 1 else 0]


@given(STEPS, st.floats(0, 1e12))
def test_whole_registers_next_to_a_padding_lie_around_it(steps: int, padding: float) -> None:
    run = np.array([float(steps)])
    below, above = fillings_near(np.array([np.round(padding)]), run)[0]
    assert whole(below + steps + 1)
    assert whole(above + steps + 1)
    assert below <= max(np.round(padding), steps) < above + steps + 1
    assert above > np.round(padding)


def test_lifts_try_few_paddings_and_go_to_the_reach() -> None:
    assert tried_of_lifts(100, 1.0) == [27, 50, 100]
    assert tried_of_lifts(127, 1.0) == [63, 127, 128]
    far = tried_of_lifts(100, 1e6)
    assert far[:3] == [27, 50, 100]
    assert all(whole(p + 101) for p in far[3:])
    assert far[-1] >= 1e6


def sums(last: float, total: float) -> HistorySums:
    return HistorySums((last, last), (last, last), (total, total), None, Source.BOUND)


@given(st.floats(1e-6, 1.0), st.floats(1.0, 1e6))
def test_beyond_the_reach_a_padding_at_most_doubles_what_is_found(last: float, total: float) -> None:
    known = sums(last, total)
    assert known.probability(known.reach)[0] * 2 >= known.probability(1e300)[0]


def route_of(system: System) -> HistoryRoute:
    return HistoryRoute(system, 0.1, LINEAR_SOLVERS)


def test_a_single_plan_tries_what_arrays_try() -> None:
    made = study(validate(declared(-0.01, 4.0, 0.1, 200, solution={"final_over_max": 0.01})))
    route = route_of(made.problem().systems[0])
    candidate = next(iter(route.lines((Qrom(),)))).candidate
    asked = tried(np.array([200.0]), np.array([route.system.sums.reach]))[0]
    assert route.knobs(candidate) == sorted({int(p) for p in asked})
    assert route.knobs(candidate)[-1] > 10**6


@pytest.mark.parametrize(
    "changes",
    [
        {"dynamics__schedule": {"kind": "cosine", "final": 0.05}},
        {"dynamics__minibatches": {"count": 3}},
        {"dynamics__momentum": 0.5},
    ],
    ids=["schedule", "minibatches", "momentum"],
)
def test_what_is_worked_out_for_each_row_ends_sooner(changes: dict[str, Any]) -> None:
    spec = declared(-0.01, 4.0, 0.1, 200, **changes)
    system = study(validate(spec)).problem().systems[0]
    assert isinstance(system, LinearSystem)
    assert system.row_by_row
    system = replace(system, sums=sums(1.0, 1e9))
    route = route_of(system)
    most = route.knobs(next(iter(route.lines((Qrom(),)))).candidate)[-1]
    assert 1000 < most < MOST_BY_ROW


def test_a_solution_of_which_nothing_is_known_from_below_may_be_found_or_not() -> None:
    known = HistorySums((0.0, 1.0), (0.0, 2.0), (0.0, 3.0), None, Source.BOUND)
    assert known.probability(5) == (0.0, 1.0)
