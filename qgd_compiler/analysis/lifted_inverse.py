r"""How much the history system of a lifted recursion amplifies: ‖L⁻¹‖ from the couplings between the levels.

L = I − S·(C_t on t < T, I on T <= t < T + p). Its inverse has the blocks C_{s−1}…C_t, so with B_t >= the norms of
the blocks of C_t, ‖L⁻¹‖ <= ‖M‖ for M = (I − S⊗B)⁻¹ >= 0 of size (T+1+p)(number of levels). For any x > 0,

    ‖M‖² <= max_i (MᵀM x)_i / x_i      (Collatz, Wielandt),

so every step of the power iteration gives a certified upper bound, and it converges to ‖M‖. Each product with M is
one forward recursion. Kind: bound.

For long runs, ‖M‖² <= ‖M‖₁‖M‖_∞, whose sums are geometric sums of B, by doubling: O(log T).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qgd_compiler.analysis.truncation import geometric_sum

Array = NDArray[np.float64]

MOST_STEPS = 60  # power iterations
EVERY_ROW = 20_000  # time steps up to which the power iteration is run; beyond, the closed bound stands
TOLERANCE = 0.01  # relative distance between the bound and what is attained
OVERFLOW = 1e150


def lifted_inverse_norm(couplings: ArrayLike, iterations: int, padding: ArrayLike = 0) -> Array:
    """Upper bounds on ‖L⁻¹‖, one per padding p (or per point, where `couplings` has leading axes).

    couplings  B: (d, d), or (S, d, d) that repeat over the steps; one entry per pair of levels that are carried
    padding    p, any shape
    """
    steps = np.asarray(couplings, dtype=float)
    if steps.ndim == 2:
        steps = steps[None]
    paddings = np.atleast_1d(np.asarray(padding, dtype=np.int64))
    if iterations + int(paddings.max()) > EVERY_ROW:
        worst = steps.max(axis=0)
        found = np.array([float(closed_inverse_norm(worst, iterations, int(p))) for p in paddings.ravel()])
        return found.reshape(np.shape(padding))
    found = np.array([_power_iteration(steps, iterations, int(p)) for p in paddings.ravel()])
    return found.reshape(np.shape(padding))


def closed_inverse_norm(coupling: ArrayLike, iterations: ArrayLike, padding: ArrayLike = 0) -> Array:
    """√(‖M‖₁‖M‖_∞) for one B (…, d, d) over all steps and arrays of T and p, by doubling.

    A row sum of M is at most that of Σ_{t<=T} B^t, plus p; a column sum that of Σ_{t<=T} B^t, plus p times the
    largest column sum of a power B^t, t <= T.
    """
    b = np.asarray(coupling, dtype=float)
    steps, copies = np.asarray(iterations, dtype=np.int64), np.asarray(padding, dtype=float)
    shape = np.broadcast_shapes(b.shape[:-2], steps.shape, copies.shape)
    b = np.broadcast_to(b, (*shape, *b.shape[-2:]))
    steps = np.broadcast_to(steps, shape)
    total = geometric_sum(b, steps + 1)
    with np.errstate(over="ignore", invalid="ignore"):
        rows = total.sum(axis=-1).max(axis=-1) + copies
        columns = total.sum(axis=-2).max(axis=-1) + copies * _largest_power(b, steps).sum(axis=-2).max(
            axis=-1
        )
        bound = np.sqrt(rows) * np.sqrt(columns)
    return np.where(np.isnan(bound), np.inf, bound) * (1 + 1e-12)


def _largest_power(b: Array, steps: NDArray[np.int64]) -> Array:
    """An entrywise upper bound on B^t over 0 <= t <= T."""
    largest, power = np.maximum(np.eye(b.shape[-1]), b), b.copy()  # over t <= 1, and B^1
    largest = np.where((steps >= 1)[..., None, None], largest, np.eye(b.shape[-1]))
    reached = 1
    while reached < int(np.max(steps)):
        more = (steps > reached)[..., None, None]
        largest = np.where(more, np.maximum(largest, power @ largest), largest)
        power, reached = power @ power, 2 * reached
    return np.where(np.isnan(largest), np.inf, largest)


def _power_iteration(steps: Array, iterations: int, padding: int) -> float:
    rows, levels = iterations + 1 + padding, steps.shape[-1]
    forward = [steps[t % len(steps)] for t in range(iterations)]
    # near the singular vector of the scalar system without contraction, and positive
    x = np.repeat(np.cos(np.arange(rows) * math.pi / (2 * rows + 1))[:, None], levels, axis=1) + 1e-3
    best = math.inf
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(MOST_STEPS):
            y = _solve_transposed(forward, _solve(forward, x, iterations), iterations)
            if not float(y.max()) < OVERFLOW**2:
                return math.inf
            best = min(best, float((y / x).max()))
            attained = float((y * x).sum() / (x * x).sum())
            if best <= attained * (1 + TOLERANCE) ** 2:
                break
            # what the iteration leaves at 0 stays positive, or the quotient would not be defined
            x = np.maximum(y / float(y.max()), 1e-12)
    return math.sqrt(best) * (1 + 1e-12 * rows)


def _solve(forward: list[Array], x: Array, iterations: int) -> Array:
    """M x: y_{t+1} = B_t y_t + x_{t+1}, and copies behind T."""
    y = np.empty_like(x)
    y[0] = x[0]
    for t, b in enumerate(forward):
        y[t + 1] = b @ y[t] + x[t + 1]
    y[iterations:] = y[iterations] + np.concatenate(
        [np.zeros_like(x[:1]), np.cumsum(x[iterations + 1 :], axis=0)]
    )
    return y


def _solve_transposed(forward: list[Array], x: Array, iterations: int) -> Array:
    """Mᵀx: the same recursion backwards."""
    y = np.empty_like(x)
    y[iterations:] = np.cumsum(x[iterations:][::-1], axis=0)[::-1]
    for t in range(iterations - 1, -1, -1):
        y[t] = forward[t].T @ y[t + 1] + x[t]
    return y
