"""The JSON Schemas of all that is read and written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgd_compiler.backends.analysis_report import analysis_schema
from qgd_compiler.backends.encodings_report import encodings_schema
from qgd_compiler.backends.explain_report import explain_schema
from qgd_compiler.backends.proof_report import proof_schema
from qgd_compiler.backends.report import report_schema
from qgd_compiler.backends.solvers_report import solvers_schema
from qgd_compiler.regression.documents import check_schema, diff_schema
from qgd_compiler.regression.lock import lock_schema
from qgd_compiler.spec import schema
from qgd_compiler.sweeps.fit import fit_schema
from qgd_compiler.sweeps.manifest import sweep_schema

SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "spec.schema.json": schema.spec_schema,
    "report.schema.json": report_schema,
    "analysis.schema.json": analysis_schema,
    "encodings.schema.json": encodings_schema,
    "solvers.schema.json": solvers_schema,
    "explain.schema.json": explain_schema,
    "proof.schema.json": proof_schema,
    "lock.schema.json": lock_schema,
    "check.schema.json": check_schema,
    "diff.schema.json": diff_schema,
    "sweep.schema.json": sweep_schema,
    "fit.schema.json": fit_schema,
}


def write_schemas(directory: Path) -> list[str]:
    """Write all JSON Schemas into a folder; their file names."""
    return schema.write(directory, SCHEMAS)


def check_schemas(directory: Path) -> list[str]:
    """The file names, if the schemas in a folder are current; else SchemaError."""
    return schema.check(directory, SCHEMAS)
