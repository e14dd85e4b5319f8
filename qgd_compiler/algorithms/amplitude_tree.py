r"""Preparation of a real state by a tree of rotations, one lookup of an angle per level.

Level k rotates qubit k by an angle looked up under the first k qubits (and, multiplexed, under a row index):
half-angle atan2(right, left) of the two halves' norms; on the last level the two amplitudes themselves, with
signs. An angle word x of b bits means the half-angle 2πx/2^b, so 0 is exact and signs are included.
Error: each angle is rounded by at most π/2^b, so the state by at most ⌈log2 n⌉·π/2^b (2-norm, bound).
Source: Kerenidis, Prakash, arXiv:1603.08675 (tree); phase-gradient rotations as Gidney, arXiv:1709.06648.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import Any, cast

import numpy as np

from qgd_compiler.algorithms.access import Access, load, unload
from qgd_compiler.algorithms.fixed_point import check_bits
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import RotateByRegister
from qgd_compiler.scalars import Scalar, ceil_div, ceil_log2, is_array, is_symbolic, maximum, power

Tables = tuple[tuple[int, ...], ...]


def amplitude_tree(
    entries: Scalar,
    angle_bits: Scalar,
    access: Access,
    *,
    rows: Scalar | None = None,
    controlled: bool = False,
    tables: Tables | None = None,
    component: str = "",
) -> Routine:
    """|row>|0> to |row> Σ_j a_{row,j} |j>, `entries` amplitudes; without `rows`, one state.

    Registers: `control` (if controlled), `row` (if rows), `state`, `gradient`. `tables[k]`: the words of level k,
    row-major over (row, prefix).
    """
    if tables is None and not is_array(entries, angle_bits, rows):
        return _counted(entries, angle_bits, cast(Hashable, access), rows, controlled, component)
    return _written(entries, angle_bits, access, rows, controlled, component, tables)


def _written(
    entries: Scalar,
    angle_bits: Scalar,
    access: Access,
    rows: Scalar | None,
    controlled: bool,
    component: str,
    tables: Tables | None = None,
) -> Routine:
    what = "rows of amplitudes" if rows is not None else "amplitudes"
    builder = Builder(f"amplitude tree of {entries} {what} ({access.name})", component)
    control = builder.register("control", 1) if controlled else None
    row = builder.register("row", ceil_log2(rows)) if rows is not None else None
    qubits = ceil_log2(entries)
    state = builder.register("state", qubits)
    gradient = builder.register("gradient", angle_bits)
    for level in builder.levels(qubits):
        addresses: list[tuple[Scalar, Handle]] = [] if rows is None or row is None else [(rows, row)]
        if is_array(qubits):
            prefixes, several = ceil_div(entries, power(2, maximum(qubits - level, 1))), level > 0
        else:
            prefixes = ceil_div(entries, power(2, qubits - level))
            several = is_symbolic(prefixes) or prefixes > 1
        if several or not addresses:
            addresses.append((prefixes, state.part(0, ceil_log2(prefixes))))
        angle = builder.allocate("angle", angle_bits)
        table = tables[level] if tables is not None else None
        loaded = load(builder, access, addresses, angle, table=table, control=control)
        builder.call(RotateByRegister(bits=angle_bits), angle, state.part(level, 1), gradient)
        unload(builder, loaded)
        builder.release(angle)
    return builder.routine()


_counted = lru_cache(maxsize=1024)(_written)  # a plan is worked out a thousand times over a few dozen trees


def angle_bits_for(entries: Scalar, epsilon: Scalar) -> Scalar:
    """The smallest b for which the state error bound ⌈log2 n⌉·π/2^b is at most `epsilon`; at least 2."""
    return maximum(ceil_log2(maximum(ceil_log2(entries), 1) * math.pi / epsilon), 2)


def error_bound(entries: Scalar, angle_bits: Scalar) -> Scalar:
    """2-norm error of the prepared state: one rounding of at most π/2^b per level (bound)."""
    return ceil_log2(entries) * math.pi / 2**angle_bits


def tree_tables(amplitudes: np.ndarray, angle_bits: int) -> Tables:
    """The angle words of every level, for a vector or a matrix whose rows are states (need not be normalised)."""
    rows = np.atleast_2d(np.asarray(amplitudes, dtype=float))
    return tuple(tuple(int(x) for x in words.ravel()) for words in _level_words(rows, angle_bits))


def realised(amplitudes: np.ndarray, angle_bits: int) -> np.ndarray:
    """The states that the rounded angles prepare, shaped like `amplitudes` (rows of norm 1, cut to n columns)."""
    rows = np.atleast_2d(np.asarray(amplitudes, dtype=float))
    n = rows.shape[1]
    qubits = ceil_log2(n)
    state = np.ones((rows.shape[0], 1))
    for level, words in enumerate(_level_words(rows, angle_bits)):
        turned = _some(words != 0)
        half = 2 * math.pi * words[turned] / 2**angle_bits
        used = words.shape[1]
        split = np.zeros((rows.shape[0], state.shape[1], 2))
        split[:, :, 0] = state
        before = state[:, :used][turned]
        split[:, :used, 0][turned] = before * np.cos(half)
        split[:, :used, 1][turned] = before * np.sin(half)
        state = split.reshape(rows.shape[0], 2 ** (level + 1))
    assert state.shape[1] == 2**qubits
    return state[:, :n].reshape(np.shape(amplitudes))


def _level_words(rows: np.ndarray, angle_bits: int) -> Sequence[np.ndarray]:
    """One integer array (row, prefix) per level."""
    check_bits(angle_bits)
    count, n = rows.shape
    qubits = int(ceil_log2(n))
    padded = np.zeros((count, 2**qubits))
    padded[:, :n] = rows
    sums = [padded**2]  # of squares, over ever larger pieces
    while sums[-1].shape[1] > 2:
        sums.append(sums[-1][:, ::2] + sums[-1][:, 1::2])
    words = []
    for level in range(qubits):
        last = level == qubits - 1
        halves = padded if last else np.sqrt(sums[qubits - 1 - level])
        prefixes = int(ceil_div(n, 2 ** (qubits - level)))
        left, right = (halves[:, side::2][:, :prefixes] for side in (0, 1))
        turned = _some((right != 0) | np.signbit(left))
        exact = np.arctan2(right[turned], left[turned]) / (2 * math.pi) * 2**angle_bits
        found = np.zeros(left.shape, dtype=np.int64)
        found[turned] = np.rint(exact).astype(np.int64) % 2**angle_bits
        words.append(found)
    return words


def _some(where: np.ndarray) -> Any:
    """An index of the places that matter: all of them where they are not few, as they are in trees of sparse data."""
    return np.nonzero(where) if 4 * np.count_nonzero(where) < where.size else ...
