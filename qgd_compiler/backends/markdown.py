"""A page as Markdown, for a pull request or a notebook."""

from __future__ import annotations

from collections.abc import Iterator

from qgd_compiler.backends.page import Grid, Page, Pairs, Tree, Twig


def markdown(page: Page) -> str:
    """The page as GitHub-flavoured Markdown."""
    return "\n".join(_lines(page)) + "\n"


def _lines(page: Page) -> Iterator[str]:
    yield f"# {_escape(page.title)}"
    yield ""
    for line in page.verdict:
        yield f"- {_escape(line)}"
    for section in page.sections:
        yield ""
        yield f"## {_escape(section.title)}"
        yield ""
        match section.body:
            case Grid():
                yield from _grid(section.body)
            case Pairs():
                yield from _pairs(section.body)
            case Tree():
                for twig in section.body.roots:
                    yield from _twig(twig, "")
        if section.notes:
            yield ""
            for note in section.notes:
                yield f"- {_escape(note)}"
    yield ""
    yield f"_{_escape(page.footer)}_"


def _grid(grid: Grid) -> Iterator[str]:
    yield _row([_escape(column.heading) for column in grid.columns])
    yield _row(["---:" if column.numeric else "---" for column in grid.columns])
    for i, row in enumerate(grid.rows):
        cells = [_escape(cell) for cell in row]
        yield _row([f"**{cell}**" if cell else "" for cell in cells] if i in grid.strong else cells)


def _pairs(pairs: Pairs) -> Iterator[str]:
    yield "| | | |"
    yield "|---|---:|---|"
    for row in pairs.rows:
        yield _row([_escape(cell) for cell in row])


def _twig(twig: Twig, indent: str) -> Iterator[str]:
    """An item of a list, its details as lines of the same paragraph, its parts as a list in it."""
    lines = [f"**{_escape(twig.name)}** {_escape(twig.figures)}".rstrip(), *map(_escape, twig.details)]
    yield f"{indent}- " + f"<br>\n{indent}  ".join(lines)
    for part in twig.parts:
        yield from _twig(part, indent + "  ")


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _escape(text: str) -> str:
    """Text that Markdown shows as it is, inside a table too."""
    for mark in ("\\", "|", "*", "_", "`", "<", "[", "]"):
        text = text.replace(mark, "\\" + mark)
    return " ".join(text.split())
