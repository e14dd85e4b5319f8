"""Random expressions, each beside the same matrix built with plain NumPy.

Entries are small integers and factors are powers of two, so that both sides are free of rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy import sparse

from qgd_compiler.kinds import Source
from qgd_compiler.structure import (
    Adjoint,
    Banded,
    BlockDiagonal,
    Bounded,
    Dense,
    Diagonal,
    Fact,
    Gram,
    HistoryMatrix,
    Identity,
    Kronecker,
    LowRank,
    Matrix,
    Product,
    Scaled,
    Sparse,
    Step,
    Sum,
)

Pair = tuple[Matrix, np.ndarray]

SIDES = st.integers(1, 5)
FACTORS = st.sampled_from([-2, -1, -0.5, 0, 0.25, 1, 3, 1j, 1 - 2j])
RATES = st.sampled_from([0.125, 0.5, 2.0, -0.25])


@st.composite
def arrays(draw: st.DrawFn, *shape: int) -> np.ndarray:
    """Integers in −3 … 3, in a third of the cases with imaginary parts, about half of them zero."""
    size = int(np.prod(shape))
    entries = st.lists(st.integers(-3, 3), min_size=size, max_size=size)
    mask = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)), dtype=float)
    data = np.array(draw(entries), dtype=float) * mask
    if draw(st.integers(0, 2)) == 0:
        data = data + 1j * np.array(draw(entries)) * mask
    return data.reshape(shape)


@st.composite
def leaves(draw: st.DrawFn, rows: int, columns: int) -> Pair:
    kind = draw(
        st.sampled_from(["dense", "sparse", "diagonal", "banded", "identity", "low rank", "hermitian"])
    )
    if rows != columns and kind not in ("dense", "sparse"):
        kind = "sparse"
    if kind == "identity":
        return Identity(size=rows), np.eye(rows)
    if kind == "diagonal":
        values = draw(arrays(rows))
        return Diagonal(values=values), np.diag(values)
    if kind == "banded":
        return draw(banded(rows))
    if kind == "low rank":
        rank = draw(st.integers(1, 3))
        factor, weights = draw(arrays(rows, rank)), draw(arrays(rank))
        dense = sum(weights[k] * np.outer(factor[:, k], factor[:, k].conj()) for k in range(rank))
        return LowRank(factor=factor, weights=weights), np.asarray(dense)
    entries = draw(arrays(rows, columns))
    if kind == "hermitian":
        entries = entries + entries.conj().T
    if kind == "dense":
        return Dense(entries=entries), entries
    return Sparse.from_scipy(sparse.coo_array(entries)), entries


@st.composite
def banded(draw: st.DrawFn, rows: int) -> Pair:
    periodic = draw(st.booleans())
    places = st.integers(0, rows - 1) if periodic else st.integers(1 - rows, rows - 1)
    offsets = tuple(draw(st.lists(places, min_size=1, max_size=4, unique=True)))
    values = tuple(draw(arrays(len(offsets))).tolist())
    if draw(st.booleans()):  # symmetric
        bands = {o: v.real for o, v in zip(offsets, values, strict=True)}
        for o, v in list(bands.items()):
            bands[(-o) % rows if periodic else -o] = v
        offsets, values = tuple(bands), tuple(bands.values())
    dense = np.zeros((rows, rows), dtype=complex)
    for i in range(rows):
        for j in range(rows):
            for offset, value in zip(offsets, values, strict=True):
                if i + offset == j or (periodic and (i + offset) % rows == j):
                    dense[i, j] += value
    return Banded(rows=rows, offsets=offsets, values=values, periodic=periodic), dense


@st.composite
def trees(draw: st.DrawFn, rows: int | None = None, columns: int | None = None, depth: int = 3) -> Pair:
    """A pair of the given shape (any shape where it is None)."""
    rows = draw(SIDES) if rows is None else rows
    columns = draw(st.one_of(st.just(rows), SIDES)) if columns is None else columns
    kinds = ["leaf", "sum", "scaled", "adjoint", "product", "kronecker", "blocks", "bounded"]
    if rows == columns:
        kinds += ["gram", "step", "history", "damped", "power", "sandwich"]
    kind = draw(st.sampled_from(kinds)) if depth else "leaf"

    def sub(r: int, c: int) -> Pair:
        return draw(trees(r, c, depth - 1))

    if kind == "sum":
        pairs = [sub(rows, columns) for _ in range(draw(st.integers(1, 3)))]
        return Sum(terms=tuple(p[0] for p in pairs)), sum(p[1] for p in pairs)
    if kind == "scaled":
        factor, (term, dense) = draw(FACTORS), sub(rows, columns)
        return Scaled(factor=factor, term=term), factor * dense
    if kind == "adjoint":
        term, dense = sub(columns, rows)
        return Adjoint(term=term), dense.T.conj()
    if kind == "product":
        inner = draw(SIDES)
        (a, x), (b, y) = sub(rows, inner), sub(inner, columns)
        return Product(factors=(a, b)), x @ y
    if kind == "kronecker":
        r, c = _divisor(draw, rows), _divisor(draw, columns)
        (a, x), (b, y) = sub(r, c), sub(rows // r, columns // c)
        return Kronecker(factors=(a, b)), np.kron(x, y)
    if kind == "blocks" and rows > 1 and columns > 1:
        r, c = draw(st.integers(1, rows - 1)), draw(st.integers(1, columns - 1))
        (a, x), (b, y) = sub(r, c), sub(rows - r, columns - c)
        dense = np.zeros((rows, columns), dtype=complex)
        dense[:r, :c], dense[r:, c:] = x, y
        return BlockDiagonal(blocks=(a, b)), dense
    if kind == "bounded":
        term, dense = sub(rows, columns)
        bound = Fact(1.25 * float(np.sqrt(np.sum(np.abs(dense) ** 2))), Source.MEASURED)
        return Bounded(term=term, norm=bound), dense
    if kind == "gram":
        term, dense = sub(draw(SIDES), columns)
        return Gram(factor=term), dense.conj().T @ dense
    if kind == "step":
        rate, (term, dense) = draw(RATES), sub(rows, columns)
        return Step(hessian=term, learning_rate=rate), np.eye(rows) - rate * dense
    if kind == "damped":
        term, dense = sub(rows, columns)
        shift = draw(FACTORS)
        eye = Scaled(factor=shift, term=Identity(size=rows))
        return Sum(terms=(eye, term)), dense + shift * np.eye(rows)
    if kind == "power":
        term, dense = sub(rows, columns)
        times = draw(st.integers(1, 3))
        return Product(factors=(term,) * times), np.linalg.matrix_power(dense, times)
    if kind == "sandwich":
        (a, x), (b, y) = sub(rows, 2), sub(2, 2)
        return Product(factors=(a, b, Adjoint(term=a))), x @ y @ x.conj().T
    if kind == "history" and rows >= 2:
        return _history(draw, sub, rows)
    return draw(leaves(rows, columns))


def _history(draw: st.DrawFn, sub: Any, rows: int) -> Pair:
    """K blocks of n with K n = rows, so K divides rows."""
    blocks = draw(st.sampled_from([k for k in range(2, rows + 1) if rows % k == 0]))
    n = rows // blocks
    iterations = draw(st.integers(1, blocks - 1))
    term, dense = sub(n, n)
    result = np.eye(rows, dtype=complex)
    for t in range(blocks - 1):
        block = dense if t < iterations else np.eye(n)
        result[(t + 1) * n : (t + 2) * n, t * n : (t + 1) * n] -= block
    node = HistoryMatrix(step=term, iterations=iterations, padding=blocks - 1 - iterations)
    return node, result


def _divisor(draw: st.DrawFn, number: int) -> int:
    return draw(st.sampled_from([d for d in range(1, number + 1) if number % d == 0]))


def truth(dense: np.ndarray) -> dict[str, float]:
    """Every fact of a dense matrix by its definition; eigenvalues only where it is Hermitian."""
    size = np.abs(dense)
    filled = size > 1e-12
    values = {
        "norm": np.linalg.svd(dense, compute_uv=False)[0],
        "row_sparsity": max(sum(row) for row in filled),
        "column_sparsity": max(sum(column) for column in filled.T),
        "max_entry": max(size.ravel()),
        "row_one_norm": max(sum(row) for row in size),
        "column_one_norm": max(sum(column) for column in size.T),
        "frobenius": np.sqrt(sum(x * x for x in size.ravel())),
    }
    if dense.shape[0] == dense.shape[1] and np.allclose(dense, dense.conj().T, rtol=0, atol=1e-12):
        eigenvalues = np.linalg.eigvals(dense).real
        values["lambda_min"], values["lambda_max"] = min(eigenvalues), max(eigenvalues)
    return {name: float(value) for name, value in values.items()}
