"""The axes of a sweep: ranges, lists and tables of points, as they are written on the command line."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qgd_compiler.errors import InputFileError, UsageError
from qgd_compiler.spec.expressions import evaluate
from qgd_compiler.spec.fields import Field, Value, field_of
from qgd_compiler.spec.loader import Loaded

Values = np.ndarray[Any, Any]
MOST_VALUES = 10_000_000
FORMS = "n=1e4:1e9:log:26, T=100:10000:lin:10, access=qrom,qroam or eps=0.1,0.01"


@dataclass(frozen=True)
class Axis:
    """Fields that change together, and their values: one column for each, all of one length.

    A range or a list is an axis of one field; a table of points is an axis of several.
    """

    fields: tuple[Field, ...]
    columns: tuple[Values, ...]

    def __len__(self) -> int:
        return len(self.columns[0])


def axis_of(loaded: Loaded, name: str, given: Any) -> Axis:
    """The axis of a field: a text such as `1e4:1e9:log:26` or `qrom,qroam`, a value, or a sequence of values."""
    field = field_of(loaded, name)
    if isinstance(given, str):
        values = _range(field, given) if ":" in given and field.is_number else _list(field, given.split(","))
    elif isinstance(given, Iterable):
        values = _list(field, [v.item() if isinstance(v, np.generic) else v for v in given])
    else:
        values = _list(field, [given])
    if not values:
        raise UsageError(f"{name} has no values", remedy=FORMS)
    return Axis((field,), (column(field, list(dict.fromkeys(values))),))


def parse_over(words: Sequence[str]) -> dict[str, str]:
    """`name=values` for each word."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, values = word.partition("=")
        name = name.strip()
        if not equals or not name or not values.strip():
            raise UsageError(f"{word!r} names no field with values", remedy=FORMS)
        if name in found:
            raise UsageError(f"{name} is swept twice", remedy="one range or list for each field")
        found[name] = values.strip()
    return found


