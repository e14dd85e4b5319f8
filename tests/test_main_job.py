"""The main job on the bundled inputs, through Python and the command line."""

from __future__ import annotations

import itertools
import json
import math
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from scipy import sparse

import qgd_compiler
from qgd_compiler.errors import (
    InfeasibleError,
    InputFileError,
    QgdError,
    SpecError,
    UnsupportedError,
)

HESSIAN = "mlp64-32-10_tanh_ce_p90_t50"


@pytest.fixture(scope="module")
def digits(estimates: Path) -> qgd_compiler.Report:
    """The report of the README's example."""
    return qgd_compiler.compile(estimates / "digits-mlp.yaml")


@pytest.fixture(scope="module")
def digits_history(estimates: Path, tmp_path_factory: pytest.TempPathFactory) -> qgd_compiler.Report:
    """The same through the history system, whatever else is cheaper."""
    text = (estimates / "digits-mlp.yaml").read_text().replace("file: data/", f"file: {estimates}/data/")
    path = tmp_path_factory.mktemp("history") / "spec.yaml"
    path.write_text(text + "solvers: [kernel_reflection]\n")
    return qgd_compiler.compile(path)


def spec_of(tmp_path: Path, matrix: np.ndarray, **changes: Any) -> Path:
    """A spec for a small matrix, with fields replaced; written with its data."""
    sparse.save_npz(tmp_path / "h.npz", sparse.csr_array(matrix))
    np.save(tmp_path / "g.npy", np.arange(1.0, len(matrix) + 1))
    content: dict[str, Any] = {
        "qgd": 1,
        "name": "small",
        "model": {"parameters": len(matrix)},
        "dynamics": {"learning_rate": 0.1, "iterations": 5},
        "hessian": {"kind": "sparse", "file": "h.npz"},
        "gradient": {"file": "g.npy"},
        "target": {"epsilon": 0.05},
    }
    for dotted, value in changes.items():
        *parents, last = dotted.split("__")
        place = content
        for name in parents:
            place = place.setdefault(name, {})
        place[last] = value
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(content, indent=1))
    return path


SMALL = np.array([[2.0, -0.5, 0.0], [-0.5, 1.0, 0.25], [0.0, 0.25, 0.5]])


def test_the_numbers_of_the_example_come_from_its_files(
    digits_history: qgd_compiler.Report, estimates: Path
) -> None:
    digits = digits_history
    assert digits.linear_system is not None
    hessian = sparse.load_npz(estimates / "data" / f"{HESSIAN}.npz").toarray().astype(float)
    gradient = np.load(estimates / "data" / f"{HESSIAN}.aux.npz")["grad"].astype(float)
    eta, steps, p = 0.01, 100, digits.linear_system.padding
    step = np.eye(len(hessian)) - eta * hessian
    iterates = [np.zeros(len(hessian))]
    for _ in range(steps):
        iterates.append(step @ iterates[-1] - eta * gradient)
    squares = np.array([u @ u for u in iterates])
    held = (p + 1) * squares[-1] / (squares.sum() + p * squares[-1])
    assert digits.success.rounds == 0
    assert digits.success.probability == pytest.approx(held * (1 - 0) * 1.0, rel=0.02)
    assert digits.success.probability <= held
    assert digits.regime.growth == pytest.approx(np.linalg.norm(step, 2), rel=1e-9)
    if digits.solver.encoding.startswith("Frobenius"):
        assert digits.linear_system.alpha == pytest.approx(2 + eta * np.linalg.norm(hessian), rel=1e-9)
    # The real L, all 161 block rows in the eigenbasis: its smallest singular value is that of its worst mode.
    worst = 0.0
    for value in np.linalg.eigvalsh(step):
        below = np.concatenate([np.full(steps, value), np.ones(p)])
        scalar = np.eye(len(below) + 1) - np.diag(below, -1)
        worst = max(worst, 1 / np.linalg.svd(scalar, compute_uv=False)[-1])
    assert 1 <= digits.linear_system.inverse_norm / worst < 1 + 1e-6
    assert digits.linear_system.kappa >= digits.linear_system.alpha * worst


