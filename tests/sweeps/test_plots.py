"""Figures of a sweep: what they show, told apart by more than colour, and files that need nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from qgd_compiler import api
from qgd_compiler.errors import UsageError
from qgd_compiler.sweeps import plots
from qgd_compiler.sweeps.result import Sweep, draw
from tests.sweeps.made_up import SPEC, MadeUp

OVER = {"n": "64:1048576:log:6", "T": [4, 8, 13, 24, 48], "access": "qrom,qroam"}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    """A sweep of the made-up evaluator."""
    with pytest.MonkeyPatch.context() as change:
        change.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp(chunk=50))
        yield api.sweep(SPEC, OVER, tmp_path_factory.mktemp("plots") / "s")


def test_every_price_is_drawn_and_axes_have_units(sweep: Sweep) -> None:
    axis = sweep.plot("n", "quantum_seconds", "access").axes[0]
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")
    assert axis.get_xlabel() == "rows of the Hessian, n"
    assert axis.get_ylabel() == "quantum time (s)"
    drawn = sorted(
        (x, y) for line in axis.lines for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    )
    rows = sweep.query("select n, quantum_seconds as y from sweep where status = 'ok'").table.to_pylist()
    assert drawn == sorted((row["n"], row["y"]) for row in rows)
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["qroam", "qrom"]


def test_kinds_differ_in_colour_marker_and_dashes(sweep: Sweep) -> None:
    axis = sweep.plot("n", by="access").axes[0]
    by_label = {line.get_label(): line for line in axis.lines if not line.get_label().startswith("_")}
    looks = {(line.get_color(), line.get_marker(), line.get_linestyle()) for line in by_label.values()}
    assert (
        len({c for c, _, _ in looks}) == len({m for _, m, _ in looks}) == len({d for _, _, d in looks}) == 2
    )
    assert set(plots.COLORS) == {
        "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
    }  # fmt: skip


def test_a_series_of_several_solvers_is_one_line_with_marks_of_each(sweep: Sweep) -> None:
    axis = sweep.plot("T", by="solver", where="access = 'qrom' and n = 64").axes[0]
    grey = [line for line in axis.lines if line.get_color() == "0.75"]
    assert [list(line.get_xdata()) for line in grey] == [[4, 8, 24, 48]]
    marks = {line.get_label(): list(line.get_xdata()) for line in axis.lines if line.get_color() != "0.75"}
    assert marks == {"gram": [4, 8], "power": [24, 48]}


def test_the_map_shows_the_winner_and_the_line_of_equal_times(sweep: Sweep) -> None:
    drawn = draw(sweep.store, "n", "T", None, "access = 'qroam'", map=True)
    axis = drawn.figure.axes[0]
    assert len(axis.patches) == 30
    faces = {}
    for patch in axis.patches:
        middle = (patch.get_y() * (patch.get_y() + patch.get_height())) ** 0.5
        faces.setdefault(patch.get_facecolor(), set()).add(round(middle))
    assert len(faces) == 3  # two solvers, and no plan at 13
    assert len({patch.get_hatch() for patch in axis.patches}) == 3
    words = [text.get_text() for text in drawn.figure.legends[0].get_texts()]
    assert words == ["gram", "power", "no plan", "quantum meets classical"]
    # equal times at T = sqrt(n) / 10
    (line, *_) = axis.collections
    points = [vertex for path in line.get_paths() for vertex in path.vertices]
    assert points
    for n, steps in points:
        assert steps == pytest.approx(n**0.5 / 10, rel=0.35)


def test_a_map_without_a_crossover_says_who_is_faster(sweep: Sweep) -> None:
    drawn = draw(sweep.store, "n", "T", None, "access = 'qroam' and n < 1000", map=True)
    assert drawn.figure.legends[0].get_texts()[-1].get_text() == "classical faster throughout"
    assert not drawn.figure.axes[0].collections


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"map": True}, "several points at n = 64, T = 4"),
        ({"map": True, "x": "n", "y": "n"}, "against itself"),
        ({"map": True, "x": "n", "y": "access"}, "access is none"),
        ({"map": True, "where": "false"}, "no point where false"),
        ({"x": "access"}, "words, not numbers"),
        ({"by": "point"}, "has 48 values"),
        ({"y": "physical_qubits"}, "no point has both"),
    ],
)
def test_a_figure_that_cannot_be_is_refused_with_a_remedy(
    sweep: Sweep, arguments: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        sweep.plot(**arguments)  # type: ignore[arg-type]
    assert caught.value.mistakes[0].remedy


def test_files_are_whole_and_the_same_every_time(sweep: Sweep, tmp_path: Path) -> None:
    starts = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF", ".html": b"<!doctype html>"}
    for suffix, start in starts.items():
        path = tmp_path / f"f{suffix}"
        sweep.plot("n", by="access", path=path)
        first = path.read_bytes()
        assert first.startswith(start)
        sweep.plot("n", by="access", path=path)
        assert path.read_bytes() == first
    with pytest.raises(UsageError, match=r"'\.gif'"):
        sweep.plot("n", path=tmp_path / "f.gif")


class _Addresses(HTMLParser):
    """Everything that a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "srcset", "data", "action") and not (
                value or ""
            ).startswith("#"):
                self.found.append(f"{tag} {name}={value}")


def test_a_page_needs_nothing_from_elsewhere(sweep: Sweep) -> None:
    page = api.plot(sweep.directory, ".html", "T", by="access", where="n = 64").decode()
    parser = _Addresses()
    parser.feed(page)
    assert parser.found == []
    assert not {"script", "link", "img", "iframe"} & set(parser.tags)
    assert not re.findall(r"url\((?!#)", page)
    assert "@import" not in page
    assert parser.tags.count("svg") == 1
    assert parser.tags.count("tr") == 1 + 8
    assert "made up: t_count against T" in page


def test_what_a_spec_is_called_cannot_break_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp())
    api.sweep({**SPEC, "name": "<script>alert(1)</script>"}, {"n": [64, 128]}, tmp_path / "s")
    page = api.plot(tmp_path / "s", ".html").decode()
    assert "<script" not in page
