"""A document in a notebook: the verdict and the first tables, without scripts or styles of its own."""

from __future__ import annotations

from qgd_compiler.backends.html.environment import render
from qgd_compiler.backends.page import Page

FIRST = 1  # sections that a notebook shows of any document


def notebook_html(page: Page, titles: tuple[str, ...] = ()) -> str:
    """Title, verdict, and the sections called `titles`; where none is, the first ones."""
    named = [section for section in page.sections if section.title in titles]
    return render("notebook.html", page=page, sections=named or page.sections[:FIRST])
