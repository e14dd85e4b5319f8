r"""Sparse-access block-encoding of explicit data, α = s·max|A_ij|.

Each column j lists its non-zeros l = 0 … s−1 as words (i, l', v, sign): the row i, the place l' of the same
entry in the list of row i, and |A_ij| in b bits. The circuit

    uniform superposition over l;  word ← columns(j, l);  flag ← [u >= v] for u uniform over 2^b;  phase by sign;
    exchange (j, l) with (i, l');  clear the word through the table of the rows;  undo the superpositions

has the corner A_ij/(s·max): the inequality test returns amplitude v/2^b with b Toffolis and no rotation.
After the exchange the word holds (j, l, v, sign), which is just what the table of rows has at (i, l').
Empty places are paired up with v = 0, so the exchange carries places of columns to places of rows and no others.

Source: sparse access as Gilyén et al., arXiv:1806.01838, lemma 48; the inequality test as Sanders, Low, Scherer,
Berry, arXiv:1807.03206; the word with its reverse place, and so the clearing, is ours (docs/decisions).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.access import Access, clear, load_clean
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.fixed_point import magnitudes, rounded
from qgd_compiler.algorithms.places import matched_places
from qgd_compiler.algorithms.uniform import uniform_superposition
from qgd_compiler.kinds import Kind
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import ControlledSwap, Gate, GreaterEqual
from qgd_compiler.scalars import Scalar, ceil_log2, maximum, power

NAME = "sparse access"


@dataclass(frozen=True)
class SparseTables:
    """The words of both tables, row-major over (row, place), and the block that they encode (units of A)."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    realised: np.ndarray


def alpha(sparsity: Scalar, max_entry: Scalar, value_bits: Scalar) -> Scalar:
    """Subnormalisation s·max|A|·2^b/(2^b − 1): the largest entry is stored as 2^b − 1 (exact)."""
    full = power(2, value_bits)
    return sparsity * max_entry * full / (full - 1)


def epsilon_bound(sparsity: Scalar, max_entry: Scalar, value_bits: Scalar) -> Scalar:
    """Spectral error of rounding s entries per row and column to steps of max|A|/(2^b − 1) (bound)."""
    return sparsity * max_entry / (2 * (power(2, value_bits) - 1))


def value_bits_for(sparsity: Scalar, max_entry: Scalar, epsilon: Scalar) -> Scalar:
    """The smallest b with `epsilon_bound` at most `epsilon`."""
    return maximum(ceil_log2(sparsity * max_entry / (2 * epsilon) + 1), 1)


def sparse_access(
    rows: Scalar,
    sparsity: Scalar,
    max_entry: Scalar,
    value_bits: Scalar,
    access: Access,
    *,
    controlled: bool = False,
    symmetric: bool = True,
    tables: SparseTables | None = None,
    epsilon: Scalar | None = None,
) -> Encoding:
    """The encoding of a square matrix with at most `sparsity` non-zeros per row and column.

    Where the control is off no word is read, and so none must be cleared.
    `epsilon`: the error measured on the data (kind exact); without it the rounding bound is used.
    """
    routine = _routine(rows, sparsity, value_bits, access, controlled, symmetric, tables)
    return Encoding(
        name=NAME,
        access=access.name,
        routine=routine,
        alpha=alpha(sparsity, max_entry, value_bits),
        epsilon=epsilon_bound(sparsity, max_entry, value_bits) if epsilon is None else epsilon,
        kind=Kind.BOUND if epsilon is None else Kind.EXACT,
        system=ceil_log2(rows),
        ancilla=routine.register("ancilla").size,
        gradient=0,
        controlled=controlled,
        word_bits=value_bits,
    )


def _routine(
    rows: Scalar,
    sparsity: Scalar,
    b: Scalar,
    access: Access,
    controlled: bool,
    symmetric: bool,
    tables: SparseTables | None,
) -> Routine:
    n_bits, s_bits = ceil_log2(rows), ceil_log2(sparsity)
    builder = Builder(f"sparse access ({access.name})", "hessian")
    control = builder.register("control", 1) if controlled else None
    system = builder.register("system", n_bits)
    ancilla = builder.register("ancilla", s_bits + b + 1)
    builder.register("gradient", 0)
    place = ancilla.part(0, s_bits)
    uniform = ancilla.part(s_bits, b)
    flag = ancilla.part(s_bits + b, 1)
    word = builder.allocate("word", n_bits + s_bits + b + 1)
    partner, value, sign = (
        word.part(0, n_bits + s_bits),
        word.part(n_bits + s_bits, b),
        word.part(n_bits + s_bits + b, 1),
    )

    places = uniform_superposition(sparsity)
    builder.call(places, place)
    builder.call(Gate(kind="H", bits=b), uniform)
    address: tuple[tuple[Scalar, Handle], ...] = ((rows, system), (sparsity, place))
    load_clean(builder, access, address, word, table=tables.columns if tables else None, control=control)
    here = system + place
    if control is None:
        builder.call(GreaterEqual(bits=b), uniform, value, flag)
        builder.call(Gate(kind="SWAP", bits=n_bits + s_bits), here, partner)
    else:
        builder.call(GreaterEqual(bits=b, controlled=True), control, uniform, value, flag)
        builder.call(ControlledSwap(bits=n_bits + s_bits), control, here, partner)
    builder.call(Gate(kind="Z"), sign)
    clear(builder, access, address, word, table=tables.rows if tables else None, control=control)
    builder.release(word)
    builder.call(Gate(kind="H", bits=b), uniform)
    builder.call(places, place, adjoint=True)
    return builder.routine()


def sparse_tables(matrix: np.ndarray, sparsity: int, max_entry: float, value_bits: int) -> SparseTables:
    """The tables of a small real square matrix (dense array), at most `sparsity` non-zeros per row and column.

    For a symmetric matrix the pairing of places is an involution and the two tables are equal. ValueError for
    an entry above `max_entry`.
    """
    n = matrix.shape[0]
    n_bits, s_bits = ceil_log2(n), ceil_log2(sparsity)
    entries, empty = matched_places(matrix, sparsity)
    words = magnitudes(matrix, max_entry, value_bits)
    values = rounded(matrix, max_entry, value_bits)
    rows = [0] * (n * sparsity)
    columns = [0] * (n * sparsity)
    realised = np.zeros_like(matrix, dtype=float)
    for (i, place), (j, partner) in (*entries, *empty):
        tail = 0
        if ((i, place), (j, partner)) in entries:
            tail = (int(words[i, j]) << 1) | int(matrix[i, j] < 0)
            realised[i, j] = values[i, j]
        rows[i * sparsity + place] = (((j << s_bits) | partner) << (value_bits + 1)) | tail
        columns[j * sparsity + partner] = (((i << s_bits) | place) << (value_bits + 1)) | tail
    assert n_bits + s_bits + value_bits + 1 >= max(v.bit_length() for v in (*rows, *columns))
    return SparseTables(tuple(rows), tuple(columns), realised)
