"""Circuits of plans: run against their claims, and written for other programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from qgd_compiler.backends.proof_report import ProofReport
from qgd_compiler.chosen import SpecLike, choose_plan
from qgd_compiler.costing.fold import Folder
from qgd_compiler.errors import UsageError
from qgd_compiler.program.ir import Routine
from qgd_compiler.study import Progress


def verify(
    spec: SpecLike, *, shots: int = 0, seed: int = 0, progress: Progress = lambda _: None
) -> ProofReport:
    """The plan of a spec, run: the largest instance of its family that fits the simulator, against every claim.

    shots   runs to draw besides, as hardware would give them
    """
    from qgd_compiler.proof.verify import verify_plan

    made = choose_plan(spec, progress)
    return verify_plan(made.found, made.choice.best, shots=shots, seed=seed, progress=progress)


def verify_all(*, check: bool = False, progress: Progress = lambda _: None) -> ProofReport:
    """Every family of the table, run; with `check` ProofError where the committed record says otherwise."""
    from qgd_compiler.proof import record
    from qgd_compiler.proof.verify import verify_all as run_all

    report = run_all(progress)
    if check:
        record.insist_on_record(report)
    return report


def insist_on_proof(report: ProofReport) -> None:
    """ProofError where a claim failed."""
    from qgd_compiler.proof.verify import insist

    insist(report)


def proof_record(report: ProofReport) -> str:
    """A report as the record that later reports read, in JSON."""
    from qgd_compiler.proof.record import as_json

    return as_json(report)


def proof_record_path() -> Path:
    """Where the record stands."""
    from qgd_compiler.proof.record import PATH

    return PATH


@dataclass(frozen=True)
class WrittenCircuit:
    """A circuit or call graph as text; `how` it differs from that of the spec, in words."""

    text: str
    how: tuple[str, ...]


def circuit(
    spec: SpecLike,
    format: str = "qasm3",
    *,
    small: bool = False,
    depth: int = 4,
    progress: Progress = lambda _: None,
) -> WrittenCircuit:
    """The circuit of a spec's plan for other programs.

    format  "qasm3" and "cirq": at the size that `verify` runs, every angle written out;
            "qref" and "graphviz": the call graph of the whole plan, or with `small` of the same circuit
    depth   levels of calls in QREF
    """
    if format not in ("qasm3", "cirq", "qref", "graphviz"):
        raise UsageError(f"there is no format {format!r}", remedy="qasm3, cirq, qref or graphviz")
    made = choose_plan(spec, progress)
    program: Routine = made.choice.best.program
    how: tuple[str, ...] = ()
    if small or format in ("qasm3", "cirq"):
        from qgd_compiler.proof.verify import largest_instance

        instance, built = largest_instance(made.found, made.choice.best)
        program, how = built.program, instance.how
    return WrittenCircuit(_as_text(program, format, depth, made.heading.name, made.planner.folder), how)


def _as_text(program: Routine, format: str, depth: int, title: str, folder: Folder) -> str:
    if format == "qasm3":
        from qgd_compiler.backends.openqasm import openqasm

        return openqasm(program, title)
    if format == "qref":
        from qgd_compiler.backends.qref import qref

        return json.dumps(qref(program, folder, depth=depth), indent=1, ensure_ascii=False) + "\n"
    if format == "graphviz":
        from qgd_compiler.backends.dot import dot

        return dot(program)
    try:
        from qgd_compiler.bloqs.flat_cirq import circuit_json
    except ImportError as error:
        raise UsageError(
            "Cirq is not installed", remedy="pip install 'qgd-compiler[qualtran]', or --format qasm3"
        ) from error
    return circuit_json(program)
