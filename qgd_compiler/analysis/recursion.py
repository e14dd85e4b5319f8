r"""The numbers that a run of gradient descent is judged by: spectrum, rates, momentum, and the norms of all terms.

The recursion is u ← u − η_t (g + ξ_t + Hu + F_2 u⊗u + F_3 u⊗u⊗u), ‖ξ_t‖ <= noise, with momentum on the pair (u, v) in
the coordinates of `heavy_ball.py`. `step_norms` are the f_l >= ‖G_l‖ of its majorant.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.analysis.first_order import first_order_errors
from qgd_compiler.analysis.heavy_ball import HeavyBall, heavy_ball
from qgd_compiler.analysis.learning_rates import is_constant, largest, log_growth_of, step_growths
from qgd_compiler.analysis.majorant import contraction_ratio, iterates, iterates_at, majorant
from qgd_compiler.analysis.truncation import HIGHEST, OVERFLOW, level_errors

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Recursion:
    """One run, in numbers.

    lambda_min, lambda_max  bounds on the spectrum of H, damping and weight decay included
    rates                   η_0 … η_{T−1}
    momentum                β
    gradient                ‖g‖ (0 about a minimum)
    noise                   bound on ‖ξ_t‖
    start                   ‖u_0‖ (0 about the start)
    higher                  ‖F_2‖, ‖F_3‖ as n × n^l matrices; none for a quadratic model
    remainder               bound r on the next order: the gradient is off by at most r ‖u‖^{q+1}; None: not known
    """

    lambda_min: float
    lambda_max: float
    rates: Array
    momentum: float = 0.0
    gradient: float = 0.0
    noise: float = 0.0
    start: float = 0.0
    higher: tuple[float, ...] = ()
    remainder: float | None = None

    @property
    def iterations(self) -> int:
        """T."""
        return len(self.rates)

    @property
    def degree(self) -> int:
        """q, the highest power of u that is kept."""
        return 1 + len(self.higher)

    @property
    def linear(self) -> bool:
        """Whether all terms beyond the Hessian vanish."""
        return not any(self.higher)

    @property
    def constant_rate(self) -> bool:
        """Whether every step has the same rate."""
        return is_constant(self.rates)

    @cached_property
    def rate(self) -> float:
        """The largest rate."""
        return largest(self.rates)

    @cached_property
    def pair(self) -> HeavyBall | None:
        """The coordinates of (u, v); None without momentum."""
        if self.momentum == 0:
            return None
        rates = self.rates[:1] if self.constant_rate else self.rates
        return heavy_ball(self.lambda_min, self.lambda_max, rates, self.momentum, self.iterations)

    @cached_property
    def growths(self) -> Array:
        """m_t >= ‖G_1(t)‖, one per step."""
        if self.pair is not None:
            return np.broadcast_to(np.float64(self.pair.growth), (self.iterations,))
        if self.constant_rate:
            one = step_growths(self.lambda_min, self.lambda_max, self.rates[:1])
            return np.broadcast_to(one[0], (self.iterations,))
        return step_growths(self.lambda_min, self.lambda_max, self.rates)

    @property
    def growth(self) -> float:
        """m, the largest m_t."""
        return largest(self.growths)

    @property
    def log_growth(self) -> float:
        """Σ ln m_t."""
        if is_constant(self.growths):
            return self.iterations * math.log(self.growth) if self.growth else -math.inf
        return log_growth_of(self.growths)

    @cached_property
    def step_norms(self) -> Array:
        """f_0 … f_q of every step that differs, shape (S, q+1) with S = 1 for a constant rate, else T."""
        count = 1 if self.constant_rate else self.iterations
        rates, growths = self.rates[:count], self.growths[:count]
        push, read = 1.0, 1.0
        if self.pair is not None:
            push = float(np.linalg.norm(self.pair.push()))
            read = float(np.linalg.norm(self.pair.position()))
        columns = [rates * push * (self.gradient + self.noise), growths]
        columns += [rates * push * f * read**power for power, f in enumerate(self.higher, 2)]
        return np.stack(columns, axis=1)

    @property
    def first_size(self) -> float:
        """‖u_0‖ in the coordinates of the run."""
        if self.pair is None:
            return self.start
        return self.start * float(np.linalg.norm(self.pair.transform[:, 0]))

    @cached_property
    def size_bounds(self) -> Array:
        """z_0 … z_T >= ‖u_t‖."""
        return iterates(self.step_norms, self.first_size, self.iterations)

    def size_bounds_at(self, steps: Sequence[int]) -> Array:
        """z_t at some t."""
        return iterates_at(self.step_norms, self.first_size, steps)

    def grown_at(self, steps: Sequence[int]) -> Array:
        """Π m of the steps before some t."""
        growths = self.growths
        if is_constant(growths):
            return np.asarray(self.growth ** np.array(steps, dtype=float))
        return np.concatenate([[1.0], np.cumprod(growths)])[list(steps)]

    @property
    def ratio(self) -> float:
        """R with the largest norms of all steps: below 1 the run stays where every step contracts."""
        return float(contraction_ratio(self.step_norms.max(axis=0), self.first_size))

    def truncation_errors(self, order: int, sizes: Array | None = None) -> Array:
        """Bounds on the level errors of the exact lift, (T+1, N+1); `sizes`: measured ‖u_t‖, else the majorant."""
        return level_errors(self.step_norms, self.size_bounds if sizes is None else sizes, order)

    def first_order_errors(self, order: int, sizes: Array | None = None) -> tuple[Array, Array]:
        """Bounds on truncation and bias of the levels of the first-order lift, (T+1, N+1) each."""
        norms = self.step_norms
        count = len(norms)
        moves = norms.copy()
        if self.pair is None:
            moves[:, 1] = self.rates[:count] * max(abs(self.lambda_min), abs(self.lambda_max))
            ends = (self.rate * self.lambda_min, self.rate * self.lambda_max)
            known = ends if self.constant_rate else None
        else:
            moves[:, 1] = 1 + norms[:, 1]
            known = None
        return first_order_errors(moves, self.size_bounds if sizes is None else sizes, order, known)

    def remainder_error(self, sizes: Array | None = None) -> float | None:
        """How far the true run may be from the expanded one at T: w ← g'(z) w + η r z^{q+1}; None if r is not known.

        `sizes` bound both runs; with measured sizes of the expanded run alone it is an estimate.
        """
        if self.remainder is None:
            return None
        z = self.size_bounds if sizes is None else sizes
        norms, error = self.step_norms, 0.0
        for t in range(self.iterations):
            f = norms[t % len(norms)]
            reach = float(z[t]) + error
            slope = math.fsum(power * f[power] * reach ** (power - 1) for power in range(1, len(f)))
            error = slope * error + float(self.rates[t]) * self.remainder * reach ** (self.degree + 1)
            if not error < OVERFLOW:
                return math.inf
        return error


@dataclass(frozen=True)
class OrderSearch:
    """What Carleman orders can do for a run.

    errors     bound on the error of u_T relative to ‖u_T‖ (or to the size in `relative_to`), for N = 1, 2, …
    smallest   the least N within the budget; None if none is
    window     most steps for which some N is within the budget (T if the whole run is)
    relative_to  "measured" or "bound": what stands for ‖u_t‖
    """

    errors: tuple[float, ...]
    smallest: int | None
    window: int
    budget: float
    relative_to: str


def search_orders(
    recursion: Recursion, budget: float, sizes: Array | None = None, highest: int = HIGHEST
) -> OrderSearch:
    """Every order of the exact lift against a relative error `budget`, for the whole run and for shorter ones."""
    if recursion.linear:
        return OrderSearch((0.0,), 1, recursion.iterations, budget, "bound" if sizes is None else "measured")
    z = recursion.size_bounds if sizes is None else np.asarray(sizes, dtype=float)
    alive = (
        len(z) if np.all(z < OVERFLOW) else int(np.argmin(z < OVERFLOW))
    )  # steps before the bound blows up
    relative = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for order in range(1, highest + 1):
            errors = recursion.truncation_errors(order, z[:alive])[:, 1]
            ratio = np.where(errors == 0, 0.0, errors / z[:alive])
            relative.append(np.concatenate([ratio, np.full(len(z) - alive, math.inf)]))
    at_end = tuple(float(r[-1]) for r in relative)
    good = np.min(relative, axis=0) <= budget
    window = int(np.argmin(good)) - 1 if not good.all() else recursion.iterations
    smallest = next((n for n, error in enumerate(at_end, 1) if error <= budget), None)
    return OrderSearch(at_end, smallest, window, budget, "bound" if sizes is None else "measured")


def smallest_contracting_damping(recursion: Recursion) -> float | None:
    """The least μ >= 0 at which H + μI has m < 1 and R < 1; None if there is none (the rate is too large for it).

    Without noise and about the start this is the Newton–Kantorovich condition 2‖g‖‖∇³L‖/(λ_min + μ)² < 1.
    """

    def contracts(damping: float) -> bool:
        moved = Recursion(
            lambda_min=recursion.lambda_min + damping,
            lambda_max=recursion.lambda_max + damping,
            rates=np.array([recursion.rate]),
            gradient=recursion.gradient,
            noise=recursion.noise,
            start=recursion.start,
            higher=recursion.higher,
        )
        return moved.growth < 1 and moved.ratio < 1

    low = max(0.0, -recursion.lambda_min)
    most = 2 / recursion.rate - recursion.lambda_max
    if contracts(0.0):
        return 0.0
    trial = [low + (most - low) * k / 400 for k in range(401)] if most > low else []
    first = next((k for k, mu in enumerate(trial) if contracts(mu)), None)
    if first is None or first == 0:
        return None if first is None else trial[0]
    inside, outside = trial[first], trial[first - 1]
    for _ in range(60):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if contracts(middle) else (inside, middle)
    return inside


def largest_certified_rate(recursion: Recursion, budget: float, highest: int = 6) -> float | None:
    """The largest η at which the whole run is certified to `budget` by some order; None if none is found.

    A schedule is scaled as a whole, η its largest rate. Searched downwards from the stated rate by factors of √2 and
    then by bisection.
    """

    def certified(rate: float) -> bool:
        moved = replace(recursion, rates=recursion.rates * (rate / recursion.rate))
        return search_orders(moved, budget, highest=highest).smallest is not None

    rate = recursion.rate
    if certified(rate):
        return rate
    for _ in range(24):
        below = rate / math.sqrt(2)
        if certified(below):
            inside, outside = below, rate
            for _ in range(12):
                middle = (inside + outside) / 2
                inside, outside = (middle, outside) if certified(middle) else (inside, middle)
            return inside
        rate = below
    return None


def newton_kantorovich(gradient: float, third_derivative: float, curvature: float) -> float:
    """2‖g‖‖∇³L‖/μ² with μ = λ_min > 0: the convergence number of Newton's method (inf for μ <= 0).

    About the current point, with η <= 2/(λ_min + λ_max), R < 1 says the same: h = η‖∇³L‖/2 and the fixed points of
    ηg + (1 − ημ)z + h z² exist exactly where (ημ)² > 4·ηg·h.
    Source: Kantorovich's theorem, as in Ortega, Rheinboldt (1970), 12.6.
    """
    return 2 * gradient * third_derivative / curvature**2 if curvature > 0 else math.inf


def almost_dissipative(recursion: Recursion) -> float:
    """T f_2 r with r the largest certified size: about 1 or less is the class "almost dissipative" of a neutral run."""
    largest = float(recursion.size_bounds.max())
    norms = recursion.step_norms.max(axis=0)
    extra = float(majorant(np.concatenate([[0.0, 0.0], norms[2:]]), largest)) / largest if largest else 0.0
    return recursion.iterations * extra
