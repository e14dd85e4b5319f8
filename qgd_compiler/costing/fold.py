"""Fold a program: gates by component, and the peak of qubits, each routine counted once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import final

from qgd_compiler.costing.gates import DEPTHS, Gates, Price
from qgd_compiler.costing.sameness import number_of
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.nodes import node
from qgd_compiler.program.ir import (
    Allocate,
    Call,
    Loop,
    Operation,
    Primitive,
    Register,
    Release,
    Routine,
    Step,
    calls,
)
from qgd_compiler.scalars import Scalar, is_array, is_integer, is_symbolic, largest_over, maximum, minimum

PriceOf = Callable[[Primitive, bool], Price]
Known = dict[tuple[int, bool], "Cost"]


@dataclass(frozen=True)
class Cost:
    """The folded cost of an operation.

    by_component  gates by component label ("" for what no routine claims)
    work          peak of qubits beyond the operation's own registers
    clean         the same where others lend every qubit that it borrows; at most `work`
    """

    by_component: dict[str, Gates]
    work: Scalar
    clean: Scalar

    @property
    def gates(self) -> Gates:
        """All components together."""
        total = Gates()
        for gates in self.by_component.values():
            total = total + gates
        return total


@final
@node
class Folded(Operation):
    """What can be called like a routine, and of which only the cost is left: `forward`, or inverted `backward`."""

    title: str
    signature: tuple[Register, ...]
    forward: Cost
    backward: Cost

    @property
    def name(self) -> str:
        """The title."""
        return self.title

    @property
    def registers(self) -> tuple[Register, ...]:
        """The signature."""
        return self.signature

    def register(self, name: str) -> Register:
        """The register called `name` of the signature."""
        return next(r for r in self.signature if r.name == name)


def fold(operation: Operation, price_of: PriceOf, *, adjoint: bool = False) -> Cost:
    """The cost of one run of `operation` (or its inverse).

    Peak qubits: exact for the order of steps as written, every released register free for reuse. What a call
    borrows it finds among the qubits that stand idle around it; what is missing is allocated.
    Depth: steps one after the other, calls marked `beside` at the same time (upper bound).
    """
    return Folder(price_of).cost(operation, adjoint)


@lru_cache(maxsize=4096)
def fold_kept(operation: Operation, price_of: PriceOf, adjoint: bool) -> Cost:
    """As `fold`, for what one compile after the other asks for."""
    return Folder(price_of).cost(operation, adjoint)


MOST_KEPT = 2**16  # costs


@lru_cache(maxsize=8)
def _costs(price_of: PriceOf, by_component: bool) -> dict[tuple[int, bool], Cost]:
    return {}


def _shared(price_of: PriceOf, by_component: bool) -> dict[tuple[int, bool], Cost]:
    """What was counted before, in this process: the parts of plans are the same from one compile to the next."""
    found = _costs(price_of, by_component)
    if len(found) > MOST_KEPT:
        found.clear()
    return found


class Folder:
    """Folds many programs that share routines, each routine counted once for all of them.

    An object is known at once by its identity, one that costs the same by its number; what is asked for itself gets
    none.

    shared        with what other folders have counted in the same prices; not worth it for programs of arrays
    by_component  whether gates are told apart by component; else all stand under ""
    """

    def __init__(self, price_of: PriceOf, *, shared: bool = True, by_component: bool = True) -> None:
        self._price_of = price_of
        self._looks = shared
        self._by_component = by_component
        self._known: Known = {}
        self._same = _shared(price_of, by_component) if shared else {}
        self._held: list[Operation] = []  # an identity is good as long as its object lives

    def cost(self, root: Operation, adjoint: bool = False) -> Cost:
        """The cost of one run of `root` (or its inverse)."""
        stack: list[tuple[Operation, bool]] = [(root, adjoint)]
        while stack:
            op, inverse = stack[-1]
            if (id(op), inverse) in self._known:
                stack.pop()
                continue
            same = None if op is root or not self._looks else (number_of(op), inverse)
            cost = None if same is None else self._same.get(same)
            if cost is None and isinstance(op, Routine):
                missing = [
                    (step.op, step.adjoint != inverse)
                    for step in calls(op.body)
                    if (id(step.op), step.adjoint != inverse) not in self._known
                ]
                if missing:
                    stack.extend(missing)
                    continue
                cost = self._routine(op, inverse)
            elif cost is None:
                cost = self._leaf(op, inverse)
            self._known[(id(op), inverse)] = cost
            self._held.append(op)
            if same is not None:
                self._same[same] = cost
            stack.pop()
        return self._known[(id(root), adjoint)]

    def _leaf(self, op: Operation, inverse: bool) -> Cost:
        if isinstance(op, Folded):
            return op.backward if inverse else op.forward
        if not isinstance(op, Primitive):
            raise TypeError(f"{type(op).__name__} is neither a routine nor a primitive")
        price = self._price_of(op, inverse)
        lent = is_integer(price.borrowed) and price.borrowed == 0
        return Cost({"": price.gates}, price.work if lent else price.work + price.borrowed, price.work)

    def _routine(self, routine: Routine, inverse: bool) -> Cost:
        around: Scalar = 0
        for register in routine.registers:
            around = around + register.size
        tally = _Tally(routine.component if self._by_component else "", self._known, around)
        tally.run(routine.steps(inverse))
        return Cost(tally.by_component, tally.peak, tally.clean_peak)


class _Tally:
    """Gates, and live and peak work qubits, while the steps of one routine go by.

    `around`: the qubits that exist before the first step. `clean` and `clean_peak` leave out what is borrowed.
    """

    def __init__(self, component: str, known: Known, around: Scalar) -> None:
        self._component = component
        self._known = known
        self._around = around
        self.by_component: dict[str, Gates] = {}
        self.live: Scalar = 0
        self.peak: Scalar = 0
        self.clean: Scalar = 0
        self.clean_peak: Scalar = 0

    def run(self, steps: Iterable[Step]) -> None:
        """Go through the steps; calls beside each other are one group."""
        group: list[Call] = []
        for step in steps:
            if group and not (isinstance(step, Call) and step.beside):
                self._group(group)
                group = []
            if isinstance(step, Allocate):
                self._change(step.register.size, step.dirty)
                self._reach(0, 0)
            elif isinstance(step, Release):
                self._change(-step.size, step.dirty)
            elif isinstance(step, Call):
                group.append(step)
            elif isinstance(step, Loop):
                self._loop(step)
        if group:
            self._group(group)

    def _group(self, group: list[Call]) -> None:
        """Gates add up, work qubits too; the depth is that of the deepest call."""
        costs = [self._known[(id(call.op), call.adjoint)] for call in group]
        if len(group) == 1:
            self._alone(group[0], costs[0])
            return
        totals = [cost.gates.times(call.times) for cost, call in zip(costs, group, strict=True)]
        deepest = [_first_deepest([getattr(gates, name) for gates in totals]) for name in DEPTHS]
        work: Scalar = 0
        clean: Scalar = 0
        for i, (call, cost) in enumerate(zip(group, costs, strict=True)):
            hidden = {name: 0 for name, at in zip(DEPTHS, deepest, strict=True) if at != i}
            for label, gates in cost.by_component.items():
                self._add(label, replace(gates.times(call.times), **hidden))
            once = 1 if is_integer(call.times) else minimum(call.times, 1)
            work, clean = work + cost.work * once, clean + cost.clean * once
        if all(cost.work is cost.clean for cost in costs):
            clean = work
        else:
            work = maximum(clean, work - self._idle_beside(group))
        self._reach(work, clean)

    def _alone(self, call: Call, cost: Cost) -> None:
        """As `_group`, of one call."""
        times = call.times
        for label, gates in cost.by_component.items():
            self._add(label, gates if is_integer(times) and times == 1 else gates.times(times))
        once = 1 if is_integer(times) else minimum(times, 1)
        work = clean = cost.work * once
        if cost.work is not cost.clean:
            clean = cost.clean * once
            work = maximum(clean, work - self._idle_beside([call]))
        self._reach(work, clean)

    def _loop(self, loop: Loop) -> None:
        inner = _Tally(self._component, self._known, self._around + self.live)
        inner.run(loop.body)
        for label, gates in inner.by_component.items():
            self._add(label, gates.summed(loop.index, loop.count))
        work = largest_over(inner.peak, loop.index, loop.count)
        same = inner.peak is inner.clean_peak
        self._reach(work, work if same else largest_over(inner.clean_peak, loop.index, loop.count))

    def _idle_beside(self, group: list[Call]) -> Scalar:
        """The qubits that no call of the group touches."""
        idle = self._around + self.live
        for call in group:
            for wires in call.wires:
                for wire in wires:
                    idle = idle - wire.size
        return idle

    def _change(self, size: Scalar, dirty: bool) -> None:
        same = self.live is self.clean and not dirty
        self.live = self.live + size
        if not dirty:
            self.clean = self.live if same else self.clean + size

    def _reach(self, work: Scalar, clean: Scalar) -> None:
        """Raise the peaks to what stands now and these on top; one formula serves both while they are the same."""
        same = self.peak is self.clean_peak and self.live is self.clean and work is clean
        self.peak = maximum(self.peak, self.live + work)
        self.clean_peak = self.peak if same else maximum(self.clean_peak, self.clean + clean)

    def _add(self, label: str, gates: Gates) -> None:
        name = label or self._component
        known = self.by_component.get(name)
        self.by_component[name] = gates if known is None else known + gates


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
