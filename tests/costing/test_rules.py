"""Every rule says what it counts, and means the same on integers, symbols and arrays."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from qgd_compiler.costing import (
    rules_arithmetic,
    rules_dirty_lookup,
    rules_logic,
    rules_lookup,
    rules_memory,
    rules_rotation,
    synthesis,
)
from qgd_compiler.costing.gates import Gates, Price

ROOMS = (
    rules_arithmetic,
    rules_dirty_lookup,
    rules_logic,
    rules_lookup,
    rules_memory,
    rules_rotation,
    synthesis,
)
LABELS = ("Units:", "Shape:", "Error:", "Kind:", "Source:", "Checked:")
HELPERS = {"address_bits", "at_least", "groups", "columns", "entries"}

RULES = [
    rule
    for room in ROOMS
    for name, rule in inspect.getmembers(room, inspect.isfunction)
    if rule.__module__ == room.__name__ and not name.startswith("_") and name not in HELPERS
]


def test_the_walk_over_the_rules_finds_them() -> None:
    files = {Path(inspect.getfile(rule)).name for rule in RULES}
    folder = Path(inspect.getfile(rules_logic)).parent
    assert files == {p.name for p in folder.glob("rules_*.py")} | {"synthesis.py"}
    assert len(RULES) >= 20


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_carries_the_five_labels_and_an_example(rule: Callable[..., Any]) -> None:
    text = inspect.getdoc(rule) or ""
    for label in LABELS:
        assert any(line.startswith(label) and len(line) > len(label) + 1 for line in text.splitlines()), label
    assert ">>> " in text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_test_that_a_rule_names_exists(rule: Callable[..., Any], project: Path) -> None:
    text = inspect.getdoc(rule) or ""
    checked = text.split("Checked:")[1]
    named = [word.strip(",.;:") for word in checked.split() if word.startswith("tests/")]
    assert named
    for path in named:
        assert (project / path).is_file(), path


sizes = st.integers(1, 40)


def same_on_all(rule: Callable[..., Price], given_sizes: dict[str, int], **fixed: Any) -> None:
    """The rule at these sizes, on integers, by substitution into its formula, and on arrays."""
    exact = rule(**given_sizes, **fixed)
    symbols = {name: sympy.Symbol(name, positive=True, integer=True) for name in given_sizes}
    formula = rule(**symbols, **fixed)
    values = {symbols[name]: value for name, value in given_sizes.items()}
    arrays = rule(**{name: np.array([value, 3.0]) for name, value in given_sizes.items()}, **fixed)

    def check(a: Any, f: Any, v: Any) -> None:
        assert isinstance(a, int)
        assert sympy.sympify(f).subs(values) == a
        assert np.broadcast_to(v, (2,))[0] == a

    for f in fields(Gates):
        check(getattr(exact.gates, f.name), getattr(formula.gates, f.name), getattr(arrays.gates, f.name))
    check(exact.work, formula.work, arrays.work)
    check(exact.borrowed, formula.borrowed, arrays.borrowed)


@given(bits=sizes, value=st.integers(0, 1))
def test_rules_of_logic_mean_the_same_on_all_scalars(bits: int, value: int) -> None:
    same_on_all(rules_logic.clifford_gates, {"bits": bits})
    same_on_all(rules_logic.controlled_swap, {"bits": bits})
    same_on_all(rules_logic.conjunction, {"bits": bits}, value=value)
    same_on_all(rules_logic.conjunction_erased, {"bits": bits}, value=value)


@given(bits=sizes, controlled=st.booleans())
def test_rules_of_arithmetic_and_rotation_mean_the_same_on_all_scalars(bits: int, controlled: bool) -> None:
    same_on_all(rules_arithmetic.greater_equal, {"bits": bits}, controlled=controlled)
    same_on_all(rules_arithmetic.greater_equal_constant, {"bits": bits}, controlled=controlled)
    same_on_all(rules_arithmetic.increment, {"bits": bits}, controlled=controlled)
    same_on_all(rules_arithmetic.add, {"bits": bits})
    same_on_all(rules_rotation.rotate_by_register, {"bits": bits})


@settings(max_examples=20)  # symbols are slow
@given(
    lengths=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    bits=sizes,
    fetch=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    erase=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    controlled=st.booleans(),
)
def test_rules_of_lookups_mean_the_same_on_all_scalars(
    lengths: tuple[int, int], bits: int, fetch: tuple[int, int], erase: tuple[int, int], controlled: bool
) -> None:
    def blocks(exponents: tuple[int, int]) -> tuple[int, int]:
        first, second = (1 << min(e, (n - 1).bit_length()) for e, n in zip(exponents, lengths, strict=True))
        return first, second

    k, j = blocks(fetch), blocks(erase)

    def forward(rows: Any, cols: Any, bits: Any, k0: Any, k1: Any) -> Price:
        return rules_lookup.lookup((rows, cols), bits, (k0, k1), controlled)

    def borrowing(rows: Any, cols: Any, bits: Any, k0: Any, k1: Any) -> Price:
        return rules_dirty_lookup.dirty_lookup((rows, cols), bits, (k0, k1), controlled)

    def inverse(rows: Any, cols: Any, bits: Any, k0: Any, k1: Any, j0: Any, j1: Any) -> Price:
        return rules_lookup.lookup_erased((rows, cols), bits, (k0, k1), (j0, j1), controlled)

    table = {"rows": lengths[0], "cols": lengths[1], "bits": bits, "k0": k[0], "k1": k[1]}
    same_on_all(forward, table)
    same_on_all(borrowing, table)
    same_on_all(inverse, {**table, "j0": j[0], "j1": j[1]})


def test_a_rule_is_exact_where_a_float_is_not() -> None:
    entries = 2**60 + 1
    assert rules_lookup.lookup((entries,), 8, (1,), True).gates.toffoli == 2**60
