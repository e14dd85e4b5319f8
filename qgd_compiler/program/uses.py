"""How often every routine and primitive of a program runs, forwards and inverted."""

from __future__ import annotations

from dataclasses import dataclass

from qgd_compiler.program.graph import weighted_calls
from qgd_compiler.program.ir import Operation, Routine


@dataclass(frozen=True)
class Uses:
    """How often something runs as it is, and as its inverse."""

    forward: int = 0
    inverse: int = 0

    def __add__(self, other: Uses) -> Uses:
        return Uses(self.forward + other.forward, self.inverse + other.inverse)

    def through(self, call: Callee) -> Uses:
        """How often a callee runs where its caller runs so often: the inverse of a caller inverts its calls."""
        return Uses(
            self.forward * call.same + self.inverse * call.flipped,
            self.forward * call.flipped + self.inverse * call.same,
        )


@dataclass(frozen=True)
class Callee:
    """What one run of a caller calls: `same` times in its own direction, `flipped` times in the other."""

    op: Operation
    same: int
    flipped: int


def callees(op: Operation) -> tuple[Callee, ...]:
    """What one run of `op` calls, once each, in the order of the first call; numbers only, no symbols."""
    found: dict[Operation, tuple[int, int]] = {}
    for call, times in weighted_calls(op.body) if isinstance(op, Routine) else ():
        same, flipped = found.get(call.op, (0, 0))
        n = int(times)
        found[call.op] = (same, flipped + n) if call.adjoint else (same + n, flipped)
    return tuple(Callee(callee, *counts) for callee, counts in found.items())


def uses(root: Operation) -> dict[Operation, Uses]:
    """How often each operation runs in one run of `root`; callers stand before what they call."""
    total = {op: Uses() for op in _callers_first(root)}
    total[root] = Uses(forward=1)
    for op in total:  # its own number is whole by now
        for call in callees(op):
            total[call.op] = total[call.op] + total[op].through(call)
    return total


def _callers_first(root: Operation) -> list[Operation]:
    """Every distinct operation, each after all of its callers: a depth-first search, backwards."""
    done: dict[Operation, None] = {}
    stack: list[tuple[Operation, bool]] = [(root, False)]
    while stack:
        op, left = stack.pop()
        if op in done:
            continue
        if left:
            done[op] = None
            continue
        stack.append((op, True))
        stack.extend((call.op, False) for call in reversed(callees(op)) if call.op not in done)
    return list(reversed(done))
