"""The report as a page: all of the report is in it, it stands alone, and it does what it says to whom it says it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from qgd_compiler.backends.figures import count
from qgd_compiler.backends.html.live import Live
from qgd_compiler.backends.html.report_html import Dossier, report_html
from qgd_compiler.backends.page import Grid, Pairs
from qgd_compiler.backends.report import Report
from qgd_compiler.backends.report_page import report_page
from tests.backends.documents import report, report_content
from tests.backends.html.reading import Node, read


@pytest.fixture(scope="session")
def html(dossier: Dossier, live: Live) -> str:
    """The page of a real report, with sliders."""
    return report_html(replace(dossier, live=live))


@pytest.fixture(scope="session")
def page(html: str) -> Node:
    """The same, read."""
    return read(html)


def test_every_word_of_the_report_is_in_the_page(dossier: Dossier, page: Node) -> None:
    text = page.text
    laid_out = report_page(dossier.report)
    for section in laid_out.sections:
        body = section.body
        assert isinstance(body, Grid | Pairs)
        fixed = [i for i, c in enumerate(body.columns) if c.fixed] if isinstance(body, Grid) else []
        cells = [cell for row in body.rows for i, cell in enumerate(row) if i not in fixed]
        for words in (section.title, *cells, *section.notes, *laid_out.verdict):
            assert " ".join(words.split()) in text


def test_the_verdict_comes_before_every_number(dossier: Dossier, page: Node) -> None:
    main = page.all("main")[0]
    assert main.children[0].attributes["class"] == "verdict"
    assert [p.text for p in main.children[0].all("p")] == list(dossier.report.verdict)


def test_nothing_is_fetched_and_nothing_may_be(html: str, page: Node) -> None:
    for node in page.walk():
        for name in ("src", "srcset", "action", "poster", "background"):
            assert name not in node.attributes
        link = node.attributes.get("href") or ""
        assert link.startswith(("#", "data:")) or not link
    style = page.all("style")[0].text
    assert "@import" not in style and "url(" not in style
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|import)\s*\(", html)
    policy = page.all("meta", http_equiv="Content-Security-Policy")[0].attributes["content"] or ""
    assert "default-src 'none'" in policy and "http" not in policy


def test_ids_are_unique_and_every_link_and_label_has_a_target(page: Node) -> None:
    ids = [node.attributes["id"] for node in page.walk() if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    for node in page.walk():
        for name in ("aria-labelledby", "aria-describedby", "for"):
            target = node.attributes.get(name)
            assert target is None or target in ids, (node.tag, name, target)
        link = node.attributes.get("href") or "#main"
        assert link.startswith("data:") or link[1:] in ids


def test_headings_and_landmarks_tell_what_is_where(page: Node) -> None:
    for tag in ("header", "nav", "main", "footer", "h1"):
        assert len(page.all(tag)) == 1
    levels = [int(node.tag[1]) for node in page.walk() if re.fullmatch(r"h[1-6]", node.tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    sections = page.all("main")[0].children
    assert all(
        s.tag == "section" and s.attributes["aria-labelledby"] == s.all("h2")[0].attributes["id"]
        for s in sections
    )
    listed = [a.text for a in page.all("nav")[0].all("a")]
    assert listed == [s.all("h2")[0].text for s in sections[1:]]


def test_every_picture_is_told_in_words_too(page: Node) -> None:
    figures = page.all("figure")
    assert len(figures) == 2
    for figure in figures:
        assert figure.all("svg")[0].attributes["role"] == "img"
        assert figure.all("svg")[0].attributes["aria-label"]
        assert len(figure.all("figcaption")[0].text.split()) > 10


def test_every_control_has_a_name(page: Node) -> None:
    labelled = {label.attributes["for"] for label in page.all("label")}
    for node in (*page.all("input"), *page.all("button")):
        assert node.attributes.get("aria-label") or node.text or node.attributes.get("id") in labelled


def test_a_spec_cannot_put_markup_into_the_page() -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\" onclick='x'"
    content = report_content()
    content["name"] = evil
    content["verdict"] = [evil]
    for assumption in content["assumptions"]:
        assumption.update(name=evil, ref=evil, where=evil)
    for component in content["logical"]["by_component"]:
        component["name"] = evil
    content["alternatives"][0]["reason"] = content["pareto"][0]["solver"] = evil
    content["error_budget"][0]["name"] = evil
    made = Report.model_validate(content)
    page = read(report_html(Dossier(made)))
    harmless = read(report_html(Dossier(report())))
    assert len(page.all("script")) == len(harmless.all("script"))
    assert not page.all("img")
    assert not any(name.startswith("on") for node in page.walk() for name in node.attributes)
    assert evil in page.all("h1")[0].own[0]
    assert "<script>" not in (made._repr_html_() or "")


def test_the_script_of_the_sliders_cannot_end_its_element(page: Node, dossier: Dossier, live: Live) -> None:
    without = read(report_html(dossier))
    assert len(page.all("script")) == len(without.all("script")) + 3
    evil = replace(live.sliders[0], symbol="</script><s>", label="</script><b>", remark="<i>")
    held = json.loads(page.all("script", id="live-data")[0].own[0])
    assert held["sliders"][0]["symbol"] == "n"
    told = read(report_html(replace(dossier, live=replace(live, sliders=(evil,), statement="<u>"))))
    assert json.loads(told.all("script", id="live-data")[0].own[0])["sliders"][0]["symbol"] == evil.symbol
    assert not told.all("s") and not told.all("b") and not told.all("i") and not told.all("u")


def test_without_formulas_there_are_no_sliders(dossier: Dossier) -> None:
    page = read(report_html(replace(dossier, live=None)))
    assert not [n for n in page.walk() if n.attributes.get("type") == "range"]
    assert "What if" not in page.text


def test_a_report_alone_is_a_page_too() -> None:
    page = read(report_html(Dossier(report())))
    assert count(report().total.t_count) in page.text
    assert not [n for n in page.walk() if n.attributes.get("id") == "icicle"]


def test_sections_that_the_page_adds_to_are_still_called_so(dossier: Dossier) -> None:
    page = read(report_html(dossier))
    for part in ("cards", "stack", "icicle", "rungs", "numbers"):
        assert [n for n in page.walk() if (n.attributes.get("class") or "").split()[:1] == [part]], part
    assert len(page.all("h3")) > 3  # a group of inputs by source each


def _cells(page: Node, title: str) -> list[list[Node]]:
    section = next(s for s in page.all("section") if s.all("h2")[0].text == title)
    return [row.all("td") for row in section.all("table")[0].all("tbody")[0].all("tr")]


def test_alternatives_know_their_order_by_exact_numbers(dossier: Dossier, page: Node) -> None:
    rows = _cells(page, "Alternatives")
    by_rank: dict[int, set[str]] = {}
    for row, alternative in zip(rows, dossier.report.alternatives, strict=True):
        cell = next(c for c in row if c.text == count(alternative.t_count))
        by_rank.setdefault(int(cell.attributes["data-k"] or ""), set()).add(cell.text)
    ordered = [float(next(iter(by_rank[k])).replace("n/a", "inf").replace(",", "")) for k in sorted(by_rank)]
    assert ordered == sorted(ordered)
    assert all(len(texts) == 1 for texts in by_rank.values())


def test_inputs_stand_by_source_and_the_weakest_first(dossier: Dossier, page: Node) -> None:
    section = next(s for s in page.all("section") if s.all("h2")[0].text == "What it rests on")
    sources = [h.all("span")[0].text for h in section.all("h3")]
    assert sources[0] == str(dossier.report.weakest_source) or sources[0] in ("assumed", "estimated")
    assert set(sources) == {str(a.source) for a in dossier.report.assumptions}
    tables = section.all("table")
    for source, table in zip(sources, tables, strict=True):
        names = [row.all("td")[0].text for row in table.all("tbody")[0].all("tr")]
        assert names == [a.name for a in dossier.report.assumptions if a.source == source]


def test_a_block_of_the_icicle_leads_to_formula_and_source(page: Node) -> None:
    icicle = next(n for n in page.walk() if n.attributes.get("id") == "icicle")
    articles = {a.attributes["id"]: a for a in page.all("article")}
    assert len(icicle.children) > 20
    for block in icicle.children:
        assert block.tag == "button"
        text = articles[f"part-{block.attributes['data-part']}"].text
        assert "Formula" in text and ("sum of what one use calls" in text or "Source" in text)
    assert [b.attributes["tabindex"] for b in icicle.children].count("0") == 1


def test_the_same_spec_gives_the_same_bytes_in_another_process(dossier: Dossier, karate: Path) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    words = [sys.executable, "-m", "qgd_compiler.cli", "compile", str(karate), "--format", "html"]
    done = subprocess.run(words, capture_output=True, check=True, env=environment)
    assert done.stdout.decode() == report_html(dossier)


def test_the_page_says_nothing_of_this_machine(html: str, karate: Path) -> None:
    assert str(karate.parent) not in html
    assert "localhost" not in html


def test_a_failed_proof_is_not_shown_as_holding() -> None:
    content: dict[str, Any] = report_content()
    content["proof"]["end_to_end"][0]["passed"] = False
    page = read(report_html(Dossier(Report.model_validate(content))))
    rungs = next(n for n in page.all("ol") if n.attributes.get("class") == "rungs")
    standings = [li.all("span")[0].text for li in rungs.all("li")]
    assert standings == ["holds", "not run", "failed", "not run"]
