r"""Polynomials for a plain Hermitian encoding of H >= 0: |p| <= 1 on [−1, 1], and p ≈ c·f only on the spectrum.

x = λ/α_H is in [x_min, x_max] ⊂ [0, 1], and p need not follow f on the rest of [−1, 1]. For a degree d the largest
amplitude c with |p − cf| <= cε on the spectrum is a linear programme in (p, c). It is solved on a grid (HiGHS,
Chebyshev basis) and made rigorous by `certificate.py`: p is divided by its largest possible value, and the error is
bounded between the grid points too. So amplitude, error and degree that are reported are those of an explicit
polynomial, whatever the solver did.

The state comes out with amplitude c, and amplification pays 1/c: the best polynomial has the least d/c.

Targets, β = bT for the first two: (1−bx)^T with b = ηα_H; its mean (1/T) Σ_{j<T} (1−bx)^j; e^{−βx}.

Kind:    bound (within the margin of two per cent in the error a polynomial of a smaller degree may exist).
Source:  derived here. Degrees for e^{−βx}: 1.65 β at ε = 1e-2, c = ½; 2.8 β at ε = 1e-3, c = ½.
Checked: tests/algorithms/polynomials/test_one_sided.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial.chebyshev import chebvander
from numpy.typing import NDArray
from scipy.optimize import linprog

from qgd_compiler.algorithms.polynomials.certificate import largest_difference, largest_value
from qgd_compiler.algorithms.polynomials.polynomial import Polynomial
from qgd_compiler.algorithms.polynomials.symmetric_walk import Array
from qgd_compiler.errors import InfeasibleError, UnsupportedError
from qgd_compiler.kinds import Kind

LARGEST_DEGREE = 240
# Beyond, 240 is not enough at any useful error: 1.6 β at 1e-2.
LARGEST_RATE = 150.0
SMALLEST_EPSILON = 1e-7
SOURCE = "linear programme in the Chebyshev basis, certified between the nodes (Ehlich, Zeller 1964)"
# The programme asks for a little more than is wanted, so that the certificate of what it finds holds.
_MARGIN = 0.02
_FINER = 4
_ROUNDS = 12


@dataclass(frozen=True)
class Target:
    """What p is to follow, as a function of u = asin x, on a part of [0, 1].

    form    "exponential" e^{−βx}, "power" (1−bx)^T, "mean" (1/T) Σ_{j<T} (1−bx)^j,
            "folded" e^{−βm sin(u/m)}, the exponential on a scale that is m times as long (stretched.py)
    rate    β = bT
    steps   T; m for "folded"; 1 for "exponential"
    low, high   the spectrum in x
    """

    form: str
    rate: float
    steps: int = 1
    low: float = 0.0
    high: float = 1.0

    def __call__(self, u: Array) -> Array:
        """f at x = sin u."""
        if self.form == "folded":
            return np.asarray(np.exp(-self.rate * self.steps * np.sin(u / self.steps)))
        x = np.sin(u)
        if self.form == "exponential":
            return np.asarray(np.exp(-self.rate * x))
        step = 1 - self.rate / self.steps * x
        if self.form == "power":
            return np.asarray(step**self.steps)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = (1 - step**self.steps) / (self.rate * x)
        return np.asarray(np.where(self.rate * x < 1e-9, 1.0, mean))

    @property
    def curvature(self) -> float:
        """A bound on |d²f/du²|: |f''| + |f'| in x, each at most that of e^{−βx} where |1−bx| <= 1."""
        return self.rate**2 + self.rate

    @property
    def name(self) -> str:
        """In words."""
        words = {"exponential": "e^(-beta x)", "power": "(1 - b x)^T", "mean": "mean of (1 - b x)^j"}
        return "one-sided polynomial of " + words.get(self.form, "e^(-beta m sin(asin(x)/m))")


def exponential(beta: float, low: float = 0.0, high: float = 1.0) -> Target:
    """e^{−βx}."""
    return _checked(Target("exponential", float(beta), 1, low, high))


def power(steps: int, slope: float, low: float = 0.0, high: float = 1.0) -> Target:
    """(1−bx)^T with b = `slope` = ηα_H; b·high <= 2, or gradient descent diverges."""
    return _checked(Target("power", slope * steps, steps, low, high))


def mean(steps: int, slope: float, low: float = 0.0, high: float = 1.0) -> Target:
    """(1/T) Σ_{j<T} (1−bx)^j."""
    return _checked(Target("mean", slope * steps, steps, low, high))


