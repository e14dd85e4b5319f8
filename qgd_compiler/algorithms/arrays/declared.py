"""Runs of which only bounds are known, many at once, as arrays ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplitude_tree import amplitude_tree, angle_bits_for, error_bound
from qgd_compiler.algorithms.arrays.history import Array, Index, States
from qgd_compiler.algorithms.arrays.leaves import Leaf
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.history_plan import Sizes
from qgd_compiler.algorithms.problem import HistorySums
from qgd_compiler.algorithms.scattered_state import scattered_state
from qgd_compiler.algorithms.systems.linear import BEYOND
from qgd_compiler.analysis.inverse_norm import history_inverse_norm
from qgd_compiler.costing.fold import Cost, Folded, Folder
from qgd_compiler.costing.gathered import chosen, gathered, price_of_totals, taken
from qgd_compiler.kinds import Source
from qgd_compiler.program.ir import Register
from qgd_compiler.scalars import Scalar, ceil_log2, maximum, power


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


@final
@dataclass(frozen=True)
class DeclaredLines:
    """One encoding with one access model for all of them, or for their `stationary` points; `line` numbers them."""

    declared: DeclaredRuns
    leaf: Leaf
    stationary: bool = False

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
        which = self.declared.matrix[line]
        span = self.leaf.matrices.rows[which]
        usable = np.where(np.isfinite(epsilon) & (epsilon > 0), epsilon, 1.0)
        return vector_states(span, self.declared.nonzeros[line], usable, self.leaf.access)


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
        pairs = np.stack([self.line.astype(float), np.broadcast_to(padding, self.line.shape)])
        (line, rows), index = np.unique(pairs, axis=1, return_inverse=True)
        at = line.astype(np.int64)
        norm = np.asarray(history_inverse_norm(self.declared.growth[at], self.declared.steps[at], rows))
        return np.where(norm < BEYOND, norm, np.inf)[index.ravel()]

    def allowed(self, epsilon: Scalar) -> Scalar:
        return epsilon / self.declared.rate[self.line]


def vector_states(span: Array, nonzeros: Array, epsilon: Array, access: Access) -> States:
    """What `upload.vector_state` makes of one vector without data, for arrays."""
    bits = np.asarray(ceil_log2(span))
    words = maximum(angle_bits_for(span, epsilon), 2)
    forward, backward = _trees(span, words, access)
    error = error_bound(span, words)
    few = nonzeros < span
    if few.any():
        filled = power(2, ceil_log2(nonzeros))
        short = maximum(angle_bits_for(filled, epsilon), 2)
        sparse = _scattered(bits, nonzeros, short, access)
        better = few & (
            (sparse[0].gates.toffoli < forward.gates.toffoli)
            | ((sparse[0].gates.toffoli == forward.gates.toffoli) & (sparse[0].work < forward.work))
        )
        forward, backward = chosen(better, sparse[0], forward), chosen(better, sparse[1], backward)
        words = np.where(better, short, words)
        error = np.where(better, error_bound(filled, short), error)
    signature = (Register(name="system", size=bits), Register(name="gradient", size=words))
    routine = Folded(title="states", signature=signature, forward=forward, backward=backward)
    return States(routine, error, words, span, bits)


def _trees(span: Array, words: Array, access: Access) -> tuple[Cost, Cost]:
    pairs = np.stack([span, np.broadcast_to(words, span.shape)])
    (sizes, bits), index = np.unique(pairs, axis=1, return_inverse=True)
    folder = Folder(price_of_totals, by_digest=False)
    tree = amplitude_tree(sizes, bits, access)
    return taken(folder.cost(tree), index.ravel()), taken(folder.cost(tree, True), index.ravel())


def _scattered(bits: Array, nonzeros: Array, words: Array, access: Access) -> tuple[Cost, Cost]:
    """Counted one by one: a run has few different ones."""
    keys = np.stack([bits, nonzeros, np.broadcast_to(words, bits.shape)])
    found, index = np.unique(keys, axis=1, return_inverse=True)
    folder = Folder(price_of_totals)
    made = [scattered_state(int(b), min(int(r), 2 ** int(b)), int(w), access) for b, r, w in found.T]
    at = index.ravel()
    return gathered([folder.cost(m) for m in made], at), gathered([folder.cost(m, True) for m in made], at)
