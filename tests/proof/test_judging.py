"""What makes a proof fail, the plain descent against numbers worked out by hand, and the commands."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import qgd_compiler
from qgd_compiler import api
from qgd_compiler.api import SCHEMAS
from qgd_compiler.cli.main import main
from qgd_compiler.errors import ProofError, UnsupportedError, UsageError
from qgd_compiler.proof.build import Built, build
from qgd_compiler.proof.descent import Descent
from qgd_compiler.proof.executed import Execution, execute
from qgd_compiler.proof.families import families
from qgd_compiler.proof.making import third_of
from qgd_compiler.proof.prove import FAIL, PASS, judged
from qgd_compiler.proof.record import differences, record
from qgd_compiler.proof.verify import insist


@pytest.fixture(scope="module")
def ran() -> tuple[Built, Execution]:
    one = next(f for f in families() if f.name == "Frobenius norm tree")
    with tempfile.TemporaryDirectory() as folder:
        built = build(one, Path(folder))
    return built, execute(built.program)


def test_a_run_as_claimed_passes(ran: tuple[Built, Execution]) -> None:
    assert judged("x", *ran).verdict == PASS


def test_an_error_above_the_claim_fails(ran: tuple[Built, Execution]) -> None:
    built, execution = ran
    found = judged("x", replace(built, epsilon=1e-3), execution)
    assert found.verdict == FAIL and "the error is" in found.reason


def test_a_success_below_the_claim_and_above_the_most_fail(ran: tuple[Built, Execution]) -> None:
    built, execution = ran
    assert "succeeds" in judged("x", replace(built, success=0.75), execution).reason
    assert "the most" in judged("x", replace(built, most=0.2), execution).reason


def test_another_state_fails(ran: tuple[Built, Execution]) -> None:
    built, execution = ran
    assert judged("x", replace(built, ideal=np.roll(built.ideal, 1)), execution).verdict == FAIL


def test_one_toffoli_or_qubit_too_few_fails(ran: tuple[Built, Execution]) -> None:
    built, execution = ran
    fewer = replace(execution, gates=replace(execution.gates, toffoli=execution.gates.toffoli - 1))
    assert "toffoli" in judged("x", built, fewer).reason
    assert "qubits" in judged("x", built, replace(execution, qubits=execution.qubits - 1)).reason
    more = replace(execution, gates=replace(execution.gates, clifford=10**6))
    assert "Clifford" in judged("x", built, more).reason


def test_plain_descent_is_worked_out_by_hand() -> None:
    h, g = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([1.0, -1.0])
    assert Descent((h,), (g,), (0.5, 0.5)).last() == pytest.approx([-0.75, 0.5])
    # the second minibatch pushes the other way, from (-0.5, 0.5)
    other = Descent((h, 2 * h), (g, -g), (0.5, 0.5)).last()
    assert other == pytest.approx([-0.5 - 0.5 * (-1 - 1), 0.5 - 0.5 * (1 + 2)])
    # heavy ball: the second step goes on by 0.2 of the first
    assert Descent((h,), (g,), (0.5, 0.5), momentum=0.2).last() == pytest.approx([-0.85, 0.6])
    third = third_of(2, [(0, 1, 1, 4.0)])
    assert third[0, 1, 1] == third[1, 0, 1] == third[1, 1, 0] == 4 and third[0, 0, 1] == 0
    # at (-0.5, 0.5): half of F[u, u] is (4·0.25/2, 4·(−0.25))
    assert Descent((h,), (g,), (0.5, 0.5), third=third).last() == pytest.approx([-1.0, 1.0])


def test_a_claim_that_fails_is_exit_code_8(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept = record()
    broken = kept.families[0].model_copy(update={"verdict": "fail", "reason": "it did not hold"})
    told = kept.model_copy(update={"families": (broken, *kept.families[1:]), "failed": 1})
    with pytest.raises(ProofError, match="it did not hold"):
        insist(told)
    monkeypatch.setattr(api, "verify_all", lambda **_: told)
    assert main(["verify", "--all", "-o", str(tmp_path / "p.json")]) == 8
    assert json.loads((tmp_path / "p.json").read_text())["failed"] == 1
    assert any("verdict" in line for line in differences(told, kept))


def test_a_spec_is_verified_at_a_size_that_fits_and_drawn_from(tmp_path: Path) -> None:
    spec = {
        "qgd": 1,
        "name": "small",
        "model": {"parameters": 40},
        "dynamics": {"learning_rate": 0.4, "iterations": 30},
        "hessian": {"kind": "banded", "n": 40, "offsets": [-1, 0, 1], "values": [0.2, 0.6, 0.2]},
        "gradient": {"norm": 1.0},
        "target": {"epsilon": 0.05},
        "solvers": ["power"],
    }
    report = qgd_compiler.api.verify(spec, shots=4000, seed=3)
    jsonschema.validate(json.loads(report.to_json()), SCHEMAS["proof.schema.json"]())
    (one,) = report.families
    assert one.verdict == PASS, one.reason
    assert report.reach is not None and not report.reach.fits and report.reach.qubits > 8
    assert one.instance is not None and one.instance.parameters == 4
    shots = report.shots
    assert shots is not None and one.measured_success is not None
    spread = (4000 * one.measured_success * (1 - one.measured_success)) ** 0.5
    assert abs(shots.successes - 4000 * one.measured_success) < 5 * spread + 1
    shares = np.array(shots.counts) / shots.successes
    assert np.abs(shares - shots.expected).max() < 0.05
    assert qgd_compiler.api.verify(spec, shots=4000, seed=3) == report, "the same seed, the same draw"


def test_a_spec_that_is_small_is_run_itself(tmp_path: Path) -> None:
    np.savez(tmp_path / "h.npz", H=np.array([[0.9, 0.25], [0.25, 0.6]]))
    np.save(tmp_path / "g.npy", np.array([0.3, -0.2]))
    (tmp_path / "s.yaml").write_text(
        "qgd: 1\nname: own\nmodel: {parameters: 2}\ndynamics: {learning_rate: 0.5, iterations: 2}\n"
        "hessian: {kind: dense, file: h.npz, key: H}\ngradient: {file: g.npy}\ntarget: {epsilon: 0.3}\n"
        "solvers: [power]\naccess: qrom\n"
    )
    report = api.verify(tmp_path / "s.yaml")
    assert report.passed == 1 and report.reach is not None and report.reach.fits
    for format in ("qasm3", "qref", "graphviz", "cirq"):
        if format == "cirq":
            pytest.importorskip("cirq")
        out = tmp_path / f"c.{format}"
        assert main(["circuit", str(tmp_path / "s.yaml"), "--format", format, "-o", str(out)]) == 0
        assert out.read_text()
    with pytest.raises(UsageError, match="format"):
        api.circuit(tmp_path / "s.yaml", "svg")


def test_what_is_too_large_says_so(ran: tuple[Built, Execution], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qgd_compiler.proof.executed.MOST_STEPS", 100)
    with pytest.raises(UnsupportedError, match="more than 100 operations"):
        execute(ran[0].program)


def test_a_spec_or_all_but_not_both() -> None:
    assert main(["verify"]) == 2
    assert main(["verify", "x.yaml", "--all"]) == 2
    assert main(["verify", "x.yaml", "--record"]) == 2
