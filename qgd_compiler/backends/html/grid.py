"""Tables whose columns can be sorted: every cell with its rank, worked out from exact numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from qgd_compiler.backends.figures import PARTS
from qgd_compiler.backends.page import Grid

EIGHTHS = {mark: eighths for eighths, mark in enumerate(PARTS) if mark != " "} | {"█": 8}
WHOLE = 16 * 8  # eighths of a full bar, see `figures.bar`


@dataclass(frozen=True)
class Cell:
    """What a cell says, its place in the order of its column, and the length of its bar in percent."""

    text: str
    rank: int
    bar: float | None = None


def cells(grid: Grid) -> tuple[tuple[Cell, ...], ...]:
    """The rows of a grid."""
    by_column = []
    for i, column in enumerate(grid.columns):
        texts = [row[i] for row in grid.rows]
        drawn = column.fixed and not column.heading
        by_column.append(
            [
                Cell(text, rank, _length(text) if drawn else None)
                for text, rank in zip(texts, ranks(texts), strict=True)
            ]
        )
    return tuple(zip(*by_column, strict=True))


def ranks(texts: Sequence[str]) -> list[int]:
    """Numbers by size before words by alphabet; equal ones share a rank.

    >>> ranks(["1.2e400", "n/a", "12,345", "9"])
    [2, 3, 1, 0]
    """
    keys = [_key(text) for text in texts]
    order = {key: place for place, key in enumerate(sorted(set(keys)))}
    return [order[key] for key in keys]


def _key(text: str) -> tuple[int, Decimal, str]:
    plain = text.replace(",", "").removesuffix(" %").removeprefix("<")
    try:
        return 0, Decimal(plain), ""
    except InvalidOperation:
        return 1, Decimal(0), text.casefold()


def _length(text: str) -> float:
    """Percent of the whole that a bar of block characters shows."""
    return round(100 * sum(EIGHTHS.get(mark, 0) for mark in text) / WHOLE, 1)
