r"""Linear combination of Hamiltonian simulations (LCHS) as one polynomial in H.

Gradient flow e^{−τλ} = Σ_j w_j e^{−i k_j τ λ} on the spectrum, to the errors of `polynomials/lchs.py`; driven, the
mean over the way, Σ_j w_j (1 − e^{−iz_j})/(iz_j) with z_j = k_j τ λ. For one Hermitian H all these simulations are
one Chebyshev series in x = H/α, whose degree is that of the longest of them, K τα and a little: no simulation has to
be run apart. Gradient descent is `flow_distance` away from the flow, which is part of the error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.polynomials.certificate import largest_value
from qgd_compiler.algorithms.polynomials.flow import driven_distance_at_least, flow_distance
from qgd_compiler.algorithms.polynomials.lchs import Lchs, lchs
from qgd_compiler.algorithms.quadratic import Quadratic
from qgd_compiler.algorithms.routes.bounded import norms_of_series
from qgd_compiler.algorithms.routes.families import TRANSFORMATION, Truncated, on_grid
from qgd_compiler.analysis.response import driven_largest
from qgd_compiler.errors import InfeasibleError, QgdError, UnsupportedError
from qgd_compiler.kinds import Kind

MOST_VALUES = 6e7  # nodes times samples that are written down
LEFT = 0.1  # of the error, for all but the distance to the flow
SAMPLES = 1.2  # per unit of the largest frequency, beyond which the series falls off faster than any power

Array = NDArray[np.float64]


@final
@dataclass(frozen=True, eq=False)
class Hamiltonian:
    """LCHS of the gradient flow that the run approximates."""

    quadratic: Quadratic
    name: str = "LCHS"
    family: str = "lchs"
    argument: str = "H"
    gram: bool = False
    methods: tuple[str, ...] = (TRANSFORMATION,)
    _known: dict[tuple[float, int], Truncated] = field(default_factory=dict)

    @property
    def offers(self) -> Sequence[Offer]:
        """Encodings of H."""
        return self.quadratic.offers

    @property
    def _time(self) -> float:
        return self.quadratic.response.steps * float(self.quadratic.response.rates[0])

    def why_not(self, alpha: float) -> str:
        """As `Family` says."""
        quadratic = self.quadratic
        if not quadratic.response.closed:
            return "the step changes along the run, and the flow with it"
        if quadratic.low < 0:
            return "an eigenvalue may be negative"
        if not self._time * alpha > 0:
            return "there is nothing to simulate"
        try:
            self._left(0.01)
        except QgdError as error:
            return error.what
        return ""

    def places(self, alpha: float, eigenvalues: Array) -> Array:
        """As `Family` says."""
        return np.asarray(eigenvalues / alpha)

    def truncated(self, alpha: float, relative: float) -> Truncated:
        """As `Family` says; errors are rounded down to a grid."""
        return on_grid(self._known, alpha, relative, self._made)

    def _left(self, relative: float) -> tuple[float, float, float]:
        """Of a relative error what the distance to the flow leaves, that distance, and F over the value at λ = 0."""
        quadratic, time = self.quadratic, self._time
        driven = quadratic.response.driven == "gradient"
        at_zero = time if driven else 1.0
        ratio = min(quadratic.response.largest(quadratic.low, quadratic.high) / at_zero, 1.0)
        rate = float(quadratic.response.rates[0])
        away = flow_distance(
            quadratic.response.steps, rate * quadratic.low, rate * quadratic.high, driven=driven
        )
        left = relative * ratio - away
        if not left > LEFT * relative * ratio:
            raise InfeasibleError(
                f"gradient flow is {away:.3g} away from gradient descent, and {relative * ratio:.3g} is allowed",
                remedy="a smaller learning rate with more iterations, or another solver",
            )
        return left, away, ratio

    def _made(self, alpha: float, relative: float) -> Truncated:
        quadratic, time = self.quadratic, self._time
        driven = quadratic.response.driven == "gradient"
        left, away, ratio = self._left(relative)
        try:
            combined = lchs(time * alpha, 0.8 * left, norm=time * quadratic.high)
        except UnsupportedError as error:
            raise InfeasibleError(error.what) from error
        series = self._series(combined, time * alpha, driven)
        # the certified largest value on [−1, 1] becomes 1
        size = largest_value(series)
        sizes = np.abs(series) / size
        behind = np.append(np.cumsum(sizes[::-1])[::-1][1:], 0.0)
        enough = np.flatnonzero(behind <= 0.15 * left / size)
        degree = int(enough[0]) if len(enough) else len(series) - 1
        kept = series[: degree + 1] / size
        weight, processed, moment, parity = norms_of_series(kept)
        return Truncated(
            degree=degree,
            parity=parity,
            weight=weight,
            moment=moment,
            processed=processed,
            scale=ratio / size,
            error=(combined.error + away) / size + float(behind[degree]),
            kind=Kind.BOUND,
            source=f"{combined.source}; one series, algorithms/routes/hamiltonian.py",
            signed=True,
            series=kept,
        )

    def _series(self, combined: Lchs, evolution: float, driven: bool) -> Array:
        """Chebyshev coefficients of the combination on [−1, 1]; frequencies up to K·τα."""
        frequency = combined.cut * evolution
        count = 2 ** math.ceil(math.log2(SAMPLES * frequency + 60))
        if float(count) * 2**combined.bits > MOST_VALUES:
            raise InfeasibleError(
                f"a combination of {2**combined.bits:,} simulations with {frequency:.3g} as their largest phase is "
                f"longer than is written down",
                remedy="a shorter run or a coarser error; its queries grow like 36 eta*T*alpha",
            )
        nodes, weights = combined.nodes(), combined.weights()
        x = np.cos((np.arange(count) + 0.5) * (math.pi / count))
        values = np.zeros(count)
        # w(−k) is the conjugate of w(k): twice the real part of one half
        half = len(nodes) // 2
        for k, w in zip(nodes[half:], weights[half:], strict=True):
            z = k * evolution * x
            if driven:
                small = np.where(np.abs(z) < 1e-6, 1e-6, z)
                turned = np.where(np.abs(z) < 1e-6, 1 - 0.5j * z, (1 - np.exp(-1j * small)) / (1j * small))
            else:
                turned = np.exp(-1j * z)
            values += 2 * (w * turned).real
        found = dct(values, type=2) / count
        found[0] /= 2
        return np.asarray(found)


def out_of_reach(rate: Array, steps: Array, low: Array, high: Array, relative: Array) -> NDArray[np.bool_]:
    """Where a driven run from u_0 = 0 is so far from the flow that no polynomial has the relative error; flat arrays.

    False decides nothing.
    """
    ratio = np.minimum(driven_largest(rate, steps, low, high) / (steps * rate), 1.0)
    away = driven_distance_at_least(steps, rate * low, rate * high)
    return np.asarray(away > (1 - LEFT) * relative * ratio)
