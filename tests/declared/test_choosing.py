"""The shared search against a search of every point by itself, and single compiles that take it over."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

import qgd_compiler
from qgd_compiler import api
from qgd_compiler.algorithms import choice
from qgd_compiler.algorithms.arrays import search
from qgd_compiler.algorithms.arrays.alike import Alike
from qgd_compiler.algorithms.arrays.choosing import ManyChoice, Nearby, choose_many, pricer_of_line
from qgd_compiler.algorithms.arrays.search import Searcher
from qgd_compiler.algorithms.choice import Known, choose
from qgd_compiler.algorithms.looking import Menu
from qgd_compiler.algorithms.planner import OBJECTIVES, PROVEN, surest
from qgd_compiler.chosen import choose_plan
from qgd_compiler.declared import choosing, single
from qgd_compiler.declared.choosing import settled
from qgd_compiler.declared.models import Readings
from qgd_compiler.declared.points import Points
from qgd_compiler.declared.single import known_of
from qgd_compiler.spec.loader import validate
from qgd_compiler.study import study
from qgd_compiler.sweeps.quick import begun
from tests.jobs import declared
from tests.sweeps.test_quick import SPEC, points

LINEAR = ["kernel_reflection", "discrete_adiabatic", "randomised_adiabatic"]


def begun_points(lowest: float, columns: dict[str, Any], **changes: Any) -> Points:
    spec = {**SPEC, "hessian": {**SPEC["hessian"], "lambda_min": lowest}, **changes}
    _, (found,) = begun(spec, ".", list(columns), columns, Readings())
    return found


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def alone_of(found: Points, *, proven: bool = False) -> ManyChoice:
    """Every point searched in full by itself."""
    lines = choosing._lines(found.runs, found.spec, tuple(found.model_of(0).offers), found.accesses)
    asked = choosing._proven(lines) if proven else lines
    exchange = surest(found.exchange) if proven else found.exchange
    return choose_many(found.runs, found.matrices, asked, exchange, OBJECTIVES[found.spec.objective])


@pytest.mark.parametrize("lowest", [-0.01, 0.02], ids=["growing", "contracting"])
def test_a_shared_search_ends_where_one_of_every_point_ends(lowest: float) -> None:
    found = begun_points(lowest, points(300, 11, T=(6, 20)))
    made = settled(found)
    alone = alone_of(found)
    there = np.isfinite(alone.value)
    assert there.sum() > 100
    worse = made.best.choice.value[there] / alone.value[there]
    assert worse.max() < 1.015
    assert worse.mean() < 1.0004
    assert np.mean(made.best.choice.line[there] == alone.line[there]) > 0.99
    sure = alone_of(found, proven=True)
    assert made.proven is not None
    worse = made.proven.choice.value[there] / sure.value[there]
    assert worse.max() < 1.02
    assert worse.mean() < 1.0006


SMALL = {"final_over_max": 0.03}
FAR = {
    "lowest": [-0.01, -0.0005, 0.0, 0.02],
    "ids": ["growing", "growing a little", "neutral", "contracting"],
}


@pytest.mark.parametrize("lowest", FAR["lowest"], ids=FAR["ids"])
def test_where_the_last_iterate_is_small_a_shared_search_ends_there_too(lowest: float) -> None:
    found = begun_points(lowest, points(200, 14, T=(5, 11)), solution=SMALL, solvers=LINEAR)
    made, alone = settled(found).best.choice, alone_of(found)
    there = np.isfinite(alone.value)
    assert there.sum() > 100
    worse = made.value[there] / alone.value[there]
    assert worse.max() < 1.01
    assert worse.mean() < 1.0005
    far = made.padding > 5 * found.runs.steps
    assert far[there].mean() > 0.9 or lowest > 0


@pytest.mark.parametrize("lowest", FAR["lowest"], ids=FAR["ids"])
def test_no_padding_up_to_many_times_the_reach_costs_much_less(lowest: float) -> None:
    found = begun_points(lowest, points(6, 15, T=(5, 9)), solution=SMALL, solvers=LINEAR)
    made, runs = settled(found).best, found.runs
    for point in np.flatnonzero(np.isfinite(made.choice.value)):
        line = made.lines[made.choice.line[point]]
        pricer = pricer_of_line(runs, found.matrices, line, made.exchange)
        searcher = Searcher(pricer, OBJECTIVES["t_count"])
        ladder = np.unique(np.round(2.0 ** np.arange(0, np.log2(8 * runs.reach[point]), 0.25)))
        at = np.full(len(ladder), point)
        tables = searcher.paddings(at, ladder[:, None])
        exponents = np.repeat(made.choice.exponents[:, point][:, None], len(at), axis=1)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            place = searcher.near(at, tables, exponents)
        assert place.value.min() > 0.98 * made.choice.value[point]


@pytest.mark.parametrize("lowest", [-0.01, 0.02], ids=["growing", "contracting"])
def test_priced_in_one_call_a_search_goes_the_same_way(
    lowest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = begun_points(lowest, points(300, 12, T=(6, 20)))

    def made(few: int) -> list[ManyChoice]:
        monkeypatch.setattr(search, "FEW", few)
        both = settled(found)
        assert both.proven is not None
        return [both.best.choice, both.proven.choice]

    for step_by_step, at_once in zip(made(0), made(10**9), strict=True):
        there = np.isfinite(step_by_step.value)
        assert there.sum() > 100
        for f in fields(ManyChoice):
            one, other = getattr(step_by_step, f.name), getattr(at_once, f.name)
            assert np.array_equal(one[..., there], other[..., there]), f.name
        assert not np.isfinite(at_once.value[~there]).any()


def test_short_runs_end_close_to_a_search_of_their_own() -> None:
    found = begun_points(0.02, points(200, 12, T=(0, 5.9)))
    made = settled(found)
    alone = alone_of(found)
    there = np.isfinite(alone.value)
    assert there.sum() > 100
    assert (made.best.choice.value[there] <= alone.value[there] * (1 + 1e-9)).mean() > 0.97
    assert (made.best.choice.value[there] / alone.value[there]).max() < 1.001


def test_what_is_lost_on_the_way_is_searched_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    found = begun_points(-0.01, points(6, 3, T=(7, 9)))
    alone, before = alone_of(found), settled(found)
    assert before.proven is not None
    monkeypatch.setattr(choosing, "choose_near", lambda *asked: ManyChoice.none(len(asked[-1].far)))
    made = settled(found)
    assert (made.best.choice.value == alone.value).all()
    assert (made.best.choice.line == alone.line).all()
    assert made.proven is not None
    assert made.proven.choice.value == pytest.approx(before.proven.choice.value, rel=0.02)
    for line in made.proven.choice.line:
        assert made.proven.lines[line].solver.kind in PROVEN


def test_a_proven_history_beside_a_stationary_point_has_paddings_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = begun_points(0.02, points(5, 3, T=(7, 9)))
    alike = Alike.of(found.runs)
    menu = choosing.searched(found, alike)
    assert menu.proven is not None
    best, proven = menu.best.copy, menu.proven.copy
    best.line[:] = next(i for i, line in enumerate(menu.lines) if line.stationary)
    best.padding[:] = 0
    proven.line[:] = next(i for i, line in enumerate(menu.lines) if not line.stationary)
    proven.padding[:] = alike.runs.steps / 4
    asked: list[Nearby] = []

    def near(*arguments: Any) -> Any:
        asked.append(arguments[-1])
        return replace(arguments[4], value=np.ones(len(found.index)))

    monkeypatch.setattr(choosing, "choose_near", near)
    choosing._near(found, alike, replace(menu, best=best, proven=proven), OBJECTIVES["t_count"])
    assert (asked[1].near.rows[:, 0] == np.round(found.runs.steps / 4)).all()


def test_a_price_of_a_stationary_point_works_no_alternatives_out(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = declared(0.02, 4.0, 0.1, 10**6)
    order = api.compile(spec).carleman.order
    monkeypatch.setattr(Menu, "search", lambda *_: pytest.fail("the menu was searched"))
    row = api.price(spec)
    assert row["subject"] == "stationary point"
    assert row["order"] == order == 1


def test_a_compile_takes_over_what_arrays_chose_and_works_the_menu_out_when_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searches: list[int] = []
    real = Menu.search

    def counting(self: Menu, *arguments: Any) -> Any:
        searches.append(1)
        return real(self, *arguments)

    monkeypatch.setattr(Menu, "search", counting)
    made = choose_plan(SPEC, lambda _: None)
    assert searches == []
    assert made.choice.proven is not None
    listed = made.choice.alternatives
    assert len(searches) == 1
    assert [a.plan for a in listed if a.reason == "chosen"] == [made.choice.best]
    assert 0 < made.choice.floor <= 1


@pytest.mark.parametrize("lost", [("best", "proven"), ("proven",)], ids=" and ".join)
def test_a_spot_that_has_no_plan_is_looked_for_in_the_menu(
    monkeypatch: pytest.MonkeyPatch, lost: tuple[str, ...]
) -> None:
    made = choose_plan(SPEC, lambda _: None)
    known = known_of(study(validate(SPEC)))
    assert known is not None
    gone = [getattr(known, name) for name in lost]
    real = choice._plan_at
    monkeypatch.setattr(
        choice, "_plan_at", lambda planner, spot: None if spot in gone else real(planner, spot)
    )
    again = choose(made.planner, made.accesses, known=known)
    assert again.best.t_count == pytest.approx(made.choice.best.t_count, rel=0.02)
    assert made.choice.proven is not None and again.proven is not None
    assert again.proven.t_count == pytest.approx(made.choice.proven.t_count, rel=0.02)


def test_a_plan_below_all_that_the_menu_finds_is_a_bound_itself() -> None:
    n = 2**30
    spec = declared(
        -0.02,
        4.0,
        0.1,
        1000,
        model__parameters=n,
        hessian__n=n,
        hessian__row_sparsity=8,
        solution__final_over_max=0.9,
        target__epsilon=0.01,
        solvers=["kernel_reflection", "discrete_adiabatic", "stationary"],
    )
    found = choose_plan(spec, lambda _: None).choice
    searched = found._rest.found.best
    assert searched is not None
    assert found.best.t_count < searched.t_count < 1.01 * found.best.t_count
    assert found.floor == 1.0
    assert qgd_compiler.compile(spec).split.floor == 1.0


def test_the_menu_itself_finds_nothing_much_cheaper() -> None:
    made = choose_plan(SPEC, lambda _: None)
    again = choose(made.planner, made.accesses)
    assert made.choice.best.candidate == again.best.candidate
    assert made.choice.best.t_count <= 1.01 * again.best.t_count
    assert made.choice.proven is not None and again.proven is not None
    assert made.choice.proven.t_count <= 1.01 * again.proven.t_count


def test_a_rounded_run_is_searched_once_for_all_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single, "_MEMORY", {})
    asked: list[int] = []

    def counting(*arguments: Any) -> Any:
        asked.append(1)
        return choosing.searched(*arguments)

    monkeypatch.setattr(single, "searched", counting)
    first = api.price({**SPEC, "dynamics": {"learning_rate": 0.1, "iterations": 1000}})
    again = api.price({**SPEC, "dynamics": {"learning_rate": 0.1, "iterations": 1000}})
    assert first == again
    assert len(asked) == 1
    api.price({**SPEC, "dynamics": {"learning_rate": 0.1, "iterations": 1001}})
    assert len(asked) == 1
    api.price({**SPEC, "dynamics": {"learning_rate": 0.05, "iterations": 1000}})
    assert len(asked) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"access": {"models": ["qrom"]}},
        {"exchange": {"toffoli_in_t": 7}},
        {"objective": "toffoli"},
        {"solvers": ["kernel_reflection"]},
        {"hessian": {**SPEC["hessian"], "max_entry": 0.6}},
        {"hessian": {**SPEC["hessian"], "lambda_max": 3.9}},
        {"gradient": {"norm": 1.0, "sparsity": 10}},
        {"solution": {"final_over_max": 0.1}},
        {"target": {"epsilon": 0.001}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_remembered_of_one_spec_is_not_taken_for_another(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    monkeypatch.setattr(single, "_MEMORY", {})
    alone = api.price({**SPEC, **change})
    monkeypatch.setattr(single, "_MEMORY", {})
    api.price(SPEC)
    assert api.price({**SPEC, **change}) == alone
    assert len(single._MEMORY) == 2


def test_the_memory_of_rounded_runs_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single, "_MEMORY", {})
    monkeypatch.setattr(single, "MOST_REMEMBERED", 2)
    for rate in (0.1, 0.05, 0.02):
        api.price({**SPEC, "dynamics": {"learning_rate": rate, "iterations": 1000}})
    assert len(single._MEMORY) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"limits": {"qubits": 10**6}},
        {"objective": "qubits"},
        {"output": {"kind": "top_k", "k": 4}},
    ],
    ids=["limit", "objective", "read out"],
)
def test_what_sweeps_leave_to_compiles_is_not_known(change: dict[str, Any]) -> None:
    assert isinstance(known_of(study(validate(SPEC))), Known)
    assert known_of(study(validate({**SPEC, **change}))) is None
