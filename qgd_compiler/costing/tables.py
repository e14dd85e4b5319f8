"""Block sizes of table lookups: how many columns to fetch at once, per axis, and how many to erase with."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.costing.rules_dirty_lookup import dirty_lookup
from qgd_compiler.costing.rules_lookup import columns, entries, lookup, lookup_erased
from qgd_compiler.scalars import (
    Scalar,
    ceil_log2,
    floor,
    is_integer,
    is_symbolic,
    less,
    log2,
    maximum,
    minimum,
    power,
    where,
)

Blocks = tuple[Scalar, ...]
Array = NDArray[Any]


def best_blocks(
    shape: tuple[Scalar, ...], bits: Scalar, controlled: bool = False, most: int | None = None
) -> tuple[Blocks, Blocks]:
    """Columns per axis to fetch with and to erase with, for the fewest Toffolis each.

    most   columns at most, which keeps the qubits low; numbers only

    Numbers: the optimum over all powers of two on all axes together; among equals the fewest columns.
    Symbols: a function that stands for that optimum (`BestColumns`). Arrays: a closed form
    (`closed_form_blocks`), a power of two within a factor √2 of the best.

    Source: Berry et al., arXiv:1902.02134, Appendices B and C, with the axes taken together.

    >>> best_blocks((1024, 256), 16)
    ((1, 128), (2, 256))
    """
    shape = tuple(shape)
    if is_integer(bits) and all(is_integer(length) for length in shape):
        return _searched(tuple(int(length) for length in shape), int(bits), bool(controlled), most)
    if most is not None:
        raise TypeError("a cap on the columns needs sizes that are numbers")
    if is_symbolic(bits, *shape):
        from qgd_compiler.costing.best_columns import best_columns

        return best_columns(shape, bits, controlled)
    return closed_form_blocks(shape, bits)


def best_borrowed_blocks(shape: tuple[Scalar, ...], bits: Scalar, controlled: bool = False) -> Blocks:
    """Columns per axis to borrow for the fewest Toffolis; all 1, a plain lookup, where borrowing does not pay.

    Numbers, symbols and arrays as for `best_blocks`.

    >>> best_borrowed_blocks((1024,), 4), best_borrowed_blocks((16,), 8)
    ((8,), (1,))
    """
    shape = tuple(shape)
    if is_integer(bits) and all(is_integer(length) for length in shape):
        return _searched_borrowed(tuple(int(length) for length in shape), int(bits), bool(controlled))
    if is_symbolic(bits, *shape):
        from qgd_compiler.costing.best_columns import best_borrowed_columns

        return best_borrowed_columns(shape, bits, controlled)
    found = _laid_out(shape, _nearest_root(entries(shape) / (2 * bits)))
    plain = (1,) * len(shape)
    pays = less(
        dirty_lookup(shape, bits, found, controlled).gates.toffoli,
        dirty_lookup(shape, bits, plain, controlled).gates.toffoli,
    )
    return tuple(where(pays == 1, block, 1) for block in found)


def closed_form_blocks(shape: tuple[Scalar, ...], bits: Scalar) -> tuple[Blocks, Blocks]:
    """Near-optimal block sizes for arrays: √(L/b) and √L rounded to a power of two.

    The columns are laid on the last axis first, then on the one before. At the nearest power of two the sum
    L/K + bK is at most (√2 + 1/√2)/2 = 1.07 times its minimum.
    """
    words = entries(shape)
    return _laid_out(shape, _nearest_root(words / bits)), _laid_out(shape, _nearest_root(words))


@lru_cache(maxsize=4096)
def _searched(
    shape: tuple[int, ...], bits: int, controlled: bool, most: int | None = None
) -> tuple[Blocks, Blocks]:
    candidates = _all_blocks(shape, most)
    fetch = _fewest(candidates, lookup(shape, bits, candidates, controlled).gates.toffoli)
    return fetch, _fewest(candidates, lookup_erased(shape, bits, fetch, candidates, controlled).gates.toffoli)


@lru_cache(maxsize=4096)
def _searched_borrowed(shape: tuple[int, ...], bits: int, controlled: bool) -> Blocks:
    candidates = _all_blocks(shape, None)
    return _fewest(candidates, dirty_lookup(shape, bits, candidates, controlled).gates.toffoli)


def _all_blocks(shape: tuple[int, ...], most: int | None) -> tuple[Array, ...]:
    """Every choice of powers of two, an array of Python's integers per axis, the last axis running fastest."""
    powers = [np.array([1 << j for j in range(ceil_log2(n) + 1)], dtype=object) for n in shape]
    found = tuple(axis.ravel() for axis in np.meshgrid(*powers, indexing="ij"))
    if most is None:
        return found
    kept = columns(found) <= most
    return tuple(axis[kept] for axis in found)


def _fewest(candidates: tuple[Array, ...], toffoli: Array) -> tuple[int, ...]:
    """The first choice with the fewest Toffolis, and among these with the fewest columns."""
    places = np.flatnonzero(toffoli == toffoli.min())
    width = columns(candidates)
    best = places[np.argmin(width[places])]
    return tuple(int(axis[best]) for axis in candidates)


def _nearest_root(ratio: Scalar) -> Scalar:
    """The power of two, at least 1, that is nearest to √ratio in proportion."""
    return power(2, maximum(floor(log2(ratio) / 2 + 0.5), 0))


def _laid_out(shape: tuple[Scalar, ...], total: Scalar) -> Blocks:
    blocks: list[Scalar] = []
    for length in reversed(shape):
        block = minimum(total, power(2, ceil_log2(length)))
        total = total / block
        blocks.append(block)
    return tuple(reversed(blocks))