def points_of(loaded: Loaded, path: Path) -> Axis:
    """The axis of a table of points: a CSV file whose columns are named after fields."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [(i, row) for i, row in enumerate(csv.reader(stream), 1) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputFileError(f"cannot read {path}: {reason}", at=str(path), remedy="a CSV file") from None
    if not rows:
        raise InputFileError(
            f"{path} is empty", at=str(path), remedy="a line of field names, then the points"
        )
    names = [name.strip() for name in rows[0][1]]
    if len(rows) == 1:
        raise InputFileError(f"{path} has no points", at=str(path), remedy="a line for each point")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputFileError(
            f"the column {twice[0]!r} stands twice", at=f"{path}:1", remedy="each field once"
        )
    fields = tuple(field_of(loaded, name) for name in names)
    values: list[list[Value]] = [[] for _ in names]
    for line, row in rows[1:]:
        if len(row) != len(names):
            raise InputFileError(
                f"{len(row)} values for {len(names)} fields", at=f"{path}:{line}", remedy=",".join(names)
            )
        for field, text, into in zip(fields, row, values, strict=True):
            try:
                into.append(_value(field, text))
            except UsageError as error:
                raise InputFileError(
                    error.what, at=f"{path}:{line}", remedy=error.mistakes[0].remedy
                ) from None
    return Axis(fields, tuple(column(f, v) for f, v in zip(fields, values, strict=True)))


def axes_of(loaded: Loaded, over: Mapping[str, Any], points: Path | None) -> tuple[Axis, ...]:
    """All axes: those of the table of points first. UsageError where two of them set one field, or there is none."""
    axes = [] if points is None else [points_of(loaded, points)]
    axes += [axis_of(loaded, name, values) for name, values in over.items()]
    if not axes:
        raise UsageError("nothing is swept", remedy=f"--over {FORMS.split(',')[0]}, or --points FILE.csv")
    taken: dict[Any, str] = {}
    for field in (field for axis in axes for field in axis.fields):
        for place in field.places:
            other = taken.setdefault(place.keys, field.name)
            if other != field.name or sum(f.name == field.name for a in axes for f in a.fields) > 1:
                where = ".".join(str(key) for key in place.keys)
                raise UsageError(f"{other} and {field.name} both set {where}", remedy="sweep one of them")
    return tuple(axes)


def column(field: Field, values: Sequence[Value]) -> Values:
    """Values as an array: int64 or float64 for numbers (objects where integers are larger), objects for words."""
    if not field.is_number:
        return np.array(values, dtype=object)
    if field.kind == "whole":
        if all(abs(int(v)) < 2**63 for v in values):
            return np.array(values, dtype=np.int64)
        return np.array(values, dtype=object)
    return np.array(values, dtype=np.float64)


def _range(field: Field, text: str) -> list[Value]:
    parts = [p.strip() for p in text.split(":")]
    if len(parts) != 4 or parts[2] not in ("log", "lin"):
        raise UsageError(
            f"{field.name}={text} is no range",
            remedy=f"FROM:TO:log:COUNT or FROM:TO:lin:COUNT, such as {FORMS}",
        )
    low, high = _number(field, parts[0]), _number(field, parts[1])
    try:
        count = int(parts[3])
    except ValueError:
        raise UsageError(
            f"{field.name}: {parts[3]!r} is no number of points", remedy="a whole number, such as 26"
        ) from None
    if not 1 <= count <= MOST_VALUES:
        raise UsageError(
            f"{field.name}: a range of {count} points", remedy=f"between 1 and {MOST_VALUES:,} points"
        )
    if high < low:
        raise UsageError(
            f"{field.name}={text} is empty: {parts[0]} is above {parts[1]}",
            remedy=f"{field.name}={parts[1]}:{parts[0]}:{parts[2]}:{parts[3]}",
        )
    if parts[2] == "log" and not low > 0:
        raise UsageError(
            f"{field.name}={text}: a logarithmic range cannot reach {parts[0]}",
            remedy=f"start above 0, or {field.name}={parts[0]}:{parts[1]}:lin:{parts[3]}",
        )
    spaced = (np.geomspace if parts[2] == "log" else np.linspace)(float(low), float(high), count)
    if field.kind == "real":
        return [float(v) for v in spaced]
    first, last = -int(-low // 1), int(high // 1)
    if first > last:
        raise UsageError(
            f"{field.name}={text} holds no whole number", remedy=f"{field.name} is a count: a wider range"
        )
    return [min(max(round(float(v)), first), last) for v in spaced]


def _list(field: Field, given: Sequence[Any]) -> list[Value]:
    return [_value(field, one) for one in given if not (isinstance(one, str) and not one.strip())]


def _value(field: Field, given: Any) -> Value:
    if field.is_number:
        return _number(field, given, whole=field.kind == "whole")
    if isinstance(given, bool):
        given = "true" if given else "false"
    if isinstance(given, list | tuple):
        given = "+".join(str(g) for g in given)
    text = str(given).strip()
    for one in text.split("+") if field.several else [text]:
        if field.choices and one not in field.choices:
            near = difflib.get_close_matches(one, field.choices, n=2)
            raise UsageError(
                f"{field.name} cannot be {one!r}",
                remedy=f"did you mean {' or '.join(near)}?" if near else f"one of {', '.join(field.choices)}",
            )
    return text


def _number(field: Field, given: Any, *, whole: bool = False) -> int | float:
    """A number, or an expression such as 2**20; exact where it is whole."""
    try:
        value = evaluate(given, {}) if isinstance(given, str) else _plain(given)
    except ValueError as error:
        raise UsageError(f"{field.name}: {error}", remedy=f"numbers, such as {FORMS}") from None
    if whole:
        exact = _exactly(given, value)
        if exact is None:
            raise UsageError(f"{field.name} is a count, and {given} is not whole", remedy=f"{round(value)}")
        return exact
    return value


def _plain(given: Any) -> int | float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError(f"{given!r} is not a number")
    if not -1e308 < given < 1e308:
        raise ValueError(f"{given} is not a finite number")
    return given


def _exactly(given: Any, value: int | float) -> int | None:
    """The integer meant: 1e23 is 10**23, which no float is."""
    if isinstance(value, int):
        return value
    if not value.is_integer():
        return None
    from decimal import Decimal, InvalidOperation

    try:
        return int(Decimal(str(given).strip()))
    except InvalidOperation:  # an expression
        return int(value)
