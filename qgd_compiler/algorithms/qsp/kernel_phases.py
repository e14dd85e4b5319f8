r"""Phases of the kernel-reflection filter of `algorithms/kernel_reflection.py`, whose formulas these are.

K(σ) = 2 (T_l(z)+1)/(T_l(z0)+1) − 1, z = (1+Δ²−2σ²)/(1−Δ²), Δ = 1/κ. In y = 2σ² − 1 = T_2(σ) it has degree l, and
Chebyshev interpolation in l+1 points is exact.

|K| reaches 1, so the phases give K times 1 − margin: the output keeps its direction, and succeeds (1 − margin)² times
as often.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import chebyshev

from qgd_compiler.algorithms.qsp.angles import MARGIN, TOLERANCE
from qgd_compiler.algorithms.qsp.phases import Phases, phases_of


def kernel_coefficients(kappa: float, half_degree: int) -> np.ndarray:
    """a_0 … a_{2l} of K = Σ a_k T_k for l = `half_degree` >= 1 and κ > 1; 0 for odd k."""
    if not (kappa > 1 and half_degree >= 1):
        raise ValueError(f"no filter of degree {2 * half_degree} for a condition number of {kappa}")
    gap = 1 / kappa**2
    top = _chebyshev(half_degree, np.array([(1 + gap) / (1 - gap)]))[0]

    y = chebyshev.chebpts1(half_degree + 1)
    values = 2 * (_chebyshev(half_degree, (gap - y) / (1 - gap)) + 1) / (top + 1) - 1
    found = np.zeros(2 * half_degree + 1)
    found[::2] = chebyshev.chebvander(y, half_degree).T @ values * 2 / (half_degree + 1)
    found[0] /= 2
    return found


def kernel_phases(
    kappa: float, half_degree: int, *, margin: float = MARGIN, tolerance: float = TOLERANCE
) -> Phases:
    """Phases for K; their `pairs` are what `kernel_reflection.reflection_pair` takes, the first pair first."""
    return phases_of(kernel_coefficients(kappa, half_degree), margin=margin, tolerance=tolerance, largest=1.0)


def _chebyshev(order: int, z: np.ndarray) -> np.ndarray:
    """T_order(z) for z >= −1, to full precision also where it is large."""
    inside = np.cos(order * np.arccos(np.clip(z, -1, 1)))
    return np.asarray(np.where(z > 1, np.cosh(order * np.arccosh(np.maximum(z, 1))), inside))
