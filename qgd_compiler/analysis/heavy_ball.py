r"""Gradient descent with momentum as a recursion on (u, v), in coordinates where one step has a known norm.

v ← βv − η(Hu + g), u ← u + v. In a mode of H with eigenvalue λ one step is the 2×2 matrix

    M(λ) = [[1 − ηλ, β], [−ηλ, β]],

not normal: ‖M^t‖ can exceed its spectral radius^t by far. In the coordinates w = P (u, v), ‖P M(λ) P⁻¹‖ is convex in
λ, so that its largest value over [λ_min, λ_max] stands at an end: m = max over the two ends, and ‖M^t‖ <= cond(P) m^t
for every mode and every t. P = [[1, 0], [b, c]] keeps u as the first coordinate; b and c make ln cond(P) + T ln m
small. Kind: bound, for any P. Source: Lyapunov's method; recursion of Polyak (1964).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HeavyBall:
    """Momentum in certified coordinates.

    transform   P, shape (2, 2)
    growth      m >= ‖P M(λ) P⁻¹‖ for every λ in the spectrum and every learning rate of the run
    condition   cond(P): by how much norms of (u, v) and of P (u, v) can differ
    radius      largest |eigenvalue| of M at the two ends of the spectrum: growth per step of long runs there
    momentum    β
    """

    transform: Array
    growth: float
    condition: float
    radius: float
    momentum: float

    def power_bound(self, iterations: int) -> float:
        """cond(P) m^T >= ‖M^T‖; inf above 1.8e308."""
        exponent = (
            math.log(self.condition) + iterations * math.log(self.growth) if self.growth > 0 else -math.inf
        )
        return math.exp(exponent) if exponent < 709 else math.inf

    def hessian_factor(self) -> Array:
        """P [[1, 0], [1, 0]] P⁻¹: how ηH acts on the pair."""
        return np.asarray(self.transform @ np.array([[1.0, 0.0], [1.0, 0.0]]) @ np.linalg.inv(self.transform))

    def coasting_factor(self) -> Array:
        """P [[0, −β], [0, 1 − β]] P⁻¹: 1 − one step without force."""
        beta = self.momentum
        return np.asarray(
            self.transform @ np.array([[0.0, -beta], [0.0, 1 - beta]]) @ np.linalg.inv(self.transform)
        )

    def push(self) -> Array:
        """P (1, 1): where a gradient pushes."""
        return np.asarray(self.transform @ np.ones(2))

    def position(self) -> Array:
        """The first row of P⁻¹: how u is read from the pair."""
        return np.asarray(np.linalg.inv(self.transform)[0])


def mode_matrix(eigenvalue: float, learning_rate: float, momentum: float) -> Array:
    """M(λ), shape (2, 2)."""
    push = learning_rate * eigenvalue
    return np.array([[1 - push, momentum], [-push, momentum]])


def heavy_ball(
    lambda_min: float,
    lambda_max: float,
    learning_rates: float | Sequence[float] | Array,
    momentum: float,
    iterations: int,
) -> HeavyBall:
    """The best coordinates found, by a local search from several starts; certified whatever the search finds."""
    from scipy.optimize import minimize

    rates = np.unique(np.atleast_1d(np.asarray(learning_rates, dtype=float)))
    # ‖P M P⁻¹‖ is convex in ηλ, so the extreme products are enough
    products = [eta * end for eta in (rates[0], rates[-1]) for end in (lambda_min, lambda_max)]
    ends = [mode_matrix(p, 1.0, momentum) for p in (min(products), max(products))]

    def cost(point: Array) -> float:
        transform = _transform(point)
        return math.log(_condition(transform)) + iterations * math.log(max(_growth(transform, ends), 1e-300))

    starts = [(b, math.log(c)) for b in (0.0, -0.5, 0.5) for c in (1.0, 0.3, 3.0)]
    found = [
        minimize(
            cost,
            np.array(start),
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-10, "maxiter": 600},
        )
        for start in starts
    ]
    best = _transform(np.asarray(min(found, key=lambda result: float(result.fun)).x))
    radius = max(float(np.max(np.abs(np.linalg.eigvals(m)))) for m in ends)
    return HeavyBall(
        transform=best,
        growth=_growth(best, ends) * (1 + 1e-14),
        condition=_condition(best) * (1 + 1e-14),
        radius=radius,
        momentum=momentum,
    )


def _transform(point: Array) -> Array:
    return np.array([[1.0, 0.0], [float(point[0]), math.exp(min(max(float(point[1]), -30.0), 30.0))]])


def _growth(transform: Array, ends: Sequence[Array]) -> float:
    inverse = np.linalg.inv(transform)
    return max(float(np.linalg.norm(transform @ m @ inverse, 2)) for m in ends)


def _condition(transform: Array) -> float:
    return float(np.linalg.cond(transform, 2))
