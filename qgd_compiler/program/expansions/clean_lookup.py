"""The circuit of a table lookup that leaves nothing but the word."""

from __future__ import annotations

from collections.abc import Mapping

from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.program.expansions.lookup import lookup, lookup_erased
from qgd_compiler.program.ir import Allocate, Call, Release, Routine, Wire
from qgd_compiler.program.primitives import CleanLookup, Gate


def clean_lookup(op: CleanLookup, outcome: int | None = None) -> Routine:
    """Fetch the word and its columns, copy the word out, clear what was fetched by measurement.

    outcome   of the measurements, as `lookup_erased` takes it
    """
    builder, addresses, target, fetched = _begun(op)
    names = [r.name for r in op.fetched.registers]
    places = dict(zip(names, (*addresses, *fetched), strict=True))
    _inline(builder, lookup(op.fetched), places)
    builder.call(Gate(kind="CNOT", bits=op.bits), fetched[0], target)
    _inline(builder, lookup_erased(op.fetched, outcome), places)
    builder.release(*reversed(fetched))
    return builder.routine()


def unitary(op: CleanLookup) -> Routine:
    """The same in parts, with the lookup run backwards in place of the measurements; it is its own inverse."""
    builder, addresses, target, fetched = _begun(op)
    builder.call(op.fetched, *addresses, *fetched)
    builder.call(Gate(kind="CNOT", bits=op.bits), fetched[0], target)
    builder.call(op.fetched, *addresses, *fetched, adjoint=True)
    builder.release(*reversed(fetched))
    return builder.routine()


def _begun(op: CleanLookup) -> tuple[Builder, list[Handle], Handle, tuple[Handle, Handle]]:
    """The registers (control and addresses; target), and room for the word and its columns."""
    builder = Builder(f"{op.name}, in parts")
    *addresses, target = [builder.register(r.name, r.size) for r in op.registers]
    word = builder.allocate("word", op.bits)
    return builder, addresses, target, (word, builder.allocate("columns", op.fetched.registers[-1].size))


def _inline(builder: Builder, routine: Routine, handles: Mapping[str, Handle]) -> None:
    """The steps of a routine on other qubits."""
    places = dict(handles)

    def joined(wires: tuple[Wire, ...]) -> Handle:
        found = NOTHING
        for wire in wires:
            found = found + places[wire.register].part(wire.start, wire.size)
        return found

    for step in routine.body:
        if isinstance(step, Allocate):
            places[step.register.name] = builder.allocate("work", step.register.size)
        elif isinstance(step, Release):
            builder.release(places.pop(step.register))
        elif isinstance(step, Call):
            builder.call(step.op, *(joined(w) for w in step.wires), adjoint=step.adjoint, times=step.times)
