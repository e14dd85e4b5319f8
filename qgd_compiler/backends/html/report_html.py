"""The report of a compile as one HTML file: verdict first, then what can be looked into and moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from qgd_compiler.backends.analysis_page import analysis_page
from qgd_compiler.backends.analysis_report import Analysis
from qgd_compiler.backends.explain_page import uses_words
from qgd_compiler.backends.explain_report import Explanation
from qgd_compiler.backends.figures import percent
from qgd_compiler.backends.html.eigenvalues import Eigenvalues, eigenvalue_chart
from qgd_compiler.backends.html.environment import data, render, script
from qgd_compiler.backends.html.icicle import Block, blocks_of
from qgd_compiler.backends.html.live import Live
from qgd_compiler.backends.html.numbers import numbers_of
from qgd_compiler.backends.html.panels import Panel, anchors
from qgd_compiler.backends.html.parts import cards_of
from qgd_compiler.backends.html.rungs import rungs_of
from qgd_compiler.backends.html.scatter import front_chart
from qgd_compiler.backends.html.trust import groups_of
from qgd_compiler.backends.page import Column, Grid, Page, Pairs, Section
from qgd_compiler.backends.report import Report
from qgd_compiler.backends.report_page import report_page

COLOURS = 8  # of the style, see assets/look.css
MOVED_IN = ("What would change that", "Hessian")  # sections of the analysis that a report shows too


@dataclass(frozen=True)
class Dossier:
    """A report with what stands behind it; what is None is left out of the page.

    without_live  why there are no sliders, in words that follow a colon
    """

    report: Report
    explained: Explanation | None = None
    analysis: Analysis | None = None
    eigenvalues: Eigenvalues | None = None
    live: Live | None = None
    without_live: str = ""


def report_html(dossier: Dossier) -> str:
    """The report as a self-contained HTML file."""
    page = report_page(dossier.report)
    panels = list(_panels(dossier, page))
    titles = anchors(panel.section.title for panel in panels)
    return render(
        "report.html",
        page=page,
        report=dossier.report,
        panels=[replace(panel, id=id) for panel, id in zip(panels, titles, strict=True)],
        live=dossier.live,
        live_script=None if dossier.live is None else script(dossier.live.script),
        live_data=None if dossier.live is None else data(_live_data(dossier.live)),
    )


def _live_data(live: Live) -> dict[str, Any]:
    """What the script of the sliders needs."""
    return {
        "sliders": [
            {
                "symbol": s.symbol,
                "low": s.low,
                "high": s.high,
                "value": s.value,
                "whole": s.whole,
                "logarithmic": s.logarithmic,
            }
            for s in live.sliders
        ],
        "outputs": [name for name, _ in live.outputs],
    }


def _panels(dossier: Dossier, page: Page) -> Iterator[Panel]:
    """The sections of the report, in its order, with what the web shows beside them."""
    report = dossier.report
    for section in page.sections:
        match section.title:
            case "Total":
                notes = section.notes
                if dossier.live is None and dossier.without_live:
                    notes = (*notes, f"There are no sliders for this plan: {dossier.without_live}.")
                yield Panel("", replace(section, notes=notes), "totals", report)
                if dossier.live is not None:
                    yield Panel(
                        "",
                        Section("What if", Pairs(()), (dossier.live.statement,)),
                        "live",
                        dossier.live,
                        bare=True,
                    )
            case "Where the T gates of one circuit go":
                yield from _where_it_goes(dossier, section)
            case "Dynamics":
                yield from _dynamics(dossier, section)
            case "Error budget":
                yield Panel("", section, "budget", _shares(report))
            case "T gates against qubits":
                yield Panel("", _numbered(section), "figure", front_chart(report))
            case "Alternatives":
                yield Panel("", section, sortable=True)
            case "What it rests on":
                yield Panel("", section, "trust", groups_of(report.assumptions), bare=True)
            case "Proof":
                yield Panel("", section, "rungs", rungs_of(report, dossier.explained))
            case _:
                yield Panel("", section)


def _where_it_goes(dossier: Dossier, section: Section) -> Iterator[Panel]:
    explained = dossier.explained
    blocks = () if explained is None else blocks_of(explained)
    if explained is None or not blocks:
        yield Panel("", section)
        return
    yield Panel("", section, "icicle", _icicle(dossier, explained, blocks))
    numbers = Section("How the numbers come about", Pairs(()), (FORMULAS,))
    yield Panel("", numbers, "numbers", numbers_of(explained), bare=True)


FORMULAS = "Of one state, without what a read-out adds. Formulas in SymPy's syntax; the command qgd explain shows all."


def _icicle(dossier: Dossier, explained: Explanation, blocks: tuple[Block, ...]) -> dict[str, Any]:
    """Blocks with their colours, a legend, and the description of each part."""
    names = [component.name for component in dossier.report.logical.by_component]
    names += sorted({b.component for b in blocks} - set(names))
    colours = {name: min(i, COLOURS - 1) for i, name in enumerate(names)}
    first = {b.component: i for i, b in reversed(list(enumerate(blocks)))}
    shares = {c.name: c.share for c in dossier.report.logical.by_component}
    return {
        "blocks": blocks,
        "colours": colours,
        "callers": {b.parent for b in blocks},
        "levels": 1 + max(b.level for b in blocks),
        "told": [f"{b.title}: {percent(b.share)}, runs {uses_words(b.forward, b.inverse)}" for b in blocks],
        "uses": [uses_words(b.forward, b.inverse) for b in blocks],
        "legend": [
            (name, colours[name], first[name], percent(shares.get(name, 0.0)))
            for name in names
            if name in first
        ],
        "cards": cards_of(explained, (b.node for b in blocks)),
    }


def _dynamics(dossier: Dossier, section: Section) -> Iterator[Panel]:
    chart = None if dossier.eigenvalues is None else eigenvalue_chart(dossier.eigenvalues)
    yield Panel("", section, "figure", chart)
    if dossier.analysis is not None:
        for behind in analysis_page(dossier.analysis).sections:
            if behind.title in MOVED_IN:
                yield Panel("", behind)


def _shares(report: Report) -> list[tuple[str, float, str]]:
    """Name, percent of the whole, and the same in words."""
    whole = sum(share.epsilon for share in report.error_budget)
    if not whole:
        return []
    return [
        (share.name, round(100 * share.epsilon / whole, 2), percent(share.epsilon / whole))
        for share in report.error_budget
    ]


def _numbered(section: Section) -> Section:
    """The rows of the front with the numbers that they have in the chart."""
    grid = section.body
    assert isinstance(grid, Grid)
    rows = tuple((str(i), *row) for i, row in enumerate(grid.rows, 1))
    return replace(section, body=Grid((Column("no.", True), *grid.columns), rows, grid.strong))
