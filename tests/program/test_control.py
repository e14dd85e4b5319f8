"""A controlled operation is the identity where its switch is off and the operation where it is on."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from qgd_compiler.algorithms.access import Qroam, Qrom
from qgd_compiler.algorithms.amplitude_tree import amplitude_tree, tree_tables
from qgd_compiler.algorithms.encoders import SparseAccess
from qgd_compiler.algorithms.kernel_reflection import norm_known_solver
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.evaluate import evaluate
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.control import cancelling_calls, controlled
from qgd_compiler.program.ir import Call, Operation, Routine, calls
from qgd_compiler.program.primitives import (
    Add,
    And,
    BucketBrigade,
    Conjunction,
    ControlledSwap,
    Gate,
    GreaterEqual,
    GreaterEqualConstant,
    Increment,
    MeasureX,
    RotateByRegister,
    Rotation,
    junk_of_conjunction,
)
from qgd_compiler.program.simulate import block

TABLE = (3, 1, 0, 2)
PRIMITIVES = [
    Gate(kind="X", bits=2),
    Gate(kind="Z", bits=2),
    Gate(kind="H", bits=2),
    Gate(kind="CNOT", bits=2),
    Gate(kind="CNOT", bits=2, fan=True),
    Gate(kind="CZ", bits=2),
    Gate(kind="CZ", bits=3, fan=True),
    Gate(kind="SWAP", bits=2),
    Rotation(axis="Y", angle=0.7),
    Rotation(axis="Z", angle=0.7),
    Rotation(axis="Y", angle=0.7, controlled=True),
    ControlledSwap(bits=2),
    GreaterEqual(bits=2),
    GreaterEqual(bits=2, controlled=True),
    GreaterEqualConstant(bits=2, constant=3),
    Increment(bits=3),
    Increment(bits=2, controlled=True),
    Add(bits=2),
    RotateByRegister(bits=2),
    BucketBrigade(shape=(4,), bits=2, table=TABLE),
    BucketBrigade(shape=(4,), bits=2, controlled=True, table=TABLE),
]


def on_one_register(operation: Operation, adjoint: bool) -> Routine:
    """`operation` with all registers, the switch apart, as parts of one."""
    builder = Builder("whole")
    switch = builder.register("switch", 1)
    own = [r for r in operation.registers if r.name != "gradient"]
    system = builder.register("system", sum(int(r.size) for r in own))
    gradient = builder.register("gradient", 2)
    start, handles = 0, []
    for r in operation.registers:
        if r.name == "gradient":
            handles.append(gradient.part(0, r.size))
            continue
        handles.append(system.part(start, r.size))
        start += int(r.size)
    builder.call(controlled(operation), switch, *handles, adjoint=adjoint)
    return builder.routine()


def matrix(routine: Routine, switch: int) -> np.ndarray:
    return block(routine, fixed={"switch": switch}).matrix


def alone(operation: Operation, adjoint: bool) -> np.ndarray:
    builder = Builder("alone")
    own = [r for r in operation.registers if r.name != "gradient"]
    system = builder.register("system", sum(int(r.size) for r in own))
    gradient = builder.register("gradient", 2)
    start, handles = 0, []
    for r in operation.registers:
        handles.append(gradient.part(0, r.size) if r.name == "gradient" else system.part(start, r.size))
        start += 0 if r.name == "gradient" else int(r.size)
    builder.call(operation, *handles, adjoint=adjoint)
    return block(builder.routine()).matrix


@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("primitive", PRIMITIVES, ids=repr)
def test_every_primitive_acts_where_the_switch_is_on_and_nowhere_else(
    primitive: Operation, adjoint: bool
) -> None:
    routine = on_one_register(primitive, adjoint)
    assert np.allclose(matrix(routine, 1), alone(primitive, adjoint), atol=1e-12)
    assert np.allclose(matrix(routine, 0), np.eye(len(matrix(routine, 0))), atol=1e-12)


@pytest.mark.parametrize("values", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_an_and_that_is_left_standing_is_controlled(values: tuple[int, int]) -> None:
    builder = Builder("flag, turn, unflag under different switches")
    switch, x, target = (
        builder.register("switch", 1),
        builder.register("system", 2),
        builder.register("target", 1),
    )
    flag = builder.allocate("flag", 1)
    op = controlled(And(values=values))
    builder.call(op, switch, x.part(0, 1), x.part(1, 1), flag)
    builder.call(Gate(kind="CNOT"), flag, target)
    builder.call(op, switch, x.part(0, 1), x.part(1, 1), flag, adjoint=True)
    builder.release(flag)
    for on in (0, 1):
        found = block(builder.routine(), fixed={"switch": on}).matrix
        hit = 2 * values[0] + values[1]
        kept = [0.0 if on and i == hit else 1.0 for i in range(4)]
        assert np.allclose(found, np.diag(kept)), "where the AND holds the target has left 0"


def test_what_cannot_be_controlled_says_so() -> None:
    for op in (MeasureX(bits=1), Conjunction(bits=3), Gate(kind="S")):
        with pytest.raises(UnsupportedError):
            controlled(op)


def letters(word: str) -> list[Call]:
    """Calls named by letters, inverses by capitals; brackets do not exist, so all must be found."""
    names = {c: Rotation(axis="Y", angle=float(ord(c))) for c in "abcd"}
    return [Call(op=names[c.lower()], wires=(), adjoint=c.isupper()) for c in word]


@pytest.mark.parametrize(
    ("word", "marks"),
    [
        ("abBA", "1111"),
        ("abcBA", "11011"),
        ("aAbB", "1111"),
        ("abA", "101"),
        ("abAB", "1010"),
        ("aab", "000"),
        ("abAaBA", "111111"),
        ("acAabA", "101101"),
    ],
)
def test_calls_cancel_as_brackets_do(word: str, marks: str) -> None:
    found = "".join(str(int(m)) for m in cancelling_calls(letters(word)))
    assert reduced(word, found) == ""
    assert found.count("1") == marks.count("1")


def reduced(word: str, marks: str) -> str:
    """The marked letters after all neighbours that cancel are gone."""
    left: list[str] = []
    for c in (c for c, m in zip(word, marks, strict=True) if m == "1"):
        if left and left[-1] == c.swapcase():
            left.pop()
        else:
            left.append(c)
    return "".join(left)


@given(st.text(alphabet="abAB", max_size=14))
@settings(max_examples=200, deadline=None)
def test_whatever_is_left_without_the_switch_cancels(word: str) -> None:
    found = cancelling_calls(letters(word))
    assert reduced(word, "".join(str(int(m)) for m in found)) == ""


def conjunction_phase(bits: int) -> Routine:
    """A sign on |1…1> by compute and uncompute, between Hadamards and additions."""
    builder = Builder("sign on ones")
    x = builder.register("system", bits)
    builder.call(Gate(kind="H", bits=bits), x)
    builder.call(Increment(bits=bits), x)
    op = Conjunction(bits=bits, value=1)
    junk, flag = builder.allocate("junk", junk_of_conjunction(bits)), builder.allocate("flag", 1)
    builder.call(op, x, junk, flag)
    builder.call(Gate(kind="Z"), flag)
    builder.call(op, x, junk, flag, adjoint=True)
    builder.release(junk, flag)
    builder.call(Gate(kind="H", bits=bits), x)
    return builder.routine()


def test_compute_and_uncompute_stay_free_of_the_switch() -> None:
    routine = conjunction_phase(3)
    both = controlled(routine)
    assert isinstance(both, Routine)
    free = [c.op for c in calls(both.body) if not c.op.name.startswith("controlled")]
    assert Conjunction(bits=3, value=1) in free and Gate(kind="H", bits=3) in free
    for on, expected in ((0, np.eye(8)), (1, block(routine).matrix)):
        assert np.allclose(block(both, fixed={"switch": on}).matrix, expected, atol=1e-12)
    plain, now = fold(routine, price_of).gates, fold(both, price_of).gates
    assert int(now.toffoli - plain.toffoli) == int(
        price_of(Increment(bits=3, controlled=True), False).gates.toffoli
        - price_of(Increment(bits=3), False).gates.toffoli
    )


@pytest.mark.parametrize("access", [Qrom(), Qroam()], ids=lambda a: str(a.name))
def test_a_controlled_state_preparation_prepares_where_the_switch_is_on(access: Qrom | Qroam) -> None:
    vector = np.array([0.3, -0.7, 0.5, 1.1, -0.2])
    tree = amplitude_tree(5, 9, access, tables=tree_tables(vector, 9))
    both = controlled(tree)
    assert isinstance(both, Routine)
    on = block(both, system="state", fixed={"switch": 1}, columns=[0]).matrix
    assert np.allclose(on, block(tree, system="state", columns=[0]).matrix, atol=1e-12)
    assert np.allclose(on[:5, 0], vector / np.linalg.norm(vector), atol=0.05)
    off = block(both, system="state", fixed={"switch": 0}, columns=range(5)).matrix
    assert np.allclose(off[:5, :5], np.eye(5), atol=1e-12)


def test_a_controlled_loop_over_a_symbol_counts_as_the_loop_written_out() -> None:
    n = sympy.Symbol("n", positive=True, integer=True)
    formula = fold(controlled(amplitude_tree(n, 6, Qrom())), price_of).gates.toffoli
    for size in (5, 64, 1000):
        numbers = fold(controlled(amplitude_tree(size, 6, Qrom())), price_of).gates.toffoli
        assert evaluate(formula, {"n": size}) == numbers


def test_a_controlled_solver_run_pays_for_its_phases_and_its_first_preparation_alone() -> None:
    encoder = SparseAccess(rows=8, sparsity=3, max_entry=0.5, bits=7, access=Qrom())
    encoding = encoder.encode(controlled=True)
    builder = Builder("right-hand side")
    state = builder.register("system", encoding.system)
    gradient = builder.register("gradient", 6)
    builder.call(amplitude_tree(8, 6, Qrom()), state, gradient)
    rhs = builder.routine()
    # an idle control is what the solver asks for: the encoding's own serves
    solver = norm_known_solver(encoding, rhs, 20)
    plain, now = fold(solver, price_of).gates, fold(controlled(solver), price_of).gates
    prep = fold(controlled(rhs), price_of).gates.toffoli - fold(rhs, price_of).gates.toffoli
    assert now.toffoli - plain.toffoli == prep
    assert now.rotations - plain.rotations == 2 * 20  # each of the phases is turned half way twice
