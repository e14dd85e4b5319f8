"""Following a run of gradient descent classically: step by step, or mode by mode in O(log T)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.analysis.geometric import geometric_sums
from qgd_compiler.analysis.run_sums import RunSums
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Kind

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

DENSE_LIMIT = 2000  # rows up to which the run is followed mode by mode
EVERY_STEP = 65536  # runs up to this length have their largest norm taken over every step
_LARGEST = 1e150  # norms above this overflow when squared


def iterate(
    matvec: Callable[[Array], Array],
    gradient: Array,
    learning_rate: float,
    iterations: int,
    start: Array | None = None,
    progress: Progress | None = None,
) -> tuple[Array, Array]:
    """The norms ‖u_0‖ … ‖u_T‖ (T + 1 values) and u_T of u_{t+1} = u_t − η(H u_t + g), by T products with H.

    `start` is u_0 (zero by default). `progress(t, T)` is called about a hundred times.
    Raises InfeasibleError when the iterate grows beyond 1e150.
    """
    iterate_ = np.zeros(len(gradient)) if start is None else np.array(start, dtype=float)
    step = learning_rate * np.asarray(gradient, dtype=float)
    norms = np.empty(iterations + 1)
    norms[0] = np.linalg.norm(iterate_)
    report_every = max(1, iterations // 100)
    for t in range(1, iterations + 1):
        iterate_ = iterate_ - learning_rate * np.asarray(matvec(iterate_)) - step
        norms[t] = np.linalg.norm(iterate_)
        if not norms[t] < _LARGEST:
            raise _overflow(t, iterations)
        if progress is not None and t % report_every == 0:
            progress(t, iterations)
    return norms, iterate_


def follow(
    matrix: Any,
    gradient: Array,
    learning_rate: float,
    iterations: int,
    progress: Progress | None = None,
) -> RunSums:
    """The sums of the run from u_0 = 0 on a symmetric `matrix` (SciPy sparse or NumPy, n x n).

    Up to 2000 rows mode by mode, for any T; above that by T matrix-vector products.
    Raises InfeasibleError for a gradient that vanishes (the run stands still) and for a run beyond 1e150.
    """
    norm = float(np.linalg.norm(gradient))
    if norm == 0:
        raise InfeasibleError(
            "the gradient is zero: gradient descent stands still and there is no state to prepare",
            at="gradient",
            remedy="expand about another point, or leave the problem alone: it is solved",
        )
    if matrix.shape[0] <= DENSE_LIMIT:
        from scipy.linalg import eigh

        dense = matrix.toarray() if hasattr(matrix, "toarray") else matrix
        values, vectors = eigh(np.asarray(dense, dtype=float))
        return _follow_modes(values, vectors, np.asarray(gradient, dtype=float), learning_rate, iterations)
    norms, last = iterate(lambda u: matrix @ u, gradient, learning_rate, iterations, progress=progress)
    squares = norms**2
    return RunSums(
        final=float(squares[-1]),
        total=float(squares.sum()),
        largest=float(squares.max()),
        largest_kind=Kind.EXACT,
        gradient_norm=norm,
        learning_rate=learning_rate,
        iterations=iterations,
        last=last,
        method=f"{iterations} matrix-vector products",
    )


def _follow_modes(
    values: Array, vectors: Array, gradient: Array, learning_rate: float, iterations: int
) -> RunSums:
    """In the eigenbasis a mode is −ηg_k S_t(μ_k), S_t = 1 + μ + … + μ^{t−1}, μ = 1 − ηλ."""
    mu = 1 - learning_rate * values
    _refuse_overflow(mu, iterations)
    weights = learning_rate * (vectors.T @ gradient)
    last, squares = geometric_sums(mu, iterations)
    weighted = weights**2
    largest, kind = _largest(mu, weighted, iterations, last)
    final = float(weighted @ last**2)
    return RunSums(
        final=final,
        total=float(weighted @ squares),
        largest=max(largest, final),
        largest_kind=kind,
        gradient_norm=float(np.linalg.norm(gradient)),
        learning_rate=learning_rate,
        iterations=iterations,
        last=vectors @ (-weights * last),
        method="mode by mode in the eigenbasis",
    )


def _largest(mu: Array, weighted: Array, iterations: int, last: Array) -> tuple[float, Kind]:
    """max_t Σ_k w_k S_t(μ_k)², or an upper bound on it.

    S_t grows with t for μ >= 0. For −1 <= μ < 0 it lies in [0, 1] with S_1 = 1; for μ < −1 it is largest at
    T or T−1.
    """
    ripples = mu < 0
    steady = float(weighted[~ripples] @ last[~ripples] ** 2)
    if not ripples.any() or not weighted[ripples].any():
        return steady, Kind.EXACT
    if iterations <= EVERY_STEP:
        best, s = 0.0, np.zeros_like(mu)
        for _ in range(iterations):
            s = 1 + mu * s
            best = max(best, float(weighted @ s**2))
        return best, Kind.EXACT
    before = np.abs((last[ripples] - 1) / mu[ripples])  # S_{T−1}
    bound = np.where(mu[ripples] >= -1, 1.0, np.maximum(np.abs(last[ripples]), before))
    return steady + float(weighted[ripples] @ bound**2), Kind.BOUND


def _refuse_overflow(mu: Array, iterations: int) -> None:
    growth = float(np.abs(mu).max())
    if growth > 1 and iterations * math.log(growth) > math.log(_LARGEST / max(iterations, 1)):
        raise _overflow(None, iterations, iterations * math.log10(growth))


def _overflow(step: int | None, iterations: int, exponent: float | None = None) -> InfeasibleError:
    what = f"exceeds 1e150 at step {step}" if exponent is None else f"grows by 10^{exponent:.1f}"
    return InfeasibleError(
        f"the iterate {what} of a run of {iterations} steps",
        at="dynamics",
        remedy="a smaller learning rate, fewer iterations, or damping",
    )
