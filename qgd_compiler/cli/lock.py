"""`qgd lock`: accept what specs cost now, and say why it moved."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from qgd_compiler.cli.check import JobsOption
from qgd_compiler.cli.output import FormatOption, OutputOption, emit_document, format_for, write_whole
from qgd_compiler.cli.talk import working
from qgd_compiler.errors import UsageError


def lock_specs(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATHS...", help="Specs, locks, or folders of specs in YAML.", show_default=False
        ),
    ],
    reason: Annotated[
        str, typer.Option("--reason", help="Why the numbers are new; goes to CHANGES.md.", show_default=False)
    ],
    tolerance: Annotated[
        list[str] | None,
        typer.Option(
            "--tolerance",
            metavar="PATTERN=SIZE",
            help="Relative change that check lets pass, such as 'total.*=1%'. Repeatable; earlier ones are kept.",
            show_default=False,
        ),
    ] = None,
    jobs: JobsOption = None,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Write a lock beside each spec, and old and new values to CHANGES.md. If one does not compile, none is written."""
    format_for(format, output)  # a wrong ending is said before the work
    tolerances = dict(_tolerance(text) for text in tolerance or [])
    from qgd_compiler import api
    from qgd_compiler.regression.history import appended, entries
    from qgd_compiler.regression.page import results_page

    with working("locking") as progress:
        done = api.lock(paths, reason, tolerances=tolerances, jobs=jobs, progress=progress)
    for path, made in done.locks.items():
        write_whole(path, made.to_json())
    for path, entry in entries(done.results, reason).items():
        write_whole(path, appended(path.read_text(encoding="utf-8") if path.exists() else None, entry))
    emit_document(done.results, results_page(done.results), format, output)


def _tolerance(text: str) -> tuple[str, float]:
    """A pattern and a relative change, as a number or in percent."""
    pattern, _, words = text.rpartition("=")
    try:
        size = float(words.strip().removesuffix("%")) / (100 if words.strip().endswith("%") else 1)
    except ValueError:
        size = -1.0
    if not pattern or not 0 <= size < math.inf:
        raise UsageError(f"{text!r} is not a tolerance", remedy="such as --tolerance 'total.t_count=1%'")
    return pattern, size
