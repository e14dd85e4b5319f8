"""A sparse matrix beside its adjoint, a band of rows at a time: the whole adjoint would be a second matrix."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from scipy import sparse

BAND = 2**19  # entries of a band
MOST_BANDS = 16  # each band looks through all entries once


def bands(csr: sparse.csr_array) -> Iterator[tuple[int, int]]:
    """First row and the one after the last of each band; all have about as many entries."""
    number = min(MOST_BANDS, 1 + csr.nnz // BAND)
    cuts = np.searchsorted(csr.indptr, np.linspace(0, csr.nnz, number + 1)[1:-1])
    edges = sorted({0, *(int(cut) for cut in cuts), int(csr.shape[0])})
    yield from pairwise(edges)


def beside_adjoint(csr: sparse.csr_array) -> Iterator[tuple[sparse.csr_array, sparse.csr_array]]:
    """The same band of rows of A and of A†, for a square A; columns ascend where they do in A.

    Memory: two copies of one band, and a few vectors with one number for each row.
    """
    for first, last in bands(csr):
        columns = csr[:, first:last]
        adjoint = (columns.conj() if np.iscomplexobj(columns.data) else columns).T
        yield csr[first:last], sparse.csr_array(adjoint)


def same_arrays(left: sparse.csr_array, right: sparse.csr_array) -> bool:
    """Whether two matrices store the same entries at the same places."""
    return (
        bool(np.array_equal(left.indptr, right.indptr))
        and bool(np.array_equal(left.indices, right.indices))
        and bool(np.array_equal(left.data, right.data))
    )


def equals_its_adjoint(csr: sparse.csr_array) -> bool:
    """Whether A = A† to the last bit. A must be square."""
    return all(
        same_arrays(rows, adjoint) or (rows - adjoint).count_nonzero() == 0
        for rows, adjoint in beside_adjoint(csr)
    )
