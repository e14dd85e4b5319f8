"""From proofs to the document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from qgd_compiler.backends.proof_report import (
    Family,
    GateCounts,
    InstanceSizes,
    ProofReport,
    Reach,
    Shots,
)
from qgd_compiler.proof.executed import GatesRun
from qgd_compiler.proof.prove import ABSENT, FAIL, PASS, Proof
from qgd_compiler.version import __version__


def report_of(proofs: Sequence[Proof], reach: Reach | None = None, shots: Shots | None = None) -> ProofReport:
    """The document."""
    verdicts = [p.verdict for p in proofs]
    return ProofReport(
        compiler=__version__,
        passed=verdicts.count(PASS),
        failed=verdicts.count(FAIL),
        not_applicable=verdicts.count(ABSENT),
        families=tuple(family_of(p) for p in proofs),
        reach=reach,
        shots=shots,
    )


def family_of(proof: Proof) -> Family:
    """One proof; seconds are left out, so that the same run gives the same bytes."""
    error, success, gates, qubits = proof.error, proof.success, proof.gates, proof.qubits
    return Family(
        name=proof.name,
        verdict=proof.verdict,
        claimed_error=None if error is None else digits(error[0]),
        measured_error=None if error is None else digits(error[1]),
        claimed_success=None if success is None else digits(success[0]),
        measured_success=None if success is None else digits(success[1]),
        qubits=None if qubits is None else qubits[0],
        t_count=proof.t_count,
        claimed_gates=None if gates is None else _gates(gates[0]),
        run_gates=None if gates is None else _gates(gates[1]),
        instance=None if proof.sizes is None else InstanceSizes(**asdict(proof.sizes)),
        reason=proof.reason,
    )


def digits(value: float) -> float:
    """Six of them, and nothing below 1e-9: what float64 leaves the same on every machine."""
    return float(f"{value:.6g}") if abs(value) >= 1e-9 else 0.0


def _gates(gates: GatesRun) -> GateCounts:
    return GateCounts(
        toffoli=gates.toffoli,
        rotations=gates.rotations,
        measurements=gates.measurements,
        clifford=gates.clifford,
    )
