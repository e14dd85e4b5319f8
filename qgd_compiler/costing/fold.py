"""Fold a program: gates by component, and the peak of qubits, each routine counted once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from qgd_compiler.costing.gates import DEPTHS, Gates, Price
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.ir import (
    Allocate,
    Call,
    Loop,
    Operation,
    Primitive,
    Release,
    Routine,
    Step,
    calls,
)
from qgd_compiler.scalars import Scalar, is_array, is_integer, is_symbolic, largest_over, maximum, minimum

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
    Depth: steps one after the other, calls marked `beside` at the same time (upper bound).
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
                for step in calls(op.body)
                if (step.op.digest, step.adjoint != inverse) not in self._known
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
        tally = _Tally(routine.component, self._known)
        tally.run(routine.steps(inverse))
        return Cost(tally.by_component, tally.peak)


class _Tally:
    """Gates, and live and peak work qubits, while the steps of one routine go by."""

    def __init__(self, component: str, known: dict[tuple[bytes, bool], Cost]) -> None:
        self._component = component
        self._known = known
        self.by_component: dict[str, Gates] = {}
        self.live: Scalar = 0
        self.peak: Scalar = 0

    def run(self, steps: Iterable[Step]) -> None:
        """Go through the steps; calls beside each other are one group."""
        group: list[Call] = []
        for step in steps:
            if group and not (isinstance(step, Call) and step.beside):
                self._group(group)
                group = []
            if isinstance(step, Allocate):
                self.live = self.live + step.register.size
                self.peak = maximum(self.peak, self.live)
            elif isinstance(step, Release):
                self.live = self.live - step.size
            elif isinstance(step, Call):
                group.append(step)
            elif isinstance(step, Loop):
                self._loop(step)
        if group:
            self._group(group)

    def _group(self, group: list[Call]) -> None:
        """Gates add up, work qubits too; the depth is that of the deepest call."""
        costs = [self._known[(call.op.digest, call.adjoint)] for call in group]
        totals = [cost.gates.times(call.times) for cost, call in zip(costs, group, strict=True)]
        deepest = [_first_deepest([getattr(gates, name) for gates in totals]) for name in DEPTHS]
        work: Scalar = 0
        for i, (call, cost) in enumerate(zip(group, costs, strict=True)):
            hidden = {name: 0 for name, at in zip(DEPTHS, deepest, strict=True) if at != i}
            for label, gates in cost.by_component.items():
                self._add(label, replace(gates.times(call.times), **hidden))
            work = work + cost.work * (1 if is_integer(call.times) else minimum(call.times, 1))
        self.peak = maximum(self.peak, self.live + work)

    def _loop(self, loop: Loop) -> None:
        inner = _Tally(self._component, self._known)
        inner.run(loop.body)
        for label, gates in inner.by_component.items():
            self._add(label, gates.summed(loop.index, loop.count))
        self.peak = maximum(self.peak, self.live + largest_over(inner.peak, loop.index, loop.count))

    def _add(self, label: str, gates: Gates) -> None:
        name = label or self._component
        self.by_component[name] = self.by_component.get(name, Gates()) + gates


def _first_deepest(depths: list[Scalar]) -> int:
    """The first of the deepest calls; symbols and arrays cannot be ranked and take the last call.

    Raises UnsupportedError for a group of calls with depths that cannot be ranked.
    """
    if len(depths) == 1 or len(set(map(str, depths))) == 1:
        return 0
    if is_symbolic(*depths) or is_array(*depths):
        raise UnsupportedError(
            "calls beside each other need numbers to tell which is deepest",
            remedy="numeric sizes, or the parts one after the other",
        )
    return depths.index(max(depths))
