"""Runs cut into segments: the run of NumPy, the budget, every segment by itself, and what is not built."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import qgd_compiler
from qgd_compiler.algorithms.access import access_named
from qgd_compiler.algorithms.plan import Candidate
from qgd_compiler.errors import InfeasibleError, UnsupportedError
from qgd_compiler.study import loop
from tests.jobs import GRADIENT, HESSIAN, RATE, declared, few, iterates

STEPS, LENGTH, WARM_UP, EPSILON = 15, 5, 1, 0.05
CUT: dict[str, Any] = {
    "dynamics__iterations": STEPS,
    "dynamics__segment": LENGTH,
    "dynamics__warm_up": WARM_UP,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("few")


@pytest.fixture(scope="module")
def report(folder: Path) -> qgd_compiler.Report:
    return qgd_compiler.compile(few(folder, **CUT))


@pytest.fixture(scope="module")
def bounded(folder: Path) -> qgd_compiler.Report:
    norm = float(np.linalg.norm(GRADIENT))
    return qgd_compiler.compile(few(folder, **CUT, gradient={"norm": norm}))


def segments(report: qgd_compiler.Report) -> Any:
    assert report.segments is not None
    return report.segments


def test_segments_return_the_displacements_of_the_run(report: qgd_compiler.Report) -> None:
    u = iterates(STEPS)
    found = segments(report)
    assert (found.segments, found.uploads, found.warm_up_steps, found.applied) == (3, 3, 3, True)
    assert [(p.start, p.end, p.warm_up, p.steps) for p in found.pieces] == [
        (0, 5, 1, 4),
        (5, 10, 1, 4),
        (10, 15, 1, 4),
    ]
    for p in found.pieces:
        moved = np.linalg.norm(u[p.end] - u[p.start + p.warm_up])
        assert p.followed and p.displacement == pytest.approx(moved, rel=1e-12)
    assert found.allowed == pytest.approx(EPSILON * np.linalg.norm(u[-1]), rel=1e-9)
    assert found.error == pytest.approx(found.allowed, rel=1e-9)


def test_no_loop_of_segments_that_err_as_much_as_they_may_ends_further_away(
    report: qgd_compiler.Report,
) -> None:
    rng = np.random.default_rng(1)
    exact = iterates(STEPS)[-1]
    for _ in range(300):
        u = np.zeros(3)
        for p in segments(report).pieces:
            u = iterates(p.end - p.start, start=u)[-1]
            off = rng.normal(size=3)
            u = u + p.error * off / np.linalg.norm(off)
        assert np.linalg.norm(u - exact) <= segments(report).allowed * (1 + 1e-12)


def test_what_a_segment_spends_on_state_vector_and_norm_is_within_its_error(
    report: qgd_compiler.Report,
) -> None:
    """The worst that a direction off by its state and its reading, and a norm off by both, can make."""
    handing = segments(report).pieces[:-1]
    state = sum(e.epsilon for e in report.error_budget)
    for i, p in enumerate(handing):
        assert p.precision is not None and p.norm_precision is not None
        off = state if i == 0 else 0.0  # the budget in the report is that of the first
        worst = (1 + p.norm_precision) * (2 * off + p.precision) + p.norm_precision
        assert worst * p.displacement <= p.error * (1 + 1e-9)
        assert worst * p.displacement > 0.85 * p.error, "what is allowed is used"


def test_the_total_is_that_of_all_segments(report: qgd_compiler.Report) -> None:
    found = segments(report)
    assert report.total.t_count == found.t_count == sum(p.t_count * p.times for p in found.pieces)
    assert report.total.qubits == found.qubits == max(p.qubits for p in found.pieces)
    assert abs(found.circuits - sum(p.circuits * p.times for p in found.pieces)) <= len(found.pieces)
    assert found.pieces[-1].reads == "the state"
    assert "3 segments" in report.verdict[0] and "The first segment" in report.verdict[1]
    assert report.readout is not None and report.readout.t_count == found.pieces[0].t_count


def test_a_segment_costs_what_a_run_from_its_gradient_costs(
    report: qgd_compiler.Report, folder: Path
) -> None:
    """The last segment alone, as a spec of its own: the line that was chosen for the first is near the best for it."""
    last = segments(report).pieces[-1]
    begin = iterates(STEPS)[last.start + last.warm_up]
    np.save(folder / "later.npy", HESSIAN @ begin + GRADIENT)
    alone = qgd_compiler.compile(
        few(
            folder,
            dynamics__iterations=last.steps,
            gradient={"file": str(folder / "later.npy")},
            target={"epsilon": last.error / last.displacement},
        )
    )
    assert alone.total.t_count <= last.t_count <= 1.5 * alone.total.t_count


def test_bounds_hold_for_every_segment_and_are_multiplied(bounded: qgd_compiler.Report) -> None:
    found = segments(bounded)
    handing, last = found.pieces
    assert (handing.times, last.times, found.segments) == (2, 1, 3)
    assert not handing.followed
    assert found.t_count == 2 * handing.t_count + last.t_count
    u = iterates(STEPS)
    moved = [np.linalg.norm(u[e] - u[b]) for b, e in ((1, 5), (6, 10))]
    assert handing.displacement >= max(moved)
    assert found.allowed <= EPSILON * np.linalg.norm(u[-1]) * (1 + 1e-9)
    assert any("multiplied" in note for note in found.notes)


def test_a_run_that_grows_is_priced_in_windows_beside_its_price_in_one_piece(tmp_path: Path) -> None:
    hessian = HESSIAN - 1.0 * np.eye(3)
    found = qgd_compiler.compile(few(tmp_path, hessian, dynamics__iterations=20))
    growth = np.abs(np.linalg.eigvalsh(np.eye(3) - RATE * hessian)).max()
    window = math.floor(1 / math.log(growth))
    cut = segments(found)
    assert not cut.applied and cut.length == window
    assert cut.segments == math.ceil(20 / window)
    assert found.total.t_count != cut.t_count
    (line,) = (v for v in found.verdict if "one run of all 20 steps" in v)
    assert f"{cut.segments} windows of at most {window} steps" in line and "not priced" not in line
    assert cut.allowed == pytest.approx(EPSILON * np.linalg.norm(iterates(20, hessian)[-1]))


def test_a_solver_whose_states_nothing_reads_is_tried_in_windows_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    solvers = ["kernel_reflection", "discrete_adiabatic"]
    growing = declared(-1.0, 4.0, 0.1, 20, solution__final_over_max=0.9, solvers=solvers)
    tried: list[tuple[str, str]] = []
    whole = loop.SegmentPlanner.loop

    def noted(self: loop.SegmentPlanner, line: Any, *arguments: Any) -> Any:
        tried.append((line.candidate.solver, line.candidate.encoding))
        return whole(self, line, *arguments)

    monkeypatch.setattr(loop.SegmentPlanner, "loop", noted)
    found = qgd_compiler.compile(growing)
    seen = [solver for solver, _ in tried]
    assert len(set(seen)) > 1
    assert len(seen) == len(set(seen))
    assert found.segments is None
    assert any("there is no plan" in line and "nothing reads" in line for line in found.verdict)


def test_a_solver_that_can_be_read_serves_behind_any_number_of_lines_that_cannot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def priced(self: loop.SegmentPlanner, line: Any, *_: Any) -> Any:
        if line.candidate.solver == "measures as it goes":
            raise InfeasibleError("nothing reads it", at="output")
        return line

    monkeypatch.setattr(loop.SegmentPlanner, "loop", priced)
    access = access_named("qrom", None)
    lines = [
        SimpleNamespace(candidate=Candidate("history", solver, f"encoding {i}", access))
        for solver in ("measures as it goes", "is unitary")
        for i in range(2 * loop.MOST_TRIED)
    ]
    planner = loop.SegmentPlanner.__new__(loop.SegmentPlanner)
    assert planner.cheapest_of(lines) is lines[2 * loop.MOST_TRIED]  # type: ignore[arg-type,comparison-overlap]
    with pytest.raises(InfeasibleError, match="nothing reads"):
        planner.cheapest_of(lines[: loop.MOST_TRIED])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dynamics__momentum": 0.5}, "velocity"),
        (
            {
                "dynamics__expansion": {"order": 2},
                "third_derivative": {"entries": [[0, 0, 1, 0.05]]},
                "solvers": None,
            },
            "Hessian of its own",
        ),
    ],
)
def test_what_has_no_segments_says_why(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UnsupportedError, match=words) as caught:
        qgd_compiler.compile(few(tmp_path, **CUT, **changes))
    assert "dynamics.segment" in str(caught.value)
