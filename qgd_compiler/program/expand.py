"""From primitives to gates: every primitive as a routine over atoms.

Atoms are Clifford gates, uncontrolled rotations, the temporary AND with its measured inverse, and measurements.
What the cost rules count is the gates of these circuits (`tests/program`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.expansions import arithmetic, logic, lookup
from qgd_compiler.program.ir import Call, Operation, Primitive, Routine, Step, inverse
from qgd_compiler.program.primitives import (
    Add,
    And,
    Conjunction,
    ControlledSwap,
    Gate,
    GreaterEqual,
    GreaterEqualConstant,
    Increment,
    Lookup,
    MeasureX,
    RotateByRegister,
    Rotation,
)
from qgd_compiler.scalars import is_array, is_symbolic

CIRCUITS: dict[type[Primitive], Callable[[Any], Routine]] = {
    Conjunction: logic.conjunction,
    ControlledSwap: logic.controlled_swap,
    GreaterEqual: arithmetic.greater_equal,
    GreaterEqualConstant: arithmetic.greater_equal_constant,
    Increment: arithmetic.increment,
    Add: arithmetic.add,
    RotateByRegister: arithmetic.rotate_by_register,
    Rotation: logic.controlled_rotation,
    Lookup: lookup.lookup,
}


def is_atom(primitive: Primitive) -> bool:
    """Whether a primitive is not made of others."""
    if isinstance(primitive, Rotation):
        return not primitive.controlled
    return isinstance(primitive, Gate | And | MeasureX)


def expand(primitive: Primitive, adjoint: bool = False, outcome: int | None = None) -> Routine:
    """The circuit of a primitive, or of its inverse, with the same registers.

    outcome  of the measurements by which a lookup is erased: a circuit that can be run. None: the worst case over
             all outcomes, which is what is counted
    Raises UnsupportedError for symbolic sizes, atoms, and primitives without a circuit (ideal memories).
    """
    circuit = CIRCUITS.get(type(primitive))
    if circuit is None or is_atom(primitive):
        raise UnsupportedError(f"{primitive.name} has no circuit of smaller parts")
    for f in fields(primitive):  # type: ignore[arg-type]
        if _is_open(getattr(primitive, f.name)):
            raise UnsupportedError(
                f"{primitive.name} has no circuit while its {f.name} is not a number", remedy="numeric sizes"
            )
    if not adjoint:
        return circuit(primitive)
    if isinstance(primitive, Lookup):
        return lookup.lookup_erased(primitive, outcome)
    forward = circuit(primitive)
    return replace(forward, title=f"{forward.title}, inverse", body=tuple(inverse(forward.body)))


def expand_all(operation: Operation, adjoint: bool = False) -> Routine:
    """The same program over atoms: every primitive replaced by its circuit, each distinct one expanded once.

    Erased lookups are those of the worst outcome. Priced lookups, which have no circuit, stay.
    """
    known: dict[tuple[bytes, bool], Routine | None] = {}
    found = _expanded(operation, adjoint, known)
    if found is None:
        raise UnsupportedError(f"{operation.name} has no circuit of smaller parts")
    return found


def _expanded(
    operation: Operation, adjoint: bool, known: dict[tuple[bytes, bool], Routine | None]
) -> Routine | None:
    """None for what stays as it is."""
    key = (operation.digest, adjoint)
    if key not in known:
        if isinstance(operation, Routine):
            steps = tuple(_step(s, known) for s in operation.steps(adjoint))
            known[key] = replace(operation, body=steps)
        elif isinstance(operation, Primitive) and not is_atom(operation) and type(operation) in CIRCUITS:
            known[key] = expand(operation, adjoint)
        else:
            known[key] = None
    return known[key]


def _step(step: Step, known: dict[tuple[bytes, bool], Routine | None]) -> Step:
    if not isinstance(step, Call):
        return step
    inner = _expanded(step.op, step.adjoint, known)
    return step if inner is None else replace(step, op=inner, adjoint=False)


def _is_open(value: Any) -> bool:
    if isinstance(value, tuple):
        return any(_is_open(v) for v in value)
    return is_symbolic(value) or is_array(value)
