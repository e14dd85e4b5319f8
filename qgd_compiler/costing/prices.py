"""The price of a primitive, by its class: a primitive without a rule is an error and never free."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec

from qgd_compiler.costing import (
    rules_arithmetic,
    rules_dirty_lookup,
    rules_logic,
    rules_lookup,
    rules_memory,
    rules_rotation,
)
from qgd_compiler.costing.gates import Price
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.ir import Primitive
from qgd_compiler.program.primitives import (
    Add,
    And,
    BucketBrigade,
    CleanLookup,
    Conjunction,
    ControlledSwap,
    DirtyLookup,
    Gate,
    GreaterEqual,
    GreaterEqualConstant,
    Increment,
    Lookup,
    MeasureX,
    Postselect,
    PricedLookup,
    RotateByRegister,
    Rotation,
)

P = ParamSpec("P")


@dataclass(frozen=True)
class Applied:
    """A cost rule with what it is applied to, in the order of its parameters."""

    rule: Callable[..., Price]
    arguments: tuple[Any, ...]

    @property
    def inputs(self) -> dict[str, Any]:
        """The arguments by name, those left at their default included."""
        bound = inspect.signature(self.rule).bind(*self.arguments)
        bound.apply_defaults()
        return dict(bound.arguments)

    def price(self) -> Price:
        """What the rule says."""
        return self.rule(*self.arguments)


Rule = Callable[[Any, bool], Applied]
CLIFFORDS = frozenset({"X", "Z", "H", "S", "CNOT", "CZ", "SWAP"})


def price_of(primitive: Primitive, adjoint: bool) -> Price:
    """Gates and work qubits of one use of `primitive`, or of its inverse.

    Raises UnsupportedError for a class without a rule, ValueError for sizes that no circuit has.
    """
    return rule_of(primitive, adjoint).price()


def rule_of(primitive: Primitive, adjoint: bool) -> Applied:
    """The cost rule of `primitive`, or of its inverse, with its sizes; raises as `price_of`."""
    rule = RULES.get(type(primitive))
    if rule is None:
        raise UnsupportedError(
            f"the primitive {type(primitive).__name__} has no cost rule",
            remedy="register its rule in qgd_compiler/costing/prices.py",
        )
    return rule(primitive, adjoint)


def _on(rule: Callable[P, Price], *arguments: P.args, **unused: P.kwargs) -> Applied:
    """A rule on arguments, all by position; their types are checked as in a call."""
    if unused:
        raise TypeError(f"{sorted(unused)}: a rule is applied by position")
    return Applied(rule, arguments)


def _gate(gate: Gate, adjoint: bool) -> Applied:
    if gate.kind not in CLIFFORDS:
        remedy = f"one of {sorted(CLIFFORDS)}"
        raise UnsupportedError(f"the gate {gate.kind!r} has no cost rule", remedy=remedy)
    return _on(rules_logic.clifford_gates, gate.bits)


def _measure(op: MeasureX | Postselect, adjoint: bool) -> Applied:
    if adjoint:
        raise UnsupportedError("a measurement has no inverse")
    return _on(rules_logic.measured, op.bits)


def _rotation(rotation: Rotation, adjoint: bool) -> Applied:
    return _on(rules_rotation.controlled_rotation if rotation.controlled else rules_rotation.rotation)


def _and(gate: And, adjoint: bool) -> Applied:
    return _on(rules_logic.temporary_and_erased if adjoint else rules_logic.temporary_and)


def _conjunction(op: Conjunction, adjoint: bool) -> Applied:
    rule = rules_logic.conjunction_erased if adjoint else rules_logic.conjunction
    return _on(rule, op.bits, op.value)


def _controlled_swap(op: ControlledSwap, adjoint: bool) -> Applied:
    return _on(rules_logic.controlled_swap, op.bits)


def _greater_equal(op: GreaterEqual, adjoint: bool) -> Applied:
    return _on(rules_arithmetic.greater_equal, op.bits, op.controlled)


def _greater_equal_constant(op: GreaterEqualConstant, adjoint: bool) -> Applied:
    return _on(rules_arithmetic.greater_equal_constant, op.bits, op.controlled)


def _increment(op: Increment, adjoint: bool) -> Applied:
    return _on(rules_arithmetic.increment, op.bits, op.controlled)


def _add(op: Add, adjoint: bool) -> Applied:
    return _on(rules_arithmetic.add, op.bits)


def _rotate_by_register(op: RotateByRegister, adjoint: bool) -> Applied:
    return _on(rules_rotation.rotate_by_register, op.bits)


def _lookup(op: Lookup, adjoint: bool) -> Applied:
    if adjoint:
        return _on(rules_lookup.lookup_erased, op.shape, op.bits, op.kept, op.erase_blocks, op.controlled)
    return _on(rules_lookup.lookup, op.shape, op.bits, op.blocks, op.controlled, op.table)


def _dirty_lookup(op: DirtyLookup, adjoint: bool) -> Applied:
    if adjoint:
        return _on(rules_lookup.lookup_erased, op.shape, op.bits, op.kept, op.erase_blocks, op.controlled)
    return _on(rules_dirty_lookup.dirty_lookup, op.shape, op.bits, op.blocks, op.controlled, op.table)


def _clean_lookup(op: CleanLookup, adjoint: bool) -> Applied:
    if adjoint:
        return _on(rules_lookup.lookup_erased, op.shape, op.bits, op.kept, op.erase_blocks, op.controlled)
    return _on(
        rules_lookup.lookup_clean, op.shape, op.bits, op.blocks, op.erase_blocks, op.controlled, op.table
    )


def _priced_lookup(op: PricedLookup, adjoint: bool) -> Applied:
    return _on(rules_lookup.priced_lookup, op.price_t)


def _bucket_brigade(op: BucketBrigade, adjoint: bool) -> Applied:
    return _on(rules_memory.bucket_brigade, op.shape, op.bits, op.controlled, op.table)


RULES: dict[type[Primitive], Rule] = {
    Gate: _gate,
    MeasureX: _measure,
    Postselect: _measure,
    Rotation: _rotation,
    And: _and,
    Conjunction: _conjunction,
    ControlledSwap: _controlled_swap,
    GreaterEqual: _greater_equal,
    GreaterEqualConstant: _greater_equal_constant,
    Increment: _increment,
    Add: _add,
    RotateByRegister: _rotate_by_register,
    Lookup: _lookup,
    DirtyLookup: _dirty_lookup,
    CleanLookup: _clean_lookup,
    PricedLookup: _priced_lookup,
    BucketBrigade: _bucket_brigade,
}
