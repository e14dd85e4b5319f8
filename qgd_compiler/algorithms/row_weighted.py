r"""Block-encoding with square roots of the entries, α = √(R·C), R and C the largest row and column 1-norm.

|ρ_i> = Σ_j √(|A_ij|/R) |j>|00> + rest |01> and |γ_j> = Σ_i √(|A_ij|/C) |i>|00> + rest |10>, so that
<i, ρ_i| exchange |j, γ_j> = |A_ij|/√(RC): the two rests carry different flags and never meet. The signs of A go
with the rows' tree. Each state is a tree of rotations over n+1 amplitudes (the flag is its first qubit).
Error: both trees' rounding, 2(⌈log2 n⌉+1)·π/2^b·α (bound).

Source: Gilyén et al., arXiv:1806.01838, lemma 47 (states of rows and columns), with trees of arXiv:1603.08675.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplitude_tree import Tables, amplitude_tree, realised, tree_tables
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.kinds import Kind
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.primitives import ControlledSwap, Gate
from qgd_compiler.scalars import Scalar, ceil_log2, maximum, power, sqrt

NAME = "row-weighted"


@dataclass(frozen=True)
class RowWeightedTables:
    """The angle words of the rows' and the columns' trees."""

    rows: Tables
    columns: Tables


def row_weighted(
    rows: Scalar,
    row_one_norm: Scalar,
    column_one_norm: Scalar,
    angle_bits: Scalar,
    access: Access,
    *,
    controlled: bool = False,
    tables: RowWeightedTables | None = None,
) -> Encoding:
    """The encoding of a real square matrix with the given 1-norms."""
    n_bits = ceil_log2(rows)
    alpha = sqrt(row_one_norm * column_one_norm)
    amplitudes = power(2, n_bits) * 2  # the flag is the first qubit of the state
    builder = Builder(f"{NAME} ({access.name})", "hessian")
    control = builder.register("control", 1) if controlled else None
    system = builder.register("system", n_bits)
    ancilla = builder.register("ancilla", n_bits + 2)
    gradient = builder.register("gradient", angle_bits)
    rest_of_columns, rest_of_rows, other = ancilla.part(0, 1), ancilla.part(1, 1), ancilla.part(2, n_bits)

    tree = partial(amplitude_tree, amplitudes, angle_bits, access, rows=rows, controlled=controlled)
    columns_tree = tree(tables=tables.columns if tables else None)
    rows_tree = tree(tables=tables.rows if tables else None)
    on = () if control is None else (control,)
    builder.call(columns_tree, *on, system, rest_of_columns + other, gradient)
    if control is None:
        builder.call(Gate(kind="SWAP", bits=n_bits), system, other)
    else:
        builder.call(ControlledSwap(bits=n_bits), control, system, other)
    builder.call(rows_tree, *on, system, rest_of_rows + other, gradient, adjoint=True)
    return Encoding(
        name=NAME,
        access=access.name,
        routine=builder.routine(),
        alpha=alpha,
        epsilon=epsilon_bound(rows, row_one_norm, column_one_norm, angle_bits),
        kind=Kind.BOUND,
        system=n_bits,
        ancilla=n_bits + 2,
        gradient=angle_bits,
        controlled=controlled,
        word_bits=angle_bits,
    )


def epsilon_bound(rows: Scalar, row_one_norm: Scalar, column_one_norm: Scalar, angle_bits: Scalar) -> Scalar:
    """Spectral error of the block: both trees' rounding, times α (bound)."""
    turns = 2 * (ceil_log2(rows) + 1) * math.pi
    return sqrt(row_one_norm * column_one_norm) * turns / power(2, angle_bits)


def angle_bits_for(rows: Scalar, row_one_norm: Scalar, column_one_norm: Scalar, epsilon: Scalar) -> Scalar:
    """The smallest b (at least 2) with `epsilon_bound` at most `epsilon`."""
    at_zero_bits = epsilon_bound(rows, row_one_norm, column_one_norm, 0)
    return maximum(ceil_log2(maximum(at_zero_bits / epsilon, 1)), 2)


def row_weighted_tables(
    matrix: np.ndarray, row_one_norm: float, column_one_norm: float, angle_bits: int
) -> RowWeightedTables:
    """The words of both trees for a real square matrix (dense array); ValueError for data above the 1-norms."""
    rows, columns = _states(matrix, row_one_norm, column_one_norm)
    return RowWeightedTables(tree_tables(rows, angle_bits), tree_tables(columns, angle_bits))


def block(matrix: np.ndarray, row_one_norm: float, column_one_norm: float, angle_bits: int) -> np.ndarray:
    """The matrix that the rounded angles realise (units of A): overlaps of the states of rows and columns."""
    n = len(matrix)
    rows, columns = _states(matrix, row_one_norm, column_one_norm)
    left, right = realised(rows, angle_bits)[:, :n], realised(columns, angle_bits)[:, :n]
    return np.asarray(left * right.T * math.sqrt(row_one_norm * column_one_norm))


def _states(matrix: np.ndarray, row_one_norm: float, column_one_norm: float) -> tuple[np.ndarray, np.ndarray]:
    """The amplitudes of the states of the rows and of the columns, one state per row of the result."""
    n = len(matrix)
    width = 2 ** int(ceil_log2(n))
    roots = np.sqrt(np.abs(matrix))

    def states(amplitudes: np.ndarray, bound: float, what: str) -> np.ndarray:
        largest = float((amplitudes**2).sum(axis=1).max())
        if not largest <= bound * (1 + 1e-12):
            raise ValueError(f"the data have a {what} of 1-norm {largest:.6g}, above the bound {bound:.6g}")
        padded = np.zeros((n, 2 * width))
        padded[:, :n] = amplitudes / math.sqrt(bound)
        padded[:, width] = np.sqrt(np.maximum(0.0, 1 - (padded[:, :n] ** 2).sum(axis=1)))
        return padded

    rows = states(np.where(matrix < 0, -1.0, 1.0) * roots, row_one_norm, "row")
    columns = states(roots.T, column_one_norm, "column")
    return rows, columns
