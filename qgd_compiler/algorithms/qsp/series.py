"""Chebyshev series p = Σ_k a_k T_k: their parity, their parts, and what an error of the argument does to them."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from qgd_compiler.scalars import Scalar, is_integer, sqrt


class Parity(StrEnum):
    """Which k occur in Σ a_k T_k."""

    EVEN = "even"
    ODD = "odd"
    MIXED = "mixed"


def parity_of(coefficients: np.ndarray) -> Parity:
    """The parity of a series. ValueError where all coefficients vanish."""
    even, odd = bool(np.any(coefficients[::2])), bool(np.any(coefficients[1::2]))
    if not (even or odd):
        raise ValueError("a polynomial without a coefficient other than 0")
    if even and odd:
        return Parity.MIXED
    return Parity.EVEN if even else Parity.ODD


def agreed_parity(degree: int, parity: Parity | None, coefficients: np.ndarray | None) -> Parity:
    """The parity of a circuit for a series of this degree: as said, else as the coefficients show, else mixed.

    ValueError where they disagree with each other or with the degree.
    """
    if is_integer(degree) and (
        degree < 0
        or (parity is not Parity.MIXED and parity is not None and degree % 2 != (parity is Parity.ODD))
    ):
        raise ValueError(f"no {parity or ''} polynomial has degree {degree}")
    if coefficients is None:
        return parity or Parity.MIXED
    if np.shape(coefficients) != (degree + 1,):
        raise ValueError(f"{np.shape(coefficients)} coefficients for a polynomial of degree {degree}")
    found = parity_of(coefficients)
    if parity is None:
        # a series whose last coefficient vanishes has a lower degree, and perhaps the other parity
        fits = found is Parity.MIXED or degree % 2 == (found is Parity.ODD)
        return found if fits else Parity.MIXED
    if parity is not Parity.MIXED and found is not parity:
        raise ValueError(f"the coefficients are {found}, not {parity}")
    return parity


def steps_of(degree: int) -> int:
    """Pairs of queries, ⌊d/2⌋: each raises the order of the Chebyshev polynomial by two."""
    return degree // 2


def part(coefficients: np.ndarray, odd: bool, length: int) -> np.ndarray:
    """a_0, a_2, … or a_1, a_3, …, filled up with zeros to `length`."""
    found = np.asarray(coefficients)[int(odd) :: 2]
    return np.concatenate([found, np.zeros(length - len(found), dtype=found.dtype)])


def in_factor(coefficients: np.ndarray) -> np.ndarray:
    """Σ a_k T_k(1 − 2x²) as a series in x: a_k (−1)^k stands at 2k."""
    values = np.asarray(coefficients)
    found = np.zeros(2 * len(values) - 1, dtype=complex if np.iscomplexobj(values) else float)
    found[::2] = values * (-1.0) ** np.arange(len(values))
    return found


def second_moment(coefficients: np.ndarray) -> float:
    """Σ|a_k| k²."""
    return float(np.abs(coefficients) @ np.arange(len(coefficients), dtype=float) ** 2)


def largest_moment(squares: Scalar, degree: int) -> Scalar:
    """Σ|a_k|k² at most, where only Σ_{k>0} |a_k|² <= `squares` is known: √(squares · Σ k⁴), by Cauchy and Schwarz.

    By Parseval squares <= 2α² for a polynomial that is at most α on [−1, 1], and squares <= α² where Σ a_k z^k is at
    most α on the circle.
    """
    d = degree
    return sqrt(squares * (d * (d + 1) * (2 * d + 1) * (3 * d * d + 3 * d - 1) // 30))


def argument_error(moment: Scalar, alpha: Scalar, epsilon: Scalar) -> Scalar:
    r"""What an error ε of the block of A does to Σ a_k T_k(A/α): at most Σ|a_k|k²·ε/α, `moment` = Σ|a_k|k².

    X_k, the block of k alternating uses, obeys X_{k+1} = 2B X_k − X_{k−1}, B the block of U and of U† in turn. Of two
    such recursions that start alike, with B and with B', ‖B−B'‖ <= δ, the difference is a sum of Chebyshev
    polynomials of the second kind of B, of norm <= k−j, times 2(B'−B)X'_j (once for j = 0): at most
    δ Σ_{j<k} (2−[j=0])(k−j) = k² δ. Neither B has to be Hermitian; both must be contractions, ‖A‖ <= α. T_k itself
    attains k² at the end of the interval.
    Kind: bound. Source: derived here.
    """
    return moment * epsilon / alpha
