"""`qgd formula`: the closed form of what one query of an encoding costs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from qgd_compiler.cli.output import OutputOption, emit
from qgd_compiler.cli.talk import working


class Notation(StrEnum):
    """How a formula is written."""

    LATEX = "latex"
    SYMPY = "sympy"


def print_formula(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="The spec, YAML or JSON.", show_default=False)],
    quantity: Annotated[
        str,
        typer.Argument(metavar="QUANTITY", help="Such as t_per_query, toffoli_per_query, ancillas, alpha."),
    ] = "t_per_query",
    symbols: Annotated[
        str, typer.Option("--symbols", help="What stays a symbol, with commas: n, s (and n_1, …), b, r.")
    ] = "n,s,b",
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding",
            help="Part of an encoding's name. Default: the first of `qgd encodings`.",
            show_default=False,
        ),
    ] = None,
    notation: Annotated[
        Notation, typer.Option("--format", "-f", help="LaTeX, or as Python code.")
    ] = Notation.LATEX,
    output: OutputOption = None,
) -> None:
    """Write a count as a formula in the sizes of the Hessian and the bits of a word."""
    from qgd_compiler import api

    with working(f"deriving {quantity}"):
        found = api.formula(
            spec, quantity, [s.strip() for s in symbols.split(",") if s.strip()], encoding=encoding
        )
    if notation is Notation.SYMPY:
        text = str(found)
    else:
        from sympy import latex

        text = latex(found)
    emit(text + "\n", output)
