"""Encoders of the leaves: what can be encoded from explicit data, each with and without a control.

`data` None makes a count only. With data the error is known; with `tables` too the lookups carry them and the
routine can be run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms import (
    diagonal,
    fixed_point,
    frobenius,
    row_weighted,
    sparse_access,
    sparse_row_weighted,
)
from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.scalars import Scalar


@dataclass(frozen=True, eq=False)
class SparseAccess:
    """Sparse access to a square matrix."""

    rows: Scalar
    sparsity: Scalar
    max_entry: Scalar
    bits: Scalar
    access: Access
    symmetric: bool = True
    data: np.ndarray | None = None
    tables: bool = True

    def encode(self, controlled: bool) -> Encoding:
        """The encoding, α = s·max|A|."""
        tables = None
        if self.data is not None and self.tables:
            tables = sparse_access.sparse_tables(self.data, self.sparsity, self.max_entry, self.bits)
        return sparse_access.sparse_access(
            self.rows,
            self.sparsity,
            self.max_entry,
            self.bits,
            self.access,
            controlled=controlled,
            symmetric=self.symmetric,
            tables=tables,
        )

    def realised(self) -> np.ndarray | None:
        """The rounded matrix."""
        if self.data is None:
            return None
        return fixed_point.rounded(self.data, float(self.max_entry), int(self.bits))


@dataclass(frozen=True, eq=False)
class Frobenius:
    """The norm tree of a matrix of any shape."""

    rows: Scalar
    columns: Scalar
    norm: Scalar
    bits: Scalar
    access: Access
    data: np.ndarray | None = None
    tables: bool = True

    def encode(self, controlled: bool) -> Encoding:
        """The encoding, α = ‖A‖_F."""
        tables = None
        if self.data is not None and self.tables:
            found = float(np.linalg.norm(self.data))
            if not math.isclose(found, float(self.norm), rel_tol=1e-9):
                raise ValueError(f"the Frobenius norm of the data is {found:.6g}, not {float(self.norm):.6g}")
            tables = frobenius.frobenius_tables(self.data, int(self.bits))
        return frobenius.frobenius_tree(
            self.rows,
            self.norm,
            self.bits,
            self.access,
            columns=self.columns,
            controlled=controlled,
            tables=tables,
        )

    def realised(self) -> np.ndarray | None:
        """The rounded matrix."""
        if self.data is None:
            return None
        return frobenius.block(self.data, int(self.bits))


@dataclass(frozen=True, eq=False)
class RowWeighted:
    """Rows and columns prepared with square roots of their entries."""

    rows: Scalar
    row_one_norm: Scalar
    column_one_norm: Scalar
    bits: Scalar
    access: Access
    data: np.ndarray | None = None
    tables: bool = True

    def encode(self, controlled: bool) -> Encoding:
        """The encoding, α = √(‖A‖_1‖A‖_∞)."""
        tables = None
        if self.data is not None and self.tables:
            tables = row_weighted.row_weighted_tables(
                self.data, float(self.row_one_norm), float(self.column_one_norm), int(self.bits)
            )
        return row_weighted.row_weighted(
            self.rows,
            self.row_one_norm,
            self.column_one_norm,
            self.bits,
            self.access,
            controlled=controlled,
            tables=tables,
        )

    def realised(self) -> np.ndarray | None:
        """The rounded matrix."""
        if self.data is None:
            return None
        norms = float(self.row_one_norm), float(self.column_one_norm)
        return row_weighted.block(self.data, *norms, int(self.bits))


@dataclass(frozen=True, eq=False)
class SparseRowWeighted:
    """Rows and columns prepared over their non-zeros, with square roots of the entries."""

    rows: Scalar
    sparsity: Scalar
    row_one_norm: Scalar
    column_one_norm: Scalar
    bits: Scalar
    access: Access
    data: np.ndarray | None = None
    tables: bool = True

    def encode(self, controlled: bool) -> Encoding:
        """The encoding, α = √(‖A‖_1‖A‖_∞)."""
        tables = None
        if self.data is not None and self.tables:
            tables = sparse_row_weighted.sparse_row_weighted_tables(
                self.data,
                int(self.sparsity),
                float(self.row_one_norm),
                float(self.column_one_norm),
                int(self.bits),
            )
        return sparse_row_weighted.sparse_row_weighted(
            self.rows,
            self.sparsity,
            self.row_one_norm,
            self.column_one_norm,
            self.bits,
            self.access,
            controlled=controlled,
            tables=tables,
        )

    def realised(self) -> np.ndarray | None:
        """The rounded matrix."""
        if self.data is None:
            return None
        norms = float(self.row_one_norm), float(self.column_one_norm)
        return sparse_row_weighted.block(self.data, int(self.sparsity), *norms, int(self.bits))


@dataclass(frozen=True, eq=False)
class DiagonalTable:
    """A diagonal matrix by a lookup of its entries."""

    rows: Scalar
    max_entry: Scalar
    bits: Scalar
    access: Access
    data: np.ndarray | None = None
    tables: bool = True

    def encode(self, controlled: bool) -> Encoding:
        """The encoding, α = max|d|."""
        table = None
        if self.data is not None and self.tables:
            table = diagonal.diagonal_table(self.data, float(self.max_entry), int(self.bits))
        return diagonal.diagonal_by_table(
            self.rows, self.max_entry, self.bits, self.access, controlled=controlled, table=table
        )

    def realised(self) -> np.ndarray | None:
        """The rounded matrix."""
        if self.data is None:
            return None
        return np.diag(fixed_point.rounded(self.data, float(self.max_entry), int(self.bits)))
