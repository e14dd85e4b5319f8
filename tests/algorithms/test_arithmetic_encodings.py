"""Ramps, matrices of any shape, low rank, unequal blocks and complex entries, on the simulator."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import sympy
from scipy import linalg

from qgd_compiler.algorithms import low_rank, sparse_rectangular
from qgd_compiler.algorithms.access import Qroam, Qrom
from qgd_compiler.algorithms.banded import BandedArithmetic
from qgd_compiler.algorithms.composites.adjoint import AdjointEncoder
from qgd_compiler.algorithms.composites.block_diagonal import BlockDiagonalEncoder
from qgd_compiler.algorithms.composites.complex_sum import ComplexEncoder
from qgd_compiler.algorithms.composites.gram import GramEncoder
from qgd_compiler.algorithms.composites.linear_combination import SumEncoder
from qgd_compiler.algorithms.composites.product import ProductEncoder
from qgd_compiler.algorithms.diagonal_ramp import DiagonalRamp
from qgd_compiler.algorithms.encoders import DiagonalTable, Frobenius, SparseAccess
from qgd_compiler.algorithms.encoding import Encoder
from qgd_compiler.algorithms.low_rank import LowRankStates, compressed, weight_sum
from qgd_compiler.algorithms.sparse_rectangular import RectangularSparse
from qgd_compiler.algorithms.sparse_words import lists
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from tests.algorithms.checking import observed_error

RNG = np.random.default_rng(11)


def ramp(n: int, first: float, step: float) -> np.ndarray:
    """A diagonal in arithmetic progression."""
    return np.diag([first + step * i for i in range(n)])


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize("tight", [False, True])
@pytest.mark.parametrize(
    ("n", "first", "step"),
    [
        (2, 0.3, 0.7),
        (3, -0.5, 0.4),
        (4, 1.5, -0.25),
        (5, -0.2, -0.6),
        (6, 2.0, -1.1),
        (8, -3.0, 0.9),
        (7, 0.8, 0.0),
    ],
)
def test_a_ramp_is_exact(n: int, first: float, step: float, tight: bool, controlled: bool) -> None:
    encoder = DiagonalRamp(n, first, step, tight)
    assert observed_error(encoder, ramp(n, first, step), controlled=controlled) < 1e-12
    made = encoder.encode(controlled)
    assert made.epsilon == 0
    largest = max(abs(first), abs(first + step * (n - 1)))
    if tight:
        assert made.alpha == pytest.approx(largest)
    else:
        beyond = abs(first + step * 2 ** int(made.system))
        assert made.alpha == pytest.approx(max(abs(first), beyond))


def test_a_ramp_grows_with_the_logarithm_of_its_rows() -> None:
    def toffolis(n: int) -> int:
        return int(fold(DiagonalRamp(n, 1, 2, tight=False).encode(True).routine, price_of).gates.toffoli)

    assert toffolis(2**30) == 32  # one controlled comparison, and the AND of its two controls
    assert toffolis(2**60) == 62
    symbolic = DiagonalRamp(sympy.Symbol("n", positive=True, integer=True), 1, 2).encode(True)
    assert DiagonalRamp(sympy.Symbol("n", positive=True, integer=True), 1, 2).realised() is None
    assert fold(symbolic.routine, price_of).gates.toffoli.free_symbols
    with pytest.raises(ValueError, match="two rows"):
        DiagonalRamp(1, 1, 2).encode(False)


def holed(rows: int, columns: int, density: float) -> np.ndarray:
    """Numbers that all differ, with holes; one row and one column have no hole, one row may be empty."""
    found = RNG.normal(size=(rows, columns))
    found[RNG.random((rows, columns)) > density] = 0
    return found


SHAPES = {
    "tall": holed(5, 3, 0.5),
    "wide": holed(3, 6, 0.5),
    "square": holed(5, 5, 0.4),
    "one full row": np.vstack([RNG.normal(size=4), np.diag(RNG.normal(size=4))[:3]]),
    "one full column": np.column_stack([RNG.normal(size=5), np.zeros((5, 2))]),
    "one row": RNG.normal(size=(1, 3)),
    "one column": RNG.normal(size=(4, 1)),
    "very tall": holed(9, 2, 0.6),
}


def sparse(matrix: np.ndarray, bits: int, qroam: bool = False) -> RectangularSparse:
    there = matrix != 0
    lists = max(1, int(there.sum(1).max())), max(1, int(there.sum(0).max()))
    top = float(np.abs(matrix).max())
    return RectangularSparse(*matrix.shape, *lists, top, bits, Qroam() if qroam else Qrom(), matrix)


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize("bits", [2, 5])
@pytest.mark.parametrize("name", SHAPES)
def test_a_sparse_matrix_of_any_shape(name: str, bits: int, controlled: bool) -> None:
    encoder = sparse(SHAPES[name], bits, qroam=bits == 5)
    observed_error(encoder, SHAPES[name], controlled=controlled)
    there = SHAPES[name] != 0
    mean = np.sqrt(there.sum(1).max() * there.sum(0).max())
    full = np.abs(SHAPES[name]).max() * 2**bits / (2**bits - 1)
    for made in (encoder.encode(False), encoder.encode(True)):
        assert mean * full <= made.alpha * (1 + 1e-12)
        assert made.alpha <= np.sqrt(2) * mean * full


def test_lists_hold_both_sparsities_and_share_all_but_powers_of_two() -> None:
    for in_row, in_column in itertools.product(range(1, 20), repeat=2):
        found = lists(in_row, in_column)
        assert found.rows >= in_row
        assert found.columns >= in_column
        assert found.row_bits * found.column_bits == 0
        assert found.weight == pytest.approx(np.sqrt(found.rows * found.columns))
        assert found.weight <= max(in_row, in_column)
        assert found.weight <= np.sqrt(2 * in_row * in_column)


def test_the_two_sides_are_read_through_tables_of_their_own_size() -> None:
    def toffolis(rows: int, columns: int, in_row: int, in_column: int) -> int:
        made = RectangularSparse(rows, columns, in_row, in_column, 1.0, 6, Qrom()).encode(False)
        return int(fold(made.routine, price_of).gates.toffoli)

    assert toffolis(1000, 10, 2, 128) < 0.7 * toffolis(1000, 1000, 2, 128)
    square = SparseAccess(100, 4, 1.0, 6, Qrom()).encode(False)
    assert toffolis(100, 100, 4, 4) == fold(square.routine, price_of).gates.toffoli


def test_words_are_as_long_as_the_error_asks_for() -> None:
    for epsilon in (0.3, 0.01, 1e-5):
        bits = sparse_rectangular.value_bits_for(3, 7, 0.9, epsilon)
        assert sparse_rectangular.epsilon_bound(3, 7, 0.9, bits) <= epsilon
        assert bits == 1 or sparse_rectangular.epsilon_bound(3, 7, 0.9, bits - 1) > epsilon
        bits = low_rank.angle_bits_for(9, 3, 0.9, epsilon)
        assert low_rank.epsilon_bound(9, 3, 0.9, bits) <= epsilon
        assert low_rank.epsilon_bound(9, 3, 0.9, bits - 1) > epsilon


def test_a_count_with_symbols_has_places_left_over_on_both_sides() -> None:
    r, c, s, t = sympy.symbols("r c s t", positive=True, integer=True)
    symbolic = fold(RectangularSparse(r, c, s, t, 1.0, 5, Qrom()).encode(True).routine, price_of)
    for sizes in ((30, 9, 4, 4), (9, 30, 7, 7), (16, 16, 3, 3)):
        numeric = fold(RectangularSparse(*sizes, 1.0, 5, Qrom()).encode(True).routine, price_of)
        at = symbolic.gates.toffoli.subs(dict(zip((r, c, s, t), sizes, strict=True))).doit()
        row_and_place = int(np.ceil(np.log2(max(sizes[:2])))) + int(np.ceil(np.log2(sizes[2])))
        sides = 2 if sizes[0] == sizes[1] else 1  # a side: its words move, under an AND; its bit moves
        assert at - numeric.gates.toffoli == sides * (row_and_place + 2)


FACTORS = {
    "rank two": (RNG.normal(size=(5, 2)), np.array([1.3, -0.4])),
    "rank three": (RNG.normal(size=(4, 3)), np.array([-0.9, 0.2, 0.6])),
    "rank one": (RNG.normal(size=(3, 1)), np.array([0.7])),
    "rank one, negative": (RNG.normal(size=(6, 1)), np.array([-0.7])),
    "all negative": (RNG.normal(size=(3, 2)), np.array([-0.7, -0.2])),
    "an empty column": (np.column_stack([[0.0, 0.0, 0.0], [0.3, -1.2, 0.5]]), np.array([2.0, 0.8])),
}


def states(factor: np.ndarray, weights: np.ndarray, bits: int) -> LowRankStates:
    return LowRankStates(*factor.shape, weight_sum(factor, weights), bits, Qroam(), factor, weights)


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize("bits", [3, 7])
@pytest.mark.parametrize("name", FACTORS)
def test_a_low_rank_matrix(name: str, bits: int, controlled: bool) -> None:
    factor, weights = FACTORS[name]
    matrix = sum(w * np.outer(f, f) for w, f in zip(weights, factor.T, strict=True))
    encoder = states(factor, weights, bits)
    observed_error(encoder, np.asarray(matrix), controlled=controlled)
    assert encoder.encode(False).alpha == pytest.approx(
        sum(abs(w) * f @ f for w, f in zip(weights, factor.T, strict=True))
    )


def test_the_compressed_factor_has_the_trace_norm_for_alpha_and_the_same_matrix() -> None:
    factor = np.random.default_rng(2).normal(size=(7, 4))
    factor[:, 3] = factor[:, 0]  # of rank three
    weights = np.array([0.3, -1.1, 0.8, 0.5])
    matrix = factor @ np.diag(weights) @ factor.T
    vectors, values = compressed(factor, weights)
    assert vectors.shape == (7, 3)
    assert np.allclose(vectors @ np.diag(values) @ vectors.T, matrix)
    trace_norm = np.linalg.norm(matrix, "nuc")
    assert weight_sum(vectors, values) == pytest.approx(trace_norm)
    assert trace_norm < weight_sum(factor, weights)
    observed_error(states(vectors, values, 7), matrix, controlled=False)
    with pytest.raises(ValueError, match="zeros"):
        compressed(np.zeros((3, 2)), np.ones(2))


def test_states_of_columns_beat_the_product_of_three_encodings() -> None:
    factor, weights = np.random.default_rng(3).normal(size=(37, 5)), np.array([0.3, -1.1, 0.8, 0.5, 2.0])
    ours = states(factor, weights, 10).encode(True)
    tree = Frobenius(37, 5, float(np.linalg.norm(factor)), 10, Qroam(), factor)
    middle = DiagonalTable(5, 2.0, 10, Qroam(), weights)
    product = ProductEncoder((tree, middle, AdjointEncoder(tree))).encode(True)
    assert ours.alpha < product.alpha
    assert fold(ours.routine, price_of).gates.toffoli < fold(product.routine, price_of).gates.toffoli


def frobenius(matrix: np.ndarray, bits: int) -> Encoder:
    return Frobenius(*matrix.shape, float(np.linalg.norm(matrix)), bits, Qroam(), matrix)


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize(
    "shapes",
    [[(3, 3), (5, 5)], [(5, 4), (2, 3), (1, 1)], [(4, 4), (2, 2)], [(1, 2), (6, 1), (3, 3)]],
    ids=str,
)
def test_blocks_of_unequal_sizes(shapes: list[tuple[int, int]], controlled: bool) -> None:
    rng = np.random.default_rng(5)
    blocks = [np.abs(rng.normal(size=shape)) for shape in shapes]
    parts = [
        DiagonalTable(1, float(b[0, 0]), 5, Qrom(), b[0]) if b.shape == (1, 1) else frobenius(b, 5)
        for b in blocks
    ]
    encoder = BlockDiagonalEncoder(tuple(parts))
    side = max(int(p.encode(False).system) for p in parts)
    observed_error(
        encoder,
        linalg.block_diag(*blocks),
        controlled=controlled,
        rows=places_of([b.shape[0] for b in blocks], side),
        columns=places_of([b.shape[1] for b in blocks], side),
    )


def places_of(sizes: list[int], side: int | None = None) -> list[int]:
    """Where the rows of blocks of these sizes stand, each on as many qubits as the largest needs, or on `side`."""
    width = 1 << (max(sizes) - 1).bit_length() if side is None else 1 << side
    return [k * width + i for k, size in enumerate(sizes) for i in range(size)]


def real_sparse(matrix: np.ndarray, bits: int) -> Encoder:
    top = float(np.abs(matrix).max())
    return SparseAccess(len(matrix), len(matrix), top, bits, Qrom(), False, matrix)


FULL = RNG.normal(size=(3, 3)) + 1j * RNG.normal(size=(3, 3))
HERMITIAN = FULL + FULL.conj().T
TALL = RNG.normal(size=(5, 2)) + 1j * RNG.normal(size=(5, 2))
BANDS = np.diag([0.4 - 0.3j] * 4, 1) + np.diag([-0.7 + 0.2j] * 5)

Make = Callable[[int], Encoder]
COMPLEX: dict[str, tuple[Make, np.ndarray]] = {
    "general": (lambda b: ComplexEncoder(real_sparse(FULL.real, b), real_sparse(FULL.imag, b)), FULL),
    "Hermitian": (
        lambda b: ComplexEncoder(frobenius(HERMITIAN.real, b), real_sparse(HERMITIAN.imag, b)),
        HERMITIAN,
    ),
    "tall": (lambda b: ComplexEncoder(frobenius(TALL.real, b), frobenius(TALL.imag, b)), TALL),
    "imaginary": (lambda b: ComplexEncoder(None, real_sparse(FULL.imag, b)), 1j * FULL.imag),
    "bands": (
        lambda b: ComplexEncoder(
            BandedArithmetic(5, (0, 1), (-0.7, 0.4)), BandedArithmetic(5, (0, 1), (0.2, -0.3))
        ),
        BANDS,
    ),
    "a Gram matrix, which is not the identity on the ancilla of another": (
        lambda b: ComplexEncoder(frobenius(FULL.real, b), GramEncoder(frobenius(FULL.imag, b))),
        FULL.real + 1j * FULL.imag.T @ FULL.imag,
    ),
    "product": (
        lambda b: ProductEncoder(
            (ComplexEncoder(None, real_sparse(FULL.imag, b)), real_sparse(FULL.real, b))
        ),
        1j * FULL.imag @ FULL.real,
    ),
    "adjoint": (
        lambda b: AdjointEncoder(ComplexEncoder(real_sparse(FULL.real, b), real_sparse(FULL.imag, b))),
        FULL.conj().T,
    ),
}


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize("bits", [3, 5])
@pytest.mark.parametrize("name", COMPLEX)
def test_complex_entries(name: str, bits: int, controlled: bool) -> None:
    make, matrix = COMPLEX[name]
    observed_error(make(bits), matrix, controlled=controlled)


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize("n", [4, 5])
def test_bands_are_the_identity_where_they_are_off_whatever_else_a_sum_has_left(
    n: int, controlled: bool
) -> None:
    bands = [BandedArithmetic(n, (-1, 0, 2), (0.4, -0.7, 0.2)), BandedArithmetic(n, (1,), (-0.3,))]
    around = BandedArithmetic(n, (0, 1), (0.9, -0.6), periodic=True)
    matrix = np.diag([0.4] * (n - 1), -1) + np.diag([-0.7] * n) + np.diag([0.2] * (n - 2), 2)
    matrix = matrix - 2 * np.diag([-0.3] * (n - 1), 1)
    matrix = matrix + 0.5 * (0.9 * np.eye(n) - 0.6 * np.roll(np.eye(n), 1, axis=1))
    encoder = SumEncoder((1.0, -2.0, 0.5), (*bands, around), int(np.ceil(np.log2(n))))
    assert observed_error(encoder, matrix, controlled=controlled) < 1e-12
    blocks = BlockDiagonalEncoder((bands[0], around))
    places = places_of([n, n])
    whole = linalg.block_diag(bands[0].realised(), around.realised())
    assert observed_error(blocks, whole, controlled=controlled, rows=places, columns=places) < 1e-12
    small = BandedArithmetic(
        3, (-1, 0), (0.8, -0.5), periodic=n == 5
    )  # off where the large block has more rows
    uneven = BlockDiagonalEncoder((small, bands[0]))
    places = places_of([3, n])
    whole = linalg.block_diag(small.realised(), bands[0].realised())
    assert observed_error(uneven, whole, controlled=controlled, rows=places, columns=places) < 1e-12


def test_the_weight_of_a_complex_matrix_is_that_of_its_parts_together() -> None:
    made = COMPLEX["bands"][0](1).encode(True)
    assert made.alpha == pytest.approx(0.7 + 0.4 + 0.2 + 0.3)
    assert made.epsilon == 0


@pytest.mark.parametrize(
    ("encoder", "reason"),
    [
        (RectangularSparse(3, 3, 1, 3, 9.0, 4, Qrom(), np.ones((3, 3))), "a row of 3 non-zeros"),
        (RectangularSparse(3, 3, 3, 2, 9.0, 4, Qrom(), np.ones((3, 3))), "a column of 3 non-zeros"),
        (RectangularSparse(3, 2, 3, 3, 9.0, 4, Qrom(), np.ones((3, 3))), "the shape"),
        (RectangularSparse(3, 3, 3, 3, 0.5, 4, Qrom(), np.ones((3, 3))), "above the bound 0.5"),
        (LowRankStates(3, 2, 5.0, 4, Qrom(), np.ones((3, 2)), np.ones(2)), "sum to 6, not 5"),
        (LowRankStates(3, 2, 6.0, 4, Qrom(), np.ones((3, 2)) * 1j, np.ones(2)), "must be real"),
        (LowRankStates(3, 2, 6.0, 4, Qrom(), np.ones((3, 2)), np.ones(3)), "not 3 x 2"),
        (LowRankStates(3, 2, 0.0, 4, Qrom(), np.zeros((3, 2)), np.ones(2)), "sum to 0"),
    ],
)
def test_data_that_break_a_declared_bound_are_refused(encoder: Encoder, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        encoder.encode(False)


def test_without_data_there_is_nothing_realised() -> None:
    assert RectangularSparse(3, 2, 2, 3, 1.0, 4, Qrom()).realised() is None
    assert LowRankStates(3, 2, 1.0, 4, Qrom()).realised() is None
    blank = RectangularSparse(3, 2, 2, 3, 1.0, 4, Qrom())
    assert ComplexEncoder(blank, blank).realised() is None
