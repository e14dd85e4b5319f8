"""`qgd check`: locked estimates compiled again and compared."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qgd_compiler.cli.output import Format, emit, emit_document, format_for, write_whole
from qgd_compiler.cli.talk import working

if TYPE_CHECKING:
    from qgd_compiler.regression.documents import Results


class CheckFormat(StrEnum):
    """How the results are written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    GITHUB = "github"


PathsArgument = Annotated[
    list[Path], typer.Argument(metavar="PATHS...", help="Specs, locks, or folders.", show_default=False)
]
JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, help="Processes side by side. Default: one for each core."),
]


def check_locks(
    paths: PathsArgument,
    format: Annotated[
        CheckFormat,
        typer.Option(
            "--format", "-f", help="On stdout; github: annotations beside the files of a pull request."
        ),
    ] = CheckFormat.TABLE,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write it to a file as well, in the format of its ending: .json, .md, .txt, .xml (JUnit). Repeatable.",
            show_default=False,
        ),
    ] = None,
    jobs: JobsOption = None,
) -> None:
    """Compile locked specs again. Exit code 0: all as locked; 9: numbers moved; 10: a spec is broken; 11: a lock is."""
    files = output or []
    for path in files:
        if path.suffix != ".xml":
            format_for(None, path)  # a wrong ending is said before the work
    from qgd_compiler import api
    from qgd_compiler.regression.check import raise_for

    with working("checking") as progress:
        results = api.check(paths, jobs=jobs, progress=progress)
    _show(results, format)
    for path in files:
        _write(results, path)
    raise_for(results)


def _show(results: Results, format: CheckFormat) -> None:
    from qgd_compiler.regression.machine_formats import github, junit
    from qgd_compiler.regression.page import results_page

    if format is CheckFormat.JUNIT:
        emit(junit(results), None)
    elif format is CheckFormat.GITHUB:
        emit(github(results), None)
    else:
        emit_document(results, results_page(results), Format(format.value), None)


def _write(results: Results, path: Path) -> None:
    from qgd_compiler.regression.machine_formats import junit
    from qgd_compiler.regression.page import results_page

    if path.suffix == ".xml":
        write_whole(path, junit(results))
    else:
        emit_document(results, results_page(results), None, path)
