"""The density of eigenvalues of a symmetric matrix: stochastic Lanczos quadrature, or all eigenvalues.

From a random start vector v, ‖v‖ = 1, m steps of Lanczos give an m × m tridiagonal matrix; its eigenvalues θ (Ritz
values) and the squares of the first components of its eigenvectors are the Gauss quadrature of v'f(H)v. The
mean over random signs v is an unbiased estimate of tr f(H)/n for polynomials f of degree up to 2m − 1.
Source: Golub, Welsch, Mathematics of Computation 23, 221 (1969); Ubaru, Chen, Saad, SIAM J. Matrix Anal. Appl. 38,
1075 (2017).

Products with H are all it takes, so H may be given as an operator (Hessian-vector products). The vectors of the
basis are kept and every new one is made orthogonal to all of them, twice, as long as they fit in memory: n·m
doubles. Where they do not, the three-term recurrence runs on three vectors; rounding then makes copies of converged
Ritz values, which share their weight, so that the density stays right (Paige, Linear Algebra Appl. 34, 235
(1980)), and the extreme Ritz vectors are made again in a second run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.analysis.lanczos import RitzEnd, random_signs, recurrence, require_finite, ritz_end, size_of
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Source
from qgd_compiler.spectra import Atoms

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

PROBES = 8
STEPS = 64  # ten are seen to report a positive λ_min where the true one is negative; fewer than 40 are a trap
BASIS_BYTES = 2**30  # the basis is kept up to this size
DENSE_LIMIT = 4000  # rows up to which all eigenvalues are computed
_SEED = 20240110
_EPS = float(np.finfo(float).eps)


@dataclass(frozen=True, eq=False)
class LanczosDensity:
    """A sampled density and what is known of its error.

    density           Ritz values of all probes with their weights; total mass 1
    ritz_values       one array per probe (shorter where the probe spans an invariant subspace)
    ritz_weights      the same for the weights, each adding to 1
    smallest, largest Ritz values furthest out over all probes, with their residuals
    reorthogonalised  whether the basis was kept
    """

    density: Atoms
    ritz_values: tuple[Array, ...]
    ritz_weights: tuple[Array, ...]
    smallest: RitzEnd
    largest: RitzEnd
    reorthogonalised: bool

    @property
    def lambda_min(self) -> float:
        """Smallest Ritz value − its residual: below an eigenvalue, very likely the smallest; not proven."""
        return self.smallest.value - self.smallest.residual

    @property
    def lambda_max(self) -> float:
        """Largest Ritz value + its residual, to be read as `lambda_min`."""
        return self.largest.value + self.largest.residual

    @property
    def probes(self) -> int:
        """Number of start vectors."""
        return len(self.ritz_values)

    def mean(self, f: Callable[[Array], Any]) -> tuple[float, float | None]:
        """The estimate of tr f(H)/n and its standard error over the probes (None for one probe).

        The error knows of the probes only: it is 0 where all of them agree, as on a diagonal matrix, and it
        is silent on an f that m steps do not resolve.
        """
        values = np.array(
            [
                w @ np.asarray(f(x), dtype=float)
                for x, w in zip(self.ritz_values, self.ritz_weights, strict=True)
            ]
        )
        if len(values) == 1:
            return float(values[0]), None
        return float(values.mean()), float(values.std(ddof=1) / len(values) ** 0.5)

    def moment(self, order: int) -> tuple[float, float | None]:
        """The estimate of tr(H^k)/n and its standard error."""
        return self.mean(lambda x: x**order)


def density_of(matrix: Any, *, limit: int = DENSE_LIMIT) -> Atoms:
    """All eigenvalues of a real symmetric `matrix` (NumPy, SciPy sparse, operator), each with weight 1/n.

    O(n³) time, n² doubles. InfeasibleError above `limit` rows, and for a matrix that is not square, real, finite.
    """
    from scipy.linalg import eigvalsh

    size = size_of(matrix)
    if size > limit:
        raise InfeasibleError(
            f"all eigenvalues of a matrix of {size} rows are too many; at most {limit}",
            at="hessian",
            remedy="sample the density with lanczos_density",
        )
    dense = matrix.toarray() if hasattr(matrix, "toarray") else matrix
    if not isinstance(dense, np.ndarray):
        dense = matrix @ np.eye(size)
    dense = np.asarray(dense, dtype=float)
    require_finite(dense)
    return Atoms.equal(np.asarray(eigvalsh(dense), dtype=float))


def lanczos_density(
    matrix: Any,
    *,
    probes: int = PROBES,
    steps: int = STEPS,
    seed: int = _SEED,
    reorthogonalise: bool | None = None,
    basis_bytes: int = BASIS_BYTES,
    progress: Progress | None = None,
) -> LanczosDensity:
    """The density of a real symmetric `matrix`: NumPy, SciPy sparse, or anything with `shape` and `@`.

    `probes` · `steps` products and at most 2 · `steps` + 2 for the residuals. `reorthogonalise`: True
    keeps the basis, n · steps doubles; False takes five vectors; None keeps it if it fits in `basis_bytes`.
    `progress(done, all)` is called after every product of the probes. The same seed gives the same digits.
    InfeasibleError: not square, complex or not finite; a basis above `basis_bytes` that was asked for; fewer
    than one probe or step. Symmetry is not checked.
    """
    size = size_of(matrix)
    if probes < 1 or steps < 1:
        raise InfeasibleError(f"{probes} probes of {steps} steps: both must be at least 1", at="lanczos")
    steps = min(steps, size)
    fits = 8 * size * steps <= basis_bytes
    if reorthogonalise and not fits:
        raise InfeasibleError(
            f"the basis of {steps} vectors of {size} numbers takes {8 * size * steps} bytes, above {basis_bytes}",
            at="lanczos",
            remedy="fewer steps, a larger basis_bytes, or reorthogonalise=False",
        )
    keep = fits if reorthogonalise is None else reorthogonalise
    runs: list[tuple[Array, Array]] = []
    low, high = _Candidate(np.inf, 0, np.empty(0)), _Candidate(-np.inf, 0, np.empty(0))
    for probe in range(probes):
        ticks = _ticks(progress, probe * steps, probes * steps)
        values, vectors = _quadrature(matrix, random_signs(seed, probe, size), steps, keep, ticks)
        runs.append((values, vectors[0] ** 2))
        if values[0] < low.value:
            low = _Candidate(float(values[0]), probe, vectors[:, 0])
        if values[-1] > high.value:
            high = _Candidate(float(values[-1]), probe, vectors[:, -1])
    # of a product and of the residual itself
    rounding = _EPS * max(abs(low.value), abs(high.value)) * size**0.5
    smallest, largest = (
        ritz_end(matrix, random_signs(seed, one.probe, size), one.vector, keep, rounding)
        for one in (low, high)
    )
    return LanczosDensity(
        density=Atoms(
            points=np.concatenate([values for values, _ in runs]),
            weights=np.concatenate([weights for _, weights in runs]),
            source=Source.ESTIMATED,
        ),
        ritz_values=tuple(values for values, _ in runs),
        ritz_weights=tuple(weights for _, weights in runs),
        smallest=smallest,
        largest=largest,
        reorthogonalised=keep,
    )


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A Ritz value, the probe it comes from, and its eigenvector of the tridiagonal matrix."""

    value: float
    probe: int
    vector: Array


def _quadrature(
    matrix: Any, start: Array, steps: int, keep: bool, ticks: Callable[[int], None]
) -> tuple[Array, Array]:
    """Eigenvalues, ascending, and eigenvectors (columns) of the tridiagonal matrix."""
    from scipy.linalg import eigh_tridiagonal

    diagonal: list[float] = []
    off: list[float] = []
    for _, alpha, beta in recurrence(matrix, start, steps, keep):
        diagonal.append(alpha)
        off.append(beta)
        ticks(len(diagonal))
    ticks(steps)
    values, vectors = eigh_tridiagonal(np.array(diagonal), np.array(off[:-1]))
    return np.asarray(values, dtype=float), np.asarray(vectors, dtype=float)


def _ticks(progress: Progress | None, before: int, total: int) -> Callable[[int], None]:
    def tick(done: int) -> None:
        if progress is not None:
            progress(before + done, total)

    return tick
