r"""Sparse access to a matrix of any shape, rows and columns with lists of their own length: α ≈ √(s_r·s_c)·max|A|.

As `sparse_access`: the word (i, l', v, sign) at column place (j, l) sends it to row place (i, l') and the word there
is (j, l, v, sign). The superpositions are over d·2^p places before and over d·2^q after, of which one of p, q is 0:
then the part over d places is undone by its own inverse, also where a control is off, and only p + q qubits are
turned under the control. `lists` picks them; α = d·2^((p+q)/2)·max|A| is at most √2·√(s_r·s_c)·max|A|.

There are C·d·2^p column places but R·d·2^q row places; empty ones are paired up while both last. Of the rest, which
only one side has, a bit of the word says that it leads nowhere: then its place goes into the ancilla, and the bit too,
which is thus not |0>. So both tables have only the places of their own side.

Source: Gilyén et al., arXiv:1806.01838, lemma 48 (√(s_r·s_c)); the words with their reverse place, the bit of those
without one, and the common part of the lists are ours (docs/decisions/0005).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.access import Access, clear, load_clean
from qgd_compiler.algorithms.composites.marks import where_all
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.fixed_point import rounded
from qgd_compiler.algorithms.sparse_words import left_over, lists, words_of
from qgd_compiler.algorithms.uniform import uniform_superposition
from qgd_compiler.kinds import Kind
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.primitives import ControlledSwap, Gate, GreaterEqual, Rotation
from qgd_compiler.scalars import Scalar, ceil_log2, is_integer, maximum, power

NAME = "sparse access, any shape"


@dataclass(frozen=True, eq=False)
class RectangularSparse:
    """Sparse access to a real matrix of `rows` x `columns`, padded to a square system register.

    row_sparsity, column_sparsity   most non-zeros of a row, of a column
    data    None makes a count only
    """

    rows: Scalar
    columns: Scalar
    row_sparsity: Scalar
    column_sparsity: Scalar
    max_entry: Scalar
    bits: Scalar
    access: Access
    data: np.ndarray | None = None
    tables: bool = True

    def encode(self, controlled: bool) -> Encoding:
        """Where the control is off no word is read. ValueError for data above the declared bounds.

        With symbolic sizes both sides are taken to have places left over, which is a bound.
        """
        chosen = lists(self.row_sparsity, self.column_sparsity)
        words = None
        if self.data is not None and self.tables:
            if self.data.shape != (self.rows, self.columns):
                raise ValueError(
                    f"the data have the shape {self.data.shape}, not {(self.rows, self.columns)}"
                )
            words = words_of(self.data, chosen, float(self.max_entry), int(self.bits))
        b = self.bits
        side = maximum(ceil_log2(self.rows), ceil_log2(self.columns))
        d_bits, turned = ceil_log2(chosen.common), chosen.row_bits + chosen.column_bits
        p_bits = d_bits + turned
        lost_column, lost_row = left_over(self.rows, self.columns, chosen)
        builder = Builder(f"{NAME} ({self.access.name})", "hessian")
        control = builder.register("control", 1) if controlled else None
        system = builder.register("system", side)
        moved = (side + p_bits) * max(lost_column, lost_row)
        ancilla = builder.register("ancilla", p_bits + b + 1 + moved + lost_column + lost_row)
        builder.register("gradient", 0)
        place, uniform, flag = ancilla.part(0, p_bits), ancilla.part(p_bits, b), ancilla.part(p_bits + b, 1)
        common, extra = place.part(0, d_bits), place.part(d_bits, turned)
        away = ancilla.part(p_bits + b + 1, moved)
        flags = (
            ancilla.part(p_bits + b + 1 + moved, lost_column),
            ancilla.part(p_bits + b + 1 + moved + lost_column, lost_row),
        )
        word = builder.allocate("word", side + p_bits + b + 1)
        column_lost = builder.allocate("no row place", lost_column)
        row_lost = builder.allocate("no column place", lost_row)
        partner, value = word.part(0, side + p_bits), word.part(side + p_bits, b)
        by_column = (self.columns, _low(system, self.columns)), _places(chosen.columns, place, common)
        by_row = (self.rows, _low(system, self.rows)), _places(chosen.rows, place, common)

        spread = uniform_superposition(chosen.common)
        builder.call(spread, common)
        builder.call(Gate(kind="H", bits=b), uniform)
        if chosen.column_bits:
            _turn(builder, control, extra, adjoint=False)
        if lost_row:
            _swap(builder, control, row_lost, flags[1])
        with _unless(builder, control, row_lost) as on:
            table = words.columns if words else None
            load_clean(builder, self.access, by_column, _join(word, column_lost), table=table, control=on)
        if lost_row:
            _swap(builder, row_lost, partner, away)
        here = system + place
        if control is None:
            builder.call(GreaterEqual(bits=b), uniform, value, flag)
        else:
            builder.call(GreaterEqual(bits=b, controlled=True), control, uniform, value, flag)
        _swap(builder, control, here, partner)
        if lost_column:
            _swap(builder, column_lost, partner, away)
        builder.call(Gate(kind="Z"), word.part(side + p_bits + b, 1))
        with _unless(builder, control, column_lost) as on:
            table = words.rows if words else None
            clear(builder, self.access, by_row, _join(word, row_lost), table=table, control=on)
        if lost_column:
            _swap(builder, control, column_lost, flags[0])
        builder.release(word, column_lost, row_lost)
        if chosen.row_bits:
            _turn(builder, control, extra, adjoint=True)
        builder.call(Gate(kind="H", bits=b), uniform)
        builder.call(spread, common, adjoint=True)
        return Encoding(
            name=NAME,
            access=self.access.name,
            routine=builder.routine(),
            alpha=alpha(self.row_sparsity, self.column_sparsity, self.max_entry, b),
            epsilon=epsilon_bound(self.row_sparsity, self.column_sparsity, self.max_entry, b),
            kind=Kind.BOUND,
            system=side,
            ancilla=ancilla.size,
            gradient=0,
            controlled=controlled,
            word_bits=b,
        )

    def realised(self) -> np.ndarray | None:
        """The rounded matrix."""
        if self.data is None:
            return None
        return rounded(self.data, float(self.max_entry), int(self.bits))


def alpha(row_sparsity: Scalar, column_sparsity: Scalar, max_entry: Scalar, value_bits: Scalar) -> Scalar:
    """Subnormalisation d·2^((p+q)/2)·max|A|·2^b/(2^b − 1) (exact)."""
    full = power(2, value_bits)
    return lists(row_sparsity, column_sparsity).weight * max_entry * full / (full - 1)


def epsilon_bound(
    row_sparsity: Scalar, column_sparsity: Scalar, max_entry: Scalar, value_bits: Scalar
) -> Scalar:
    """Spectral error of rounding the entries to steps of max|A|/(2^b − 1): at most √(s_r·s_c) halves (bound)."""
    weight = lists(row_sparsity, column_sparsity).weight  # not below √(s_r·s_c)
    return weight * max_entry / (2 * (power(2, value_bits) - 1))


def value_bits_for(
    row_sparsity: Scalar, column_sparsity: Scalar, max_entry: Scalar, epsilon: Scalar
) -> Scalar:
    """The smallest b with `epsilon_bound` at most `epsilon`."""
    weight = lists(row_sparsity, column_sparsity).weight
    return maximum(ceil_log2(weight * max_entry / (2 * epsilon) + 1), 1)


def _places(count: Scalar, place: Handle, common: Handle) -> tuple[Scalar, Handle]:
    """The axis of a list: the whole place register for the longer one, its common part for the other."""
    return count, place if _same(ceil_log2(count), place.size) else common


def _same(a: Scalar, b: Scalar) -> bool:
    return bool(a == b)


def _low(handle: Handle, count: Scalar) -> Handle:
    """The low qubits that count to `count`."""
    size = ceil_log2(count)
    return handle.part(handle.size - size, size)


def _turn(builder: Builder, control: Handle | None, extra: Handle, *, adjoint: bool) -> None:
    """|0…0> to the uniform superposition, where the control is 1."""
    if control is None:
        builder.call(Gate(kind="H", bits=extra.size), extra)
        return
    turn = Rotation(axis="Y", angle=math.pi / 2, controlled=True)
    for i in range(int(extra.size)):
        builder.call(turn, control, extra.part(i, 1), adjoint=adjoint)


def _swap(builder: Builder, control: Handle | None, a: Handle, b: Handle) -> None:
    if control is None:
        builder.call(Gate(kind="SWAP", bits=a.size), a, b)
    else:
        builder.call(ControlledSwap(bits=a.size), control, a, b)


def _join(word: Handle, bit: Handle) -> Handle:
    """The word and, where there is one, the bit that says that it leads nowhere."""
    return word if is_integer(bit.size) and bit.size == 0 else word + bit


@contextmanager
def _unless(builder: Builder, control: Handle | None, lost: Handle) -> Iterator[Handle | None]:
    """A control that is 1 where `control` is and `lost` is not; None where there is neither."""
    marks = [] if control is None else [(control, 1)]
    marks += [(lost, 0)] if lost.size else []
    if not marks:
        yield None
        return
    with where_all(builder, marks) as on:
        yield on
