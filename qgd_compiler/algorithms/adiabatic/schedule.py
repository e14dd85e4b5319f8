r"""Numbers of the adiabatic path and of its filter: schedule, angles, weights.

The path is A(f) = (1−f) + f A, A = L/α, or with one more qubit the Hermitian (1−f) Z + f (|0><1|⊗A + |1><0|⊗A†). Its
singular values are at least √((1−f)² + (f/κ)²): for the second always, for the first where A + A† >= 0. The schedule

    f(s) = κ/(κ−1) (1 − (1 + s(κ^{p−1} − 1))^{1/(1−p)}),   1 < p < 2,

slows down as the p-th power of that bound. Source: Costa et al., arXiv:2111.08152; p = 1.4 as in arXiv:2312.07690.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

POWER = 1.4


def schedule(s: float, kappa: float, power: float = POWER) -> float:
    """f(s) for 0 <= s <= 1; f(0) = 0 and f(1) = 1. κ >= 1."""
    growth = math.expm1((power - 1) * math.log(kappa))
    if growth == 0:
        return s
    return kappa / (kappa - 1) * -math.expm1(math.log1p(s * growth) / (1 - power))


def walk_angles(kappa: float, steps: int, power: float = POWER) -> tuple[float, ...]:
    """The rotations θ with R_y(θ)|0> ∝ (1−f)|0> + f|1> at s = n/T, n = 0 … T−1."""
    path = (schedule(n / steps, kappa, power) for n in range(steps))
    return tuple(2 * math.atan2(f, 1 - f) for f in path)


def window(kappa: float, steps: int) -> NDArray[np.float64]:
    r"""The Dolph–Chebyshev weights w_0 … w_ℓ.

    $$\sum_m w_m e^{i(\ell-2m)\varphi} = T_\ell(\beta\cos\varphi)/T_\ell(\beta)$$

    β = 1/√(1−1/κ²). They are positive, symmetric, and add up to 1; where sin φ >= 1/κ the sum is at most
    1/T_ℓ(β) in size. Exact, by a Fourier transform of ℓ+1 values.
    """
    beta = 1 / math.sqrt(1 - kappa**-2)
    phi = np.pi * np.arange(steps + 1) / (steps + 1)
    x = beta * np.cos(phi)
    top = math.cosh(steps * math.acosh(beta))
    outside = np.cosh(steps * np.arccosh(np.maximum(np.abs(x), 1.0))) * np.where(x < 0, (-1.0) ** steps, 1.0)
    inside = np.cos(steps * np.arccos(np.clip(x, -1.0, 1.0)))
    values = np.where(np.abs(x) > 1, outside, inside) / top
    weights: NDArray[np.float64] = np.fft.ifft(np.exp(-1j * steps * phi) * values).real
    return weights


@dataclass(frozen=True)
class FilterAngles:
    """Rotations of the two qubits that choose the weights one after the other.

    draw    R_y that puts √(weight of k) on |1>, given that nothing was drawn before k; one per inner place
    undraw  R_y that puts √(weight of k) on |1>, given that something was drawn up to k
    last    R_y that puts √(weight of all inner places) on |0>
    """

    draw: tuple[float, ...]
    undraw: tuple[float, ...]
    last: float


def filter_angles(weights: NDArray[np.float64]) -> FilterAngles:
    """The angles for weights w_0 … w_ℓ: inner place k = 1 … ℓ−1 has w_k, none of them w_0 + w_ℓ."""
    inner = np.maximum(weights[1:-1], 0.0)
    upto = np.cumsum(inner)
    total = float(upto[-1]) + float(weights[0]) + float(weights[-1])
    left = total - np.concatenate([[0.0], upto[:-1]])
    return FilterAngles(
        draw=tuple(_angle(w, rest) for w, rest in zip(inner, left, strict=True)),
        undraw=tuple(_angle(w, sum_) for w, sum_ in zip(inner, upto, strict=True)),
        last=_angle(total - float(upto[-1]), total),
    )


def _angle(part: float, whole: float) -> float:
    return 2 * math.asin(math.sqrt(min(float(part) / float(whole), 1.0)))
