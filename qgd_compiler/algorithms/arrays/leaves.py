"""Encodings by bounds on the entries, for arrays of matrices: sizes, bounds and word lengths may all differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms import frobenius, row_weighted, sparse_access, sparse_row_weighted
from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.encoders import Frobenius, RowWeighted, SparseAccess, SparseRowWeighted
from qgd_compiler.algorithms.encoding import Encoder, Encoding
from qgd_compiler.costing.fold import Folded, Folder
from qgd_compiler.costing.gathered import price_of_counts
from qgd_compiler.costing.kept import WIDTH, Kept, cost_of, flat
from qgd_compiler.kinds import Kind
from qgd_compiler.program.ir import Register
from qgd_compiler.scalars import Scalar, maximum

Array = NDArray[np.float64]
Index = NDArray[np.int64]

NAMES = (sparse_access.NAME, row_weighted.NAME, sparse_row_weighted.NAME, frobenius.NAME)
MOST_BITS = 2048  # of a word


@dataclass(frozen=True)
class Matrices:
    """Square matrices by number: rows, and what bounds their entries (NaN where it is not known).

    kept   what was counted for them
    """

    rows: Array
    sparsity: Array
    max_entry: Array
    row_one_norm: Array
    column_one_norm: Array
    frobenius: Array
    kept: dict[tuple[str, Access], Kept] = field(default_factory=dict, compare=False, repr=False)


def least_of_each(which: Index, values: Index, count: int) -> Index:
    """The least value of each number among all places that have the number."""
    least = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(least, which, values)
    return least[which]


@final
@dataclass(frozen=True)
class Leaf:
    """One encoding with one access model of many matrices.

    coarse   for lower bounds: of each matrix the shortest of all words that are asked for at once
    """

    name: str
    access: Access
    matrices: Matrices
    coarse: bool = False

    def bits(self, which: Index, epsilon: Scalar) -> Scalar:
        """The shortest words for an error, as an offer without data takes them."""
        m = self.matrices
        if self.name == sparse_access.NAME:
            return sparse_access.value_bits_for(m.sparsity[which], m.max_entry[which], epsilon)
        if self.name == frobenius.NAME:
            return frobenius.angle_bits_for(m.rows[which], m.frobenius[which], epsilon)
        norms = (m.row_one_norm[which], m.column_one_norm[which])
        if self.name == row_weighted.NAME:
            return row_weighted.angle_bits_for(m.rows[which], *norms, epsilon)
        return sparse_row_weighted.angle_bits_for(m.sparsity[which], *norms, epsilon)

    def words(self, which: Index, epsilon: Scalar) -> Scalar:
        """`bits`, and at least as many as circuits have."""
        return maximum(self.bits(which, epsilon), 1 if self.name == sparse_access.NAME else 2)

    def controlled(self, which: Index, epsilon: Scalar) -> Encoding:
        """The encodings under a control, each different word of each different matrix counted once."""
        bits = np.asarray(self.words(which, epsilon))
        words = bits.astype(np.int64)
        if self.coarse:
            words = least_of_each(which, words, len(self.matrices.rows))
        kept = self.matrices.kept.setdefault((self.name, self.access), Kept())
        alpha, epsilon_there, system, ancilla, gradient, *costs = kept.at(
            which * MOST_BITS + words, self._made
        )
        if self.coarse and self.name == sparse_access.NAME:
            alpha = self.matrices.sparsity[which] * self.matrices.max_entry[which]  # with unlimited words
        signature = (
            Register(name="control", size=1),
            Register(name="system", size=system),
            Register(name="ancilla", size=ancilla),
            Register(name="gradient", size=gradient),
        )
        routine = Folded(
            title=self.name,
            signature=signature,
            forward=cost_of(costs[:WIDTH]),
            backward=cost_of(costs[WIDTH:]),
        )
        return Encoding(
            name=self.name,
            access=self.access.name,
            routine=routine,  # type: ignore[arg-type]
            alpha=alpha,
            epsilon=epsilon_there,
            kind=Kind.BOUND,
            system=system,
            ancilla=ancilla,
            gradient=gradient,
            controlled=True,
            word_bits=None,
        )

    def _made(self, keys: Index) -> list[Scalar]:
        """What is kept of encodings: α, ε, sizes, costs forwards and backwards."""
        made = self.encoder(keys // MOST_BITS, (keys % MOST_BITS).astype(float)).encode(True)
        folder = Folder(price_of_counts, by_digest=False)
        sizes = (made.alpha, made.epsilon, made.system, made.ancilla, made.gradient)
        return [*sizes, *flat(folder.cost(made.routine)), *flat(folder.cost(made.routine, True))]

    def encoder(self, which: Index, bits: Array) -> Encoder:
        """What makes the encodings, with words of these lengths."""
        m, access = self.matrices, self.access
        rows = m.rows[which]
        if self.name == sparse_access.NAME:
            return SparseAccess(rows, m.sparsity[which], m.max_entry[which], bits, access)
        if self.name == frobenius.NAME:
            return Frobenius(rows, rows, m.frobenius[which], bits, access)
        norms = (m.row_one_norm[which], m.column_one_norm[which])
        if self.name == row_weighted.NAME:
            return RowWeighted(rows, *norms, bits, access)
        return SparseRowWeighted(rows, m.sparsity[which], *norms, bits, access)
