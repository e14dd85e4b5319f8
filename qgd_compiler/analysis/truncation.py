r"""What cutting the exact Carleman lift at order N costs, and the smallest order that is good enough.

The lift obeys y_j(t+1) = Σ_k C_jk y_k(t) for all k; cut at N it drops the terms k > N. With e_j(t) a bound on the
error of level j and z_t >= ‖u_t‖,

    e_j(t+1) = Σ_{k<=N} B_jk e_k(t) + Σ_{k>N} B_jk z_t^k,    e(0) = 0,

every term non-negative. With z_t = g^{∘t}(r_0) this is g^{∘T}(r_0)^j − [B_N^T (1, r_0, …, r_0^N)]_j, without the
cancellation of that difference; with norms measured by iterating the run it is smaller, and still a bound.
All bounds hold for any m, with or without G_0. Errors are in units of u; none depends on the rescaling γ.
Source: Liu et al., arXiv:2303.03428 (lift); bound derived here and tested as a theorem.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import EllipsisType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qgd_compiler.analysis.majorant import (
    basin_ratio,
    coupling,
    fixed_points,
    last_iterate_bound,
    majorant_norms,
    rescaled,
)

Array = NDArray[np.float64]

HIGHEST = 12  # Carleman order beyond which no search goes: a level register of four qubits
OVERFLOW = 1e60  # sizes beyond it are a blow-up: the bound is infinite
CANDIDATES = 16  # radii at which the closed form is tried
_EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Truncation:
    """A Carleman order with its certificate.

    order    N
    error    bound on ‖û_T − u_T‖ for level 1 of the cut system (units of u)
    """

    order: int
    error: float


def level_errors(norms: ArrayLike, sizes: ArrayLike, order: int) -> Array:
    """Bounds e_0 … e_N on the error of each level at every step, shape (T+1, N+1).

    norms   f_l >= ‖G_l‖: one row (q+1), or rows (S, q+1) that repeat
    sizes   z_0 … z_T >= ‖u_0‖ … ‖u_T‖ (T+1 values)
    """
    rows, z = np.atleast_2d(majorant_norms(norms)), np.asarray(sizes, dtype=float)
    degree = rows.shape[-1] - 1
    if not np.all(z < OVERFLOW):
        return np.full((len(z), order + 1), math.inf)
    unit = float(next((size for size in z if size > 0), 1.0))  # so that early powers keep their digits
    whole = coupling(rescaled(rows, unit), order, degree * order)
    kept, dropped = whole[..., : order + 1], whole[..., order + 1 :]
    errors = np.zeros((len(z), order + 1))
    if dropped.size:
        with np.errstate(over="ignore", invalid="ignore"):
            powers = (z[:, None] / unit) ** np.arange(order + 1, degree * order + 1)
            for t in range(len(z) - 1):
                at = t % len(rows)
                errors[t + 1] = kept[at] @ errors[t] + dropped[at] @ powers[t]
        errors = np.where(np.isnan(errors), np.inf, errors)
    rounding = 1 + 8 * _EPS * len(z) * (order + 2) * (degree + 1)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(rounding * errors * unit ** np.arange(order + 1))


def truncation_error(norms: ArrayLike, sizes: ArrayLike, order: int) -> float:
    """Bound on the error of u_T from the lift cut at `order` (units of u)."""
    return float(level_errors(norms, sizes, order)[-1, 1])


def smallest_order(
    norms: ArrayLike, sizes: ArrayLike, budget: float, highest: int = HIGHEST
) -> Truncation | None:
    """The smallest order whose certificate at T is at most `budget` (units of u); None up to `highest`."""
    for order in range(1, highest + 1):
        error = truncation_error(norms, sizes, order)
        if error <= budget:
            return Truncation(order, error)
    return None


class ClosedBounds:
    """Bounds on the same error for arrays of points, in O(log T) matrix products per order.

    norms (…, q+1), start r_0 and iterations T broadcast to one shape. The least of three bounds: the sum of e with
    z_t replaced by its largest value, Σ_{t<T} B_N^t by doubling; without G_0, (r_0/z)^{N+1} g^{∘T}(z) over z >= r_0;
    and for m < 1 without G_0 and f_3, r_0 R^N for every T.
    """

    def __init__(self, norms: ArrayLike, start: ArrayLike, iterations: ArrayLike) -> None:
        f, r, steps = majorant_norms(norms), np.asarray(start, dtype=float), np.asarray(iterations)
        self.shape = np.broadcast_shapes(f.shape[:-1], r.shape, steps.shape)
        self._norms = np.broadcast_to(f, (*self.shape, f.shape[-1]))
        self._start, self._steps = np.broadcast_to(r, self.shape), np.broadcast_to(steps, self.shape)
        self._fixed = fixed_points(self._norms)
        self._largest = self._last(self._start)
        self._homogeneous = self._norms[..., 0] == 0
        self._radii, self._ends = self._candidates()

    def at(self, order: int, points: NDArray[np.intp] | EllipsisType = ...) -> Array:
        """The bound at one order N, for all points or for those with the given indices (one axis)."""
        f, r = self._norms[points], self._start[points]
        bound = self._summed(order, points)
        if not np.any(self._homogeneous[points]):
            return bound
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            ratios = np.where(r > 0, r, 0.0) / self._radii[:, points]
            radial = np.min(ratios ** (order + 1) * self._ends[:, points], axis=0)
            cubic = f[..., 3] if f.shape[-1] > 3 else np.zeros(r.shape)
            ratio = basin_ratio((self._fixed[0][points], self._fixed[1][points]), r)
            steady = (f[..., 1] < 1) & (cubic == 0) & (ratio < 1)
            radial = np.where(steady, np.fmin(radial, r * np.where(steady, ratio, 0.0) ** order), radial)
        return np.asarray(np.where(self._homogeneous[points], np.fmin(bound, radial), bound))

    def _candidates(self) -> tuple[Array, Array]:
        """Radii z >= r_0 and bounds on g^{∘T} there, shape (candidates, …); the last is the outer fixed point."""
        safe = np.where(self._start > 0, self._start, 1.0)
        _, outer = self._fixed
        edge = np.where(np.isfinite(outer) & (outer >= safe), outer * (1 - 1e-9), safe)
        radii = [safe * 2.0 ** (k / 2) for k in range(CANDIDATES)] if np.any(self._homogeneous) else []
        radii.append(np.maximum(edge, safe))
        return np.array(radii), np.array([self._last(z) for z in radii])

    def _last(self, start: Array) -> Array:
        return last_iterate_bound(self._norms, start, self._steps, self._fixed[0])

    def _summed(self, order: int, points: NDArray[np.intp] | EllipsisType) -> Array:
        f, largest, steps = self._norms[points], self._largest[points], self._steps[points]
        degree = f.shape[-1] - 1
        bounded = largest < OVERFLOW
        unit = np.where(bounded & (largest > 0), largest, 1.0)
        whole = coupling(rescaled(f, unit), order, degree * order)
        source = whole[..., order + 1 :].sum(axis=-1)
        summed = geometric_sum(whole[..., : order + 1], steps)
        with np.errstate(over="ignore", invalid="ignore"):
            error = np.einsum("...k,...k->...", summed[..., 1, :], source) * unit
        rounding = 1 + 64 * _EPS * (order + 2) * (degree + 1) * np.maximum(np.log2(np.maximum(steps, 1)), 1)
        error = np.where(np.isnan(error) | ~bounded, np.inf, error * rounding)
        return np.where(steps == 0, 0.0, error)


def geometric_sum(matrices: Array, steps: NDArray[np.integer]) -> Array:
    """Σ_{t<T} B^t for non-negative matrices (…, d, d) and an array of T, by doubling."""
    size = matrices.shape[-1]
    identity = np.broadcast_to(np.eye(size), matrices.shape)
    total, power = (
        np.zeros(matrices.shape),
        identity.copy(),
    )  # Σ_{t<s} B^t and B^s for the leading bits s of T
    with np.errstate(over="ignore", invalid="ignore"):
        for bit in reversed(range(max(int(np.max(steps)), 1).bit_length())):
            total = total + power @ total
            power = power @ power
            odd = ((steps >> bit) & 1).astype(bool)[..., None, None]
            total = np.where(odd, total + power, total)
            power = np.where(odd, power @ matrices, power)
    return np.where(np.isnan(total), np.inf, total)


def smallest_orders(
    norms: ArrayLike, start: ArrayLike, iterations: ArrayLike, budget: ArrayLike, highest: int = 6
) -> tuple[NDArray[np.int64], Array]:
    """The smallest orders whose closed bound meets `budget`, for arrays of points; 0 where none up to `highest` does.

    Beside them the bounds at these orders (where there is none, the least bound that was found).
    """
    f = majorant_norms(norms)
    shape = np.broadcast_shapes(f.shape[:-1], np.shape(start), np.shape(iterations), np.shape(budget))
    f = np.broadcast_to(f, (*shape, f.shape[-1]))
    flat = ClosedBounds(
        f.reshape(-1, f.shape[-1]),
        np.broadcast_to(np.asarray(start, dtype=float), shape).reshape(-1),
        np.broadcast_to(np.asarray(iterations), shape).reshape(-1),
    )
    limit = np.broadcast_to(np.asarray(budget, dtype=float), shape).reshape(-1)
    orders, least = np.zeros(limit.shape, dtype=np.int64), np.full(limit.shape, math.inf)
    left = np.arange(len(limit))
    for order in range(1, highest + 1):
        found = flat.at(order, left)
        met = found <= limit[left]
        orders[left[met]] = order
        least[left] = np.where(met, found, np.minimum(least[left], found))
        left = left[~met]
        if not len(left):
            break
    return orders.reshape(shape), least.reshape(shape)
