"""Scales of charts: where a number lies on paper, and which numbers are written beside the axis."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qgd_compiler.backends.figures import count, real

MOST_TICKS = 6


@dataclass(frozen=True)
class Scale:
    """Numbers from `low` to `high` drawn from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, x: float) -> float:
        """Where `x` lies."""
        span = self.high - self.low
        return self.start + (self.end - self.start) * ((x - self.low) / span if span else 0.5)


def log_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Round numbers between two powers of ten, as (exponent, label).

    >>> log_ticks(1.9, 4.2)
    [(2.0, '100'), (3.0, '1,000'), (4.0, '10,000')]
    >>> [label for _, label in log_ticks(2.1, 2.9)]
    ['200', '500']
    """
    decades = range(math.ceil(low), math.floor(high) + 1)
    if len(decades) >= 3:
        step = math.ceil(len(decades) / MOST_TICKS)
        return [(float(k), _power(1, k)) for k in decades if k % step == 0]
    found = [
        (k + math.log10(m), _power(m, k))
        for k in range(math.floor(low), math.ceil(high) + 1)
        for m in (1, 2, 5)
        if low <= k + math.log10(m) <= high
    ]
    if len(found) >= 2:
        return found
    return [(x, real(10**x, 3) if abs(x) < 300 else f"1e{x:.3g}") for x in (low, high)]


def _power(mantissa: int, exponent: int) -> str:
    """A round number in few characters."""
    if 0 <= exponent < 6:
        return count(mantissa * 10**exponent)
    return f"{mantissa}e{exponent}"


def linear_ticks(low: float, high: float) -> list[float]:
    """Round numbers from `low` to `high`: multiples of 1, 2 or 5 times a power of ten.

    >>> linear_ticks(-6.0, 23.0)
    [-5.0, 0.0, 5.0, 10.0, 15.0, 20.0]
    """
    span = high - low
    if span <= 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / MOST_TICKS))
    step = next(m * power for m in (1, 2, 5, 10) if span / (m * power) <= MOST_TICKS)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]
