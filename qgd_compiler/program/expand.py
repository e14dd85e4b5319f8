"""From primitives to gates: every primitive as a routine over atoms.

Atoms are Clifford gates, uncontrolled rotations, the temporary AND with its measured inverse, and measurements.
What the cost rules count is the gates of these circuits (`tests/program`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.expansions import arithmetic, clean_lookup, dirty_lookup, logic, lookup, memory
from qgd_compiler.program.ir import Call, Loop, Operation, Primitive, Routine, Step, inverse
from qgd_compiler.program.primitives import (
    Add,
    And,
    BucketBrigade,
    CleanLookup,
    Conjunction,
    ControlledSwap,
    DirtyLookup,
    Gate,
    GreaterEqual,
    GreaterEqualConstant,
    Increment,
    Lookup,
    MeasureX,
    Postselect,
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
    DirtyLookup: dirty_lookup.dirty_lookup,
    CleanLookup: clean_lookup.clean_lookup,
    BucketBrigade: memory.bucket_brigade,
}


def is_atom(primitive: Primitive) -> bool:
    """Whether a primitive is not made of others."""
    if isinstance(primitive, Rotation):
        return not primitive.controlled
    return isinstance(primitive, Gate | And | MeasureX | Postselect)


def expand(primitive: Primitive, adjoint: bool = False, outcome: int | None = None) -> Routine:
    """The circuit of a primitive, or of its inverse, with the same registers.

    outcome  of the measurements by which a lookup is erased, a number whose last bits are those of the target and
             then of the junk: a circuit that can be run. None: the worst case over all outcomes, which is what
             is counted. Other primitives have one circuit for all outcomes
    Raises UnsupportedError for sizes that are not numbers, for atoms, for primitives without a circuit (ideal
    memories), and for an outcome of a lookup without a table.
    """
    circuit = CIRCUITS.get(type(primitive))
    if circuit is None or is_atom(primitive):
        raise UnsupportedError(f"{primitive.name} has no circuit of smaller parts")
    for f in fields(primitive):  # type: ignore[arg-type]
        if _is_open(getattr(primitive, f.name)):
            raise UnsupportedError(
                f"{primitive.name} has no circuit while its {f.name} is not a number", remedy="numeric sizes"
            )
    if isinstance(primitive, CleanLookup) and not adjoint:
        return clean_lookup.clean_lookup(primitive, outcome)
    if not adjoint:
        return circuit(primitive)
    if isinstance(primitive, Lookup | DirtyLookup | CleanLookup):
        return lookup.lookup_erased(primitive, outcome)
    forward = circuit(primitive)
    return replace(forward, title=f"{forward.title}, inverse", body=tuple(inverse(forward.body)))


def expand_all(operation: Operation, adjoint: bool = False, outcome: int | None = None) -> Routine:
    """The same program over atoms: every primitive replaced by its circuit, each distinct one expanded once.

    outcome  of the measurements of every erased lookup, as `expand` takes it. None: the worst case
    Component labels, repetitions and loops stay as they are, and so do priced lookups, which have no circuit.
    Raises UnsupportedError as `expand` does: for an atom, for a size that is not a number.
    """
    found = _Expansion(outcome).of(operation, adjoint)
    if found is None:
        raise UnsupportedError(f"{operation.name} has no circuit of smaller parts")
    return found


class _Expansion:
    """Expands many operations for one outcome, each once."""

    def __init__(self, outcome: int | None) -> None:
        self._outcome = outcome
        self._known: dict[tuple[bytes, bool], Routine | None] = {}

    def of(self, operation: Operation, adjoint: bool) -> Routine | None:
        """The circuit; None for what stays as it is."""
        key = (operation.digest, adjoint)
        if key not in self._known:
            if isinstance(operation, Routine):
                steps = tuple(self._step(s) for s in operation.steps(adjoint))
                self._known[key] = replace(operation, body=steps)
            elif isinstance(operation, Primitive) and not is_atom(operation) and type(operation) in CIRCUITS:
                self._known[key] = expand(operation, adjoint, self._outcome)
            else:
                self._known[key] = None
        return self._known[key]

    def _step(self, step: Step) -> Step:
        if isinstance(step, Loop):
            return replace(step, body=tuple(self._step(s) for s in step.body))
        if not isinstance(step, Call):
            return step
        inner = self.of(step.op, step.adjoint)
        return step if inner is None else replace(step, op=inner, adjoint=False)


def _is_open(value: Any) -> bool:
    if isinstance(value, tuple):
        return any(_is_open(v) for v in value)
    return is_symbolic(value) or is_array(value)
