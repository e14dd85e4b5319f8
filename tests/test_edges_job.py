"""Declared runs at the edge of what floats hold: a price or a clear error, never an internal one."""

from __future__ import annotations

import math

import pytest

import qgd_compiler
from qgd_compiler.algorithms.kernel_reflection import filter_degree
from qgd_compiler.algorithms.readout.sampling import fewest
from qgd_compiler.errors import InfeasibleError, SpecError
from tests.jobs import declared


def test_a_system_of_condition_number_one_needs_one_step_of_the_filter() -> None:
    assert filter_degree(1.0, 0.01) == 1 == filter_degree(1 + 1e-12, 0.01)
    spec = declared(0.5, 1.0, 0.19, 7850, hessian__row_sparsity=1, solvers=["stationary"])
    assert qgd_compiler.compile(spec).total.t_count > 0


@pytest.mark.parametrize("entry", [0.0, 0.01], ids=["no entry", "small entries"])
def test_bounds_that_no_matrix_meets_are_said_to_contradict_each_other(entry: float) -> None:
    spec = declared(0.5, 1.0, 0.1, 100, hessian__max_entry=entry)
    with pytest.raises(
        SpecError, match=r"contradict each other: all eigenvalues are at least 0\.5"
    ) as caught:
        qgd_compiler.compile(spec)
    assert "hessian" in caught.value.mistakes[0].at


def test_iterates_whose_squares_are_no_floats_are_refused() -> None:
    spec = declared(-0.05, 1.0, 0.19, 40_000, dynamics__momentum=0.5, solvers=["discrete_adiabatic"])
    with pytest.raises(InfeasibleError, match=r"larger than 1e\+150") as caught:
        qgd_compiler.compile(spec)
    assert caught.value.mistakes[0].at == "dynamics"


def test_windows_that_need_more_results_than_floats_count_say_so() -> None:
    spec = declared(-0.05, 4.0, 0.19, 35_000, target__epsilon=1e-9, solvers=["discrete_adiabatic"])
    (line,) = (v for v in qgd_compiler.compile(spec).verdict if "there is no plan" in v)
    assert "more than 1e+300 results" in line


def test_no_search_for_the_fewest_results_goes_on_forever() -> None:
    assert fewest(lambda n: n >= 10**200) == 10**200
    with pytest.raises(InfeasibleError, match="results would have to be read"):
        fewest(lambda n: False)


def test_segments_that_begin_where_nothing_is_left_to_move_are_priced_like_the_others() -> None:
    segments = {"dynamics__segment": 13_000, "solvers": ["stationary"]}
    found = qgd_compiler.compile(declared(0.5, 1.0, 0.1, 39_000, **segments))
    assert found.segments is not None
    assert found.segments.segments == 3
    assert 0 < found.segments.t_count < math.inf


def test_a_segment_that_cannot_be_solved_is_named() -> None:
    segments = {"dynamics__segment": 13_000, "solvers": ["stationary"]}
    with pytest.raises(InfeasibleError, match="segment of steps 39,000 to 39,001: after 1 steps"):
        qgd_compiler.compile(declared(0.5, 1.0, 0.1, 39_001, **segments))


def test_a_linear_run_of_declared_bounds_is_lifted_where_the_spec_asks_for_it() -> None:
    spec = declared(
        0.1, 4.0, 0.1, 50, solution__final_over_max=0.9, dynamics__expansion={"carleman_order": 1}
    )
    made = qgd_compiler.compile(spec)
    assert "Carleman lift of order 1" in made.solver.subject
    assert made.linear_system is not None
    small = qgd_compiler.compile({**spec, "solution": {"final_over_max": 0.01}})
    assert small.total.t_count > made.total.t_count
