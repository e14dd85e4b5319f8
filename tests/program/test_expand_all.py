"""Whole programs over atoms: they cost and do what the program does."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.expand import expand_all, is_atom
from qgd_compiler.program.ir import Call, Loop, Routine, calls
from qgd_compiler.program.primitives import (
    Gate,
    GreaterEqual,
    Increment,
    Lookup,
    PricedLookup,
    Rotation,
)
from qgd_compiler.program.simulate import block
from tests.program.running import on_basis


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


def only_atoms(routine: Routine) -> bool:
    """Whether all that runs in the end is atoms."""
    inside = [c.op for c in calls(routine.body)]
    return all(only_atoms(op) if isinstance(op, Routine) else is_atom(op) for op in inside)


def loaded_phase(shape: tuple[int, ...], table: tuple[int, ...] | None, blocks: tuple[int, ...]) -> Routine:
    """A word is looked up at the place in `system`, a qubit is turned by it, and the word is erased."""
    inner = Builder("load and turn", component="data")
    b = Builder("whole")
    at, turned = inner.register("system", 3), inner.register("turned", 1)
    word, junk = inner.allocate("word", 2), inner.allocate("junk", 2 * (int(np.prod(blocks)) - 1))
    op = Lookup(shape=shape, bits=2, blocks=blocks, erase_blocks=(4,), table=table)
    inner.call(op, at, word, junk)
    for i, angle in enumerate((0.7, 1.9)):
        inner.call(Rotation(axis="Y", angle=angle, controlled=True), word.part(i, 1), turned)
    inner.call(op, at, word, junk, adjoint=True)
    inner.release(word, junk)
    system, flag = b.register("system", 3), b.register("turned", 1)
    b.call(Gate(kind="H", bits=3), system)
    b.call(inner.routine(), system, flag, times=2)
    b.call(Gate(kind="H", bits=3), system)
    return b.routine()


@pytest.mark.parametrize("outcome", [0, 1, 0b10, 0b1101_0110, 0xFF])
@pytest.mark.parametrize("adjoint", [False, True])
def test_a_program_with_lookups_does_the_same_whatever_is_measured(outcome: int, adjoint: bool) -> None:
    program = loaded_phase((8,), (1, 3, 0, 2, 2, 1, 3, 3), (4,))
    atoms = expand_all(program, adjoint, outcome)
    assert only_atoms(atoms)
    wanted = block(program, adjoint=adjoint).matrix
    assert np.linalg.norm(wanted) > 0.5
    assert block(atoms).matrix == pytest.approx(wanted, abs=1e-12)


def test_a_program_over_atoms_of_the_worst_outcome_is_priced_as_the_program() -> None:
    program = loaded_phase((8,), None, (4,))
    whole, parts = fold(program, price_of), fold(expand_all(program), price_of)
    assert whole.gates.toffoli == parts.gates.toffoli > 0
    assert whole.gates.rotations == parts.gates.rotations == 2 * 4
    assert whole.gates.measurements == parts.gates.measurements
    assert whole.work == parts.work
    assert whole.by_component.keys() == parts.by_component.keys() == {"data", ""}


def test_what_is_only_counted_is_not_run() -> None:
    with pytest.raises(UnsupportedError, match="outcome"):
        block(expand_all(loaded_phase((8,), (1,) * 8, (1,))))
    with pytest.raises(UnsupportedError, match="without a table"):
        expand_all(loaded_phase((8,), None, (1,)), outcome=0)


def test_a_loop_is_expanded_inside_and_a_symbolic_size_is_refused_by_name() -> None:
    n = sympy.Symbol("n", integer=True, positive=True)

    def ladder(fixed: bool) -> Routine:
        b = Builder("ladder")
        x = b.register("x", n + 3)
        for k in b.levels(n):
            b.call(Increment(bits=3 if fixed else k + 1), x.part(k, 3 if fixed else k + 1))
        return b.routine()

    atoms = expand_all(ladder(fixed=True))
    assert isinstance(atoms.body[0], Loop)
    assert only_atoms(atoms)
    whole, parts = fold(ladder(fixed=True), price_of).gates, fold(atoms, price_of).gates
    assert sympy.simplify(whole.toffoli - parts.toffoli) == 0
    assert parts.toffoli.subs(n, 7) == 7
    with pytest.raises(UnsupportedError, match="bits is not a number"):
        expand_all(ladder(fixed=False))


def test_an_ideal_memory_stays_in_an_expanded_program() -> None:
    memory = PricedLookup(shape=(4,), bits=2, price_t=9)
    b = Builder("reads")
    b.call(memory, b.register("at", 2), b.register("word", 2))
    assert expand_all(b.routine()) == b.routine()
    for nothing_inside in (memory, Gate(kind="X")):
        with pytest.raises(UnsupportedError, match="no circuit"):
            expand_all(nothing_inside)
