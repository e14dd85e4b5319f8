"""`qgd compile`: what a spec costs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from qgd_compiler.cli.output import Format, FormatOption, OutputOption, emit, emit_document, format_for
from qgd_compiler.cli.talk import working


class SecondOpinion(StrEnum):
    """Whom else to ask."""

    AZURE = "azure"


def compile_spec(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="The spec, YAML or JSON.", show_default=False)],
    second_opinion: Annotated[
        SecondOpinion | None,
        typer.Option(
            "--second-opinion", help="Ask another estimator about the same machine.", show_default=False
        ),
    ] = None,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Count T gates and qubits for a spec, and say what the numbers rest on."""
    chosen = format_for(format, output)  # a wrong ending is said before the work
    from qgd_compiler import api
    from qgd_compiler.backends.report_page import report_page

    with working(f"compiling {spec}") as progress:
        if chosen is Format.HTML:
            from qgd_compiler.backends.html.report_html import report_html

            emit(report_html(api.dossier(spec, progress, second_opinion=second_opinion)), output)
            return
        report = api.compile(spec, progress=progress, second_opinion=second_opinion)
    emit_document(report, report_page(report), format, output)
