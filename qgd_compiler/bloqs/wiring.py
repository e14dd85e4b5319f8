"""Routines as Qualtran wires them, qubit by qubit, and what they call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, QAny, QBit, Register, Signature

from qgd_compiler.bloqs.atoms import (
    BORROWED,
    GIVEN_BACK,
    NEW_QUBIT,
    RETURNED,
    Callees,
    Qubits,
    add_atom,
    atom_callees,
    by_price,
)
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.program import ir
from qgd_compiler.program.expand import is_atom
from qgd_compiler.scalars import Scalar, is_integer

BloqOf = Callable[[ir.Operation, bool], Bloq]


def signature_of(registers: Sequence[ir.Register]) -> Signature:
    """All registers in and out; those without qubits are left out."""
    return Signature([Register(r.name, _dtype(r.size)) for r in registers if not _is_zero(r.size)])


def wired(
    bb: BloqBuilder, routine: ir.Routine, adjoint: bool, soquets: dict[str, Any], bloq_of: BloqOf
) -> dict[str, Any]:
    """Write the steps of a routine (or of its inverse); registers are taken apart once and joined at the end.

    Raises DecomposeTypeError for sizes or repetitions that are not numbers.
    """
    qubits = {r.name: _split(bb, r, soquets.get(r.name)) for r in routine.registers}
    _steps(bb, routine.steps(adjoint), qubits, bloq_of)
    return {r.name: _joined(bb, qubits[r.name]) for r in routine.registers if not _is_zero(r.size)}


def callees(steps: Iterable[ir.Step], bloq_of: BloqOf) -> Callees:
    """What the steps call, and how often; a symbolic loop as the gates that it folds to."""
    found: Callees = {}
    for step in steps:
        if isinstance(step, ir.Loop):
            loop = ir.Routine(title="loop", signature=(), body=(step,))
            _merge(found, by_price(fold(loop, price_of).gates), 1)
        elif isinstance(step, ir.Call):
            _merge(found, _called(step, bloq_of), step.times)
    return found


def _called(call: ir.Call, bloq_of: BloqOf) -> Callees:
    if isinstance(call.op, ir.Primitive) and is_atom(call.op):
        return atom_callees(call.op, call.adjoint)
    if isinstance(call.op, ir.Routine) and _has_no_qubits(call.op):
        return callees(call.op.steps(call.adjoint), bloq_of)
    return {bloq_of(call.op, call.adjoint): 1}


def _merge(found: Callees, more: Callees, times: Scalar) -> None:
    for bloq, count in more.items():
        total = count * times
        if not _is_zero(total):
            found[bloq] = found[bloq] + total if bloq in found else total


def _steps(bb: BloqBuilder, steps: Iterable[ir.Step], qubits: dict[str, Qubits], bloq_of: BloqOf) -> None:
    for step in steps:
        if isinstance(step, ir.Allocate):
            register = step.register
            new = BORROWED if step.dirty else NEW_QUBIT
            qubits[register.name] = [bb.add(new) for _ in range(_number(register.size, register.name))]
        elif isinstance(step, ir.Release):
            for q in qubits.pop(step.register):
                bb.add(RETURNED if step.dirty else GIVEN_BACK, reg=q)
        elif isinstance(step, ir.Call):
            places = [_places(wires) for wires in step.wires]
            for _ in range(_number(step.times, f"the repetitions of {step.op.name}")):
                before = [[qubits[name][i] for name, i in spots] for spots in places]
                after = _call(bb, step, before, bloq_of)
                for spots, row in zip(places, after, strict=True):
                    for (name, i), q in zip(spots, row, strict=True):
                        qubits[name][i] = q
        else:
            raise DecomposeTypeError("a loop with a symbolic count has no decomposition")


def _call(bb: BloqBuilder, call: ir.Call, wires: list[Qubits], bloq_of: BloqOf) -> list[Qubits]:
    if isinstance(call.op, ir.Primitive) and is_atom(call.op):
        return add_atom(bb, call.op, call.adjoint, wires)
    if isinstance(call.op, ir.Routine) and _has_no_qubits(call.op):
        _steps(bb, call.op.steps(call.adjoint), {r.name: [] for r in call.op.registers}, bloq_of)
        return wires
    named = list(zip(call.op.registers, wires, strict=True))
    soquets = {r.name: _joined(bb, row) for r, row in named if row}
    out = bb.add_d(bloq_of(call.op, call.adjoint), **soquets)
    return [_split(bb, r, out.get(r.name)) for r, _ in named]


def _split(bb: BloqBuilder, register: ir.Register, soquet: Any) -> Qubits:
    """The qubits of a register, the most significant first."""
    size = _number(register.size, register.name)
    if size == 0:
        return []
    return [soquet] if size == 1 else list(bb.split(soquet))


def _joined(bb: BloqBuilder, qubits: Qubits) -> Any:
    return qubits[0] if len(qubits) == 1 else bb.join(np.array(qubits), dtype=QAny(len(qubits)))


def _places(wires: Iterable[ir.Wire]) -> list[tuple[str, int]]:
    found = []
    for w in wires:
        start, size = _number(w.start, w.register), _number(w.size, w.register)
        found += [(w.register, i) for i in range(start, start + size)]
    return found


def _has_no_qubits(routine: ir.Routine) -> bool:
    """Such a bloq would have no wires, and a bloq without wires is lost in a composite one."""
    return all(_is_zero(r.size) for r in routine.registers)


def _number(value: Scalar, what: str) -> int:
    if not is_integer(value):
        raise DecomposeTypeError(f"no decomposition while {what} is {value}")
    return int(value)


def _is_zero(value: Scalar) -> bool:
    return bool(value == 0)


def _dtype(size: Scalar) -> QBit | QAny:
    return QBit() if is_integer(size) and size == 1 else QAny(size)
