"""Where a quantum and a classical cost meet, along one variable: a bracket, or none up to a limit."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

Seconds = Callable[[float], float]


@dataclass(frozen=True)
class Crossover:
    """The first place where the quantum side is no slower.

    variable    n, T, s, …
    low, high   what was looked through
    bracket     classical is faster at the first, quantum is not slower at the second; None: nowhere
    ratios      quantum over classical seconds at `low` and at `high` (infinite: no classical time or no quantum plan)
    """

    variable: str
    low: float
    high: float
    bracket: tuple[float, float] | None
    ratios: tuple[float, float]

    @property
    def everywhere(self) -> bool:
        """Whether the quantum side is no slower already at `low`."""
        return self.bracket is not None and self.bracket[0] == self.bracket[1]

    def words(self) -> str:
        """In plain language."""
        if self.bracket is None:
            return (
                f"none up to {self.variable} = {self.high:.4g}, where it is {self.ratios[1]:.3g} times slower"
            )
        if self.everywhere:
            return f"already at {self.variable} = {self.low:.4g}"
        return f"between {self.variable} = {self.bracket[0]:.6g} and {self.bracket[1]:.6g}"


def crossover(
    variable: str,
    quantum: Seconds,
    classical: Seconds,
    low: float,
    high: float,
    *,
    whole: bool = True,
    per_decade: int = 8,
) -> Crossover:
    """The first crossing in [low, high], 0 < low <= high, found on a logarithmic grid and then by bisection.

    quantum, classical   seconds; where one of them rises with jumps, the first crossing on the grid counts
    whole                only whole values: the bracket is two neighbours (else within a relative 1e-9)
    A crossing and its reversal between two points of the grid are not seen: raise `per_decade`.
    """
    if not 0 < low <= high:
        raise ValueError(f"nothing to look through between {low:g} and {high:g}")

    def ratio(x: float) -> float:
        return _ratio(quantum(x), classical(x))

    ends = (ratio(low), ratio(high))
    if ends[0] <= 1:
        return Crossover(variable, low, high, (low, low), ends)
    before = low
    for x in _grid(low, high, per_decade, whole):
        if ratio(x) <= 1:
            return Crossover(variable, low, high, _bisect(ratio, before, x, whole), ends)
        before = x
    return Crossover(variable, low, high, None, ends)


def _ratio(quantum: float, classical: float) -> float:
    """quantum/classical for integers of any size too; no quantum plan counts as infinite."""
    if not quantum < math.inf:
        return math.inf
    if classical <= 0:
        return math.inf if quantum > 0 else 1.0
    try:
        return float(quantum / classical)
    except OverflowError:
        return math.inf


def _grid(low: float, high: float, per_decade: int, whole: bool) -> list[float]:
    count = max(math.ceil(math.log10(high / low) * per_decade), 1)
    points = [low * (high / low) ** (i / count) for i in range(1, count)] + [high]
    if whole:
        points = sorted({math.floor(x) for x in points[:-1]} | {points[-1]})
    return [x for x in points if x > low]


def _bisect(ratio: Seconds, low: float, high: float, whole: bool) -> tuple[float, float]:
    while (high - low > 1) if whole else (high / low > 1 + 1e-9):
        middle = (low + high) // 2 if whole else math.sqrt(low * high)
        if ratio(middle) <= 1:
            high = middle
        else:
            low = middle
    return low, high
