"""Physical estimates through `qgd compile`: the section, its errors, the second opinion, the logical counts."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

import qgd_compiler
from qgd_compiler.backends.markdown import markdown
from qgd_compiler.backends.report_page import report_page
from qgd_compiler.cli.main import main
from qgd_compiler.errors import InfeasibleError, SpecError, UnsupportedError, UsageError
from qgd_compiler.physical import second_opinion

MATRIX = np.array([[2.0, 0.3, 0, 0], [0.3, 1.5, 0.2, 0], [0, 0.2, 1.0, 0.1], [0, 0, 0.1, 0.7]])


def spec_with(folder: Path, hardware: Any) -> Path:
    """A small spec with a machine, and its data."""
    sparse.save_npz(folder / "h.npz", sparse.csr_array(MATRIX))
    np.save(folder / "g.npy", np.arange(1.0, 5.0))
    content = {
        "qgd": 1,
        "name": "small",
        "model": {"parameters": 4},
        "dynamics": {"learning_rate": 0.1, "iterations": 5},
        "hessian": {"kind": "sparse", "file": "h.npz"},
        "gradient": {"file": "g.npy"},
        "target": {"epsilon": 0.05},
        "solvers": ["kernel_reflection"],
        **({} if hardware is None else {"hardware": hardware}),
    }
    path = folder / "spec.json"
    path.write_text(json.dumps(content, indent=1))
    return path


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> qgd_compiler.Report:
    """A report with a machine."""
    return qgd_compiler.compile(spec_with(tmp_path_factory.mktemp("machine"), "superconducting_1e-3"))


def test_a_spec_with_hardware_has_a_physical_estimate_of_its_own_circuit(
    priced: qgd_compiler.Report,
) -> None:
    physical = priced.physical
    assert physical is not None
    logical = priced.logical
    # patches of the layout that arXiv:2211.07629 states, on the peak of logical qubits
    assert physical.patches == 2 * logical.qubits + math.ceil(math.sqrt(8 * logical.qubits)) + 1
    rotations = sum(r.count for r in logical.rotations)
    assert physical.factories.states == 4 * logical.toffoli + logical.t + rotations * physical.t_per_rotation
    assert physical.qubits_of_algorithm == physical.patches * 2 * physical.distance**2


def test_the_expected_number_of_circuits_multiplies_the_runtime(priced: qgd_compiler.Report) -> None:
    assert priced.physical is not None
    assert priced.physical.runs == priced.success.runs > 1
    assert priced.physical.expected_runtime == pytest.approx(
        priced.success.runs * priced.physical.runtime_ns * 1e-9
    )


def test_the_report_has_the_logical_counts_under_the_names_that_other_tools_read(
    priced: qgd_compiler.Report,
) -> None:
    logical = json.loads(priced.to_json())["logical"]
    assert logical["counts"] == {
        "numQubits": logical["qubits"],
        "tCount": logical["t"],
        "rotationCount": logical["rotations"][0]["count"],
        "rotationDepth": logical["counts"]["rotationDepth"],
        "cczCount": logical["toffoli"],
        "ccixCount": 0,
        "measurementCount": logical["measurement"],
    }
    assert 0 < logical["counts"]["rotationDepth"] <= logical["counts"]["rotationCount"]


def test_without_hardware_the_counts_stand_there_all_the_same(tmp_path: Path) -> None:
    report = qgd_compiler.compile(spec_with(tmp_path, None))
    assert report.physical is None
    assert report.logical.counts["cczCount"] == report.logical.toffoli
    assert "On a physical machine" not in markdown(report_page(report))


def test_the_page_shows_the_machine(priced: qgd_compiler.Report) -> None:
    text = markdown(report_page(priced))
    assert "## On a physical machine" in text and "What the physical estimate rests on" in text


def test_lookups_are_a_part_of_the_circuit(priced: qgd_compiler.Report) -> None:
    data = sum(c.t_count for c in priced.logical.by_component if c.name in ("hessian", "right-hand side"))
    assert 0 < priced.logical.lookup_t <= data
    assert priced.logical.lookups > priced.solver.queries


@pytest.mark.parametrize(
    ("hardware", "error", "words", "at"),
    [
        (
            {"qubit": {"gate_time": 40, "measurement_time": 100, "gate_error": 0.02}},
            InfeasibleError,
            "not below the threshold",
            "(hardware",
        ),
        (
            {"preset": "superconducting_1e-3", "distance": 3},
            InfeasibleError,
            "distance 3",
            "hardware.distance",
        ),
        (
            {"preset": "superconducting_1e-3", "max_qubits": 10},
            InfeasibleError,
            "at most 10",
            "hardware.max_qubits",
        ),
        ({"preset": "superconducting_1e-3", "distance": 4}, SpecError, "odd", "hardware.distance"),
    ],
    ids=["above threshold", "distance too small", "too few qubits", "even distance"],
)
def test_a_machine_that_cannot_do_it_is_refused_at_its_line(
    tmp_path: Path, hardware: Any, error: type[Exception], words: str, at: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        qgd_compiler.compile(spec_with(tmp_path, hardware))
    mistake = caught.value.mistakes[0]  # type: ignore[attr-defined]
    assert "spec.json:" in mistake.at and at in mistake.at


def test_a_machine_above_threshold_is_refused_before_the_work(tmp_path: Path) -> None:
    path = spec_with(tmp_path, {"qubit": {"gate_time": 40, "measurement_time": 100, "gate_error": 0.02}})
    steps: list[str] = []
    (tmp_path / "g.npy").unlink()  # would be the next mistake
    with pytest.raises(InfeasibleError, match="threshold"):
        qgd_compiler.compile(path, steps.append)


def test_a_second_opinion_agrees_on_the_same_counts(tmp_path: Path) -> None:
    pytest.importorskip("qdk")
    report = qgd_compiler.compile(spec_with(tmp_path, "superconducting_1e-3"), second_opinion="azure")
    assert report.physical is not None and report.physical.second_opinion is not None
    theirs = report.physical.second_opinion
    assert theirs.why_none == ""
    assert (theirs.qubits, theirs.distance) == (theirs.our_qubits, report.physical.distance)


def test_a_second_opinion_that_is_not_installed_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(second_opinion, "is_installed", lambda: False)
    path = spec_with(tmp_path, "superconducting_1e-3")
    (tmp_path / "h.npz").unlink()
    with pytest.raises(UnsupportedError, match="not installed"):
        qgd_compiler.compile(path, second_opinion="azure")
    assert main(["compile", str(path), "--second-opinion", "azure"]) == 6
    assert "qgd-compiler[azure]" in capsys.readouterr().err


def test_a_second_opinion_needs_a_machine_and_a_name_that_is_known(tmp_path: Path) -> None:
    path = spec_with(tmp_path, None)
    with pytest.raises(SpecError, match="names none"):
        qgd_compiler.compile(path, second_opinion="azure")
    with pytest.raises(UsageError, match="'oracle'"):
        qgd_compiler.compile(path, second_opinion="oracle")
