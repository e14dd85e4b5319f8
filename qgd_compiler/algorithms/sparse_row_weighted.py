r"""Block-encoding of a sparse matrix with square roots of the entries, α = √(R·C), by trees over the non-zeros.

As `row_weighted`, with |γ_j> = Σ_l √(|A_ij|/C) |l> over the s places of the list of column j (and of row i) in place
of the n rows. The table says which place of which row an entry is: exchange (j, l) with (i, l'), as in
`sparse_access`; the sign is a bit of the word. The trees then have s+1 amplitudes instead of n+1.
Error: both trees' rounding, 2(⌈log2 s⌉+1)·π/2^b·α (bound).

Source: Gilyén et al., arXiv:1806.01838, lemmas 47 and 48 joined here; trees as arXiv:1603.08675.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from qgd_compiler.algorithms.access import Access, clear, load_clean
from qgd_compiler.algorithms.amplitude_tree import Tables, amplitude_tree, realised, tree_tables
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.places import matched_places
from qgd_compiler.kinds import Kind
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.primitives import ControlledSwap, Gate
from qgd_compiler.scalars import Scalar, ceil_log2, maximum, power, sqrt

NAME = "sparse row-weighted"


@dataclass(frozen=True)
class SparseRowWeightedTables:
    """The words (partner place, sign) of columns and rows, and the angles of both trees."""

    column_places: tuple[int, ...]
    row_places: tuple[int, ...]
    columns: Tables
    rows: Tables


def epsilon_bound(
    sparsity: Scalar, row_one_norm: Scalar, column_one_norm: Scalar, angle_bits: Scalar
) -> Scalar:
    """Spectral error of the block: both trees' rounding, times α (bound)."""
    turns = 2 * (ceil_log2(sparsity) + 1) * math.pi
    return sqrt(row_one_norm * column_one_norm) * turns / power(2, angle_bits)


def angle_bits_for(
    sparsity: Scalar, row_one_norm: Scalar, column_one_norm: Scalar, epsilon: Scalar
) -> Scalar:
    """The smallest b (at least 2) with `epsilon_bound` at most `epsilon`."""
    at_zero_bits = epsilon_bound(sparsity, row_one_norm, column_one_norm, 0)
    return maximum(ceil_log2(maximum(at_zero_bits / epsilon, 1)), 2)


def sparse_row_weighted(
    rows: Scalar,
    sparsity: Scalar,
    row_one_norm: Scalar,
    column_one_norm: Scalar,
    angle_bits: Scalar,
    access: Access,
    *,
    controlled: bool = False,
    tables: SparseRowWeightedTables | None = None,
) -> Encoding:
    """The encoding of a real square matrix with at most `sparsity` non-zeros per row and column."""
    n_bits, s_bits = ceil_log2(rows), ceil_log2(sparsity)
    builder = Builder(f"{NAME} ({access.name})", "hessian")
    control = builder.register("control", 1) if controlled else None
    system = builder.register("system", n_bits)
    ancilla = builder.register("ancilla", 2 + s_bits)
    gradient = builder.register("gradient", angle_bits)
    rest_of_columns, rest_of_rows, place = ancilla.part(0, 1), ancilla.part(1, 1), ancilla.part(2, s_bits)
    here = system + place
    address: tuple[tuple[Scalar, Handle], ...] = ((rows, system), (sparsity, place))
    on = () if control is None else (control,)

    # The flag is the first qubit of a state, so the states have twice the power of two above s amplitudes.
    tree = partial(amplitude_tree, power(2, s_bits) * 2, angle_bits, access, rows=rows, controlled=controlled)
    builder.call(
        tree(tables=tables.columns if tables else None), *on, system, rest_of_columns + place, gradient
    )
    word = builder.allocate("word", n_bits + s_bits + 1)
    load_clean(
        builder, access, address, word, table=tables.column_places if tables else None, control=control
    )
    partner, sign = word.part(0, n_bits + s_bits), word.part(n_bits + s_bits, 1)
    if control is None:
        builder.call(Gate(kind="SWAP", bits=n_bits + s_bits), here, partner)
    else:
        builder.call(ControlledSwap(bits=n_bits + s_bits), control, here, partner)
    builder.call(Gate(kind="Z"), sign)
    clear(builder, access, address, word, table=tables.row_places if tables else None, control=control)
    builder.release(word)
    rows_tree = tree(tables=tables.rows if tables else None)
    builder.call(rows_tree, *on, system, rest_of_rows + place, gradient, adjoint=True)
    return Encoding(
        name=NAME,
        access=access.name,
        routine=builder.routine(),
        alpha=sqrt(row_one_norm * column_one_norm),
        epsilon=epsilon_bound(sparsity, row_one_norm, column_one_norm, angle_bits),
        kind=Kind.BOUND,
        system=n_bits,
        ancilla=ancilla.size,
        gradient=angle_bits,
        controlled=controlled,
        word_bits=angle_bits,
    )


