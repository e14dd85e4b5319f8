"""Where a run leaves the result, and the state that looks the same with other data in it."""

from __future__ import annotations

from dataclasses import dataclass

from qgd_compiler.algorithms.amplification import Wanted
from qgd_compiler.algorithms.uniform import uniform_superposition
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Add, Gate
from qgd_compiler.scalars import ceil_log2, maximum


@dataclass(frozen=True)
class Answer:
    """The result in the register `system` of a run; all its other registers are 0 where it is there.

    wanted   the time from which on the result stands there, and marks, as for the amplification
    times    at how many times it stands there, with equal amplitudes (p+1 with p rows of padding)
    start    the first qubit of the data within `system`
    bits     qubits of the data; what is left of `system` is 0, marks apart
    """

    wanted: Wanted
    times: int
    start: int
    bits: int


def reference(answer: Answer, system_bits: int, preparation: Routine) -> Routine:
    """|0> to what a run that succeeded leaves in `system`, with a given state in place of the result.

    Registers: `system`, `gradient`. `preparation` has registers `state` (as many qubits as the data) and `gradient`.
    Exact, up to the phase of the uniform superposition over the times.
    """
    builder = Builder("reference state", "read-out")
    system = builder.register("system", system_bits)
    gradient = builder.register("gradient", preparation.register("gradient").size)
    _times(builder, system.part(0, answer.wanted.time_bits), answer)
    for place, value in answer.wanted.marks:
        if value:
            builder.call(Gate(kind="X"), system.part(answer.wanted.time_bits + place, 1))
    builder.call(preparation, system.part(answer.start, answer.bits), gradient)
    return builder.routine()


def _times(builder: Builder, time: Handle, answer: Answer) -> None:
    """|0> to the uniform superposition of T … T + times − 1."""
    size, first = answer.wanted.time_bits, answer.wanted.iterations
    if answer.times > 1:
        used = int(ceil_log2(answer.times))
        builder.call(uniform_superposition(answer.times), time.part(size - used, used))
    if not first:
        return
    if answer.times == 1:
        _write(builder, time, first)
        return
    constant = builder.allocate("first time", size)
    _write(builder, constant, first)
    builder.call(Add(bits=size), constant, time)
    _write(builder, constant, first)
    builder.release(constant)


def _write(builder: Builder, target: Handle, number: int) -> None:
    size = int(target.size)
    for i in range(size):
        if number >> (size - 1 - i) & 1:
            builder.call(Gate(kind="X"), target.part(i, 1))


def gradient_size(run: Routine, preparation: Routine) -> int:
    """Qubits of a phase gradient that serves both."""
    return maximum(run.register("gradient").size, preparation.register("gradient").size)  # type: ignore[no-any-return]
