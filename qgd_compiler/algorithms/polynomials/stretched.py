r"""One-sided polynomials for any β: a certified polynomial of small degree, folded and windowed.

A polynomial p of degree d0 that follows c·e^{−β sin(u/m)} on u in [0, π/2] as p(sin u) (form "folded" of
one_sided.py) is composed with sin(m asin x) = ±T_m(x), m odd: p(±T_m(x)) has degree m·d0, stays within ±1, and is,
with φ = asin x,

    A  φ in [0, π/2m]:     within e_p of c·e^{−βx};
    B  φ in [π/2m, π/m]:   the same values backwards: at most c·e^{−β sin(π/m − φ)} + e_p;
    C  beyond:             anything within ±1, over and over.

A smoothed step W of degree d_W switches B and C off: W(x) ≈ (1 − E(y))/2, E the Chebyshev truncation of erf(k'y),
y = (x − x_c)/(1 + x_c), which is in [−1, 1] with x. The transition from 1 to 0 may be as wide as about π/m, so that
d_W is about 12 m at ε = 1e-3, beside m·d0 = 85 m at β0 = 30. So β = m β0 costs m(d0 + 12): nothing is extrapolated.

Error of E: e^{−k²y²} = e^{−β'(1 + T_2(y))}, β' = k²/2, is the Skellam expansion in −T_2; truncated after T_{2J} and
integrated, the terms beyond are at most 1/(2J+1) each: δ = (2k/√π) P(|Skellam| > J)/(2J+1), degree 2J+1. Regions A to
C are bounded cell by cell: on a cell both e^{−βx} and W are monotone, and each takes its worst end.

(1−bx)^T with b·x_max <= 1 is within 4/(e²T) of e^{−bTx}: (1−u) >= e^{−u}(1−u²), so e^{−Tu} − (1−u)^T <= Tu²e^{−Tu}.
Its mean over j < T is followed by the mean of p(xj/T), which has the same degree and the mean of the errors.

Kind:    bound.
Source:  derived here; erf as a step: Low, Chuang, arXiv:1707.05391.
Checked: tests/algorithms/polynomials/test_stretched.py, on dense grids.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import erf, erfc, erfcinv

from qgd_compiler.algorithms.polynomials import one_sided
from qgd_compiler.algorithms.polynomials.certificate import coefficients_from_grid
from qgd_compiler.algorithms.polynomials.one_sided import Target
from qgd_compiler.algorithms.polynomials.polynomial import Polynomial
from qgd_compiler.algorithms.polynomials.symmetric_walk import Array
from qgd_compiler.algorithms.polynomials.walks import (
    exponential_coefficients,
    exponential_degree,
    exponential_tail,
)
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Kind

# β of the polynomial that is folded: large enough that the step costs little, small enough to be computed in seconds.
LARGEST_FOLDED = 30.0
_FOR_THE_STEP = 0.15
_CELLS = 20_000
_GRID = 1.05
_MANY_FOLDS = 10**6


@dataclass(frozen=True)
class Step:
    """A polynomial close to 1 below `centre` and close to 0 above: (1 − erf(sharpness·y))/2 within `error`."""

    centre: float
    sharpness: float
    half_degree: int
    error: float

    @property
    def degree(self) -> int:
        """2J + 1."""
        return 2 * self.half_degree + 1

    def at_most(self, x: Array) -> Array:
        """An upper bound on W(x), falling in x."""
        return np.asarray(self._ideal(x) + self.error)

    def at_least(self, x: Array) -> Array:
        """A lower bound on W(x), falling in x."""
        return np.asarray(self._ideal(x) - self.error)

    def _ideal(self, x: Array) -> Array:
        return np.asarray(erfc(self.sharpness * (x - self.centre) / (1 + self.centre)) / 2)

    def __call__(self, x: Array) -> Array:
        """W(x) itself, scaled so that |W| <= 1."""
        n = self.half_degree
        weights = exponential_coefficients(self.sharpness**2 / 2, n) * (-1.0) ** np.arange(n + 1)
        gauss = np.zeros(2 * n + 1)
        gauss[::2] = weights
        series = np.polynomial.chebyshev.chebint(gauss) * (2 * self.sharpness / np.sqrt(np.pi))
        series[0] = 0.0  # erf is odd
        y = (np.asarray(x) - self.centre) / (1 + self.centre)
        ideal = (1 - np.polynomial.chebyshev.chebval(y, series)) / 2
        # |E| <= 1 + 2·error/2, so W leaves [0, 1] by at most half of the error before scaling
        return np.asarray((ideal - 0.5) / (1 + self.error) + 0.5)


def step(centre: float, height: float) -> Step:
    """A step about `centre` that is within `height` of 1 at x = 0 and of 0 at x = 2·centre, and from there on."""
    zeta = float(erfcinv(height))
    sharpness = zeta * (1 + centre) / centre
    allowed = height / 4
    rate = sharpness**2 / 2
    scale = allowed * np.sqrt(np.pi) / sharpness
    # the factor 1/(2J+1) of the error is put in for a J that is too small, then for the J found: still enough
    first = int(exponential_degree(rate, min(scale, 1.0)))
    lower = int(exponential_degree(rate, min(scale * (2 * first + 1), 1.0)))
    half = int(exponential_degree(rate, min(scale * (2 * lower + 1), 1.0)))
    delta = 2 * sharpness / np.sqrt(np.pi) * exponential_tail(rate, half) / (2 * half + 1)
    # half of E's error, and as much again for the scaling into [0, 1]
    return Step(centre, sharpness, half, float(delta))


def needs_programme(target: Target, epsilon: float) -> bool:
    """Whether a linear programme for the whole of `target` is the only way to this error."""
    return target.rate <= LARGEST_FOLDED or _distance_to_exponential(target) >= 0.5 * epsilon


def one_sided_polynomial(target: Target, epsilon: float, amplitude: float | None = None) -> Polynomial:
    """The best certified polynomial for `target`: by linear programme where that reaches, else stretched.

    amplitude   at least this; None: what makes degree/amplitude least
    """
    slack = _distance_to_exponential(target)
    if needs_programme(target, epsilon):
        # far from the exponential only the programme itself helps; it says so where it does not reach
        if amplitude is None:
            return one_sided.best(target, epsilon)
        return one_sided.smallest_degree(target, epsilon, amplitude)
    found = stretched(target.rate, epsilon - slack, amplitude)
    has_series = target.form != "mean"
    return Polynomial(
        name=target.name,
        degree=found.degree,
        amplitude=found.amplitude,
        error=found.error + slack,
        kind=Kind.BOUND,
        source=found.source,
        one_norm=None,
        series=found.series if has_series else None,
    )


@lru_cache(maxsize=256)
def stretched(rate: float, epsilon: float, amplitude: float | None = None) -> Polynomial:
    """The folded and windowed polynomial for e^{−βx} on [0, 1], β = `rate`."""
    fold = max(int(np.ceil(rate / LARGEST_FOLDED)), 3)
    fold += 1 - fold % 2
    # p(rx), r <= 1, serves the smaller rate: rates share the polynomials of a coarse grid
    inner_rate = LARGEST_FOLDED / _GRID ** np.floor(np.log(LARGEST_FOLDED * fold / rate) / np.log(_GRID))
    full = inner_rate * fold
    inner = _inner(float(inner_rate), fold, epsilon * (1 - _FOR_THE_STEP), amplitude)
    height = _FOR_THE_STEP * inner.amplitude * epsilon
    for _ in range(6):
        window = step(float(np.sin(np.pi / fold)) / 2, height)
        error = _composed_error(full, fold, inner, window)
        if error <= inner.amplitude * epsilon:
            break
        height /= 2
    else:
        raise InfeasibleError(
            f"the step of a stretched polynomial found no room in the error {epsilon:.3g}",
            at="one-sided polynomial",
            remedy="a larger error",
        )
    degree = fold * inner.degree + window.degree

    def series() -> Array:
        x = np.clip(rate / full * np.cos(np.pi * np.arange(degree + 1) / degree), -1, 1)
        return coefficients_from_grid(inner(np.sin(fold * np.arcsin(x))) * window(x))

    return Polynomial(
        name="one-sided polynomial of e^(-beta x)",
        degree=degree,
        amplitude=inner.amplitude,
        error=error / inner.amplitude,
        kind=Kind.BOUND,
        source="a certified polynomial, folded by T_m and windowed (algorithms/polynomials/stretched.py)",
        series=series,
    )


def _inner(rate: float, fold: int, epsilon: float, amplitude: float | None) -> Polynomial:
    """A good polynomial of the folded exponential, of the degree that serves e^{−βu} (the limit of many folds)."""
    limit = Target("folded", rate, _MANY_FOLDS)
    if amplitude is None:
        degree = one_sided.best(limit, epsilon).degree
    else:
        degree = one_sided.smallest_degree(limit, epsilon, amplitude).degree
    folded = Target("folded", rate, fold)
    while True:
        found = one_sided.largest_amplitude(folded, degree, epsilon)
        if amplitude is None or found.amplitude >= amplitude:
            return found
        degree += 1


def _composed_error(rate: float, fold: int, inner: Polynomial, window: Step) -> float:
    """A bound on |p(±T_m(x)) W(x) − c e^{−βx}| over [0, 1]."""
    c, e_p = inner.amplitude, inner.amplitude * inner.error
    cells = np.linspace(0, np.pi / (2 * fold), _CELLS + 1)
    x = np.sin(cells)
    most, least = np.minimum(window.at_most(x[:-1]), 1.0), window.at_least(x[1:])
    first = np.max(e_p * most + c * np.exp(-rate * x[:-1]) * (1 - least))
    back = cells + np.pi / (2 * fold)
    far = np.sin(back)
    mirrored = np.minimum(c * np.exp(-rate * np.sin(np.maximum(np.pi / fold - back[1:], 0))) + e_p, 1.0)
    second = np.max(mirrored * np.minimum(window.at_most(far[:-1]), 1.0) + c * np.exp(-rate * far[:-1]))
    # from π/m on both W and the exponential only fall
    third = float(window.at_most(far[-1:])[0]) + c * float(np.exp(-rate * far[-1]))
    return max(float(first), float(second), third)


def _distance_to_exponential(target: Target) -> float:
    """A bound on |f − e^{−βx}| on the spectrum (for the mean: on its distance from the mean of exponentials)."""
    if target.form == "exponential":
        return 0.0
    if target.rate / target.steps * target.high > 1:
        return float("inf")
    most = 4 * np.exp(-2.0)
    if target.form == "power":
        return float(most / target.steps)
    return float(most * (1 + np.log(target.steps)) / target.steps)


def erf_series_error(window: Step, points: int = 2001) -> float:
    """How far the step's polynomial is from the ideal one on a grid (for tests and reports)."""
    x = np.linspace(-1, 1, points)
    y = (x - window.centre) / (1 + window.centre)
    return float(np.max(np.abs(window(x) - (1 - erf(window.sharpness * y)) / 2)))
