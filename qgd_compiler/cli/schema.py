"""`qgd schema`: write the JSON Schemas of spec and reports, or check that the written ones are current."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from qgd_compiler.cli.output import emit


class ListFormat(StrEnum):
    """How the list of files is written."""

    TABLE = "table"
    JSON = "json"


def write_schemas(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if a file differs from what the code says.")
    ] = False,
    directory: Annotated[
        Path, typer.Option("--dir", metavar="DIR", help="The folder that holds the schemas.")
    ] = Path("schemas"),
    format: Annotated[
        ListFormat, typer.Option("--format", "-f", help="How to list the files.")
    ] = ListFormat.TABLE,
) -> None:
    """Write the JSON Schemas of the spec and the reports into a folder."""
    from qgd_compiler import api

    names = api.check_schemas(directory) if check else api.write_schemas(directory)
    done = "current" if check else "written"
    if format is ListFormat.JSON:
        emit(json.dumps({done: names}) + "\n", None)
    else:
        emit("".join(f"{done}: {directory / name}\n" for name in names), None)
