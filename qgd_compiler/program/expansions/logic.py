"""Circuits of conjunctions, controlled swaps and controlled rotations."""

from __future__ import annotations

from qgd_compiler.program.builder import Handle
from qgd_compiler.program.expansions.circuit import Circuit, Qubits
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Conjunction, ControlledSwap, Rotation


def conjunction(op: Conjunction) -> Routine:
    """A ladder of ANDs from the most significant qubit on; one qubit alone is copied."""
    c = Circuit(op)
    x, junk, flag = c.register("x")[::-1], c.register("junk")[::-1], c.handle("flag")
    if len(x) == 1:
        c.cnot(x[0], flag)
        if not op.value:
            c.x(flag)
        return c.routine()
    running, value = x[0], op.value
    for qubit, into in zip(x[1:], [*junk, flag], strict=True):
        running, value = c.temporary_and(running, qubit, (value, op.value), into), 1
    return c.routine()


def controlled_swap(op: ControlledSwap) -> Routine:
    """Qubit after qubit."""
    c = Circuit(op)
    swap_where(c, c.handle("control"), c.register("a"), c.register("b"))
    return c.routine()


def swap_where(c: Circuit, control: Handle, a: Qubits, b: Qubits) -> None:
    """Swap a and b where the control is 1: per qubit an AND between CNOTs."""
    for p, q in zip(a, b, strict=True):
        c.cnot(q, p)
        w = c.temporary_and(control, p)
        c.cnot(w, q)
        c.erase(w, control, p)
        c.cnot(q, p)


def controlled_rotation(op: Rotation) -> Routine:
    """Half the angle forwards and, between CNOTs, half backwards."""
    c = Circuit(op)
    control, target = c.handle("control"), c.handle("target")
    half = None if op.angle is None else op.angle / 2
    c.builder.call(Rotation(axis=op.axis, angle=half), target)
    c.cnot(control, target)
    c.builder.call(Rotation(axis=op.axis, angle=half), target, adjoint=True)
    c.cnot(control, target)
    return c.routine()
