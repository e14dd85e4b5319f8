"""The sections of a page with what the web shows beside them: a place to link to, charts, controls."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from qgd_compiler.backends.page import Section


@dataclass(frozen=True)
class Panel:
    """A section with an anchor. `macro` names what is drawn before its body, from `extra`.

    sortable   whether its table is sorted and filtered by its reader
    bare       whether `macro` takes the place of the body
    """

    id: str
    section: Section
    macro: str = ""
    extra: Any = field(default=None)
    sortable: bool = False
    bare: bool = False


def anchors(titles: Iterable[str]) -> list[str]:
    """A place to link to for each title, none twice.

    >>> anchors(["One circuit", "A & B", "a b"])
    ['one-circuit', 'a-b', 'a-b-2']
    """
    found: list[str] = []
    for title in titles:
        plain = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "section"
        name, n = plain, 1
        while name in found:
            n += 1
            name = f"{plain}-{n}"
        found.append(name)
    return found
