r"""Branch and bound over lines of the menu, their free numbers, and splits of the error among four shares.

A cell is a line with a free number and a box [l, h] of shares; a split in it has l <= s <= h and Σ s = 1. No share
costs less when it is made smaller, so what the line costs at the corner h (`Shares` that add up to more than 1) is a
lower bound on all splits of the cell. The cell with the lowest bound is halved, in logarithms, along the share whose
halving raised the bound most so far, and the corners are cut by Σ s = 1: h_i <= 1 − Σ_{j≠i} l_j. The search ends when
no bound is below 99 % of the best plan.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from qgd_compiler.algorithms.plan import Candidate, Plan, Shares

SMALLEST = 2.0**-20  # a share
CLOSE = 0.99  # of the best plan: what a bound has to reach
MOST = 400  # plans, after which the search stops with the gap that is left
STARTS = (Shares.uniform(), Shares(0.7, 0.2, 0.05, 0.05), Shares(0.4, 0.5, 0.05, 0.05))

Corner = tuple[float, float, float, float]
Price = Callable[[Candidate, int, Shares], Plan | None]  # None: not feasible
Value = Callable[[Plan], int]


@dataclass(frozen=True)
class Root:
    """A line at one free number, with its bound over all splits."""

    bound: int
    candidate: Candidate
    knob: int


@dataclass(frozen=True)
class Found:
    """What a search has found.

    best    the cheapest plan; None: no cell holds one
    worked  the cheapest plan of every line that was looked into
    floor   a lower bound on every plan of the menu, in units of the value of the best
    """

    best: Plan | None
    worked: dict[Candidate, Plan]
    floor: float


class Search:
    """One search; `add` cells and `run`, as often as there is more to look at."""

    def __init__(self, price: Price, value: Value, most: int = MOST) -> None:
        self._price, self._value, self._left = price, value, most
        self._queue: list[tuple[int, int, Root, Corner, Corner]] = []
        self._serial = itertools.count()
        self._seen: set[tuple[Candidate, int]] = set()
        self._slopes: dict[tuple[Candidate, int], float] = {}
        self.best: Plan | None = None
        self.worked: dict[Candidate, Plan] = {}

    def add(self, roots: Iterable[Root]) -> None:
        """Put lines in."""
        for root in roots:
            self._push(root.bound, root, (SMALLEST,) * 4, (1.0,) * 4)

    def run(self) -> Found:
        """Until no cell can hold a plan that is better by more than one per cent."""
        while self._queue and self._left > 0:
            bound, _, root, low, high = self._queue[0]
            if self.best is not None and bound >= CLOSE * self._value(self.best):
                break
            heapq.heappop(self._queue)
            if (root.candidate, root.knob) not in self._seen:
                self._seen.add((root.candidate, root.knob))
                self._start(root)
            self._halve(root, low, high, bound)
        for bound, _, root, _, _ in self._queue:
            # what the search had no time for is tried once, so that nothing listed is cheaper than the best
            if (root.candidate, root.knob) not in self._seen and (
                self.best is None or bound < self._value(self.best)
            ):
                self._seen.add((root.candidate, root.knob))
                self._offer(root, STARTS[0])
        floor = self._queue[0][0] if self._queue else math.inf
        if self.best is None:
            return Found(None, self.worked, 1.0)
        return Found(self.best, self.worked, min(1.0, floor / self._value(self.best)))

    def _start(self, root: Root) -> None:
        """A few splits of a line that is looked into for the first time, and steps down from the best of them."""
        own: Plan | None = None
        for shares in STARTS:
            plan = self._offer(root, shares)
            if plan is not None and (own is None or self._value(plan) < self._value(own)):
                own = plan
        if own is None:
            return
        if self.best is not None and self._value(own) > 1.5 * self._value(self.best):
            return
        for factor in (4.0, 2.0, 1.3):
            improved = True
            while improved:
                improved = False
                for shares in _around(own.shares, factor):
                    plan = self._offer(root, shares)
                    if plan is not None and self._value(plan) < self._value(own):
                        own, improved = plan, True

    def _halve(self, root: Root, low: Corner, high: Corner, bound: int) -> None:
        axis = self._axis(root, low, high, bound)
        if axis is None:
            return
        middle = math.sqrt(low[axis] * high[axis])
        for lower, upper in ((low, _with(high, axis, middle)), (_with(low, axis, middle), high)):
            cut = _cut(lower, upper)
            if cut is None:
                continue
            lower, upper = cut
            found: int | None = bound
            if upper != high:
                found = self._bound(root, upper)
            if found is None:
                continue
            if upper[axis] < high[axis]:
                self._learn(root, axis, found / max(bound, 1), high[axis] / upper[axis])
            if self.best is not None and found >= CLOSE * self._value(self.best):
                continue
            if sum(upper) <= 1:
                # the corner itself is a split that leaves something over
                self._offer(root, Shares.from_weights(upper))
                continue
            self._offer(root, _inside(lower, upper))
            self._push(max(found, bound), root, lower, upper)

    def _axis(self, root: Root, low: Corner, high: Corner, bound: int) -> int | None:
        """The share whose halving is expected to raise the bound most, by what halving it did before for this line."""
        wide = [axis for axis in range(4) if high[axis] > 1.02 * low[axis]]
        if not wide:
            return None
        for axis in wide:
            if (root.candidate, axis) not in self._slopes:
                found = self._bound(root, _with(high, axis, high[axis] / 4))
                self._learn(root, axis, math.inf if found is None else found / max(bound, 1), 4.0)
        return max(
            wide,
            key=lambda axis: self._slopes[(root.candidate, axis)] * math.log(high[axis] / low[axis]),
        )

    def _learn(self, root: Root, axis: int, ratio: float, factor: float) -> None:
        """By how much, per e-fold of a share, the bound was raised."""
        if factor <= 1:
            return
        slope = min(max(ratio - 1, 1e-6) / math.log(factor), 10.0)
        before = self._slopes.get((root.candidate, axis), slope)
        self._slopes[(root.candidate, axis)] = (before + slope) / 2

    def _bound(self, root: Root, corner: Corner) -> int | None:
        self._left -= 1
        plan = self._price(root.candidate, root.knob, Shares(*corner))
        return None if plan is None else self._value(plan)

    def _offer(self, root: Root, shares: Shares) -> Plan | None:
        self._left -= 1
        plan = self._price(root.candidate, root.knob, shares)
        if plan is None:
            return None
        key = (self._value(plan), plan.qubits)
        before = self.worked.get(root.candidate)
        if before is None or key < (self._value(before), before.qubits):
            self.worked[root.candidate] = plan
        if self.best is None or key < (self._value(self.best), self.best.qubits):
            self.best = plan
        return plan

    def _push(self, bound: int, root: Root, low: Corner, high: Corner) -> None:
        heapq.heappush(self._queue, (bound, next(self._serial), root, low, high))


def _with(corner: Corner, axis: int, value: float) -> Corner:
    changed = list(corner)
    changed[axis] = value
    return (changed[0], changed[1], changed[2], changed[3])


def _cut(low: Corner, high: Corner) -> tuple[Corner, Corner] | None:
    """The box without what Σ s = 1 rules out; None if nothing is left."""
    total = sum(low)
    if total > 1 or sum(high) < 1 - 1e-12:
        # a corner below the simplex is a cell whose splits all add up to less: its corner stands for them
        return (low, high) if total <= 1 else None
    cut = tuple(min(h, 1 - (total - x)) for x, h in zip(low, high, strict=True))
    return low, (cut[0], cut[1], cut[2], cut[3])


def _inside(low: Corner, high: Corner) -> Shares:
    """A split in the box: on the line from the low corner to the high one, where the sum is 1."""
    first, last = sum(low), sum(high)
    at = (1 - first) / (last - first)
    return Shares(*(x + at * (h - x) for x, h in zip(low, high, strict=True)))


def _around(shares: Shares, factor: float) -> Iterator[Shares]:
    weights = (shares.solver, shares.encoding, shares.right_hand_side, shares.synthesis)
    for axis, by in itertools.product(range(4), (factor, 1 / factor)):
        yield Shares.from_weights([w * (by if i == axis else 1.0) for i, w in enumerate(weights)])
