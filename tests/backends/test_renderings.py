"""The table and the Markdown: everything is there, the verdict first, and nothing is mangled."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from qgd_compiler.backends.analysis_page import analysis_page
from qgd_compiler.backends.figures import bar, count, percent, real
from qgd_compiler.backends.markdown import markdown
from qgd_compiler.backends.page import Grid, Page
from qgd_compiler.backends.report import Report
from qgd_compiler.backends.report_page import report_page
from qgd_compiler.backends.table import table
from tests.backends.documents import analysis, report, report_content

PAGES = [report_page(report()), analysis_page(analysis())]


@pytest.mark.parametrize("width", [60, 80, 100, 140, 200])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.title)
def test_no_line_of_a_table_is_wider_than_the_terminal(page: Page, width: int) -> None:
    lines = table(page, width=width).splitlines()
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("width", [80, 140])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.title)
def test_every_word_of_every_cell_is_in_the_table(page: Page, width: int) -> None:
    text = table(page, width=width)
    for section in page.sections:
        assert section.title in text
        assert all(word in text for row in section.body.rows for cell in row for word in cell.split())


@pytest.mark.parametrize("width", [60, 80, 140])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.title)
def test_no_number_of_a_table_is_folded(page: Page, width: int) -> None:
    text = table(page, width=width)
    for section in page.sections:
        if isinstance(section.body, Grid):
            numeric = [i for i, column in enumerate(section.body.columns) if column.numeric]
            assert all(row[i] in text for row in section.body.rows for i in numeric)


def test_plain_text_has_no_escape_codes_and_colour_has() -> None:
    assert "\x1b" not in table(PAGES[0])
    assert "\x1b[1m" in table(PAGES[0], color=True)


def test_colour_changes_nothing_but_the_colour() -> None:
    plain, colored = table(PAGES[0], width=120), table(PAGES[0], width=120, color=True)
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", colored)
    assert [line.rstrip() for line in stripped.splitlines()] == plain.splitlines()


@pytest.mark.parametrize("show", [table, markdown], ids=["table", "markdown"])
def test_the_verdict_comes_first(show: Callable[[Page], str]) -> None:
    text = show(PAGES[0])
    places = [
        text.index(t)
        for t in ("It costs a lot.", "Total", "Where the T gates", "Error budget", "Alternatives")
    ]
    assert places == sorted(places)


def _tables(text: str) -> list[list[list[str]]]:
    """The cells that a Markdown reader sees, markup removed."""
    tables: list[list[list[str]]] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type == "inline" and tables and token.level >= 4:
            tables[-1][-1].append(_plain(token))
    return tables


def _plain(token: Token) -> str:
    return "".join(child.content for child in token.children or [])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.title)
def test_a_markdown_reader_sees_every_cell_as_it_was(page: Page) -> None:
    seen = _tables(markdown(page))
    assert len(seen) == len(page.sections)
    for section, rows in zip(page.sections, seen, strict=True):
        assert rows[1:] == [list(row) for row in section.body.rows]


def test_a_markdown_reader_sees_pipes_and_brackets_of_names_as_they_were() -> None:
    content = report_content()
    content["assumptions"][0]["name"] = "a|b *c* [d](e) `f` <g> _h_ \\i"
    text = markdown(report_page(Report.model_validate(content)))
    assert any(row[0] == "a|b *c* [d](e) `f` <g> _h_ \\i" for rows in _tables(text) for row in rows)


def test_markup_of_the_terminal_library_in_a_name_is_shown_and_not_obeyed() -> None:
    content = report_content()
    content["verdict"] = ["[red]cheap[/red] [/]"]
    assert "[red]cheap[/red] [/]" in table(report_page(Report.model_validate(content)))


def test_an_unknown_depth_is_left_out_and_a_depth_of_zero_is_not() -> None:
    content = report_content()
    content["logical"]["toffoli_depth"] = 0
    text = table(report_page(Report.model_validate(content)))
    assert "Toffoli depth" in text
    assert "T depth" not in text


def test_the_sum_of_the_error_budget_is_shown() -> None:
    assert re.search(r"sum\s+0\.004", table(PAGES[0]))


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "0"),
        (999_999, "999,999"),
        (1_000_000, "1.000e6"),
        (9_999_999, "1.000e7"),
        (-5_000_000, "-5.000e6"),
    ],
)
def test_a_count_is_rounded_only_beyond_a_million(n: int, text: str) -> None:
    assert count(n) == text


def test_a_count_beyond_floats_is_shown() -> None:
    assert count(7 * 10**500) == "7.000e500"


def test_unknown_is_not_zero() -> None:
    assert count(None) == real(None) == "n/a"


def test_a_share_that_is_not_zero_never_looks_like_zero() -> None:
    assert percent(1e-12) == "<0.1 %"
    assert percent(0.0) == "0 %"


@pytest.mark.parametrize("share", [0.0, 0.01, 0.2, 0.5, 0.99, 1.0, 1.5, -0.1])
def test_a_bar_is_never_longer_than_its_width(share: float) -> None:
    assert len(bar(share, 10)) <= 10
