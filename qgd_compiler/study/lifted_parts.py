"""The parts of a lifted step from a study: data sets of g, H, F_2, F_3, as pairs (u, v) where there is momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.kinds import Source
from qgd_compiler.scalars import ceil_log2
from qgd_compiler.structure.dense import Dense
from qgd_compiler.structure.identity import Identity
from qgd_compiler.structure.kronecker import Kronecker
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.sparse import Sparse
from qgd_compiler.study.pairs import (
    bounded,
    column,
    forced_entries,
    forced_matrix,
    padded,
    pair_entries,
    pair_matrix,
    pair_tensor,
    pair_vector,
)

if TYPE_CHECKING:
    from qgd_compiler.study.reading import Study

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LiftedParts:
    """What the steps of a lift are made of; several of a kind are data sets that the steps take in turn.

    changing   the steps differ: by their rate, their minibatch, or their noise
    size       rows of one copy
    hessians   H; with momentum A_1⊗H, and without a changing rate what coasts besides (`pairs.py`)
    gradients  g as a column; `pushes` −g entry by entry, one row each; None where it is only bounded
    higher     F_2, F_3
    coasting   A_0⊗I of momentum where the rate changes
    start      u_0, one row
    batches    number of the minibatch of each step
    """

    changing: bool
    size: int
    hessians: tuple[Matrix, ...]
    gradients: tuple[Matrix, ...]
    higher: tuple[tuple[Matrix, ...], ...]
    coasting: Matrix | None
    pushes: Array | None
    start: Array | None
    batches: tuple[int, ...] | None

    @property
    def count(self) -> int:
        """Data sets of the gradient."""
        return max(1, len(self.gradients))


def lifted_parts(study: Study) -> LiftedParts:
    """Of the run that is priced."""
    recursion = study.priced
    steps, batches = recursion.iterations, _batches(study)
    sets = 1 if batches is None else min(max(batches) + 1, steps)
    changing = not recursion.constant_rate or sets > 1 or recursion.noise > 0
    pair, coasting = recursion.pair, None
    side = 2 ** int(ceil_log2(study.parameters))
    hessians = tuple(_hessian(study, i, sets, changing) for i in range(sets))
    tensors: tuple[tuple[Matrix, ...], ...]
    if pair is None:
        made = study.tensors
    else:
        made = tuple(pair_tensor(t, pair) for t in study.tensors)
        if changing:
            factor = Dense(entries=pair.coasting_factor())
            coasting = Kronecker(factors=(factor, Identity(size=side)))
    # bounds are those of any data set, and each has entries of its own to load
    tensors = tuple((t,) * (1 if t.is_explicit else sets) for t in made)
    size = int(hessians[0].rows)
    vectors, start = study.data.gradients, study.data.displacement
    push = 1.0
    if pair is not None:
        push = float(np.linalg.norm(pair.push()))
        vectors = None if vectors is None else tuple(pair_vector(v, pair.push()) for v in vectors)
        start = None if start is None else pair_vector(start, pair.transform[:, 0])
    norm = recursion.gradient * push
    if recursion.noise > 0:
        norm += recursion.noise * push
        vectors, own = None, steps
    else:
        own = sets if vectors is None else len(vectors[:sets])
    gradients = tuple(
        column(None if vectors is None else vectors[i], size, norm, Source.BOUND) for i in range(own)
    )
    return LiftedParts(
        changing=changing,
        size=size,
        hessians=hessians,
        gradients=gradients,
        higher=tensors,
        coasting=coasting,
        pushes=None if vectors is None else -np.array(vectors[:sets]),
        start=None if start is None else start[None],
        batches=None if sets == 1 else batches,
    )


def _batches(study: Study) -> tuple[int, ...] | None:
    given = study.loaded.spec.dynamics.minibatches
    if given is None:
        return None
    return tuple(t % int(given.count.value) for t in range(study.priced.iterations))


def _hessian(study: Study, number: int, sets: int, changing: bool) -> Matrix:
    """H of one data set, written out where it is known; bounds where it is one of several that are not."""
    pair, known = study.recursion.pair, study.data.hessians
    matrix = study.matrix if study.batches is None else study.batches[number]
    entries = known[number] if known is not None else study.entries if sets == 1 else None
    if pair is not None:
        matrix, entries = padded(matrix, entries)
        rate = float(study.priced.rates[0])
        tree = forced_matrix(matrix, pair) if changing else pair_matrix(matrix, pair, rate)
        if entries is not None:
            entries = forced_entries(entries, pair) if changing else pair_entries(entries, pair, rate)
        else:
            return bounded(tree.facts(), int(tree.rows), hermitian=False)
        return Sparse.from_scipy(entries)
    if entries is not None:
        return Sparse.from_scipy(entries)
    return matrix if sets == 1 else bounded(matrix.facts(), int(matrix.rows))
