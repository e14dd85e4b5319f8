"""Encodings by bounds on the entries, for arrays of matrices: sizes, bounds and word lengths may all differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms import frobenius, row_weighted, sparse_access, sparse_row_weighted
from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.encoders import Frobenius, RowWeighted, SparseAccess, SparseRowWeighted
from qgd_compiler.algorithms.encoding import Encoder, Encoding
from qgd_compiler.costing.fold import Folded, Folder
from qgd_compiler.costing.gathered import at, price_of_totals, taken
from qgd_compiler.program.ir import Register
from qgd_compiler.scalars import Scalar, maximum

Array = NDArray[np.float64]
Index = NDArray[np.int64]

NAMES = (sparse_access.NAME, row_weighted.NAME, sparse_row_weighted.NAME, frobenius.NAME)
MOST_BITS = 2048  # of a word


@dataclass(frozen=True)
class Matrices:
    """Square matrices by number: rows, and what bounds their entries (NaN where it is not known)."""

    rows: Array
    sparsity: Array
    max_entry: Array
    row_one_norm: Array
    column_one_norm: Array
    frobenius: Array


@final
@dataclass(frozen=True)
class Leaf:
    """One encoding with one access model of many matrices."""

    name: str
    access: Access
    matrices: Matrices

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

    def controlled(self, which: Index, epsilon: Scalar) -> Encoding:
        """The encodings under a control, each different word of each different matrix counted once."""
        bits = np.asarray(maximum(self.bits(which, epsilon), 1 if self.name == sparse_access.NAME else 2))
        keys, index = np.unique(which * MOST_BITS + bits.astype(np.int64), return_inverse=True)
        made = self._encoder(keys // MOST_BITS, (keys % MOST_BITS).astype(float)).encode(True)
        folder = Folder(price_of_totals, by_digest=False)
        sizes = {n: at(getattr(made, n), index) for n in ("system", "ancilla", "gradient")}
        signature = (
            Register(name="control", size=1),
            *(Register(name=name, size=size) for name, size in sizes.items()),
        )
        routine = Folded(
            title=self.name,
            signature=signature,
            forward=taken(folder.cost(made.routine), index),
            backward=taken(folder.cost(made.routine, True), index),
        )
        return replace(
            made,
            routine=routine,  # type: ignore[arg-type]
            alpha=at(made.alpha, index),
            epsilon=at(made.epsilon, index),
            word_bits=None,
            **sizes,
        )

    def _encoder(self, which: Index, bits: Array) -> Encoder:
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
