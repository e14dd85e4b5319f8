"""The circuits of the primitives: what they do to every basis state, and that the cost rules count their gates."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
import sympy

from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.expand import expand, expand_all, is_atom
from qgd_compiler.program.ir import Call, Primitive, Routine, calls
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
from tests.program.running import on_basis

SIZES = (1, 2, 3)
Meaning = Callable[[tuple[int, ...]], tuple[int, ...]]


def counts_as_its_rule(primitive: Primitive, adjoint: bool, *, cliffords: str = "exact") -> None:
    """Fold of the circuit = price of the primitive."""
    circuit, price = fold(expand(primitive, adjoint), price_of), price_of(primitive, adjoint)
    found, said = circuit.gates, price.gates
    assert (found.toffoli, found.t, found.rotations) == (said.toffoli, said.t, said.rotations)
    assert found.measurements == said.measurements
    assert circuit.work == price.work
    assert found.toffoli <= said.toffoli_depth
    if cliffords == "exact":
        assert found.clifford == said.clifford
    else:
        assert found.clifford <= said.clifford


def permutes(routine: Routine, meaning: Meaning, ranges: dict[str, range] | None = None) -> None:
    """Every basis state goes where `meaning` says, with amplitude 1."""
    for before, after in on_basis(routine, ranges).items():
        assert after.keys() == {meaning(before)}, before
        assert after[meaning(before)] == pytest.approx(1), before


def of_atoms(routine: Routine) -> bool:
    """Whether a routine calls atoms only."""
    return all(isinstance(c.op, Primitive) and is_atom(c.op) for c in calls(routine.body))


@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("bits", [1, 2, 3, 4])
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
@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_an_increment(bits: int, controlled: bool) -> None:
    op = Increment(bits=bits, controlled=controlled)
    for adjoint, step in ((False, 1), (True, -1)):

        def meaning(v: tuple[int, ...], step: int = step) -> tuple[int, ...]:
            *control, x = v
            return (*control, (x + (step if all(control) else 0)) % (1 << bits))

        permutes(expand(op, adjoint), meaning)
        counts_as_its_rule(op, adjoint)


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
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


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
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


SHAPES = [
    ((1,), (1,), (1,)),
    ((2,), (1,), (2,)),
    ((2,), (2,), (1,)),
    ((3,), (1,), (4,)),
    ((3,), (4,), (1,)),
    ((5,), (2,), (2,)),
    ((6,), (4,), (4,)),
    ((8,), (1,), (8,)),
    ((3, 5), (1, 1), (2, 1)),
    ((3, 5), (2, 2), (2, 4)),
    ((1, 4), (1, 2), (1, 4)),
    ((2, 3, 2), (1, 2, 2), (2, 1, 1)),
]


@pytest.mark.parametrize(("shape", "blocks", "erase"), SHAPES)
@pytest.mark.parametrize("controlled", [False, True])
def test_a_lookup_reads_its_table_and_its_erasure_mends_every_sign(
    shape: tuple[int, ...], blocks: tuple[int, ...], erase: tuple[int, ...], controlled: bool
) -> None:
    rng = np.random.default_rng(5)
    bits, size = 2, int(np.prod(shape))
    table = tuple(int(w) for w in rng.integers(0, 4, size))
    op = Lookup(shape=shape, bits=bits, blocks=blocks, erase_blocks=erase, controlled=controlled, table=table)
    counts_as_its_rule(op, False)
    forward = expand(op)
    assert of_atoms(forward)
    columns = int(np.prod(blocks))
    clean = {"target": range(1), "junk": range(1)}
    clean |= {f"address{i}": range(n) for i, n in enumerate(shape)}

    def words(address: tuple[int, ...], on: bool) -> tuple[int, int]:
        """The group of the address, after swapping its halves where the address has a 1, top bit first."""
        group = []
        for offset in np.ndindex(*blocks):
            at = tuple(a - a % k + o for a, k, o in zip(address, blocks, offset, strict=True))
            inside = on and all(a < n for a, n in zip(at, shape, strict=True))
            group.append(table[int(np.ravel_multi_index(at, shape))] if inside else 0)
        place = int(np.ravel_multi_index([a % k for a, k in zip(address, blocks, strict=True)], blocks))
        width = len(group)
        while width > 1:
            width //= 2
            if place & width:
                group = group[width : 2 * width] + group[:width] + group[2 * width :]
        return group[0], int("".join(f"{w:02b}" for w in group[1:]) or "0", 2)

    def meaning(v: tuple[int, ...]) -> tuple[int, ...]:
        control, address = (v[0], v[1:-2]) if controlled else (1, v[:-2])
        return (*v[:-2], *words(address, control == 1))

    permutes(forward, meaning, clean)
    for outcome in {0, 1, (1 << bits * columns) - 1, *map(int, rng.integers(0, 1 << bits * columns, 6))}:
        both = Builder("looked up and erased")
        handles = [both.register(r.name, r.size) for r in op.registers]
        both.call(forward, *handles)
        erasure = expand(op, True, outcome)
        assert of_atoms(erasure)
        both.call(erasure, *handles)
        found = on_basis(both.routine(), clean)
        signs = {after[before].real for before, after in found.items() if after.keys() == {before}}
        assert len(signs) == 1, "one sign for all addresses"
        assert len(found) == sum(len(after) for after in found.values())
        if controlled:
            assert signs == {1.0}


@pytest.mark.parametrize(("shape", "blocks", "erase"), SHAPES)
@pytest.mark.parametrize("controlled", [False, True])
def test_the_worst_erasure_is_what_the_rule_counts(
    shape: tuple[int, ...], blocks: tuple[int, ...], erase: tuple[int, ...], controlled: bool
) -> None:
    op = Lookup(shape=shape, bits=2, blocks=blocks, erase_blocks=erase, controlled=controlled)
    worst, price = fold(expand(op, True), price_of), price_of(op, True)
    assert worst.gates.toffoli == price.gates.toffoli
    assert worst.gates.measurements == price.gates.measurements
    assert worst.work == price.work
    root = 0 if controlled else 1  # at an uncontrolled root one sign is global and takes no gate
    assert price.gates.clifford - root <= worst.gates.clifford <= price.gates.clifford
    data = (3,) * int(np.prod(shape))
    known = Lookup(shape=shape, bits=2, blocks=blocks, erase_blocks=erase, controlled=controlled, table=data)
    for outcome in (0, 1, 2):
        assert fold(expand(known, True, outcome), price_of).gates.clifford <= worst.gates.clifford


def test_a_program_over_atoms_costs_and_does_the_same() -> None:
    b = Builder("toy", component="toy")
    x, y = b.register("x", 2), b.register("y", 2)
    flag = b.allocate("flag", 1)
    compare = GreaterEqual(bits=2)
    b.call(compare, x, y, flag)
    b.call(Increment(bits=2, controlled=True), flag, y, times=3)
    b.call(Increment(bits=2, controlled=True), flag, y, adjoint=True, times=3)
    b.call(compare, x, y, flag, adjoint=True)
    b.release(flag)
    program = b.routine()
    atoms = expand_all(program)
    assert on_basis(atoms) == on_basis(program)
    for adjoint in (False, True):
        whole, parts = fold(program, price_of, adjoint=adjoint), fold(expand_all(program, adjoint), price_of)
        assert whole.gates.toffoli == parts.gates.toffoli == 2 * 2 + 6
        assert whole.work == parts.work
        assert whole.by_component.keys() == parts.by_component.keys() == {"toy"}
    assert all(isinstance(s.op, Routine) for s in atoms.body if isinstance(s, Call))


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
