"""Circuits of comparisons, increments, and of the rotation by a register."""

from __future__ import annotations

from qgd_compiler.program.builder import Handle
from qgd_compiler.program.expansions.circuit import Circuit
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import (
    Add,
    GreaterEqual,
    GreaterEqualConstant,
    Increment,
    RotateByRegister,
)


def greater_equal(op: GreaterEqual) -> Routine:
    """The borrows of u − v, the last one to the flag, and back."""
    c = Circuit(op)
    u, v = c.register("u"), c.register("v")
    borrows: list[Handle] = []
    for i, (a, b) in enumerate(zip(u, v, strict=True)):
        if i:
            c.cnot(borrows[-1], a)
            c.cnot(borrows[-1], b)
        w = c.temporary_and(a, b, (0, 1))
        if i:
            c.cnot(borrows[-1], w)
        borrows.append(w)
    _to_flag(c, borrows[-1], 0)
    for i in reversed(range(len(u))):
        w = borrows.pop()
        if i:
            c.cnot(borrows[-1], w)
        c.erase(w, u[i], v[i], (0, 1))
        if i:
            c.cnot(borrows[-1], u[i])
            c.cnot(borrows[-1], v[i])
    return c.routine()


def greater_equal_constant(op: GreaterEqualConstant) -> Routine:
    """The borrows of x − K, each kept as it is or as its complement, whichever takes no gate beyond its AND."""
    c = Circuit(op)
    x, constant = c.register("x"), int(op.constant)
    k = [constant >> i & 1 for i in range(len(x))]
    chain, plain = [c.fresh()], [k[0] == 0]
    if k[0]:
        c.cnot(x[0], chain[0])
    needs: list[tuple[int, int]] = []
    for i in range(1, len(x)):
        wanted = 1 - k[i]  # the borrow that, with x_i = k_i, decides
        needs.append((k[i], wanted if plain[-1] else 1 - wanted))
        chain.append(c.temporary_and(x[i], chain[-1], needs[-1]))
        plain.append(k[i] == 0)
    if constant < 1 << len(x):
        _to_flag(c, chain[-1], 0 if plain[-1] else 1)
    elif (control := c.control()) is not None:  # never: the AND is made for the count alone
        c.erase(c.temporary_and(control, chain[-1]), control, chain[-1])
    for i in range(len(x) - 1, 0, -1):
        c.erase(chain[i], x[i], chain[i - 1], needs[i - 1])
    if k[0]:
        c.cnot(x[0], chain[0])
    c.release(chain[0])
    return c.routine()


def _to_flag(c: Circuit, bit: Handle, value: int) -> None:
    """Flip the flag where the bit has the value and the control, if there is one, is 1."""
    control, flag = c.control(), c.handle("flag")
    if control is None:
        c.cnot(bit, flag)
        if not value:
            c.x(flag)
        return
    both = c.temporary_and(control, bit, (1, value))
    c.cnot(both, flag)
    c.erase(both, control, bit, (1, value))


def increment(op: Increment) -> Routine:
    """The ladder of the ANDs of the low bits, undone from its end while it flips the bits above."""
    c = Circuit(op)
    control, x = c.control(), c.register("x")
    inputs = x if control is None else [control, *x]
    ladder = [inputs[0]]
    for q in inputs[1:-1]:
        ladder.append(c.temporary_and(ladder[-1], q))
    for i in range(len(inputs) - 1, 0, -1):
        c.cnot(ladder[i - 1], inputs[i])
        if i > 1:
            c.erase(ladder[i - 1], ladder[i - 2], inputs[i - 1])
    if control is None:
        c.x(x[0])
    return c.routine()


def add(op: Add) -> Routine:
    """The carries up, and on the way back the sums."""
    c = Circuit(op)
    x, y = c.register("x"), c.register("y")
    carries: list[Handle] = []
    for i in range(len(x) - 1):
        if i:
            c.cnot(carries[-1], x[i])
            c.cnot(carries[-1], y[i])
        w = c.temporary_and(x[i], y[i])
        if i:
            c.cnot(carries[-1], w)
        carries.append(w)
    c.cnot(x[-1], y[-1])
    if carries:
        c.cnot(carries[-1], y[-1])
    for i in reversed(range(len(x) - 1)):
        w = carries.pop()
        if i:
            c.cnot(carries[-1], w)
        c.erase(w, x[i], y[i])
        if i:
            c.cnot(carries[-1], x[i])
        c.cnot(x[i], y[i])
    return c.routine()


def rotate_by_register(op: RotateByRegister) -> Routine:
    """±x added to the gradient, by the value of the target in the eigenbasis of Y.

    The top qubit of the gradient stays |−>, so what would flip it is a sign.
    """
    c = Circuit(op)
    target = c.handle("target")
    c.gate("S", target)
    c.gate("H", target)
    _add_to_gradient(c, target)
    c.gate("H", target)
    c.gate("S", target, adjoint=True)
    return c.routine()


def _add_to_gradient(c: Circuit, target: Handle) -> None:
    x, gradient = c.register("angle"), c.register("gradient")
    b = len(x)
    if b == 1:
        c.gate("Z", x[0])
        return
    for q in x:
        c.cnot(target, q)
    carries = [target]
    for i in range(b - 2):
        c.cnot(carries[-1], x[i])
        c.cnot(carries[-1], gradient[i])
        w = c.temporary_and(x[i], gradient[i])
        c.cnot(carries[-1], w)
        carries.append(w)
    c.gate("Z", x[b - 1])
    low, k, carry = x[b - 2], gradient[b - 2], carries[-1]
    c.cz(low, k)
    c.cz(low, carry)
    c.cz(k, carry)
    c.cnot(low, k)
    c.cnot(carry, k)
    for i in reversed(range(b - 2)):
        w = carries.pop()
        c.cnot(carries[-1], w)
        c.erase(w, x[i], gradient[i])
        c.cnot(carries[-1], x[i])
        c.cnot(x[i], gradient[i])
    for q in x:
        c.cnot(target, q)
