"""`qgd encodings`: every block-encoding of a Hessian, best first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qgd_compiler.cli.output import FormatOption, OutputOption, emit_document, format_for
from qgd_compiler.cli.talk import working


def list_encodings(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="The spec, YAML or JSON.", show_default=False)],
    epsilon: Annotated[
        float | None,
        typer.Option(
            "--epsilon",
            help="Error relative to the norm of the Hessian. Default: target.epsilon.",
            show_default=False,
        ),
    ] = None,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """List the encodings of the Hessian by alpha times T per query, best first."""
    format_for(format, output)  # a wrong ending is said before the work
    from qgd_compiler import api
    from qgd_compiler.backends.encodings_page import encodings_page

    with working(f"encoding the Hessian of {spec}") as progress:
        report = api.encodings(spec, epsilon=epsilon, progress=progress)
    emit_document(report, encodings_page(report), format, output)
