"""How the kept entries of a tensor lie: everywhere, in rows, columns, kernels, blocks, N of every M, or no pattern."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Kept = NDArray[np.bool_]

BLOCKS = (64, 32, 16, 8, 4, 2)
GROUPS = (4, 8, 16)  # M of N:M
LEAST_GROUPS = 16  # fewer groups have N of M entries by chance
NAMES = "dense, empty, unstructured, rows, columns, rows and columns, kernels, block RxC, N:M"


def pattern_of(kept: Kept) -> str:
    """The name of the pattern in which `kept` entries lie, the first of these that fits.

    dense, empty; rows: each slice of the first axis whole or gone (neurons, filters); columns: the same for the second
    axis (inputs, channels); rows and columns; kernels: the last axes of a convolution whole or gone; block RxC: the
    largest whole or empty blocks of the matrix of the first axis against the others, sides powers of two that divide
    it; N:M: exactly N <= M/2 of every M neighbours along the second axis, M = 4, 8, 16; unstructured.
    """
    count = int(np.count_nonzero(kept))
    if count == kept.size:
        return "dense" if count else "empty"
    if count == 0:
        return "empty"
    if kept.ndim < 2:
        return "unstructured"
    along_rows = _whole(kept, 0)
    along_columns = _whole(kept, 1)
    if along_rows is not None:
        return "rows"
    if along_columns is not None:
        return "columns"
    rows, columns = _any(kept, 0), _any(kept, 1)
    if count == rows.sum() * columns.sum() * kept[0, 0].size:
        return "rows and columns"
    if kept.ndim > 2 and kept[0, 0].size > 1 and _all_or_none(kept.reshape(*kept.shape[:2], -1), 2):
        return "kernels"
    return _blocks(kept.reshape(kept.shape[0], -1)) or _groups(kept) or "unstructured"


def _any(kept: Kept, axis: int) -> Kept:
    others = tuple(a for a in range(kept.ndim) if a != axis)
    return np.asarray(kept.any(axis=others))


def _whole(kept: Kept, axis: int) -> Kept | None:
    """Which slices along an axis are kept, if each is whole or gone."""
    others = tuple(a for a in range(kept.ndim) if a != axis)
    some, every = np.asarray(kept.any(axis=others)), np.asarray(kept.all(axis=others))
    return some if bool((some == every).all()) else None


def _all_or_none(kept: Kept, axis: int | tuple[int, ...]) -> bool:
    return bool((kept.any(axis=axis) == kept.all(axis=axis)).all())


def _blocks(matrix: Kept) -> str | None:
    """The block with the most entries of which each is whole or gone."""
    rows, columns = matrix.shape
    sides = sorted(
        ((r, c) for r in (*BLOCKS, 1) for c in (*BLOCKS, 1)), key=lambda s: (s[0] * s[1], s[0] == s[1])
    )
    for high, wide in reversed(sides):
        if high * wide == 1 or rows % high or columns % wide:
            continue
        tiles = matrix.reshape(rows // high, high, columns // wide, wide)
        if _all_or_none(tiles, (1, 3)):
            return f"block {high}x{wide}"
    return None


def _groups(kept: Kept) -> str | None:
    """N:M along the second axis, as tensor cores read it (of a convolution: its input channels)."""
    last = np.moveaxis(kept, 1, -1)
    for size in GROUPS:
        if last.shape[-1] % size or last.size // size < LEAST_GROUPS:
            continue
        counts = last.reshape(-1, size).sum(axis=1)
        if counts.min() == counts.max() <= size // 2:
            return f"{int(counts[0])}:{size}"
    return None
