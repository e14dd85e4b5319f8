r"""Polynomials in H itself, x = H/α: of the response on all of [−1, 1], or on the spectrum alone.

Direct: f is a polynomial of degree at most T in λ, so its Chebyshev coefficients on [−α, α] follow from T+1 samples;
p = f/W with W = Σ|a_k| keeps c = F/W, and dropping a_k for k > d costs at most Σ_{k>d}|a_k|/W. The series falls off
beyond k ~ ηTα, but f is largest at x = −1, where there is no eigenvalue: c falls like e^{−ηTα}.

One-sided: where no eigenvalue is negative, p may do as it likes on [−1, 0) as long as |p| <= 1. The largest c for a
degree is a linear programme, or a proven construction for large ηTα (`polynomials/one_sided.py`, `stretched.py`); c
stays of order one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.polynomials import one_sided
from qgd_compiler.algorithms.polynomials.certificate import largest_value
from qgd_compiler.algorithms.polynomials.polynomial import Polynomial
from qgd_compiler.algorithms.polynomials.stretched import needs_programme, one_sided_polynomial
from qgd_compiler.algorithms.qsp.series import Parity, largest_moment
from qgd_compiler.algorithms.quadratic import Quadratic
from qgd_compiler.algorithms.routes.families import (
    CHEBYSHEV,
    PROCESSING,
    TRANSFORMATION,
    Truncated,
    on_grid,
    too_small,
)
from qgd_compiler.errors import InfeasibleError, QgdError, UnsupportedError
from qgd_compiler.kinds import Kind

LARGEST_PROGRAMME = 12.0  # eta*T*alpha up to which a linear programme is solved in about a second
MOST_SAMPLES = 2**17  # a longer run has more coefficients than are written down
DIRECT = "Chebyshev coefficients of the run itself; what is cut off is summed, algorithms/routes/bounded.py"

Array = NDArray[np.float64]


@final
@dataclass(frozen=True, eq=False)
class Direct:
    """Chebyshev series of the response on all of [−1, 1]."""

    quadratic: Quadratic
    name: str = "direct polynomial"
    family: str = "bounded"
    argument: str = "H"
    gram: bool = False
    methods: tuple[str, ...] = (CHEBYSHEV, PROCESSING)
    _series: dict[float, Array] = field(default_factory=dict)

    @property
    def offers(self) -> Sequence[Offer]:
        """Encodings of H."""
        return self.quadratic.offers

    def why_not(self, alpha: float) -> str:
        """As `Family` says."""
        response = self.quadratic.response
        if response.steps >= MOST_SAMPLES:
            return f"a run of {response.steps:,} steps has more coefficients than are written down"
        rate = float(np.max(response.rates))
        if response.steps * math.log1p(rate * alpha) > 300:
            return too_small(0.0)
        return too_small(self._scaled(alpha)[1])

    def places(self, alpha: float, eigenvalues: Array) -> Array:
        """As `Family` says."""
        return np.asarray(eigenvalues / alpha)

    def _scaled(self, alpha: float) -> tuple[Array, float]:
        """a_k/W, and c."""
        if alpha not in self._series:
            response = self.quadratic.response
            count = response.steps + 1
            nodes = np.cos((np.arange(count) + 0.5) * (math.pi / count))
            found = dct(response.values(alpha * nodes), type=2) / count
            found[0] /= 2
            self._series[alpha] = np.asarray(found)
        found = self._series[alpha]
        whole = float(np.abs(found).sum())
        largest = self.quadratic.response.largest(self.quadratic.low, self.quadratic.high)
        return found / whole, min(largest / whole, 1.0)

    def truncated(self, alpha: float, relative: float) -> Truncated:
        """As `Family` says."""
        series, scale = self._scaled(alpha)
        sizes = np.abs(series)
        # what stands behind each place, summed from the smallest, and float64's own error of the transform
        behind = np.append(np.cumsum(sizes[::-1])[::-1][1:], 0.0) + 1e-15 * math.log2(len(series) + 1)
        enough = np.flatnonzero(behind <= relative * scale)
        degree = int(enough[0]) if len(enough) else len(series) - 1
        kept = sizes[: degree + 1]
        parity = parity_of_series(series[: degree + 1])
        return Truncated(
            degree=degree,
            parity=parity,
            weight=1.0,
            moment=float(kept @ np.arange(degree + 1, dtype=float) ** 2),
            processed=1.0,
            scale=scale,
            error=float(behind[degree]),
            kind=Kind.BOUND,
            source=DIRECT,
            signed=bool(np.any(series[: degree + 1] < 0)),
        )


def parity_of_series(series: Array) -> Parity:
    """Which coefficients there are."""
    even, odd = bool(np.any(series[::2])), bool(np.any(series[1::2]))
    if even and odd:
        return Parity.MIXED
    return Parity.ODD if odd else Parity.EVEN


@final
@dataclass(frozen=True, eq=False)
class OneSided:
    """Polynomials that follow the response on the spectrum alone."""

    quadratic: Quadratic
    name: str = "one-sided polynomial"
    family: str = "bounded"
    argument: str = "H"
    gram: bool = False
    methods: tuple[str, ...] = (TRANSFORMATION,)
    _known: dict[tuple[float, int], Truncated] = field(default_factory=dict)

    @property
    def offers(self) -> Sequence[Offer]:
        """Encodings of H."""
        return self.quadratic.offers

    def why_not(self, alpha: float) -> str:
        """As `Family` says."""
        quadratic = self.quadratic
        if not quadratic.response.closed:
            return "the step changes along the run"
        if quadratic.low < 0:
            return "an eigenvalue may be negative"
        rate = float(quadratic.response.rates[0])
        if rate * quadratic.high > 1:
            return f"eta*lambda_max is {rate * quadratic.high:.4g}, above 1"
        if not alpha > 0:
            return "the encoding has alpha 0"
        try:
            target, ratio = self._target(alpha)
            _insist_in_reach(target, 0.01 * ratio)
        except QgdError as error:
            return error.what
        return ""

    def places(self, alpha: float, eigenvalues: Array) -> Array:
        """As `Family` says."""
        return np.asarray(eigenvalues / alpha)

    def truncated(self, alpha: float, relative: float) -> Truncated:
        """As `Family` says; errors are rounded down to a grid."""
        return on_grid(self._known, alpha, relative, self._made)

    def _target(self, alpha: float) -> tuple[one_sided.Target, float]:
        """What is approximated, and the share of its value at x = 0 that F is."""
        response, quadratic = self.quadratic.response, self.quadratic
        slope = float(response.rates[0]) * alpha
        target = one_sided.power if response.driven == "displacement" else one_sided.mean
        low, high = max(quadratic.low / alpha, 0.0), min(quadratic.high / alpha, 1.0)
        # targets are 1 at x = 0, where f is ηT or 1; F is at the smallest eigenvalue
        at_zero = response.steps * float(response.rates[0]) if response.driven == "gradient" else 1.0
        ratio = response.largest(quadratic.low, quadratic.high) / at_zero
        return target(response.steps, slope, low, high), min(ratio, 1.0)

    def _made(self, alpha: float, relative: float) -> Truncated:
        target, ratio = self._target(alpha)
        found = _solved(target, relative * ratio)
        weight, processed, moment, parity = _norms(found)
        scale = found.amplitude * ratio
        # of a run of one step the last coefficient is 0
        other = {Parity.EVEN: found.degree % 2, Parity.ODD: 1 - found.degree % 2}.get(parity, 0)
        return Truncated(
            degree=found.degree - other,
            parity=parity,
            weight=weight,
            moment=moment,
            processed=processed,
            scale=scale,
            error=found.amplitude * found.error,
            kind=found.kind,
            source=found.source,
            signed=True,
            series=found.coefficients() if found.has_coefficients else None,
        )


def _insist_in_reach(target: one_sided.Target, epsilon: float) -> None:
    if target.rate > LARGEST_PROGRAMME and needs_programme(target, epsilon):
        raise InfeasibleError(
            f"at eta*T*alpha = {target.rate:.4g} and error {epsilon:.2g} only a linear programme of a large degree "
            f"would do",
            remedy="more and shorter steps, a larger error, or another solver",
        )


@lru_cache(maxsize=256)
def _solved(target: one_sided.Target, epsilon: float) -> Polynomial:
    """The best polynomial; InfeasibleError where only a programme helps that takes minutes to solve."""
    _insist_in_reach(target, epsilon)
    try:
        return one_sided_polynomial(target, epsilon)
    except UnsupportedError as error:
        raise InfeasibleError(error.what) from error


def _norms(found: Polynomial) -> tuple[float, float, float, Parity]:
    """Σ|a_k|, what QSVT pays (the sum of the largest values of both parts), Σ|a_k|k², and the parity."""
    if not found.has_coefficients:
        # |p| <= 1 bounds each part by 1
        return 1.0, 2.0, float(largest_moment(2.0, found.degree)), Parity.MIXED
    return norms_of_series(found.coefficients())


def norms_of_series(series: Array) -> tuple[float, float, float, Parity]:
    """The same of coefficients that are known."""
    even, odd = series.copy(), series.copy()
    even[1::2], odd[::2] = 0.0, 0.0
    parts = [largest_value(part) for part in (even, odd) if np.any(part)]
    moment = float(np.abs(series) @ np.arange(len(series), dtype=float) ** 2)
    return float(np.abs(series).sum()), math.fsum(parts), moment, parity_of_series(series)
