"""`qgd init`: a commented spec to start from."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from qgd_compiler.cli.output import emit
from qgd_compiler.cli.talk import say
from qgd_compiler.errors import UsageError
from qgd_compiler.spec.starters import KINDS, starter

Kind = StrEnum("Kind", {kind.replace("-", "_").upper(): kind for kind in KINDS})  # type: ignore[misc]
DEFAULT = Kind("declared")


def write_starter(
    kind: Annotated[
        Kind,
        typer.Option(
            "--kind",
            "-k",
            help="What is known: only bounds (declared); a matrix (sparse, dense, banded, low-rank); a factor (gram); "
            "the weights of a network; or what else is wanted: nonlinear terms, minibatches, a read-out.",
        ),
    ] = DEFAULT,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that exists.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="SPEC", help="Write here instead of to stdout.")
    ] = None,
) -> None:
    """Write a commented spec to start from; it compiles as it is."""
    if output is not None and not force and (output.exists() or output.is_symlink()):
        raise UsageError(f"{output} exists", remedy="another name, or --force to overwrite it")
    emit(starter(kind.value), output)
    if output is not None:
        say(f"wrote {output}; next: qgd compile {output}")
