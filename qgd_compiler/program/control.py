"""An operation under one more control: the identity where the switch is off, the operation itself where it is on.

Not every step needs the switch. Where a step and its inverse stand around steps that do nothing when the switch is
off, the two cancel by themselves and stay as they are; so of "compute, act, uncompute" only "act" is controlled.
A solver run of reflections needs the switch on its phases and on its first preparation, and nowhere else.

What is controlled is the circuit as written, phases included: a routine that is right "up to a global phase" has a
phase between on and off afterwards. Steps are compared as they are written: of two tables that are only counted
nothing but the sizes is known, and a step that undoes the one is taken to undo the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.ir import Call, Loop, Operation, Register, Routine, Step, Wire
from qgd_compiler.program.primitives import (
    Add,
    And,
    BucketBrigade,
    ControlledSwap,
    Gate,
    GreaterEqual,
    GreaterEqualConstant,
    RotateByRegister,
    Rotation,
)

SWITCH = "switch"


@lru_cache(maxsize=4096)
def controlled(operation: Operation) -> Operation:
    """`operation` with one more register, first, of one qubit: the switch.

    Exact. UnsupportedError for a primitive that cannot be controlled outside compute and uncompute (a measurement, a
    conjunction whose partial results stay).
    """
    if isinstance(operation, Routine):
        return _routine(operation)
    names = {f.name for f in fields(operation)}  # type: ignore[arg-type]
    if "controlled" in names and not getattr(operation, "controlled"):  # noqa: B009
        return replace(operation, controlled=True)  # type: ignore[type-var]
    return _primitive(operation)


def free_name(operation: Operation) -> str:
    """A name for the switch that no register of `operation` has."""
    taken = {r.name for r in operation.registers}
    name = SWITCH
    while name in taken:
        name += "'"
    return name


def _routine(routine: Routine) -> Routine:
    switch = free_name(routine)
    return Routine(
        title=f"controlled {routine.title}",
        signature=(Register(name=switch, size=1), *routine.signature),
        body=_steps(routine.body, (Wire(register=switch, start=0, size=1),)),
        component=routine.component,
    )


def _steps(steps: Sequence[Step], switch: tuple[Wire, ...]) -> tuple[Step, ...]:
    calls = [step for step in steps if isinstance(step, Call)]
    cancelling = iter(cancelling_calls(calls))
    done: list[Step] = []
    for step in steps:
        if isinstance(step, Loop):
            done.append(replace(step, body=_steps(step.body, switch)))
        elif isinstance(step, Call) and not next(cancelling):
            wires = (switch, *step.wires)
            done.append(replace(step, op=controlled(step.op), wires=wires, beside=False))
        elif isinstance(step, Call):
            done.append(replace(step, beside=False))
        else:
            done.append(step)
    return tuple(done)


def cancelling_calls(calls: Sequence[Call]) -> list[bool]:
    """For each call whether it cancels against its inverse when all calls that are not marked are left out.

    Each call from the left is paired with the last inverse of it within the pair around it.
    """
    marked = [False] * len(calls)
    plain = [_canonical(call) for call in calls]
    inverses = [_canonical(replace(call, adjoint=not call.adjoint)) for call in calls]
    at: dict[Call, list[int]] = {}
    for i, call in enumerate(plain):
        at.setdefault(call, []).append(i)
    spans = [(0, len(calls))]
    while spans:
        start, end = spans.pop()
        while start < end:
            partner = max((j for j in at.get(inverses[start], ()) if start < j < end), default=None)
            if partner is not None:
                marked[start] = marked[partner] = True
                spans.append((start + 1, partner))
                start = partner
            start += 1
    return marked


def _canonical(call: Call) -> Call:
    """The call as it is compared: operations that are their own inverse have no adjoint."""
    op = call.op
    own_inverse = isinstance(op, ControlledSwap | GreaterEqual | GreaterEqualConstant | BucketBrigade) or (
        isinstance(op, Gate) and op.kind != "S"
    )
    return replace(call, adjoint=call.adjoint and not own_inverse, beside=False)


def _primitive(primitive: Any) -> Routine:
    builder = Builder(f"controlled {primitive.name}")
    switch = builder.register(free_name(primitive), 1)
    handles = [builder.register(r.name, r.size) for r in primitive.registers]
    if isinstance(primitive, Gate):
        _gate(builder, primitive, switch, handles)
    elif isinstance(primitive, And):
        _and(builder, primitive, switch, handles)
    elif isinstance(primitive, Add | RotateByRegister):
        _masked(builder, primitive, switch, handles)
    elif isinstance(primitive, ControlledSwap) or getattr(primitive, "controlled", False):
        both = builder.allocate("both", 1)
        builder.call(And(), switch, handles[0], both)
        builder.call(primitive, both, *handles[1:])
        builder.call(And(), switch, handles[0], both, adjoint=True)
        builder.release(both)
    else:
        raise UnsupportedError(
            f"{primitive.name} cannot be controlled where its inverse does not follow",
            remedy="compute and uncompute it in the same routine",
        )
    return builder.routine()


def _gate(builder: Builder, gate: Gate, switch: Handle, handles: list[Handle]) -> None:
    bits = gate.bits
    if gate.kind == "X":
        builder.call(Gate(kind="CNOT", bits=bits, fan=True), switch, handles[0])
    elif gate.kind == "Z":
        builder.call(Gate(kind="CZ", bits=bits, fan=True), switch, handles[0])
    elif gate.kind == "H":
        # H = R_y(π/4) Z R_y(−π/4)
        for i in builder.levels(bits):
            qubit = handles[0].part(i, 1)
            builder.call(Rotation(axis="Y", angle=math.pi / 4), qubit, adjoint=True)
            builder.call(Gate(kind="CZ"), switch, qubit)
            builder.call(Rotation(axis="Y", angle=math.pi / 4), qubit)
    elif gate.kind == "SWAP":
        builder.call(ControlledSwap(bits=bits), switch, *handles)
    elif gate.kind in ("CNOT", "CZ"):
        both = builder.allocate("both", 1)
        one = Gate(kind=gate.kind, bits=bits, fan=True) if gate.fan else Gate(kind=gate.kind)
        for i in [0] if gate.fan else builder.levels(bits):
            source, target = handles[0].part(i, 1), handles[1] if gate.fan else handles[1].part(i, 1)
            builder.call(And(), switch, source, both)
            builder.call(one, both, target)
            builder.call(And(), switch, source, both, adjoint=True)
        builder.release(both)
    else:
        raise UnsupportedError(
            f"the gate {gate.kind} has no controlled form", remedy="a rotation about Z instead"
        )


def _and(builder: Builder, gate: And, switch: Handle, handles: list[Handle]) -> None:
    a, b, flag = handles
    first = And(values=(1, gate.values[0]))
    both = builder.allocate("both", 1)
    builder.call(first, switch, a, both)
    builder.call(And(values=(1, gate.values[1])), both, b, flag)
    builder.call(first, switch, a, both, adjoint=True)
    builder.release(both)


def _masked(builder: Builder, primitive: Any, switch: Handle, handles: list[Handle]) -> None:
    """What does nothing when its first register is 0 acts with a copy of it that is 0 where the switch is off."""
    source, *others = handles
    copy = builder.allocate("masked", source.size)
    for i in builder.levels(source.size):
        builder.call(And(), switch, source.part(i, 1), copy.part(i, 1))
    builder.call(primitive, copy, *others)
    for i in builder.levels(source.size):
        j = source.size - 1 - i  # the inverse of the loop above
        builder.call(And(), switch, source.part(j, 1), copy.part(j, 1), adjoint=True)
    builder.release(copy)
