"""`qgd plot`: figures of a sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qgd_compiler.cli.output import write_bytes_whole
from qgd_compiler.cli.query import StoreArgument, WhereOption
from qgd_compiler.cli.talk import say


def plot_store(
    directory: StoreArgument,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", help="A .svg, .png, .pdf or .html.", show_default=False
        ),
    ],
    x: Annotated[
        str | None, typer.Option("--x", help="A column. Default: the first swept number.", show_default=False)
    ] = None,
    y: Annotated[
        str | None,
        typer.Option(
            "--y", help="A column. Default: t_count; of a map the second swept number.", show_default=False
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by", help="The column that colours and markers show. Of a map: solver.", show_default=False
        ),
    ] = None,
    where: WhereOption = None,
    map: Annotated[
        bool,
        typer.Option("--map", help="The winner at every x and y, and where classical computers are as fast."),
    ] = False,
) -> None:
    """Draw a sweep on logarithmic axes: y against x, or the map of the winning solver."""
    from qgd_compiler import api

    write_bytes_whole(output, api.plot(directory, output.suffix, x, y, by, where, map=map, warn=say))
