"""What a node refuses, with the numbers in the message."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import sparse

from qgd_compiler.errors import InputFileError, QgdError, SpecError
from qgd_compiler.kinds import Source
from qgd_compiler.structure import (
    Banded,
    Bounded,
    Declared,
    Dense,
    Diagonal,
    Fact,
    HistoryMatrix,
    Identity,
    Kronecker,
    LowRank,
    Product,
    Scaled,
    Sparse,
    Step,
    Sum,
    require_hermitian,
)


def given(value: float) -> Fact:
    return Fact(value, Source.ASSUMED)


def sparse_of(rows: list[list[float]]) -> sparse.csr_array:
    return sparse.csr_array(np.array(rows, dtype=float))


SYMMETRIC = Dense(entries=np.array([[2.0, 1.0], [1.0, -1.0]]))

REFUSED: list[tuple[Callable[[], object], type[QgdError], str]] = [
    (lambda: Dense(entries=np.zeros((0, 3))), InputFileError, r"empty.*\(0, 3\)"),
    (lambda: Dense(entries=np.zeros(3)), InputFileError, r"shape \(3,\)"),
    (lambda: Dense(entries=np.array([["a"]])), InputFileError, "must be numbers"),
    (lambda: Dense(entries=np.array([[1, 2], [3, np.nan]])), InputFileError, r"nan at \(1, 1\)"),
    (lambda: Diagonal(values=np.array([1, np.inf])), InputFileError, "inf at 1 "),
    (lambda: Sparse.from_scipy(sparse_of([[0, 1], [np.inf, 0]])), InputFileError, "row 1, column 0.*inf"),
    (lambda: Sparse.from_scipy(sparse.csr_array((0, 0))), InputFileError, "empty"),
    (
        lambda: Sparse(indptr=np.array([0, 1]), indices=np.array([5]), values=np.ones(1), rows=1, columns=3),
        InputFileError,
        "inconsistent",
    ),
    (
        lambda: Sparse.from_scipy(sparse_of([[0, 1, 4], [1, 0, 2], [4.5, 2.25, 0]]), hermitian=True),
        InputFileError,
        r"entry \(0, 2\) is 4.0 and entry \(2, 0\) is 4.5.*differ by 0.5",
    ),
    (lambda: Sparse.from_scipy(sparse_of([[1, 2]]), hermitian=True), InputFileError, "1 x 2"),
    (
        lambda: Bounded(term=Dense(entries=np.array([[0, 1.0], [2, 0]])), hermitian=True),
        InputFileError,
        r"\(0, 1\) is 1.0 and entry \(1, 0\) is 2.0",
    ),
    (lambda: Bounded(term=Dense(entries=np.array([[1j]])), real=True), SpecError, "complex"),
    (lambda: Diagonal(), SpecError, "needs its values"),
    (lambda: Diagonal(values=np.ones(2), size=2), SpecError, "takes no size"),
    (lambda: Identity(size=0), SpecError, "is 0"),
    (lambda: Identity(size=2.5), SpecError, "2.5"),
    (lambda: Scaled(factor=float("nan"), term=SYMMETRIC), SpecError, "nan"),
    (lambda: Scaled(factor="2", term=SYMMETRIC), SpecError, "'2'"),
    (lambda: Sum(terms=()), SpecError, "no operands"),
    (lambda: Sum(terms=(SYMMETRIC, Identity(size=3))), SpecError, "term 1 .* 3 x 3.* term 0 is 2 x 2"),
    (lambda: Product(factors=(SYMMETRIC, Identity(size=3))), SpecError, "2 columns.*factor 1 has 3 rows"),
    (lambda: Kronecker(factors=(SYMMETRIC, np.eye(2))), SpecError, "operand 1"),
    (lambda: Banded(rows=3, offsets=(3,), values=(1,)), SpecError, "offset 3 .* 3 rows"),
    (lambda: Banded(rows=3, offsets=(1, -2), values=(1, 1), periodic=True), SpecError, "twice"),
    (lambda: Banded(rows=3, offsets=(1,), values=()), SpecError, "1 offsets, but 0 values"),
    (lambda: LowRank(factor=np.ones((4, 2)), weights=np.ones(3)), SpecError, "2 columns.* 3 weights"),
    (lambda: Step(hessian=Declared(rows=3, columns=4), learning_rate=0.1), SpecError, "3 x 4"),
    (lambda: Step(hessian=SYMMETRIC, learning_rate=1j), SpecError, "must be real"),
    (lambda: HistoryMatrix(step=SYMMETRIC, iterations=0), SpecError, "iterations is 0"),
    (lambda: HistoryMatrix(step=SYMMETRIC, iterations=3, padding=-1), SpecError, "padding is -1"),
    (lambda: Declared(rows=3, columns=3, row_sparsity=given(-1)), SpecError, "row_sparsity is -1"),
    (lambda: Declared(rows=3, columns=3, row_sparsity=given(4)), SpecError, "is 4.* 3 places"),
    (lambda: Declared(rows=5, columns=2, column_sparsity=given(2.5)), SpecError, "2.5.*integer"),
    (lambda: Declared(rows=3, columns=3, norm=given(float("inf"))), SpecError, "inf"),
    (lambda: Declared(rows=3, columns=3, norm=2.0), SpecError, "Fact"),
    (lambda: Declared(rows=3, columns=4, hermitian=True), SpecError, "3 x 4"),
    (lambda: Declared(rows=3, columns=3, lambda_min=given(0)), SpecError, "need a Hermitian"),
    (
        lambda: Declared(rows=3, columns=3, hermitian=True, lambda_min=given(2), lambda_max=given(1)),
        SpecError,
        "lambda_min is 2, above lambda_max, 1",
    ),
]


@pytest.mark.parametrize(("build", "error", "message"), REFUSED, ids=[r[2] for r in REFUSED])
def test_a_bad_node_is_refused_with_the_offending_value(
    build: Callable[[], object], error: type[QgdError], message: str
) -> None:
    with pytest.raises(error, match=message):
        build()


@pytest.mark.parametrize(
    ("name", "declared", "computed"),
    [
        ("norm", 2.0, "2.30"),
        ("lambda_max", 2.0, "2.30"),
        ("lambda_min", -1.0, "-1.30"),
        ("row_sparsity", 1, "2"),
        ("max_entry", 1.5, "2.0"),
        ("row_one_norm", 2.5, "3.0"),
        ("frobenius", 2.5, "2.64"),
    ],
)
def test_a_bound_inside_the_computed_value_is_an_error_with_both_numbers(
    name: str, declared: float, computed: str
) -> None:
    with pytest.raises(SpecError, match=rf"{name} is declared as {declared}, but the data gives {computed}"):
        Bounded(term=SYMMETRIC, **{name: given(declared)})


def test_a_bound_outside_the_computed_value_is_accepted_and_the_exact_value_stays() -> None:
    node = Bounded(term=SYMMETRIC, norm=given(3.0), lambda_min=given(-2.0))
    assert node.facts() == SYMMETRIC.facts()


@pytest.mark.parametrize(
    ("name", "wrong", "right"), [("norm", 5.9, 6.1), ("lambda_max", 5.9, 6.1), ("lambda_min", 1.2, 0.9)]
)
def test_false_bounds_on_a_matrix_too_large_for_dense_algebra_are_found(
    name: str, wrong: float, right: float
) -> None:
    values = np.linspace(1.0, 4.0, 600)
    values[7] = 6.0
    basis, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((600, 600)))
    product = basis * values @ basis.T
    term = Dense(entries=(product + product.T) / 2)
    with pytest.raises(SpecError, match=f"{name} is declared as {wrong}, but a vector attains"):
        Bounded(term=term, **{name: given(wrong)})
    kept = getattr(Bounded(term=term, **{name: given(right)}).facts(), name)
    assert kept == given(right)


def test_a_sharper_bound_is_used_where_the_structure_gives_only_a_bound() -> None:
    loose = Sum(terms=(SYMMETRIC, Dense(entries=np.array([[-2.0, 0.0], [0.0, 1.0]]))))
    assert loose.facts().norm is not None and loose.facts().norm.value > 1
    sharp = Bounded(term=loose, lambda_min=Fact(-1.0, Source.MEASURED), lambda_max=Fact(1.0, Source.MEASURED))
    assert sharp.facts().norm == Fact(1.0, Source.MEASURED)
    with pytest.raises(SpecError, match=r"lambda_max is declared as 0\.5, but the data gives"):
        Bounded(term=loose, lambda_max=given(0.5))


def test_an_asymmetry_within_the_tolerance_is_accepted() -> None:
    require_hermitian(np.array([[1, 2.0], [2.0 + 1e-9, 1]]), tolerance=1e-8)
    with pytest.raises(InputFileError, match="differ by 1"):
        require_hermitian(np.array([[1, 2.0], [3.0, 1]]), tolerance=1e-8)
    with pytest.raises(InputFileError, match="differ by 2"):
        require_hermitian(np.array([[1j]]))
