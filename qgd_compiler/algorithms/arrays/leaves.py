"""Encodings by bounds on the entries, for arrays of matrices: sizes, bounds and word lengths may all differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import cast, final

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms import frobenius, row_weighted, sparse_access, sparse_row_weighted
from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.arrays.slots import OF_ENCODING, cost_slots
from qgd_compiler.algorithms.encoders import Frobenius, RowWeighted, SparseAccess, SparseRowWeighted
from qgd_compiler.algorithms.encoding import Encoder
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.gathered import price_of_counts
from qgd_compiler.costing.kept import Kept
from qgd_compiler.scalars import Scalar, maximum
from qgd_compiler.traced import Tape

Array = NDArray[np.float64]
Index = NDArray[np.int64]

BOUNDS = ("rows", "sparsity", "max_entry", "row_one_norm", "column_one_norm", "frobenius")
OF_LEAF = OF_ENCODING[1:]  # all but whether there is one
Formula = Callable[..., tuple[Scalar, ...]]

NAMES = (sparse_access.NAME, row_weighted.NAME, sparse_row_weighted.NAME, frobenius.NAME)


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
    """The least value of each number among all places that have the number; both broadcast."""
    least = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(least, np.broadcast_to(which, values.shape), values)
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

    def encodings(
        self, which: Index, epsilon: Scalar, names: Sequence[str], *, controlled: bool = True
    ) -> dict[str, Scalar]:
        """The encodings as `names` of `OF_ENCODING`; each word of each matrix is counted once."""
        there = epsilon > 0
        words = np.asarray(self.words(which, np.where(there, epsilon, 1.0))).astype(np.int64)
        if self.coarse:
            words = least_of_each(which, words, len(self.matrices.rows))
        title = self.name if controlled else f"{self.name} without control"
        kept = self.matrices.kept.setdefault((title, self.access), Kept())
        made = partial(self._made, controlled=controlled)
        slots = kept.at(which, words, names, made, beside=not self.coarse)
        if self.coarse and self.name == sparse_access.NAME:
            # with unlimited words
            slots["alpha"] = self.matrices.sparsity[which] * self.matrices.max_entry[which]
        return {"there": there, **slots}

    def _made(self, which: Index, words: Index, *, controlled: bool) -> dict[str, Scalar]:
        m = self.matrices
        given = [getattr(m, name)[which] for name in BOUNDS]
        made = encoding_formula(
            self.name,
            cast(Hashable, self.access),
            levels_of(self._deepest(given[0], given[1])),
            controlled=controlled,
        )
        with np.errstate(all="ignore"):
            return dict(zip(OF_LEAF, made(*given, words.astype(float), {}), strict=True))

    def _deepest(self, rows: Array, sparsity: Array) -> float:
        """The most entries that a tree of this encoding prepares."""
        if self.name == sparse_access.NAME:
            return 1.0
        return 2 * float((sparsity if self.name == sparse_row_weighted.NAME else rows).max())


def levels_of(entries: float) -> int:
    """Levels of a tree of so many entries; a few more, so that there are few different formulas."""
    return 8 * math.ceil((math.log2(entries) + 1) / 8)


@lru_cache(maxsize=256)
def encoding_formula(name: str, access: Access, levels: int, *, controlled: bool = True) -> Formula:
    """`OF_LEAF` of `BOUNDS` and words, in trees of at most so many levels: the lowering of a single one, traced."""
    tape = Tape(levels=levels)
    bounds = {bound: tape.input(bound) for bound in BOUNDS}
    words = tape.input("words")
    made = encoder(name, access, bounds, words).encode(controlled)
    folder = Folder(price_of_counts, shared=False, by_component=False)
    sizes = {size: getattr(made, size) for size in ("alpha", "epsilon", "system", "ancilla", "gradient")}
    slots = {**sizes, **cost_slots(folder.cost(made.routine), folder.cost(made.routine, True))}
    return tape.function((*BOUNDS, "words"), [slots[slot] for slot in OF_LEAF])


def encoder(name: str, access: Access, bounds: Mapping[str, Scalar], bits: Scalar) -> Encoder:
    """What makes the encodings, from `BOUNDS` and the lengths of words."""
    rows, sparsity = bounds["rows"], bounds["sparsity"]
    if name == sparse_access.NAME:
        return SparseAccess(rows, sparsity, bounds["max_entry"], bits, access)
    if name == frobenius.NAME:
        return Frobenius(rows, rows, bounds["frobenius"], bits, access)
    norms = (bounds["row_one_norm"], bounds["column_one_norm"])
    if name == row_weighted.NAME:
        return RowWeighted(rows, *norms, bits, access)
    return SparseRowWeighted(rows, sparsity, *norms, bits, access)
