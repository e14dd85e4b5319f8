r"""The draws of the exact lift: which part each slot takes, under the pair of levels.

Slot s draws a part of l inputs with amplitude √(a_l B[j−s, v−l] / B[j−s+1, v]), j the new level, v the copies that are
left. Written once per set of weights: a plan asks for it again and again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.carleman.couplings import Part
from qgd_compiler.algorithms.carleman.small_state import Turn, chain_turns, run_turns, value_marks
from qgd_compiler.algorithms.composites.chain import marks_of
from qgd_compiler.algorithms.composites.marks import where_all
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Gate, Increment
from qgd_compiler.scalars import ceil_log2


@dataclass(frozen=True)
class Drawing:
    """The draws for levels `first` … `order` from these parts, the identity first."""

    first: int
    order: int
    parts: tuple[Part, ...]

    @property
    def choices(self) -> int:
        """Qubits of the choice of one slot."""
        return len(self.parts) - 1

    @property
    def feeds(self) -> bool:
        """Whether some part makes a copy out of nothing."""
        return any(part.inputs == 0 for part in self.parts)

    @property
    def level_bits(self) -> int:
        """Qubits of the number of a level."""
        return int(ceil_log2(self.order + 1 - self.first))

    @property
    def count_bits(self) -> int:
        """Qubits of the count of copies left, plus the slots that are done."""
        return int(ceil_log2((2 * self.order if self.feeds else self.order) + 1))

    @cached_property
    def products(self) -> NDArray[np.float64]:
        """[v, j]: the sum of products of j parts that take v copies together."""
        series = np.zeros(self.order + 1)
        for part in self.parts:
            if part.inputs <= self.order:
                series[part.inputs] += part.weight
        found = np.zeros((self.order + 1, self.order + 1))
        found[0, 0] = 1
        for j in range(1, self.order + 1):
            for inputs, weight in enumerate(series):
                found[inputs:, j] += weight * found[: self.order + 1 - inputs, j - 1]
        return found

    def square(self, part: Part, j: int, v: int) -> float:
        """The weight of all products of j parts from v copies that begin with this part."""
        rest = v - part.inputs
        return part.weight * float(self.products[rest, j - 1]) if rest >= 0 else 0.0

    @cached_property
    def states(self) -> list[list[tuple[int, int]]]:
        """For each slot (from 0) the pairs of new level and copies left at which something is drawn there."""
        levels = range(self.first, self.order + 1)
        now = {(j, v) for j in levels for v in levels if self.products[v, j] > 0}
        found = []
        for s in range(self.order):
            now = {(j, v) for j, v in now if j > s}
            found.append(sorted(now))
            now = {
                (j, v - part.inputs) for j, v in now for part in self.parts if self.square(part, j - s, v) > 0
            }
        return found

    def possible(self, s: int, part: Part) -> bool:
        """Whether slot s (from 0) can draw this part."""
        return any(self.square(part, j - s, v) > 0 for j, v in self.states[s])

    def chains(self, drawn: Handle) -> list[list[Handle]]:
        """The choices of each slot."""
        return [[drawn.part(s * self.choices + i, 1) for i in range(self.choices)] for s in range(self.order)]


@lru_cache(maxsize=64)
def drawing_routine(drawing: Drawing) -> Routine:
    """|old, new>|0>|0> to the draws. Registers: `old`, `new`, `left` (the count), `drawn`."""
    builder = Builder("draws of the slots", "hessian")
    old, new = builder.register("old", drawing.level_bits), builder.register("new", drawing.level_bits)
    left = builder.register("left", drawing.count_bits)
    chains = drawing.chains(builder.register("drawn", drawing.order * drawing.choices))
    # `left` holds v + s in slot s: it changes only for parts of l ≠ 1
    builder.call(Gate(kind="CNOT", bits=old.size), old, left.part(left.size - old.size, old.size))
    for _ in range(drawing.first):  # from the number of a level to the level
        builder.call(Increment(bits=left.size), left)
    for s in range(drawing.order):
        run_turns(builder, _turns(drawing, s, new, left, chains[s]))
        if s < drawing.order - 1:
            _count(builder, drawing, s, chains[s], left)
    return builder.routine()


def _turns(drawing: Drawing, s: int, new: Handle, left: Handle, chain: Sequence[Handle]) -> list[Turn]:
    found = []
    for j, v in drawing.states[s]:
        squares = [drawing.square(part, j - s, v) for part in drawing.parts]
        marks = [*value_marks(new, j - drawing.first), *value_marks(left, v + s)]
        found += chain_turns(chain, squares, marks)
    return found


def _count(builder: Builder, drawing: Drawing, s: int, chain: Sequence[Handle], left: Handle) -> None:
    for i, part in enumerate(drawing.parts):
        times = abs(part.inputs - 1)
        if times and drawing.possible(s, part):
            with where_all(builder, marks_of(chain, i)) as on:
                for _ in range(times):
                    increment = Increment(bits=left.size, controlled=True)
                    builder.call(increment, on, left, adjoint=part.inputs > 1)
