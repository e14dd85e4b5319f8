"""`qgd diff`: two reports beside each other, and what moved the T count."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qgd_compiler.cli.output import FormatOption, OutputOption, emit_document, format_for


def diff_reports(
    before: Annotated[
        Path, typer.Argument(metavar="A.json", help="A report or a lock, in JSON.", show_default=False)
    ],
    after: Annotated[
        Path, typer.Argument(metavar="B.json", help="Another one, in JSON.", show_default=False)
    ],
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0, help="Relative change of a number that is let pass.")
    ] = 0.0,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Show what differs between two reports, and share the change of the T gates out over components and factors."""
    format_for(format, output)  # a wrong ending is said before the work
    from qgd_compiler import api
    from qgd_compiler.regression.page import difference_page

    found = api.diff(before, after, tolerance=tolerance)
    emit_document(found, difference_page(found), format, output)
