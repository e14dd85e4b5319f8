"""The words of sparse access to a matrix of any shape, and how long its lists are (see `sparse_rectangular`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.fixed_point import magnitudes
from qgd_compiler.scalars import Scalar, ceil_div, ceil_log2, is_integer, maximum

Place = tuple[int, int]


@dataclass(frozen=True)
class Lists:
    """Lists of common·2^row_bits places for rows and common·2^column_bits for columns; one of the bits is 0."""

    common: Scalar
    row_bits: int
    column_bits: int

    @property
    def rows(self) -> Scalar:
        """Places per row."""
        return self.common * 2**self.row_bits

    @property
    def columns(self) -> Scalar:
        """Places per column."""
        return self.common * 2**self.column_bits

    @property
    def weight(self) -> Scalar:
        """The geometric mean of both."""
        bits = self.row_bits + self.column_bits
        return self.common * (2 ** (bits // 2) if bits % 2 == 0 else 2.0 ** (bits / 2))


@dataclass(frozen=True)
class Words:
    """The words of both tables, row-major over (row or column, place)."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]


def lists(row_sparsity: Scalar, column_sparsity: Scalar) -> Lists:
    """The lists of least weight that hold both sparsities; equal ones where they are symbols.

    >>> lists(3, 40)
    Lists(common=3, row_bits=0, column_bits=4)
    >>> lists(6, 5)
    Lists(common=6, row_bits=0, column_bits=0)
    """
    if not (is_integer(row_sparsity) and is_integer(column_sparsity)):
        same = row_sparsity == column_sparsity
        return Lists(row_sparsity if same else maximum(row_sparsity, column_sparsity), 0, 0)
    short, long = sorted((int(row_sparsity), int(column_sparsity)))
    found = []
    for bits in range(int(ceil_log2(ceil_div(long, short))) + 1):
        common = max(short, int(ceil_div(long, 2**bits)))
        rows_longer = row_sparsity > column_sparsity
        found.append(Lists(common, bits if rows_longer else 0, 0 if rows_longer else bits))
    return min(found, key=lambda choice: float(choice.weight))


def left_over(rows: Scalar, columns: Scalar, chosen: Lists) -> tuple[int, int]:
    """1 for the side with more places (columns, rows), else 0; both 1 where that is not known."""
    row_places, column_places = rows * chosen.rows, columns * chosen.columns
    if not (is_integer(row_places) and is_integer(column_places)):
        return 1, 1
    return int(column_places > row_places), int(row_places > column_places)


def words_of(matrix: np.ndarray, chosen: Lists, max_entry: float, value_bits: int) -> Words:
    """The words of both tables; ValueError for lists longer than `chosen` or entries above `max_entry`.

    A place stands in the word as in the place register: the common part first.
    """
    rows, columns = matrix.shape
    p_bits = int(ceil_log2(chosen.common)) + chosen.row_bits + chosen.column_bits
    sizes = magnitudes(matrix, max_entry, value_bits)
    pairs, free_rows, free_columns = _paired(matrix, chosen)
    lost_column, lost_row = left_over(rows, columns, chosen)
    by_row = [lost_row] * (rows * int(chosen.rows))  # what leads nowhere: zero, and its bit
    by_column = [lost_column] * (columns * int(chosen.columns))
    joined = [(*pair, True) for pair in pairs]
    joined += [(*pair, False) for pair in zip(free_rows, free_columns, strict=False)]
    for (i, l_row), (j, l_column), entry in joined:
        tail = (int(sizes[i, j]) << 1 | int(matrix[i, j] < 0)) if entry else 0
        in_column = (j << p_bits) | (l_column << chosen.row_bits)
        in_row = (i << p_bits) | (l_row << chosen.column_bits)
        by_row[i * int(chosen.rows) + l_row] = (in_column << (value_bits + 1) | tail) << lost_row
        by_column[j * int(chosen.columns) + l_column] = (in_row << (value_bits + 1) | tail) << lost_column
    return Words(tuple(by_row), tuple(by_column))


def _paired(matrix: np.ndarray, chosen: Lists) -> tuple[list[tuple[Place, Place]], list[Place], list[Place]]:
    """The row place and the column place of each entry, and the empty places of both sides."""
    rows, columns = matrix.shape
    row_used, column_used = [0] * rows, [0] * columns
    pairs = []
    for i, j in zip(*(index.tolist() for index in np.nonzero(matrix)), strict=True):
        pairs.append(((i, row_used[i]), (j, column_used[j])))
        row_used[i] += 1
        column_used[j] += 1
    for used, most, what in ((row_used, chosen.rows, "row"), (column_used, chosen.columns, "column")):
        if max(used) > most:
            raise ValueError(f"the data have a {what} of {max(used)} non-zeros, above the bound {most}")
    free_rows = [(i, place) for i in range(rows) for place in range(row_used[i], int(chosen.rows))]
    free_columns = [
        (j, place) for j in range(columns) for place in range(column_used[j], int(chosen.columns))
    ]
    return pairs, free_rows, free_columns
