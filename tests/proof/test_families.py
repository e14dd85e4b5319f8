"""Every family of the table is run: all claims hold, and what is found is what the committed record says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from qgd_compiler.proof.families import digits_block, families
from qgd_compiler.proof.prove import ABSENT, PASS, prove
from qgd_compiler.proof.record import differences, record
from qgd_compiler.proof.reporting import report_of

TABLE = {one.name: one for one in families()}


@pytest.mark.parametrize("name", TABLE)
def test_the_circuit_of_a_family_does_what_is_claimed_and_recorded(name: str) -> None:
    proof = prove(TABLE[name])
    kept = record()
    only = kept.model_copy(update={"families": tuple(f for f in kept.families if f.name == name)})
    assert not differences(report_of([proof]), only)
    assert proof.verdict in (PASS, ABSENT)
    if proof.verdict == ABSENT:
        assert "expected count" in proof.reason
        return
    assert proof.error is not None and proof.gates is not None and proof.qubits is not None
    assert proof.gates[0].toffoli == proof.gates[1].toffoli > 0
    assert proof.qubits[0] == proof.qubits[1]


def test_the_record_holds_every_family_and_enough_of_them_pass() -> None:
    kept = record()
    assert [f.name for f in kept.families] == list(TABLE)
    assert kept.failed == 0 and kept.passed >= 40 and kept.passed + kept.not_applicable == len(TABLE)
    said = " ".join(f.instance.family + f.instance.encoding for f in kept.families if f.instance)
    for word in (
        "kernel reflection",
        "adiabatic",
        "QSVT",
        "generalised QSP",
        "Chebyshev",
        "exact lift",
        "first-order lift",
    ):
        assert word in said, word
    for word in (
        "sparse access",
        "row-weighted",
        "Frobenius",
        "band",
        "Kronecker",
        "Gram",
        "diagonal",
        "low rank",
        "block",
    ):
        assert word in said, word


def test_errors_are_measured_and_not_zero() -> None:
    # a comparison with something that the circuit was built from would give rounding errors
    for f in record().families:
        if f.verdict == PASS:
            assert f.measured_error is not None and f.claimed_error is not None
            assert 1e-6 < f.measured_error < f.claimed_error


def test_the_digits_block_is_that_of_the_bundled_file(estimates: Path) -> None:
    hessian, gradient = digits_block()
    text = Path(__file__).parents[2] / "qgd_compiler" / "proof" / "digits_block.json"
    rows = json.loads(text.read_text("utf-8"))["rows"]
    whole = sparse.load_npz(estimates / "data" / "mlp64-32-10_tanh_ce_p90_t50.npz").toarray()
    slope = np.load(estimates / "data" / "mlp64-32-10_tanh_ce_p90_t50.aux.npz")["grad"]
    assert np.array_equal(hessian, whole[np.ix_(rows, rows)].astype(float))
    assert np.array_equal(gradient, slope[rows].astype(float))
