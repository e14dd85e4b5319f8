"""The norm of a third derivative that is known by its products alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.kinds import Source

Array = NDArray[np.float64]
Product = Callable[[Array, Array], Array]
Progress = Callable[[int, int], None]

PROBES = 16
ROUNDS = 30
STARTS = 3
_SMALL = 1e-4  # relative change at which the iteration stops
_SEED = 20240110


@dataclass(frozen=True)
class ThirdDerivative:
    """Norms of T = ∇³L, in units of loss/parameter³.

    norm        ‖T‖ as a matrix of n rows and n² columns: what the certificates of a nonlinear run take
    injective   the largest |T[x, x, x]| that was found over unit vectors: a lower bound on `norm`
    source      of `norm`: measured where every direction was a probe, else estimated
    method      how, in words
    """

    norm: float
    injective: float
    source: Source
    method: str


def third_derivative(
    product: Product, size: int, *, probes: int = PROBES, seed: int = _SEED, progress: Progress | None = None
) -> ThirdDerivative:
    """Norms of a symmetric tensor T from `product`(u, v) = T[u, v], shape (n,).

    ‖T‖² is the largest eigenvalue of Σ_j T[e_j]², which is the mean of T[z]² over random signs z. Power iteration finds
    it for fixed probes z, or for all e_j where n <= `probes`. The mean over few probes has too large an
    eigenvalue, rather than too small, and power iteration stops below it: an estimate, and no bound.
    """
    rng = np.random.default_rng(seed)
    exact = size <= probes
    directions = np.eye(size) if exact else rng.choice((-1.0, 1.0), size=(probes, size)) / probes**0.5
    total = ROUNDS + STARTS

    def tick(done: int) -> None:
        if progress is not None:
            progress(done, total)

    vector, square = _unit(rng.standard_normal(size)), 0.0
    for number in range(ROUNDS):
        tick(number)
        image = np.sum([product(z, product(z, vector)) for z in directions], axis=0)
        before, square = square, float(np.linalg.norm(image))
        if square == 0.0 or abs(square - before) <= _SMALL * square:
            break
        vector = image / square
    injective = 0.0
    for start in range(STARTS):
        tick(ROUNDS + start)
        first = vector if start == 0 else _unit(rng.standard_normal(size))
        injective = max(injective, _injective(product, first))
    tick(total)
    norm = max(square**0.5, injective)
    return ThirdDerivative(
        norm=norm,
        injective=injective,
        source=Source.MEASURED if exact else Source.ESTIMATED,
        method="power iteration over all directions"
        if exact
        else f"power iteration over {probes} random directions: an estimate and no bound; "
        f"{injective:.4g} is certain to be reached",
    )


def _injective(product: Product, vector: Array) -> float:
    """The largest |T[x, x, x]| along the iteration x ← T[x, x]; every value on the way is attained."""
    best = 0.0
    for _ in range(ROUNDS):
        image = product(vector, vector)
        value = abs(float(image @ vector))
        length = float(np.linalg.norm(image))
        if value <= best * (1 + _SMALL) or length == 0.0:
            return max(best, value)
        best, vector = value, image / length
    return best


def _unit(vector: Array) -> Array:
    return np.asarray(vector / np.linalg.norm(vector))
