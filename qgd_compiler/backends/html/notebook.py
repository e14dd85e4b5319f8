"""A document in a notebook: the verdict and the first tables, without scripts or styles of its own."""

from __future__ import annotations

from qgd_compiler.backends.html.environment import render
from qgd_compiler.backends.page import Page

FIRST = 1  # sections that a notebook shows of any document
OF_A_REPORT = ("Total", "Where the T gates of one circuit go")


def notebook_html(page: Page) -> str:
    """Title, verdict, and of a report total and components, else the first section."""
    named = [section for section in page.sections if section.title in OF_A_REPORT]
    return render("notebook.html", page=page, sections=named or page.sections[:FIRST])
