"""Runs of which only bounds are known, many at once, as arrays ask for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplitude_tree import amplitude_tree, angle_bits_for, error_bound
from qgd_compiler.algorithms.arrays.history import Array, Index, States
from qgd_compiler.algorithms.arrays.leaves import MOST_BITS, Leaf, least_of_each
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.history_plan import Sizes
from qgd_compiler.algorithms.problem import HistorySums
from qgd_compiler.algorithms.scattered_state import scattered_state
from qgd_compiler.algorithms.systems.linear import BEYOND
from qgd_compiler.analysis.inverse_norm import history_inverse_norm
from qgd_compiler.costing.fold import Cost, Folded, Folder
from qgd_compiler.costing.gathered import chosen, gathered, price_of_counts
from qgd_compiler.costing.kept import WIDTH, Kept, cost_of, flat
from qgd_compiler.costing.prices import price_of
from qgd_compiler.kinds import Source
from qgd_compiler.program.ir import Register
from qgd_compiler.scalars import Scalar, ceil_log2, maximum, power

MOST_PADDING = 2**36


@dataclass(frozen=True)
class DeclaredRuns:
    """Quadratic runs from u_0 = 0 at one rate each, by number: arrays of one length.

    matrix      number of its matrix; `growth` m; `rate` η; `steps` T
    epsilon     of the normalised output
    kept        ‖u_T‖²/Σ‖u_t‖², at least
    nonzeros    entries of the gradient that are not zero, at most
    low, high   ends of the spectrum
    off         distance of u_T from the stationary point, as directions; NaN where it is not known
    norms       ‖L⁻¹‖ as far as it was asked for
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
    norms: Kept = field(default_factory=Kept, compare=False, repr=False)


@final
@dataclass(frozen=True)
class DeclaredLines:
    """One encoding with one access model for all of them, or for their `stationary` points; `line` numbers them."""

    declared: DeclaredRuns
    leaf: Leaf
    stationary: bool = False

    @property
    def layers(self) -> bool:
        """As `Runs` says."""
        return False

    @property
    def marks(self) -> tuple[tuple[int, int], ...]:
        """As `Runs` says."""
        return ()

    def sizes(self, line: Index) -> Sizes:
        """As `Runs` says."""
        return _Declared(self.declared, line)

    def left(self, line: Index) -> Scalar:
        """As `Runs` says."""
        epsilon = self.declared.epsilon[line]
        return epsilon - self.declared.off[line] if self.stationary else epsilon

    def rate(self, line: Index) -> Scalar:
        """As `Runs` says."""
        return self.declared.rate[line]

    def iterations(self, line: Index) -> Scalar:
        """As `Runs` says."""
        return self.declared.steps[line]

    def lowest(self, line: Index) -> Scalar:
        """As `Points` says."""
        return self.declared.low[line]

    def solution(self, line: Index) -> tuple[Scalar, Scalar]:
        """As `Points` says."""
        return 1 / self.declared.high[line], 1 / self.declared.low[line]

    def steps(self, line: Index, epsilon: Array) -> tuple[Encoding, NDArray[np.bool_]]:
        """As `Runs` says."""
        there = np.isfinite(epsilon) & (epsilon > 0)
        return self.leaf.controlled(self.declared.matrix[line], np.where(there, epsilon, 1.0)), there

    def states(self, line: Index, epsilon: Array) -> States:
        """As `Runs` says: the dense tree, or where the gradient has few entries the cheaper of the two."""
        return vector_states(self, line, np.where(np.isfinite(epsilon) & (epsilon > 0), epsilon, 1.0))


@dataclass(frozen=True)
class _Declared:
    declared: DeclaredRuns
    line: Index

    @property
    def sums(self) -> HistorySums:
        kept = self.declared.kept[self.line]
        return HistorySums((kept, kept), (kept, kept), (1.0, 1.0), None, Source.BOUND)  # type: ignore[arg-type]

    def inverse_norm(self, padding: Scalar) -> Array:
        # a search asks for many splits of the same system
        runs = self.declared

        def made(keys: Index) -> list[Scalar]:
            at, rows = keys // MOST_PADDING, (keys % MOST_PADDING).astype(float)
            norm = np.asarray(history_inverse_norm(runs.growth[at], runs.steps[at], rows))
            return [np.where(norm < BEYOND, norm, np.inf)]

        rows = np.broadcast_to(padding, self.line.shape).astype(np.int64)
        (norm,) = runs.norms.at(self.line * MOST_PADDING + rows, made)
        return np.asarray(norm)

    def allowed(self, epsilon: Scalar) -> Scalar:
        return epsilon / self.declared.rate[self.line]


def vector_states(lines: DeclaredLines, line: Index, epsilon: Array) -> States:
    """What `upload.vector_state` makes of one vector without data, for arrays."""
    which, leaf = lines.declared.matrix[line], lines.leaf
    span, nonzeros = leaf.matrices.rows[which], lines.declared.nonzeros[line]

    def words_for(entries: Array) -> Index:
        found = np.asarray(maximum(angle_bits_for(entries, epsilon), 2)).astype(np.int64)
        return least_of_each(which, found, len(leaf.matrices.rows)) if leaf.coarse else found

    bits, words = np.asarray(ceil_log2(span)), words_for(span)
    forward, backward = _trees(lines, span, words)
    error, angle_bits = error_bound(span, words.astype(float)), words.astype(float)
    few = nonzeros < span
    if few.any():
        filled = power(2, ceil_log2(nonzeros))
        short = words_for(filled)
        sparse = _scattered(bits, np.minimum(nonzeros, span), short, leaf.access)
        better = few & (
            (sparse[0].gates.toffoli < forward.gates.toffoli)
            | ((sparse[0].gates.toffoli == forward.gates.toffoli) & (sparse[0].work < forward.work))
        )
        forward, backward = chosen(better, sparse[0], forward), chosen(better, sparse[1], backward)
        angle_bits = np.where(better, short, words).astype(float)
        error = np.where(better, error_bound(filled, short.astype(float)), error)
    signature = (Register(name="system", size=bits), Register(name="gradient", size=angle_bits))
    routine = Folded(title="states", signature=signature, forward=forward, backward=backward)
    return States(routine, error, angle_bits, span, bits)


def _trees(lines: DeclaredLines, span: Array, words: Index) -> tuple[Cost, Cost]:
    access = lines.leaf.access

    def made(keys: Index) -> list[Scalar]:
        folder = Folder(price_of_counts, by_digest=False)
        sizes, bits = (keys // MOST_BITS).astype(float), (keys % MOST_BITS).astype(float)
        tree = amplitude_tree(sizes, bits, access)
        return [*flat(folder.cost(tree)), *flat(folder.cost(tree, True))]

    kept = lines.leaf.matrices.kept.setdefault(("amplitude tree", access), Kept())
    slots = kept.at(span.astype(np.int64) * MOST_BITS + words, made)
    return cost_of(slots[:WIDTH]), cost_of(slots[WIDTH:])


def _scattered(bits: Array, nonzeros: Array, words: Index, access: Access) -> tuple[Cost, Cost]:
    """Counted one by one: a run has few different ones."""
    keys = np.stack([bits, nonzeros, words.astype(float)])
    found, index = np.unique(keys, axis=1, return_inverse=True)
    folder = Folder(price_of)
    made = [scattered_state(int(b), int(r), int(w), access) for b, r, w in found.T]
    at = index.ravel()
    return gathered([folder.cost(m) for m in made], at), gathered([folder.cost(m, True) for m in made], at)
