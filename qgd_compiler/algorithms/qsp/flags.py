"""One flag that says, for j = 1, 2, … in turn, whether a number is at least j: unary iteration over its values.

The flag starts as 1; where the iteration passes the value j, the qubit that says "the number is j" is added to
the flag, which then says "the number is at least j+1". A number below L takes max(L−2, 0) ANDs in all, one per
step, where comparisons would take the logarithm.

Source: Babbush et al., arXiv:1805.03662, section III.A (unary iteration) and III.B (the running sum of its flags).
"""

from __future__ import annotations

from collections.abc import Callable

from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.primitives import And, Gate
from qgd_compiler.scalars import ceil_log2

X, CNOT, BRANCH = Gate(kind="X"), Gate(kind="CNOT"), And(values=(1, 0))


def at_least_each(
    builder: Builder, number: Handle, values: int, flag: Handle, step: Callable[[int], None]
) -> None:
    """Call step(j) for j = 1 … values−1 while `flag`, in |0> before and after, is 1 where the number is >= j.

    number   ⌈log2 values⌉ qubits; no amplitude may stand on values and beyond
    """
    if values < 2:
        return
    builder.call(X, flag)

    def visit(start: int, stop: int, bit: int, at: Handle | None) -> None:
        if stop - start == 1:
            builder.call(CNOT, at or number, flag)
            if stop < values:
                step(stop)
            return
        half = 1 << (number.size - 1 - bit)
        if stop - start <= half:
            visit(start, stop, bit + 1, at)
            return
        qubit = number.part(bit, 1)
        if at is None:
            builder.call(X, qubit)
            visit(start, start + half, bit + 1, qubit)
            builder.call(X, qubit)
            visit(start + half, stop, bit + 1, qubit)
            return
        here = builder.allocate("unary", 1)
        builder.call(BRANCH, at, qubit, here)
        visit(start, start + half, bit + 1, here)
        builder.call(CNOT, at, here)
        visit(start + half, stop, bit + 1, here)
        builder.call(And(), at, qubit, here, adjoint=True)
        builder.release(here)

    visit(0, values, 0, None)


def at_least_counted(
    builder: Builder, number: Handle, values: int, flag: Handle, steps: Callable[[], None]
) -> None:
    """The gates and the qubits of `at_least_each`, to be counted; `steps()` writes all its steps at once."""
    if values < 2:
        return
    builder.call(X, flag, times=3)  # the flag, and twice the first qubit of the number
    ladder = builder.allocate("unary", ceil_log2(values) - 1)
    first, ands = number.part(0, 1), values - 2
    if ands:
        second, here = number.part(1, 1), ladder.part(0, 1)
        builder.call(BRANCH, first, second, here, times=ands)
        builder.call(And(), first, second, here, adjoint=True, times=ands)
    builder.call(CNOT, first, flag, times=values + ands)
    steps()
    builder.release(ladder)
