r"""The complementary polynomial: Q with |P(z)|² + |Q(z)|² = 1 on the unit circle, without zeros inside it.

S = log(1 − |P|²) on N points of the circle has Fourier coefficients c_n, and Q = exp(c_0/2 + Σ_{n>0} c_n z^n).
The coefficients are real where those of P are.

Error. The c_n fall off like r^−n, r the distance of the zeros of 1 − |P|² from the circle, so N is doubled until
the error is small. What it is then is measured: the sum of the moduli of the coefficients of |P|² + |Q|² − 1,
which is at least its maximum on the circle.

Source: Berntson, Sünderhauf, arXiv:2406.04246.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgd_compiler.errors import InfeasibleError

MOST_POINTS = 1 << 24  # of the FFT: a gigabyte of work space
CONVERGING = 1e-6  # below this the error falls with every doubling, until rounding stops it


@dataclass(frozen=True)
class Complement:
    """Q, lowest coefficient first; Σ of the moduli of the coefficients of |P|² + |Q|² − 1; N."""

    coefficients: np.ndarray
    error: float
    points: int


def complementary(polynomial: np.ndarray, tolerance: float = 1e-12) -> Complement:
    """The complement of P, lowest coefficient first, |P| < 1 on the circle.

    InfeasibleError where |P| reaches 1, or where neither 2^24 points nor float64 reach the tolerance.
    """
    p = np.asarray(polynomial)
    points = 1 << max(8 * len(p), 64).bit_length()
    best = Complement(np.zeros_like(p), np.inf, points)
    while points <= MOST_POINTS:
        q = _outer(p, points)
        error = completion_error(p, q)
        rounding = best.error < CONVERGING and error > best.error / 2  # of float64: more points do not help
        if error < best.error:
            best = Complement(q, error, points)
        if error <= tolerance:
            return best
        if rounding:
            break
        points *= 2
    raise InfeasibleError(
        f"the completion error of a polynomial of degree {len(p) - 1} is {best.error:.3g} with {best.points} points, "
        f"not {tolerance:.3g}",
        at="complementary polynomial",
        remedy="a polynomial that stays further below 1 (a larger margin), or a larger tolerance",
    )


def completion_error(p: np.ndarray, q: np.ndarray) -> float:
    """Σ of the moduli of the coefficients of |P|² + |Q|² − 1 (rounding of the FFT included)."""
    points = 1 << (2 * len(p)).bit_length()
    excess = np.abs(np.fft.fft(p, points)) ** 2 + np.abs(np.fft.fft(q, points)) ** 2 - 1
    return float(np.abs(np.fft.ifft(excess)).sum())


def _outer(p: np.ndarray, points: int) -> np.ndarray:
    """exp of the analytic half of log √(1−|P|²), cut to the length of P."""
    real = not np.iscomplexobj(p)
    values = np.fft.rfft(p, points) if real else np.fft.fft(p, points)
    below = 1 - (values.real**2 + values.imag**2)
    if below.min() <= 0:
        raise InfeasibleError(
            f"a polynomial of degree {len(p) - 1} reaches {np.sqrt(1 - below.min()):.12g} on the unit circle",
            at="complementary polynomial",
            remedy="scale it to stay below 1",
        )
    logs = np.log(below)
    series = np.fft.irfft(logs, points) if real else np.fft.ifft(logs)
    series[1 : points // 2] *= 2
    series[points // 2 + 1 :] = 0
    if real:
        return np.asarray(np.fft.irfft(np.exp(np.fft.rfft(series) / 2), points)[: len(p)])
    return np.asarray(np.fft.ifft(np.exp(np.fft.fft(series) / 2))[: len(p)])