def test_the_report_adds_up(digits: qgd_compiler.Report) -> None:
    logical = digits.logical
    assert sum(c.t_count for c in logical.by_component) == logical.t_count
    assert sum(logical.qubit_breakdown.values()) == logical.qubits
    assert sum(e.epsilon for e in digits.error_budget) <= 0.01
    rotations = logical.rotations[0]
    assert logical.t_count == 4 * logical.toffoli + logical.t + rotations.count * rotations.t_each
    assert digits.total.t_count == math.ceil(logical.t_count * digits.success.runs)
    chosen = [a for a in digits.alternatives if a.chosen]
    assert len(chosen) == 1
    assert all(a.t_count is None or a.t_count >= digits.total.t_count for a in digits.alternatives)
    assert {(a.encoding, a.access) for a in digits.alternatives} >= {
        ("sparse access", "qrom"),
        ("sparse access", "qroam"),
        ("Frobenius norm tree", "qrom"),
        ("Frobenius norm tree", "qroam"),
    }
    assert {a.solver for a in digits.alternatives} >= {
        "kernel reflection, norm known",
        "kernel reflection, norm unknown",
        "power polynomial, Chebyshev sum",
        "power polynomial, generalised QSP",
    }
    # Beside the chosen plan stand the best history system, the best proven plan, and a front in both numbers.
    assert digits.linear_system is not None and not digits.linear_system.chosen
    assert digits.total.proven is not None
    assert digits.total.proven.rotation == "proven_word"
    for fewer, more in itertools.pairwise(digits.pareto):
        assert fewer.qubits < more.qubits and fewer.t_count > more.t_count
    assert digits.pareto[-1].t_count == digits.total.t_count
    assert digits.split.uniform is not None and digits.split.uniform >= 1


def test_the_same_spec_gives_the_same_bytes_and_fits_the_committed_schema(
    digits: qgd_compiler.Report,
    estimates: Path,
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(estimates, tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = qgd_compiler.compile("digits-mlp.yaml")
    assert again.to_json() == digits.to_json()
    schema = json.loads((project / "schemas" / "report.schema.json").read_text())
    jsonschema.validate(json.loads(digits.to_json()), schema)
    analysis = qgd_compiler.analyze(estimates / "karate.yaml")
    schema = json.loads((project / "schemas" / "analysis.schema.json").read_text())
    jsonschema.validate(json.loads(analysis.to_json()), schema)


def test_every_committed_spec_fits_the_committed_schema(estimates: Path, project: Path) -> None:
    from ruamel.yaml import YAML

    schema = json.loads((project / "schemas" / "spec.schema.json").read_text())
    specs = sorted(estimates.glob("*.yaml"))
    assert len(specs) >= 2
    for path in specs:
        jsonschema.validate(YAML(typ="safe", pure=True).load(path.read_text()), schema)


def test_what_describe_writes_compiles(tmp_path: Path) -> None:
    spec_of(tmp_path, SMALL)
    spec = qgd_compiler.describe([tmp_path / "h.npz"], gradient=tmp_path / "g.npy", base_dir=tmp_path)
    from qgd_compiler.api import spec_text

    (tmp_path / "described.yaml").write_text(spec_text(spec, "yaml"))
    report = qgd_compiler.compile(tmp_path / "described.yaml")
    assert report.weakest_source == "measured"
    assert report.total.t_count > 0


def test_a_declared_hessian_compiles_with_the_norm_unknown_solver_only() -> None:
    report = qgd_compiler.compile(
        {
            "qgd": 1,
            "name": "declared",
            "symbols": {"n": 1_048_576},
            "model": {"parameters": "n"},
            "dynamics": {"learning_rate": 0.1, "iterations": 1000},
            "hessian": {
                "kind": "sparse",
                "n": "n",
                "row_sparsity": 16,
                "max_entry": 0.5,
                "lambda_min": 0,
                "lambda_max": 8,
            },
            "gradient": {"norm": 1},
        }
    )
    assert report.solver.name == "discrete adiabatic, fit"
    assert report.total.proven is not None and report.total.proven.solver == "kernel reflection, norm unknown"
    assert report.weakest_source == "assumed"
    reasons = {a.reason for a in report.alternatives if not a.valid}
    assert any("norm of the solution" in r for r in reasons)


def test_more_steps_never_cost_less(tmp_path: Path) -> None:
    totals = []
    for steps in (2, 8, 32):
        totals.append(
            qgd_compiler.compile(spec_of(tmp_path, SMALL, dynamics__iterations=steps)).total.t_count
        )
    assert totals == sorted(totals)


def test_damping_is_added_to_the_hessian_and_the_damped_route_makes_it_neutral(tmp_path: Path) -> None:
    indefinite = SMALL - 0.9 * np.eye(3)
    lowest = float(np.linalg.eigvalsh(indefinite)[0])
    assert lowest < 0
    shifted = qgd_compiler.analyze(spec_of(tmp_path, indefinite, dynamics__damping=0.9))
    assert shifted.spectrum.lambda_min.value == pytest.approx(lowest + 0.9, abs=1e-9)
    damped = qgd_compiler.compile(spec_of(tmp_path, indefinite, dynamics__on_not_dissipative="damp"))
    assert damped.regime.name == "not dissipative -> damped"
    assert damped.regime.growth == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"hessian__file": "gone.npz"}, InputFileError, "gone.npz"),
        ({"gradient__file": "gone.npy"}, InputFileError, "gone.npy"),
        ({"dynamics__learning_rate": 1.2}, SpecError, "diverges"),
        ({"dynamics__iterations": 0}, SpecError, "at least 1"),
        ({"dynamics__rate": 1}, SpecError, "unknown field"),
        ({"target__epsilon": -0.1}, SpecError, "-0.1"),
        ({"model__parameters": 4}, SpecError, "3 x 3"),
        ({"spectrum": {"lambda_max": 1.0}}, SpecError, "lambda_max"),
        ({"hessian__max_entry": 0.1}, SpecError, "max_entry"),
        ({"dynamics__segment": 2, "dynamics__momentum": 0.5}, UnsupportedError, "velocity"),
        ({"output": "parameters", "solvers": ["discrete_adiabatic"]}, InfeasibleError, "unitary"),
        ({"access": "qram"}, SpecError, "price"),
        (
            {
                "dynamics__iterations": 2000,
                "dynamics__learning_rate": 1.2,
                "dynamics__allow_divergence": True,
            },
            InfeasibleError,
            "10^437",
        ),
    ],
)
def test_a_mistake_is_an_error_with_place_and_remedy(
    tmp_path: Path, changes: dict[str, Any], error: type[QgdError], words: str
) -> None:
    with pytest.raises(error) as caught:
        qgd_compiler.compile(spec_of(tmp_path, SMALL, **changes))
    assert words in str(caught.value)
    assert all(m.at for m in caught.value.mistakes) or error is InfeasibleError


