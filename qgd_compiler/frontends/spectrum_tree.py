"""The entries of a spectrum file in JSON."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from qgd_compiler.errors import InputFileError
from qgd_compiler.frontends.spectrum_entry import (
    BOUNDS,
    LISTS,
    MAX_VALUES,
    TEXTS,
    WHOLE,
    Origin,
    SpectrumEntry,
    entry_from,
)


def read_json(path: Path, text: str) -> tuple[list[SpectrumEntry], dict[str, str]]:
    """The entries and the texts of the file. InputFileError with the path of the field or the line."""
    tree = _parsed(path, text)
    top = _origin(path, "")
    if not isinstance(tree, dict):
        top.refuse(f"it holds {_kind(tree)}; an object with fields is expected")
    texts = {name: _text(top, name, tree[name]) for name in TEXTS if tree.get(name) is not None}
    if "steps" not in tree:
        entry, _ = _entry(top, None, {k: v for k, v in tree.items() if k not in TEXTS}, "", MAX_VALUES)
        return [entry], texts
    for name in tree:
        if name not in (*TEXTS, "steps"):
            if name in (*LISTS, *BOUNDS):
                top.refuse(f"{name} stands beside steps", name, remedy="put it into the step it belongs to")
            top.unknown(name, (*TEXTS, "steps"))
    return _series(path, tree["steps"]), texts


def _series(path: Path, steps: Any) -> list[SpectrumEntry]:
    top = _origin(path, "")
    if not isinstance(steps, dict):
        top.refuse(f"steps is {_kind(steps)}; an object from step to entry is expected", "steps")
    if not steps:
        top.refuse("steps is empty", "steps")
    top.require_few_steps(len(steps))
    entries: dict[int, SpectrumEntry] = {}
    left = MAX_VALUES
    for key, fields in steps.items():
        if not WHOLE.fullmatch(key):
            top.refuse(
                f"the step {key[:80]!r} is not a whole number", "steps", remedy='keys such as "0" and "10"'
            )
        step = int(key)
        if step in entries:
            top.refuse(f"the step {step} stands twice", f"steps.{key}")
        origin = _origin(path, f"steps.{key}")
        if not isinstance(fields, dict):
            origin.refuse(f"step {step} is {_kind(fields)}; an object with fields is expected")
        note = _text(origin, "note", fields["note"]) if fields.get("note") is not None else ""
        rest = {name: value for name, value in fields.items() if name != "note"}
        entries[step], left = _entry(origin, step, rest, note, left)
    return [entries[step] for step in sorted(entries)]


def _entry(
    origin: Origin, step: int | None, fields: dict[str, Any], note: str, left: int
) -> tuple[SpectrumEntry, int]:
    """The entry, and how many numbers may still follow."""
    lists, bounds = {}, {}
    for name, value in fields.items():
        if name in LISTS:
            if value is None:
                continue
            if not isinstance(value, list):
                origin.refuse(f"{name} is {_kind(value)}; a list of numbers is expected", name)
            left -= len(value)
            if left < 0:
                origin.refuse(f"the file holds more than {MAX_VALUES} numbers", name)
            lists[name] = [_number(origin, name, place, item) for place, item in enumerate(value)]
        elif name in BOUNDS:
            if value is not None:
                bounds[name] = _number(origin, name, None, value)
        else:
            origin.unknown(name, (*LISTS, *BOUNDS, *(("steps", *TEXTS) if step is None else ("note",))))
    return entry_from(origin, step, lists, bounds, note), left


def _parsed(path: Path, text: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
            _origin(path, "").refuse(f"the key {twice[:80]!r} stands twice in one object")
        return found

    try:
        # whole numbers as floats: an integer of a million digits is then infinite, and refused with its place
        return json.loads(text, object_pairs_hook=once, parse_int=float)
    except json.JSONDecodeError as error:
        raise InputFileError(
            f"{path.name}: it is not JSON: {error.msg}, column {error.colno}", at=f"{path}:{error.lineno}"
        ) from error
    except RecursionError as error:
        raise InputFileError(f"{path.name}: it is nested too deeply", at=str(path)) from error


def _origin(path: Path, prefix: str) -> Origin:
    def at(field: str, place: int | None) -> str:
        name = ".".join(part for part in (prefix, field) if part)
        index = "" if place is None else f"[{place}]"
        return f"{path} ({name}{index})" if name else str(path)

    return Origin(path, at)


def _number(origin: Origin, name: str, place: int | None, value: Any) -> float:
    if not isinstance(value, float):
        origin.refuse(f"{name} holds {_kind(value)}; a number is expected", name, place)
    return value


def _text(origin: Origin, name: str, value: Any) -> str:
    if not isinstance(value, str):
        origin.refuse(f"{name} is {_kind(value)}; a text is expected", name)
    return value


def _kind(value: Any) -> str:
    """The value, or what it is where it is long."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return repr(value) if len(repr(value)) <= 40 else "a long text"
