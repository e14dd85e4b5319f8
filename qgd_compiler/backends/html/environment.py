"""The templates, and the style and scripts that go into a page itself."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from qgd_compiler.backends.figures import count, percent, real
from qgd_compiler.backends.html.grid import cells
from qgd_compiler.backends.page import Grid, Pairs, Tree

ROOM = "qgd_compiler.backends.html"


def render(template: str, **content: Any) -> str:
    """A template with its content; everything that is not `Markup` is escaped."""
    return _environment().get_template(template).render(**content)


def asset(name: str) -> Markup:
    """A file of `assets/`, to stand in a page as it is."""
    return Markup((files(ROOM) / "assets" / name).read_text("utf-8"))


def script(text: str) -> Markup:
    """JavaScript that cannot end the element in which it stands."""
    return Markup(
        text.replace("</script", "<\\/script").replace("</SCRIPT", "<\\/SCRIPT").replace("<!--", "<\\!--")
    )


def data(content: Any) -> Markup:
    """JSON that may stand in a script element."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False)
    for mark in "<>&":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(text)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader(ROOM),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"count": count, "real": real, "percent": percent, "cells": cells}
    made.tests |= {
        "grid": lambda body: isinstance(body, Grid),
        "pairs": lambda body: isinstance(body, Pairs),
        "tree": lambda body: isinstance(body, Tree),
    }
    made.globals |= {"asset": asset}
    return made
