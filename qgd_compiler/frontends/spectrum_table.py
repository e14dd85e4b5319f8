"""The entries of a spectrum file in CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import InputFileError
from qgd_compiler.frontends.spectrum_entry import (
    BOUNDS,
    MAX_VALUES,
    WHOLE,
    Origin,
    SpectrumEntry,
    entry_from,
)

Array = NDArray[np.float64]

BINS = ("low", "high", "count")
COLUMNS = ("step", "eigenvalue", "eigenvalues", "weight", "weights", "density", "log_density", *BINS, *BOUNDS)


def read_csv(path: Path, text: str) -> list[SpectrumEntry]:
    """The entries of a table with a header. InputFileError with the line."""
    rows, lines = _rows(path, text)
    if not rows:
        raise InputFileError(f"{path.name}: it holds no header line", at=str(path))
    header = [name.strip() for name in rows[0]]
    origin = _lines(path, [lines[0]])
    for name in header:
        if name not in COLUMNS:
            origin.unknown(name, COLUMNS, "column")
        if header.count(name) > 1:
            origin.refuse(f"the column {name} stands twice")
    if len(rows) == 1:
        origin.refuse("there are no lines behind the header")
    if len(header) * len(rows) > MAX_VALUES:
        origin.refuse(f"the file holds more than {MAX_VALUES} cells")
    for row, line in zip(rows[1:], lines[1:], strict=True):
        if len(row) != len(header):
            _lines(path, [line]).refuse(f"the line has {len(row)} cells, the header {len(header)}")
    groups: dict[int | None, list[int]] = {}
    for index in range(1, len(rows)):
        step = _step(path, lines[index], rows[index][header.index("step")]) if "step" in header else None
        groups.setdefault(step, []).append(index)
    origin.require_few_steps(len(groups))
    return [
        _group(path, step, header, [rows[i] for i in chosen], [lines[i] for i in chosen])
        for step, chosen in sorted(groups.items(), key=lambda item: item[0] or 0)
    ]


def _rows(path: Path, text: str) -> tuple[list[list[str]], list[int]]:
    """The lines with anything on them, as cells, and their numbers."""
    rows, lines = [], []
    # a comment becomes an empty line, so that the lines keep their numbers
    plain = "\n".join("" if line.lstrip().startswith("#") else line for line in text.split("\n"))
    reader = csv.reader(io.StringIO(plain), strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise InputFileError(
            f"{path.name}: it is not CSV: {error}", at=f"{path}:{reader.line_num}"
        ) from error
    return rows, lines


def _group(
    path: Path, step: int | None, header: list[str], rows: list[list[str]], lines: list[int]
) -> SpectrumEntry:
    """The entry in the rows of one step."""
    origin = _lines(path, lines)
    given = [name for name in header if name != "step"]
    of_bounds = [name for name in given if name in BOUNDS]
    if of_bounds and len(of_bounds) < len(given):
        other = next(name for name in given if name not in BOUNDS)
        origin.refuse(f"the columns {of_bounds[0]} and {other} do not go together", remedy="use two files")
    if of_bounds and len(rows) > 1:
        origin.refuse(
            "there are two lines of bounds" + ("" if step is None else f" for step {step}"),
            of_bounds[0],
            1,
            "a column step with different steps",
        )
    columns = {
        name: [_cell(origin, name, i, row[header.index(name)]) for i, row in enumerate(rows)]
        for name in given
    }
    if of_bounds:
        return entry_from(origin, step, {}, {k: v[0] for k, v in columns.items() if v[0] is not None})
    lists: dict[str, Array] = {}
    for name, cells in columns.items():
        lists[name] = np.array([_present(origin, name, i, cell) for i, cell in enumerate(cells)])
    if any(name in BINS for name in lists):
        return entry_from(origin, step, _bins(origin, lists), {})
    names = {"weight": "weights"}
    if "density" not in lists and "log_density" not in lists:
        names["eigenvalue"] = "eigenvalues"
    elif "eigenvalues" in lists and "eigenvalue" not in lists:
        names["eigenvalues"] = "eigenvalue"
    renamed = {names.get(name, name): array for name, array in lists.items()}
    if len(renamed) < len(lists):
        origin.refuse("two columns have the same meaning: " + ", ".join(lists))
    return entry_from(origin, step, renamed, {})


def _bins(origin: Origin, columns: Mapping[str, Array]) -> dict[str, Array]:
    """Edges and counts from the columns low, high and count."""
    absent = [name for name in BINS if name not in columns]
    others = [name for name in columns if name not in BINS]
    if absent or others:
        origin.refuse(
            f"the column {absent[0]} is missing"
            if absent
            else f"the column {others[0]} does not belong to bins",
            remedy="the columns low, high, count",
        )
    for name in BINS:
        bad = np.flatnonzero(~np.isfinite(columns[name]))
        if bad.size:
            origin.refuse(f"{name} is {columns[name][bad[0]]}", name, int(bad[0]))
    order = np.argsort(columns["low"], kind="stable")
    low, high, counts = (columns[name][order] for name in BINS)
    bad = np.flatnonzero(high <= low)
    if bad.size:
        i = int(bad[0])
        origin.refuse(f"the bin from {low[i]:g} to {high[i]:g} has no width", "high", int(order[i]))
    bad = np.flatnonzero(high[:-1] != low[1:])
    if bad.size:
        i = int(bad[0])
        origin.refuse(
            f"a bin ends at {high[i]:g}, the next begins at {low[i + 1]:g}",
            "low",
            int(order[i + 1]),
            "bins that touch; one without eigenvalues has the count 0",
        )
    return {"edges": np.append(low, high[-1]), "counts": counts}


def _lines(path: Path, lines: list[int]) -> Origin:
    def at(field: str, place: int | None) -> str:
        line = lines[place] if place is not None and place < len(lines) else lines[0]
        return f"{path}:{line}" + (f" ({field})" if field else "")

    return Origin(path, at)


def _cell(origin: Origin, name: str, row: int, text: str) -> float | None:
    text = text.strip()
    if not text:
        return None
    try:
        if "_" in text:  # Python's own notation, nobody else's
            raise ValueError(text)
        return float(text)
    except ValueError:
        shown = text if len(text) <= 40 else text[:37] + "..."
        origin.refuse(f"{name} is {shown!r}; a number is expected", name, row)


def _present(origin: Origin, name: str, row: int, value: float | None) -> float:
    if value is None:
        origin.refuse(f"{name} is empty", name, row)
    return value


def _step(path: Path, line: int, text: str) -> int:
    if not WHOLE.fullmatch(text.strip()):
        _lines(path, [line]).refuse(f"the step {text.strip()[:40]!r} is not a whole number", "step")
    return int(text)