@lru_cache(maxsize=1024)
def largest_amplitude(target: Target, degree: int, epsilon: float) -> Polynomial:
    """The certified polynomial of this degree with (nearly) the largest amplitude c for error `epsilon`.

    Raises InfeasibleError where none of this degree has the error.
    """
    _insist_in_reach(degree, epsilon)
    fine = 16 * (degree + 1)
    theta = np.pi * np.arange(fine + 1) / fine
    # the error swings fastest at the ends of the spectrum
    share = (1 - np.cos(theta)) / 2
    u = np.arcsin(target.low) * (1 - share) + np.arcsin(target.high) * share
    # a coarse grid first; where the solution oversteps its limits between the points, the worst points are added
    use_theta = np.arange(0, fine + 1, 2 * _FINER)
    use_u = np.unique(np.append(np.arange(0, len(u), 2 * _FINER), len(u) - 1))
    basis_theta = np.asarray(chebvander(np.cos(theta), degree), dtype=float)
    basis_u = np.asarray(chebvander(np.sin(u), degree), dtype=float)
    f = target(u)
    for _ in range(_ROUNDS):
        solution = _programme(basis_theta[use_theta], basis_u[use_u], f[use_u], epsilon)
        if solution is None:
            raise _no_polynomial(target, degree, epsilon)
        coefficients, amplitude = solution
        size = np.abs(basis_theta @ coefficients)
        error = np.abs(basis_u @ coefficients - amplitude * f) / (amplitude * epsilon)
        if np.max(size) < 1 + _MARGIN / 4 and np.max(error) < 1 - 0.75 * _MARGIN:
            break
        use_theta = np.union1d(use_theta, _peaks(size, 1 + _MARGIN / 8))
        use_u = np.union1d(use_u, _peaks(error, 1 - 0.9 * _MARGIN))
    return _certified(target, coefficients, amplitude, epsilon)


def _programme(bounded: Array, spectrum: Array, f: Array, epsilon: float) -> tuple[Array, float] | None:
    """max c with |p| <= 1 on the rows of `bounded` and |p − cf| <= 0.98 cε on those of `spectrum`; None: c = 0."""
    tight = 1 - _MARGIN
    columns = bounded.shape[1]
    zero = np.zeros((len(bounded), 1))
    # rows of the error are far smaller than those of the size: halfway scaling keeps the digits of both
    scale = 1 / np.sqrt(epsilon)
    above = scale * np.hstack([spectrum, -(f + tight * epsilon)[:, None]])
    below = scale * np.hstack([-spectrum, (f - tight * epsilon)[:, None]])
    solved = linprog(
        np.append(np.zeros(columns), -1.0),
        A_ub=np.vstack([np.hstack([bounded, zero]), np.hstack([-bounded, zero]), above, below]),
        b_ub=np.concatenate([np.ones(2 * len(bounded)), np.zeros(2 * len(f))]),
        bounds=[(None, None)] * columns + [(0.0, 1.0)],
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10},
    )
    if solved.x is None or solved.x[-1] < 1e-6:
        return None
    return np.asarray(solved.x[:-1]), float(solved.x[-1])


def _peaks(values: Array, limit: float) -> NDArray[np.int64]:
    """Where `values` has a local maximum above `limit`."""
    padded = np.concatenate([[-np.inf], values, [-np.inf]])
    top = (padded[1:-1] >= padded[:-2]) & (padded[1:-1] >= padded[2:])
    return np.flatnonzero(top & (values > limit))


def _certified(target: Target, coefficients: Array, amplitude: float, epsilon: float) -> Polynomial:
    interval = (target.low, target.high)

    def scaled(u: Array) -> Array:
        return amplitude * target(u)

    error = largest_difference(
        coefficients, scaled, amplitude * target.curvature, interval, amplitude * epsilon
    )
    if error > amplitude * epsilon:
        raise _no_polynomial(target, len(coefficients) - 1, epsilon)
    size = max(largest_value(coefficients), 1.0)
    final = coefficients / size
    return Polynomial(
        name=target.name,
        degree=len(coefficients) - 1,
        amplitude=amplitude / size,
        error=error / amplitude,
        kind=Kind.BOUND,
        source=SOURCE,
        one_norm=float(np.sum(np.abs(final))),
        series=lambda: final,
    )


