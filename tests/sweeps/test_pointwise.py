"""Every row is what `qgd compile` says of the same spec."""

from __future__ import annotations

import copy
import math
import random
from pathlib import Path
from typing import Any

import pytest

from qgd_compiler import api
from qgd_compiler.api import compiling
from qgd_compiler.backends.report import Report
from qgd_compiler.chosen import choose_plan, loaded_of
from qgd_compiler.spec.digest import spec_digest
from tests.jobs import few
from tests.sweeps.made_up import SPEC


def _agrees(row: dict[str, Any], report: Report) -> None:
    """The row and the report say the same: counts and words exactly, reals but for rounding."""

    def near(value: float | None) -> Any:
        return None if value is None else pytest.approx(value, rel=1e-9)

    total, solver = report.total, report.solver
    assert row["status"] == "ok"
    assert row["t_count"] == near(float(total.t_count))
    assert row["toffoli"] == near(float(total.toffoli))
    assert row["qubits"] == total.qubits
    assert row["t_per_circuit"] == near(float(report.logical.t_count))
    names = (row["solver"], row["subject"], row["encoding"], row.get("chosen_access", row["access"]))
    assert names == (solver.name, solver.subject, solver.encoding, solver.access)
    assert row["order"] == report.carleman.order
    assert (row["regime"], row["kind"]) == (report.regime.name, report.kind.value)
    assert row["proven_t_count"] == near(None if total.proven is None else float(total.proven.t_count))
    assert row["queries"] == solver.queries
    shares = ("solver", "encoding", "right_hand_side", "synthesis")
    for name in shares:
        assert row[f"share_{name}"] == near(getattr(report.split, name))
    if report.linear_system is not None and report.linear_system.chosen:
        assert row["kappa"] == near(report.linear_system.kappa)
        assert row["padding"] == report.linear_system.padding
    baselines = report.baselines
    assert baselines is not None
    assert row["quantum_seconds"] == near(baselines.quantum_seconds)
    assert row["classical_seconds"] == near(baselines.runs[0].seconds)
    assert row["classical"] == f"{baselines.runs[0].run} on {baselines.runs[0].machine}"
    if report.segments is None and report.readout is None:
        assert row["circuits"] == near(report.success.runs)
    if report.physical is None:
        assert row["physical_qubits"] is None
    else:
        assert row["physical_qubits"] == report.physical.qubits
        assert row["runtime_seconds"] == report.physical.expected_runtime


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The choice for each spec is worked out once; equal digests are equal specs, so that it holds for both sides."""
    made: dict[str, Any] = {}
    whole = choose_plan

    def chosen(spec: Any, progress: Any) -> Any:
        loaded = loaded_of(spec)
        digest = spec_digest(loaded.spec)
        if digest not in made:
            made[digest] = whole(loaded, progress)
        return made[digest]

    monkeypatch.setattr(compiling, "choose_plan", chosen)
    return made


@pytest.mark.slow
def test_random_points_cost_what_compile_says(tmp_path: Path, once: dict[str, Any]) -> None:
    rng = random.Random(7)
    points = [
        (rng.randint(16, 400), rng.randint(2, 9), rng.choice(["qrom", "qroam"]), rng.choice([0.3, 0.1, 0.03]),
         rng.choice(["bounded", "bounded", "kernel_reflection"]), rng.choice([2, 4, 8]))
        for _ in range(20)
    ]  # fmt: skip
    lines = ["n,T,access,eps,solvers,s", *(",".join(map(str, point)) for point in points)]
    (tmp_path / "points.csv").write_text("\n".join(lines))
    rows = api.sweep(SPEC, directory=tmp_path / "s", points=tmp_path / "points.csv").to_arrow().to_pylist()
    assert len({row["solver"] for row in rows}) >= 2
    for (n, steps, access, epsilon, solver, sparsity), row in zip(points, rows, strict=True):
        spec = copy.deepcopy(SPEC)
        spec["model"]["parameters"] = spec["hessian"]["n"] = n
        spec["dynamics"]["iterations"] = steps
        spec["hessian"]["row_sparsity"] = sparsity
        spec.update(access=[access], target={"epsilon": epsilon}, solvers=[solver])
        _agrees(row, api.compile(spec))
    assert len(once) == 20  # the sweep priced the very specs that are written here


def test_a_point_that_nobody_remembers_costs_the_same(tmp_path: Path) -> None:
    (row,) = api.sweep(SPEC, {"n": [100], "T": [3], "access": "qrom"}, tmp_path / "s").to_arrow().to_pylist()
    spec = copy.deepcopy(SPEC)
    spec["model"]["parameters"] = spec["hessian"]["n"] = 100
    spec["dynamics"]["iterations"] = 3
    _agrees(row, api.compile({**spec, "access": ["qrom"]}))


def test_machines_and_read_outs_are_those_of_compile(tmp_path: Path, once: dict[str, Any]) -> None:
    spec = few(
        tmp_path,
        access=["qrom"],
        hardware="superconducting_1e-3",
        output={"kind": "overlap", "precision": 0.2},
    )
    (row,) = api.sweep(spec, {"T": [3]}, tmp_path / "s").to_arrow().to_pylist()
    report = api.compile({**spec, "dynamics": {**spec["dynamics"], "iterations": 3}})
    _agrees(row, report)
    assert report.readout is not None
    assert math.ceil(row["circuits"]) == report.readout.circuits
    assert row["physical_qubits"] > 1000


def test_segments_are_summed_as_compile_does(tmp_path: Path, once: dict[str, Any]) -> None:
    spec = few(
        tmp_path, access=["qrom"], output={"kind": "parameters", "precision": 0.2}, dynamics__segment=3
    )
    (row,) = api.sweep(spec, {"eps": [0.5]}, tmp_path / "s").to_arrow().to_pylist()
    report = api.compile({**spec, "target": {"epsilon": 0.5}})
    assert report.segments is not None
    assert row["t_count"] > row["t_per_circuit"] * 2
    _agrees(row, report)
    assert math.ceil(row["circuits"]) == report.segments.circuits


def test_points_without_a_price_are_rows_with_the_reason(tmp_path: Path) -> None:
    spec = few(tmp_path)
    over = {"eta": [0.3, 99.0], "eps": [0.05, 2.0], "limits.qubits": [3, 100], "access": "qrom"}
    rows = api.sweep(spec, over, tmp_path / "s").to_arrow().to_pylist()
    found = {(r["eta"], r["eps"], r["limits.qubits"]): (r["status"], r["reason"]) for r in rows}
    assert len(found) == 8
    assert found[0.3, 0.05, 100] == ("ok", None)
    assert found[0.3, 0.05, 3][0] == "InfeasibleError"
    assert "3 are allowed" in found[0.3, 0.05, 3][1]
    assert found[99.0, 0.05, 100][0] == "SpecError"
    assert "learning_rate is 99" in found[99.0, 0.05, 100][1]
    assert found[0.3, 2.0, 100] == ("SpecError", "2.0 is out of range: it must be below 1")


def test_an_unforeseen_exception_costs_one_point(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from qgd_compiler.sweeps.pointwise import Pointwise

    def price(document: Any, base_dir: Path) -> dict[str, Any]:
        if document["dynamics"]["iterations"] == 5:
            raise ZeroDivisionError("oops")
        return {"t_count": 1.0, "status": "ok"}

    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: Pointwise(price))
    rows = api.sweep(SPEC, {"T": [4, 5, 6]}, tmp_path / "s").to_arrow().to_pylist()
    assert [(r["status"], r["reason"]) for r in rows] == [
        ("ok", None),
        ("ZeroDivisionError", "oops"),
        ("ok", None),
    ]
