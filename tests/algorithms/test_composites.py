"""Composed encodings run on the simulator, against NumPy's own products, sums and Kronecker products."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import linalg

from qgd_compiler.algorithms.access import Qroam, Qrom
from qgd_compiler.algorithms.composites.block_diagonal import BlockDiagonalEncoder
from qgd_compiler.algorithms.composites.gram import GramEncoder
from qgd_compiler.algorithms.composites.kronecker import KroneckerEncoder
from qgd_compiler.algorithms.composites.linear_combination import SumEncoder
from qgd_compiler.algorithms.composites.product import ProductEncoder
from qgd_compiler.algorithms.encoders import DiagonalTable, Frobenius, RowWeighted, SparseAccess
from qgd_compiler.algorithms.encoding import Encoder
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.kinds import Kind
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.simulate import block

RNG = np.random.default_rng(5)


def numbers(*shape: int, symmetric: bool = False) -> np.ndarray:
    """Random numbers that all differ."""
    found = RNG.normal(size=shape)
    return np.ascontiguousarray(found + found.T if symmetric else found)


A, B, N = numbers(3, 3, symmetric=True), numbers(4, 4, symmetric=True), numbers(3, 3)
WHOLE = np.array([[1, 2, 0], [2, -3, 0], [0, 0, 1]])
TALL, WIDE, D = numbers(5, 3), numbers(2, 4), numbers(5)


def sparse(matrix: np.ndarray, bits: int) -> Encoder:
    top = float(np.abs(matrix).max())
    same = bool(np.allclose(matrix, matrix.T))
    return SparseAccess(len(matrix), len(matrix), top, bits, Qrom(), same, matrix)


def tree(matrix: np.ndarray, bits: int) -> Encoder:
    rows, columns = matrix.shape
    return Frobenius(rows, columns, float(np.linalg.norm(matrix)), bits, Qroam(), matrix)


def weighted(matrix: np.ndarray, bits: int) -> Encoder:
    sums = np.abs(matrix)
    return RowWeighted(len(matrix), float(sums.sum(1).max()), float(sums.sum(0).max()), bits, Qroam(), matrix)


def diagonal(values: np.ndarray, bits: int) -> Encoder:
    return DiagonalTable(len(values), float(np.abs(values).max()), bits, Qroam(), values)


Case = tuple[Callable[[int], Encoder], np.ndarray, list[int] | None]
# bits -> encoder, the matrix that is meant, and where it stands in the register (None: in the corner)
CASES: dict[str, Case] = {
    "row-weighted, symmetric": (lambda b: weighted(A, b), A, None),
    "row-weighted, not symmetric": (lambda b: weighted(N, b), N, None),
    "Frobenius, tall": (lambda b: tree(TALL, b), TALL, None),
    "Frobenius, wide": (lambda b: tree(WIDE, b), WIDE, None),
    "Frobenius, one column": (lambda b: tree(N[:, :1], b), N[:, :1], None),
    "Frobenius, one row": (lambda b: tree(N[:1], b), N[:1], None),
    "diagonal under a larger bound": (lambda b: DiagonalTable(5, 3.0, b, Qroam(), D), np.diag(D), None),
    "sparse under a larger bound": (lambda b: SparseAccess(3, 3, 9.0, b, Qrom(), False, N), N, None),
    "row-weighted under larger bounds": (lambda b: RowWeighted(3, 7.0, 9.0, b, Qroam(), N), N, None),
    "integers": (lambda b: sparse(WHOLE, b), WHOLE, None),
    "sum of one": (lambda b: SumEncoder((-0.5,), (diagonal(D, b),), 3), -0.5 * np.diag(D), None),
    "diagonal": (lambda b: diagonal(D, b), np.diag(D), None),
    "Kronecker": (lambda b: KroneckerEncoder((sparse(A, b), tree(B, b))), np.kron(A, B), None),
    "product": (lambda b: ProductEncoder((tree(WIDE, b), tree(B, b))), WIDE @ B, None),
    "product of three": (
        lambda b: ProductEncoder((sparse(A, b), diagonal(D[:3], b), tree(N, b))),
        A @ np.diag(D[:3]) @ N,
        None,
    ),
    "Gram": (lambda b: GramEncoder(tree(TALL, b)), TALL.T @ TALL, None),
    "centred Gram": (
        lambda b: GramEncoder(tree(TALL, b), centred=True),
        2 * TALL.T @ TALL / np.linalg.norm(TALL) ** 2 - np.eye(3),
        None,
    ),
    "sum with a negative sign": (
        lambda b: SumEncoder((0.7, -1.3), (sparse(A, b), tree(N, b)), 2),
        0.7 * A - 1.3 * N,
        None,
    ),
    "sum with an identity": (
        lambda b: SumEncoder((0.7, -1.3, 0.4), (sparse(A, b), None, tree(N, b)), 2),
        0.7 * A - 1.3 * np.eye(3) + 0.4 * N,
        None,
    ),
    "sum of four": (
        lambda b: SumEncoder((-0.7, 1.3, 0.4, -0.2), (None, diagonal(D[:4], b), tree(B, b), sparse(B, b)), 2),
        -0.7 * np.eye(4) + 1.3 * np.diag(D[:4]) + 0.4 * B - 0.2 * B,
        None,
    ),
    "damped Gram": (
        lambda b: SumEncoder((1.0, 0.1), (GramEncoder(tree(TALL, b)), None), 3),
        TALL.T @ TALL + 0.1 * np.eye(3),
        None,
    ),
    "two blocks": (
        lambda b: BlockDiagonalEncoder((sparse(B, b), tree(2 * B, b))),
        linalg.block_diag(B, 2 * B),
        None,
    ),
    "three blocks": (
        lambda b: BlockDiagonalEncoder((sparse(A, b), tree(2 * N, b), tree(N, b))),
        linalg.block_diag(A, 2 * N, N),
        [0, 1, 2, 4, 5, 6, 8, 9, 10],
    ),
}


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize("bits", [3, 6])
@pytest.mark.parametrize("case", CASES)
def test_the_block_is_the_composed_matrix_within_epsilon(case: str, bits: int, controlled: bool) -> None:
    make, matrix, places = CASES[case]
    encoding = make(bits).encode(controlled)
    rows = places if places is not None else list(range(matrix.shape[0]))
    columns = places if places is not None else list(range(matrix.shape[1]))
    on = {"control": 1} if controlled else {}
    found = block(encoding.routine, fixed=on, columns=columns).matrix
    back = block(encoding.routine, fixed=on, columns=rows, adjoint=True).matrix
    assert np.allclose(back[np.ix_(columns, rows)], found[np.ix_(rows, columns)].conj().T, atol=1e-12)
    assert np.abs(np.delete(found, rows, axis=0)).max(initial=0) < 1e-12, "gaps never mix with rows"
    assert np.abs(np.delete(back, columns, axis=0)).max(initial=0) < 1e-12, "gaps never mix with columns"
    error = np.linalg.norm(found[np.ix_(rows, columns)] * encoding.alpha - matrix, 2)
    assert error <= encoding.epsilon
    assert np.linalg.norm(matrix, 2) <= encoding.alpha + encoding.epsilon
    if controlled:
        idle = block(encoding.routine, fixed={"control": 0}).matrix[np.ix_(columns, columns)]
        assert np.allclose(idle, np.eye(len(columns)), atol=1e-12)


@pytest.mark.parametrize(
    "case", [c for c in CASES if c != "product of three"]
)  # 9 bits of it outgrow the simulator
def test_the_error_vanishes_with_the_bits(case: str) -> None:
    make, matrix, places = CASES[case]
    rows = places if places is not None else list(range(matrix.shape[0]))
    columns = places if places is not None else list(range(matrix.shape[1]))

    def error(bits: int) -> float:
        encoding = make(bits).encode(False)
        found = block(encoding.routine, columns=columns).matrix[np.ix_(rows, columns)] * encoding.alpha
        return float(np.linalg.norm(found - matrix, 2) / encoding.alpha)

    assert error(9) < max(error(4), 2**-4) / 4


@pytest.mark.parametrize(
    ("encoder", "reason"),
    [
        (SparseAccess(3, 3, 0.1, 4, Qrom(), False, N), "above the bound 0.1"),
        (DiagonalTable(5, 0.1, 4, Qrom(), D), "above the bound 0.1"),
        (RowWeighted(3, 0.1, 9.0, 4, Qrom(), N), "a row of 1-norm"),
        (RowWeighted(3, 9.0, 0.1, 4, Qrom(), N), "a column of 1-norm"),
        (Frobenius(3, 3, 99.0, 4, Qrom(), N), "not 99"),
        (Frobenius(1, 1, 2.0, 4, Qrom(), np.array([[-2.0]])), "hold its sign"),
    ],
)
def test_data_that_break_a_declared_bound_are_refused(encoder: Encoder, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        encoder.encode(False)


def test_a_composition_says_what_it_is_made_of() -> None:
    sharp = DiagonalTable(5, 3.0, 7, Qrom(), D)
    found = BlockDiagonalEncoder((sharp, DiagonalTable(5, 3.0, 4, Qroam(), D))).encode(False)
    assert found.name == "block diagonal of 2 x diagonal table"
    assert (found.access, found.word_bits, found.kind) == ("qroam+qrom", 7, Kind.BOUND)
    nothing = SumEncoder((1.0, -0.5), (None, None), 1).encode(False)
    assert (nothing.name, nothing.access, nothing.word_bits) == ("sum", "none", 0)
    assert nothing.kind is Kind.BOUND


@pytest.mark.parametrize("start", [-1, 3])
def test_a_part_outside_its_register_is_refused(start: int) -> None:
    register = Builder("parts").register("x", 4)
    with pytest.raises(ValueError, match=r"starts at|bits 3"):
        register.part(start, 2)


@pytest.mark.parametrize("terms", [2, 3, 5])
def test_a_sum_takes_the_rotations_that_it_says(terms: int) -> None:
    cost = fold(SumEncoder((0.5,) * terms, (None,) * terms, 1).encode(False).routine, price_of)
    assert cost.gates.rotations == 2 * (2 * terms - 3)
    assert cost.gates.toffoli == 0


def test_an_encoding_run_forwards_and_backwards_is_the_identity() -> None:
    encoding = CASES["sum of four"][0](4).encode(True)
    builder = Builder("there and back")
    handles = [builder.register(r.name, r.size) for r in encoding.routine.registers]
    builder.call(encoding.routine, *handles)
    builder.call(encoding.routine, *handles, adjoint=True)
    found = block(builder.routine(), fixed={"control": 1}).matrix
    assert np.allclose(found, np.eye(len(found)), atol=1e-12)
