"""`qgd analyze`: whether the method is allowed on a model, and what would change that."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qgd_compiler.cli.output import FormatOption, OutputOption, emit_document, format_for
from qgd_compiler.cli.talk import working


def analyze_spec(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="The spec, YAML or JSON.", show_default=False)],
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Measure the spectrum, name the regime, and say what would change it."""
    format_for(format, output)  # a wrong ending is said before the work
    from qgd_compiler import api
    from qgd_compiler.backends.analysis_page import analysis_page

    with working(f"analysing {spec}"):
        analysis = api.analyze(spec)
    emit_document(analysis, analysis_page(analysis), format, output)
