"""Lanczos' recurrence, and the extreme eigenvalues of a symmetric matrix by two runs of it.

The first run keeps three vectors and the tridiagonal matrix; rounding makes copies of converged Ritz values, which do
no harm to the extreme ones (Paige, Linear Algebra Appl. 34, 235 (1980)). The second run makes the same vectors again
and sums up the extreme Ritz vectors, whose true residual is then one product: an eigenvalue lies within it.
Memory: eight vectors, whatever the number of steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import InfeasibleError

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

LEAST_STEPS = 40  # ten are seen to report a positive λ_min where the true one is negative
LOOK_EVERY = 20
_BREAKDOWN = 1e-12  # β below this times ‖H‖: what follows would be rounding, and no Ritz value is further off
_EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class RitzEnd:
    """A Ritz value at one end of the spectrum: within `residual` of it there is an eigenvalue.

    value      θ, which lies inside the spectrum
    residual   ‖Hy − θy‖/‖y‖, computed with a product, and its rounding
    """

    value: float
    residual: float


def recurrence(matrix: Any, start: Array, steps: int, keep: bool) -> Iterator[tuple[Array, float, float]]:
    """Lanczos vectors q_j with α_j and β_j: H q_j = β_{j−1} q_{j−1} + α_j q_j + β_j q_{j+1}.

    Ends early where the vectors span an invariant subspace.
    """
    size = len(start)
    basis = np.empty((steps if keep else 0, size))
    vector, before, beta, scale = start, np.zeros(size), 0.0, 0.0
    for j in range(steps):
        product = product_of(matrix, vector)
        alpha = float(vector @ product)
        product = product - alpha * vector - beta * before
        if keep:
            basis[j] = vector
            for _ in range(2):  # once leaves a part as large as what rounding had lost; twice is enough
                product -= (basis[: j + 1] @ product) @ basis[: j + 1]
        beta = float(np.linalg.norm(product))
        scale = max(scale, abs(alpha) + beta)
        yield vector, alpha, beta
        if beta <= _BREAKDOWN * scale:
            return
        before, vector = vector, product / beta


def ritz_end(matrix: Any, start: Array, coefficients: Array, keep: bool, rounding: float) -> RitzEnd:
    """The Ritz vector y, from a second run that makes the same vectors, and its residual by a product."""
    ritz = np.zeros(len(start))
    for share, (vector, _, _) in zip(
        coefficients, recurrence(matrix, start, len(coefficients), keep), strict=False
    ):
        ritz += share * vector
    return residual_of(matrix, ritz, rounding)


def residual_of(matrix: Any, ritz: Array, rounding: float) -> RitzEnd:
    """The Rayleigh quotient of a vector and the residual that goes with it."""
    ritz = ritz / np.linalg.norm(ritz)
    product = product_of(matrix, ritz)
    value = float(ritz @ product)
    return RitzEnd(value=value, residual=float(np.linalg.norm(product - value * ritz)) + rounding)


def random_signs(seed: int, probe: int, size: int) -> Array:
    """A vector of random signs, of length 1. Signs have less variance than Gaussian entries."""
    rng = np.random.default_rng([seed, probe])
    return np.asarray((2.0 * rng.integers(0, 2, size=size) - 1.0) / size**0.5)


def product_of(matrix: Any, vector: Array) -> Array:
    product = np.asarray(matrix @ vector)
    if product.shape != vector.shape or product.dtype.kind not in "iuf":
        raise InfeasibleError(
            f"a product with the matrix has shape {product.shape} and type {product.dtype}; "
            f"{len(vector)} real numbers are expected",
            at="hessian",
        )
    require_finite(product)
    return product.astype(float)


def require_finite(values: Any) -> None:
    if not np.all(np.isfinite(values)):
        raise InfeasibleError("the matrix, or a product with it, is not finite", at="hessian")


def size_of(matrix: Any) -> int:
    shape = matrix.shape
    if len(shape) != 2 or shape[0] != shape[1] or shape[0] < 1:
        raise InfeasibleError(f"a matrix of shape {shape} has no symmetric spectrum", at="hessian")
    if np.dtype(matrix.dtype).kind == "c":
        raise InfeasibleError("the matrix is complex; a Hessian is real", at="hessian")
    return int(shape[0])


def extreme_ritz_values(
    matrix: Any, *, tolerance: float, most: int, seed: int, progress: Progress | None = None
) -> tuple[RitzEnd, RitzEnd]:
    """The smallest and the largest Ritz value with their true residuals.

    Runs from 40 steps until both residuals, as estimated by β|s|, are below `tolerance` times the largest
    modulus, or to `most` steps. `progress(done, most)` is called at every look.
    """
    from scipy.linalg import eigh_tridiagonal

    start = random_signs(seed, 0, size_of(matrix))
    diagonal: list[float] = []
    off: list[float] = []
    for _, alpha, beta in recurrence(matrix, start, most, False):
        diagonal.append(alpha)
        off.append(beta)
        done = len(diagonal)
        if done >= LEAST_STEPS and done % LOOK_EVERY == 0:
            if progress is not None:
                progress(done, most)
            values, vectors = eigh_tridiagonal(np.array(diagonal), np.array(off[:-1]))
            last = beta * np.abs(vectors[-1, [0, -1]])
            if float(last.max()) <= tolerance * float(np.abs(values[[0, -1]]).max()):
                break
    values, vectors = eigh_tridiagonal(np.array(diagonal), np.array(off[:-1]))
    rounding = _EPS * float(np.abs(values).max()) * len(start) ** 0.5
    low, high = ritz_ends(matrix, start, np.asarray(vectors[:, [0, -1]], dtype=float), rounding)
    if progress is not None:
        progress(most, most)
    return low, high


def ritz_ends(matrix: Any, start: Array, coefficients: Array, rounding: float) -> tuple[RitzEnd, RitzEnd]:
    """Two Ritz vectors from one second run, and their residuals."""
    found = [np.zeros(len(start)), np.zeros(len(start))]
    steps = recurrence(matrix, start, len(coefficients), False)
    for shares, (vector, _, _) in zip(coefficients, steps, strict=False):
        for ritz, share in zip(found, shares, strict=True):
            ritz += share * vector
    low, high = (residual_of(matrix, ritz, rounding) for ritz in found)
    return low, high
