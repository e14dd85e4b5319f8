"""Entries as a sign and b bits: the word v stands for max_entry·v/(2^b − 1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import UnsupportedError

MOST_BITS = 52  # of a word that float64 can tell from its neighbours


def check_bits(bits: int) -> None:
    """Raise UnsupportedError for words that cannot be computed from float64 data."""
    if bits > MOST_BITS:
        raise UnsupportedError(
            f"the data of words of {bits} bits cannot be computed from float64 ({MOST_BITS} bits)",
            remedy="fewer bits per word; such words can be counted",
        )


def magnitudes(entries: np.ndarray, max_entry: float, bits: int) -> NDArray[np.int64]:
    """The word of |entry| for each entry, rounded to the nearest; ValueError for an entry above `max_entry`.

    Error: max_entry/(2·(2^b − 1)) per entry (bound).
    """
    check_bits(bits)
    sizes = np.abs(np.asarray(entries, dtype=float))
    top = float(sizes.max(initial=0.0))
    if not top <= max_entry * (1 + 1e-12):
        raise ValueError(f"the data have an entry of size {top:.6g}, above the bound {max_entry:.6g}")
    steps = 2**bits - 1
    scaled = sizes / max_entry * steps if max_entry > 0 else sizes
    return np.asarray(np.minimum(np.rint(scaled), steps), dtype=np.int64)


def rounded(entries: np.ndarray, max_entry: float, bits: int) -> NDArray[np.float64]:
    """What the words stand for, with the signs of the entries."""
    return np.asarray(np.sign(entries) * magnitudes(entries, max_entry, bits) * (max_entry / (2**bits - 1)))
