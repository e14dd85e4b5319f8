r"""The last iterate of a run with one Hessian as a function of it: u_T = f(H) v, with v = −g or v = u_0.

In the eigenbasis every mode runs by itself, so f(λ) is the last iterate of a scalar run driven by −1 (or started from
1): u_{t+1} = u_t − η_t(λ u_t + 1) + β(u_t − u_{t−1}). It is a polynomial of degree at most T in λ. At one rate
without momentum f = η S_T(μ), S_T = 1 + μ + … + μ^{T−1}, or μ^T, with μ = 1 − ηλ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qgd_compiler.analysis.geometric import geometric_sum
from qgd_compiler.analysis.learning_rates import is_constant
from qgd_compiler.errors import InfeasibleError

Array = NDArray[np.float64]
Driven = Literal["gradient", "displacement"]

MOST_STEPS = 5000  # of a run without a closed form, whose largest value is looked for on 8T nodes
NODES_PER_DEGREE = 8


@dataclass(frozen=True, eq=False)
class Response:
    """f, for the rates η_0 … η_{T−1} (1/eigenvalue), momentum β and what drives the run.

    Units: f of an eigenvalue is in 1/eigenvalue where the gradient drives, a pure number where a displacement does.
    """

    rates: Array
    momentum: float
    driven: Driven

    @property
    def steps(self) -> int:
        """T."""
        return len(self.rates)

    @property
    def closed(self) -> bool:
        """Whether there is a closed form: one rate, no momentum."""
        return is_constant(self.rates) and self.momentum == 0

    def values(self, eigenvalues: Array) -> Array:
        """f at each eigenvalue, any shape; exact but for rounding."""
        at = np.asarray(eigenvalues, dtype=float)
        if self.closed:
            rate = float(self.rates[0])
            if self.driven == "displacement":
                return np.asarray((1 - rate * at) ** self.steps)
            return np.asarray(rate * geometric_sum(rate * at, self.steps))
        self._within_reach()
        start, push = (0.0, 1.0) if self.driven == "gradient" else (1.0, 0.0)
        u = np.full(at.shape, start)
        before = u
        for rate in self.rates:
            # of a driven run the sign of −g is taken out
            u, before = u - rate * (at * u - push) + self.momentum * (u - before), u
        return u

    def largest(self, low: float, high: float) -> float:
        """sup |f| over [low, high]: at an end where there is a closed form, else a bound within 2 %."""
        if not self.closed:
            self._within_reach()
            nodes = NODES_PER_DEGREE * self.steps
            x = np.cos((2 * np.arange(nodes) + 1) * (math.pi / (2 * nodes)))
            found = np.abs(self.values((low + high) / 2 + (high - low) / 2 * x)).max()
            # Ehlich, Zeller, Math. Z. 86, 41 (1964): a polynomial of degree d on N > d Chebyshev nodes
            return float(found / math.cos(math.pi * self.steps / (2 * nodes)))
        if self.driven == "gradient":
            return float(driven_largest(self.rates[0], self.steps, low, high))
        return float(np.abs(self.values(np.array([low, high]))).max())

    def smallest(self, low: float, high: float) -> float:
        """A lower bound on |f| over [low, high]; 0 where nothing is known."""
        if not self.closed:
            return 0.0
        rate, steps = float(self.rates[0]), self.steps
        if self.driven == "gradient":
            return float(driven_smallest(rate, steps, low, high))
        mu = 1 - rate * np.array([high, low])
        return 0.0 if mu[0] <= 0 <= mu[1] else float(np.abs(mu).min() ** steps)

    def _within_reach(self) -> None:
        if not self.closed and self.steps > MOST_STEPS:
            raise InfeasibleError(
                f"a run of {self.steps:,} steps with a changing rate or momentum has no closed form",
                at="dynamics",
                remedy=f"at most {MOST_STEPS:,} iterations, or one rate and no momentum",
            )


def driven_largest(rate: ArrayLike, steps: ArrayLike, low: ArrayLike, high: ArrayLike) -> Array:
    """sup |η S_T(1 − ηλ)| over low <= λ <= high, at one rate from u_0 = 0; arrays that broadcast.

    S_T grows with μ >= 0 and stays within [0, 1] on [−1, 0], where S_T(0) = 1.
    """
    rate, steps, low, high = (np.asarray(a, dtype=float) for a in (rate, steps, low, high))
    sums = [np.abs(rate * geometric_sum(rate * end, steps)) for end in (low, high)]
    top = np.where(1 - rate * low >= 0, sums[0], rate)
    return np.asarray(np.maximum(top, np.where(1 - rate * high < -1, sums[1], 0.0)))


def driven_smallest(rate: ArrayLike, steps: ArrayLike, low: ArrayLike, high: ArrayLike) -> Array:
    """A lower bound on |η S_T(1 − ηλ)| over low <= λ <= high, at one rate from u_0 = 0; arrays that broadcast.

    At μ = −a < 0, S_T = (1 ∓ a^T)/(1 + a) >= (1 − a^T)/(1 + a), which falls with a.
    """
    rate, steps, low, high = (np.asarray(a, dtype=float) for a in (rate, steps, low, high))
    x = rate * high
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ripple = -np.expm1(steps * np.log1p(np.maximum(x, 1.0) - 2)) / np.maximum(x, 1.0)
    least = np.where(x <= 1, geometric_sum(x, steps), np.where(x < 2, ripple, 0.0))
    return np.asarray(rate * least)
