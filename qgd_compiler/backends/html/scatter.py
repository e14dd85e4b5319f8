"""Plans as points: logical qubits against T gates, both logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from qgd_compiler.backends.figures import count
from qgd_compiler.backends.html.axes import Scale, log_ticks
from qgd_compiler.backends.html.svg import Chart, chart, element, line, polyline, words
from qgd_compiler.backends.report import Report

WIDTH, HEIGHT = 420.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 12.0, 14.0, 44.0
PAD = 0.06  # of each axis, left free at both ends
RADIUS = 8.0
MOST_QUBITS, MOST_T = 30.0, 1e4  # times the largest of the front: a plan beyond would squeeze the front


@dataclass(frozen=True)
class Point:
    """A plan; `name` is what a pointer reads, `mark` what stands in it."""

    qubits: int
    t_count: int
    name: str
    mark: str = ""


def front_chart(report: Report) -> Chart | None:
    """The front with the numbers of its rows, the chosen plan ringed, other plans small; None without a front."""
    front = [
        Point(o.qubits, o.t_count, f"{o.solver}, {o.encoding}, {o.access}", str(i))
        for i, o in enumerate(report.pareto, 1)
    ]
    chosen = Point(report.total.qubits, report.total.t_count, "this plan")
    if not front or any(p.qubits < 1 or p.t_count < 1 for p in (*front, chosen)):
        return None
    others = [
        Point(a.qubits, a.t_count, f"{a.solver}, {a.encoding}, {a.access}")
        for a in report.alternatives
        if a.valid and not a.chosen and a.qubits and a.t_count
    ]
    return _chart(front, others, chosen)


def _chart(front: Sequence[Point], others: Sequence[Point], chosen: Point) -> Chart:
    most_qubits = MOST_QUBITS * max(p.qubits for p in (*front, chosen))
    most_t = int(MOST_T) * max(p.t_count for p in (*front, chosen))
    near = [p for p in others if p.qubits <= most_qubits and p.t_count <= most_t]
    drawn = [*front, *near, chosen]
    x = _scale([math.log10(p.qubits) for p in drawn], LEFT, WIDTH - RIGHT)
    y = _scale([math.log10(p.t_count) for p in drawn], HEIGHT - BOTTOM, TOP)

    def place(p: Point) -> tuple[float, float]:
        return x.at(math.log10(p.qubits)), y.at(math.log10(p.t_count))

    shapes = _axes(x, y)
    shapes += [_dot(p, *place(p)) for p in near]
    shapes.append(polyline(_steps([place(p) for p in front]), "front"))
    shapes += [_numbered(p, *place(p)) for p in front]
    cx, cy = place(chosen)
    shapes.append(element("circle", element("title", "this plan"), cx=cx, cy=cy, r=RADIUS + 4, class_="ring"))
    beyond = f", {len(others) - len(near)} more lie beyond" if len(near) < len(others) else ""
    best = f"{count(chosen.qubits)} qubits and {count(chosen.t_count)} T gates"
    return chart(
        WIDTH,
        HEIGHT,
        "T gates against logical qubits",
        f"{len(front)} plans that no other beats in both, numbered as in the table; the ring is this plan, with "
        f"{best}; small circles are {len(near)} other plans of the menu{beyond}. Both axes are logarithmic.",
        shapes,
    )


def _scale(values: Sequence[float], start: float, end: float) -> Scale:
    low, high = min(values), max(values)
    pad = PAD * (high - low) or 0.2
    return Scale(low - pad, high + pad, start, end)


def _steps(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The stairs through the points, from few qubits to many."""
    made: list[tuple[float, float]] = []
    for here in points:
        if made:
            made.append((here[0], made[-1][1]))
        made.append(here)
    return made


def _axes(x: Scale, y: Scale) -> list[Markup]:
    floor = HEIGHT - BOTTOM
    shapes = [line(LEFT, floor, WIDTH - RIGHT, floor, "axis"), line(LEFT, TOP, LEFT, floor, "axis")]
    for value, label in log_ticks(x.low, x.high):
        shapes += [
            line(x.at(value), TOP, x.at(value), floor, "rule"),
            words(x.at(value), floor + 15, label, "tick"),
        ]
    for value, label in log_ticks(y.low, y.high):
        shapes += [
            line(LEFT, y.at(value), WIDTH - RIGHT, y.at(value), "rule"),
            words(LEFT - 6, y.at(value) + 4, label, "tick", "end"),
        ]
    shapes.append(words((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, "logical qubits", "label"))
    shapes.append(words(12, (TOP + floor) / 2, "T gates", "label", turn=-90))
    return shapes


def _told(p: Point) -> Markup:
    return element("title", f"{p.name}: {count(p.qubits)} qubits, {count(p.t_count)} T gates")


def _dot(p: Point, cx: float, cy: float) -> Markup:
    return element("circle", _told(p), cx=cx, cy=cy, r=3.0, class_="other")


def _numbered(p: Point, cx: float, cy: float) -> Markup:
    return element(
        "g",
        _told(p),
        element("circle", cx=cx, cy=cy, r=RADIUS, class_="best"),
        words(cx, cy + 3.5, p.mark, "mark"),
    )
