"""The inputs of a result by where they come from, weakest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qgd_compiler.backends.document import Assumption
from qgd_compiler.backends.page import Grid
from qgd_compiler.backends.report_page import assumptions_section
from qgd_compiler.kinds import Source

MEANINGS = {
    Source.ASSUMED: "Nobody measured it: the result holds if it does.",
    Source.ESTIMATED: "Worked out from something near it, without a guarantee.",
    Source.PAPER: "Read in a publication.",
    Source.MEASURED: "Computed from the data, or observed.",
    Source.BOUND: "Proven to be no worse.",
    Source.EXACT: "Declared by the spec, or true by definition.",
}


@dataclass(frozen=True)
class Group:
    """Inputs of one source."""

    source: Source
    meaning: str
    inputs: int
    grid: Grid


def groups_of(assumptions: Sequence[Assumption]) -> tuple[Group, ...]:
    """Weakest source first; the column of the source is the heading of the group."""
    found = []
    for source in reversed(Source):
        of_it = tuple(a for a in assumptions if a.source is source)
        if not of_it:
            continue
        body = assumptions_section(of_it).body
        assert isinstance(body, Grid)
        found.append(Group(source, MEANINGS[source], len(of_it), _without_source(body)))
    return tuple(found)


def _without_source(grid: Grid) -> Grid:
    kept = [i for i, column in enumerate(grid.columns) if column.heading != "source"]
    return Grid(tuple(grid.columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in grid.rows))
