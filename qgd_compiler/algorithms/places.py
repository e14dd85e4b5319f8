"""Places of the non-zeros of a sparse matrix: each is number l in the list of its row and l' in that of its column."""

from __future__ import annotations

import numpy as np

Place = tuple[int, int]


def matched_places(
    matrix: np.ndarray, sparsity: int
) -> tuple[dict[tuple[Place, Place], None], list[tuple[Place, Place]]]:
    """A bijection from row places (i, l) to column places (j, l'): the entries, and the empty places paired up."""
    n = matrix.shape[0]
    row_used, column_used = [0] * n, [0] * n
    pairs: dict[tuple[Place, Place], None] = {}
    for i, j in zip(*np.nonzero(matrix), strict=True):
        pairs[(int(i), row_used[i]), (int(j), column_used[j])] = None
        row_used[i] += 1
        column_used[j] += 1
    free_rows = [(i, place) for i in range(n) for place in range(row_used[i], sparsity)]
    free_columns = [(j, place) for j in range(n) for place in range(column_used[j], sparsity)]
    return pairs, list(zip(free_rows, free_columns, strict=True))
