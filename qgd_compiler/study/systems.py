"""The linear systems that answer a spec: the plain history of a quadratic model, or every lift worth a price."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.carleman.couplings import Couplings
from qgd_compiler.algorithms.menu.leaves import absent
from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.menu.offers import offers
from qgd_compiler.algorithms.problem import ErrorTerm, HistorySums, InverseBound, System
from qgd_compiler.algorithms.right_hand_sides import States
from qgd_compiler.algorithms.systems.lifted import Driven, LiftedSystem
from qgd_compiler.algorithms.systems.linear import LinearSystem
from qgd_compiler.analysis.first_order import first_order_coupling
from qgd_compiler.analysis.heavy_ball import HeavyBall
from qgd_compiler.analysis.inverse_norm import history_inverse_norm
from qgd_compiler.analysis.lifted_inverse import closed_inverse_norm, lifted_inverse_norm
from qgd_compiler.analysis.majorant import coupling, rescaled
from qgd_compiler.analysis.power_norms import toeplitz_inverse_norm
from qgd_compiler.analysis.recursion import search_orders
from qgd_compiler.errors import InfeasibleError, SpecError, UnsupportedError
from qgd_compiler.kinds import Kind, Source
from qgd_compiler.scalars import ceil_log2
from qgd_compiler.structure.carleman_step import LIFTS, CarlemanStep, Lift
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.sparse import Sparse
from qgd_compiler.structure.tensor import Tensor
from qgd_compiler.study.pairs import (
    bounded,
    column,
    padded,
    pair_entries,
    pair_matrix,
    pair_tensor,
    pair_vector,
    stacked,
)

if TYPE_CHECKING:
    from qgd_compiler.study.reading import Study

Array = NDArray[np.float64]

BESIDE = 3  # orders below which the next one is priced beside the smallest
COLLATZ = (
    "sqrt(max_i (M^T M x)_i/x_i) for a positive x found by power iteration (Collatz, Wielandt), M the inverse of the "
    "history of the norm bounds B between levels; beyond 20,000 rows sqrt(|M|_1 |M|_inf)"
)
QUICK = 2000  # steps beyond which γ is chosen by the closed bound
GAMMAS: tuple[float, ...] = tuple(
    2.0 ** (k / 2) for k in range(-6, 9)
)  # units that are tried, times the largest iterate


def systems_of(study: Study) -> tuple[System, ...]:
    """Every system that answers the spec; raises where the spec asks for a combination that has no circuit yet."""
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
    if pair is not None and not recursion.constant_rate:
        raise UnsupportedError(
            "momentum with a changing learning rate has no circuit",
            at=study.loaded.where("dynamics.schedule"),
            remedy="a constant rate, or momentum: 0; `qgd analyze` serves both",
        )
    rate = recursion.rate
    matrix, explicit = study.matrix, study.entries
    count = None if dynamics.minibatches is None else int(dynamics.minibatches.count.value)
    batches = None if count is None else tuple(t % count for t in range(recursion.iterations))
    if count is not None:
        matrix, explicit = _in_blocks(study, count, pair, rate)
    elif pair is not None:
        matrix, explicit = padded(matrix, explicit)
        matrix = pair_matrix(matrix, pair, rate)
        explicit = None if explicit is None else pair_entries(explicit, pair, rate)
    known = None if explicit is None else Sparse.from_scipy(explicit)
    return LinearSystem(
        width=study.parameters * (1 if pair is None else 2),
        rates=recursion.rates,
        offers=offers(matrix, entries=known),
        absent=absent(matrix),
        sums=_required(study.run.sums),
        states=_states(study, pair, count),
        inverse=_linear_inverse(study),
        batches=batches,
        noisy=recursion.noise > 0,
        uneven=not recursion.constant_rate or (count is not None and count > 1) or recursion.noise > 0,
        marks=() if pair is None else ((0, 0),),
        accretive=pair is None and bool(recursion.growths.max() <= 1),
    )


def _required(sums: HistorySums | None) -> HistorySums:
    assert sums is not None  # a run that was followed has sums
    return sums


def _pair(study: Study) -> HeavyBall | None:
    """Momentum in the coordinates that are lowered."""
    pair = study.recursion.pair
    if pair is None or study.transform is not None:
        return pair
    return replace(pair, transform=np.eye(2))


def _in_blocks(study: Study, count: int, pair: HeavyBall | None, rate: float) -> tuple[Matrix, object]:
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
            made = pair_matrix(wide, pair, rate)
            wide = made if known is not None else bounded(made.facts(), int(made.rows), hermitian=False)
            explicit = None if explicit is None else pair_entries(explicit, pair, rate)
        blocks.append(wide)
        entries.append(explicit)
    return stacked(blocks, None if known is None else entries)


def _states(study: Study, pair: HeavyBall | None, count: int | None) -> States:
    """−g of the run: one vector, one for each minibatch, or one for each step."""
    vectors = study.data.gradients
    steps, n = study.recursion.iterations, study.parameters
    if study.recursion.noise > 0:
        return States(n, steps)
    if vectors is None:
        return States(n, count or 1)
    if pair is not None:
        vectors = tuple(pair_vector(v, pair.push()) for v in vectors)
    data = -np.array(vectors)
    return States(data.shape[1], len(data), data)


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


def lifted_systems(study: Study) -> Iterator[LiftedSystem]:
    """Both lifts, both ways to drive them, at the smallest order that is certified and at the next one."""
    dynamics = study.loaded.spec.dynamics
    recursion = study.priced
    for asked, what in (
        (dynamics.minibatches is not None, "minibatches"),
        (not recursion.constant_rate, "schedule"),
        (recursion.noise > 0, "noise"),
    ):
        if asked:
            raise UnsupportedError(
                f"a Carleman lift with {what} has no circuit",
                at=study.loaded.where(f"dynamics.{what}"),
                remedy="expansion.order: 1, or one rate and the whole data; `qgd analyze` serves them all",
            )
    wanted = dynamics.expansion.lift
    lifts: tuple[Lift, ...] = LIFTS if wanted == "cheaper" else (wanted,)
    if recursion.linear and wanted == "cheaper":
        lifts = ("exact",)  # at order 1 the two are the same
    for lift in lifts:
        for order in _orders(study, lift):
            for driven in _ways_to_drive(study):
                study.progress(f"{lift} lift of order {order}, {driven}")
                yield _lifted(study, lift, order, driven)


def _ways_to_drive(study: Study) -> tuple[Driven, ...]:
    if study.data.gradients is None and study.recursion.gradient == 0:
        return ("from a displacement",)
    return ("gradient on the right-hand side", "gradient from level 0")


def _orders(study: Study, lift: Lift) -> tuple[int, ...]:
    given = study.loaded.spec.dynamics.expansion.carleman_order
    if given is not None:
        return (int(given.value),)
    if study.recursion.linear:
        return (1,)
    budget, highest = study.orders.budget, len(study.orders.errors)
    best: tuple[float, int] = (math.inf, 1)
    for order in range(1, highest + 1):
        error = math.fsum(term.displacement for term in _errors(study, lift, order))
        best = min(best, (error, order))
        if error <= budget:
            return (order, order + 1) if order < BESIDE else (order,)
    return (best[1],)


def _sizes(study: Study) -> tuple[Array, Array]:
    """Bounds on the sizes of the priced run, in the coordinates of the lift."""
    run = study.run
    assert run.pair_low is not None and run.pair_high is not None
    return run.pair_low, run.pair_high


@lru_cache(maxsize=64)
def _level_errors(study: Study, lift: Lift, order: int) -> tuple[Array, Array]:
    """Truncation and bias of every level at every step."""
    _, high = _sizes(study)
    if lift == "exact":
        return study.priced.truncation_errors(order, high), np.zeros((len(high), order + 1))
    return study.priced.first_order_errors(order, high)


def _errors(study: Study, lift: Lift, order: int) -> tuple[ErrorTerm, ...]:
    """What the lift is off by, relative to ‖u_T‖."""
    truncation, bias = _level_errors(study, lift, order)
    run = study.run
    assert run.low is not None
    last = float(run.low[-1])
    terms = [ErrorTerm("truncation", float(truncation[-1, 1]) / last, Kind.BOUND)]
    if lift == "first-order":
        terms.append(ErrorTerm("bias of the first-order lift", float(bias[-1, 1]) / last, Kind.BOUND))
    return tuple(terms)


def _lifted(study: Study, lift: Lift, order: int, driven: Driven) -> LiftedSystem:
    spec, recursion = study.loaded.spec, study.priced
    pair = _pair(study)
    rate, steps = float(recursion.rates[0]), recursion.iterations
    side = 2 ** int(ceil_log2(study.parameters))
    matrix, explicit = study.matrix, study.entries
    tensors: tuple[Tensor, ...] = study.tensors
    vector = None if study.data.gradients is None else study.data.gradients[0]
    start = study.data.displacement
    push = 1.0
    if pair is not None:
        matrix, explicit = padded(matrix, explicit)
        explicit = None if explicit is None else pair_entries(explicit, pair, rate)
        matrix = bounded(pair_matrix(matrix, pair, rate).facts(), 2 * side, hermitian=False)
        tensors = tuple(pair_tensor(t, pair) for t in tensors)
        vector = None if vector is None else pair_vector(vector, pair.push())
        start = None if start is None else pair_vector(start, pair.transform[:, 0])
        push = float(np.linalg.norm(pair.push()))
    hessian = matrix if explicit is None else Sparse.from_scipy(explicit)
    size = int(hessian.rows)
    gradient = None
    if driven != "from a displacement":
        gradient = column(vector, size, recursion.gradient * push, Source.BOUND)
    step = CarlemanStep(
        hessian=hessian,
        learning_rate=rate,
        order=order,
        lift=lift,
        gradient=gradient,
        higher=tensors,
        constant_level=driven == "gradient from level 0",
    )
    _, high = _sizes(study)
    given = spec.dynamics.expansion.gamma
    largest = float(high.max())
    gamma = float(given.value) if given is not None else _best_gamma(study, step, driven, largest)
    step = replace(step, gamma=gamma)
    held = start if driven == "from a displacement" else None if vector is None else -vector
    return LiftedSystem(
        step=step,
        iterations=steps,
        driven=driven,
        weights=_weights(recursion.step_norms[0, 0], recursion.first_size, step, driven),
        offers=_lifted_offers(step),
        sums=_lifted_sums(study, step, driven),
        states=States(size, 1, None if held is None else held[None]),
        inverse=InverseBound(
            lambda p: float(lifted_inverse_norm(_couplings(study, step), steps, p)),
            COLLATZ,
            "analysis/lifted_inverse.py",
            (("iterations", steps),),
        ),
        errors=_errors(study, lift, order),
        copy_marks=() if pair is None else ((0, 0),),
    )


def _lifted_offers(step: CarlemanStep) -> tuple[Offer, ...]:
    """The encodings that keep the levels apart; a table of the whole step is no help."""
    found = tuple(o for o in offers(step) if "Carleman lift" in o.name)
    if not found:
        raise InfeasibleError(
            "no encoding of the lifted step is offered: nothing bounds the entries of one of its parts",
            at="third_derivative",
            remedy="sparsity and max_entry beside the norm, or a file",
        )
    return found


def _weights(pushed: float, start: float, step: CarlemanStep, driven: Driven) -> tuple[float, ...]:
    """Amplitudes of the levels of the right-hand side."""
    if driven == "gradient from level 0":
        return (1.0,) + (0.0,) * step.order
    size = (start if driven == "from a displacement" else pushed) / float(step.gamma)
    if step.lift == "first-order" and driven != "from a displacement":
        return (size,) + (0.0,) * (step.order - 1)  # only level 1 is fed by the constant
    return tuple(size**j for j in step.levels)


def _couplings(study: Study, step: CarlemanStep) -> Array:
    """Norm bounds between the levels that are carried, in the unit γ."""
    recursion, order = study.priced, step.order
    norms = rescaled(recursion.step_norms[0], float(step.gamma))
    if step.lift == "exact":
        whole = coupling(norms, order)
    elif recursion.pair is None:
        rate = float(recursion.rates[0])
        moves = norms.copy()
        moves[1] = rate * max(abs(recursion.lambda_min), abs(recursion.lambda_max))
        whole = first_order_coupling(moves, order, (rate * recursion.lambda_min, rate * recursion.lambda_max))
    else:
        moves = norms.copy()
        moves[1] = 1 + norms[1]
        whole = first_order_coupling(moves, order)
    return np.asarray(whole[step.first :, step.first :])


def _lifted_sums(study: Study, step: CarlemanStep, driven: Driven) -> HistorySums:
    """Squared norms of all levels in units of γ: measured sizes, give or take the errors of the lift."""
    low, high = _sizes(study)
    truncation, bias = _level_errors(study, step.lift, step.order)
    errors, gamma = truncation + bias, float(step.gamma)
    least, most = np.zeros(len(low)), np.zeros(len(low))
    for j in step.levels:
        scale = gamma**j
        least += (np.maximum(low**j - errors[:, j], 0) / scale) ** 2
        most += ((high**j + errors[:, j]) / scale) ** 2
    run = study.run
    assert run.low is not None and run.high is not None
    wanted = (
        float((max(run.low[-1] - errors[-1, 1], 0) / gamma) ** 2),
        float(((run.high[-1] + errors[-1, 1]) / gamma) ** 2),
    )
    weights = _weights(study.priced.step_norms[0, 0], study.priced.first_size, step, driven)
    times = study.priced.iterations if driven == "gradient on the right-hand side" else 1
    known = run.source is Source.MEASURED
    return HistorySums(
        wanted,
        (float(least[-1]), float(most[-1])),
        (float(least.sum()), float(most.sum())),
        times * math.fsum(w * w for w in weights) if known else None,
        run.source,
    )


def _best_gamma(study: Study, step: CarlemanStep, driven: Driven, largest: float) -> float:
    """The unit of u that makes κ/√P least, to which the number of queries is proportional; others cost as much each.

    Tried at padding T, over a grid of √2 around the largest iterate.
    """
    first = _lifted_offers(replace(step, gamma=largest))[0]
    eta = float(step.learning_rate)
    parts: list[float | None] = [None] * (2 + len(step.higher))
    named = [1, *([0] if step.gradient is not None else []), *range(2, 2 + len(step.higher))]
    kept = getattr(first, "parts", ())
    for inputs, part in zip(named, kept, strict=False):
        parts[inputs] = eta * float(part.weight)

    def cost(gamma: float) -> float:
        trial = replace(step, gamma=gamma)
        alpha: float = 1 + max(Couplings(trial, tuple(parts)).alpha, 1.0)
        couplings, steps = _couplings(study, trial), study.priced.iterations
        inverse = closed_inverse_norm if steps > QUICK else lifted_inverse_norm
        probability = _lifted_sums(study, trial, driven).probability(steps)[0]
        if not probability > 0:
            return math.inf
        bound = float(inverse(couplings, steps, steps))
        return float(alpha * bound / math.sqrt(probability))

    return min((largest * factor for factor in GAMMAS), key=cost)
