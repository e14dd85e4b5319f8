"""Every primitive has a price, and a primitive without a rule is an error."""

from __future__ import annotations

from typing import final

import pytest

from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.gates import Gates, Price
from qgd_compiler.costing.prices import RULES, price_of
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.nodes import node
from qgd_compiler.program import primitives
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Primitive
from qgd_compiler.program.primitives import (
    And,
    Conjunction,
    ControlledSwap,
    Gate,
    GreaterEqual,
    GreaterEqualConstant,
    Increment,
    Lookup,
    PricedLookup,
    RotateByRegister,
    Rotation,
)


@final
@node
class Unpriced(Primitive):
    """A primitive that nobody wrote a rule for."""


def test_a_primitive_without_a_rule_is_an_error_and_not_zero() -> None:
    with pytest.raises(UnsupportedError, match="Unpriced has no cost rule"):
        price_of(Unpriced(), False)


def test_every_primitive_of_the_program_has_a_rule() -> None:
    defined = {c for c in vars(primitives).values() if isinstance(c, type) and issubclass(c, Primitive)}
    assert defined - {Primitive} == set(RULES)


def test_a_gate_of_an_unknown_kind_is_an_error_and_not_zero() -> None:
    with pytest.raises(UnsupportedError, match="'T' has no cost rule"):
        price_of(Gate(kind="T"), False)


@pytest.mark.parametrize("kind", ["X", "Z", "H", "S", "CNOT", "CZ", "SWAP"])
@pytest.mark.parametrize("adjoint", [False, True])
def test_a_gate_on_many_qubits_costs_as_much_as_its_gates_one_by_one(kind: str, adjoint: bool) -> None:
    builder = Builder("one by one")
    single = Gate(kind=kind)
    registers = [builder.register(r.name, 5) for r in single.registers]
    for i in range(5):
        builder.call(single, *(r.part(i, 1) for r in registers))
    assert price_of(Gate(kind=kind, bits=5), adjoint).gates == fold(builder.routine(), price_of).gates


@pytest.mark.parametrize(
    ("primitive", "adjoint", "toffoli", "rotations", "measurements", "t"),
    [
        (And(), False, 1, 0, 0, 0),
        (And(values=(0, 0)), True, 0, 0, 1, 0),
        (Conjunction(bits=4), False, 3, 0, 0, 0),
        (Conjunction(bits=4), True, 0, 0, 3, 0),
        (ControlledSwap(bits=3), True, 3, 0, 3, 0),
        (GreaterEqual(bits=5), False, 5, 0, 5, 0),
        (GreaterEqual(bits=5, controlled=True), True, 6, 0, 6, 0),
        (GreaterEqualConstant(bits=5, constant=32), False, 4, 0, 4, 0),
        (GreaterEqualConstant(bits=5, constant=7, controlled=True), True, 5, 0, 5, 0),
        (Increment(bits=1), False, 0, 0, 0, 0),
        (Increment(bits=6), True, 4, 0, 4, 0),
        (Increment(bits=6, controlled=True), False, 5, 0, 5, 0),
        (Rotation(axis="Y", angle=0.3), True, 0, 1, 0, 0),
        (Rotation(axis="Z", controlled=True), False, 0, 2, 0, 0),
        (RotateByRegister(bits=1), False, 0, 0, 0, 0),
        (RotateByRegister(bits=7), True, 5, 0, 5, 0),
        # 4 groups of columns: 2 ANDs (3 if controlled); 3 columns swapped, 5 bits each
        (Lookup(shape=(13,), bits=5, blocks=(4,), erase_blocks=(4,)), False, 17, 0, 17, 0),
        (Lookup(shape=(13,), bits=5, blocks=(4,), erase_blocks=(4,), controlled=True), False, 18, 0, 18, 0),
        # erased: 4 groups, one AND for two low address bits; 4 words measured
        (Lookup(shape=(13,), bits=5, blocks=(4,), erase_blocks=(4,)), True, 3, 0, 23, 0),
        (PricedLookup(shape=(1000,), bits=5, price_t=70), False, 0, 0, 0, 70),
        (PricedLookup(shape=(1000,), bits=5, price_t=70), True, 0, 0, 0, 70),
    ],
)
def test_the_price_of_a_primitive_worked_out_by_hand(
    primitive: Primitive, adjoint: bool, toffoli: int, rotations: int, measurements: int, t: int
) -> None:
    g = price_of(primitive, adjoint).gates
    assert (g.toffoli, g.rotations, g.measurements, g.t) == (toffoli, rotations, measurements, t)
    assert (g.toffoli_depth, g.rotation_depth) == (toffoli, rotations)


def test_a_lookup_is_charged_for_the_ones_in_its_own_table() -> None:
    sparse = Lookup(shape=(4,), bits=3, blocks=(1,), erase_blocks=(1,), table=(1, 0, 4, 0))
    dense = Lookup(shape=(4,), bits=3, blocks=(1,), erase_blocks=(1,), table=(7, 7, 7, 7))
    assert price_of(dense, False).gates.clifford - price_of(sparse, False).gates.clifford == 10


@pytest.mark.parametrize(
    "primitive",
    [
        Conjunction(bits=0),
        ControlledSwap(bits=-1),
        GreaterEqual(bits=0),
        GreaterEqualConstant(bits=0, constant=0),
        Increment(bits=0),
        RotateByRegister(bits=0),
        Lookup(shape=(0,), bits=3, blocks=(1,), erase_blocks=(1,)),
        Gate(kind="X", bits=-1),
        PricedLookup(shape=(4,), bits=3, price_t=-1),
    ],
)
def test_a_size_that_no_circuit_has_is_an_error(primitive: Primitive) -> None:
    with pytest.raises(ValueError, match="a cost rule needs"):
        price_of(primitive, False)


def test_a_price_is_data_with_every_kind_of_gate() -> None:
    assert price_of(Rotation(axis="Z"), False) == Price(Gates(rotations=1, rotation_depth=1), work=0)
