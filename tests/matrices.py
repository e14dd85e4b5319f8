"""Matrices of every kind of node, small enough to simulate; and larger ones to count."""

from __future__ import annotations

import numpy as np

from qgd_compiler.kinds import Source
from qgd_compiler.structure import (
    Adjoint,
    Banded,
    BlockDiagonal,
    Declared,
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

RNG = np.random.default_rng(23)


def dense(rows: int, columns: int | None = None) -> Dense:
    """Symmetric unless columns are given; all numbers differ."""
    a = RNG.normal(size=(rows, columns or rows))
    return Dense(entries=a + a.T if columns is None else a)


def sparse(rows: int, kept: float) -> Sparse:
    """Symmetric, with a share `kept` of the entries."""
    a = RNG.normal(size=(rows, rows)) * (RNG.random((rows, rows)) < kept)
    return Sparse.from_scipy(a + a.T + np.diag(RNG.normal(size=rows)))


def declared(rows: int, sparsity: int) -> Declared:
    """Bounds without data."""
    return Declared(
        rows=rows,
        columns=rows,
        row_sparsity=Fact(sparsity, Source.ASSUMED),
        column_sparsity=Fact(sparsity, Source.ASSUMED),
        max_entry=Fact(0.75, Source.ASSUMED),
        row_one_norm=Fact(2.5, Source.ASSUMED),
        column_one_norm=Fact(2.5, Source.ASSUMED),
        frobenius=Fact(3.5, Source.ASSUMED),
        hermitian=True,
        real=True,
    )


SIGNS = Diagonal(values=np.array([1.0, 2.0, -3.0, 0.5, -0.3]))

SMALL: dict[str, Matrix] = {
    "dense 2": dense(2),
    "dense 3": dense(3),
    "dense 4": dense(4),
    "not symmetric 3": dense(3, 3),
    "sparse 5": sparse(5, 0.25),
    "sparse 6": sparse(6, 0.2),
    "diagonal 5": SIGNS,
    "Toeplitz 5": Banded(rows=5, offsets=(-2, -1, 0, 3), values=(0.3, -1.0, 2.0, 0.7)),
    "Toeplitz 8": Banded(rows=8, offsets=(-1, 0, 1), values=(-1.0, 2.5, 0.4)),
    "symmetric Toeplitz 6": Banded(rows=6, offsets=(-2, -1, 0, 1, 2), values=(0.3, -1.0, 2.0, -1.0, 0.3)),
    "circulant 6": Banded(rows=6, offsets=(-1, 0, 2), values=(0.5, -1.5, -0.2), periodic=True),
    "circulant 4": Banded(rows=4, offsets=(-1, 1), values=(0.5, 1.5), periodic=True),
    "identity 5": Identity(size=5),
    "tall": dense(5, 2),
    "wide and sparse": Sparse.from_scipy(np.array([[0, 2.0, 0, 0.7, 0], [1.5, 0, 0, 0, -0.2]])),
    "complex": Dense(entries=np.array([[1, 0.5 - 0.7j], [0.5 + 0.7j, -0.3]])),
    "unequal blocks": BlockDiagonal(blocks=(dense(3), dense(2))),
    "multiple": Scaled(factor=-0.3, term=dense(3)),
    "adjoint": Adjoint(term=dense(2, 4)),
    "Kronecker": Kronecker(factors=(dense(3), dense(2))),
    "Kronecker with gaps": Kronecker(factors=(dense(2), dense(3))),
    "blocks": BlockDiagonal(blocks=(dense(2), dense(2), dense(2))),
    "blocks with gaps": BlockDiagonal(blocks=(dense(3), dense(3))),
    "product": Product(factors=(dense(3, 4), dense(4, 2))),
    "Gram": Gram(factor=dense(3, 2)),
    "low rank": LowRank(factor=RNG.normal(size=(4, 2)), weights=np.array([1.5, -0.5])),
    "sum": Sum(terms=(dense(3), Scaled(factor=0.3, term=Identity(size=3)))),
    "sum of two": Sum(terms=(dense(4), Scaled(factor=-0.7, term=Diagonal(values=np.arange(1.0, 5.0))))),
    "step": Step(hessian=dense(3), learning_rate=0.1),
    "damped Kronecker": Sum(
        terms=(Kronecker(factors=(dense(2), dense(2))), Scaled(factor=0.3, term=Identity(size=4)))
    ),
    "sparser": Sparse.from_scipy(
        np.array(
            [[0, 2.0, 0, 0.7, 0], [2, 0, 0, 0, 0], [0, 0, -1, 0, 0], [0.7, 0, 0, 0, -0.4], [0, 0, 0, -0.4, 0]]
        )
    ),
    "sparser, not symmetric": Sparse.from_scipy(
        np.array(
            [
                [0, 2.0, 0, 0, 0],
                [0, 0, 0.3, 0.6, 0],
                [1.7, 0, 0, 0, 0],
                [0, 0, 0, 0, -0.4],
                [0, 0, 0, 0, -0.5],
            ]
        )
    ),
    "symmetric Toeplitz": Banded(rows=6, offsets=(-2, -1, 0, 1, 2), values=(0.3, -1.0, 2.0, -1.0, 0.3)),
    "symmetric circulant": Banded(rows=5, offsets=(-1, 1), values=(-0.7, -0.7), periodic=True),
    "symmetric circulant, even": Banded(
        rows=8, offsets=(-3, -1, 0, 1, 3), values=(0.2, 0.6, 0.4, 0.6, 0.2), periodic=True
    ),
    "two rows": Banded(rows=2, offsets=(-1, 1), values=(0.5, 1.5)),
    "one band": Banded(rows=7, offsets=(2,), values=(-0.5,)),
    "constant": Banded(rows=3, offsets=(0,), values=(-0.5,)),
    "damped Toeplitz": Sum(
        terms=(Banded(rows=5, offsets=(-1, 1), values=(-1.0, -1.0)), Diagonal(values=np.arange(1.0, 6.0)))
    ),
    "one full row": Sparse.from_scipy(
        np.array([[1, 2.0, -3, 0.7], [0, 0, 0, 1], [0.1, 0, 0, 0], [0, 0.4, 0, 0]])
    ),
    "imaginary": Dense(entries=np.array([[0, -0.7j, 0], [0.7j, 0, 0.2j], [0, -0.2j, 0]])),
    "product of sparse rectangles": Product(
        factors=(
            Sparse.from_scipy(np.array([[0, 2.0, 0], [0.5, 0, 0], [0, 0, 0], [0, 0, -1.0]])),
            Sparse.from_scipy(np.array([[0.3, 0.0], [0.5, 0], [0, 0.9]])),
        )
    ),
    "positive low rank": LowRank(factor=RNG.normal(size=(3, 2)), weights=np.array([1.5, 0.5])),
    "ramp": Diagonal(values=np.linspace(-0.4, 1.0, 5)),
    "history": HistoryMatrix(step=Step(hessian=dense(3), learning_rate=0.1), iterations=2, padding=1),
}

COUNTED: dict[str, Matrix] = {
    "declared 12": declared(12, 5),
    "declared 33": declared(33, 8),
    "declared 64": declared(64, 3),
    "declared diagonal 50": Diagonal(
        size=50, lambda_min=Fact(-1.0, Source.ASSUMED), lambda_max=Fact(2.0, Source.ASSUMED)
    ),
    "Toeplitz 1000": Banded(rows=1000, offsets=(-3, -1, 0, 1, 3), values=(0.1, -1.0, 2.0, -1.0, 0.1)),
    "circulant 2^30 - 1": Banded(rows=2**30 - 1, offsets=(-1, 0, 1), values=(-1.0, 2.0, -1.0), periodic=True),
    "declared Kronecker": Kronecker(factors=(declared(10, 4), declared(7, 3))),
    "declared sum": Sum(terms=(declared(20, 4), Scaled(factor=0.1, term=Identity(size=20)))),
}
