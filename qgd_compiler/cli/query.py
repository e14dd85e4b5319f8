"""`qgd query`: SQL to the store of a sweep."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qgd_compiler.cli.output import emit, write_bytes_whole
from qgd_compiler.cli.talk import say
from qgd_compiler.errors import UsageError

if TYPE_CHECKING:
    from qgd_compiler.sweeps.query import Answer


class QueryFormat(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


ENDINGS = {
    ".csv": QueryFormat.CSV,
    ".json": QueryFormat.JSON,
    ".parquet": QueryFormat.PARQUET,
    ".txt": QueryFormat.TABLE,
}

StoreArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="The store of a sweep.", show_default=False)
]
WhereOption = Annotated[
    str | None,
    typer.Option("--where", metavar="SQL", help="Which points, such as \"T = 100 and access = 'qrom'\"."),
]


def query_store(
    directory: StoreArgument,
    sql: Annotated[
        str,
        typer.Argument(
            metavar="SQL",
            help="A question to `sweep`, or to the views `pareto`, `crossover`, `exponents`; `describe sweep` names "
            "the columns.",
        ),
    ] = "select * from sweep",
    format: Annotated[
        QueryFormat | None,
        typer.Option("--format", "-f", help="Default: by the ending of the output file, else table."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here instead of to stdout.")
    ] = None,
) -> None:
    """Ask a sweep in SQL (DuckDB). Nothing is changed, and nothing but the store can be read."""
    chosen = _format(format, output)
    from qgd_compiler import api

    answer = api.query(directory, sql, say)
    if chosen is QueryFormat.PARQUET:
        assert output is not None
        write_bytes_whole(output, answer.to_parquet())
    else:
        emit(_text(answer, chosen), output)


def _format(asked: QueryFormat | None, output: Path | None) -> QueryFormat:
    if asked is None and output is not None and output.suffix:
        if output.suffix not in ENDINGS:
            raise UsageError(
                f"no format goes with the ending {output.suffix!r} of {output}",
                remedy=f"an ending among {', '.join(ENDINGS)}, or --format",
            )
        return ENDINGS[output.suffix]
    if asked is QueryFormat.PARQUET and output is None:
        raise UsageError("Parquet is no text", remedy="-o FILE.parquet")
    return asked or QueryFormat.TABLE


def _text(answer: Answer, format: QueryFormat) -> str:
    if format is QueryFormat.CSV:
        return answer.to_csv()
    if format is QueryFormat.JSON:
        return answer.to_json()
    from qgd_compiler.backends.table import table

    return table(answer.page(), width=answer.width)
