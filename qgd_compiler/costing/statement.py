"""What a cost rule says of itself: its docstring, taken apart by its labels."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qgd_compiler.kinds import Kind

LABELS = ("Units", "Shape", "Error", "Kind", "Source", "Checked")
_LABEL = re.compile(rf"^({'|'.join(LABELS)}):\s*(.*)$")
_FORMULA = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)


@dataclass(frozen=True)
class Statement:
    """A rule in its own words.

    summary   the first sentence of the docstring
    formula   in LaTeX; "" where the rule states none
    kind      the first word behind `Kind:`; `kind_note` all of them
    source, checked, units, error   what stands behind these labels; "" where there is no such label
    """

    summary: str
    formula: str
    kind: Kind
    kind_note: str
    source: str
    checked: str
    units: str
    error: str


def statement_of(rule: Callable[..., Any]) -> Statement:
    """The statement of a rule; ValueError for one without a kind."""
    text = inspect.getdoc(rule) or ""
    head = text.split("\n\n", 1)[0]
    labelled = _labelled(text)
    note = labelled.get("Kind", "")
    word = re.match(r"\w+", note)
    if word is None:
        raise ValueError(f"{getattr(rule, '__name__', rule)} does not say of which kind it is")
    found = _FORMULA.search(text)
    return Statement(
        summary=" ".join(head.split()),
        formula="" if found is None else " ".join(found.group(1).split()),
        kind=Kind(word.group()),
        kind_note=note.rstrip("."),
        source=labelled.get("Source", "").rstrip("."),
        checked=labelled.get("Checked", "").rstrip("."),
        units=labelled.get("Units", "").rstrip("."),
        error=labelled.get("Error", "").rstrip("."),
    )


def _labelled(text: str) -> dict[str, str]:
    """The text behind each label, with the indented lines that continue it."""
    found: dict[str, list[str]] = {}
    open_label = ""
    for line in text.splitlines():
        label = _LABEL.match(line)
        if label:
            open_label = label.group(1)
            found[open_label] = [label.group(2)]
        elif open_label and line.startswith(" "):
            found[open_label].append(line.strip())
        else:
            open_label = ""
    return {name: " ".join(part for part in parts if part) for name, parts in found.items()}
