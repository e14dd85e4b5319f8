r"""Which polynomials serve a quadratic run: their degree for an error, and what they are of.

With f the response (u_T = f(H) v) and F its largest size on the spectrum, each family has p ≈ c f/F with |p| <= Σ|a_k|.

| family | argument x or y | p |
|---|---|---|
| power | x = (I − ηH)/α | x^T, or Σ_j α^j x^j / Σ_j α^j |
| Gram | y = I − 2J†J/α_J², H = J†J + μ | the lazy walk of pace η'α_J², η' = η/(1−ημ), or its weighted mean |

Both truncate Chebyshev series with non-negative coefficients, whose sup error is exactly the tail of a walk
(`polynomials/walks.py`). A weighted mean over j of tails t_j is bounded as follows. Tails of a fair walk grow in
steps of two, those of a lazy walk of pace <= 1 in steps of one. Weights that fall with j: within each class of steps
at most the plain mean of the class (Chebyshev's sum inequality), so at most the plain mean over all j times the
number of classes, rounded up. Weights that grow: at most the largest of the last tails. Paces between 1 and 2 with
weights: Bernstein's bound, which grows with j. Σ a_k k² is the mean square of the walk: j for a fair step, cj/2 for a
lazy one. Families in H itself: `bounded.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, final

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.polynomials import walks
from qgd_compiler.algorithms.qsp.series import Parity
from qgd_compiler.algorithms.quadratic import Quadratic
from qgd_compiler.kinds import Kind

CHEBYSHEV, PROCESSING, TRANSFORMATION = "Chebyshev sum", "generalised QSP", "QSVT"
Array = NDArray[np.float64]
ROUNDING = 1e-13  # of an alpha that is 1
SMALLEST = 1e-140  # amplitudes below drown in float64 when squared
PER_DECADE = 4  # errors of a grid, so that a search over splits finds polynomials that take long again


@dataclass(frozen=True)
class Truncated:
    """A polynomial at one error.

    degree, parity   of the series in the argument
    weight           Σ|a_k|, at most; also max |p|
    moment           Σ|a_k|k², at most
    processed        what generalised QSP or QSVT subnormalises p by, at most
    error            sup |p − c f/F| on the spectrum, at most
    signed           whether coefficients have signs
    scale            c
    series           a_0 … a_degree, where the family computed them (None: what they are follows from the response)
    """

    degree: int
    parity: Parity
    weight: float
    moment: float
    processed: float
    scale: float
    error: float
    kind: Kind
    source: str
    signed: bool = False
    series: Array | None = field(default=None, compare=False, repr=False)


class Family(Protocol):
    """A family of polynomials for one run.

    name       of the solver; `family` what a spec calls it
    argument   what it is a polynomial of, in words
    gram       the offers encode a factor J, and the argument is 1 − 2J†J/α_J²
    methods    how its polynomials may be applied
    """

    @property
    def name(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def argument(self) -> str: ...
    @property
    def gram(self) -> bool: ...
    @property
    def methods(self) -> Sequence[str]: ...
    @property
    def offers(self) -> Sequence[Offer]: ...

    def why_not(self, alpha: float) -> str:
        """Why it cannot serve with an encoding of this α; "" where it may, which `truncated` has to tell."""

    def places(self, alpha: float, eigenvalues: Array) -> Array:
        """The argument at eigenvalues of H, with an encoding of this α."""

    def truncated(self, alpha: float, relative: float) -> Truncated:
        """The polynomial of the smallest degree whose error is at most `relative` times its scale."""


@final
@dataclass(frozen=True, eq=False)
class Power:
    """Polynomials in one step I − ηH."""

    quadratic: Quadratic
    name: str = "power polynomial"
    family: str = "power"
    argument: str = "one step I - eta*H"
    gram: bool = False
    methods: tuple[str, ...] = (CHEBYSHEV, PROCESSING)

    @property
    def offers(self) -> Sequence[Offer]:
        """Encodings of the step."""
        return self.quadratic.steps

    def why_not(self, alpha: float) -> str:
        """As `Family` says."""
        response = self.quadratic.response
        if not response.closed:
            return "the step changes along the run"
        return too_small(_scale(self.quadratic, alpha))

    def places(self, alpha: float, eigenvalues: Array) -> Array:
        """As `Family` says."""
        return np.asarray((1 - float(self.quadratic.response.rates[0]) * eigenvalues) / alpha)

    def truncated(self, alpha: float, relative: float) -> Truncated:
        """As `Family` says."""
        response = self.quadratic.response
        steps, rounding = response.steps, 0.0
        if abs(alpha - 1) <= ROUNDING:
            # a sum of entries that is 1 but for float64; x^j moves by at most j of the difference
            alpha, rounding = 1.0, steps * abs(alpha - 1)
        scale = _scale(self.quadratic, alpha)
        epsilon = relative * scale - rounding
        if response.driven == "displacement":
            degree = int(walks.power_degree(steps, epsilon))
            parity = Parity.ODD if steps % 2 else Parity.EVEN
            error = walks.power_tail(steps, degree) + rounding
            return _walk(degree, parity, float(steps), scale, error, Kind.EXACT)
        if steps == 1:
            return _walk(0, Parity.EVEN, 0.0, scale, 0.0, Kind.EXACT)
        if alpha == 1:
            degree = int(walks.power_mean_degree(steps, epsilon))
            error, kind = walks.power_mean_tail(steps, degree) + rounding, Kind.EXACT
        elif alpha < 1:
            classes = steps / (steps // 2)
            degree = int(walks.power_mean_degree(steps, epsilon / classes))
            error, kind = classes * walks.power_mean_tail(steps, degree), Kind.BOUND
        else:
            last = (steps - 1, max(steps - 2, 1))
            degree = max(int(walks.power_degree(t, epsilon)) for t in last)
            error, kind = max(walks.power_tail(t, degree) for t in last), Kind.BOUND
        moment = (steps - 1) / 2 if alpha <= 1 else steps - 1.0
        return _walk(degree, Parity.MIXED if degree else Parity.EVEN, moment, scale, error, kind)


@final
@dataclass(frozen=True, eq=False)
class Gram:
    """Polynomials in 1 − 2J†J/α_J², where the Hessian has a square root."""

    quadratic: Quadratic
    name: str = "Gram polynomial"
    family: str = "gram"
    argument: str = "1 - 2*J'J/alpha_J^2"
    gram: bool = True
    methods: tuple[str, ...] = (CHEBYSHEV, PROCESSING)

    @property
    def offers(self) -> Sequence[Offer]:
        """Encodings of the factor J."""
        return () if self.quadratic.factor is None else self.quadratic.factor.offers

    def _kept(self) -> tuple[float, float]:
        """1 − ημ, and η' = η/(1−ημ)."""
        assert self.quadratic.factor is not None
        rate = float(self.quadratic.response.rates[0])
        kept = 1 - rate * self.quadratic.factor.shift
        return kept, rate / kept if kept > 0 else math.inf

    def why_not(self, alpha: float) -> str:
        """As `Family` says."""
        if not self.quadratic.response.closed:
            return "the step changes along the run"
        kept, rate = self._kept()
        if not kept > 0:
            return "the damping overshoots: 1 - eta*mu is not above 0"
        if rate * alpha**2 > 2:
            return (
                f"the pace eta*alpha_J^2/(1 - eta*mu) is {rate * alpha**2:.4g}, above 2: coefficients would change "
                f"sign, and their sum would grow with every step"
            )
        return too_small(_scale(self.quadratic, self._kept()[0]))

    def places(self, alpha: float, eigenvalues: Array) -> Array:
        """As `Family` says."""
        assert self.quadratic.factor is not None
        return np.asarray(1 - 2 * (eigenvalues - self.quadratic.factor.shift) / alpha**2)

    def truncated(self, alpha: float, relative: float) -> Truncated:
        """As `Family` says."""
        response, (kept, rate) = self.quadratic.response, self._kept()
        scale, steps, pace = _scale(self.quadratic, kept), response.steps, rate * alpha**2
        epsilon = relative * scale
        if response.driven == "displacement":
            degree = int(walks.lazy_degree(steps, pace, epsilon))
            error = walks.lazy_tail(steps, pace, degree)
            return _walk(degree, Parity.EVEN, pace * steps / 2, scale, error, Kind.EXACT)
        if steps == 1:
            return _walk(0, Parity.EVEN, 0.0, scale, 0.0, Kind.EXACT)
        kind = Kind.BOUND
        if kept == 1 or (kept < 1 and pace <= 1):
            degree = int(walks.lazy_mean_degree(steps, pace, epsilon))
            error, kind = walks.lazy_mean_tail(steps, pace, degree), Kind.EXACT if kept == 1 else Kind.BOUND
        elif pace <= 1:
            degree = int(walks.lazy_degree(steps - 1, pace, epsilon))
            error = walks.lazy_tail(steps - 1, pace, degree)
        else:
            degree, error = int(walks.lazy_degree_bound(steps - 1, pace, epsilon)), epsilon
        moment = pace * (steps - 1) / (4 if kept <= 1 else 2)
        return _walk(degree, Parity.EVEN, moment, scale, error, kind)


