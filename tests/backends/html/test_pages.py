"""Any document as a page and in a notebook, and the hand-over of sliders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from qgd_compiler import api
from qgd_compiler.backends.analysis_page import analysis_page
from qgd_compiler.backends.document import Document
from qgd_compiler.backends.explain_page import explain_page
from qgd_compiler.backends.explain_report import Explanation
from qgd_compiler.backends.figures import bar
from qgd_compiler.backends.html.grid import cells, ranks
from qgd_compiler.backends.html.live import Live, Slider
from qgd_compiler.backends.html.page_html import page_html
from qgd_compiler.backends.page import Column, Grid, Page, Section, columns
from qgd_compiler.backends.report_page import report_page
from tests.backends.documents import analysis, report
from tests.backends.html.reading import read

PAGES = [report_page(report()), analysis_page(analysis())]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.title)
def test_all_of_a_page_is_in_its_html(page: Page) -> None:
    text = read(page_html(page)).text
    for section in page.sections:
        assert section.title in text
        for row in section.body.rows:
            assert all(" ".join(cell.split()) in text for cell in row if not set(cell) & set("█▏▎▍▌▋▊▉"))
    assert page.footer in text


def test_a_tree_is_a_list_in_a_list(explained: Explanation) -> None:
    page = explain_page(explained)
    html = read(page_html(page))
    tree = html.all("ul", class_="tree")[1]
    first = tree.all("summary")
    assert first[0].text.startswith("until one circuit succeeds")
    assert first[1].text.startswith("circuit")
    assert len(tree.all("li")) == len(page.sections[1].body.rows)


def test_long_tables_can_be_sorted_and_short_ones_are_left_alone() -> None:
    def made(n: int) -> str:
        grid = Grid(columns("a"), tuple((str(i),) for i in range(n)))
        return page_html(Page("p", (), (Section("s", grid),), "f"))

    assert read(made(20)).all("table")[0].attributes.get("data-sortable", "no") is None
    assert "data-sortable" not in read(made(3)).all("table")[0].attributes


def test_bars_keep_their_length() -> None:
    grid = Grid((Column("", fixed=True),), ((bar(1.0),), (bar(0.5),), (bar(0.0),), (bar(0.3),)))
    assert [row[0].bar for row in cells(grid)] == [100.0, 50.0, 0.0, pytest.approx(30, abs=0.5)]


def test_numbers_rank_by_size_and_before_words() -> None:
    assert ranks(["n/a", "1.5e3", "999", "-2", "12,345", "1e999"]) == [5, 2, 1, 0, 3, 4]
    assert ranks(["50.0 %", "<0.1 %", "9.9 %"]) == [2, 0, 1]
    assert ranks(["beta", "Alpha", "beta"]) == [1, 0, 1]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (report, ["two|pipes", "It costs a lot.", "best proven", "table lookup", "75.0 %"]),
        (analysis, ["karate", "The iteration contracts.", "linear dissipative"]),
        (lambda: api.solvers(50.0, 0.01), ["kernel reflection"]),
    ],
)
def test_a_notebook_shows_verdict_and_first_tables_without_scripts(
    document: Callable[[], Document], words: list[str]
) -> None:
    html = document()._repr_html_()
    assert html is not None
    made = read(html)
    assert all(word in made.text for word in words)
    assert not made.all("script") and not made.all("style")
    assert len(html) < 20_000


def test_a_document_that_nobody_has_laid_out_shows_as_its_text() -> None:
    assert Document()._repr_html_() is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value": 9.0}, "starts at 9, outside"),
        ({"high": float("inf")}, "outside"),
        ({"low": 0.0, "logarithmic": True}, "low > 0"),
    ],
)
def test_a_slider_that_cannot_be_drawn_is_refused(changes: dict[str, float], said: str) -> None:
    good = Slider("n", "n", 1.0, 8.0, 2.0, False, False)
    with pytest.raises(ValueError, match=said):
        replace(good, **changes)  # type: ignore[arg-type]


def test_two_sliders_with_one_symbol_are_refused() -> None:
    one = Slider("n", "n", 1.0, 8.0, 2.0, False, False)
    with pytest.raises(ValueError, match="n, n"):
        Live((one, one), (), "", "")
