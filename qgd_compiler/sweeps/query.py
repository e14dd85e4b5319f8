"""Questions in SQL to a store: read-only, and of nothing but the store."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgd_compiler.backends.page import Column, Grid, Page, Section
from qgd_compiler.errors import InputFileError, UsageError
from qgd_compiler.frontends.extras import need
from qgd_compiler.sweeps.columns import arrow
from qgd_compiler.sweeps.manifest import Manifest
from qgd_compiler.sweeps.run import warnings_of
from qgd_compiler.sweeps.store import Store, dataset_of
from qgd_compiler.sweeps.views import views

MOST_ROWS = 200  # that a table for people shows
Warn = Callable[[str], None]


@dataclass(frozen=True)
class Answer:
    """The rows of an answer, as an Arrow table."""

    table: Any

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def to_pandas(self) -> Any:
        """As a pandas data frame."""
        need("pandas", "sweep", "data frames")
        return self.table.to_pandas()

    def to_polars(self) -> Any:
        """As a Polars data frame."""
        return need("polars", "sweep", "data frames").from_arrow(self.table)

    def to_csv(self) -> str:
        """As CSV, with a line of names."""
        writer = need("pyarrow.csv", "sweep", "stores of sweeps")
        sink = arrow().BufferOutputStream()
        writer.write_csv(self.table, sink, writer.WriteOptions(quoting_style="needed"))
        return str(sink.getvalue().to_pybytes().decode("utf-8"))

    def to_json(self) -> str:
        """As a list of objects; null where a number is not finite."""
        rows = [{name: _finite(value) for name, value in row.items()} for row in self.table.to_pylist()]
        return json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False, default=str) + "\n"

    def to_parquet(self) -> bytes:
        """As a Parquet file."""
        parquet = need("pyarrow.parquet", "sweep", "stores of sweeps")
        sink = arrow().BufferOutputStream()
        parquet.write_table(self.table, sink)
        content: bytes = sink.getvalue().to_pybytes()
        return content

    @property
    def width(self) -> int:
        """Characters that the table of `page` takes beside each other."""
        grid = self.page().sections[0].body
        assert isinstance(grid, Grid)
        cells = zip(*grid.rows, strict=True) if grid.rows else [()] * len(grid.columns)
        widest = (max(map(len, (c.heading, *column))) for c, column in zip(grid.columns, cells, strict=True))
        return sum(widest) + 3 * len(grid.columns) + 4

    def page(self) -> Page:
        """The first rows, for people."""
        names = self.table.column_names
        types = arrow().types
        kinds = [types.is_integer(f.type) or types.is_floating(f.type) for f in self.table.schema]
        shown = self.table.slice(0, MOST_ROWS).to_pylist()
        rows = tuple(tuple(_cell(row[name]) for name in names) for row in shown)
        grid = Grid(tuple(Column(n, numeric) for n, numeric in zip(names, kinds, strict=True)), rows)
        more = len(self) - len(rows)
        notes = (f"{more:,} more rows: --format csv, json or parquet shows them",) if more else ()
        count = "1 row" if len(self) == 1 else f"{len(self):,} rows"
        return Page(count, (), (Section("", grid, notes),), "empty cells: not known")


def query(store: Store, sql: str, warn: Warn) -> Answer:
    """The answer to one question. UsageError with the database's own words where it cannot be answered."""
    duckdb = need("duckdb", "sweep", "queries")
    paths, damaged = store.parts()
    for line in warnings_of(damaged):
        warn(line)
    try:
        return _asked(duckdb, store, paths, sql)
    except duckdb.Error as error:
        _, found = store.parts(thorough=True)
        broken = {d.path for d in found}
        if not broken & set(paths):
            raise _refused(error, store.manifest) from None
        for line in warnings_of([d for d in found if d.path in paths]):
            warn(line)
        try:
            return _asked(duckdb, store, [p for p in paths if p not in broken], sql)
        except duckdb.Error as again:
            raise _refused(again, store.manifest) from None


def _asked(duckdb: Any, store: Store, paths: Sequence[Path], sql: str) -> Answer:
    if not paths:
        raise InputFileError(
            f"{store.directory} holds no points yet",
            at=str(store.directory),
            remedy="qgd sweep, which fills it",
        )
    with duckdb.connect(":memory:") as connection:
        connection.register("sweep", dataset_of(list(paths)))
        for name, text in views(store.manifest):
            connection.execute(f"CREATE TEMP VIEW {name} AS {text}")
        # from here on SQL reaches neither files nor networks nor Python's variables, and cannot change that
        for setting in ("python_enable_replacements", "enable_external_access"):
            connection.execute(f"SET {setting} = false")
        connection.execute("SET lock_configuration = true")
        statements = connection.extract_statements(sql)
        if len(statements) != 1:
            raise UsageError(
                f"{len(statements)} statements instead of one", remedy='such as "select * from sweep"'
            )
        answer = connection.sql(statements[0])
        if answer is None:
            raise UsageError(f"{sql.strip()[:60]!r} asks for no rows", remedy='such as "select * from sweep"')
        return Answer(answer.to_arrow_table())


def _refused(error: Exception, manifest: Manifest) -> UsageError:
    columns = ", ".join(manifest.column_names)
    return UsageError(
        str(error).rstrip(),
        remedy=f"tables: sweep, pareto, crossover, exponents; columns of sweep: {columns}",
    )


def known_column(manifest: Manifest, name: str) -> str:
    """The name itself, if a store has such a column; else UsageError with those that are near."""
    names = manifest.column_names
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    raise UsageError(
        f"the sweep has no column {name!r}",
        remedy=f"did you mean {' or '.join(near)}?" if near else f"one of {', '.join(names)}",
    )


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
