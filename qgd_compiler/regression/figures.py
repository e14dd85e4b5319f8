"""The numbers and the choices of a report, flat: a dotted path to each, so that any two reports compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Number = int | float | None
Choice = str | bool

# lists of what else was possible, prose, and what identifies the document: not the result
_ELSE = ("alternatives", "pareto", "front", "assumptions", "second_opinion")
_PROSE = ("verdict", "reasons", "reason", "source", "ref", "where")
LEFT_OUT = frozenset(("qgd", "name", "compiler", "spec_digest", *_ELSE, *_PROSE))


@dataclass(frozen=True)
class Figures:
    """Numbers (null where unknown) and choices (words, yes or no) by path, such as `total.t_count`.

    An element of a list is named by its own name: `logical.by_component[hessian].t_count`.
    """

    numbers: Mapping[str, Number]
    choices: Mapping[str, Choice]


def figures_of(report: Mapping[str, Any]) -> Figures:
    """The figures of a report as plain JSON data."""
    numbers: dict[str, Number] = {}
    choices: dict[str, Choice] = {}
    kept = {key: value for key, value in report.items() if key not in LEFT_OUT}
    for path, value in _leaves(kept, ""):
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            numbers[path] = value
        else:
            choices[path] = value
    return Figures(numbers, choices)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            named = key == "name" and path  # a name inside is a choice: which solver, which polynomial
            if named or not (key in LEFT_OUT or key.startswith("why_")):
                yield from _leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for key, inner in zip(_names(value), value, strict=True):
            yield from _leaves(inner, f"{path}[{key}]")
    else:
        yield path, value


def _names(elements: list[Any]) -> list[str]:
    """What tells the elements apart: their names where all have different ones, else their places."""
    for key in ("name", "label"):
        names = [e.get(key) if isinstance(e, dict) else None for e in elements]
        if all(isinstance(n, str) and n for n in names) and len(set(names)) == len(names):
            return [str(n) for n in names]
    return [str(i) for i in range(len(elements))]
