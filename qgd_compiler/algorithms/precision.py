"""The fewest bits per word that meet an error: measured on the data where there is data, else from a bound."""

from __future__ import annotations

from collections.abc import Callable

from qgd_compiler.errors import InfeasibleError

MOST_BITS = 50  # float64 data says nothing beyond


def fewest_bits(start: int, least: int, epsilon: float, error_at: Callable[[int], float] | None) -> int:
    """The fewest bits from `least` on whose error is at most `epsilon`, searched from the bound `start`.

    `error_at` measures the error of a word length; None takes the bound. Raises InfeasibleError beyond 50 bits.
    """
    bits = max(start, least)
    _check(bits)
    if error_at is None:
        return bits
    while bits > least and error_at(bits - 1) <= epsilon:
        bits -= 1
    while error_at(bits) > epsilon:
        bits += 1
        _check(bits)
    return bits


def _check(bits: int) -> None:
    if bits > MOST_BITS:
        raise InfeasibleError(
            f"the error budget asks for {bits} bits per word, more than float64 data carries ({MOST_BITS})",
            at="target.epsilon",
            remedy="a larger target.epsilon, fewer iterations, or damping",
        )
