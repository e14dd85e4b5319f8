"""The circuits of the primitives: what they do to every basis state, and that the cost rules count their gates."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import sympy

from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.expand import expand
from qgd_compiler.program.ir import Primitive, Routine
from qgd_compiler.program.primitives import (
    Add,
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
from qgd_compiler.program.simulate import State, block, run
from tests.program.running import counts_as_its_rule, of_atoms, permutes

SIZES = (1, 2, 3, 4)


@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("bits", SIZES)
def test_a_conjunction(bits: int, value: int, adjoint: bool) -> None:
    op = Conjunction(bits=bits, value=value)

    def ladder(x: int) -> tuple[int, int]:
        hits = [x >> (bits - 1 - i) & 1 == value for i in range(bits)]
        partial = [int(all(hits[: i + 1])) for i in range(bits)]
        inner = partial[1:-1] if bits > 2 else []
        return int("".join(map(str, inner)) or "0", 2), partial[-1]

    routine = expand(op, adjoint)
    assert of_atoms(routine)
    counts_as_its_rule(op, adjoint)
    if not adjoint:
        clean = {"junk": range(1), "flag": range(1)}
        permutes(routine, lambda v: (v[0], *ladder(v[0])), clean)
        return
    twice = Builder("there and back")
    handles = [twice.register(r.name, r.size) for r in op.registers]
    twice.call(expand(op), *handles)
    twice.call(routine, *handles)
    permutes(twice.routine(), lambda v: v, {"junk": range(1), "flag": range(1)})


@pytest.mark.parametrize("bits", SIZES)
def test_a_controlled_swap(bits: int) -> None:
    op = ControlledSwap(bits=bits)
    for adjoint in (False, True):
        permutes(expand(op, adjoint), lambda v: (v[0], v[2], v[1]) if v[0] else v)
        counts_as_its_rule(op, adjoint)


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize("bits", SIZES)
def test_a_comparison_of_registers(bits: int, controlled: bool) -> None:
    op = GreaterEqual(bits=bits, controlled=controlled)

    def meaning(v: tuple[int, ...]) -> tuple[int, ...]:
        *control, x, y, flag = v
        return (*control, x, y, flag ^ int(x >= y and all(control)))

    for adjoint in (False, True):
        permutes(expand(op, adjoint), meaning)
        counts_as_its_rule(op, adjoint)


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize("bits", SIZES)
def test_a_comparison_with_any_constant(bits: int, controlled: bool) -> None:
    for constant, adjoint in product(range((1 << bits) + 1), (False, True)):
        op = GreaterEqualConstant(bits=bits, constant=constant, controlled=controlled)

        def meaning(v: tuple[int, ...], constant: int = constant) -> tuple[int, ...]:
            *control, x, flag = v
            return (*control, x, flag ^ int(x >= constant and all(control)))

        permutes(expand(op, adjoint), meaning)
        counts_as_its_rule(op, adjoint, cliffords="bound")
    most = max(
        fold(
            expand(GreaterEqualConstant(bits=bits, constant=k, controlled=controlled)), price_of
        ).gates.clifford
        for k in range((1 << bits) + 1)
    )
    assert most >= bits + 2, "the bound on the Cliffords is off by more than the X of the flag"


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize("bits", SIZES)
def test_an_increment(bits: int, controlled: bool) -> None:
    op = Increment(bits=bits, controlled=controlled)
    for adjoint, step in ((False, 1), (True, -1)):

        def meaning(v: tuple[int, ...], step: int = step) -> tuple[int, ...]:
            *control, x = v
            return (*control, (x + (step if all(control) else 0)) % (1 << bits))

        permutes(expand(op, adjoint), meaning)
        counts_as_its_rule(op, adjoint)


@pytest.mark.parametrize("bits", SIZES)
def test_an_addition(bits: int) -> None:
    op = Add(bits=bits)
    for adjoint, sign in ((False, 1), (True, -1)):

        def meaning(v: tuple[int, ...], sign: int = sign) -> tuple[int, ...]:
            return v[0], (v[1] + sign * v[0]) % (1 << bits)

        permutes(expand(op, adjoint), meaning)
        counts_as_its_rule(op, adjoint)


@pytest.mark.parametrize("axis", ["Y", "Z"])
def test_a_controlled_rotation(axis: str) -> None:
    op, plain = Rotation(axis=axis, angle=0.7, controlled=True), Rotation(axis=axis, angle=0.7)
    counts_as_its_rule(op, False)
    for adjoint in (False, True):
        alone = Builder("alone")
        alone.call(plain, alone.register("target", 1), adjoint=adjoint)
        for on, expected in ((0, np.eye(2)), (1, block(alone.routine(), "target").matrix)):
            found = block(expand(op, adjoint), "target", {"control": on}).matrix
            assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("bits", SIZES)
def test_a_rotation_by_a_register_turns_the_target_and_keeps_the_gradient(bits: int) -> None:
    op = RotateByRegister(bits=bits)
    for adjoint in (False, True):
        counts_as_its_rule(op, adjoint, cliffords="bound" if bits == 1 else "exact")
        for x, start in product(range(1 << bits), (0, 1)):
            state = State.zero()
            places = {r.name: state.allocate(int(r.size)) for r in op.registers}
            state.put(places["angle"], np.array([x], dtype=np.uint64))
            state.put(places["target"], np.array([start], dtype=np.uint64))
            k = np.arange(1 << bits, dtype=np.uint64)
            state.keys = np.repeat(state.keys, len(k))
            state.put(places["gradient"], k)
            wave = np.exp(-2j * np.pi * k / 2**bits) / 2 ** (bits / 2)
            state.amplitudes = wave.astype(complex)
            renamed = expand(op, adjoint)
            run_steps(renamed, state, places)
            half = (-1 if adjoint else 1) * 2 * np.pi * x / 2**bits
            turned = np.array([[np.cos(half), -np.sin(half)], [np.sin(half), np.cos(half)]])[:, start]
            found = np.zeros((2, 1 << bits), dtype=complex)
            target, gradient = state.values(places["target"]), state.values(places["gradient"])
            found[target.astype(int), gradient.astype(int)] = state.amplitudes
            assert found == pytest.approx(np.outer(turned, wave), abs=1e-12)
            assert set(state.values(places["angle"]).tolist()) == {x}


def run_steps(routine: Routine, state: State, places: dict[str, list[int]]) -> None:
    """Run a circuit of atoms; its register `gradient` is a real one, as `places` says where it is."""
    assert of_atoms(routine)
    run(routine, state, places)


@pytest.mark.parametrize(
    ("primitive", "word"),
    [
        (PricedLookup(shape=(4,), bits=2, price_t=9), "no circuit"),
        (Gate(kind="X"), "no circuit"),
        (And(), "no circuit"),
        (Increment(bits=sympy.Symbol("b")), "bits"),
        (Lookup(shape=(sympy.Symbol("n"),), bits=1, blocks=(1,), erase_blocks=(1,)), "shape"),
    ],
)
def test_what_has_no_circuit_is_an_error(primitive: Primitive, word: str) -> None:
    with pytest.raises(UnsupportedError, match=word):
        expand(primitive)
