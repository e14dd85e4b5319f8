"""Runs of which only bounds are known, many at once, as arrays ask for them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import cast, final

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import Access, IdealQram
from qgd_compiler.algorithms.amplitude_tree import amplitude_tree, angle_bits_for, error_bound
from qgd_compiler.algorithms.arrays.distinct import distinct, distinct_rows
from qgd_compiler.algorithms.arrays.form import Subject
from qgd_compiler.algorithms.arrays.leaves import Formula, Leaf, least_of_each, levels_of
from qgd_compiler.algorithms.arrays.pricing import Array, Index, of_sums
from qgd_compiler.algorithms.arrays.slots import BOTH_WAYS, cost_slots
from qgd_compiler.algorithms.paddings import tried
from qgd_compiler.algorithms.problem import HistorySums
from qgd_compiler.algorithms.scattered_state import scattered_state
from qgd_compiler.algorithms.systems.linear import BEYOND
from qgd_compiler.analysis.inverse_norm import history_inverse_norm
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.gathered import gathered, price_of_counts
from qgd_compiler.costing.kept import Kept
from qgd_compiler.costing.prices import price_of
from qgd_compiler.kinds import Source
from qgd_compiler.scalars import Scalar, ceil_log2, maximum, power
from qgd_compiler.traced import Tape

FAR = 4  # T
MOST_KEYS = 2**62  # that a run and a padding are told apart by


@dataclass(frozen=True)
class DeclaredRuns:
    """Quadratic runs from u_0 = 0 at one rate each, by number: arrays of one length.

    matrix      number of its matrix; `growth` m; `rate` η; `steps` T
    epsilon     of the normalised output
    kept        ‖u_T‖²/Σ‖u_t‖², at least
    nonzeros    entries of the gradient that are not zero, at most
    low, high   ends of the spectrum
    off         distance of u_T from the stationary point, as directions; NaN where it is not known
    """

    matrix: Index
    growth: Array
    rate: Array
    steps: Array
    epsilon: Array
    kept: Array
    nonzeros: Array
    low: Array
    high: Array
    off: Array

    @cached_property
    def alike(self) -> tuple[Index, Index]:
        """Runs of one growth and length have the same inverse norms: one of each, and which of these every run is."""
        return distinct_rows(self.growth, self.steps)

    @property
    def reach(self) -> Array:
        """The paddings from which on more makes the last iterate at most twice as likely."""
        return np.asarray(1 / self.kept)

    @property
    def far(self) -> NDArray[np.bool_]:
        """Runs whose best padding may be many T, and depends on how much they have grown by then."""
        return np.asarray((self.growth > 1) & (self.reach > FAR * self.steps))

    @cached_property
    def paddings(self) -> tuple[Array, Array]:
        """Paddings of the histories that are tried first, shape (runs, tries), and ‖L⁻¹‖ at them."""
        rows = tried(self.steps, self.reach)
        return rows, self.norms(np.arange(len(rows))[:, None], rows)

    def norms(self, line: Index, padding: Array) -> Array:
        """‖L⁻¹‖ of histories, infinite beyond all use; the arguments broadcast."""
        first, number = self.alike
        width = int(padding.max(initial=0)) + 1
        if len(first) * width < MOST_KEYS:
            different, index = distinct(number[line] * width + padding.astype(np.int64))
            run, different = first[different // width], different % width
        else:
            runs, paddings = np.broadcast_arrays(number[line], padding)
            one, index = distinct_rows(runs.ravel(), paddings.ravel())
            run, different = first[runs.ravel()[one]], paddings.ravel()[one]
            index = index.reshape(runs.shape)
        norm = np.asarray(history_inverse_norm(self.growth[run], self.steps[run], different))
        return np.asarray(np.where(norm < BEYOND, norm, np.inf)[index])


@final
@dataclass(frozen=True)
class DeclaredLines:
    """One encoding with one access model for all of them, or for their `stationary` points; `line` numbers them."""

    declared: DeclaredRuns
    leaf: Leaf
    stationary: bool = False
    normed: bool = False
    marks: tuple[tuple[int, int], ...] = ()
    layers: bool = False

    @property
    def subject(self) -> Subject:
        """As `Form` says."""
        return "point" if self.stationary else "history"

    @property
    def in_t(self) -> bool:
        """As `Form` says."""
        return isinstance(self.leaf.access, IdealQram)

    def given(self, line: Index) -> dict[str, Scalar]:
        """As `Lines` says."""
        runs = self.declared
        if self.stationary:
            low, high = runs.low[line], runs.high[line]
            left = runs.epsilon[line] - runs.off[line]
            return {"left": left, "lowest": low, "solution_low": 1 / high, "solution_high": 1 / low}
        kept = runs.kept[line]
        sums = HistorySums((kept, kept), (kept, kept), (1.0, 1.0), None, Source.BOUND)  # type: ignore[arg-type]
        run = {"rate": runs.rate[line], "iterations": runs.steps[line], "left": runs.epsilon[line]}
        return {**run, **of_sums(sums)}

    def norms(self, line: Index, padding: Array) -> Array:
        """As `Lines` says."""
        if self.stationary:
            return np.zeros(padding.shape)
        return self.declared.norms(line, padding)

    def encodings(self, line: Index, epsilon: Array, names: Sequence[str]) -> dict[str, Scalar]:
        """As `Lines` says."""
        return self.leaf.encodings(self.declared.matrix[line], epsilon, names)

    def states(self, line: Index, epsilon: Array, names: Sequence[str]) -> dict[str, Scalar]:
        """As `Lines` says: the dense tree, or where the gradient has few entries the cheaper of the two."""
        return vector_states(self.declared, self.leaf, line, epsilon, names)


def vector_states(
    runs: DeclaredRuns, leaf: Leaf, line: Index, epsilon: Array, names: Sequence[str]
) -> dict[str, Scalar]:
    """What `upload.vector_state` makes of one vector without data, for arrays; of no error where there is none."""
    epsilon = np.where(epsilon > 0, epsilon, 1.0)
    which = runs.matrix[line]
    span, nonzeros = leaf.matrices.rows[which], runs.nonzeros[line]

    def words_for(entries: Array) -> Index:
        found = np.asarray(maximum(angle_bits_for(entries, epsilon), 2)).astype(np.int64)
        return least_of_each(which, found, len(leaf.matrices.rows)) if leaf.coarse else found

    few = nonzeros < span
    if few.any():
        names = BOTH_WAYS  # to tell which is cheaper
    bits, words = np.asarray(ceil_log2(span)), words_for(span)
    tree = _trees(leaf, which, words, names)
    size = words.astype(float)
    slots = {"error": error_bound(span, size), "angle bits": size, "span": span, "bits": bits, **tree}
    if not few.any():
        return slots
    filled = power(2, ceil_log2(nonzeros))
    short = words_for(filled)
    sparse = _scattered(bits, np.minimum(nonzeros, span), short, leaf.access)
    fewer = sparse["forward toffoli"] - tree["forward toffoli"]
    better = few & ((fewer < 0) | ((fewer == 0) & (sparse["forward work"] < tree["forward work"])))
    size = short.astype(float)
    sparse.update({"error": error_bound(filled, size), "angle bits": size, "span": span, "bits": bits})
    return {name: np.where(better, sparse[name], slots[name]) for name in slots}


def _trees(leaf: Leaf, which: Index, words: Index, names: Sequence[str]) -> dict[str, Scalar]:
    matrices, access = leaf.matrices, leaf.access

    def made(matrix: Index, bits: Index) -> dict[str, Scalar]:
        rows = matrices.rows[matrix]
        costs = _tree_formula(cast(Hashable, access), levels_of(float(rows.max())))
        with np.errstate(all="ignore"):
            return dict(zip(BOTH_WAYS, costs(rows, bits.astype(float), {}), strict=True))

    kept = matrices.kept.setdefault(("amplitude tree", access), Kept())
    return kept.at(which, words, names, made, beside=not leaf.coarse)


@lru_cache(maxsize=64)
def _tree_formula(access: Access, levels: int) -> Formula:
    """`BOTH_WAYS` of entries and words: an amplitude tree, traced."""
    tape = Tape(levels=levels)
    tree = amplitude_tree(tape.input("entries"), tape.input("words"), access)
    folder = Folder(price_of_counts, shared=False, by_component=False)
    slots = cost_slots(folder.cost(tree), folder.cost(tree, True))
    return tape.function(("entries", "words"), [slots[slot] for slot in BOTH_WAYS])


def _scattered(bits: Array, nonzeros: Array, words: Index, access: Access) -> dict[str, Scalar]:
    """Counted one by one: a run has few different ones."""
    keys = np.stack([np.broadcast_to(v, words.shape).ravel() for v in (bits, nonzeros, words.astype(float))])
    found, index = np.unique(keys, axis=1, return_inverse=True)
    folder = Folder(price_of)
    made = [scattered_state(int(b), int(r), int(w), access) for b, r, w in found.T]
    at = index.reshape(words.shape)
    forward, backward = (gathered([folder.cost(m, way) for m in made], at) for way in (False, True))
    return cost_slots(forward, backward)
