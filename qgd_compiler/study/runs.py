"""The run of a spec: followed classically where all of it is known, else bounded by norms."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.problem import HistorySums, Interval
from qgd_compiler.algorithms.systems.linear import BEYOND
from qgd_compiler.analysis.geometric import geometric_sum
from qgd_compiler.analysis.majorant import iterates_at
from qgd_compiler.analysis.polynomial_run import PolynomialRun, follow_polynomial, require_a_run
from qgd_compiler.analysis.recursion import Recursion
from qgd_compiler.analysis.run_bounds import final_over_total_bound, final_over_total_from_largest
from qgd_compiler.analysis.trajectory import follow
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Kind, Source
from qgd_compiler.structure.tensor import Tensor
from qgd_compiler.study.assumptions import Progress

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Data:
    """What is known entry by entry; None where only bounds are.

    hessians  one for each minibatch, shift included (SciPy sparse); gradients likewise
    """

    hessians: tuple[Any, ...] | None
    gradients: tuple[Array, ...] | None
    displacement: Array | None
    tensors: tuple[Tensor, ...]

    @property
    def complete(self) -> bool:
        """Whether a run can be followed."""
        driven = self.gradients is not None or self.displacement is not None
        return self.hessians is not None and driven and all(t.is_explicit for t in self.tensors)


@dataclass(frozen=True, eq=False)
class Followed:
    """What is known of the sizes of a run.

    low, high   bounds on ‖u_0‖ … ‖u_T‖ (equal where measured); None: only `sums` of a long linear run are known
    pair_low, pair_high   the same of the pair with momentum
    sums        of the linear history in the coordinates of its system
    largest     max ‖u_t‖ and its kind; `method` in words
    """

    low: Array | None
    high: Array | None
    pair_low: Array | None
    pair_high: Array | None
    sums: HistorySums | None
    gradient_norm: float
    final: float | None
    largest: float | None
    method: str
    source: Source

    @property
    def measured(self) -> Array | None:
        """‖u_t‖ at every step, where they were measured."""
        return self.high if self.source is Source.MEASURED else None


def follow_run(
    data: Data,
    recursion: Recursion,
    transform: Array | None,
    declared: float | None,
    progress: Progress,
    lifted: bool,
) -> Followed:
    """Measure the run if all of it is known, else bound it.

    declared  a lower bound on ‖u_T‖/max_t ‖u_t‖, if the spec states one
    lifted    a lift needs the sizes of all iterates, not their ratio alone
    Raises InfeasibleError for a run that blows up, stands still, or of which nothing can be said.
    """
    if data.complete and _plain(data, recursion):
        assert data.hessians is not None and data.gradients is not None
        return _plain_run(data.hessians[0], data.gradients[0], recursion, progress)
    if data.complete:
        return _measured(data, recursion, transform, progress)
    return _bounded(recursion, declared, lifted)


def _plain(data: Data, recursion: Recursion) -> bool:
    """A quadratic model at one rate from u_0 = 0, which has closed sums for any T."""
    one = data.hessians is not None and len(data.hessians) == 1 and data.displacement is None
    return (
        one
        and recursion.linear
        and recursion.constant_rate
        and not recursion.momentum
        and not recursion.noise
    )


def _plain_run(hessian: Any, gradient: Array, recursion: Recursion, progress: Progress) -> Followed:
    rate, steps = float(recursion.rates[0]), recursion.iterations
    sums = follow(hessian, gradient, rate, steps, lambda t, total: progress(f"step {t} of {total}"))
    driven = steps * (rate * sums.gradient_norm) ** 2
    final, total = (sums.final, sums.final), (sums.total, sums.total)
    return Followed(
        low=None,
        high=None,
        pair_low=None,
        pair_high=None,
        sums=HistorySums(final, final, total, driven, Source.MEASURED),
        gradient_norm=sums.gradient_norm,
        final=sums.final_norm,
        largest=sums.largest_norm if sums.largest_kind is Kind.EXACT else None,
        method=sums.method,
        source=Source.MEASURED,
    )


def gradient_function(data: Data) -> Callable[[int, Array], Array]:
    """The gradient of step t at u, from the entries."""
    assert data.hessians is not None
    hessians, gradients = data.hessians, data.gradients
    zero = np.zeros(hessians[0].shape[0])

    def gradient(t: int, u: Array) -> Array:
        batch = t % len(hessians)
        found: Array = np.asarray(hessians[batch] @ u, dtype=float)
        found = found + (zero if gradients is None else gradients[batch % len(gradients)])
        for tensor in data.tensors:
            found += tensor.apply(u)
        return found

    return gradient


def _measured(data: Data, recursion: Recursion, transform: Array | None, progress: Progress) -> Followed:
    assert data.hessians is not None
    start = np.zeros(data.hessians[0].shape[0]) if data.displacement is None else data.displacement
    run = follow_polynomial(
        gradient_function(data),
        start,
        recursion.rates,
        recursion.momentum,
        transform,
        lambda t, total: progress(f"step {t} of {total}"),
    )
    require_a_run(run)
    noise = noise_reach(recursion, run)
    low, high = np.maximum(run.sizes - noise, 0.0), run.sizes + noise
    pair_low, pair_high = np.maximum(run.pairs - noise, 0.0), run.pairs + noise
    driven = None
    if data.gradients is not None and data.displacement is None and recursion.noise == 0:
        pushes = [float(np.linalg.norm(g)) for g in data.gradients]
        scale = 1.0 if recursion.pair is None else float(np.linalg.norm(_push(transform)))
        driven = math.fsum(
            (float(rate) * scale * pushes[t % len(pushes)]) ** 2 for t, rate in enumerate(recursion.rates)
        )
    elif data.displacement is not None:
        driven = float(run.pairs[0]) ** 2
    return Followed(
        low=low,
        high=high,
        pair_low=pair_low,
        pair_high=pair_high,
        sums=HistorySums(
            (float(low[-1] ** 2), float(high[-1] ** 2)),
            (float(pair_low[-1] ** 2), float(pair_high[-1] ** 2)),
            (float(np.sum(pair_low**2)), float(np.sum(pair_high**2))),
            driven,
            Source.MEASURED if recursion.noise == 0 else Source.BOUND,
        ),
        gradient_norm=recursion.gradient,
        final=float(run.sizes[-1]),
        largest=float(run.sizes.max()),
        method=f"{recursion.iterations} steps of the recursion"
        + ("" if recursion.noise == 0 else ", without the noise"),
        source=Source.MEASURED if recursion.noise == 0 else Source.BOUND,
    )


def _push(transform: Array | None) -> Array:
    pushed: Array = np.ones(2) if transform is None else transform @ np.ones(2)
    return pushed


def noise_reach(recursion: Recursion, run: PolynomialRun) -> Array:
    """How far noise may move each iterate: d ← g'(‖u‖ + d) d + η ξ, T+1 values."""
    reach = np.zeros(recursion.iterations + 1)
    if recursion.noise == 0:
        return reach
    norms = recursion.step_norms
    push = 1.0 if recursion.pair is None else float(np.linalg.norm(recursion.pair.push()))
    for t in range(recursion.iterations):
        f, at = norms[t % len(norms)], float(run.sizes[t]) + float(reach[t])
        slope = math.fsum(power * f[power] * at ** (power - 1) for power in range(1, len(f)))
        reach[t + 1] = slope * reach[t] + float(recursion.rates[t]) * push * recursion.noise
    return reach


