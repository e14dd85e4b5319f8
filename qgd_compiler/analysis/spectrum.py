"""The extreme eigenvalues of a symmetric matrix, each moved outwards by what is not known about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.analysis.lanczos import Progress, extreme_ritz_values
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Source

DENSE_LIMIT = 2000  # rows up to which all eigenvalues are computed
MIN_STEPS = 40  # ten Lanczos steps are seen to report a positive λ_min where the true one is negative
MOST_BASIS = 2**24  # bytes of a basis that is kept in any case
MOST_STEPS = 600
RESIDUAL = 1e-7  # of the largest modulus: the error of the eigenvalue is of the order of its square
_SEED = 20240110  # a fixed start vector: the same matrix gives the same digits


@dataclass(frozen=True)
class Extremes:
    """λ_min and λ_max of a symmetric matrix.

    lambda_min, lambda_max   moved outwards by the error: a lower and an upper value
    lambda_min_error, lambda_max_error   rounding (dense) or the 2-norm of the residual Hv − θv (Lanczos)
    norm                     max(|λ_min|, |λ_max|)
    source                   measured, or bound where Lanczos did not converge and Gershgorin's discs stand in
    method                   how they were found, in words
    """

    lambda_min: float
    lambda_max: float
    lambda_min_error: float
    lambda_max_error: float
    source: Source
    method: str

    @property
    def norm(self) -> float:
        """An upper value of the 2-norm."""
        return max(abs(self.lambda_min), abs(self.lambda_max))


def measure_extremes(
    matrix: Any, *, dense_limit: int = DENSE_LIMIT, progress: Progress | None = None
) -> Extremes:
    """The extreme eigenvalues of a real symmetric `matrix`: SciPy sparse, NumPy, or a LinearOperator.

    All eigenvalues up to `dense_limit` rows; then implicitly restarted Lanczos with a basis of at least 40
    vectors where these take less memory than the matrix, else two runs of Lanczos' recurrence, which keep eight.
    λ_min := smallest Ritz value − its residual. An eigenvalue lies within the residual of every Ritz value; that no
    eigenvalue lies further out is what Lanczos makes very likely, not what it proves:
    source `measured`. Raises InfeasibleError if Lanczos does not converge on an operator whose entries are
    not known.
    """
    size = matrix.shape[0]
    if size <= dense_limit:
        return _dense(_to_dense(matrix))
    if 8 * size * _basis(size) > MOST_BASIS and 8 * size * _basis(size) > _bytes(matrix):
        return _two_runs(matrix, progress)
    return _lanczos(matrix, size)


def _bytes(matrix: Any) -> int:
    """The memory that a matrix takes; none for an operator."""
    parts = [getattr(matrix, name, None) for name in ("data", "indices", "indptr")]
    return sum(part.nbytes for part in parts if isinstance(part, np.ndarray))


def _two_runs(matrix: Any, progress: Progress | None) -> Extremes:
    low, high = extreme_ritz_values(
        matrix, tolerance=RESIDUAL, most=MOST_STEPS, seed=_SEED, progress=progress
    )
    return Extremes(
        lambda_min=low.value - low.residual,
        lambda_max=high.value + high.residual,
        lambda_min_error=low.residual,
        lambda_max_error=high.residual,
        source=Source.MEASURED,
        method="Lanczos in two runs, moved outwards by the residual",
    )


def _to_dense(matrix: Any) -> NDArray[np.float64]:
    if hasattr(matrix, "toarray"):
        return np.asarray(matrix.toarray(), dtype=float)
    if isinstance(matrix, np.ndarray):
        return np.asarray(matrix, dtype=float)
    return np.asarray(matrix @ np.eye(matrix.shape[0]), dtype=float)


def _dense(matrix: NDArray[np.float64]) -> Extremes:
    from scipy.linalg import eigvalsh

    values = eigvalsh(matrix)
    # backward stable: exact for a matrix within a small multiple of eps ‖H‖ (LAPACK Users' Guide, 4.7)
    rounding = 4 * len(values) ** 0.5 * float(np.finfo(float).eps * np.abs(values).max())
    return Extremes(
        lambda_min=float(values[0]) - rounding,
        lambda_max=float(values[-1]) + rounding,
        lambda_min_error=rounding,
        lambda_max_error=rounding,
        source=Source.MEASURED,
        method=f"all {len(values)} eigenvalues of the dense matrix",
    )


def _lanczos(matrix: Any, size: int) -> Extremes:
    low, high = _ritz(matrix, size, "SA"), _ritz(matrix, size, "LA")
    if low is None or high is None:
        return _gershgorin(matrix)
    rounding = float(np.finfo(float).eps) * max(abs(low[0]), abs(high[0])) * size**0.5
    return Extremes(
        lambda_min=low[0] - low[1] - rounding,
        lambda_max=high[0] + high[1] + rounding,
        lambda_min_error=low[1] + rounding,
        lambda_max_error=high[1] + rounding,
        source=Source.MEASURED,
        method=f"Lanczos with {_basis(size)} vectors, moved outwards by the residual",
    )


def _basis(size: int) -> int:
    return min(size - 1, 2 * MIN_STEPS)


def _ritz(matrix: Any, size: int, which: Literal["SA", "LA"]) -> tuple[float, float] | None:
    """The extreme Ritz value on one side and the norm of its residual; None without convergence."""
    from scipy.sparse.linalg import ArpackNoConvergence, eigsh

    start = np.random.default_rng(_SEED).standard_normal(size)
    for tolerance in (1e-9, 1e-5):
        try:
            values, vectors = eigsh(
                matrix, k=1, which=which, ncv=_basis(size), v0=start, tol=tolerance, maxiter=100
            )
        except ArpackNoConvergence:
            continue
        vector = vectors[:, 0] / np.linalg.norm(vectors[:, 0])
        value = float(values[0])
        return value, float(np.linalg.norm(matrix @ vector - value * vector))
    return None


def _gershgorin(matrix: Any) -> Extremes:
    """Discs around the diagonal that hold every eigenvalue (a proven bound)."""
    if not hasattr(matrix, "diagonal"):
        raise InfeasibleError(
            f"the extreme eigenvalues of a {matrix.shape[0]} x {matrix.shape[0]} operator did not converge",
            at="hessian",
            remedy="declare spectrum.lambda_min and spectrum.lambda_max",
        )
    diagonal = np.asarray(matrix.diagonal(), dtype=float)
    radius = np.asarray(abs(matrix).sum(axis=1), dtype=float).ravel() - np.abs(diagonal)
    return Extremes(
        lambda_min=float((diagonal - radius).min()),
        lambda_max=float((diagonal + radius).max()),
        lambda_min_error=0.0,
        lambda_max_error=0.0,
        source=Source.BOUND,
        method="Gershgorin's discs (Lanczos did not converge)",
    )
