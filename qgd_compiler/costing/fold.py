"""Fold a program: gates by component, and the peak of qubits, each routine counted once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qgd_compiler.costing.gates import Gates, Price
from qgd_compiler.program.ir import Allocate, Call, Operation, Primitive, Release, Routine
from qgd_compiler.scalars import Scalar, maximum

PriceOf = Callable[[Primitive, bool], Price]


@dataclass(frozen=True)
class Cost:
    """The folded cost of an operation.

    by_component  gates by component label ("" for what no routine claims)
    work          peak of qubits beyond the operation's own registers
    """

    by_component: dict[str, Gates]
    work: Scalar

    @property
    def gates(self) -> Gates:
        """All components together."""
        total = Gates()
        for gates in self.by_component.values():
            total = total + gates
        return total


def fold(operation: Operation, price_of: PriceOf, *, adjoint: bool = False) -> Cost:
    """The cost of one run of `operation` (or its inverse).

    Peak qubits: exact for the order of steps as written, every released register free for reuse.
    Depth: steps one after the other (upper bound).
    """
    return Folder(price_of).cost(operation, adjoint)


class Folder:
    """Folds many programs that share routines, each routine counted once for all of them."""

    def __init__(self, price_of: PriceOf) -> None:
        self._price_of = price_of
        self._known: dict[tuple[bytes, bool], Cost] = {}

    def cost(self, root: Operation, adjoint: bool = False) -> Cost:
        """The cost of one run of `root` (or its inverse)."""
        stack: list[tuple[Operation, bool]] = [(root, adjoint)]
        while stack:
            op, inverse = stack[-1]
            key = (op.digest, inverse)
            if key in self._known:
                stack.pop()
                continue
            if not isinstance(op, Routine):
                self._known[key] = self._leaf(op, inverse)
                stack.pop()
                continue
            missing = [
                (step.op, step.adjoint != inverse)
                for step in op.body
                if isinstance(step, Call) and (step.op.digest, step.adjoint != inverse) not in self._known
            ]
            if missing:
                stack.extend(missing)
                continue
            self._known[key] = self._routine(op, inverse)
            stack.pop()
        return self._known[(root.digest, adjoint)]

    def _leaf(self, op: Operation, inverse: bool) -> Cost:
        if not isinstance(op, Primitive):
            raise TypeError(f"{type(op).__name__} is neither a routine nor a primitive")
        price = self._price_of(op, inverse)
        return Cost({"": price.gates}, price.work)

    def _routine(self, routine: Routine, inverse: bool) -> Cost:
        by_component: dict[str, Gates] = {}
        live: Scalar = 0
        peak: Scalar = 0
        for step in routine.steps(inverse):
            if isinstance(step, Allocate):
                live = live + step.register.size
                peak = maximum(peak, live)
            elif isinstance(step, Release):
                live = live - step.size
            elif isinstance(step, Call):
                inner = self._known[(step.op.digest, step.adjoint)]
                for label, gates in inner.by_component.items():
                    name = label or routine.component
                    by_component[name] = by_component.get(name, Gates()) + gates.times(step.times)
                peak = maximum(peak, live + inner.work)
        return Cost(by_component, peak)
