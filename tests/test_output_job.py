"""Reports whose answer is read out: every run counted, what is read within its error, the choice made for the whole."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qgd_compiler
from qgd_compiler.errors import InfeasibleError
from tests.jobs import few, iterates

DELTA = 0.25


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("few")


@pytest.fixture(scope="module")
def state(folder: Path) -> qgd_compiler.Report:
    return qgd_compiler.compile(few(folder))


@pytest.fixture(scope="module")
def parameters(folder: Path) -> qgd_compiler.Report:
    """Precision low enough for counted results; the norm is read as well."""
    return qgd_compiler.compile(
        few(folder, output={"kind": "parameters", "precision": DELTA, "norm_precision": 0.2})
    )


@pytest.fixture(scope="module")
def overlap(folder: Path) -> qgd_compiler.Report:
    return qgd_compiler.compile(few(folder, output={"kind": "overlap", "precision": 0.02}))


def readout(report: qgd_compiler.Report) -> Any:
    assert report.readout is not None
    return report.readout


def test_a_state_is_not_read(state: qgd_compiler.Report) -> None:
    assert state.readout is None and state.segments is None
    assert state.total.t_count == math.ceil(state.logical.t_count * state.success.runs)


@pytest.mark.parametrize("which", ["parameters", "overlap"])
def test_the_total_is_what_all_phases_take(which: str, request: pytest.FixtureRequest) -> None:
    report = request.getfixturevalue(which)
    read = readout(report)
    assert report.total.t_count == read.t_count == sum(p.t_count for p in read.phases)
    assert report.total.toffoli == read.toffoli == sum(p.toffoli for p in read.phases)
    assert report.total.qubits >= max(p.qubits for p in read.phases)
    assert sum(report.logical.qubit_breakdown.values()) == report.logical.qubits == report.total.qubits
    exact = [Fraction(p.circuits_exact) for p in read.phases]
    assert [p.circuits for p in read.phases] == [math.ceil(c) for c in exact]
    assert read.circuits == math.ceil(sum(exact))
    assert f"{read.circuits:,}" in report.verdict[0] or f"{read.circuits:.3g}"[:4] in report.verdict[0]
    for p, circuits in zip(read.phases, exact, strict=True):
        # the mean is rounded up, and so is the whole
        assert -1 < p.t_per_circuit * circuits - p.t_count < circuits
    chosen = [a for a in report.alternatives if a.chosen]
    assert len(chosen) == 1 and chosen[0].t_count == report.total.t_count
    assert all(a.t_count is None or a.t_count >= report.total.t_count for a in report.alternatives)
    assert report.total.proven is not None and report.total.proven.t_count >= report.total.t_count


def test_circuits_follow_from_results_and_the_success_of_a_circuit(parameters: qgd_compiler.Report) -> None:
    read = readout(parameters)
    assert read.way == "magnitudes and signs"
    plain, signs = read.phases[:2]
    p = Fraction(read.success[0])
    assert Fraction(plain.circuits_exact) == plain.results / p
    # half of the interfered circuits that succeed come from the run, so that fewer fail
    weight = float(1 / (1 + p) * p + p / (1 + p))
    assert signs.circuits == pytest.approx(signs.results / weight, abs=1)
    rounds = 2 * parameters.success.rounds + 1
    assert plain.solver_runs == math.ceil(plain.results / p * rounds)
    assert plain.t_per_circuit == parameters.logical.t_count
    assert signs.t_per_circuit > plain.t_per_circuit, "a switch and a reference state are not free"


def test_the_results_that_are_counted_find_the_parameters(parameters: qgd_compiler.Report) -> None:
    """The experiment drawn with NumPy, for the direction of the run itself and the amplitudes of interference."""
    read = readout(parameters)
    plain, signs = (p.results for p in read.phases[:2])
    x = iterates(5)[-1] / np.linalg.norm(iterates(5)[-1])
    rng = np.random.default_rng(5)
    missed = 0
    for _ in range(400):
        sizes = np.sqrt(rng.multinomial(plain, x * x) / plain)
        chances = np.concatenate([(x + sizes) ** 2, (x - sizes) ** 2]) / 4
        seen = rng.multinomial(signs, chances / chances.sum())
        found = np.where(sizes <= read.zero_below, 0.0, np.where(seen[:3] >= seen[3:], sizes, -sizes))
        missed += bool(np.abs(found - x).max() > DELTA)
    assert missed / 400 <= read.failure == 0.05


def test_the_norm_is_read_from_runs_without_amplification(parameters: qgd_compiler.Report) -> None:
    """An amplified run succeeds with a probability near 1 that says nothing of the norm."""
    read = readout(parameters)
    last = [p for p in read.phases if p.name.startswith("norm")]
    if parameters.success.rounds:
        assert last and all("without amplification" in p.circuit for p in last)
    else:
        # the plain runs of the magnitudes are many more than the norm needs
        assert not last or last[0].circuits > 0
    assert "norm within a relative 0.2" in read.returns


def test_an_overlap_is_estimated_with_a_hadamard_test(
    overlap: qgd_compiler.Report, state: qgd_compiler.Report
) -> None:
    read = readout(overlap)
    assert read.way.startswith("Hadamard test") or read.way == "sampled Hadamard test"
    sampled = next(w for w in read.ways if w.name == "sampled Hadamard test")
    assert sampled.runs is not None and sampled.runs >= 2 * math.log(2 / 0.05) / 0.02**2
    assert read.t_count > 50 * state.total.t_count
    (phase,) = read.phases
    # every iterate of an estimation is two runs, and every circuit one more
    rounds = 2 * overlap.success.rounds + 1
    assert phase.solver_runs == (phase.circuits + 2 * phase.iterates) * rounds


def test_ways_that_state_no_failure_are_listed_and_passed_over(parameters: qgd_compiler.Report) -> None:
    passed = {w.name: w.unavailable for w in readout(parameters).ways if w.unavailable}
    assert "no failure probability" in passed["published tomography"]
    assert "constants" in passed["gradient-based tomography"]
    assert sum(w.chosen for w in readout(parameters).ways) == 1


def test_a_solver_that_measures_as_it_goes_cannot_be_interfered(folder: Path) -> None:
    with pytest.raises(InfeasibleError, match="only a unitary run") as caught:
        qgd_compiler.compile(few(folder, output="parameters", solvers=["discrete_adiabatic"]))
    assert caught.value.exit_code == 5


def test_the_network_on_digits_is_read_out(estimates: Path, tmp_path: Path) -> None:
    """All 279 parameters within 0.05, and the five largest."""
    text = (estimates / "digits-mlp.yaml").read_text().replace("file: data/", f"file: {estimates}/data/")
    found = {}
    for name, output in (
        ("parameters", "{kind: parameters, precision: 0.05}"),
        ("top_k", "{kind: top_k, k: 5, precision: 0.05, threshold: 0.2}"),
    ):
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"{text}\nsolvers: [power]\noutput: {output}\n")
        found[name] = qgd_compiler.compile(path)
    everything, largest = (readout(found[name]) for name in ("parameters", "top_k"))
    assert everything.question.entries == 279
    assert largest.t_count < everything.t_count
    assert everything.circuits > 1 / 0.05**2
    assert everything.t_count > everything.circuits * found["parameters"].logical.t_count * 0.99
