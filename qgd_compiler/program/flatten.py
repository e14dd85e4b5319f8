"""A circuit as one list of gates on numbered qubits: what is needed to write it down for another program.

Erasures by measurement are kept where each is one AND. The inverse of a lookup is its circuit run backwards, because
the phases that a measured erasure has to mend depend on its outcomes. A rotation by a register is a controlled rotation
per bit: the phase gradient that it borrows stays as it is, and is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.expand import expand, is_atom
from qgd_compiler.program.expansions.clean_lookup import unitary
from qgd_compiler.program.ir import Allocate, Call, Operation, Primitive, Release, Routine, Wire, inverse
from qgd_compiler.program.primitives import CleanLookup, RotateByRegister, Rotation
from qgd_compiler.program.simulate import CATALYST

Places = list[int]


@dataclass(frozen=True)
class Line:
    """One atom, or a controlled rotation, on qubits: those of its registers in order."""

    atom: Primitive
    adjoint: bool
    qubits: tuple[int, ...]


class Flattened:
    """The lines of a routine. `registers`: where each stands, most significant qubit first; `qubits`: how many in all.

    most  lines beyond which UnsupportedError is raised
    """

    def __init__(self, routine: Routine, most: int = 1_000_000) -> None:
        self._free: list[int] = []
        self._most = most
        self.qubits = 0
        self.registers = {
            r.name: self._allocate(int(r.size)) for r in routine.registers if r.name != CATALYST
        }
        self.lines: list[Line] = []
        for line in self._of(routine, dict(self.registers), False):
            self.lines.append(line)
            if len(self.lines) > most:
                raise UnsupportedError(
                    f"the circuit has more than {most:,} gates", remedy="--format qref, which counts them"
                )

    def _allocate(self, size: int) -> Places:
        found = [self._free.pop() for _ in range(min(size, len(self._free)))]
        while len(found) < size:
            found.append(self.qubits)
            self.qubits += 1
        return found

    def _of(self, op: Operation, registers: dict[str, Places], adjoint: bool) -> Iterator[Line]:
        if isinstance(op, Primitive):
            yield from self._primitive(op, registers, adjoint)
            return
        assert isinstance(op, Routine)
        yield from self._steps(tuple(op.steps(adjoint)), dict(registers))

    def _steps(self, steps: tuple[object, ...], places: dict[str, Places]) -> Iterator[Line]:
        for step in steps:
            if isinstance(step, Allocate):
                places[step.register.name] = self._allocate(int(step.register.size))
            elif isinstance(step, Release):
                self._free += reversed(places.pop(step.register))
            elif isinstance(step, Call):
                inner = {
                    register.name: _join(places, wires)
                    for register, wires in zip(step.op.registers, step.wires, strict=True)
                    if register.name != CATALYST
                }
                for _ in range(int(step.times)):
                    yield from self._of(step.op, inner, step.adjoint)

    def _primitive(self, op: Primitive, registers: dict[str, Places], adjoint: bool) -> Iterator[Line]:
        if isinstance(op, RotateByRegister):
            bits, (target,) = int(op.bits), registers["target"]
            for i, control in enumerate(registers["angle"]):
                turn = Rotation(axis="Y", angle=4 * math.pi * 2.0 ** -(i + 1), controlled=True)
                assert bits == len(registers["angle"])
                yield Line(turn, adjoint, (control, target))
        elif isinstance(op, Rotation) or is_atom(op):
            yield Line(op, adjoint, tuple(q for places in registers.values() for q in places))
        elif isinstance(op, CleanLookup):
            yield from self._steps(unitary(op).body, dict(registers))
        else:
            circuit = expand(op)
            steps = tuple(inverse(circuit.body)) if adjoint else circuit.body
            yield from self._steps(steps, dict(registers))


def _join(places: dict[str, Places], wires: tuple[Wire, ...]) -> Places:
    joined: Places = []
    for w in wires:
        joined += places[w.register][int(w.start) : int(w.start) + int(w.size)]
    return joined
