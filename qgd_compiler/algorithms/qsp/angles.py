r"""Angles of generalised QSP for Σ a_k T_k, with the errors that they were measured to have.

The polynomial is split by parity: P(z) = Σ_k a_{2k} z^k or Σ_k a_{2k+1} z^k, z the walk of two queries
(`walk.py`). With real coefficients every rotation is about one axis, so d+1 angles do for ⌊d/2⌋ steps where the general
theorem takes three each. Purely imaginary ones differ by a Clifford phase.

α of a part is the maximum of |P| on the circle over 1 − margin: below 1 the complementary polynomial exists, and the
further below the fewer points it needs.

Source: Motlagh, Wiebe, arXiv:2308.01501. Checked: tests/algorithms/qsp/test_angles.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.qsp.complementary import complementary
from qgd_compiler.algorithms.qsp.series import (
    Parity,
    agreed_parity,
    in_factor,
    part,
    second_moment,
    steps_of,
)
from qgd_compiler.algorithms.qsp.stripping import Rotations, polynomial_of, stripped
from qgd_compiler.errors import InfeasibleError

MARGIN = (
    1e-5  # of α, and twice as much of the success probability: nothing, for an FFT of a few million points
)
TOLERANCE = 1e-10
GRID = 512  # points per coefficient where the maximum on the circle is looked for


@dataclass(frozen=True)
class Sequence:
    """The rotations of one part, alpha·P = Σ a_k z^k.

    quarter_turns         P is i^n times what the rotations give
    completion_error      Σ of the moduli of the coefficients of |P|² + |Q|² − 1
    reconstruction_error  Σ of the moduli of the coefficients of what the rotations give, minus P: a bound on the
                          error of the block, relative to alpha
    """

    rotations: Rotations
    quarter_turns: int
    alpha: float
    completion_error: float
    reconstruction_error: float

    @property
    def real(self) -> bool:
        """Whether one axis is enough."""
        return self.rotations.phases is None


@dataclass(frozen=True)
class Angles:
    """The sequences of a polynomial of this degree: one for each parity that it has."""

    degree: int
    parity: Parity
    even: Sequence | None
    odd: Sequence | None
    moment: float

    @property
    def parts(self) -> tuple[Sequence, ...]:
        """The sequences that there are, the even one first."""
        return tuple(s for s in (self.even, self.odd) if s is not None)

    @property
    def alpha(self) -> float:
        """The sum over the parts."""
        return sum(s.alpha for s in self.parts)

    @property
    def real(self) -> bool:
        """Whether one axis is enough for all parts."""
        return all(s.real for s in self.parts)

    @property
    def completion_error(self) -> float:
        """The largest of the parts."""
        return max(s.completion_error for s in self.parts)

    @property
    def error(self) -> float:
        """‖Σ a_k T_k(x) − what the angles give‖ for any |x| <= 1, units of the coefficients (bound, measured)."""
        return sum(s.alpha * s.reconstruction_error for s in self.parts)


def gqsp_angles(
    coefficients: np.ndarray,
    *,
    parity: Parity | None = None,
    margin: float = MARGIN,
    tolerance: float = TOLERANCE,
) -> Angles:
    """The angles for Σ a_k T_k, a_0 first, real or complex.

    tolerance  of completion and reconstruction, relative to α. InfeasibleError where it is not reached
    """
    degree = len(coefficients) - 1
    agreed = agreed_parity(degree, parity, coefficients)
    length = steps_of(degree) + 1
    even = odd = None
    if agreed is not Parity.ODD:
        even = sequence(part(coefficients, False, length), margin, tolerance)
    if agreed is not Parity.EVEN:
        odd = sequence(part(coefficients, True, length), margin, tolerance)
    return Angles(degree, agreed, even, odd, second_moment(coefficients))


def gram_angles(coefficients: np.ndarray, *, margin: float = MARGIN, tolerance: float = TOLERANCE) -> Angles:
    """The angles for Σ a_k T_k(1 − 2x²) = Σ a_k (−1)^k T_{2k}(x), a_0 first; otherwise as `gqsp_angles`."""
    return gqsp_angles(in_factor(coefficients), parity=Parity.EVEN, margin=margin, tolerance=tolerance)


def sequence(
    polynomial: np.ndarray, margin: float = MARGIN, tolerance: float = TOLERANCE, largest: float | None = None
) -> Sequence:
    """The rotations for one polynomial in z, lowest coefficient first; errors as `gqsp_angles` says.

    largest  a bound on |P| on the circle, where one is known
    """
    if not 0 < margin < 1:
        raise ValueError(f"a margin of {margin}; it must lie between 0 and 1")
    alpha = (largest_on_circle(polynomial) if largest is None else largest) / (1 - margin)
    p, quarter_turns = _turned(polynomial / alpha)
    completed = complementary(p, tolerance / 10)
    rotations = stripped(p, completed.coefficients)
    off = float(np.abs(polynomial_of(rotations) - p).sum())
    if not off <= tolerance:
        raise InfeasibleError(
            f"the rotations give a polynomial of degree {len(p) - 1} to {off:.3g} only, not {tolerance:.3g}",
            at="layer stripping",
            remedy="a larger margin, or a larger tolerance",
        )
    return Sequence(rotations, quarter_turns, alpha, completed.error, off)


def largest_on_circle(polynomial: np.ndarray) -> float:
    """A bound on |P| on the unit circle: exact where it is Σ|p_k|, at z = 1 or −1; else within 2e-5.

    From N points, |P|² a trigonometric polynomial of degree d: maximum <= largest value/cos(πd/N) (Ehlich, Zeller).
    ValueError where P vanishes.
    """
    most = float(np.abs(polynomial).sum())
    if not most > 0:
        raise ValueError("a polynomial that vanishes needs no circuit")
    ends = [abs(polynomial.sum()), abs(polynomial[::2].sum() - polynomial[1::2].sum())]
    if max(ends) >= most * (1 - 1e-15 * len(polynomial)):
        return most
    points = 1 << (GRID * len(polynomial)).bit_length()
    found = np.abs(np.fft.fft(polynomial, points)).max()
    return min(most, float(found / np.sqrt(np.cos(np.pi * (len(polynomial) - 1) / points))))


def _turned(polynomial: np.ndarray) -> tuple[np.ndarray, int]:
    """P without a factor i, as an array of reals where that leaves nothing out."""
    p = np.asarray(polynomial)
    if not np.iscomplexobj(p):
        return p.astype(float), 0
    if not np.any(p.imag):
        return np.ascontiguousarray(p.real), 0
    if not np.any(p.real):
        return np.ascontiguousarray(p.imag), 1
    return p, 0
