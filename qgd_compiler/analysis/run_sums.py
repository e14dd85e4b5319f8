"""The sums over a run of gradient descent that the success probability rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.kinds import Kind


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
