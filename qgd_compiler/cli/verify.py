"""`qgd verify`: circuits that run, held against every claim of their plans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qgd_compiler.cli.output import FormatOption, OutputOption, emit, emit_document, format_for
from qgd_compiler.cli.talk import working
from qgd_compiler.errors import UsageError


def verify_spec(
    spec: Annotated[
        Path | None,
        typer.Argument(metavar="[SPEC]", help="The spec, YAML or JSON.", show_default=False),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="The table of all families.")] = False,
    record: Annotated[
        bool, typer.Option("--record", help="With --all: write the record that reports read.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="With --all: fail if anything differs from that record.")
    ] = False,
    shots: Annotated[
        int, typer.Option("--shots", help="Draw so many runs, as hardware would give them.")
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", help="Of the draw.")] = 0,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Run circuits on a simulator: error, success, gates and qubits against what is claimed."""
    format_for(format, output)  # a wrong ending is said before the work
    if every == (spec is not None):
        raise UsageError("either a spec or --all", remedy="qgd verify estimates/karate.yaml")
    if (record or check or shots) and every != (record or check):
        raise UsageError("--record and --check go with --all, --shots with a spec")
    from qgd_compiler import api
    from qgd_compiler.backends.proof_page import proof_page

    with working("verifying") as progress:
        if spec is None:
            report = api.verify_all(progress=progress, check=check)
        else:
            report = api.verify(spec, shots=shots, seed=seed, progress=progress)
    if record:
        emit(api.proof_record(report), api.proof_record_path())
    emit_document(report, proof_page(report), format, output)
    api.insist_on_proof(report)
