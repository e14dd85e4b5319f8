"""`qgd explain`: where every number of a compile comes from, down to a primitive."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qgd_compiler.cli.output import Format, FormatOption, OutputOption, emit_document, format_for
from qgd_compiler.cli.talk import working
from qgd_compiler.errors import UsageError

SMALL = 0.001  # share of the T gates below which people are not shown a part unless they ask


def explain_spec(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="The spec, YAML or JSON.", show_default=False)],
    component: Annotated[
        str | None,
        typer.Argument(
            metavar="[COMPONENT]",
            help="Part of a title, of a label or of the name of a number, or an id. Default: all.",
            show_default=False,
        ),
    ] = None,
    depth: Annotated[
        int | None,
        typer.Option("--depth", min=0, help="Levels of the tree. Default: all.", show_default=False),
    ] = None,
    min_share: Annotated[
        str | None,
        typer.Option(
            "--min-share",
            help="Sum up parts below this share of the T gates shown, such as 2%. Default: 0.1%; in JSON 0.",
            show_default=False,
        ),
    ] = None,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Show where the cost of a spec comes from: a tree with counts, formulas, sources and inputs."""
    chosen = format_for(format, output)  # a wrong ending is said before the work
    share = _share(min_share) if min_share is not None else 0.0 if chosen is Format.JSON else SMALL
    from qgd_compiler import api
    from qgd_compiler.backends.explain_page import explain_page

    with working(f"explaining {spec}") as progress:
        explained = api.explain(spec, component, depth=depth, min_share=share, progress=progress)
    emit_document(explained, explain_page(explained), format, output)


def _share(text: str) -> float:
    """A share as a number between 0 and 1, or in percent."""
    words = text.strip()
    try:
        share = float(words.removesuffix("%")) / (100 if words.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise UsageError(
            f"{text!r} is not a share", remedy="between 0 and 1, or in percent, such as --min-share 2%"
        )
    return share
