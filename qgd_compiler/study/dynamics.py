"""The dynamics of a spec as a recursion, and its class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.analysis import learning_rates
from qgd_compiler.analysis.recursion import OrderSearch, Recursion, search_orders
from qgd_compiler.analysis.regime import Regime, RegimeName
from qgd_compiler.analysis.spectrum import Extremes
from qgd_compiler.analysis.verdict import judge
from qgd_compiler.errors import InfeasibleError, SpecError
from qgd_compiler.frontends.structure_of import VectorOf, vector_of
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.structure.facts import best_norm
from qgd_compiler.structure.tensor import Tensor
from qgd_compiler.study.assumptions import Progress

Array = NDArray[np.float64]
TOLERANCE = 1e-9
MOST_ORDER = 5  # Carleman order up to which plans are worked out: windows are cut for it
TRUNCATION_SHARE = 0.25  # of the error that a truncation may take


def is_about_minimum(loaded: Loaded) -> bool:
    """Whether the run is expanded about a minimum, where no gradient drives it."""
    return loaded.spec.dynamics.expansion.about == "minimum"


def rates_of(loaded: Loaded) -> Array:
    """η_0 … η_{T−1} of a spec."""
    dynamics = loaded.spec.dynamics
    rate, steps = float(dynamics.learning_rate.value), int(dynamics.iterations.value)
    given = dynamics.schedule
    if given is None:
        return learning_rates.constant(rate, steps)
    if given.kind == "step":
        assert given.every is not None and given.factor is not None
        return learning_rates.stepwise(rate, steps, int(given.every.value), float(given.factor.value))
    if given.kind == "cosine":
        return learning_rates.cosine(rate, steps, 0.0 if given.final is None else float(given.final.value))
    assert given.rates is not None
    rates = np.array([float(r.value) for r in given.rates])
    if not rates.max() > 0:
        raise SpecError(
            "every learning rate of the schedule is 0",
            at=loaded.where("dynamics.schedule.rates"),
            remedy="at least one rate above 0",
        )
    return rates


def recursion_of(
    loaded: Loaded,
    bare: Extremes,
    shift: float,
    gradient: VectorOf | None,
    displacement: VectorOf | None,
    tensors: tuple[Tensor, ...],
) -> Recursion:
    """The run in numbers; `bare` bounds the Hessian without its shift."""
    dynamics = loaded.spec.dynamics
    norms = []
    for power, tensor in enumerate(tensors, 2):
        norm = best_norm(tensor.facts())
        assert norm is not None  # a tensor has entries or bounds
        norms.append(float(norm.value))
        if power == 2 and norms == [0.0] and len(tensors) == 1 and dynamics.expansion.remainder is None:
            raise SpecError(
                "the third derivative vanishes, so an expansion of order 2 says nothing of the nonlinear terms",
                at=loaded.where("third_derivative"),
                remedy="dynamics.expansion.order: 3 with a fourth_derivative, or dynamics.expansion.remainder",
            )
    about_minimum = is_about_minimum(loaded)
    pushes = 0.0 if about_minimum or gradient is None else float(gradient.norm.value)
    batches = dynamics.minibatches
    if batches is not None and batches.gradients is not None and not about_minimum:
        pushes = max(
            float(vector_of(loaded, g, f"dynamics.minibatches.gradients.{i}").norm.value)
            for i, g in enumerate(batches.gradients)
        )
    remainder = dynamics.expansion.remainder
    return Recursion(
        lambda_min=bare.lambda_min + shift,
        lambda_max=bare.lambda_max + shift,
        rates=rates_of(loaded),
        momentum=float(dynamics.momentum.value),
        gradient=pushes,
        noise=0.0 if dynamics.noise is None else float(dynamics.noise.norm.value),
        start=float(displacement.norm.value) if about_minimum and displacement is not None else 0.0,
        higher=tuple(norms),
        remainder=None if remainder is None else float(remainder.value),
    )


def refuse_overshoot(loaded: Loaded, recursion: Recursion) -> None:
    """A rate at which the steepest direction diverges is a mistake unless the spec wants it."""
    if loaded.spec.dynamics.allow_divergence:
        return
    eta, high = recursion.rate, recursion.lambda_max
    limit = 2 * (1 + recursion.momentum)
    if eta * high > limit * (1 + TOLERANCE):
        overshoot = abs(1 - eta * high)
        raise SpecError(
            f"learning_rate is {eta:g}; |1 - {eta:g}*{high:.6g}| = {overshoot:.4g} > 1, so gradient descent diverges",
            at=loaded.where("dynamics.learning_rate"),
            remedy=f"learning_rate < {limit / high:.4g} ({limit:g}/lambda_max), "
            "or set dynamics.allow_divergence: true",
        )


def judged(
    loaded: Loaded, recursion: Recursion, shift: float, progress: Progress
) -> tuple[Recursion, OrderSearch, Regime, float]:
    """The class of the run as it will be priced, with damping forced by the spec."""
    policy = loaded.spec.dynamics.on_not_dissipative
    known = loaded.spec.solution
    share = 1.0 if known is None or known.final_over_max is None else float(known.final_over_max.value)
    budget = (
        TRUNCATION_SHARE * float(loaded.spec.target.epsilon.value) * share
    )  # relative to the largest size
    progress("searching the Carleman order")
    orders = search_orders(recursion, budget, highest=MOST_ORDER)
    regime = judge(recursion, orders, policy)
    # a quadratic run has a price however much it grows; only what the spec rules out, or no order certifies, has none
    priced = recursion.linear and policy == "window"
    if regime.name is RegimeName.INFEASIBLE and not priced:
        raise InfeasibleError(
            regime.verdict + " " + "; ".join(regime.reasons),
            at=loaded.where("dynamics.on_not_dissipative"),
            remedy="; ".join(f"{w.change} {w.value:.6g}" for w in regime.ways_out if w.value is not None),
        )
    if regime.name is not RegimeName.DAMPED or not regime.damping:
        return recursion, orders, regime, shift
    damped = replace(
        recursion,
        lambda_min=recursion.lambda_min + regime.damping,
        lambda_max=recursion.lambda_max + regime.damping,
    )
    orders = search_orders(damped, budget, highest=MOST_ORDER)
    after = judge(damped, orders, "window")
    kept = replace(
        after,
        name=RegimeName.DAMPED,
        reasons=regime.reasons,
        verdict=regime.verdict,
        ways_out=regime.ways_out,
    )
    return damped, orders, kept, shift + regime.damping
