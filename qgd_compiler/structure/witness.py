"""Values that a large explicit matrix attains on some vector: a bound on the wrong side of one is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from qgd_compiler.kinds import Source
from qgd_compiler.structure.checks import Array
from qgd_compiler.structure.facts import Fact, Facts

STEPS = 30
MOST_BYTES = 2**24  # of the vectors that are kept: a large matrix gets fewer steps
SEED = 20240115


def witnessed(entries: Any, hermitian: bool) -> Facts:
    """Values inside the range of the matrix, from up to 30 steps of Lanczos with full orthogonalisation.

    entries: SciPy sparse matrix or dense array. lambda_max, lambda_min (Hermitian only): extreme Ritz values,
    so inside the spectrum. norm: the largest |Ritz value|, or the root of that of A†A, so at most the spectral
    norm. These are no bounds in the sense of `Facts`: they lie on the other side, which finds a false bound.
    """
    csr = sparse.csr_array(entries)
    if hermitian:
        ritz = _ritz_values(lambda v: csr @ v, csr.shape[1])
        low, high = float(ritz[0]), float(ritz[-1])
        return Facts(
            norm=Fact(max(abs(low), abs(high)), Source.MEASURED),
            lambda_min=Fact(low, Source.MEASURED),
            lambda_max=Fact(high, Source.MEASURED),
            hermitian=True,
        )
    adjoint = csr.conj().T
    ritz = _ritz_values(lambda v: adjoint @ (csr @ v), csr.shape[1])
    return Facts(norm=Fact(float(np.sqrt(max(ritz[-1], 0.0))), Source.MEASURED))


def _ritz_values(apply: Callable[[Array], Array], size: int) -> Array:
    """Eigenvalues, ascending, of a Hermitian map restricted to a Krylov space."""
    vector: Array = np.random.default_rng(SEED).standard_normal(size)
    basis: list[Array] = []
    images: list[Array] = []
    for _ in range(max(2, min(STEPS, size, MOST_BYTES // (16 * size)))):
        for _again in range(2):  # once leaves a remainder of the order of the rounding error times growth
            for known in basis:
                vector = vector - np.vdot(known, vector) * known
        length = float(np.linalg.norm(vector))
        if basis and length <= 1e-10 * float(np.linalg.norm(images[-1])):
            break  # the space is invariant
        basis.append(vector / length)
        vector = apply(basis[-1])
        images.append(vector)
    small = np.array([[np.vdot(v, image) for image in images] for v in basis])
    return np.asarray(np.linalg.eigvalsh((small + small.conj().T) / 2))
