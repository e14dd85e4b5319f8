"""The different values of an array, without an inverse permutation of the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def distinct(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The different values in order, and the number of each element among them, in the shape of the array.

    >>> [a.tolist() for a in distinct(np.array([5, 3, 5]))]
    [[3, 5], [1, 0, 1]]
    """
    flat = np.sort(values, axis=None)  # several times faster than with a permutation
    found = flat[np.concatenate([[True], flat[1:] != flat[:-1]])]
    return found, np.searchsorted(found, values)


def first_of_each(number: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Where each number first stands in a flat array."""
    first = np.empty(count, dtype=np.int64)
    first[number[::-1]] = np.arange(len(number) - 1, -1, -1)
    return first
