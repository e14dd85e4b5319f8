"""A page for the terminal: colours and fitted columns on a screen, plain text in a pipe."""

from __future__ import annotations

from io import StringIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree as Branches

from qgd_compiler.backends.page import Grid, Page, Pairs, Tree, Twig

PLAIN_WIDTH = 140


def table(page: Page, *, width: int = PLAIN_WIDTH, color: bool = False) -> str:
    """The page as text, `width` characters wide; ANSI colours only where `color` asks for them."""
    out = StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
        legacy_windows=False,
    )
    console.print(Text(page.title, style="bold"))
    for line in page.verdict:
        console.print(_bullet(line, "bold green"))
    for section in page.sections:
        console.print()
        console.print(Text(section.title, style="bold cyan"))
        body = section.body
        match body:
            case Grid():
                console.print(_grid(body))
            case Pairs():
                console.print(_pairs(body))
            case Tree():
                for twig in body.roots:
                    console.print(_tree(twig))
        for note in section.notes:
            console.print(_bullet(note, "dim"))
    console.print()
    console.print(Text(page.footer, style="dim"))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _bullet(line: str, style: str) -> RenderableType:
    """A line behind a mark, its continuation indented."""
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_row(Text("  •", style=style), Text(line, style="dim" if style == "dim" else ""))
    return row


def _grid(grid: Grid) -> RenderableType:
    made = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False, show_edge=False)
    for column in grid.columns:
        made.add_column(
            Text(column.heading),
            justify="right" if column.numeric else "left",
            no_wrap=column.numeric or column.fixed,
            overflow="fold",
        )
    for i, row in enumerate(grid.rows):
        made.add_row(*(Text(cell) for cell in row), style="bold" if i in grid.strong else "")
    return Padding(made, (0, 0, 0, 2))


def _tree(twig: Twig) -> RenderableType:
    return Padding(_twig(twig, Branches(_label(twig), guide_style="dim")), (0, 0, 0, 2))


def _twig(twig: Twig, grown: Branches) -> Branches:
    for part in twig.parts:
        _twig(part, grown.add(_label(part)))
    return grown


def _label(twig: Twig) -> RenderableType:
    """The name, the figures beside it, and the details below, set in."""
    text = Text(twig.name, style="bold")
    if twig.figures:
        text.append(f"  {twig.figures}", style="not bold cyan")
    details = (Padding(Text(line, style="dim"), (0, 0, 0, 2)) for line in twig.details)
    return Group(text, *details)


def _pairs(pairs: Pairs) -> RenderableType:
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True)
    made.add_column(justify="left")
    made.add_column(style="dim")
    for name, value, remark in pairs.rows:
        made.add_row(Text(name), Text(value, style="bold"), Text(remark))
    return Padding(made, (0, 0, 0, 2))
