"""Every rule of the room says what it counts, in the same labels as the rules of costing."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from qgd_compiler.physical import ccz_factories, codes, distillation, estimate, layout

RULES = [
    rule
    for room in (ccz_factories, codes, layout)
    for name, rule in inspect.getmembers(room, inspect.isfunction)
    if rule.__module__ == room.__name__ and not name.startswith("_")
]
RULES += [
    distillation.output_error,
    distillation.rejection,
    distillation.units_needed,
    estimate.factories_needed,
]
LABELS = ("Units:", "Shape:", "Error:", "Kind:", "Source:", "Checked:")


def test_the_walk_over_the_rules_finds_them() -> None:
    assert len(RULES) == 17


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_carries_the_labels_and_an_example(rule: Callable[..., Any]) -> None:
    text = inspect.getdoc(rule) or ""
    for label in LABELS:
        assert any(line.startswith(label) and len(line) > len(label) + 1 for line in text.splitlines()), label
    assert ">>> " in text
