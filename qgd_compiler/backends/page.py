"""A document laid out for people, before it is known whether they read a terminal or Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of a grid. Numbers stand right and, like bars (`fixed`), are never folded: words give way."""

    heading: str
    numeric: bool = False
    fixed: bool = False


@dataclass(frozen=True)
class Grid:
    """A table; `strong` are the indices of the rows to stress."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    strong: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Pairs:
    """Names with values and a remark each."""

    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Twig:
    """A node of a tree: its name, figures beside it, lines of detail under it, and its parts."""

    name: str
    figures: str
    details: tuple[str, ...] = ()
    parts: tuple[Twig, ...] = ()


@dataclass(frozen=True)
class Tree:
    """Nodes with parts of their own."""

    roots: tuple[Twig, ...]

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """All nodes in the order in which they are read: name, figures, details."""
        found: list[tuple[str, ...]] = []
        stack = list(reversed(self.roots))
        while stack:
            twig = stack.pop()
            found.append((twig.name, twig.figures, *twig.details))
            stack.extend(reversed(twig.parts))
        return tuple(found)


@dataclass(frozen=True)
class Section:
    """A heading, what stands under it, and remarks that follow."""

    title: str
    body: Grid | Pairs | Tree
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """A title, the verdict, the sections, and one line that says what made it."""

    title: str
    verdict: tuple[str, ...]
    sections: tuple[Section, ...]
    footer: str


def columns(*headings: str, numeric: Sequence[str] = ()) -> tuple[Column, ...]:
    """Columns by heading; those in `numeric` stand right."""
    return tuple(Column(h, h in numeric) for h in headings)
