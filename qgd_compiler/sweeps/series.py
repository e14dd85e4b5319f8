"""Rows of a store as series: one number against another, with all other swept fields held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qgd_compiler.errors import UsageError
from qgd_compiler.sweeps.query import Warn, known_column, query
from qgd_compiler.sweeps.store import Store
from qgd_compiler.sweeps.views import quoted

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Series:
    """Points by rising x.

    held   the other swept fields with their values
    by     the value of the column that points are told apart by, for each point; None: they are not
    """

    held: tuple[tuple[str, Any], ...]
    x: Array
    y: Array
    by: tuple[str, ...] | None = None


def series_of(store: Store, x: str, y: str, by: str | None, where: str | None, warn: Warn) -> list[Series]:
    """The series of a store. Points without a price, and those where x or y is not above 0, are left out.

    Where `x` is no swept field nothing is held, and all points are one series.
    """
    manifest = store.manifest
    for name in (x, y):
        _number_column(store, name)
    if by is not None:
        known_column(manifest, by)
    swept = [field.name for field in manifest.fields]
    held = [name for name in swept if name != x] if x in swept else []
    names = list(dict.fromkeys([x, y, *([] if by is None else [by]), *held]))
    condition = f"AND ({where})" if where else ""
    sql = f"""SELECT {", ".join(quoted(n) for n in names)} FROM sweep
        WHERE status = 'ok' AND {quoted(x)} > 0 AND {quoted(y)} > 0 AND isfinite({quoted(y)}::DOUBLE) {condition}
        ORDER BY {", ".join(quoted(n) for n in [*held, x])}, point"""
    table = query(store, sql, warn).table
    columns = {name: table.column(name).to_pylist() for name in names}
    rows: dict[tuple[Any, ...], list[int]] = {}
    for i in range(table.num_rows):
        rows.setdefault(tuple(columns[name][i] for name in held), []).append(i)
    if not rows:
        raise UsageError(
            f"no point has both {x} and {y}" + (f" where {where}" if where else ""),
            remedy="qgd query DIR 'select status, reason, count(*) from sweep group by all'",
        )
    return [
        Series(
            tuple(zip(held, key, strict=True)),
            np.array([columns[x][i] for i in places], dtype=float),
            np.array([columns[y][i] for i in places], dtype=float),
            None if by is None else tuple(_word(columns[by][i]) for i in places),
        )
        for key, places in rows.items()
    ]


def _number_column(store: Store, name: str) -> None:
    manifest = store.manifest
    known_column(manifest, name)
    words = {c.name for c in manifest.columns if c.kind == "word"} | set(manifest.words)
    if name in words:
        numbers = [n for n in manifest.column_names if n not in words and n != "point"]
        raise UsageError(f"{name} holds words, not numbers", remedy=f"one of {', '.join(numbers)}")


def _word(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
