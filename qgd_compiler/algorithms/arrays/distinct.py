"""The different values of an array, without an inverse permutation of the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def distinct(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The different values in order, and the number of each element among them, in the shape of the array.

    Of NaN there is one, the last.

    >>> [a.tolist() for a in distinct(np.array([5, 3, 5]))]
    [[3, 5], [1, 0, 1]]
    """
    flat = np.sort(values, axis=None)  # several times faster than with a permutation
    new = flat[1:] != flat[:-1]
    if len(flat) and flat[-1] != flat[-1]:
        new &= ~(np.isnan(flat[1:]) & np.isnan(flat[:-1]))
    found = flat[np.concatenate([np.ones(min(1, len(flat)), dtype=bool), new])]
    return found, np.searchsorted(found, values)


def distinct_rows(*columns: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each different row of some flat columns first stands, and the number of each row among them.

    A NaN is like any other.

    >>> [a.tolist() for a in distinct_rows(np.array([5.0, 3.0, 5.0]), np.array([1.0, 1.0, 1.0]))]
    [[1, 0], [1, 0, 1]]
    """
    number = np.zeros(len(columns[0]), dtype=np.int64)
    count = min(1, len(number))
    for column in columns:
        levels, code = distinct(column)
        if len(levels) > 1:
            both, number = distinct(number * len(levels) + code)
            count = len(both)
    return first_of_each(number, count), number


def first_of_each(number: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Where each number first stands in a flat array."""
    first = np.empty(count, dtype=np.int64)
    first[number[::-1]] = np.arange(len(number) - 1, -1, -1)
    return first
