"""Charts: places on paper against numbers, and extremes that must not break them."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from qgd_compiler.backends.html.axes import Scale, linear_ticks, log_ticks
from qgd_compiler.backends.html.eigenvalues import Eigenvalues, eigenvalue_chart
from qgd_compiler.backends.html.scatter import front_chart
from qgd_compiler.backends.html.svg import Chart
from qgd_compiler.backends.report import Report
from qgd_compiler.kinds import Source
from tests.backends.documents import report_content
from tests.backends.html.reading import Node, read


def _drawn(chart: Chart | None) -> Node:
    assert chart is not None
    return read(str(chart.drawing))


def _front(*plans: tuple[int, int], others: tuple[tuple[int, int], ...] = ()) -> Report:
    content: dict[str, Any] = report_content()
    offer = content["pareto"][0]
    content["pareto"] = [{**offer, "qubits": q, "t_count": t} for q, t in plans]
    content["total"].update(qubits=plans[-1][0], t_count=plans[-1][1])
    other = content["alternatives"][0]
    content["alternatives"] = [{**other, "chosen": False, "qubits": q, "t_count": t} for q, t in others]
    return Report.model_validate(content)


def _place(node: Node) -> tuple[float, float]:
    return float(node.attributes["cx"] or ""), float(node.attributes["cy"] or "")


def test_equal_factors_are_equal_ways_in_the_front() -> None:
    svg = _drawn(front_chart(_front((10, 10**9), (100, 10**7), (1000, 10**5))))
    a, b, c = (_place(n) for n in svg.all("circle", class_="best"))
    assert b[0] - a[0] == pytest.approx(c[0] - b[0], abs=0.02) and b[0] > a[0]
    assert b[1] - a[1] == pytest.approx(c[1] - b[1], abs=0.02) and b[1] > a[1]  # fewer T gates: lower
    assert _place(svg.all("circle", class_="ring")[0]) == c
    assert [t.text for t in svg.all("text", class_="mark")] == ["1", "2", "3"]


def test_plans_far_beyond_the_front_are_told_and_not_drawn() -> None:
    chart = front_chart(_front((50, 1000), (60, 900), others=((70, 5000), (55, 10**200))))
    svg = _drawn(chart)
    assert chart is not None and "1 other plans" in chart.caption and "1 more lie beyond" in chart.caption
    assert len(svg.all("circle", class_="other")) == 1
    assert "1e200" not in svg.text


def test_a_front_of_one_plan_of_any_size_can_be_drawn() -> None:
    svg = _drawn(front_chart(_front((431, 10**400 + 7))))
    x, y = _place(svg.all("circle", class_="best")[0])
    assert 58 < x < 408 and 14 < y < 256


def _eigenvalues(**changes: Any) -> Eigenvalues:
    content: dict[str, Any] = {
        "low": -1.0,
        "high": 3.0,
        "source": Source.MEASURED,
        "method": "all of them",
        "learning_rate": 0.5,
        "edges": (-1.0, 1.0, 3.0),
        "shares": (0.99, 0.01),
        "density": Source.MEASURED,
    }
    return Eigenvalues(**{**content, **changes})


def test_the_line_of_growth_turns_where_a_step_annihilates() -> None:
    svg = _drawn(eigenvalue_chart(_eigenvalues()))
    points = [
        tuple(map(float, p.split(","))) for p in (svg.all("polyline")[0].attributes["points"] or "").split()
    ]
    assert len(points) == 3
    low, high = (_place(n) for n in svg.all("circle", class_="best"))
    zero = low[0] + (high[0] - low[0]) / 4  # λ = 0 of -1 … 3
    assert points[1][0] == pytest.approx(zero + (high[0] - low[0]) / 2, abs=0.1)  # λ = 1/η = 2
    assert points[1][1] == max(p[1] for p in points)  # lowest on paper
    limit = float(svg.all("line", class_="limit")[0].attributes["y1"] or "")
    assert low[1] < limit < high[1]  # 1.5 grows, 0.5 does not


def test_bars_of_the_density_are_as_high_as_their_logarithm() -> None:
    svg = _drawn(eigenvalue_chart(_eigenvalues(shares=(0.1, 0.001), edges=(-1.0, 1.0, 3.0))))
    tall, low = (float(r.attributes["height"] or "") for r in svg.all("rect", class_="density"))
    assert tall == pytest.approx(120 * 2 / 3, abs=0.02) and low == 0
    told = [r.all("title")[0].text for r in svg.all("rect", class_="density")]
    assert told == ["-1 to 1: 10.0 %", "1 to 3: 0.1 %"]


@pytest.mark.parametrize(
    "changes",
    [
        {"edges": (), "shares": (), "density": None},
        {"learning_rate": None},
        {"learning_rate": None, "edges": (), "shares": (), "density": None},
        {"low": 2.0, "high": 2.0, "edges": (), "shares": (), "density": None},
        {"low": 0.0, "high": 0.0, "edges": (), "shares": (), "density": None},
        {"low": 1e-12, "high": 1e12, "learning_rate": 1e-12},
    ],
)
def test_what_is_not_known_is_left_out_and_the_rest_is_drawn(changes: dict[str, Any]) -> None:
    found = _eigenvalues(**changes)
    chart = eigenvalue_chart(found)
    svg = _drawn(chart)
    assert not re.search(r"nan|inf", str(chart.drawing))
    assert len(svg.all("rect", class_="density")) == sum(s > 0 for s in found.shares)
    assert len(svg.all("polyline")) == (found.learning_rate is not None)
    assert ("not known" in chart.caption) == (not found.shares)


def test_ticks_lie_within_their_axis_and_are_few() -> None:
    for low, high in ((0.0, 1.0), (-3.7, 2.2), (5.0, 400.0), (1.95, 2.05), (7.1, 7.2)):
        ticks = log_ticks(low, high)
        assert 2 <= len(ticks) <= 8
        assert all(low - 1e-9 <= x <= high + 1e-9 for x, _ in ticks)
    for low, high in ((-6.0, 23.0), (0.0025, 1.0), (1e-12, 1e12), (0.999, 1.0001)):
        round_ones = linear_ticks(low, high)
        assert 2 <= len(round_ones) <= 8
        step = round_ones[1] - round_ones[0]
        assert all(low - 1e-9 * step <= t <= high + 1e-9 * step for t in round_ones)
    assert [float(label.replace(",", "")) for _, label in log_ticks(2.0, 4.5)] == [100, 1000, 10000]


def test_a_scale_without_extent_puts_everything_in_the_middle() -> None:
    assert Scale(3.0, 3.0, 0.0, 10.0).at(3.0) == 5.0
    assert math.isclose(Scale(0.0, 4.0, 10.0, 0.0).at(1.0), 7.5)
