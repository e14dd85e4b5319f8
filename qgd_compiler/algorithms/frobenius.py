r"""Block-encoding of explicit data with α = ‖A‖_F, by two trees of rotations.

With |ρ_i> = Σ_j A_ij/‖A_i‖ |j> and |ν> = Σ_i ‖A_i‖/‖A‖_F |i>:  prepare |ν> in the ancilla beside |j>, undo |ρ_i>
on the system for the row i in the ancilla, exchange ancilla and system. The corner is A_ij/‖A‖_F.
Error: the angles' rounding, at most 2⌈log2 n⌉·π/2^b·‖A‖_F (bound), or the spectral norm of the difference to the
block that the rounded angles realise (exact, from data).
Where a control is off the angles are looked up as 0, which is exactly no rotation.

Source: Kerenidis, Prakash, arXiv:1603.08675; Clader et al., arXiv:2206.03505 (explicit counts).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplitude_tree import Tables, amplitude_tree, realised, tree_tables
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.kinds import Kind
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import ControlledSwap, Gate
from qgd_compiler.scalars import Scalar, ceil_log2, maximum

NAME = "Frobenius norm tree"


@dataclass(frozen=True)
class FrobeniusTables:
    """The angle words of both trees, and the block that they encode (units of A)."""

    norms: Tables
    rows: Tables
    realised: np.ndarray


def epsilon_bound(rows: Scalar, frobenius: Scalar, angle_bits: Scalar) -> Scalar:
    """Spectral error of the block: both trees' rounding, times α (bound)."""
    return frobenius * 2 * ceil_log2(rows) * math.pi / 2**angle_bits


def angle_bits_for(rows: Scalar, frobenius: Scalar, epsilon: Scalar) -> Scalar:
    """The smallest b (at least 2) with `epsilon_bound` at most `epsilon`."""
    return maximum(ceil_log2(frobenius * 2 * maximum(ceil_log2(rows), 1) * math.pi / epsilon), 2)


def frobenius_tree(
    rows: Scalar,
    frobenius: Scalar,
    angle_bits: Scalar,
    access: Access,
    *,
    columns: Scalar | None = None,
    controlled: bool = False,
    tables: FrobeniusTables | None = None,
    epsilon: Scalar | None = None,
) -> Encoding:
    """The encoding of a matrix of the given Frobenius norm; square unless `columns` is given.

    A matrix that is not square sits in the corner of a square register. `epsilon`: the error measured on the
    data (kind exact); without it the rounding bound is used.
    """
    columns = rows if columns is None else columns
    routine = _routine(rows, columns, angle_bits, access, controlled, tables)
    side = routine.register("system").size
    bound = epsilon_bound(maximum(rows, columns), frobenius, angle_bits)
    return Encoding(
        name=NAME,
        access=access.name,
        routine=routine,
        alpha=frobenius,
        epsilon=bound if epsilon is None else epsilon,
        kind=Kind.BOUND if epsilon is None else Kind.EXACT,
        system=side,
        ancilla=side,
        gradient=angle_bits,
        controlled=controlled,
        word_bits=angle_bits,
    )


def _routine(
    rows: Scalar,
    columns: Scalar,
    angle_bits: Scalar,
    access: Access,
    controlled: bool,
    tables: FrobeniusTables | None,
) -> Routine:
    row_bits, column_bits = ceil_log2(rows), ceil_log2(columns)
    side = maximum(row_bits, column_bits)
    builder = Builder(f"Frobenius norm tree ({access.name})", "hessian")
    on = (builder.register("control", 1),) if controlled else ()
    system = builder.register("system", side)
    ancilla = builder.register("ancilla", side)
    gradient = builder.register("gradient", angle_bits)
    row = ancilla.part(side - row_bits, row_bits)
    column = system.part(side - column_bits, column_bits)
    norms = amplitude_tree(
        rows, angle_bits, access, controlled=controlled, tables=tables.norms if tables else None
    )
    states = amplitude_tree(
        columns, angle_bits, access, rows=rows, controlled=controlled, tables=tables.rows if tables else None
    )
    builder.call(norms, *on, row, gradient)
    builder.call(states, *on, row, column, gradient, adjoint=True)
    if controlled:
        builder.call(ControlledSwap(bits=side), *on, ancilla, system)
    else:
        builder.call(Gate(kind="SWAP", bits=side), ancilla, system)
    return builder.routine()


def frobenius_tables(matrix: np.ndarray, angle_bits: int) -> FrobeniusTables:
    """The words of both trees for a real matrix (dense array), and what they realise."""
    norms, states = _states(matrix)
    return FrobeniusTables(
        tree_tables(norms, angle_bits), tree_tables(states, angle_bits), block(matrix, angle_bits)
    )


def block(matrix: np.ndarray, angle_bits: int) -> np.ndarray:
    """The matrix that the rounded angles realise (units of A)."""
    norms, states = _states(matrix)
    return np.asarray(
        realised(norms, angle_bits)[:, None] * realised(states, angle_bits) * np.linalg.norm(matrix)
    )


def _states(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The amplitudes of both trees. A single column has no rotation to hold a sign, so the norms carry it.

    Raises ValueError for one negative entry: no tree has a place for its sign.
    """
    data = np.asarray(matrix, dtype=float)
    if data.shape[1] > 1:
        return np.linalg.norm(data, axis=1), data
    if data.shape[0] == 1 and data[0, 0] < 0:
        raise ValueError("a single negative entry has no rotation to hold its sign; scale its negative by -1")
    return data[:, 0], np.abs(data)
