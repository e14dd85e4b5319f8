"""A circuit that can be run, for Cirq: one gate after the other, ANDs erased by measurement and a classical control."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cirq

from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.flatten import Flattened, Line
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import And, Gate, Postselect, Rotation

SINGLE = {"X": cirq.X, "Z": cirq.Z, "H": cirq.H}
PAIRS = {"CNOT": cirq.CNOT, "CZ": cirq.CZ, "SWAP": cirq.SWAP}


def runnable_circuit(routine: Routine) -> cirq.Circuit:
    """The circuit on line qubits, all starting in |0>; UnsupportedError where an angle is not known."""
    flat = Flattened(routine)
    operations: list[Any] = []
    for number, line in enumerate(flat.lines):
        operations += _operations(line, number)
    circuit = cirq.Circuit(operations)
    assert circuit.all_qubits() <= set(cirq.LineQubit.range(flat.qubits))
    return circuit


def circuit_json(routine: Routine) -> str:
    """The same as the JSON text that `cirq.read_json` reads."""
    return str(cirq.to_json(runnable_circuit(routine), indent=None)) + "\n"


def _operations(line: Line, number: int) -> Iterator[Any]:
    op, q = line.atom, [cirq.LineQubit(i) for i in line.qubits]
    if isinstance(op, Gate) and op.kind in PAIRS:
        half = 1 if op.fan else int(op.bits)
        first, second = q[:half] * (int(op.bits) if op.fan else 1), q[half:]
        for a, b in zip(first, second, strict=True):
            yield PAIRS[op.kind](a, b)
    elif isinstance(op, Gate):
        gate = SINGLE.get(op.kind) or (cirq.S**-1 if line.adjoint else cirq.S)
        yield from (gate(one) for one in q)
    elif isinstance(op, Rotation):
        if op.angle is None:
            raise UnsupportedError("a rotation without an angle can be counted but not run")
        angle = float(op.angle) * (-1 if line.adjoint else 1)
        gate = cirq.ry(angle) if op.axis == "Y" else cirq.rz(angle)
        yield (gate.controlled() if op.controlled else gate)(*q)
    elif isinstance(op, And):
        a, b, target = q
        flips = [cirq.X(one) for one, value in zip((a, b), op.values, strict=True) if not value]
        yield from flips
        if line.adjoint:
            key = f"erased{number}"
            yield cirq.H(target)
            yield cirq.measure(target, key=key)
            yield cirq.CZ(a, b).with_classical_controls(key)
            yield cirq.reset(target)
        else:
            yield cirq.CCNOT(a, b, target)
        yield from flips
    elif isinstance(op, Postselect):
        for i, one in enumerate(q):
            yield cirq.measure(one, key=f"kept{number}.{i}")
    else:
        raise UnsupportedError(f"{op.name} cannot be written for Cirq")
