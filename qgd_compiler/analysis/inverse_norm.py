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

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.scalars import Scalar

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SAFETY = 1e-9  # relative; the root is accurate to about 1e-12, and the value must never lie below the truth
_ROUNDING = 1e-14  # relative; what the closed forms may lose
_TINY = 1e-100
_FALSE_POSITIONS = 8
_PIECE = 2**14  # elements at once, which stay in the cache of a core


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
    flat = (m.ravel(), steps.ravel(), extra.ravel())
    parts = [
        _log_norms(*(part[at : at + _PIECE] for part in flat)) for at in range(0, max(m.size, 1), _PIECE)
    ]
    return np.concatenate(parts).reshape(m.shape)


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
    low, high = (float(end) for end in _bracket(*arguments, np.asarray(closed)))

    def phase(log_sigma: float) -> float:
        return float(_phase(np.exp(np.asarray(log_sigma)), *arguments))

    root = high if phase(high) <= 0 else brentq(phase, low, high, xtol=1e-13)
    return min(SAFETY - float(root), closed)


def _log_norms(m: Array, steps: Array, extra: Array) -> Array:
    result = _log_asymptotic(m, steps, extra)
    closed = np.asarray(log_closed_bound(m, steps, extra))
    rest = np.flatnonzero(~_is_asymptotic(m, steps, extra))
    if len(rest):
        some = (m, steps, extra) if len(rest) == len(m) else (m[rest], steps[rest], extra[rest])
        low, high = (np.exp(end) for end in _bracket(*some, closed[rest]))
        at_low, at_high = _phase(low, *some), _phase(high, *some)
        root = np.where(at_low < 0, high, low)
        inside = np.flatnonzero((at_high > 0) & (at_low < 0))
        ends = (low[inside], high[inside], at_low[inside], at_high[inside])
        root[inside] = _roots(*ends, *(a[inside] for a in some))
        result[rest] = SAFETY - np.log(root)
    return np.asarray(np.minimum(result, closed))


def _roots(
    low: Array, high: Array, at_low: Array, at_high: Array, m: Array, steps: Array, extra: Array
) -> Array:
    """σ to 1e-13 relative, by regula falsi after Anderson and Björck: the phase is nearly a line, so in few steps."""
    found = np.empty_like(high)
    at = np.arange(len(high))
    for _ in range(_FALSE_POSITIONS):
        x = (low * at_high - high * at_low) / (at_high - at_low)
        here = _phase(x, m[at], steps[at], extra[at])
        above = here > 0
        with np.errstate(divide="ignore", invalid="ignore"):
            less = 1 - here / np.where(above, at_high, at_low)  # of the end that stays, where one stays twice
        less = np.where(less > 0, less, 0.5)
        low, at_low = np.where(above, low, x), np.where(above, at_low * less, here)
        high, at_high = np.where(above, x, high), np.where(above, here, at_high * less)
        with np.errstate(invalid="ignore"):
            moved = (low * at_high - high * at_low) / (at_high - at_low) - x
        found[at] = x
        going = (here != 0) & ~(np.abs(moved) < 1e-13 * x)
        if not going.any():
            return found
        if not going.all():
            at, low, high, at_low, at_high = (a[going] for a in (at, low, high, at_low, at_high))
    found[at] = _bisected(low, high, m[at], steps[at], extra[at])
    return found


def _bisected(low: Array, high: Array, m: Array, steps: Array, extra: Array) -> Array:
    """The same where rounding hides the line: next to a pole, or for m near 0."""
    from scipy.optimize.elementwise import find_root

    found: Any = find_root(
        _phase, (low, high), args=(m, steps, extra), tolerances={"xatol": 0.0, "xrtol": 1e-13}
    )
    if not np.all(found.success):
        raise ArithmeticError(f"no root for (m, T, p) = {[a[~found.success][0] for a in (m, steps, extra)]}")
    return np.asarray(found.x)


