"""Write the circuit of one primitive, gate by gate."""

from __future__ import annotations

from qgd_compiler.program.builder import NOTHING, Builder, Handle
from qgd_compiler.program.ir import Primitive, Routine
from qgd_compiler.program.primitives import And, Gate, MeasureX

Qubits = list[Handle]


class Circuit:
    """A builder with the registers of a primitive and the gates that circuits are made of.

    Work qubits come from `lend`, where there are any, before new ones are allocated.
    """

    def __init__(self, primitive: Primitive) -> None:
        self.builder = Builder(f"{primitive.name}, gate by gate")
        self._registers = {r.name: self.builder.register(r.name, r.size) for r in primitive.registers}
        self._lent: Qubits = []
        self._from_lent: set[Handle] = set()

    def register(self, name: str) -> Qubits:
        """The qubits of a register, least significant first; none for a register that is not there."""
        handle = self._registers.get(name, NOTHING)
        return [handle.part(i, 1) for i in reversed(range(int(handle.size)))] if handle.size else []

    def control(self) -> Handle | None:
        """The control, if the primitive has one."""
        return self._registers.get("control")

    def handle(self, name: str) -> Handle:
        """A register as it is."""
        return self._registers[name]

    def lend(self, qubits: Qubits) -> None:
        """Qubits in |0> that may be worked with, and are |0> again at the end."""
        self._lent += qubits
        self._from_lent |= set(qubits)

    def fresh(self) -> Handle:
        """A work qubit in |0>."""
        return self._lent.pop() if self._lent else self.builder.allocate("work", 1)

    def release(self, *qubits: Handle) -> None:
        """Give work qubits back, in |0>."""
        for q in qubits:
            if q in self._from_lent:
                self._lent.append(q)
            else:
                self.builder.release(q)

    def gate(self, kind: str, *qubits: Handle, adjoint: bool = False) -> None:
        """One Clifford gate."""
        self.builder.call(Gate(kind=kind), *qubits, adjoint=adjoint)

    def x(self, q: Handle) -> None:
        """Flip."""
        self.gate("X", q)

    def cnot(self, a: Handle, b: Handle) -> None:
        """Flip b where a is 1."""
        self.gate("CNOT", a, b)

    def cz(self, a: Handle, b: Handle) -> None:
        """Change the sign where both are 1."""
        self.gate("CZ", a, b)

    def temporary_and(
        self, a: Handle, b: Handle, values: tuple[int, int] = (1, 1), into: Handle | None = None
    ) -> Handle:
        """A qubit that is 1 where a and b have the given values: a fresh one, or `into`, which is |0>."""
        flag = self.fresh() if into is None else into
        self.builder.call(And(values=values), a, b, flag)
        return flag

    def erase(self, flag: Handle, a: Handle, b: Handle, values: tuple[int, int] = (1, 1)) -> None:
        """Measure the AND of a and b away and give its qubit back."""
        self.builder.call(And(values=values), a, b, flag, adjoint=True)
        self.release(flag)

    def measure(self, qubits: Handle, outcome: int | None) -> None:
        """Measure and reset."""
        self.builder.call(MeasureX(bits=qubits.size, outcome=outcome), qubits)

    def routine(self) -> Routine:
        """The circuit."""
        return self.builder.routine()
