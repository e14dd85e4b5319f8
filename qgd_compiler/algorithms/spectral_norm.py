"""The spectral norm of an error matrix."""

from __future__ import annotations

import numpy as np

EXACT_NORM_UP_TO = 600  # rows: a dense singular value decomposition stays well below a second


def spectral_norm_bound(error: np.ndarray) -> float:
    """‖E‖: exact for small matrices, else the smaller of √(‖E‖_1‖E‖_∞) and ‖E‖_F (bound)."""
    if error.size == 0:
        return 0.0
    if min(error.shape) <= EXACT_NORM_UP_TO:
        return float(np.linalg.norm(error, 2))
    magnitude = np.abs(error)
    schur = float(np.sqrt(magnitude.sum(axis=0).max() * magnitude.sum(axis=1).max()))
    return min(schur, float(np.linalg.norm(error)))
