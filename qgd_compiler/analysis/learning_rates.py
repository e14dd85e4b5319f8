"""Learning-rate schedules as lists η_0 … η_{T−1}, and what a list means for the growth of a run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def constant(rate: float, iterations: int) -> Array:
    """η in every step."""
    return np.full(iterations, float(rate))


def stepwise(rate: float, iterations: int, every: int, factor: float) -> Array:
    """η multiplied by `factor` after every `every` steps."""
    return np.asarray(rate * float(factor) ** (np.arange(iterations) // every))


def cosine(rate: float, iterations: int, final: float = 0.0) -> Array:
    """From η to `final` along half a cosine over the T steps: η_t = f + (η−f)(1+cos(πt/T))/2.

    Source: Loshchilov, Hutter, arXiv:1608.03983, eq. 5, without restarts.
    """
    return np.asarray(final + (rate - final) * (1 + np.cos(np.pi * np.arange(iterations) / iterations)) / 2)


def distinct(rates: Sequence[float] | Array) -> int:
    """How many different rates a list has: one means a plain constant."""
    return len(np.unique(np.asarray(rates)))


def step_growths(lambda_min: float, lambda_max: float, rates: Sequence[float] | Array) -> Array:
    """m_t = max|1 − η_t λ| of every step."""
    eta = np.asarray(rates, dtype=float)
    return np.maximum(np.abs(1 - eta * lambda_min), np.abs(1 - eta * lambda_max))


def log_growth_of(growths: Array) -> float:
    """Σ ln m_t (−inf where a step is 0)."""
    with np.errstate(divide="ignore"):
        return math.fsum(np.log(growths).tolist()) if np.all(growths > 0) else -math.inf
