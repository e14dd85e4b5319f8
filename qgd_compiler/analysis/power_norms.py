r"""Growth of powers that are not those of a normal matrix: bounds K_t >= ‖M(λ)^t‖ over a whole spectrum.

A recursion whose one-step matrix has norm above its spectral radius (momentum) can first grow and then decay. With
‖M(λ)^t‖ computed at the centres of cells of half-width h, and d >= ‖M(λ) − M(centre)‖ in a cell,

    K_t = k_t + d Σ_{i<t} k_i K_{t−1−i},   k_t = max over the centres of ‖M^t‖,

holds in every cell, from M'^t − M^t = Σ_i M^i (M' − M) M'^{t−1−i}. The history then has ‖L⁻¹‖ <= the norm of the
lower triangular Toeplitz matrix of the K_t. Kind: bound (rounding aside).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.analysis.heavy_ball import mode_matrix

Array = NDArray[np.float64]

MOST_STEPS = 5000  # length of a run up to which powers are followed one by one
MOST_CELLS = 20_000
SLACK = 0.02  # of the sum of all K_t that the width of the cells may cost
POWER_STEPS = 60
TOLERANCE = 0.01


def heavy_ball_powers(
    lambda_min: float, lambda_max: float, learning_rate: float, momentum: float, iterations: int
) -> Array | None:
    """K_0 … K_T for gradient descent with momentum on (u, v); None where T or the needed cells are too many."""
    if iterations > MOST_STEPS:
        return None
    low, high = learning_rate * lambda_min, learning_rate * lambda_max
    cells = 64
    while cells <= MOST_CELLS:
        half = (high - low) / (2 * cells)
        centres = np.asarray(low + half * (2.0 * np.arange(cells) + 1.0), dtype=float)
        at_centres = _centre_norms(centres, momentum, iterations)
        distance = math.sqrt(2) * half * (1 + 1e-12)  # ‖M(λ) − M(λ')‖ = √2 |ηλ − ηλ'|
        if not np.all(np.isfinite(at_centres)):
            return None
        if distance * float(at_centres.sum()) <= SLACK:
            return _spread(at_centres, distance)
        cells *= 2
    return None


def _centre_norms(products: Array, momentum: float, iterations: int) -> Array:
    """max ‖M^t‖₂ over the given ηλ, for t = 0 … T."""
    steps = np.array([mode_matrix(p, 1.0, momentum) for p in products])
    power = np.broadcast_to(np.eye(2), steps.shape).copy()
    found = np.empty(iterations + 1)
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(iterations + 1):
            found[t] = math.sqrt(float(np.max(_squared_norm(power))))
            power = steps @ power
    return found * (1 + 1e-12)


def _squared_norm(m: Array) -> Array:
    """‖·‖₂² of 2×2 matrices in closed form."""
    total = np.sum(m**2, axis=(-2, -1))
    determinant = m[..., 0, 0] * m[..., 1, 1] - m[..., 0, 1] * m[..., 1, 0]
    return np.asarray((total + np.sqrt(np.maximum(total**2 - 4 * determinant**2, 0))) / 2)


def _spread(at_centres: Array, distance: float) -> Array:
    found = np.empty_like(at_centres)
    found[0] = at_centres[0]
    for t in range(1, len(found)):
        found[t] = at_centres[t] + distance * float(at_centres[:t] @ found[t - 1 :: -1])
    return found


def toeplitz_inverse_norm(powers: Array, padding: int) -> float:
    """‖L⁻¹‖ at most, for K_0 … K_T and p copies behind: Collatz's quotient along a power iteration."""
    from scipy.signal import fftconvolve

    steps, rows = len(powers) - 1, len(powers) + padding

    def forward(x: Array) -> Array:
        head = np.maximum(fftconvolve(x[: steps + 1], powers)[: steps + 1], 0)
        return np.concatenate([head, head[-1] + np.cumsum(x[steps + 1 :])])

    def backward(x: Array) -> Array:
        tail = np.cumsum(x[steps + 1 :][::-1])[::-1]
        last = x[: steps + 1].copy()
        last[-1] += tail[0] if len(tail) else 0.0
        head = np.maximum(fftconvolve(last[::-1], powers)[: steps + 1], 0)[::-1]
        return np.concatenate([head, tail])

    x = np.cos(np.arange(rows) * math.pi / (2 * rows + 1)) + 1e-3
    best = math.inf
    for _ in range(POWER_STEPS):
        y = backward(forward(x))
        best = min(best, float((y / x).max()))
        if best <= float((x @ y) / (x @ x)) * (1 + TOLERANCE) ** 2:
            break
        x = np.maximum(y / float(y.max()), 1e-9)
    return math.sqrt(best) * (
        1 + 1e-6
    )  # convolutions by FFT round at 1e-16 of the largest entry, x stays above 1e-9
