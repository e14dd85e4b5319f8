"""Results and differences laid out for a terminal or for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from qgd_compiler.backends.figures import count, real
from qgd_compiler.backends.page import Grid, Page, Section, columns
from qgd_compiler.regression.compare import relative_change
from qgd_compiler.regression.documents import (
    Attribution,
    Difference,
    Line,
    Move,
    Result,
    Results,
    Status,
    Value,
)
from qgd_compiler.regression.history import headline, signed_percent

ROWS = 12  # of moved figures, for people; all stand in the JSON
WORDS = {
    Status.UNCHANGED: "unchanged",
    Status.MOVED: "moved",
    Status.BROKEN: "broken: the spec is missing or does not compile",
    Status.DAMAGED: "damaged: the lock cannot be trusted",
    Status.NEW: "new",
}


def results_page(results: Results) -> Page:
    """The page of `qgd check` and `qgd lock`."""
    sections = [_overview(results.estimates)]
    for result in results.estimates:
        sections += _moved(result.moves, result.attribution, result.name, result.notes)
        if result.trouble:
            rows = tuple((t.what, t.at, t.remedy) for t in result.trouble)
            sections.append(
                Section(f"{result.name}: {result.status}", Grid(columns("what", "where", "try"), rows))
            )
    said = [
        f"{results.count(status)} of {len(results.estimates)} {words}"
        for status, words in WORDS.items()
        if results.count(status)
    ]
    return Page(results.title, tuple(said), tuple(sections), f"qgd {results.compiler}")


def difference_page(found: Difference) -> Page:
    """The page of `qgd diff`."""
    said = f"{len(found.moves)} figures differ" if found.moves else "no figure differs"
    sections = _moved(found.moves, found.attribution, "", ())
    return Page(f"{found.before} -> {found.after}", (said,), tuple(sections), f"qgd {found.compiler}")


def _overview(results: Sequence[Result]) -> Section:
    rows = tuple(
        (
            r.name,
            str(r.status),
            headline(*r.t_count),
            _relative(*r.t_count),
            headline(*r.qubits),
            "; ".join(r.notes),
        )
        for r in results
    )
    heads = columns(
        "estimate", "status", "T gates", "change", "qubits", "notes", numeric=("T gates", "change", "qubits")
    )
    bad = frozenset(i for i, r in enumerate(results) if r.status not in (Status.UNCHANGED, Status.NEW))
    return Section("Estimates", Grid(heads, rows, bad))


def _relative(old: int | None, new: int | None) -> str:
    if old is None or new is None or old == new:
        return ""
    return signed_percent(relative_change(old, new))


def _moved(
    moves: Sequence[Move], shared: Attribution | None, name: str, notes: Sequence[str]
) -> list[Section]:
    if not moves:
        return []
    before = f"{name}: " if name else ""
    rows = tuple(
        (m.path, _value(m.before), _value(m.after), "" if m.relative is None else signed_percent(m.relative))
        for m in moves[:ROWS]
    )
    heads = columns("figure", "before", "after", "change", numeric=("before", "after", "change"))
    left = len(moves) - len(rows)
    remarks = (*((f"{left} more stand in the JSON.",) if left else ()), *notes)
    sections = [Section(f"{before}what moved", Grid(heads, rows), remarks)]
    if shared is not None and shared.change:
        sections += [
            _shares(f"{before}the change of the T gates by component", shared.by_component, shared.change),
            _shares(f"{before}the same by factor", shared.by_parameter, shared.change),
        ]
    return sections


def _shares(title: str, lines: Sequence[Line], change: int) -> Section:
    rows = [
        (x.name, _value(x.before), _value(x.after), signed_count(x.change), f"{_share(x.change, change)}")
        for x in lines
        if x.change or x.before != x.after
    ]
    rows.append(("sum", "", "", signed_count(change), "100 %"))
    words = ("before", "after", "T gates", "share")
    grid = Grid(columns("", *words, numeric=words), tuple(rows), frozenset({len(rows) - 1}))
    return Section(title, grid)


def _share(part: int, whole: int) -> str:
    return f"{100 * (part / whole):.1f} %"


def signed_count(n: int) -> str:
    """A change of a count.

    >>> [signed_count(n) for n in (1200, -1200, 0)]
    ['+1,200', '-1,200', '0']
    """
    return f"+{count(n)}" if n > 0 else count(n)


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, str):
        return "n/a" if value is None else value
    return count(value) if isinstance(value, int) else real(value, 6)
