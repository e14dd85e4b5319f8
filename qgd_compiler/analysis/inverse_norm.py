r"""How much the history system amplifies: the 2-norm of the inverse of its matrix, exactly and bounded.

The history matrix of u_{t+1} = G u_t + G_0 with K = T+1+p block rows is L = I − S⊗G on the first T steps and
I − S⊗I on the p steps behind. Let ℓ(m) be the K×K lower bidiagonal matrix with 1 on the diagonal and −m (T
times), then −1 (p times) below it. If ‖G‖ <= m then ‖L⁻¹‖ <= ‖ℓ(m)⁻¹‖, because the blocks of L⁻¹ are
products of G and are bounded by the entries of ℓ(m)⁻¹, which are not negative. If G = I − ηH is symmetric
and m = max|1 − ηλ| is attained, L contains ℓ(±m) as a block of its eigenbasis, and the two are equal.

**The secular equation.** The singular vectors u, v of ℓ for its smallest singular value σ are positive.
Over the padding, from the end, with σ = 2 sin(ψ/2): u ∝ cos((j+½)ψ), v ∝ sin((j+1)ψ), j rows from the end.
Over the run, from the start, with σ² = (1−m)² + 4m sin²(θ/2): u_i ∝ σ sin((i+1)θ), v_i ∝ sin((i+1)θ) − m
sin(iθ). Both must give the same ratio v/u in row T:

    m sin(Tθ) / sin((T+1)θ) = cos((p+3/2)ψ) / cos((p+1/2)ψ),

with θ imaginary where σ < |1−m|. The ratio from the start falls with σ and the ratio from the end rises, so
the root is the only one below the first pole. For m = 1 it is θ = ψ = π/(2K+1). K costs nothing.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.scalars import Scalar

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SAFETY = 1e-9  # relative; the root is accurate to about 1e-12, and the value must never lie below the truth
_ROUNDING = 1e-14  # relative; what the closed forms may lose
_TINY = 1e-100


def history_inverse_norm(growth: Scalar, iterations: Scalar, padding: Scalar) -> Scalar:
    """The 2-norm of the inverse of the scalar history matrix ℓ(m), never below the true value.

    Shape:  numbers or arrays that broadcast; m >= 0, T >= 1, p >= 0; a float for numbers, else an array.
    Error:  at most 1e-9 relative, upwards; `inf` where the value exceeds 1.8e308.
    Kind:   exact (to 1e-9) for symmetric H whose growth m is attained; else a bound.
    Source: the secular equation above; for m = 1 the discrete Laplacian with one free and one fixed end.

    >>> round(history_inverse_norm(1.0, 100, 0), 4)
    64.6221
    """
    with np.errstate(over="ignore"):
        value = np.exp(log_history_inverse_norm(growth, iterations, padding))
    return value if isinstance(value, np.ndarray) and value.ndim else float(value)


def log_history_inverse_norm(growth: Scalar, iterations: Scalar, padding: Scalar) -> Scalar:
    """The natural logarithm of `history_inverse_norm`, finite for any growth."""
    m, steps, extra = _checked(growth, iterations, padding)
    if m.ndim == 0:
        return _log_norm_of_one(float(m), float(steps), float(extra))
    result = _log_asymptotic(m, steps, extra)
    rest = ~_is_asymptotic(m, steps, extra)
    if rest.any():
        result[rest] = _log_norms(m[rest], steps[rest], extra[rest])
    return np.minimum(result, log_closed_bound(m, steps, extra))


def neutral_inverse_norm(rows: Scalar) -> Scalar:
    """‖ℓ(1)⁻¹‖ = 1 / (2 sin(π/(2(2K+1)))) for K rows, about 0.64 K. Kind: exact."""
    return 0.5 / np.sin(np.pi / (2 * (2 * np.asarray(rows, dtype=float) + 1)))[()]


def dissipative_bound(growth: Scalar, iterations: Scalar, padding: Scalar) -> Scalar:
    """Closed bound for m < 1: 1/δ of the run plus the norm of the padding alone; `inf` elsewhere.

    Without padding (1 − m^{T+1})/δ, δ = 1 − m; with padding 1/δ + 1/(2 sin(π/(2(2p+3)))). Kind: bound.
    """
    m, steps, extra = _checked(growth, iterations, padding)
    margin = 1 - m
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        run = np.where(margin > 0, -np.expm1((steps + 1) * _log(m)) / margin, np.inf)
        with_padding = np.where(margin > 0, 1 / margin, np.inf) + neutral_inverse_norm(extra + 1)
    return np.where(extra == 0, run, with_padding)[()]


def growing_bound(growth: Scalar, iterations: Scalar, padding: Scalar) -> Scalar:
    """Closed bound (m^K − 1)/(m − 1) for m > 1; `inf` above 1.8e308 and for m <= 1. Kind: bound."""
    m, steps, extra = _checked(growth, iterations, padding)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(m > 1, np.expm1((steps + 1 + extra) * _log(m)) / (m - 1), np.inf)[()]


def log_schur_bound(growth: Scalar, iterations: Scalar, padding: Scalar) -> Scalar:
    """Logarithm of √(largest row sum · largest column sum) of ℓ⁻¹, which bounds its norm. Kind: bound.

    With G(m) = 1 + m + … + m^T the row sums reach G + p, and the column sums max(G + p m^T, 1 + p).
    """
    m, steps, extra = _checked(growth, iterations, padding)
    log_geometric = _log_geometric(m, steps)
    with np.errstate(divide="ignore"):
        log_extra = np.log(extra)
    row = np.logaddexp(log_geometric, log_extra)
    first_column = np.logaddexp(log_geometric, log_extra + steps * _log(m))
    return ((row + np.maximum(first_column, np.log1p(extra))) / 2 + _ROUNDING)[()]


def log_closed_bound(growth: Scalar, iterations: Scalar, padding: Scalar) -> Scalar:
    """Logarithm of the least of the closed bounds. Kind: bound; exact for m = 1."""
    m, steps, extra = _checked(growth, iterations, padding)
    best = log_schur_bound(m, steps, extra)
    with np.errstate(divide="ignore"):
        neutral = np.log(neutral_inverse_norm(steps + 1 + extra))
        best = np.where(m <= 1, np.minimum(best, neutral + _ROUNDING), best)
        best = np.minimum(best, np.log(dissipative_bound(m, steps, extra)) + _ROUNDING)
        best = np.minimum(best, np.log(growing_bound(m, steps, extra)) + _ROUNDING)
    return best[()]


def _checked(growth: Scalar, iterations: Scalar, padding: Scalar) -> tuple[Array, Array, Array]:
    arrays = (np.asarray(v, dtype=float) for v in (growth, iterations, padding))
    m, steps, extra = (a.copy() for a in np.broadcast_arrays(*arrays))
    for name, values, low in (("growth", m, 0.0), ("iterations", steps, 1.0), ("padding", extra, 0.0)):
        if not (np.isfinite(values).all() and (values >= low).all()):
            raise ValueError(f"{name} must be finite and at least {low:g}")
    return m, steps, extra


def _log(m: Array) -> Array:
    """ln m without loss near 1; -inf at 0."""
    with np.errstate(divide="ignore"):
        return np.log1p(m - 1)


def _log_geometric(m: Array, steps: Array) -> Array:
    """ln(1 + m + … + m^T)."""
    log_m = _log(m)
    x = (steps + 1) * log_m
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        falling = np.log(np.expm1(x) / (m - 1))
        rising = x + np.log(-np.expm1(-x) / (m - 1))
    # near m = 1 the quotient is 0/0; to first order the sum is (T+1)(1 + T(m−1)/2), here rounded up
    flat = np.log(steps + 1) + steps * np.abs(m - 1)
    return np.where(np.abs(x) < 1e-8, flat, np.where(m > 1, rising, falling))


def _is_asymptotic(m: Array, steps: Array, extra: Array) -> Mask:
    """Where m^{2T} is so large that the leading term is the value to 1e-14."""
    log_m = np.where(m > 1, _log(m), 0.0)
    result: Mask = 2 * steps * log_m >= 40 + 2 * np.log1p(steps + extra)
    return result


def _log_asymptotic(m: Array, steps: Array, extra: Array) -> Array:
    """Leading term for m^T → ∞: m^{T+1} √(1 + (m²−1)(p+1)) / (m²−1); meaningless for m <= 1."""
    excess = np.where(m > 1, (m - 1) * (m + 1), 1.0)
    log_m = np.where(m > 1, _log(m), 0.0)
    return (steps + 1) * log_m + np.log1p(excess * (extra + 1)) / 2 - np.log(excess) + SAFETY


def _log_norm_of_one(m: float, steps: float, extra: float) -> float:
    from scipy.optimize import brentq

    arguments = (np.asarray(m), np.asarray(steps), np.asarray(extra))
    closed = float(log_closed_bound(*arguments))
    if _is_asymptotic(*arguments):
        return min(float(_log_asymptotic(*arguments)), closed)
    low, high = (float(end) for end in _bracket(*arguments))

    def secular(log_sigma: float) -> float:
        return float(_secular(np.asarray(log_sigma), *arguments))

    root = high if secular(high) >= 0 else brentq(secular, low, high, xtol=1e-13)
    return min(SAFETY - float(root), closed)


def _log_norms(m: Array, steps: Array, extra: Array) -> Array:
    from scipy.optimize.elementwise import find_root

    low, high = _bracket(m, steps, extra)
    inside = _secular(high, m, steps, extra) < 0
    root = high.copy()
    if inside.any():
        arguments = tuple(a[inside] for a in (m, steps, extra))
        ends = (low[inside], high[inside])
        found: Any = find_root(_secular, ends, args=arguments, tolerances={"xatol": 1e-13, "xrtol": 0.0})
        if not np.all(found.success):
            raise ArithmeticError(f"no root for (m, T, p) = {[a[~found.success][0] for a in arguments]}")
        root[inside] = found.x
    return SAFETY - root


def _bracket(m: Array, steps: Array, extra: Array) -> tuple[Array, Array]:
    """ln σ below and above the root, the upper end not above the first pole.

    Below: half of 1/(closed bound). Above: the smallest singular value of the last p+1 rows alone, and the
    first pole of the run, θ = π/(T+1). For m → 0 the root is that upper end, and rounding may hide the
    change of sign.
    """
    low = -log_closed_bound(m, steps, extra) - math.log(2)
    padding_alone = 2 * np.sin(np.pi / (2 * (2 * extra + 3)))
    pole = np.hypot(1 - m, 2 * np.sqrt(m) * np.sin(np.pi / (2 * (steps + 1))))
    return low, np.log(np.minimum(padding_alone, pole))


def _secular(log_sigma: Array, m: Array, steps: Array, extra: Array) -> Array:
    """Positive below the root and negative above it, up to the first pole; every difference is taken exactly.

    cos((p+½)ψ) · (sin((T+1)θ) − m sin(Tθ)) − 2 sin(ψ/2) sin((p+1)ψ) · sin((T+1)θ), over a positive factor.
    """
    sigma = np.exp(log_sigma)
    psi = 2 * np.arcsin(np.minimum(sigma / 2, 1.0))
    below = (np.abs(1 - m) - sigma) * (np.abs(1 - m) + sigma)  # (1−m)² − σ²
    safe_m = np.maximum(m, 1e-300)
    half = np.sqrt(np.abs(below) / safe_m) / 2

    theta = np.maximum(2 * np.arcsin(np.minimum(half, 1.0)), _TINY)
    scale = (steps + 1) * np.sin(theta)
    numerator = (1 - m) * np.sin(steps * theta) + 2 * np.cos((steps + 0.5) * theta) * np.sin(theta / 2)
    trig = (numerator / scale, np.sin((steps + 1) * theta) / scale)

    phi = np.maximum(2 * np.arcsinh(half), _TINY)
    last = -np.expm1(-(2 * steps + 2) * phi)  # 1 − q^{2T+2}, q = e^{−φ}
    odd = np.exp(-(2 * steps + 1) * phi)
    falling = ((1 - m) * -np.expm1(-(2 * steps + 1) * phi) - np.expm1(-phi) * (m + odd)) / last
    b = (m - 1) * (m + 1) - sigma**2
    root = np.sqrt(np.maximum(below, 0) * ((m + 1) ** 2 - sigma**2).clip(0))
    with np.errstate(divide="ignore", invalid="ignore"):
        d = np.where(m > 1, 2 * sigma**2 / (b + root), 0.0)  # m q − 1
    rising = (np.exp(-2 * steps * phi) * -np.expm1(-2 * phi) + d * np.expm1(-2 * steps * phi)) / last
    hyperbolic = (np.where(m > 1, rising, falling), np.ones_like(sigma))

    run, weight = (np.where(below < 0, t, h) for t, h in zip(trig, hyperbolic, strict=True))
    value: Array = (
        np.cos((extra + 0.5) * psi) * run - 2 * np.sin(psi / 2) * np.sin((extra + 1) * psi) * weight
    )
    return value
