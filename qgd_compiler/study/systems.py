"""The linear systems that answer a spec: the plain history of a quadratic model, or every lift worth a price."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.menu.leaves import absent
from qgd_compiler.algorithms.menu.offers import offers
from qgd_compiler.algorithms.problem import HistorySums, InverseBound, System
from qgd_compiler.algorithms.right_hand_sides import States
from qgd_compiler.algorithms.systems.linear import LinearSystem
from qgd_compiler.analysis.heavy_ball import HeavyBall
from qgd_compiler.analysis.inverse_norm import history_inverse_norm
from qgd_compiler.analysis.lifted_inverse import lifted_inverse_norm
from qgd_compiler.analysis.power_norms import toeplitz_inverse_norm
from qgd_compiler.analysis.recursion import search_orders
from qgd_compiler.errors import InfeasibleError, SpecError
from qgd_compiler.scalars import ceil_log2
from qgd_compiler.structure.dense import Dense
from qgd_compiler.structure.identity import Identity
from qgd_compiler.structure.kronecker import Kronecker
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.sparse import Sparse
from qgd_compiler.study.lifts import COLLATZ, lifted_systems
from qgd_compiler.study.pairs import (
    bounded,
    forced_entries,
    forced_matrix,
    padded,
    pair_entries,
    pair_matrix,
    pair_vector,
    stacked,
)

if TYPE_CHECKING:
    from qgd_compiler.study.reading import Study

Array = NDArray[np.float64]


def systems_of(study: Study) -> tuple[System, ...]:
    """Every system that answers the spec; or InfeasibleError where nothing bounds the run."""
    expansion = study.loaded.spec.dynamics.expansion
    if expansion.about == "cheaper":
        moved = about_the_minimum(study)
        try:
            return (linear_system(study), *lifted_systems(moved))
        except InfeasibleError as error:  # nothing is known of the run about the minimum
            study.progress(f"not about the minimum: {error.what}")
            return (linear_system(study),)
    if study.recursion.linear and expansion.about == "start" and expansion.carleman_order is None:
        return (linear_system(study),)
    return tuple(lifted_systems(study))


def about_the_minimum(study: Study) -> Study:
    """The same quadratic run about its minimum: u_0 = H⁻¹g, by the data or, as a bound, by ‖g‖/λ_min."""
    recursion = study.recursion
    if not recursion.linear or recursion.lambda_min <= 0:
        raise SpecError(
            "only a quadratic model with a positive smallest eigenvalue has a minimum to expand about",
            at=study.loaded.where("dynamics.expansion.about"),
            remedy="about: start, or about: minimum with the displacement and the derivatives there",
        )
    known, start = study.data, None
    if known.hessians is not None and known.gradients is not None and len(known.hessians) == 1:
        from scipy.sparse.linalg import spsolve

        start = np.asarray(spsolve(known.hessians[0].tocsc(), known.gradients[0]))
    size = recursion.gradient / recursion.lambda_min if start is None else float(np.linalg.norm(start))
    moved = replace(recursion, gradient=0.0, start=size)
    data = replace(known, gradients=None, displacement=start)
    return replace(study, recursion=moved, data=data, orders=search_orders(moved, study.orders.budget))


def linear_system(study: Study) -> LinearSystem:
    """The history of a quadratic model, with schedule, momentum, minibatches or noise."""
    recursion = study.recursion
    dynamics = study.loaded.spec.dynamics
    pair = _pair(study)
    # a rate that changes scales the force alone: what coasts stands apart
    rate = recursion.rate if recursion.constant_rate else None
    matrix, explicit = study.matrix, study.entries
    count = None if dynamics.minibatches is None else int(dynamics.minibatches.count.value)
    batches = None if count is None else tuple(t % count for t in range(recursion.iterations))
    if count is not None:
        matrix, explicit = _in_blocks(study, count, pair, rate)
    elif pair is not None:
        matrix, explicit = padded(matrix, explicit)
        matrix = _pair_matrix(matrix, pair, rate)
        explicit = None if explicit is None else _pair_entries(explicit, pair, rate)
    known = None if explicit is None else Sparse.from_scipy(explicit)
    return LinearSystem(
        width=study.parameters * (1 if pair is None else 2),
        rates=recursion.rates,
        offers=offers(matrix, entries=known, tables=study.written),
        absent=absent(matrix),
        sums=_required(study.run.sums),
        states=_states(study, pair, count),
        inverse=_linear_inverse(study),
        batches=batches,
        noisy=recursion.noise > 0,
        uneven=not recursion.constant_rate or (count is not None and count > 1) or recursion.noise > 0,
        marks=() if pair is None else ((0, 0),),
        nonzeros=nonzeros_of(study) if pair is None and count is None else None,
        accretive=pair is None and recursion.growth <= 1,
        coasting=None if pair is None or rate is not None else _coasting(pair, study.parameters),
        bounded_by_rows=study.powers is not None,
    )


def _pair_matrix(matrix: Matrix, pair: HeavyBall, rate: float | None) -> Matrix:
    return forced_matrix(matrix, pair) if rate is None else pair_matrix(matrix, pair, rate)


def _pair_entries(entries: object, pair: HeavyBall, rate: float | None) -> object:
    return forced_entries(entries, pair) if rate is None else pair_entries(entries, pair, rate)


def _coasting(pair: HeavyBall, parameters: int) -> Matrix:
    side = 2 ** int(ceil_log2(parameters))
    return Kronecker(factors=(Dense(entries=pair.coasting_factor()), Identity(size=side)))


def _required(sums: HistorySums | None) -> HistorySums:
    assert sums is not None  # a run that was followed has sums
    return sums


def _pair(study: Study) -> HeavyBall | None:
    """Momentum in the coordinates that are lowered."""
    pair = study.recursion.pair
    if pair is None or study.transform is not None:
        return pair
    return replace(pair, transform=np.eye(2))


def _in_blocks(study: Study, count: int, pair: HeavyBall | None, rate: float | None) -> tuple[Matrix, object]:
    """H of all minibatches, each on its own register behind its number."""
    known = study.data.hessians
    trees = study.batches if study.batches is not None else (study.matrix,) * count
    blocks: list[Matrix] = []
    entries: list[object] = []
    for i, tree in enumerate(trees):
        wide, explicit = padded(tree, None if known is None else known[i])
        if known is None:
            wide = bounded(wide.facts(), int(wide.rows))
        if pair is not None:
            made = _pair_matrix(wide, pair, rate)
            wide = made if known is not None else bounded(made.facts(), int(made.rows), hermitian=False)
            explicit = None if explicit is None else _pair_entries(explicit, pair, rate)
        blocks.append(wide)
        entries.append(explicit)
    return stacked(blocks, None if known is None else entries)


def _states(study: Study, pair: HeavyBall | None, count: int | None) -> States:
    """−g of the run: one vector, one for each minibatch, or one for each step."""
    vectors = study.data.gradients
    steps, n = study.recursion.iterations, study.parameters
    if study.recursion.noise > 0:
        return States(n, steps, written=study.written)
    if vectors is None:
        return States(n, count or 1, written=study.written)
    if pair is not None:
        vectors = tuple(pair_vector(v, pair.push()) for v in vectors)
    data = -np.array(vectors)
    return States(data.shape[1], len(data), data, study.written)


def nonzeros_of(study: Study) -> int:
    """Entries of what drives the run that are not zero: counted, or as the spec says, or all."""
    vector = study.data.displacement
    if vector is None and study.data.gradients is not None:
        vector = study.data.gradients[0]
    if vector is not None:
        return max(1, int(np.count_nonzero(vector)))
    spec = study.loaded.spec
    given = spec.gradient if spec.dynamics.expansion.about == "start" else spec.displacement
    if given is None or given.sparsity is None:
        return study.parameters
    return min(int(given.sparsity.value), study.parameters)


def _linear_inverse(study: Study) -> InverseBound:
    recursion, steps = study.recursion, study.recursion.iterations
    inputs = (("growth", float(recursion.growth)), ("iterations", steps))
    if study.powers is not None:
        powers = study.powers
        return InverseBound(
            lambda p: toeplitz_inverse_norm(powers, p),
            "the norm of the lower triangular Toeplitz matrix of bounds on the powers of one step",
            "analysis/power_norms.py",
            inputs,
        )
    if recursion.constant_rate:
        return InverseBound(
            lambda p: float(history_inverse_norm(recursion.growth, steps, p)),
            "the norm of the inverse of the bidiagonal matrix with 1 on the diagonal and, below it, "
            "-growth (iterations times), then -1 (padding times)",
            "the secular equation derived in analysis/inverse_norm.py",
            inputs,
        )
    couplings = recursion.growths[:, None, None]
    return InverseBound(
        lambda p: float(lifted_inverse_norm(couplings, steps, p)),
        COLLATZ,
        "analysis/lifted_inverse.py",
        inputs,
    )
