"""Every lift of a run that is worth a price: both lifts, each way to drive them, at the orders that are certified."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.carleman.couplings import Couplings
from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.menu.offers import offers
from qgd_compiler.algorithms.problem import ErrorTerm, HistorySums, InverseBound
from qgd_compiler.algorithms.right_hand_sides import States
from qgd_compiler.algorithms.systems.lifted import Driven, LiftedSystem
from qgd_compiler.analysis.first_order import first_order_coupling
from qgd_compiler.analysis.lifted_inverse import closed_inverse_norm, lifted_inverse_norm
from qgd_compiler.analysis.majorant import coupling, rescaled
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Kind, Source
from qgd_compiler.structure.carleman_step import LIFTS, CarlemanStep, Lift
from qgd_compiler.structure.carleman_steps import CarlemanSteps
from qgd_compiler.study.lifted_parts import LiftedParts, lifted_parts

if TYPE_CHECKING:
    from qgd_compiler.study.reading import Study

Array = NDArray[np.float64]
AnyStep = CarlemanStep | CarlemanSteps

COLLATZ = (
    "sqrt(max_i (M^T M x)_i/x_i) for a positive x found by power iteration (Collatz, Wielandt), M the inverse of the "
    "history of the norm bounds B between levels; beyond 20,000 rows sqrt(|M|_1 |M|_inf)"
)
BESIDE = 3  # orders below which the next one is priced beside the smallest
QUICK = 2000  # steps beyond which γ is chosen by the closed bound
GAMMAS: tuple[float, ...] = tuple(
    2.0 ** (k / 2) for k in range(-6, 9)
)  # units that are tried, times the largest iterate


def lifted_systems(study: Study) -> Iterator[LiftedSystem]:
    """Both lifts, both ways to drive them, at the smallest order that is certified and at the next one."""
    wanted = study.loaded.spec.dynamics.expansion.lift
    lifts: tuple[Lift, ...] = LIFTS if wanted == "cheaper" else (wanted,)
    if study.priced.linear and wanted == "cheaper":
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
    parts = lifted_parts(study)
    step = _step(study, parts, lift, order, driven)
    _, high = _sizes(study)
    given = study.loaded.spec.dynamics.expansion.gamma
    largest = float(high.max())
    gamma = float(given.value) if given is not None else _best_gamma(study, step, driven, largest)
    step = replace(step, gamma=gamma)
    steps = study.priced.iterations
    held = parts.start if driven == "from a displacement" else parts.pushes
    count = 1 if driven == "from a displacement" else parts.count
    return LiftedSystem(
        step=step,
        iterations=steps,
        driven=driven,
        weights=_weights(study, step, driven),
        offers=_lifted_offers(step, study.written),
        sums=_lifted_sums(study, step, driven),
        states=States(parts.size, count, held, study.written),
        inverse=InverseBound(
            lambda p: float(lifted_inverse_norm(_couplings(study, step), steps, p)),
            COLLATZ,
            "analysis/lifted_inverse.py",
            (("iterations", steps),),
        ),
        errors=_errors(study, lift, order),
        batches=parts.batches,
        noisy=study.priced.noise > 0,
        copy_marks=() if study.recursion.pair is None else ((0, 0),),
    )


def _step(study: Study, parts: LiftedParts, lift: Lift, order: int, driven: Driven) -> AnyStep:
    gradients = () if driven == "from a displacement" else parts.gradients
    constant = driven == "gradient from level 0"
    if not parts.changing:
        return CarlemanStep(
            hessian=parts.hessians[0],
            learning_rate=float(study.priced.rates[0]),
            order=order,
            lift=lift,
            gradient=gradients[0] if gradients else None,
            higher=tuple(sets[0] for sets in parts.higher),
            constant_level=constant,
        )
    return CarlemanSteps(
        rates=np.array(study.priced.rates),
        hessians=parts.hessians,
        order=order,
        lift=lift,
        gradients=gradients,
        seconds=parts.higher[0] if parts.higher else (),
        thirds=parts.higher[1] if len(parts.higher) > 1 else (),
        coasting=parts.coasting,
        constant_level=constant,
    )


def _lifted_offers(step: AnyStep, written: bool = False) -> tuple[Offer, ...]:
    """The encodings that keep the levels apart; a table of the whole step is no help."""
    found = tuple(o for o in offers(step, tables=written) if "Carleman lift" in o.name)
    if not found:
        raise InfeasibleError(
            "no encoding of the lifted step is offered: nothing bounds the entries of one of its parts",
            at="third_derivative",
            remedy="sparsity and max_entry beside the norm, or a file",
        )
    return found


def _weights(study: Study, step: AnyStep, driven: Driven) -> Array:
    """Amplitudes of the levels of the right-hand side: one row, or one per step where these are driven differently."""
    recursion, gamma = study.priced, float(step.gamma)
    levels = np.array(step.levels)
    if driven == "gradient from level 0":
        return np.asarray((levels == 0)[None].astype(float))
    if driven == "from a displacement":
        return np.asarray((recursion.first_size / gamma) ** levels[None])
    sizes = _pushes(study) if isinstance(step, CarlemanSteps) else recursion.step_norms[:1, 0]
    found = (sizes[:, None] / gamma) ** levels[None]
    if step.lift == "first-order":
        found[:, 1:] = 0  # only level 1 is fed by the constant
    return np.asarray(found)


def _pushes(study: Study) -> Array:
    """‖G_0(t)‖ of every step: by the data, or as bounds."""
    recursion, vectors = study.priced, study.data.gradients
    norms, steps = recursion.step_norms, np.arange(recursion.iterations)
    if vectors is None or recursion.noise > 0:
        return np.asarray(norms[steps % len(norms), 0])
    own = np.array([float(np.linalg.norm(v)) for v in vectors])
    push = 1.0 if recursion.pair is None else float(np.linalg.norm(recursion.pair.push()))
    return np.asarray(recursion.rates * push * own[steps % len(own)])


def _couplings(study: Study, step: AnyStep) -> Array:
    """Norm bounds between the levels that are carried, in the unit γ: one matrix, or one per step."""
    recursion, order = study.priced, step.order
    norms = rescaled(recursion.step_norms, float(step.gamma))
    if step.lift == "exact":
        whole = coupling(norms, order)
    else:
        whole = np.array([_first_order(study, f, t, order) for t, f in enumerate(norms)])
    return np.asarray(whole[:, step.first :, step.first :])


def _first_order(study: Study, norms: Array, t: int, order: int) -> Array:
    recursion, moves = study.priced, norms.copy()
    if recursion.pair is not None:
        moves[1] = 1 + norms[1]
        return first_order_coupling(moves, order)
    ends = recursion.rates[t] * np.array([recursion.lambda_min, recursion.lambda_max])
    moves[1] = np.abs(ends).max()
    return first_order_coupling(moves, order, (float(ends[0]), float(ends[1])))


def _lifted_sums(study: Study, step: AnyStep, driven: Driven) -> HistorySums:
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
    weights = _weights(study, step, driven)
    every = driven == "gradient on the right-hand side" and not isinstance(step, CarlemanSteps)
    times = study.priced.iterations if every else 1
    known = run.source is Source.MEASURED
    return HistorySums(
        wanted,
        (float(least[-1]), float(most[-1])),
        (float(least.sum()), float(most.sum())),
        times * float(np.sum(weights**2)) if known else None,
        run.source,
    )


def _best_gamma(study: Study, step: AnyStep, driven: Driven, largest: float) -> float:
    """The unit of u that makes κ/√P least, to which the number of queries is proportional; others cost as much each.

    Tried at padding T, over a grid of √2 around the largest iterate.
    """
    first = _lifted_offers(replace(step, gamma=largest))[0]
    one = step.largest if isinstance(step, CarlemanSteps) else step
    eta = float(one.learning_rate)
    parts: list[float | None] = [None] * (2 + len(one.higher))
    named = [1, *([0] if one.gradient is not None else []), *range(2, 2 + len(one.higher))]
    kept = getattr(first, "parts", ())
    for inputs, part in zip(named, kept, strict=False):
        parts[inputs] = eta * float(part.weight)
    coasts = isinstance(step, CarlemanSteps) and step.coasting is not None
    coasting = float(kept[len(named)].weight) if coasts else 0.0

    def cost(gamma: float) -> float:
        trial = replace(one, gamma=gamma)
        alpha: float = 1 + max(Couplings(trial, tuple(parts), coasting).alpha, 1.0)
        moved = replace(step, gamma=gamma)
        couplings, steps = _couplings(study, moved), study.priced.iterations
        probability = _lifted_sums(study, moved, driven).probability(steps)[0]
        if not probability > 0:
            return math.inf
        if steps > QUICK:
            bound = float(closed_inverse_norm(couplings.max(axis=0), steps, steps))
        else:
            bound = float(lifted_inverse_norm(couplings, steps, steps))
        return float(alpha * bound / math.sqrt(probability))

    return min((largest * factor for factor in GAMMAS), key=cost)
