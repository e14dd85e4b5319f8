r"""The scalar majorant of a polynomial recursion, and the matrix by which it couples Carleman levels.

u_{t+1} = G_0 + G_1 u_t + G_2 u_t⊗u_t + … has ‖u_{t+1}‖ <= g(‖u_t‖) for g(z) = Σ_l f_l z^l, f_l >= ‖G_l‖, and m = f_1
stands for ‖G_1‖. B[j, k] = coefficient of z^k in g(z)^j bounds the norm of the block (j, k) of the exact discrete
Carleman lift. All entries are non-negative, so every product and sum of them is computed without cancellation.

Shapes: `norms` (…, q+1), the f_l on the last axis; leading axes are points that are worked out at once.
Source: the majorant method of Cauchy and Kantorovich; the lift is that of Liu et al., arXiv:2303.03428.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qgd_compiler.analysis.geometric import geometric_sum

Array = NDArray[np.float64]

CEILINGS = 12  # trials of the size that a cubic flow stays below
BISECTIONS = 40  # leave 1e-12 of the interval
EVERY_STEP = 32  # runs up to this length are iterated; longer ones are bounded by the flow


def majorant_norms(norms: ArrayLike) -> Array:
    """`norms` as an array of floats; ValueError unless they are non-negative and not NaN."""
    found = np.asarray(norms, dtype=float)
    if found.ndim == 0 or found.shape[-1] < 2 or not np.all(found >= 0):
        raise ValueError(f"need non-negative norms f_0, f_1, …, got {norms!r}")
    return found


def majorant(norms: ArrayLike, z: ArrayLike) -> Array:
    """g(z), by Horner's rule; `z` broadcasts against the leading axes of `norms`.

    >>> float(majorant([0.5, 1.0, 2.0], 3.0))
    21.5
    """
    f, at = majorant_norms(norms), np.asarray(z, dtype=float)
    value = np.broadcast_to(f[..., -1], np.broadcast_shapes(f.shape[:-1], at.shape)).copy()
    with np.errstate(over="ignore", invalid="ignore"):
        for power in range(f.shape[-1] - 2, -1, -1):
            value = np.where(value == 0, 0.0, value * at) + f[..., power]
    return value


def coupling(norms: ArrayLike, order: int, columns: int | None = None) -> Array:
    """B[j, k] for j = 0 … `order`, k = 0 … `columns` (default: `order`); shape (…, order+1, columns+1).

    >>> coupling([0.0, 0.5, 2.0], 2).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.5, 2.0], [0.0, 0.0, 0.25]]
    """
    f = majorant_norms(norms)
    width = (order if columns is None else columns) + 1
    found = np.zeros((*f.shape[:-1], order + 1, width))
    found[..., 0, 0] = 1
    with np.errstate(over="ignore", invalid="ignore"):
        for j in range(1, order + 1):
            for power in range(min(f.shape[-1], width)):
                found[..., j, power:] += f[..., power, None] * found[..., j - 1, : width - power]
    return np.where(np.isnan(found), np.inf, found)


def iterates(norms: ArrayLike, start: float, iterations: int) -> Array:
    """z_0 = start, z_{t+1} = g_t(z_t): bounds on ‖u_0‖ … ‖u_T‖ (T+1 values, inf above 1.8e308).

    `norms` is one row (q+1), or a list of rows (S, q+1) that repeats: minibatches, learning-rate schedules.
    """
    rows = np.atleast_2d(majorant_norms(norms)).tolist()
    if _closed(rows):
        return _linear(rows[0], float(start), np.arange(iterations + 1, dtype=float))
    found = [float(start)]
    for t in range(iterations):
        value = 0.0
        for f in reversed(rows[t % len(rows)]):
            value = value * found[-1] + f if value else f
        found.append(value)
    return np.array(found)


def iterates_at(norms: ArrayLike, start: float, steps: Sequence[int]) -> Array:
    """`iterates` at some t, without what lies between where there is a closed form.

    >>> iterates_at([0.5, 1.0], 2.0, [3, 0]).tolist()
    [3.5, 2.0]
    """
    rows = np.atleast_2d(majorant_norms(norms)).tolist()
    if _closed(rows):
        return _linear(rows[0], float(start), np.array(steps, dtype=float))
    return iterates(norms, start, max(steps, default=0))[list(steps)]


def _closed(rows: list[list[float]]) -> bool:
    """Whether every step is the same linear one."""
    return len(rows) == 1 and not any(rows[0][2:])


def _linear(norms: list[float], start: float, t: Array) -> Array:
    """z_t = m^t z_0 + f_0 (1 + m + … + m^{t−1})."""
    push, growth = norms[:2]
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        kept = start * np.exp(t * np.log1p(growth - 1)) if start else np.zeros_like(t)
        pushed = push * geometric_sum(1 - growth, t) if push else np.zeros_like(t)
    return np.where(t == 0, start, kept + pushed)


def fixed_points(norms: ArrayLike) -> tuple[Array, Array]:
    """z₋ <= z₊, the fixed points of g on z >= 0; NaN where g(z) > z everywhere; z₊ = inf where g(z) < z for large z.

    g(z) − z is convex, so there are at most two. Both are taken from within the interval where g(z) <= z is seen:
    z₋ is an upper and z₊ a lower value, so that r < z₊ is safe to test.
    """
    f = majorant_norms(norms)
    f0, m = f[..., 0], f[..., 1]
    f2 = f[..., 2] if f.shape[-1] > 2 else np.zeros(f.shape[:-1])
    f3 = f[..., 3] if f.shape[-1] > 3 else np.zeros(f.shape[:-1])
    linear = (f2 == 0) & (f3 == 0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # the least value of g(z) − z stands where 3 f3 z² + 2 f2 z = 1 − m
        lowest = np.where((m < 1) & ~linear, (1 - m) / (f2 + np.sqrt(f2**2 + 3 * f3 * (1 - m))), 0.0)
        met = ~linear & (majorant(f, lowest) <= lowest)
        rest = (f0 == 0) & (m <= 1)
        smaller = np.where(linear, np.where(m < 1, f0 / (1 - m), np.where(rest, 0.0, np.nan)), np.nan)
        larger = np.where(linear & ((m < 1) | rest), np.inf, np.nan)
        if np.any(met):
            # beyond z₊ the quadratic and the cubic part alone exceed z
            beyond = np.fmin((1 - m) / f2, np.sqrt((1 - m) / f3))
            smaller = np.where(met, _edge(f, lowest, np.zeros_like(lowest)), smaller)
            smaller = np.where(met & (f0 == 0), 0.0, smaller)
            larger = np.where(met, _edge(f, lowest, np.where(np.isfinite(beyond), beyond, lowest)), larger)
    return smaller, larger


def _edge(f: Array, inside: Array, outside: Array) -> Array:
    """The last point where g(z) <= z is seen, on the way from `inside`, where it holds, to `outside`."""
    inside, outside = inside.copy(), outside.copy()
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        above = majorant(f, middle) > middle
        inside, outside = np.where(above, inside, middle), np.where(above, middle, outside)
    return inside


def contraction_ratio(norms: ArrayLike, start: ArrayLike) -> Array:
    """R = max(r_0, z₋)/z₊, below 1 where the run stays in the basin of z₋; inf where g has no fixed point.

    Without G_0 and f_3 this is f_2 r_0/(1 − m). A run of growing size with m >= 1 has R = inf.
    """
    return basin_ratio(fixed_points(norms), start)


def basin_ratio(fixed: tuple[Array, Array], start: ArrayLike) -> Array:
    """R from the two fixed points and r_0."""
    smaller, larger = fixed
    start = np.asarray(start, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = np.where(np.isinf(larger), 0.0, np.maximum(start, smaller) / larger)
    return np.where(np.isnan(larger) | np.isnan(ratio), np.inf, ratio)


def last_iterate_bound(
    norms: ArrayLike, start: ArrayLike, iterations: ArrayLike, smaller: Array | None = None
) -> Array:
    """An upper bound on g^{∘T}(r_0) and on every iterate before it, for arrays of points and of T.

    Where g(r_0) <= r_0 no iterate exceeds r_0, and below z₋ none exceeds z₋. Elsewhere they grow: they are
    iterated for short runs (exact), and for long ones z_T is at most the time-T flow of z' = g(z) − z, since each
    step of Euler's method lags a growing flow whose speed grows (docs/decisions: that g is convex and g(z) >= z is
    not enough, the speed g(z) − z must not fall). The flow of a cubic is at most that of the quadratic with
    f_2 + f_3 Z while it is below Z. `smaller`: z₋, where it is known already.
    """
    f, r = majorant_norms(norms), np.asarray(start, dtype=float)
    steps = np.asarray(iterations)
    shape = np.broadcast_shapes(f.shape[:-1], r.shape, steps.shape)
    f = np.broadcast_to(f, (*shape, f.shape[-1]))
    r, steps = np.broadcast_to(r, shape), np.broadcast_to(steps, shape)
    rests = (majorant(f, r) <= r) | (steps == 0)
    if np.all(rests):
        return r.astype(float)
    longest = int(steps[~rests].max())
    if longest <= EVERY_STEP:
        z = r.astype(float)
        for t in range(longest):
            z = np.where(rests | (steps <= t), z, majorant(f, z))
        return z
    smaller = fixed_points(f)[0] if smaller is None else smaller
    flown = _flow_bound(f, r, steps.astype(float))
    return np.where(rests, r, np.where(r <= smaller, np.fmin(smaller, flown), flown))


def _flow_bound(f: Array, r: Array, time: Array) -> Array:
    f2 = f[..., 2] if f.shape[-1] > 2 else np.zeros(f.shape[:-1])
    if f.shape[-1] < 4 or not np.any(f[..., 3]):
        return _quadratic_flow(f[..., 0], f[..., 1] - 1, f2, r, time)
    ceiling, end = r, r
    for _ in range(CEILINGS):
        ceiling = np.minimum(end * 1.03, 1e100)
        end = _quadratic_flow(f[..., 0], f[..., 1] - 1, f2 + f[..., 3] * ceiling, r, time)
    return np.where(end <= ceiling, end, np.inf)


def _quadratic_flow(a: Array, b: Array, c: Array, r: Array, time: Array) -> Array:
    """z(t) of z' = a + b z + c z² from r; inf once it has blown up. Sums of positive terms where z grows.

    Where the speed falls at r, b is raised to 0, which makes it grow everywhere.
    With D = √(b² − 4ac) (real or imaginary) and s = sinh(Dt/2)/(D/2), k = cosh(Dt/2):
    z = (r (k + b s/2) + a s)/(k − b s/2 − c r s), the Möbius map of the linear flow behind the Riccati equation.
    """
    b = np.where(b + 2 * c * r >= 0, b, 0.0)
    discriminant = b**2 - 4 * a * c
    half = np.sqrt(np.abs(discriminant)) / 2
    angle = half * time
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        grows = discriminant > 0
        tangent = np.where(grows, np.tanh(angle), np.tan(np.minimum(angle, np.pi / 2)))
        ratio = np.where(angle > 1e-8, tangent / np.where(half > 0, half, 1.0), time)  # s/k
        bottom = 1 - (b / 2 + c * r) * ratio
        z = (r * (1 + b / 2 * ratio) + a * ratio) / bottom
    ended = (bottom <= 0) | (~grows & (angle >= np.pi / 2)) | ~np.isfinite(z)
    return np.where(ended, np.inf, z)


def rescaled(norms: ArrayLike, gamma: ArrayLike) -> Array:
    """The norms f_l γ^{l−1} of the recursion for u/γ."""
    f = majorant_norms(norms)
    powers = np.asarray(gamma, dtype=float)[..., None] ** (np.arange(f.shape[-1]) - 1.0)
    return np.asarray(f * powers)
