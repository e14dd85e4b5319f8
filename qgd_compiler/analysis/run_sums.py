"""The sums over a run of gradient descent that the success probability rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.kinds import Kind
from qgd_compiler.scalars import Scalar


@dataclass(frozen=True)
class RunSums:
    """Sums over u_1 … u_T of u_{t+1} = u_t − η(H u_t + g), u_0 = 0, in units of the parameters squared.

    final          ‖u_T‖²
    total          Σ_{t=1…T} ‖u_t‖²
    largest        max_t ‖u_t‖², or an upper bound on it (`largest_kind`)
    gradient_norm  ‖g‖
    learning_rate  η
    iterations     T
    last           u_T (n values)
    method         how the run was followed, in words
    """

    final: float
    total: float
    largest: float
    largest_kind: Kind
    gradient_norm: float
    learning_rate: float
    iterations: int
    last: NDArray[np.float64]
    method: str

    @property
    def final_norm(self) -> float:
        """‖u_T‖."""
        return math.sqrt(self.final)

    @property
    def largest_norm(self) -> float:
        """max_t ‖u_t‖, or an upper bound on it."""
        return math.sqrt(self.largest)

    @property
    def in_first_steps(self) -> tuple[float, float]:
        """(final, total) in units of the first step's square, ‖ηg‖²."""
        unit = (self.learning_rate * self.gradient_norm) ** 2
        return self.final / unit, self.total / unit

    def final_probability(self, padding: int) -> float:
        """Probability that the time register of the history state, padded with p copies, is at T or later."""
        return float(final_time_probability(self.final, self.total, padding))

    def solution_norm(self, padding: int) -> float:
        """‖y‖ of the history y = (0, u_1, …, u_T, then p copies of u_T)."""
        return math.sqrt(self.total + padding * self.final)


def final_time_probability(final: Scalar, total: Scalar, padding: Scalar) -> Scalar:
    r"""Probability to find the time register at T or later, where all blocks hold u_T.

    $$(p+1)\,w_T \Big/ \Big(\sum_{t\le T} w_t + p\,w_T\Big), \qquad w_t = \|u_t\|^2$$

    `final` is w_T and `total` the sum over t = 1 … T; increasing in final/total. Kind: exact for exact sums.

    >>> final_time_probability(1.0, 4.0, 3)
    0.5714285714285714
    """
    return (padding + 1) * final / (total + padding * final)
