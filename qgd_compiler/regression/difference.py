"""Any two reports, or locks, beside each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgd_compiler.errors import InputFileError
from qgd_compiler.regression.attribution import attribution_of
from qgd_compiler.regression.compare import added, moves
from qgd_compiler.regression.documents import Difference, Move
from qgd_compiler.regression.figures import Choice, Figures, Number, figures_of
from qgd_compiler.regression.lock import read_lock
from qgd_compiler.version import __version__

FORMAT = 1
MOST_BYTES = 2**26


def difference(before: Path, after: Path, tolerance: float) -> Difference:
    """What differs between two files by more than the relative tolerance, and what moved the T count."""
    (first, old), (last, new) = read_figures(before), read_figures(after)
    allowed = {"*": tolerance}
    return Difference(
        compiler=__version__,
        before=first,
        after=last,
        moves=(*moves(old, new, allowed), *_appeared(old, new)),
        attribution=attribution_of(old, new),
    )


def read_figures(path: Path) -> tuple[str, Figures]:
    """A name and the figures of a report, or lock, in a file of JSON; InputFileError or LockError if it is neither."""
    content = _content(path)
    if "qgd_lock" in content:
        lock = read_lock(path)
        return f"{lock.name} ({path.name})", lock.figures
    version = content.get("qgd")
    if version != FORMAT or isinstance(version, bool):
        raise InputFileError(
            f"{path} is no report of format {FORMAT}" + ("" if version is None else f" but of {version!r}"),
            at=str(path),
            remedy="a file that qgd compile SPEC -o report.json wrote, or a lock",
        )
    return f"{content.get('name', 'report')} ({path.name})", figures_of(content)


def _content(path: Path) -> Mapping[str, Any]:
    try:
        raw = path.read_bytes()
        if len(raw) > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES} bytes")
        content = json.loads(raw, parse_constant=_no_constant)
        if not isinstance(content, dict):
            raise ValueError("no JSON object")
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputFileError(
            f"cannot read {path}: {reason}",
            at=str(path),
            remedy="a report in JSON: qgd compile -o report.json",
        ) from None
    return content


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _appeared(old: Figures, new: Figures) -> tuple[Move, ...]:
    """What only the second has; unknown numbers say nothing."""
    known: dict[str, Number | Choice] = {**new.numbers, **new.choices}
    return tuple(
        Move(path=path, before=None, after=known[path], relative=None)
        for path in added(old, new)
        if known[path] is not None
    )
