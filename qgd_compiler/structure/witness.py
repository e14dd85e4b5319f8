"""Values that a large explicit matrix attains on some vector: a bound on the wrong side of one is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from qgd_compiler.kinds import Source
from qgd_compiler.structure.checks import Array
from qgd_compiler.structure.facts import Fact, Facts

STEPS = 60
SEED = 20240115


def witnessed(entries: Any, hermitian: bool) -> Facts:
    """Values inside the range of the matrix, each attained by a vector found in 60 power iterations.

    entries: SciPy sparse matrix or dense array. norm: some ‖Av‖/‖v‖, so at most the spectral norm.
    lambda_max, lambda_min (Hermitian only): Rayleigh quotients, so inside the spectrum. These are not bounds
    in the sense of `Facts`: they lie on the other side, which is what finds a false bound.
    """
    csr = sparse.csr_array(entries)
    vector = np.random.default_rng(SEED).standard_normal(csr.shape[1])
    gram = csr.conj().T
    top = _iterate(lambda v: gram @ (csr @ v), vector)
    norm = float(np.linalg.norm(csr @ top) / np.linalg.norm(top))
    if not hermitian:
        return Facts(norm=Fact(norm, Source.MEASURED))
    shift = float(abs(csr).sum(axis=1).max())
    highest = _iterate(lambda v: csr @ v + shift * v, vector)
    lowest = _iterate(lambda v: shift * v - csr @ v, vector)
    return Facts(
        norm=Fact(norm, Source.MEASURED),
        lambda_min=Fact(_rayleigh(csr, lowest), Source.MEASURED),
        lambda_max=Fact(_rayleigh(csr, highest), Source.MEASURED),
        hermitian=True,
    )


def _iterate(apply: Any, vector: Array) -> Array:
    for _ in range(STEPS):
        image = apply(vector)
        size = np.linalg.norm(image)
        if size == 0:
            break
        vector = image / size
    return vector


def _rayleigh(csr: sparse.csr_array, vector: Array) -> float:
    return float(np.real(np.vdot(vector, csr @ vector) / np.vdot(vector, vector)))
