"""From a study to the eigenvalues as a page draws them."""

from __future__ import annotations

import numpy as np

from qgd_compiler.backends.html.eigenvalues import Eigenvalues
from qgd_compiler.spectra import Density
from qgd_compiler.study.reading import Study

BINS = 48
MOST_ROWS = 20_000  # of data whose density is sampled for a picture alone


def eigenvalues_of(found: Study) -> Eigenvalues:
    """Both ends, and the density where the spec gives one or the data are small enough to sample it."""
    extremes, dynamics = found.extremes, found.loaded.spec.dynamics
    density = _density(found)
    low, high = extremes.lambda_min, extremes.lambda_max
    edges, shares = ((), ()) if density is None else _binned(density, low, high)
    plain = float(dynamics.momentum.value) == 0
    return Eigenvalues(
        low=low,
        high=high,
        source=extremes.source,
        method=extremes.method,
        learning_rate=found.recursion.rate if plain else None,
        edges=edges,
        shares=shares,
        density=None if density is None else density.source,
    )


def _density(found: Study) -> Density | None:
    if found.declared_density is not None:
        return found.declared_density
    if found.entries is None or found.entries.shape[0] > MOST_ROWS:
        return None
    return found.density


def _binned(density: Density, low: float, high: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Equal bins over all that is known to lie anywhere."""
    extent = density.extent
    low, high = min(low, extent.smallest), max(high, extent.largest)
    if not high > low:
        return (), ()
    edges = np.linspace(low, high, BINS + 1)
    nodes, weights = density.quadrature(breaks=edges)
    # an eigenvalue on an edge may not change its bin by the last bit
    places = np.round((nodes - low) / (high - low) * BINS, 9)
    shares, _ = np.histogram(places, bins=BINS, range=(0, BINS), weights=weights)
    return tuple(float(e) for e in edges), tuple(float(s) for s in shares)
