"""A qubit that says whether several qubits have given values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.primitives import And, Gate


@contextmanager
def where_all(builder: Builder, marks: Sequence[tuple[Handle, int]]) -> Iterator[Handle]:
    """A qubit that is 1 where every mark (a qubit, its value) holds, undone on leaving; always 1 without marks.

    Cost: one temporary AND per mark but the first.
    """
    if not marks:
        always = builder.allocate("always", 1)
        builder.call(Gate(kind="X"), always)
        yield always
        builder.call(Gate(kind="X"), always)
        builder.release(always)
        return
    running, value = marks[0]
    if len(marks) == 1 and not value:
        builder.call(Gate(kind="X"), running)
        yield running
        builder.call(Gate(kind="X"), running)
        return
    made: list[tuple[And, Handle, Handle, Handle]] = []
    for qubit, wanted in marks[1:]:
        flag = builder.allocate("selected", 1)
        gate = And(values=(value, wanted))
        builder.call(gate, running, qubit, flag)
        made.append((gate, running, qubit, flag))
        running, value = flag, 1
    yield running
    for gate, a, b, flag in reversed(made):
        builder.call(gate, a, b, flag, adjoint=True)
        builder.release(flag)
