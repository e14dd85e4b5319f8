"""Learning-rate schedules as lists η_0 … η_{T−1}, and what a list means for the growth of a run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def constant(rate: float, iterations: int) -> Array:
    """η in every step; the array is a view of one number, so that runs of any length cost nothing."""
    return np.broadcast_to(np.float64(rate), (iterations,))


def stepwise(rate: float, iterations: int, every: int, factor: float) -> Array:
    """η multiplied by `factor` after every `every` steps."""
    return np.asarray(rate * float(factor) ** (np.arange(iterations) // every))


def cosine(rate: float, iterations: int, final: float = 0.0) -> Array:
    """From η to `final` along half a cosine over the T steps: η_t = f + (η−f)(1+cos(πt/T))/2.

    Source: Loshchilov, Hutter, arXiv:1608.03983, eq. 5, without restarts.
    """
    return np.asarray(final + (rate - final) * (1 + np.cos(np.pi * np.arange(iterations) / iterations)) / 2)


def is_constant(rates: Array) -> bool:
    """Whether every step has the same rate."""
    return rates.strides == (0,) or bool(np.all(rates == rates[0]))


def largest(rates: Array) -> float:
    """The largest rate."""
    return float(rates[0] if rates.strides == (0,) else rates.max())


def step_growths(lambda_min: float, lambda_max: float, rates: Sequence[float] | Array) -> Array:
    """m_t = max|1 − η_t λ| of every step."""
    eta = np.asarray(rates, dtype=float)
    return np.maximum(np.abs(1 - eta * lambda_min), np.abs(1 - eta * lambda_max))


def log_growth_of(growths: Array) -> float:
    """Σ ln m_t (−inf where a step is 0)."""
    with np.errstate(divide="ignore"):
        return math.fsum(np.log(growths).tolist()) if np.all(growths > 0) else -math.inf
