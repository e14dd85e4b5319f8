"""Encodings of a matrix by its entries, or by bounds on them: sparse, row-weighted, Frobenius, diagonal, identity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from qgd_compiler.algorithms import (
    banded,
    diagonal,
    diagonal_ramp,
    frobenius,
    low_rank,
    row_weighted,
    sparse_access,
    sparse_rectangular,
    sparse_row_weighted,
)
from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.banded import BandedArithmetic
from qgd_compiler.algorithms.composites.identity import IdentityEncoder
from qgd_compiler.algorithms.diagonal_ramp import DiagonalRamp
from qgd_compiler.algorithms.encoders import (
    DiagonalTable,
    Frobenius,
    RowWeighted,
    SparseAccess,
    SparseRowWeighted,
)
from qgd_compiler.algorithms.encoding import Encoder
from qgd_compiler.algorithms.low_rank import LowRankStates, compressed, weight_sum
from qgd_compiler.algorithms.menu.layout import Layout, in_a_row
from qgd_compiler.algorithms.menu.offer import Prepared, Words
from qgd_compiler.algorithms.precision import MOST_MEASURED, fewest_bits
from qgd_compiler.algorithms.sparse_rectangular import RectangularSparse
from qgd_compiler.algorithms.sparse_words import lists
from qgd_compiler.scalars import Scalar, ceil_log2, is_integer, maximum, sqrt
from qgd_compiler.structure.banded import Banded
from qgd_compiler.structure.facts import Fact
from qgd_compiler.structure.low_rank import LowRank
from qgd_compiler.structure.matrix import Matrix

Build = Callable[[Scalar, Access], Encoder]


@dataclass(eq=False)
class EntryOffer:
    """An encoding with one word length, by rounding entries or angles.

    start    the word length that a bound asks for, from ε
    least    the shortest words that the circuit has
    """

    name: str
    weight: Scalar
    matrix: Matrix
    build: Build
    start: Callable[[float], int]
    least: int
    target: np.ndarray | None
    _prepared: dict[tuple[object, ...], Prepared] = field(default_factory=dict)
    _errors: dict[Scalar, list[float]] = field(default_factory=dict)

    @property
    def rows(self) -> Layout:
        """In a row."""
        return in_a_row(self.matrix.rows, _side(self.matrix))

    @property
    def columns(self) -> Layout:
        """In a row."""
        return in_a_row(self.matrix.columns, _side(self.matrix))

    def prepared(self, words: Words, access: Access) -> Prepared:
        """The shortest words whose error, measured where there is data, is small enough."""
        if words.bits is not None:
            return self._at(words.bits, access)
        assert words.epsilon is not None
        measure = None if self.target is None else (lambda bits: self._error(bits, access))
        return self._at(fewest_bits(self.start(words.epsilon), self.least, words.epsilon, measure), access)

    def _error(self, bits: int, access: Access) -> float:
        error = self._at(bits, access).measured_error()
        assert error is not None
        return error

    def _at(self, bits: Scalar, access: Access) -> Prepared:
        key = (self.name, access.name, bits)
        if key not in self._prepared:
            error = self._errors.setdefault(bits, [])  # the words are the same however they are read
            can_tell = is_integer(bits) and bits <= MOST_MEASURED
            target = self.target if can_tell else None
            self._prepared[key] = Prepared(self.build(bits, access), key, target, _error=error)
        return self._prepared[key]


def _side(matrix: Matrix) -> Scalar:
    """Qubits of the system register, square also for a matrix that is not."""
    rows, columns = ceil_log2(matrix.rows), ceil_log2(matrix.columns)
    return rows if matrix.rows == matrix.columns else maximum(rows, columns)


def by_entries(matrix: Matrix, data: np.ndarray | None, tables: bool) -> list[EntryOffer]:
    """What its bounds allow for any real matrix; those with one list length or 1-norms for square ones."""
    facts = matrix.facts()
    if not facts.real:
        return []
    found = _rectangular(matrix, data, tables)
    if matrix.rows == matrix.columns:
        found += _sparse(matrix, data, tables)
        found += _row_weighted(matrix, data, tables)
        found += _sparse_row_weighted(matrix, data, tables)
    return found + _frobenius(matrix, data, tables)


def absent(matrix: Matrix) -> tuple[tuple[str, str], ...]:
    """The encodings by entries that a matrix does not allow, with the reason."""
    facts = matrix.facts()
    needs = (
        (sparse_access.NAME, (facts.row_sparsity, facts.max_entry), "the row sparsity and the largest entry"),
        (row_weighted.NAME, (facts.row_one_norm, facts.column_one_norm), "the largest 1-norm of a row"),
        (frobenius.NAME, (facts.frobenius,), "the Frobenius norm"),
    )
    return tuple((name, f"needs {what} of the Hessian") for name, found, what in needs if None in found)


def _known(*facts: Fact | None) -> list[Scalar] | None:
    """The values; None where one is unknown, or 0 (a matrix of zeros needs no encoding)."""
    values = [f.value for f in facts if f is not None]
    if len(values) < len(facts) or any(isinstance(v, int | float) and v == 0 for v in values):
        return None
    return values


def _sparse(matrix: Matrix, data: np.ndarray | None, tables: bool) -> list[EntryOffer]:
    facts = matrix.facts()
    known = _known(facts.row_sparsity, facts.column_sparsity, facts.max_entry)
    if known is None:
        return []
    rows, columns, top = known
    s = rows if rows == columns else max(rows, columns)

    def build(bits: Scalar, access: Access) -> Encoder:
        return SparseAccess(matrix.rows, s, top, bits, access, facts.hermitian, data, tables)

    def start(epsilon: float) -> int:
        return int(sparse_access.value_bits_for(s, top, epsilon))

    return [EntryOffer(sparse_access.NAME, s * top, matrix, build, start, 1, data)]


def _rectangular(matrix: Matrix, data: np.ndarray | None, tables: bool) -> list[EntryOffer]:
    """Where rows and columns differ, in number or in how many non-zeros they have at most."""
    facts = matrix.facts()
    known = _known(facts.row_sparsity, facts.column_sparsity, facts.max_entry)
    if known is None or not all(is_integer(v) for v in (matrix.rows, matrix.columns, *known[:2])):
        return []
    s_rows, s_columns, top = known
    if matrix.rows == matrix.columns and s_rows == s_columns:
        return []

    def build(bits: Scalar, access: Access) -> Encoder:
        shape = (matrix.rows, matrix.columns)
        return RectangularSparse(*shape, s_rows, s_columns, top, bits, access, data, tables)

    def start(epsilon: float) -> int:
        return int(sparse_rectangular.value_bits_for(s_rows, s_columns, top, epsilon))

    weight = lists(s_rows, s_columns).weight * top
    return [EntryOffer(sparse_rectangular.NAME, weight, matrix, build, start, 1, data)]


def by_factor(matrix: LowRank, target: np.ndarray | None, tables: bool) -> list[EntryOffer]:
    """A real symmetric low-rank matrix, by the states of its eigenvectors: the factor with the least α."""
    if np.iscomplexobj(matrix.factor) or np.iscomplexobj(matrix.weights):
        return []
    if not np.any(matrix.factor * matrix.weights):
        return []
    factor, weights = compressed(matrix.factor, matrix.weights)
    rows, rank = factor.shape
    total = weight_sum(factor, weights)

    def build(bits: Scalar, access: Access) -> Encoder:
        return LowRankStates(rows, rank, total, bits, access, factor, weights, tables)

    def start(epsilon: float) -> int:
        return int(low_rank.angle_bits_for(rows, rank, total, epsilon))

    return [EntryOffer(low_rank.NAME, total, matrix, build, start, 2, target)]


def _row_weighted(matrix: Matrix, data: np.ndarray | None, tables: bool) -> list[EntryOffer]:
    facts = matrix.facts()
    known = _known(facts.row_one_norm, facts.column_one_norm)
    if known is None:
        return []
    rows, columns = known

    def build(bits: Scalar, access: Access) -> Encoder:
        return RowWeighted(matrix.rows, rows, columns, bits, access, data, tables)

    def start(epsilon: float) -> int:
        return int(row_weighted.angle_bits_for(matrix.rows, rows, columns, epsilon))

    return [EntryOffer(row_weighted.NAME, sqrt(rows * columns), matrix, build, start, 2, data)]


def _sparse_row_weighted(matrix: Matrix, data: np.ndarray | None, tables: bool) -> list[EntryOffer]:
    """Where rows are not full: over all n places it is the row-weighted one with a detour."""
    facts = matrix.facts()
    known = _known(facts.row_sparsity, facts.column_sparsity, facts.row_one_norm, facts.column_one_norm)
    if known is None:
        return []
    row_sparsity, column_sparsity, rows, columns = known
    s = row_sparsity if row_sparsity == column_sparsity else maximum(row_sparsity, column_sparsity)
    if is_integer(s) and is_integer(matrix.rows) and s >= matrix.rows:
        return []

    def build(bits: Scalar, access: Access) -> Encoder:
        return SparseRowWeighted(matrix.rows, s, rows, columns, bits, access, data, tables)

    def start(epsilon: float) -> int:
        return int(sparse_row_weighted.angle_bits_for(s, rows, columns, epsilon))

    return [EntryOffer(sparse_row_weighted.NAME, sqrt(rows * columns), matrix, build, start, 2, data)]


def _frobenius(matrix: Matrix, data: np.ndarray | None, tables: bool) -> list[EntryOffer]:
    known = _known(matrix.facts().frobenius)
    if known is None or (data is not None and data.shape == (1, 1)):
        return []
    (norm,) = known
    if data is not None:
        norm = float(np.linalg.norm(data))
    side = matrix.rows if matrix.rows == matrix.columns else max(matrix.rows, matrix.columns)

    def build(bits: Scalar, access: Access) -> Encoder:
        return Frobenius(matrix.rows, matrix.columns, norm, bits, access, data, tables)

    def start(epsilon: float) -> int:
        return int(frobenius.angle_bits_for(side, norm, epsilon))

    return [EntryOffer(frobenius.NAME, norm, matrix, build, start, 2, data)]


def by_diagonal(matrix: Matrix, values: np.ndarray | None, tables: bool) -> list[EntryOffer]:
    """A real diagonal matrix, by a table of its entries."""
    facts = matrix.facts()
    known = _known(facts.max_entry)
    if known is None or not facts.real:
        return []
    (top,) = known

    def build(bits: Scalar, access: Access) -> Encoder:
        return DiagonalTable(matrix.rows, top, bits, access, values, tables)

    def start(epsilon: float) -> int:
        return int(sparse_access.value_bits_for(1, top, epsilon))

    target = None if values is None else np.diag(values)
    return [EntryOffer(diagonal.NAME, top, matrix, build, start, 1, target)]


@dataclass(frozen=True, eq=False)
class ExactOffer:
    """An encoding without words, ε = 0: the same for all lengths and access models."""

    name: str
    weight: Scalar
    size: Scalar
    encoder: Encoder

    @property
    def rows(self) -> Layout:
        """In a row."""
        return in_a_row(self.size)

    @property
    def columns(self) -> Layout:
        """In a row."""
        return in_a_row(self.size)

    def prepared(self, words: Words, access: Access) -> Prepared:
        """The encoder as it is."""
        return Prepared(self.encoder, (self.name,))


def by_bands(matrix: Banded) -> list[ExactOffer]:
    """Constant diagonals by arithmetic: where there are real bands beside the diagonal, and more than one row."""
    real = not any(isinstance(v, complex) for v in matrix.values)
    several = matrix.rows > 1 if is_integer(matrix.rows) else True
    if not (real and several and set(matrix.offsets) - {0}):
        return []
    encoder = BandedArithmetic(matrix.rows, matrix.offsets, matrix.values, matrix.periodic)
    return [ExactOffer(banded.NAME, sum(abs(v) for v in matrix.values), matrix.rows, encoder)]


def by_ramp(values: np.ndarray | None) -> list[ExactOffer]:
    """Where a real diagonal of two entries or more is an arithmetic progression, to the rounding of float64."""
    if values is None or len(values) < 2:
        return []
    first, step = float(values[0]), float(values[-1] - values[0]) / (len(values) - 1)
    exact = first + step * np.arange(len(values))
    if step == 0 or np.abs(exact - values).max() > 4 * np.finfo(float).eps * np.abs(values).max():
        return []
    encoder = DiagonalRamp(len(values), first, step)
    return [ExactOffer(diagonal_ramp.NAME, encoder.encode(False).alpha, len(values), encoder)]


def identity(size: Scalar) -> ExactOffer:
    """The identity: α = 1."""
    return ExactOffer("identity", 1, size, IdentityEncoder(size, ceil_log2(size)))
