"""`qgd analyze`: whether the method is allowed on a model, and what would change that."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qgd_compiler.cli.output import FormatOption, OutputOption, emit_document, format_for, write_bytes_whole
from qgd_compiler.cli.talk import working


def analyze_spec(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="The spec, YAML or JSON.", show_default=False)],
    proxy: Annotated[
        bool, typer.Option("--proxy", help="With the error proxy E(t) of the density of eigenvalues.")
    ] = False,
    training: Annotated[
        bool, typer.Option("--training", help="With every training step of the spectrum file.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw proxy or training into a .svg, .png or .pdf."),
    ] = None,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Measure the spectrum, name the regime, and say what would change it."""
    format_for(format, output)  # a wrong ending is said before the work
    from qgd_compiler import api
    from qgd_compiler.backends.analysis_page import analysis_page

    with working(f"analysing {spec}") as progress:
        analysis = api.analyze(spec, progress, proxy=proxy, training=training)
        if plot is not None:
            from qgd_compiler.backends.plots import plot as drawn

            write_bytes_whole(plot, drawn(analysis, plot))
    emit_document(analysis, analysis_page(analysis), format, output)
