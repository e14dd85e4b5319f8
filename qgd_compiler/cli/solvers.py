"""`qgd solvers`: the linear-system solvers side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from qgd_compiler.cli.output import FormatOption, OutputOption, emit_document, format_for
from qgd_compiler.cli.talk import working


def list_solvers(
    epsilon: Annotated[
        float, typer.Option("--epsilon", help="2-norm error of the normalised solution.", show_default=False)
    ],
    kappa: Annotated[
        float | None,
        typer.Option(
            "--kappa",
            help="Normalisation times norm of the inverse. Default: that of the history of --steps.",
            show_default=False,
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps", help="Steps of gradient descent: with the solvers for runs.", show_default=False
        ),
    ] = None,
    norm_spread: Annotated[
        float, typer.Option("--norm-spread", help="Factor by which the norm of the solution may be off.")
    ] = 1.0,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """List the solvers with their queries, fewest first."""
    format_for(format, output)  # a wrong ending is said before the work
    from qgd_compiler import api
    from qgd_compiler.backends.solvers_page import solvers_page

    with working("counting queries"):
        report = api.solvers(kappa, epsilon, steps, norm_spread=norm_spread)
    emit_document(report, solvers_page(report), format, output)
