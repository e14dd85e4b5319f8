"""SVG elements as text: everything escaped, coordinates to a hundredth, so that the same drawing is the same text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape


def number(x: float) -> str:
    """A coordinate.

    >>> [number(x) for x in (12.0, 3.14159, -0.001)]
    ['12', '3.14', '0']
    """
    text = f"{x:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def element(tag: str, *children: str, **attributes: float | str | None) -> Markup:
    """One element; a trailing underscore of a name is dropped, others become hyphens, None leaves it out.

    >>> str(element("text", "a < b", x=1.0, class_="tick"))
    '<text x="1" class="tick">a &lt; b</text>'
    """
    made = Markup("").join(
        Markup(' {}="{}"').format(
            name.rstrip("_").replace("_", "-"), value if isinstance(value, str) else number(value)
        )
        for name, value in attributes.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(tag, made, Markup("").join(escape(c) for c in children))


@dataclass(frozen=True)
class Chart:
    """A picture, and what stands below it: the same in words, for those who do not see it too."""

    drawing: Markup
    caption: str


def chart(width: float, height: float, title: str, caption: str, shapes: Iterable[Markup]) -> Chart:
    """A whole picture."""
    made = element(
        "svg",
        *shapes,
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img",
        class_="chart",
        aria_label=title,
    )
    return Chart(made, caption)


def polyline(points: Iterable[tuple[float, float]], class_: str) -> Markup:
    """Straight lines from point to point."""
    return element("polyline", points=" ".join(f"{number(x)},{number(y)}" for x, y in points), class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """One straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def words(
    x: float, y: float, text: str, class_: str, anchor: str = "middle", turn: float | None = None
) -> Markup:
    """A line of text; `turn` in degrees about its own place."""
    turned = None if turn is None else f"rotate({number(turn)} {number(x)} {number(y)})"
    return element("text", text, x=x, y=y, class_=class_, text_anchor=anchor, transform=turned)
