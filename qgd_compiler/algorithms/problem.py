"""What lowering knows of the problem: sizes, norms and measured runs, without files or specs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.kinds import Source


@dataclass(frozen=True)
class Run:
    """Sums over the run u_1 … u_T of gradient descent from u_0 = 0, in units of ‖ηg‖².

    final     ‖u_T‖²; for a bound, a lower bound of final/total is what matters
    total     Σ_{t<=T} ‖u_t‖²
    source    measured (iterated classically) or bound (from the spectrum) or assumed
    """

    final: float
    total: float
    source: Source

    @property
    def exact(self) -> bool:
        """Whether the sums are known and not only bounded."""
        return self.source in (Source.EXACT, Source.MEASURED)

    def probability(self, padding: int) -> float:
        """Probability that the time register of the history state is at T or later (exact for exact sums)."""
        return (padding + 1) * self.final / (self.total + padding * self.final)

    def solution_norm_ratio(self, iterations: int, padding: int) -> float:
        """‖y‖/‖b‖ for the history y with its padding and the right-hand side b, ‖b‖² = T‖ηg‖²."""
        return float(np.sqrt((self.total + padding * self.final) / iterations))


@dataclass(frozen=True)
class LinearProblem:
    """A quadratic model under plain gradient descent.

    parameters      n, the dimension of the Hessian
    learning_rate   η
    iterations      T
    growth          m >= max|1 − ηλ|
    offers          the encodings of the Hessian to choose from
    absent          encodings that the Hessian does not allow, by name, with the reason
    run             what is known of the iterates
    gradient        the gradient where it is known, else None
    epsilon         2-norm error asked of the normalised output state
    """

    parameters: int
    learning_rate: float
    iterations: int
    growth: float
    offers: tuple[Offer, ...]
    absent: tuple[tuple[str, str], ...]
    run: Run
    epsilon: float
    gradient: np.ndarray | None = None
