r"""How many uses of an encoding any bounded polynomial needs at least, whatever its family: Bernstein's inequality.

Let p have degree d and |p| <= 1 on [−1, 1], and on the spectrum |p − c f/F| <= c r with f/F = 1 at one end of it. In
θ = asin x Bernstein's inequality is |dp/dθ| <= d, so that between that end and another place of the spectrum

    c (1 − f/F − 2r) <= d |Δθ|,   d/c >= max (1 − f/F − 2r)/|Δθ|.

With w = ‖f(H)v̂‖/F known to be at least `kept`, plans amplify an amplitude c w of which they can rely on a = c·kept,
in at least RUNS/a runs of d uses: the amplitude c drops out. Repetition takes 1/a² runs. With a = sin θ, m > 0 rounds
take (2m+1)/sin²x, x = (2m+1)θ <= π, where x/sin²x >= 1.38 and sin θ/θ >= 0.82 (θ <= π/3). Of fixed-point
amplification r >= 3 runs succeed with tanh²y, y = r·artanh a, at most; y/tanh²y >= 1.71, and a/artanh a >= 0.9 where
artanh a <= 0.57; beyond that 3a >= 1.5.

Kind:    bound (kind of the comparison: no plan of the family is cheaper).
Source:  S. Bernstein (1912); amplification as in `algorithms/amplification.py`.
Checked: tests/algorithms/test_polynomial_families.py, against every polynomial that the families make.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

RUNS = 1.0  # times the reliable amplitude, of any amplification
ROUNDING = 1e-12  # by which a place may leave [−1, 1]
HALVINGS = 24  # of the way from the lowest eigenvalue to the highest


def eigenvalues_between(low: ArrayLike, high: ArrayLike) -> Array:
    """The lowest eigenvalue and places above it, denser towards it; a new last axis."""
    low, high = (np.asarray(end, dtype=float)[..., None] for end in (low, high))
    return np.asarray(low + (high - low) * np.concatenate([[0.0], 0.5 ** np.arange(HALVINGS, -1, -1)]))


def degree_per_amplitude(places: Array, sizes: Array, slack: ArrayLike) -> Array:
    """d/c at least, over the last axis.

    places  arguments of the polynomial at `eigenvalues_between`; outside [−1, 1] nothing is followed
    sizes   f/F there
    slack   r
    """
    inside = np.abs(places) <= 1 + ROUNDING
    theta = np.where(inside, np.arcsin(np.clip(places, -1.0, 1.0)), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        drop = sizes[..., :1] - sizes[..., 1:] - 2 * np.asarray(slack)[..., None]
        found = drop / np.abs(theta[..., 1:] - theta[..., :1])
    return np.asarray(np.max(np.where(np.isfinite(found) & (drop > 0), found, 0.0), axis=-1))
