"""The fenced blocks of a page of Markdown, and what a comment above a block says about it.

<!-- no-run: why -->       the block is not executed
<!-- needs: torch -->      skipped where that module is not installed
<!-- exit: 3 -->           the exit code of the last command
<!-- file: spec.yaml -->   the block is written to this file before what follows
<!-- append: a/b.py -->    the block is added to the end of this file
<!-- checkout -->          anywhere on a page: its blocks run in a copy of the whole project
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[a-z0-9]*)[^\n]*\n(?P<body>.*?)^(?P=indent)```[ ]*$", re.M | re.S
)
COMMENT = re.compile(r"<!--\s*([a-z-]+)(?::\s*(.*?))?\s*-->\s*$")


@dataclass(frozen=True)
class Block:
    """A block with the line that it begins on."""

    page: Path
    line: int
    language: str
    body: str
    says: dict[str, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        above = text[: found.start()].rstrip("\n").splitlines()
        says = {}
        while above and (comment := COMMENT.search(above[-1].strip())):
            says[comment.group(1)] = comment.group(2) or ""
            above.pop()
        line = text.count("\n", 0, found.start()) + 1
        yield Block(page, line, found.group("language"), textwrap.dedent(found.group("body")), says)


def wants_checkout(page: Path) -> bool:
    """Whether the page changes the project itself."""
    return "<!-- checkout -->" in page.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Command:
    """A command of a console block with the output that is promised; None where nothing is."""

    words: str
    output: str | None


def commands(body: str) -> list[Command]:
    """The commands behind the prompts `$ ` of a console block; a backslash at the end of a line goes on."""
    found: list[list[str]] = []
    goes_on = False
    for line in body.splitlines():
        if goes_on:
            found[-1][0] += "\n" + line
        elif line.startswith("$ "):
            found.append([line[2:]])
        else:
            found[-1].append(line)
        goes_on = len(found[-1]) == 1 and line.endswith("\\")
    return [Command(lines[0], "\n".join(lines[1:]) + "\n" if lines[1:] else None) for lines in found]