@lru_cache(maxsize=256)
def smallest_degree(target: Target, epsilon: float, amplitude: float) -> Polynomial:
    """The polynomial of smallest degree with at least this amplitude (which can only grow with the degree)."""

    def reaches(degree: int) -> bool:
        return _amplitude(target, degree, epsilon) >= amplitude

    if target.rate > LARGEST_RATE:
        raise _out_of_reach(target, epsilon)
    low, high = 0, max(4, min(int(target.rate), LARGEST_DEGREE))
    while not reaches(high):
        if high == LARGEST_DEGREE:
            raise _out_of_reach(target, epsilon)
        low, high = high, min(2 * high, LARGEST_DEGREE)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return largest_amplitude(target, high, epsilon)


@lru_cache(maxsize=256)
def best(target: Target, epsilon: float) -> Polynomial:
    """The polynomial with the least degree/amplitude, which is what amplification makes of the number of queries."""

    def price(degree: int) -> float:
        found = _amplitude(target, degree, epsilon)
        return degree / found if found > 0 else np.inf

    if target.rate > LARGEST_RATE:
        raise _out_of_reach(target, epsilon)
    first = _first_feasible(target, epsilon, price)
    cheapest, step = _scan(price, first)
    while step > 1:
        step = max(step // 3, 1)
        around = [d for d in (cheapest - step, cheapest, cheapest + step) if 1 <= d <= LARGEST_DEGREE]
        cheapest = min(around, key=price)
    return largest_amplitude(target, cheapest, epsilon)


def _first_feasible(target: Target, epsilon: float, price: Callable[[int], float]) -> int:
    degree = max(1, int(target.rate))
    while not np.isfinite(price(min(degree, LARGEST_DEGREE))):
        if degree >= LARGEST_DEGREE:
            raise _out_of_reach(target, epsilon)
        degree = max(degree + 1, degree * 5 // 4)
    return min(degree, LARGEST_DEGREE)


def _scan(price: Callable[[int], float], first: int) -> tuple[int, int]:
    """The cheapest of degrees that grow by a fifth, until two in a row are dearer than the cheapest by a tenth."""
    cheapest, degree, dearer = first, first, 0
    while dearer < 2 and degree < LARGEST_DEGREE:
        degree = min(max(degree + 1, degree * 6 // 5), LARGEST_DEGREE)
        if price(degree) < price(cheapest):
            cheapest = degree
        dearer = dearer + 1 if price(degree) > 1.1 * price(cheapest) else 0
    return cheapest, max(cheapest // 6, 1)


def _amplitude(target: Target, degree: int, epsilon: float) -> float:
    try:
        return largest_amplitude(target, degree, epsilon).amplitude
    except InfeasibleError:
        return 0.0


def _checked(target: Target) -> Target:
    if not (target.rate > 0 and target.steps >= 1 and 0 <= target.low < target.high <= 1):
        raise UnsupportedError(
            f"a one-sided polynomial needs β > 0, T >= 1 and 0 <= x_min < x_max <= 1, got {target}",
            at="one-sided polynomial",
            remedy="a positive semidefinite Hessian whose encoding has α_H >= ‖H‖",
        )
    if target.form in ("power", "mean") and target.rate / target.steps * target.high > 2 + 1e-12:
        raise UnsupportedError(
            f"η‖H‖ = {target.rate / target.steps * target.high:.4g} > 2: gradient descent diverges",
            at="one-sided polynomial",
            remedy="a smaller learning rate",
        )
    return target


def _insist_in_reach(degree: int, epsilon: float) -> None:
    if degree > LARGEST_DEGREE or not SMALLEST_EPSILON <= epsilon < 1:
        raise UnsupportedError(
            f"the linear programme serves degrees up to {LARGEST_DEGREE} and errors from "
            f"{SMALLEST_EPSILON:.0e} to 1, got degree {degree} and error {epsilon:.3g}",
            at="one-sided polynomial",
            remedy="a larger error, or stretched.py: it serves any β where f is close to e^(-beta x)",
        )


def _no_polynomial(target: Target, degree: int, epsilon: float) -> InfeasibleError:
    return InfeasibleError(
        f"no certified {target.name} of degree {degree} has error {epsilon:.3g} (β = {target.rate:.4g})",
        at="one-sided polynomial",
        remedy="a larger degree",
    )


def _out_of_reach(target: Target, epsilon: float) -> UnsupportedError:
    return UnsupportedError(
        f"{target.name} with β = {target.rate:.4g} and error {epsilon:.3g} needs a degree beyond {LARGEST_DEGREE}",
        at="one-sided polynomial",
        remedy="a larger error, or stretched.py: it serves any β where f is close to e^(-beta x)",
    )
