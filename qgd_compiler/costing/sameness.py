"""Which operations cost the same, told by a number: made of what counts, in a fifth of the time of a digest."""

from __future__ import annotations

import itertools
from collections.abc import Hashable

from qgd_compiler.nodes import compared
from qgd_compiler.program.ir import Allocate, Call, Operation, Primitive, Release, Routine

MOST_KEPT = 2**16  # numbers, of some 700 bytes each
PLAIN = frozenset((int, bool, str, float, type(None)))
WHOLE = frozenset((int,))

_numbers: dict[Hashable, int] = {}
_next = itertools.count()


def number_of(operation: Operation) -> int:
    """The same for operations that cost the same in this process, whatever they and their registers are called.

    Numbers are never used again, so that operations of the same cost may differ, but not the other way round.
    """
    try:
        return operation.number
    except AttributeError:
        key = _of_routine(operation) if isinstance(operation, Routine) else _of_leaf(operation)
        if key not in _numbers:
            if len(_numbers) >= MOST_KEPT:
                _numbers.clear()
            _numbers[key] = next(_next)
        object.__setattr__(operation, "number", _numbers[key])
        return operation.number


def _of_leaf(operation: Operation) -> Hashable:
    cls = type(operation)
    values = [getattr(operation, name) for name in compared(cls)]
    types = tuple(map(type, values))  # 1, 1.0 and True are equal
    if isinstance(operation, Primitive) and PLAIN.issuperset(types):
        return (cls, types, *values)
    return operation.digest


def _of_routine(routine: Routine) -> Hashable:
    """Its steps by the numbers of what they call, and all sizes; its digest where these are not whole numbers."""
    sizes = [register.size for register in routine.signature]
    steps: list[Hashable] = [len(sizes), routine.component]
    for step in routine.body:
        if isinstance(step, Call):
            sizes.append(step.times)
            before = len(sizes)
            for wires in step.wires:
                sizes += [wire.size for wire in wires]
            steps += (number_of(step.op), step.adjoint, step.beside, len(sizes) - before)
        elif isinstance(step, Allocate):
            sizes.append(step.register.size)
            steps += ("allocated", step.dirty)
        elif isinstance(step, Release):
            sizes.append(step.size)
            steps += ("released", step.dirty)
        else:
            return routine.digest
    if WHOLE.issuperset(map(type, sizes)):
        return (*steps, *sizes)
    return routine.digest