def _bracket(m: Array, steps: Array, extra: Array, closed: Array) -> tuple[Array, Array]:
    """ln σ below and above the root, the upper end not above the first pole; `closed` bounds the norm.

    Below: 1/(closed bound), less what rounding may take. Above: the smallest singular value of the last p+1 rows
    alone, and the first pole of the run, θ = π/(T+1). For m → 0 the root is that upper end, and rounding may hide
    the change of sign.
    """
    low = -closed - SAFETY
    padding_alone = 2 * np.sin(np.pi / (2 * (2 * extra + 3)))
    pole = np.hypot(1 - m, 2 * np.sqrt(m) * np.sin(np.pi / (2 * (steps + 1))))
    return low, np.log(np.minimum(padding_alone, pole))


def _phase(sigma: Array, m: Array, steps: Array, extra: Array) -> Array:
    """Negative below the root, positive above it up to the first pole, and nearly a line in σ.

    The secular equation, in which every difference is taken exactly, is
    cos((p+½)ψ) · r − 2 sin(ψ/2) sin((p+1)ψ) · w = 0 with r ∝ sin((T+1)θ) − m sin(Tθ) and w ∝ sin((T+1)θ): the phase
    (p+½)ψ of the padding is that of r − σ w sin(ψ/2) and σ w cos(ψ/2).
    """
    half = np.minimum(sigma / 2, 1.0)  # sin(ψ/2)
    waves = np.asarray(sigma > np.abs(1 - m))
    if waves.all():
        run, weight = _waving(sigma, m, steps)
    elif not waves.any():
        run, weight = _leaning(sigma, m, steps)
    else:
        run, weight = np.empty_like(sigma), np.empty_like(sigma)
        for which, parts in ((waves, _waving), (~waves, _leaning)):
            run[which], weight[which] = parts(sigma[which], m[which], steps[which])
    own = np.arctan2(run - sigma * weight * half, sigma * weight * np.sqrt(1 - half * half))
    value: Array = (extra + 0.5) * 2 * np.arcsin(half) - own
    return value


def _waving(sigma: Array, m: Array, steps: Array) -> tuple[Array, Array]:
    """r and w over a positive factor where σ > |1 − m|: sines."""
    half = _half(sigma, m)
    theta = np.maximum(2 * np.arcsin(np.minimum(half, 1.0)), _TINY)
    scale = (steps + 1) * np.sin(theta)
    run = (1 - m) * np.sin(steps * theta) + 2 * np.cos((steps + 0.5) * theta) * np.sin(theta / 2)
    return run / scale, np.sin((steps + 1) * theta) / scale


def _leaning(sigma: Array, m: Array, steps: Array) -> tuple[Array, Array]:
    """r and w over a positive factor where σ <= |1 − m|: θ is imaginary."""
    phi = np.maximum(2 * np.arcsinh(_half(sigma, m)), _TINY)
    last = -np.expm1(-(2 * steps + 2) * phi)  # 1 − q^{2T+2}, q = e^{−φ}
    grows = np.asarray(m > 1)
    if grows.all():
        run = _rising(sigma, m, steps, phi)
    elif not grows.any():
        run = _falling(m, steps, phi)
    else:
        run = np.empty_like(sigma)
        run[grows] = _rising(sigma[grows], m[grows], steps[grows], phi[grows])
        run[~grows] = _falling(m[~grows], steps[~grows], phi[~grows])
    return run / last, np.ones_like(sigma)


def _falling(m: Array, steps: Array, phi: Array) -> Array:
    far = -(2 * steps + 1) * phi
    return np.asarray((1 - m) * -np.expm1(far) - np.expm1(-phi) * (m + np.exp(far)))


def _rising(sigma: Array, m: Array, steps: Array, phi: Array) -> Array:
    below = (m - 1 - sigma) * (m - 1 + sigma)  # (1−m)² − σ²
    root = np.sqrt(np.maximum(below, 0) * ((m + 1) ** 2 - sigma**2).clip(0))
    d = 2 * sigma**2 / ((m - 1) * (m + 1) - sigma**2 + root)  # m q − 1
    far = -2 * steps * phi
    return np.asarray(np.exp(far) * -np.expm1(-2 * phi) + d * np.expm1(far))


def _half(sigma: Array, m: Array) -> Array:
    """|sin(θ/2)|."""
    below = (np.abs(1 - m) - sigma) * (np.abs(1 - m) + sigma)
    return np.asarray(np.sqrt(np.abs(below) / np.maximum(m, 1e-300)) / 2)
