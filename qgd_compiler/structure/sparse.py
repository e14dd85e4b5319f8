"""`Sparse`: explicit entries in compressed rows."""

from __future__ import annotations

from dataclasses import field
from typing import Any, final

import numpy as np
from scipy import sparse

from qgd_compiler.errors import InputFileError
from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar
from qgd_compiler.structure.checks import Array, count, numbers
from qgd_compiler.structure.data_facts import data_facts
from qgd_compiler.structure.facts import Facts
from qgd_compiler.structure.hermitian import require_hermitian
from qgd_compiler.structure.matrix import Matrix


@final
@node
class Sparse(Matrix):
    """Explicit entries in compressed sparse rows: row i has `values[indptr[i]:indptr[i+1]]`.

    Canonical after construction: columns ascend in each row, duplicates are summed, zeros are dropped, so
    that equal matrices have equal digests. Arrays are read-only copies.

    Shapes: indptr (rows + 1,), indices and values (non-zeros,). Indices have 32 bits where these suffice.
    Error:  InputFileError for inconsistent index arrays, NaN or infinity (with their
            place), no rows or columns.
    """

    indptr: Array
    indices: Array
    values: Array
    rows: Scalar = field()
    columns: Scalar = field()

    @staticmethod
    def from_scipy(entries: Any, *, hermitian: bool = False) -> Sparse:
        """The node of a SciPy sparse matrix. `hermitian`: raise InputFileError unless A = A† exactly."""
        csr = sparse.csr_array(entries)
        rows, columns = csr.shape
        result = Sparse(indptr=csr.indptr, indices=csr.indices, values=csr.data, rows=rows, columns=columns)
        if hermitian:
            require_hermitian(result.to_scipy())
        return result

    def to_scipy(self) -> sparse.csr_array:
        """The entries as a SciPy array, on copies that may be changed."""
        return sparse.csr_array(
            (self.values.copy(), self.indices.copy(), self.indptr.copy()), shape=(self.rows, self.columns)
        )

    def shared(self) -> sparse.csr_array:
        """The entries as a SciPy array on the read-only arrays of this node: no copy."""
        return sparse.csr_array(
            (self.values, self.indices, self.indptr), shape=(self.rows, self.columns), copy=False
        )

    @property
    def non_zeros(self) -> int:
        """Number of entries that are not zero."""
        return int(self.values.size)

    def _check(self) -> None:
        for name in ("rows", "columns"):
            if getattr(self, name) == 0:
                raise InputFileError(f"the matrix is empty: it is {self.rows} x {self.columns}")
            self._put(name, count(name, getattr(self, name)))
        kind = np.asarray(self.values).dtype
        if kind.kind not in "biufc":
            raise InputFileError(f"the entries have type {kind}; they must be numbers")
        for name in ("indptr", "indices"):
            if np.asarray(getattr(self, name)).dtype.kind not in "iu":
                raise InputFileError(f"{name} must hold integers")
        parts = tuple(np.array(part) for part in (self.values, self.indices, self.indptr))
        try:
            csr = sparse.csr_array(parts, shape=(self.rows, self.columns))
            csr.check_format(full_check=True)
        except ValueError as error:
            raise InputFileError(f"the compressed rows are inconsistent: {error}") from None
        _require_finite(csr)
        csr.sum_duplicates()
        csr.eliminate_zeros()
        index = _index_type(csr)
        canonical = {
            "indptr": csr.indptr.astype(index, copy=False),
            "indices": csr.indices.astype(index, copy=False),
            "values": _values(csr.data),
        }
        for name, data in canonical.items():
            data.setflags(write=False)
            self._put(name, data)

    def _size(self) -> tuple[Scalar, Scalar]:
        return self.rows, self.columns

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        return data_facts(self.shared())

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        return self.to_scipy().toarray()

    def _note(self) -> str:
        return f"{self.non_zeros} non-zeros"


def _index_type(csr: sparse.csr_array) -> type[np.signedinteger[Any]]:
    """What the indices of an equal matrix are always stored as: half the memory where 32 bits suffice."""
    return np.int32 if max(*csr.shape, csr.nnz) <= np.iinfo(np.int32).max else np.int64


def _values(own: Array) -> Array:
    """The entries as `numbers` has them, on the same memory where they are float64 already."""
    if own.dtype != np.float64:
        return numbers(own)
    own += 0.0
    return own


def _require_finite(csr: sparse.csr_array) -> None:
    bad = np.flatnonzero(~np.isfinite(csr.data))
    if bad.size:
        row = int(np.searchsorted(csr.indptr, bad[0], side="right")) - 1
        column = int(csr.indices[bad[0]])
        raise InputFileError(
            f"the entry in row {row}, column {column} (counted from 0) is {csr.data[bad[0]]}; "
            f"{bad.size} such entries in all",
            remedy="remove NaN and infinite entries from the data",
        )