def _bounded(recursion: Recursion, declared: float | None, lifted: bool) -> Followed:
    """What norms say: the majorant from above; from below the slowest mode, or what the spec declares."""
    steps = recursion.iterations
    plain = recursion.linear and recursion.constant_rate and not recursion.momentum and not recursion.start
    if plain and not recursion.noise and not lifted:
        ratio = (
            float(final_over_total_bound(recursion.lambda_max, recursion.rates[0], steps))
            if declared is None
            else final_over_total_from_largest(declared, steps)
        )
        if ratio > 0:
            least: Interval = (ratio, ratio)
            return _of_bounds(
                None, None, HistorySums(least, least, (1.0, 1.0), None, Source.BOUND), recursion
            )
    high = recursion.size_bounds
    largest = float(high.max())
    lowest = declared * largest if declared is not None else least_final(recursion)
    if not largest < BEYOND:
        raise InfeasibleError(
            f"the iteration grows: within {steps} steps an iterate may be larger than {BEYOND:g}",
            at="dynamics",
            remedy="a smaller learning rate, fewer iterations, or damping (`qgd analyze` prints how much)",
        )
    if not lowest > 0:
        raise InfeasibleError(
            "nothing bounds the size of the last iterate from below",
            at="gradient",
            remedy="give the data, or solution.final_over_max, or a smaller learning rate",
        )
    low = np.zeros(steps + 1)
    low[-1] = lowest
    sums = HistorySums(
        (lowest**2, float(high[-1]) ** 2),
        (lowest**2, float(high[-1]) ** 2),
        (lowest**2, float(np.sum(high**2))),
        None,
        Source.BOUND,
    )
    return _of_bounds(low, high, sums, recursion)


def _of_bounds(low: Array | None, high: Array | None, sums: HistorySums, recursion: Recursion) -> Followed:
    return Followed(
        low=low,
        high=high,
        pair_low=low,
        pair_high=high,
        sums=sums,
        gradient_norm=recursion.gradient,
        final=None,
        largest=None,
        method="bounds from norms",
        source=Source.BOUND,
    )


def least_final(recursion: Recursion) -> float:
    """A lower bound on ‖u_T‖: the least that any mode of the quadratic model keeps, less what all else can move.

    From u_0 = 0 with 1 − ηλ >= 0 every mode reaches at least −ηg_k S_T(1 − ηλ_max); noise and nonlinear terms move the
    iterate by at most the difference of the majorants with and without them.
    """
    if not recursion.constant_rate or recursion.momentum:
        return 0.0
    rate, steps = float(recursion.rates[0]), recursion.iterations
    norms = recursion.step_norms[0]
    (plain,) = iterates_at([rate * recursion.gradient, norms[1]], recursion.start, [steps])
    (whole,) = recursion.size_bounds_at([steps])
    moved = float(whole - plain)
    factors = [1 - rate * end for end in (recursion.lambda_min, recursion.lambda_max)]
    if recursion.start:
        kept = 0.0 if min(factors) <= 0 <= max(factors) else min(abs(f) for f in factors)
        return recursion.start * kept**steps - moved
    if min(factors) < 0:
        return 0.0
    last = float(geometric_sum(1 - min(factors), steps))
    return rate * recursion.gradient * last - moved
