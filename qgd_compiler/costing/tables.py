"""Block sizes of table lookups: how many columns to fetch at once, per axis, and how many to erase with."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.costing.rules_dirty_lookup import dirty_lookup
from qgd_compiler.costing.rules_lookup import columns, entries, lookup, lookup_erased
from qgd_compiler.scalars import (
    Scalar,
    ceil_log2,
    is_integer,
    is_symbolic,
)
from qgd_compiler.traced import call, is_traced

Blocks = tuple[Scalar, ...]
Array = NDArray[Any]
AROUND = 3  # powers of two of columns that arrays try on either side of the root
MOST_TRIED = 500_000  # choices times elements that stand in memory at once
MOST_REMEMBERED = 2**14  # numbers in an array of which the best columns are kept


def best_blocks(
    shape: tuple[Scalar, ...], bits: Scalar, controlled: bool = False, most: int | None = None
) -> tuple[Blocks, Blocks]:
    """Columns per axis to fetch with and to erase with, for the fewest Toffolis each.

    most   columns at most, which keeps the qubits low; numbers only

    The optimum over all powers of two on all axes together; among equals the fewest columns. Symbols: a function
    that stands for that optimum (`BestColumns`). Arrays: that of each element.

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
    if is_traced(bits, *shape):
        found = call(_blocks_of, 2 * len(shape), controlled, bits, *shape)
        return found[: len(shape)], found[len(shape) :]
    return _searched_arrays(tuple(np.asarray(n) for n in shape), np.asarray(bits), controlled)


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
    if is_traced(bits, *shape):
        return call(_borrowed_of, len(shape), controlled, bits, *shape)
    return _borrowed_arrays(tuple(np.asarray(n) for n in shape), np.asarray(bits), controlled)


def _blocks_of(controlled: bool, bits: Array, *shape: Array) -> Blocks:
    fetch, erase = _searched_arrays(tuple(np.asarray(n) for n in shape), np.asarray(bits), controlled)
    return (*fetch, *erase)


def _borrowed_of(controlled: bool, bits: Array, *shape: Array) -> Blocks:
    return _borrowed_arrays(tuple(np.asarray(n) for n in shape), np.asarray(bits), controlled)


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


def _searched_arrays(shape: tuple[Array, ...], bits: Array, controlled: bool) -> tuple[Blocks, Blocks]:
    """The same for arrays, every element by itself, in float64: exact for tables of fewer than 2^53 words."""
    found = _of_each(_clean_search, controlled, shape, bits)
    return tuple(found[: len(shape)]), tuple(found[len(shape) :])


def _borrowed_arrays(shape: tuple[Array, ...], bits: Array, controlled: bool) -> Blocks:
    return tuple(_of_each(_borrowed_search, controlled, shape, bits))


Search = Callable[[tuple[Array, ...], Array, bool], Array]


def _clean_search(lengths: tuple[Array, ...], width: Array, controlled: bool) -> Array:
    words = entries(lengths)
    candidates = _blocks_around(lengths, words / width)
    fetch = _first_fewest(candidates, lookup(lengths, width, candidates.blocks, controlled).gates.toffoli)
    candidates = _blocks_around(lengths, words)
    erased = lookup_erased(lengths, width, fetch, candidates.blocks, controlled).gates.toffoli
    return np.stack([*fetch, *_first_fewest(candidates, erased)])


def _borrowed_search(lengths: tuple[Array, ...], width: Array, controlled: bool) -> Array:
    # one column is a plain lookup, with as many visits as words: far from the root, and tried too
    candidates = _blocks_around(lengths, entries(lengths) / (2 * width), plain=True)
    found = dirty_lookup(lengths, width, candidates.blocks, controlled).gates.toffoli
    return np.stack(_first_fewest(candidates, found))


def _of_each(search: Search, controlled: bool, shape: tuple[Array, ...], bits: Array) -> Array:
    flat = np.broadcast_arrays(*shape, bits)
    whole = np.stack([np.ravel(part).astype(float) for part in flat])
    if whole.size <= MOST_REMEMBERED:
        found = _remembered(search, controlled, len(whole), whole.tobytes())
    else:
        found = _by_pieces(search, controlled, whole)
    return found.reshape(len(found), *flat[0].shape)


@lru_cache(maxsize=1024)  # other access models, and the inverse, ask for the same again
def _remembered(search: Search, controlled: bool, rows: int, content: bytes) -> Array:
    found = _by_pieces(search, controlled, np.frombuffer(content).reshape(rows, -1))
    found.setflags(write=False)  # others will be given the same
    return found


def _by_pieces(search: Search, controlled: bool, whole: Array) -> Array:
    """`search` on the different elements alone, and on so many at once that memory stays bounded."""
    keys, index = np.unique(whole, axis=1, return_inverse=True)
    first = math.prod(int(ceil_log2(max(int(length.max()), 1))) + 1 for length in keys[:-2])
    step = max(1, MOST_TRIED // (first * (2 * AROUND + 2)))
    parts = [
        search(
            tuple(row[None, at : at + step] for row in keys[:-1]), keys[-1][None, at : at + step], controlled
        )
        for at in range(0, keys.shape[1], step)
    ]
    return np.asarray(np.concatenate(parts, axis=1)[:, index.ravel()])


@dataclass(frozen=True)
class _Candidates:
    """Choices of columns for each element, on the first axis, fewest columns first; and which of them fit."""

    blocks: tuple[Array, ...]
    fits: NDArray[np.bool_]


def _blocks_around(lengths: tuple[Array, ...], ratio: Array, *, plain: bool = False) -> _Candidates:
    """Every way to lay out powers of two around √ratio columns on the axes: L/K + K/c is least there.

    Rounded up axis by axis, visits are fewer than 2^(axes) times L/K, so that the best lies within AROUND powers.
    plain   one column is a choice too
    """
    most = [np.asarray(ceil_log2(np.maximum(length, 1))) for length in lengths]
    ends = [int(m.max()) for m in most]
    centre = np.clip(np.round(np.log2(np.maximum(ratio, 1)) / 2), 0, sum(most))
    totals = np.concatenate([centre + d for d in range(-AROUND, AROUND + 1)])
    if plain:
        totals = np.concatenate([np.zeros_like(centre), totals])
    # all powers on the first axes with every total, which the last axis makes up
    choices = list(product(*(range(end + 1) for end in ends[:-1])))
    others = np.array(choices, dtype=float).reshape(len(choices), len(lengths) - 1)
    first = [np.tile(column, len(totals))[:, None] for column in others.T]
    last = (totals[:, None, :] - others.sum(axis=1)[None, :, None]).reshape(-1, totals.shape[-1])
    powers = [*first, last]
    fits = np.all(
        [np.broadcast_to((p >= 0) & (p <= m), last.shape) for p, m in zip(powers, most, strict=True)], axis=0
    )
    blocks = tuple(np.exp2(np.where(fits, p, 0.0)) for p in powers)
    return _Candidates(blocks, fits)


def _first_fewest(candidates: _Candidates, toffoli: Array) -> tuple[Array, ...]:
    best = np.argmin(np.where(candidates.fits, toffoli, np.inf), axis=0)
    return tuple(np.take_along_axis(axis, best[None], axis=0)[0] for axis in candidates.blocks)
