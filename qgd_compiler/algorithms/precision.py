"""The fewest bits per word that meet an error: measured on the data where float64 can tell, else from a bound."""

from __future__ import annotations

from collections.abc import Callable

MOST_MEASURED = 50  # bits beyond which an error of rounding drowns in that of float64


def fewest_bits(start: int, least: int, epsilon: float, error_at: Callable[[int], float] | None) -> int:
    """The fewest bits from `least` on whose error is at most `epsilon`, searched from the bound `start`.

    `error_at` measures the error of a word length. Without it, and beyond 50 bits, the bound stands.
    """
    bits = max(start, least)
    if error_at is None or bits > MOST_MEASURED:
        return bits
    while bits > least and error_at(bits - 1) <= epsilon:
        bits -= 1
    while bits <= MOST_MEASURED and error_at(bits) > epsilon:
        bits += 1
    return max(bits, start) if bits > MOST_MEASURED else bits
