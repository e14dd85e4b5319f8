"""What is known of the eigenvalues, and what one step makes of them, as a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup

from qgd_compiler.backends.figures import near_one, percent, real
from qgd_compiler.backends.html.axes import Scale, linear_ticks
from qgd_compiler.backends.html.svg import Chart, chart, element, line, polyline, words
from qgd_compiler.kinds import Source

WIDTH = 420.0
LEFT, RIGHT = 58.0, 12.0
BARS_TOP, BARS_END = 12.0, 132.0
GROWTH_TOP, GROWTH_END = 160.0, 262.0
HEIGHT = 302.0
LEAST_MASS = 1e-12  # below that a share is a rounding error


@dataclass(frozen=True)
class Eigenvalues:
    """Ends of the spectrum, the learning rate, and a density in equal bins where one is known.

    learning_rate   of the plain step x − η∇; None where momentum makes another step of it
    edges, shares   bins from edge to edge and the share of the eigenvalues in each; empty without a density
    """

    low: float
    high: float
    source: Source
    method: str
    learning_rate: float | None
    edges: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    density: Source | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """Of the axis: all that is drawn."""
        return min((self.low, *self.edges[:1])), max((self.high, *self.edges[-1:]))

    def growth(self, eigenvalue: float) -> float:
        """|1 − ηλ|."""
        return abs(1 - (self.learning_rate or 0.0) * eigenvalue)


def eigenvalue_chart(found: Eigenvalues) -> Chart:
    """The density above, |1 − ηλ| below, both over λ."""
    low, high = found.ends
    pad = 0.03 * (high - low) or 0.5 * abs(low) or 0.5
    x = Scale(low - pad, high + pad, LEFT, WIDTH - RIGHT)
    top = BARS_TOP if found.shares else GROWTH_TOP - 36
    drawn = [*_density(found, x), *_ends(found, x)]
    bottom = BARS_END + 30
    if found.learning_rate is not None:
        drawn += _growth(found, x)
        bottom = GROWTH_END
    elif not found.shares:
        bottom = GROWTH_TOP
    drawn += _axis(x, top, bottom)
    shift = 0.0 if found.shares else BARS_END - 24
    return chart(
        WIDTH,
        bottom - shift + HEIGHT - GROWTH_END,
        "Eigenvalues of the Hessian",
        _description(found),
        [element("g", *drawn, transform=f"translate(0 {-shift:g})")],
    )


def _description(found: Eigenvalues) -> str:
    told = [f"From {real(found.low)} to {real(found.high)} ({found.source}: {found.method})."]
    if found.shares:
        k = max(range(len(found.shares)), key=lambda i: found.shares[i])
        told.append(
            f"Most of them, {percent(found.shares[k])}, lie between {real(found.edges[k])} and "
            f"{real(found.edges[k + 1])}; shares are logarithmic."
        )
    else:
        told.append("How they are distributed is not known.")
    if found.learning_rate is not None:
        told.append(
            f"One step multiplies by |1 - {real(found.learning_rate)} λ|: {near_one(found.growth(found.low))} at the "
            f"smallest, {near_one(found.growth(found.high))} at the largest."
        )
    return " ".join(told)


def _density(found: Eigenvalues, x: Scale) -> list[Markup]:
    held = [s for s in found.shares if s > LEAST_MASS]
    if not held:
        return []
    floor = math.floor(math.log10(min(held)))
    y = Scale(floor, 0.0, BARS_END, BARS_TOP)
    step = math.ceil(-floor / 4) or 1
    shapes = [line(LEFT, BARS_END, WIDTH - RIGHT, BARS_END, "axis")]
    for k in range(floor, 1):
        if k % step == 0:
            shapes += [
                line(LEFT, y.at(k), WIDTH - RIGHT, y.at(k), "rule"),
                words(LEFT - 6, y.at(k) + 4, "1" if k == 0 else f"1e{k}", "tick", "end"),
            ]
    for left, right, share in zip(found.edges, found.edges[1:], found.shares, strict=False):
        if share > LEAST_MASS:
            top = y.at(math.log10(share))
            told = element("title", f"{real(left)} to {real(right)}: {percent(share)}")
            wide = max(x.at(right) - x.at(left) - 0.6, 0.8)
            shapes.append(
                element(
                    "rect", told, x=x.at(left), y=top, width=wide, height=BARS_END - top, class_="density"
                )
            )
    shapes.append(words(12, (BARS_TOP + BARS_END) / 2, "share of all", "label", turn=-90))
    return shapes


def _ends(found: Eigenvalues, x: Scale) -> list[Markup]:
    """Both ends with their values, between the two charts."""
    at = BARS_END + 12
    low, high = x.at(found.low), x.at(found.high)
    near = high - low < 120
    return [
        element("line", x1=low, y1=at, x2=high, y2=at, class_="span"),
        line(low, at - 5, low, at + 5, "span"),
        line(high, at - 5, high, at + 5, "span"),
        words(low, at + 16, f"{real(found.low)}", "tick", "end" if near else "start"),
        words(high, at + 16, f"{real(found.high)}", "tick", "start" if near else "end"),
    ]


def _growth(found: Eigenvalues, x: Scale) -> list[Markup]:
    rate = found.learning_rate or 0.0
    corners = sorted({x.low, x.high, *([1 / rate] if rate and x.low < 1 / rate < x.high else [])})
    values = [found.growth(c) for c in corners]
    least, most = min(*values, 1.0), max(*values, 1.0)
    pad = 0.1 * (most - least) or 0.1
    y = Scale(least - pad, most + pad, GROWTH_END, GROWTH_TOP + 8)
    shapes = [line(LEFT, GROWTH_END, WIDTH - RIGHT, GROWTH_END, "axis")]
    above = y.at(1.0) - (GROWTH_TOP + 8)
    shapes.append(
        element(
            "rect",
            x=LEFT,
            y=GROWTH_TOP + 8,
            width=WIDTH - RIGHT - LEFT,
            height=above,
            class_="grows",
        )
    )
    for tick in linear_ticks(y.low, y.high):
        if tick >= 0:
            shapes.append(words(LEFT - 6, y.at(tick) + 4, f"{tick:.6g}", "tick", "end"))
    shapes.append(line(LEFT, y.at(1.0), WIDTH - RIGHT, y.at(1.0), "limit"))
    if above > 14:
        shapes.append(words(WIDTH - RIGHT - 4, GROWTH_TOP + 19, "grows", "tick", "end"))
    shapes.append(polyline([(x.at(c), y.at(v)) for c, v in zip(corners, values, strict=True)], "growth"))
    for end in dict.fromkeys((found.low, found.high)):
        value = found.growth(end)
        told = element("title", f"λ = {real(end)}: {near_one(value)} per step")
        shapes.append(element("circle", told, cx=x.at(end), cy=y.at(value), r=4.0, class_="best"))
    shapes.append(words(12, (GROWTH_TOP + GROWTH_END) / 2, "|1 − ηλ|", "label", turn=-90))
    return shapes


def _axis(x: Scale, top: float, bottom: float) -> list[Markup]:
    shapes = []
    for tick in linear_ticks(x.low, x.high):
        shapes.append(words(x.at(tick), bottom + 15, f"{tick:.6g}", "tick"))
    if x.low < 0 < x.high:
        shapes.append(line(x.at(0.0), top, x.at(0.0), bottom, "zero"))
    shapes.append(words((LEFT + WIDTH - RIGHT) / 2, bottom + 32, "eigenvalue λ", "label"))
    return shapes
