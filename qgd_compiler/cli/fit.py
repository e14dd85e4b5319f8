"""`qgd fit`: exponents of a sweep."""

from __future__ import annotations

from typing import Annotated

import typer

from qgd_compiler.cli.output import FormatOption, OutputOption, emit_document, format_for
from qgd_compiler.cli.query import StoreArgument, WhereOption
from qgd_compiler.cli.talk import say


def fit_store(
    directory: StoreArgument,
    x: Annotated[str, typer.Option("--x", help="Against what: a column, such as T.", show_default=False)],
    y: Annotated[str, typer.Option("--y", help="What grows: a column.")] = "t_count",
    by: Annotated[
        str | None, typer.Option("--by", help="A column whose values are fitted apart, such as solver.")
    ] = None,
    where: WhereOption = None,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Fit y ~ x^exponent, with all other swept fields held: globally with 95 % confidence, and between neighbours."""
    format_for(format, output)  # a wrong ending is said before the work
    from qgd_compiler import api
    from qgd_compiler.sweeps.fit import fits_page

    found = api.fit(directory, x, y, by, where, say)
    emit_document(found, fits_page(found), format, output)
