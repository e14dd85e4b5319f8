"""Facts measured on explicit entries."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from qgd_compiler.kinds import Source
from qgd_compiler.structure.checks import Array
from qgd_compiler.structure.facts import Fact, Facts
from qgd_compiler.structure.mirrored import bands, equals_its_adjoint

SPECTRUM_LIMIT = 512  # rows or columns up to which eigenvalues and singular values come from dense algebra


def exact(value: Any) -> Fact:
    """A fact read off the data; NumPy scalars become Python numbers."""
    return Fact(value.item() if isinstance(value, np.generic) else value, Source.EXACT)


def data_facts(entries: Any, hermitian: bool | None = None) -> Facts:
    """The facts of a SciPy sparse matrix or a dense array (rows, columns).

    Sparsity, largest entry, 1-norms and Frobenius norm are exact. Norm and eigenvalues are exact up to 512
    rows and columns (to the rounding of LAPACK); beyond, the eigenvalues of a Hermitian matrix are bounded by
    Gershgorin's discs. `hermitian`: None asks the data, where A = A† must hold to the last bit.
    """
    csr = sparse.csr_array(entries)
    rows, columns = csr.shape
    if hermitian is None:
        hermitian = rows == columns and equals_its_adjoint(csr)
    row_sums, column_sums, in_column, largest = _sums(csr)
    norm, low, high = None, None, None
    if max(rows, columns) <= SPECTRUM_LIMIT:
        norm, low, high = _spectrum(csr.toarray(), hermitian)
    elif hermitian:
        diagonal = csr.diagonal().real
        radius = row_sums - np.abs(diagonal)
        low = Fact(float((diagonal - radius).min()), Source.BOUND)
        high = Fact(float((diagonal + radius).max()), Source.BOUND)
    return Facts(
        norm=norm,
        lambda_min=low,
        lambda_max=high,
        row_sparsity=exact(np.diff(csr.indptr).max()),
        column_sparsity=exact(in_column.max()),
        max_entry=exact(largest),
        row_one_norm=exact(row_sums.max()),
        column_one_norm=exact((row_sums if hermitian else column_sums).max()),
        frobenius=exact(np.linalg.norm(csr.data)),
        hermitian=hermitian,
        real=not np.iscomplexobj(csr.data),
    )


def _sums(csr: sparse.csr_array) -> tuple[Array, Array, Array, float]:
    """Sums of |A_ij| in each row and column, entries in each column, max|A_ij|; a band of rows at a time."""
    rows, columns = csr.shape
    row_sums, column_sums = np.zeros(rows), np.zeros(columns)
    in_column, largest = np.zeros(columns, dtype=np.int64), 0.0
    for first, last in bands(csr):
        band = csr[first:last]
        band.data = np.abs(band.data)
        row_sums[first:last] = band.sum(axis=1)
        column_sums += band.sum(axis=0)
        in_column += np.bincount(band.indices, minlength=columns)
        largest = max(largest, float(np.max(band.data, initial=0.0)))
    return row_sums, column_sums, in_column, largest


def _spectrum(dense: Array, hermitian: bool) -> tuple[Fact, Fact | None, Fact | None]:
    if not hermitian:
        return exact(np.linalg.norm(dense, 2)), None, None
    values = np.linalg.eigvalsh(dense)
    return exact(np.abs(values).max()), exact(values[0]), exact(values[-1])
