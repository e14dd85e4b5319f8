"""Facts measured on explicit entries."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from qgd_compiler.kinds import Source
from qgd_compiler.structure.checks import Array
from qgd_compiler.structure.facts import Fact, Facts

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
    size = sparse.csr_array((np.abs(csr.data), csr.indices, csr.indptr), shape=csr.shape, copy=False)
    if hermitian is None:
        hermitian = rows == columns and equals_its_adjoint(csr)
    row_sums = np.asarray(size.sum(axis=1)).ravel()
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
        column_sparsity=exact(np.bincount(csr.indices, minlength=columns).max()),
        max_entry=exact(np.max(size.data, initial=0.0)),
        row_one_norm=exact(row_sums.max()),
        column_one_norm=exact(np.asarray(size.sum(axis=0)).max()),
        frobenius=exact(np.linalg.norm(csr.data)),
        hermitian=hermitian,
        real=not np.iscomplexobj(csr.data),
    )


def equals_its_adjoint(csr: sparse.csr_array) -> bool:
    """Whether A = A† to the last bit; with canonical rows by comparing arrays, which takes one copy of A."""
    adjoint = sparse.csr_array(csr.conj().T if np.iscomplexobj(csr.data) else csr.T)
    if csr.has_canonical_format and adjoint.has_canonical_format and bool(np.all(csr.data)):
        return (
            bool(np.array_equal(csr.indptr, adjoint.indptr))
            and bool(np.array_equal(csr.indices, adjoint.indices))
            and bool(np.array_equal(csr.data, adjoint.data))
        )
    return bool((csr - adjoint).count_nonzero() == 0)


def _spectrum(dense: Array, hermitian: bool) -> tuple[Fact, Fact | None, Fact | None]:
    if not hermitian:
        return exact(np.linalg.norm(dense, 2)), None, None
    values = np.linalg.eigvalsh(dense)
    return exact(np.abs(values).max()), exact(values[0]), exact(values[-1])