def _walk(degree: int, parity: Parity, moment: float, scale: float, error: float, kind: Kind) -> Truncated:
    return Truncated(degree, parity, 1.0, moment, 1.0, scale, error, kind, WALK)


WALK = "tail of a symmetric walk, algorithms/polynomials/walks.py; Sachdeva, Vishnoi (2014)"


def _scale(quadratic: Quadratic, base: float) -> float:
    """F over b^T, or over η Σ_{j<T} b^j; logarithms keep what float64 cannot."""
    response = quadratic.response
    largest = response.largest(quadratic.low, quadratic.high)
    steps, rate = response.steps, float(response.rates[0])
    if response.driven == "displacement":
        log = math.log(largest) - steps * math.log(base)
        return math.exp(min(log, 0.0))
    grown = steps * math.log(base)
    if grown > 700:
        return 0.0
    total = steps if base == 1 else math.expm1(grown) / (base - 1)
    return min(largest / (rate * total), 1.0)


def too_small(scale: float) -> str:
    if scale > SMALLEST:
        return ""
    return f"the polynomial keeps {scale:.3g} of the answer: the encoding's alpha is above 1, and so is its power"


def place_of(relative: float) -> int:
    """The place of an error in the grid, rounded down."""
    return math.floor(PER_DECADE * math.log10(relative))


def on_grid(
    known: dict[tuple[float, int], Truncated],
    alpha: float,
    relative: float,
    make: Callable[[float, float], Truncated],
) -> Truncated:
    """A polynomial for an error rounded down to a grid, so that a search over splits finds it again."""
    place = place_of(relative)
    if (alpha, place) not in known:
        known[(alpha, place)] = make(alpha, 10.0 ** (place / PER_DECADE))
    return known[(alpha, place)]
