r"""Phases of quantum singular value transformation for a real polynomial of definite parity.

With x = cos θ and z = e^{2iθ}, a real p(x) = Σ a_k T_k(x) of the parity of its degree d is z^{−d/2} P(z), where P has
degree d and real symmetric coefficients a_|k|/2. The real rotations R_y(2t_j) that build P (`stripping.py`), with
e^{−iθZ} in between, are turned by Y → Z → X into e^{−i t_j Z} with e^{−iθX} in between, whose upper left entry has the
real part p. So the symmetric phases come from the same complementary polynomial as the angles of generalised QSP, in
O(d²) and without a search.

In a query the reflection [[x, s], [s, −x]] stands in the place of e^{iθX}, which is i e^{−iπZ/4} [[x, s], [s, −x]]
e^{−iπZ/4}, and conjugation by Z removes the sign of θ: inner phases fall by π/2, outer ones by π/4, and i^d is a phase.

Source: Gilyén et al., arXiv:1806.01838, corollary 8 and theorem 17; Alexis, Lin, Mnatsakanyan, Thiele, Wang,
arXiv:2407.05634 (symmetric phases from the outer complement). Checked: tests/algorithms/qsp/test_phases.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.qsp.angles import MARGIN, TOLERANCE, sequence
from qgd_compiler.algorithms.qsp.series import Parity, agreed_parity, part, second_moment, steps_of


@dataclass(frozen=True)
class Phases:
    r"""φ_0 … φ_d for $e^{i\varphi_d(2\Pi-1)}\,U^{(\dagger)}\cdots U\,e^{i\varphi_0(2\Pi-1)}$.

    Π is the projector on the side of U where the phase stands. p is alpha times the real part of the block: the mean
    of it and of the one with all phases negated. In Π the first and the last phase are one number each: they may
    be added up.
    completion_error, reconstruction_error   as `angles.Sequence` has them; the latter bounds the error of the real
                          part, relative to alpha
    """

    values: np.ndarray
    alpha: float
    completion_error: float
    reconstruction_error: float

    @property
    def merged(self) -> np.ndarray:
        """φ_1 … φ_d, φ_0 added to the last (all there is for degree 0)."""
        if not self.degree:
            return self.values
        return np.append(self.values[1:-1], self.values[-1] + self.values[0])

    @property
    def degree(self) -> int:
        """Uses of U and U†."""
        return len(self.values) - 1

    @property
    def pairs(self) -> tuple[tuple[float, float], ...]:
        """The phases behind each U and each U† for an even degree, the first phase added to the last."""
        if self.degree % 2:
            raise ValueError(f"degree {self.degree} has no pairs of queries")
        if not self.degree:
            return ()
        return tuple((float(a), float(b)) for a, b in self.merged.reshape(-1, 2))


@dataclass(frozen=True)
class PartPhases:
    """The phases of a polynomial of this degree, of ⌊d/2⌋ pairs of queries, and of one more for the odd part."""

    degree: int
    parity: Parity
    even: Phases | None
    odd: Phases | None
    moment: float

    @property
    def parts(self) -> tuple[Phases, ...]:
        """Those that there are, the even ones first."""
        return tuple(p for p in (self.even, self.odd) if p is not None)

    @property
    def alpha(self) -> float:
        """The sum over the parts."""
        return sum(p.alpha for p in self.parts)

    @property
    def error(self) -> float:
        """‖Σ a_k T_k(x) − what the phases give‖ for any |x| <= 1, units of the coefficients (bound, measured)."""
        return sum(p.alpha * p.reconstruction_error for p in self.parts)


def qsvt_phases(
    coefficients: np.ndarray,
    *,
    parity: Parity | None = None,
    margin: float = MARGIN,
    tolerance: float = TOLERANCE,
) -> PartPhases:
    """The phases for Σ a_k T_k, a_0 first, real, its parts apart; otherwise as `phases_of`."""
    values = np.asarray(coefficients, dtype=float)
    degree = len(values) - 1
    agreed = agreed_parity(degree, parity, values)
    length = steps_of(degree) + 1
    found: list[Phases | None] = [None, None]
    for odd, other in ((False, Parity.ODD), (True, Parity.EVEN)):
        if agreed is not other:
            series = np.zeros(2 * length - 1 + int(odd))
            series[int(odd) :: 2] = part(values, odd, length)
            found[int(odd)] = phases_of(series, margin=margin, tolerance=tolerance)
    return PartPhases(degree, agreed, found[0], found[1], second_moment(values))


def phases_of(
    coefficients: np.ndarray,
    *,
    margin: float = MARGIN,
    tolerance: float = TOLERANCE,
    largest: float | None = None,
) -> Phases:
    """The phases for Σ a_k T_k of the parity of its degree, real; α = max|p| on [−1, 1]/(1 − margin).

    tolerance  of completion and reconstruction, relative to α. InfeasibleError where it is not reached
    largest    a bound on max|p|, where one is known
    ValueError for a polynomial of another parity.
    """
    values = np.asarray(coefficients, dtype=float)
    degree = len(values) - 1
    if np.any(values[1 - degree % 2 :: 2]):
        raise ValueError("QSVT phases need a polynomial whose parity is that of its degree")
    laurent = np.zeros(degree + 1)
    for sign in (1, -1):  # the place of T_k: z^((d+k)/2) and z^((d−k)/2)
        laurent[(degree + sign * np.arange(degree % 2, degree + 1, 2)) // 2] += values[degree % 2 :: 2] / 2
    found = sequence(laurent, margin, tolerance, largest)
    phases = -found.rotations.turns
    phases[1:-1] -= math.pi / 2
    if degree:
        phases[[0, -1]] -= math.pi / 4
    phases[0] += math.pi / 2 * degree  # the factor i^d
    return Phases(phases, found.alpha, found.completion_error, found.reconstruction_error)
