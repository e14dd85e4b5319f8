"""Whether explicit entries are Hermitian, and which entry says otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from qgd_compiler.errors import InputFileError


def require_hermitian(entries: Any, *, tolerance: float = 0.0) -> None:
    """Raise InputFileError, naming the worst pair, unless |A_ij − conj(A_ji)| <= tolerance for all i, j.

    entries: SciPy sparse matrix or dense array (rows, columns). tolerance: in units of A.
    """
    csr = sparse.csr_array(entries)
    rows, columns = csr.shape
    if rows != columns:
        raise InputFileError(f"the matrix is declared Hermitian, but it is {rows} x {columns}")
    gap = sparse.coo_array(csr - csr.conj().T)
    if gap.nnz == 0:
        return
    size = np.abs(gap.data)
    worst = int(np.argmax(size))
    if size[worst] <= tolerance:
        return
    i, j = sorted((int(gap.row[worst]), int(gap.col[worst])))
    here, there = csr[i, j], csr[j, i]
    raise InputFileError(
        f"the matrix is declared Hermitian, but entry ({i}, {j}) is {here} and entry ({j}, {i}) is {there} "
        f"(counted from 0): they differ by {size[worst]:.6g}, the largest difference",
        remedy="use (A + A†)/2 where the difference is rounding, or do not declare the matrix Hermitian",
    )
