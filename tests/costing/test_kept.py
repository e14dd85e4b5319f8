"""What is kept by pairs of whole numbers, and is made once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qgd_compiler.costing.kept import LEAST_BESIDE, MOST_BESIDE, Kept

Index = np.ndarray[Any, np.dtype[np.int64]]


class Made:
    """Makes a sum and a constant, and remembers for which pairs."""

    def __init__(self) -> None:
        self.pairs: list[tuple[int, int]] = []

    def __call__(self, first: Index, second: Index) -> dict[str, Any]:
        self.pairs += zip(first.tolist(), second.tolist(), strict=True)
        return {"sum": first + second.astype(float), "three": 3, "first": first.astype(float)}


def test_every_pair_is_made_once_and_found_again_in_any_shape() -> None:
    kept, made = Kept(), Made()
    for shape in ((6,), (2, 3), (3, 2, 1)):
        first = np.array([0, 5, 0, 70, 5, 0]).reshape(shape)
        second = np.array([3, 3, 3, 200, 4, 9]).reshape(shape)
        found = kept.at(first, second, ("sum", "three"), made)
        assert np.array_equal(found["sum"], first + second)
        assert found["three"] == 3
        assert set(found) == {"sum", "three"}
    assert sorted(made.pairs) == [(0, 3), (0, 9), (5, 3), (5, 4), (70, 200)]


def test_arrays_broadcast_and_neighbours_are_made_beside() -> None:
    kept, made = Kept(), Made()
    found = kept.at(np.array([[1], [2]]), np.array([[4, 2, 4]]), ("sum",), made, beside=True)
    assert np.array_equal(found["sum"], [[5, 3, 5], [6, 4, 6]])
    highest = 4 + MOST_BESIDE
    assert sorted(made.pairs) == [(i, j) for i in (1, 2) for j in range(2, highest + 1)]
    kept.at(np.array([1]), np.array([highest]), ("sum",), made)
    assert len(made.pairs) == 2 * (highest - 1)


def test_of_many_new_pairs_few_are_made_beside() -> None:
    kept, made = Kept(), Made()
    kept.at(np.arange(1000), np.full(1000, 50), ("sum",), made, beside=True)
    assert len(made.pairs) == 1000 * (2 * LEAST_BESIDE + 1)


def test_what_could_not_be_made_is_asked_for_again() -> None:
    kept, made = Kept(), Made()

    def fails(first: Index, second: Index) -> dict[str, Any]:
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        kept.at(np.array([1]), np.array([2]), ("sum",), fails)
    assert kept.at(np.array([1]), np.array([2]), ("sum",), made)["sum"] == 3


def test_the_room_for_numbers_grows_with_what_is_asked_for() -> None:
    kept, made = Kept(), Made()
    for first in range(0, 3000, 10):
        kept.at(np.array([first]), np.array([20]), ("sum",), made, beside=True)
    assert kept._place.size <= 64 * 2 * 4096
