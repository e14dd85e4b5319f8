"""The two symmetric random walks behind the direct polynomials, by their moment generating function.

G(s) = E e^{sZ} of one step (or of one unit of time) determines everything. With z = e^s on the unit circle,
(z + 1/z)/2 = y and (z^k + z^-k)/2 = T_k(y), so that a walk whose generating function is a function f(y) *is* the
Chebyshev expansion of f: f(y) = Σ_k P(Z=k) T_|k|(y). All weights are non-negative and add up to one.

Values on the complex plane, s = σ + iθ, are returned as (real part, imaginary part) of log G^T in terms that keep
their digits for small s: cosh s − 1 = 2 sinh²(s/2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class SymmetricWalk(Protocol):
    """A symmetric walk on the integers; parameters are arrays that broadcast."""

    def reach(self) -> Array:
        """The largest place the walk can stand on (may be infinite)."""

    def saddle(self, k: Array) -> Array:
        """σ >= 0 with K'(σ) = k, K = log E e^{sZ}."""

    def variance(self, sigma: Array) -> Array:
        """K''(σ): the variance of the walk tilted by e^{σZ}."""

    def log_moment(self, half_sinh: tuple[Array, Array]) -> tuple[Array, Array]:
        """log E e^{sZ} from the real and imaginary part of sinh(s/2)."""

    def mean_factor(self) -> Array:
        """m with average of G^t over time t = m (G^T − 1)/(2 sinh(s/2))²."""

    def pick(self, index: Any) -> SymmetricWalk:
        """The walk with its parameters restricted to `index`."""

    def opposite(self) -> tuple[Array, Array, SymmetricWalk] | None:
        """(−1)^T-like sign, log weight and walk that G is about θ = π; None where |G| is least there."""


@dataclass(frozen=True)
class LazyWalk:
    """T steps, each ±1 with probability c/4 and 0 with 1 − c/2: G = 1 − c/2 + (c/2) y = 1 + c sinh²(s/2).

    steps   T >= 1
    pace    c, 0 < c <= 2; 2 is the walk of fair ±1 steps, G = y. (About θ = π an image walk with c > 2 appears.)
    """

    steps: Array
    pace: Array

    def reach(self) -> Array:
        return self.steps

    def saddle(self, k: Array) -> Array:
        # B sinh σ = t (A + B cosh σ) with A = 1 − c/2, B = c/2, t = k/T; sinh σ − t cosh σ ∝ sinh(σ − atanh t)
        t = k / self.steps
        half = self.pace / 2
        return np.asarray(np.arctanh(t) + np.arcsinh(t * (1 - half) / (half * np.sqrt((1 - t) * (1 + t)))))

    def variance(self, sigma: Array) -> Array:
        half = self.pace / 2
        growth = 1 + self.pace * np.sinh(sigma / 2) ** 2
        return np.asarray(self.steps * half * ((1 - half) * np.cosh(sigma) + half) / growth**2)

    def log_moment(self, half_sinh: tuple[Array, Array]) -> tuple[Array, Array]:
        re, im = half_sinh
        a = self.pace * (re - im) * (re + im)
        b = 2 * self.pace * re * im
        return 0.5 * self.steps * np.log1p(a * (2 + a) + b * b), self.steps * np.arctan2(b, 1 + a)

    def mean_factor(self) -> Array:
        return np.asarray(4 / (self.pace * self.steps))

    def pick(self, index: Any) -> LazyWalk:
        return LazyWalk(self.steps[index], self.pace[index])

    def opposite(self) -> tuple[Array, Array, SymmetricWalk] | None:
        # 1 + c (i cosh(s'/2))² = −(c − 1) (1 + c/(c − 1) sinh²(s'/2)) with s' = s − iπ
        if np.all(self.pace <= 1):
            return None
        lead = np.maximum(self.pace - 1, 1e-300)
        sign = np.where(np.mod(self.steps, 2) == 0, 1.0, -1.0)
        weight = np.where(self.pace > 1, self.steps * np.log(lead), -np.inf)
        return sign, weight, LazyWalk(self.steps, self.pace / np.where(self.pace > 1, lead, 1.0))


@dataclass(frozen=True)
class PoissonWalk:
    """Difference of two independent Poisson variables of mean β/2 (Skellam): G = e^{−β(1−y)} = e^{2β sinh²(s/2)}.

    rate   β > 0
    """

    rate: Array

    def reach(self) -> Array:
        return np.full_like(self.rate, np.inf)

    def saddle(self, k: Array) -> Array:
        return np.asarray(np.arcsinh(k / self.rate))

    def variance(self, sigma: Array) -> Array:
        return np.asarray(self.rate * np.cosh(sigma))

    def log_moment(self, half_sinh: tuple[Array, Array]) -> tuple[Array, Array]:
        re, im = half_sinh
        return 2 * self.rate * (re - im) * (re + im), 4 * self.rate * re * im

    def mean_factor(self) -> Array:
        return np.asarray(2 / self.rate)

    def pick(self, index: Any) -> PoissonWalk:
        return PoissonWalk(self.rate[index])

    def opposite(self) -> tuple[Array, Array, SymmetricWalk] | None:
        return None
