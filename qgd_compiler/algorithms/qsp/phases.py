r"""Phases of quantum singular value transformation for a real polynomial of definite parity.

On the circle, x = cos θ and z = e^{2iθ}, a real p(x) = Σ a_k T_k(x) of degree d and its parity is z^{−d/2} P(z), P of degree d
with real symmetric coefficients a_|k|/2. The real rotations R_y(2t_j) that build P (`stripping.py`), with e^{−iθZ} in
between, are turned by Y → Z → X into e^{−i t_j Z} with e^{−iθX} in between, whose upper left entry has the real part p.
So the symmetric phases come from the same complementary polynomial as those of GQSP, in O(d²) and without a search.

With U in the place of e^{−iθX} a two-dimensional block is the reflection [[x, s], [s, −x]] = i e^{−iπZ/4} e^{−iθX} e^{…} up
to signs that conjugation by Z removes: inner phases change by π/2, outer ones by π/4, and p by the factor i^d.

Source: Gilyén et al., arXiv:1806.01838, corollary 8 and theorem 17; Alexis, Lin, Mnatsakanyan, Thiele, Wang,
arXiv:2407.05634 (symmetric phases from the outer complement). Checked: tests/algorithms/qsp/test_phases.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.qsp.angles import MARGIN, TOLERANCE, sequence
from qgd_compiler.algorithms.qsp.series import Parity, agreed_parity


@dataclass(frozen=True)
class Phases:
    r"""φ_0 … φ_d for $e^{i\varphi_d(2\Pi-1)}\,U^{(\dagger)}\cdots U\,e^{i\varphi_0(2\Pi-1)}$; p is alpha times its real part.

    Π is the projector on the side of U where the phase stands; the real part, or the mean of this and of all phases
    negated. In Π the first and the last phase are one number each: they may be added up.
    completion_error, reconstruction_error   as `angles.Sequence` has them; the latter bounds the error of the real
                          part, relative to alpha
    """

    values: np.ndarray
    alpha: float
    completion_error: float
    reconstruction_error: float

    @property
    def degree(self) -> int:
        """Uses of U and U†."""
        return len(self.values) - 1

    @property
    def pairs(self) -> tuple[tuple[float, float], ...]:
        """The phases behind each U and each U† for an even degree, the first phase added to the last."""
        if self.degree % 2:
            raise ValueError(f"degree {self.degree} has no pairs of queries")
        merged = self.values[1:].copy()
        if not len(merged):
            return ()
        merged[-1] += self.values[0]
        return tuple((float(a), float(b)) for a, b in merged.reshape(-1, 2))


def qsvt_phases(coefficients: np.ndarray, *, margin: float = MARGIN, tolerance: float = TOLERANCE) -> Phases:
    """The phases for Σ a_k T_k of definite parity, a_0 first, real; α = max|p| on [−1, 1]/(1 − margin).

    tolerance  of completion and reconstruction, relative to α. InfeasibleError where it is not reached; ValueError for
               a polynomial of mixed parity
    """
    values = np.asarray(coefficients, dtype=float)
    degree = len(values) - 1
    if agreed_parity(degree, None, values) is Parity.MIXED:
        raise ValueError("QSVT phases need a polynomial whose parity is that of its degree")
    laurent = np.zeros(degree + 1)
    for sign in (1, -1):  # the place of T_k: z^((d+k)/2) and z^((d−k)/2)
        laurent[(degree + sign * np.arange(degree % 2, degree + 1, 2)) // 2] += values[degree % 2 :: 2] / 2
    found = sequence(laurent, margin, tolerance)
    phases = -found.rotations.turns
    phases[1:-1] -= math.pi / 2
    if degree:
        phases[[0, -1]] -= math.pi / 4
    # i^d: with it the real part of the sequence is p for even d; for odd d a phase of a quarter turns it there
    phases[0] -= math.pi / 2 * degree
    return Phases(phases, found.alpha, found.completion_error, found.reconstruction_error)
