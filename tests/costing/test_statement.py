"""What a rule says of itself is what it does: the formulas of docstrings are evaluated."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from qgd_compiler.backends.plain_math import plain_math
from qgd_compiler.costing import rules_arithmetic, rules_logic, rules_lookup, rules_memory, rules_rotation
from qgd_compiler.costing.gates import Price
from qgd_compiler.costing.prices import RULES, rule_of
from qgd_compiler.costing.rules_dirty_lookup import dirty_lookup
from qgd_compiler.costing.statement import statement_of
from qgd_compiler.kinds import Kind
from qgd_compiler.program.primitives import And, Conjunction, GreaterEqual, Lookup, Rotation
from tests.costing.test_rules import RULES as ALL_RULES


def _stated(rule: Any, **values: int) -> int:
    """The formula of a rule at these values; where it has definitions behind a comma, the first part."""
    first = re.split(r", (?=[A-Z]|m =)", plain_math(statement_of(rule).formula))[0]
    text = re.sub(r"(?<=[A-Za-z0-9')]) (?=[(])", "*", first).replace("^", "**").replace("'", "_")
    text = re.sub(r"(\d) (?=[a-z])", r"\1*", text).replace("log_2", "log2")
    text = re.sub(r"log2 (\w+)", r"log2(\1)", text)
    names = {"max": sympy.Max, "log2": lambda x: sympy.log(x, 2), **values}
    return int(sympy.sympify(text, locals=names))


@given(bits=st.integers(1, 60), controlled=st.booleans())
def test_formulas_of_arithmetic_and_logic_are_what_is_counted(bits: int, controlled: bool) -> None:
    c = int(controlled)
    for rule, price in (
        (rules_arithmetic.greater_equal, rules_arithmetic.greater_equal(bits, controlled)),
        (rules_arithmetic.greater_equal_constant, rules_arithmetic.greater_equal_constant(bits, controlled)),
        (rules_arithmetic.increment, rules_arithmetic.increment(bits, controlled)),
        (rules_arithmetic.add, rules_arithmetic.add(bits)),
        (rules_logic.conjunction, rules_logic.conjunction(bits, 1)),
        (rules_logic.controlled_swap, rules_logic.controlled_swap(bits)),
        (rules_rotation.rotate_by_register, rules_rotation.rotate_by_register(bits)),
    ):
        assert _stated(rule, b=bits, c=c) == price.gates.toffoli, rule.__name__
    assert (
        _stated(rules_logic.conjunction_erased, b=bits)
        == rules_logic.conjunction_erased(bits, 0).gates.measurements
    )
    assert _stated(rules_logic.clifford_gates, b=bits) == rules_logic.clifford_gates(bits).gates.clifford
    assert _stated(rules_logic.measured, b=bits) == rules_logic.measured(bits).gates.measurements


@given(length=st.integers(1, 500), bits=st.integers(1, 30), k=st.integers(0, 4), controlled=st.booleans())
def test_formulas_of_tables_are_what_is_counted(length: int, bits: int, k: int, controlled: bool) -> None:
    columns = 1 << min(k, (length - 1).bit_length())
    groups = -(-length // columns)
    if not controlled:
        price: Price = rules_lookup.lookup((length,), bits, (columns,), False)
        assert _stated(rules_lookup.lookup, E=groups, K=columns, b=bits) == price.gates.toffoli
        price = rules_lookup.lookup_erased((length,), bits, (1,), (columns,), False)
        assert _stated(rules_lookup.lookup_erased, E_=groups, K_=columns, b=bits) == price.gates.toffoli
        if columns > 1:
            price = dirty_lookup((length,), bits, (columns,), False)
            assert _stated(dirty_lookup, E=groups, K=columns, b=bits) == price.gates.toffoli
    price = rules_memory.bucket_brigade((length,), bits, controlled)
    m = (length - 1).bit_length()
    assert _stated(rules_memory.bucket_brigade, m=m, c=int(controlled)) == price.gates.toffoli


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.__name__)
def test_every_rule_can_be_read(rule: Any) -> None:
    stated = statement_of(rule)
    assert stated.summary and stated.units and stated.error and stated.source
    assert stated.kind in Kind and stated.kind_note.startswith(stated.kind)
    assert stated.checked.startswith("tests/")
    assert "\\" not in plain_math(stated.formula) and "{" not in plain_math(stated.formula)


def test_labels_that_go_on_over_lines_are_read_whole() -> None:
    stated = statement_of(rules_lookup.lookup)
    assert stated.source.startswith("Babbush") and stated.source.endswith("Appendix B (clean work qubits)")
    assert stated.kind == "exact" and stated.kind_note.endswith("the depth a bound")
    assert statement_of(rules_lookup.priced_lookup).kind == "model"


def test_a_rule_without_a_kind_is_an_error() -> None:
    def nameless() -> Price:
        """Nothing is said."""
        return Price(rules_logic.temporary_and().gates)

    with pytest.raises(ValueError, match="nameless does not say of which kind"):
        statement_of(nameless)


def test_a_primitive_names_the_rule_of_each_direction_with_its_sizes() -> None:
    table = Lookup(shape=(13, 5), bits=7, blocks=(4, 1), erase_blocks=(2, 2), controlled=True)
    assert rule_of(table, False).rule is rules_lookup.lookup
    assert rule_of(table, False).inputs == {
        "shape": (13, 5), "bits": 7, "blocks": (4, 1), "controlled": True, "table": None
    }  # fmt: skip
    assert rule_of(table, True).rule is rules_lookup.lookup_erased
    assert rule_of(table, True).inputs["erase_blocks"] == (2, 2)
    assert rule_of(And(), True).rule is rules_logic.temporary_and_erased
    assert rule_of(Conjunction(bits=3), False).inputs == {"bits": 3, "value": 0}
    assert rule_of(Rotation(axis="Z", controlled=True), False).rule is rules_rotation.controlled_rotation
    assert rule_of(GreaterEqual(bits=9, controlled=True), True).inputs == {"bits": 9, "controlled": True}
    assert len(RULES) >= 15 and all(inspect.isfunction(rule) for rule in RULES.values())