def sparse_row_weighted_tables(
    matrix: np.ndarray, sparsity: int, row_one_norm: float, column_one_norm: float, angle_bits: int
) -> SparseRowWeightedTables:
    """The words of a real square matrix (dense array); ValueError for data above the 1-norms."""
    n, s_bits = len(matrix), int(ceil_log2(sparsity))
    entries, empty = matched_places(matrix, sparsity)
    row_places, column_places = [0] * (n * sparsity), [0] * (n * sparsity)
    for (i, place), (j, partner) in (*entries, *empty):
        negative = int(((i, place), (j, partner)) in entries and matrix[i, j] < 0)
        row_places[i * sparsity + place] = (((j << s_bits) | partner) << 1) | negative
        column_places[j * sparsity + partner] = (((i << s_bits) | place) << 1) | negative
    rows, columns = _states(matrix, sparsity, row_one_norm, column_one_norm)
    return SparseRowWeightedTables(
        tuple(column_places),
        tuple(row_places),
        tree_tables(columns, angle_bits),
        tree_tables(rows, angle_bits),
    )


def block(
    matrix: np.ndarray, sparsity: int, row_one_norm: float, column_one_norm: float, angle_bits: int
) -> np.ndarray:
    """The matrix that the rounded angles realise (units of A)."""
    rows, columns = _states(matrix, sparsity, row_one_norm, column_one_norm)
    left, right = realised(rows, angle_bits), realised(columns, angle_bits)
    found = np.zeros(matrix.shape)
    for (i, place), (j, partner) in matched_places(matrix, sparsity)[0]:
        found[i, j] = np.sign(matrix[i, j]) * left[i, place] * right[j, partner]
    return found * math.sqrt(row_one_norm * column_one_norm)


def _states(
    matrix: np.ndarray, sparsity: int, row_one_norm: float, column_one_norm: float
) -> tuple[np.ndarray, np.ndarray]:
    """The amplitudes of the states of the rows and of the columns: their places, then the rest."""
    n, width = len(matrix), 2 ** int(ceil_log2(sparsity))
    rows, columns = np.zeros((n, 2 * width)), np.zeros((n, 2 * width))
    for (i, place), (j, partner) in matched_places(matrix, sparsity)[0]:
        size = abs(float(matrix[i, j]))
        rows[i, place] = math.sqrt(size / row_one_norm)
        columns[j, partner] = math.sqrt(size / column_one_norm)
    for states, bound, what in ((rows, row_one_norm, "row"), (columns, column_one_norm, "column")):
        weight = (states**2).sum(axis=1)
        if not weight.max() <= 1 + 1e-12:
            largest = float(weight.max()) * bound
            raise ValueError(f"the data have a {what} of 1-norm {largest:.6g}, above the bound {bound:.6g}")
        states[:, width] = np.sqrt(np.maximum(0.0, 1 - weight))
    return rows, columns
