"""Where a result goes and in which format: stdout is data, a file is written whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from qgd_compiler.errors import UsageError

if TYPE_CHECKING:
    from qgd_compiler.backends.page import Page


class Format(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


SUFFIXES = {
    ".json": Format.JSON,
    ".md": Format.MARKDOWN,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".txt": Format.TABLE,
}

FormatOption = Annotated[
    Format | None,
    typer.Option("--format", "-f", help="Default: by the ending of the output file, else table."),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here instead of to stdout.")
]


def format_for(asked: Format | None, output: Path | None) -> Format:
    """The format asked for, else the one that the ending of the output file names, else a table."""
    if asked is not None:
        return asked
    if output is None or not output.suffix:
        return Format.TABLE
    try:
        return SUFFIXES[output.suffix]
    except KeyError:
        known = ", ".join(SUFFIXES)
        raise UsageError(
            f"no format goes with the ending {output.suffix!r} of {output}",
            remedy=f"an ending among {known}, or say --format table, json, markdown or html",
        ) from None


class Written(Protocol):
    """What can be written as JSON; every document can."""

    def to_json(self) -> str: ...


def emit_document(document: Written, page: Page, asked: Format | None, output: Path | None) -> None:
    """Write a document in the format asked for: to `output`, else to stdout."""
    chosen = format_for(asked, output)
    if chosen is Format.JSON:
        text = document.to_json()
    elif chosen is Format.MARKDOWN:
        from qgd_compiler.backends.markdown import markdown

        text = markdown(page)
    elif chosen is Format.HTML:
        from qgd_compiler.backends.html.page_html import page_html

        text = page_html(page)
    else:
        from qgd_compiler.backends.table import table

        text = table(page) if output is not None or not sys.stdout.isatty() else _for_screen(page)
    emit(text, output)


def emit(text: str, output: Path | None) -> None:
    """Write `text` to `output`, else to stdout."""
    if output is None:
        sys.stdout.write(text)
    else:
        write_whole(output, text)


def write_whole(path: Path, text: str) -> None:
    """Write a file of text so that a reader sees the old content or the new, never a part of it."""
    write_bytes_whole(path, text.encode("utf-8"))


def write_bytes_whole(path: Path, content: bytes) -> None:
    """The same for bytes."""
    target = path.resolve()  # a link keeps pointing at the file that it names
    try:
        if target.exists() and not target.is_file():  # a device or a pipe cannot be replaced
            target.write_bytes(content)
            return
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            part.write_bytes(content)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror or error}",
            remedy="a folder that exists and may be written to",
        ) from error


def _for_screen(page: Page) -> str:
    from qgd_compiler.backends.table import table

    color = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return table(page, width=max(shutil.get_terminal_size().columns, 60), color=color)
