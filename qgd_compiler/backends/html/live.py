"""Formulas that a page evaluates again while its reader moves sliders: what a generator of formulas hands over."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Slider:
    """A symbol of the formulas, and where it may be moved.

    whole         whether it takes whole numbers only
    logarithmic   whether equal ways of the slider are equal factors; needs low > 0
    """

    symbol: str
    label: str
    low: float
    high: float
    value: float
    whole: bool
    logarithmic: bool
    remark: str = ""

    def __post_init__(self) -> None:
        ends = (self.low, self.value, self.high)
        if not all(math.isfinite(x) for x in ends) or not self.low <= self.value <= self.high:
            raise ValueError(
                f"slider {self.symbol!r} starts at {self.value:g}, outside [{self.low:g}, {self.high:g}]"
            )
        if self.logarithmic and self.low <= 0:
            raise ValueError(f"slider {self.symbol!r} is logarithmic and begins at {self.low:g}; low > 0")


@dataclass(frozen=True)
class Live:
    """Sliders, the numbers that follow them, and how.

    outputs     names that the script returns, each with its label
    script      JavaScript that defines `function qgdEvaluate(v)`: of {symbol: number} it returns {name: number},
                or {error: "text"}. It may not use `eval` or `new Function`, which pages forbid.
    statement   in words: what is held fixed, and what is evaluated again
    """

    sliders: tuple[Slider, ...]
    outputs: tuple[tuple[str, str], ...]
    script: str
    statement: str

    def __post_init__(self) -> None:
        symbols = [slider.symbol for slider in self.sliders]
        if len(set(symbols)) < len(symbols):
            raise ValueError(f"two sliders have one symbol: {', '.join(symbols)}")
