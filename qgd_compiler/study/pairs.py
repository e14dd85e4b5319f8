"""Momentum as a matrix of pairs: H, g and F_l of (u, v), and blocks for minibatches, each on registers of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from qgd_compiler.analysis.heavy_ball import HeavyBall
from qgd_compiler.kinds import Source
from qgd_compiler.scalars import ceil_log2
from qgd_compiler.structure.declared import Declared, worst_of
from qgd_compiler.structure.dense import Dense
from qgd_compiler.structure.facts import Fact, Facts, combine
from qgd_compiler.structure.identity import Identity
from qgd_compiler.structure.kronecker import Kronecker
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.sparse import Sparse
from qgd_compiler.structure.sum import Sum
from qgd_compiler.structure.tensor import Tensor

Array = NDArray[np.float64]


def padded(matrix: Matrix, entries: Any) -> tuple[Matrix, Any]:
    """The matrix with zero rows up to a power of two, as a tree and entry by entry (None without data)."""
    n = int(matrix.rows)
    side = 2 ** int(ceil_log2(n))
    if side == n:
        return matrix, entries
    if entries is None:
        facts = matrix.facts()
        return bounded(facts, side), None
    coo = sparse.coo_array(entries)
    wide = sparse.csr_array(sparse.coo_array((coo.data, (coo.row, coo.col)), shape=(side, side)))
    return Sparse.from_scipy(wide), wide


def bounded(facts: Facts, side: int, hermitian: bool = True) -> Declared:
    """A matrix of which the same is known as of another, on more rows."""
    return Declared(
        rows=side,
        columns=side,
        norm=facts.norm,
        row_sparsity=facts.row_sparsity,
        column_sparsity=facts.column_sparsity,
        max_entry=facts.max_entry,
        row_one_norm=facts.row_one_norm,
        column_one_norm=facts.column_one_norm,
        frobenius=facts.frobenius,
        hermitian=hermitian and facts.hermitian,
        real=facts.real,
    )


def pair_matrix(matrix: Matrix, pair: HeavyBall, rate: float) -> Matrix:
    """(I − G_1)/η on pairs: A_1⊗H + (A_0/η)⊗I (`heavy_ball.py`)."""
    coasting = pair.coasting_factor() / rate
    return Sum(
        terms=(
            Kronecker(factors=(Dense(entries=pair.hessian_factor()), matrix)),
            Kronecker(factors=(Dense(entries=coasting), Identity(size=matrix.rows))),
        )
    )


def pair_entries(entries: Any, pair: HeavyBall, rate: float) -> Any:
    """The same, entry by entry."""
    side = entries.shape[0]
    coasting = pair.coasting_factor() / rate
    return sparse.csr_array(
        sparse.kron(pair.hessian_factor(), entries) + sparse.kron(coasting, sparse.eye_array(side))
    )


def forced_matrix(matrix: Matrix, pair: HeavyBall) -> Matrix:
    """What a rate scales: A_1⊗H."""
    return Kronecker(factors=(Dense(entries=pair.hessian_factor()), matrix))


def forced_entries(entries: Any, pair: HeavyBall) -> Any:
    """The same, entry by entry."""
    return sparse.csr_array(sparse.kron(pair.hessian_factor(), entries))


def pair_vector(vector: Array, factor: Array) -> Array:
    """factor ⊗ vector, the vector on a register of its own."""
    side = 2 ** int(ceil_log2(len(vector)))
    wide = np.zeros(side)
    wide[: len(vector)] = vector
    return np.asarray(np.kron(factor, wide), dtype=float)


def pair_tensor(tensor: Tensor, pair: HeavyBall) -> Tensor:
    """F_l of the pair: it reads u from every copy and pushes both coordinates."""
    push, read = pair.push(), pair.position()
    side = 2 ** int(ceil_log2(tensor.size))
    if tensor.indices is None or tensor.values is None:
        scale = float(np.linalg.norm(push)) * float(np.linalg.norm(read)) ** tensor.inputs
        entry = float(np.abs(push).max()) * float(np.abs(read).max()) ** tensor.inputs
        spread = int(np.count_nonzero(read)) ** tensor.inputs
        return Tensor(
            size=2 * side,
            inputs=tensor.inputs,
            norm=combine(lambda v: v * scale, tensor.norm),
            max_entry=combine(lambda v: v * entry, tensor.max_entry),
            row_sparsity=combine(lambda v: v * spread, tensor.row_sparsity),
        )
    indices, values = [], []
    for choice in np.ndindex(*(2,) * (tensor.inputs + 1)):
        weight = float(push[choice[0]] * np.prod(read[list(choice[1:])]))
        if weight:
            indices.append(tensor.indices + side * np.array(choice))
            values.append(tensor.values * weight)
    return Tensor(
        size=2 * side, inputs=tensor.inputs, indices=np.concatenate(indices), values=np.concatenate(values)
    )


def stacked(matrices: Sequence[Matrix], entries: Sequence[Any] | None) -> tuple[Matrix, Any]:
    """Blocks of equal size on the diagonal, the number of the block most significant; sides are powers of two."""
    side = int(matrices[0].rows)
    if entries is not None:
        whole = sparse.csr_array(sparse.block_diag(list(entries), format="csr"))
        return Sparse.from_scipy(whole), whole
    return worst_of([m.facts() for m in matrices], len(matrices) * side, len(matrices) * side), None


def column(vector: Array | None, size: int, norm: float, source: Source) -> Matrix:
    """A vector as a matrix of one column, or what is known of it."""
    if vector is not None:
        return Dense(entries=vector.reshape(-1, 1))
    fact = Fact(norm, source)
    return Declared(rows=size, columns=1, norm=fact, frobenius=fact, real=True)
