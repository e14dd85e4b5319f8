"""Any page as one HTML file: what every document can be written as."""

from __future__ import annotations

from qgd_compiler.backends.html.environment import render
from qgd_compiler.backends.html.panels import Panel, anchors
from qgd_compiler.backends.page import Grid, Page

LONG = 9  # rows from which a table is worth sorting


def page_html(page: Page) -> str:
    """The page as a self-contained HTML file."""
    panels = [
        Panel(id, section, sortable=isinstance(section.body, Grid) and len(section.body.rows) >= LONG)
        for id, section in zip(anchors(s.title for s in page.sections), page.sections, strict=True)
    ]
    return render("page.html", page=page, panels=panels)
