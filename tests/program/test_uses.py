"""How often parts of a program run: inverses of callers invert their calls, shared parts count once for each path."""

from __future__ import annotations

from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Operation, Routine
from qgd_compiler.program.primitives import And, Gate, Rotation
from qgd_compiler.program.uses import Callee, Uses, callees, uses

TURN, AND = Rotation(axis="Z"), And()


def _calling(title: str, *called: tuple[Operation, bool, int]) -> Routine:
    builder = Builder(title)
    qubits = builder.register("x", 3)
    for op, adjoint, times in called:
        sizes = [int(r.size) for r in op.registers]
        parts = [qubits.part(sum(sizes[:i]), size) for i, size in enumerate(sizes)]
        builder.call(op, *parts, adjoint=adjoint, times=times)
    return builder.routine()


INNER = _calling("inner", (TURN, False, 2), (TURN, True, 5), (AND, True, 1))
MIDDLE = _calling("middle", (INNER, False, 3), (INNER, True, 1), (TURN, False, 7))
OUTER = _calling("outer", (MIDDLE, True, 11), (INNER, False, 13), (Gate(kind="H"), False, 1))


def test_uses_of_shared_parts_worked_out_by_hand() -> None:
    found = uses(OUTER)
    assert found[OUTER] == Uses(1, 0)
    assert found[MIDDLE] == Uses(0, 11)
    # of 11 inverted: 33 inverted and 11 forward; and 13 of the outer one
    assert found[INNER] == Uses(24, 33)
    # of the inner: 24·2 + 33·5 forward, 24·5 + 33·2 inverted; of the middle 77 inverted
    assert found[TURN] == Uses(213, 263)
    assert found[AND] == Uses(33, 24)


def test_callers_stand_before_what_they_call() -> None:
    order = list(uses(OUTER))
    assert order[0] == OUTER
    assert order.index(MIDDLE) < order.index(INNER) < min(order.index(TURN), order.index(AND))


def test_calls_of_one_part_are_counted_together_in_the_order_of_the_first() -> None:
    assert callees(INNER) == (Callee(TURN, 2, 5), Callee(AND, 0, 1))
    assert callees(TURN) == ()


def test_a_chain_of_doublings_is_counted_exactly() -> None:
    op: Operation = TURN
    for i in range(100):
        op = _calling(f"level {i}", (op, False, 1), (op, True, 1))
    assert uses(op)[TURN] == Uses(2**99, 2**99)
