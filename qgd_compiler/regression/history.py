"""`CHANGES.md` beside the locks: why numbers moved, with the old and the new ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from qgd_compiler.backends.figures import count, percent
from qgd_compiler.regression.attribution import leading
from qgd_compiler.regression.compare import relative_change
from qgd_compiler.regression.documents import Result, Results, Status

NAME = "CHANGES.md"
HEAD = """# Why locked estimates moved

Oldest first; written by `qgd lock PATHS --reason "…"`. T gates are those of all circuits until one succeeds.
"""


def entries(results: Results, reason: str) -> dict[Path, str]:
    """What to append to the CHANGES.md of each folder; folders where no number moved have no entry."""
    by_folder: dict[Path, list[Result]] = {}
    for result in results.estimates:
        if result.status in (Status.NEW, Status.MOVED):
            by_folder.setdefault(Path(result.lock).parent, []).append(result)
    return {
        folder / NAME: f"\n## {' '.join(reason.split())}\n\n" + "".join(f"{line}\n" for line in _rows(found))
        for folder, found in by_folder.items()
    }


def appended(before: str | None, entry: str) -> str:
    """The text of the file with the entry at its end."""
    return (HEAD if before is None else before.rstrip("\n") + "\n") + entry


def _rows(results: list[Result]) -> Iterator[str]:
    yield "| estimate | T gates before | after | change | qubits before | after | most of it by |"
    yield "|---|---:|---:|---:|---:|---:|---|"
    for r in results:
        (t0, t1), (q0, q1) = r.t_count, r.qubits
        cells = (r.name, _exact(t0), _exact(t1), _change(t0, t1), _exact(q0), _exact(q1), _why(r))
        yield "| " + " | ".join(cells) + " |"


def _exact(n: int | None) -> str:
    return "" if n is None else f"{n:,}"


def _change(old: int | None, new: int | None) -> str:
    if old is None or new is None:
        return "new"
    return signed_percent(relative_change(old, new)) if old != new else "0 %"


def signed_percent(change: float | None) -> str:
    """A relative change.

    >>> [signed_percent(x) for x in (0.25, -0.5, 12.0, -0.00001, None)]
    ['+25.0 %', '-50.0 %', '13-fold', '-<0.1 %', 'n/a']
    """
    if change is None:
        return "n/a"
    if change >= 9:
        return f"{change + 1:.4g}-fold"
    return ("-" if change < 0 else "+") + percent(abs(change))


def _why(result: Result) -> str:
    found = result.attribution
    if found is None or found.change == 0:
        return f"{len(result.moves)} other figures" if result.moves else ""
    return f"{leading(found.by_component)}; {leading(found.by_parameter)}"


def headline(old: int | None, new: int | None) -> str:
    """Old and new count in one line."""
    return count(new) if old is None or old == new else f"{count(old)} -> {count(new)}"