def test_words_longer_than_those_of_the_data_are_counted_by_their_bound(tmp_path: Path) -> None:
    coarse = qgd_compiler.compile(spec_of(tmp_path, SMALL))
    fine = qgd_compiler.compile(spec_of(tmp_path, SMALL, target__epsilon=1e-16))
    assert sum(e.epsilon for e in fine.error_budget) <= 1e-16
    assert fine.total.t_count > 2 * coarse.total.t_count


def test_bad_data_is_refused(tmp_path: Path) -> None:
    bad = {
        "asymmetric": SMALL + np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]]),
        "nan": np.where(SMALL == 0.25, np.nan, SMALL),
    }
    for matrix in bad.values():
        with pytest.raises(InputFileError):
            qgd_compiler.compile(spec_of(tmp_path, matrix))
    path = spec_of(tmp_path, SMALL)
    whole = (tmp_path / "h.npz").read_bytes()
    (tmp_path / "h.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputFileError):
        qgd_compiler.compile(path)
    np.savez(tmp_path / "h.npz", data=np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputFileError):
        qgd_compiler.compile(path)
    with zipfile.ZipFile(tmp_path / "h.npz", "w") as archive:
        archive.writestr("data.npy", b"not an array")
    with pytest.raises(InputFileError):
        qgd_compiler.compile(path)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qgd_compiler.cli", *words], capture_output=True, text=True, check=False
    )


def test_the_command_compiles_and_fails_as_documented(estimates: Path, tmp_path: Path) -> None:
    done = run("compile", str(estimates / "karate.yaml"), "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["name"] == "karate"
    path = spec_of(tmp_path, SMALL, dynamics__learning_rate=5)
    failed = run("compile", str(path))
    assert (failed.returncode, failed.stdout) == (3, "")
    assert f"{path}:8 (dynamics.learning_rate)" in failed.stderr
    assert "try: learning_rate <" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_compiling_imports_no_circuit_library(estimates: Path) -> None:
    code = (
        "import sys, qgd_compiler; qgd_compiler.compile(sys.argv[1]); "
        "print(sorted({'qualtran', 'cirq', 'torch', 'sympy'} & {m.split('.')[0] for m in sys.modules}))"
    )
    words = [sys.executable, "-c", code, str(estimates / "karate.yaml")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
