"""What users call: compile specs, ask for parts of a report, run circuits, describe files, sweep, guard estimates."""

from qgd_compiler.api.compiling import compile, dossier, explain, price
from qgd_compiler.api.describing import describe, spec_text
from qgd_compiler.api.guarding import check, diff, lock
from qgd_compiler.api.parts import analyze, encodings, formula, solvers
from qgd_compiler.api.proving import (
    WrittenCircuit,
    circuit,
    insist_on_proof,
    proof_record,
    proof_record_path,
    verify,
    verify_all,
)
from qgd_compiler.api.schemas import SCHEMAS, check_schemas, write_schemas
from qgd_compiler.api.sweeping import EVALUATORS, fit, plot, query, sweep

__all__ = [
    "EVALUATORS",
    "SCHEMAS",
    "WrittenCircuit",
    "analyze",
    "check",
    "check_schemas",
    "circuit",
    "compile",
    "describe",
    "diff",
    "dossier",
    "encodings",
    "explain",
    "fit",
    "formula",
    "insist_on_proof",
    "lock",
    "plot",
    "price",
    "proof_record",
    "proof_record_path",
    "query",
    "solvers",
    "spec_text",
    "sweep",
    "verify",
    "verify_all",
    "write_schemas",
]
