"""The price of a primitive, by its class: a primitive without a rule is an error and never free."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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

Rule = Callable[[Any, bool], Price]
CLIFFORDS = frozenset({"X", "Z", "H", "S", "CNOT", "CZ", "SWAP"})


def price_of(primitive: Primitive, adjoint: bool) -> Price:
    """Gates and work qubits of one use of `primitive`, or of its inverse.

    Raises UnsupportedError for a class without a rule, ValueError for sizes that no circuit has.
    """
    rule = RULES.get(type(primitive))
    if rule is None:
        raise UnsupportedError(
            f"the primitive {type(primitive).__name__} has no cost rule",
            remedy="register its rule in qgd_compiler/costing/prices.py",
        )
    return rule(primitive, adjoint)


def _gate(gate: Gate, adjoint: bool) -> Price:
    if gate.kind not in CLIFFORDS:
        remedy = f"one of {sorted(CLIFFORDS)}"
        raise UnsupportedError(f"the gate {gate.kind!r} has no cost rule", remedy=remedy)
    return rules_logic.clifford_gates(gate.bits)


def _measure(op: MeasureX | Postselect, adjoint: bool) -> Price:
    if adjoint:
        raise UnsupportedError("a measurement has no inverse")
    return rules_logic.measured(op.bits)


def _rotation(rotation: Rotation, adjoint: bool) -> Price:
    return rules_rotation.controlled_rotation() if rotation.controlled else rules_rotation.rotation()


def _and(gate: And, adjoint: bool) -> Price:
    return rules_logic.temporary_and_erased() if adjoint else rules_logic.temporary_and()


def _conjunction(op: Conjunction, adjoint: bool) -> Price:
    rule = rules_logic.conjunction_erased if adjoint else rules_logic.conjunction
    return rule(op.bits, op.value)


def _controlled_swap(op: ControlledSwap, adjoint: bool) -> Price:
    return rules_logic.controlled_swap(op.bits)


def _greater_equal(op: GreaterEqual, adjoint: bool) -> Price:
    return rules_arithmetic.greater_equal(op.bits, op.controlled)


def _greater_equal_constant(op: GreaterEqualConstant, adjoint: bool) -> Price:
    return rules_arithmetic.greater_equal_constant(op.bits, op.controlled)


def _increment(op: Increment, adjoint: bool) -> Price:
    return rules_arithmetic.increment(op.bits, op.controlled)


def _add(op: Add, adjoint: bool) -> Price:
    return rules_arithmetic.add(op.bits)


def _rotate_by_register(op: RotateByRegister, adjoint: bool) -> Price:
    return rules_rotation.rotate_by_register(op.bits)


def _lookup(op: Lookup, adjoint: bool) -> Price:
    if adjoint:
        return rules_lookup.lookup_erased(op.shape, op.bits, op.kept, op.erase_blocks, op.controlled)
    return rules_lookup.lookup(op.shape, op.bits, op.blocks, op.controlled, op.table)


def _dirty_lookup(op: DirtyLookup, adjoint: bool) -> Price:
    if adjoint:
        return rules_lookup.lookup_erased(op.shape, op.bits, op.kept, op.erase_blocks, op.controlled)
    return rules_dirty_lookup.dirty_lookup(op.shape, op.bits, op.blocks, op.controlled, op.table)


def _priced_lookup(op: PricedLookup, adjoint: bool) -> Price:
    return rules_lookup.priced_lookup(op.price_t)


def _bucket_brigade(op: BucketBrigade, adjoint: bool) -> Price:
    return rules_memory.bucket_brigade(op.shape, op.bits, op.controlled, op.table)


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
    PricedLookup: _priced_lookup,
    BucketBrigade: _bucket_brigade,
}
