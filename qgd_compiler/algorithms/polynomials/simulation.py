r"""Degree of e^{iτx} on [−1, 1] (Jacobi–Anger), by exact sums of Bessel functions and by a bound for any τ.

e^{iτx} = Σ_k (2 − [k=0]) i^k J_k(τ) T_k(x). The truncation after degree R has sup error at most 2 Σ_{k>R} |J_k(τ)|.
For k >= τ: J_k(k sech a) <= e^{k(tanh a − a)} and J_{k+1}/J_k <= e^{−a} (Kapteyn, Paltsev; DLMF 10.14.5).

Kind:    bound.
Source:  Low, Chuang, Quantum 3, 163 (2019), section 4; DLMF 10.12, 10.14.
Checked: tests/algorithms/polynomials/test_lchs.py, against e^{iτx} on a grid.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import jv

from qgd_compiler.errors import UnsupportedError

# Beyond, SciPy's Bessel functions of large order lose digits.
_LARGEST_SUMMED = 1e5


def simulation_degree(tau: float, epsilon: float) -> int:
    """The smallest R with 2 Σ_{k>R} |J_k(τ)| <= ε; Kapteyn's bound takes the place of the sum beyond τ = 1e5.

    >>> simulation_degree(0.0, 1e-3)
    0
    """
    tau = abs(float(tau))
    if not 1e-14 <= epsilon < math.inf:
        raise UnsupportedError(
            f"a simulation error of {epsilon:.3g} is below what float64 can sum",
            at="Hamiltonian simulation",
            remedy="an error of at least 1e-14",
        )
    if tau == 0 or epsilon >= 2:
        return 0
    most = _kapteyn_degree(tau, epsilon)
    if tau > _LARGEST_SUMMED:
        return most
    # Σ_{k>R} |J_k| for every R at once, from the far end, where Kapteyn's bound is below rounding
    far = _kapteyn_degree(tau, 1e-17)
    sizes = np.abs(jv(np.arange(far + 1), tau))
    tails = 2 * (np.cumsum(sizes[::-1])[::-1] - sizes)
    return min(int(np.argmax(tails <= epsilon)), most)


def _kapteyn_degree(tau: float, epsilon: float) -> int:
    """The smallest R >= τ with 2 e^{k(tanh a − a)}/(1 − e^{−a}) <= ε at k = R + 1 = τ cosh a, by bisection."""

    def log_tail(order: int) -> float:
        a = math.acosh(order / tau)
        if a == 0:
            return math.inf
        return math.log(2) + order * (math.tanh(a) - a) - math.log(-math.expm1(-a))

    low = max(math.ceil(tau), 1)
    high = low + 1
    while log_tail(high) > math.log(epsilon):
        high = low + 2 * (high - low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if log_tail(middle) > math.log(epsilon) else (low, middle)
    return high - 1
