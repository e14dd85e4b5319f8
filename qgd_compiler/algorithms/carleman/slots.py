r"""The exact lift as a circuit: j slots in a row, each turning some of the copies into one.

A block (j, k) of the lift is the sum of G_{l₁}⊗…⊗G_{l_j} over l₁+…+l_j = k. Slot s draws its part with amplitude
√(a_l B[j−s, v−l] / B[j−s+1, v]), v the copies that are left, so the draws of all slots together have amplitude
√(Π a_l / B[j, k]); undone after the parts have run, they leave Σ ⊗G_l / B[j, k]. Slot s finds its inputs at copies
s, s+1, … : a part of l inputs leaves l−1 empty copies behind its result, which go to the end; one without inputs
(the gradient) takes an empty copy from the end. Drawing nothing is the identity.

Each part runs at most once per slot: at most N uses of each encoding per query.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from qgd_compiler.algorithms.carleman.couplings import Couplings, Part
from qgd_compiler.algorithms.carleman.registers import Marks, from_end, joined, swap_where, towards_end
from qgd_compiler.algorithms.carleman.running import RunPart
from qgd_compiler.algorithms.carleman.small_state import Turn, chain_turns, run_turns, value_marks
from qgd_compiler.algorithms.composites.chain import marks_of
from qgd_compiler.algorithms.composites.marks import where_all
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.primitives import Gate, Increment
from qgd_compiler.scalars import Scalar, ceil_log2


class Slots:
    """What the exact lift needs beside the levels: a choice per slot, and spare copies while it works.

    Ancilla, in this order: the choices of the slots, the count of copies left, spare copies.
    """

    def __init__(self, couplings: Couplings, copy_bits: Scalar) -> None:
        self._couplings = couplings
        self._order = couplings.step.order
        self._first = couplings.step.first
        self._copy_bits = copy_bits
        self._parts = couplings.parts
        most = max(part.inputs for part in self._parts)
        feeds = any(part.inputs == 0 for part in self._parts)
        # copies are taken from the end before later slots empty any: a zero part in as many slots as can be made up for
        self.spare = self._order - -(-self._order // most) if feeds and most > 1 else 0
        self._count_bits = ceil_log2(2 * self._order + 1) if feeds else ceil_log2(self._order + 1)
        self._choices = len(self._parts) - 1

    @property
    def calls(self) -> int:
        """How many parts may run after each other."""
        return self._order

    @property
    def ancilla(self) -> Scalar:
        """Qubits beside those of the parts."""
        return self._order * self._choices + self._count_bits + self.spare * self._copy_bits

    def write(
        self,
        builder: Builder,
        on: Marks,
        levels: tuple[Handle, Handle],
        copies: Sequence[Handle],
        ancilla: Handle,
        run: RunPart,
    ) -> None:
        """Turn the copies from the old into the new level, where `on` holds.

        levels  registers with the old and the new level, counted from the first that is carried
        """
        old, new = levels
        chains = [
            [ancilla.part(s * self._choices + i, 1) for i in range(self._choices)] for s in range(self._order)
        ]
        at = self._order * self._choices
        left = ancilla.part(at, self._count_bits)
        at += self._count_bits
        spare = [ancilla.part(at + i * self._copy_bits, self._copy_bits) for i in range(self.spare)]
        self._draw(builder, old, new, left, chains)
        for s in range(self._order):
            self._slot(builder, on, s, chains[s], [*copies, *spare], run)
        self._draw(builder, old, new, left, chains, adjoint=True)

    def _draw(
        self,
        builder: Builder,
        old: Handle,
        new: Handle,
        left: Handle,
        chains: Sequence[Sequence[Handle]],
        adjoint: bool = False,
    ) -> None:
        """The choices of all slots. `left` holds v + s in slot s (from 0): it changes only for parts of l ≠ 1."""
        low = left.part(left.size - old.size, old.size)
        shift = [Increment(bits=left.size)] * self._first  # from the number of a level to the level
        if not adjoint:
            builder.call(Gate(kind="CNOT", bits=old.size), old, low)
            for step in shift:
                builder.call(step, left)
        for s in range(self._order - 1, -1, -1) if adjoint else range(self._order):
            prepared = self._turns(s, new, left, chains[s])
            if adjoint:
                self._count(builder, s, chains[s], left, adjoint=True)
                run_turns(builder, prepared, adjoint=True)
            else:
                run_turns(builder, prepared)
                self._count(builder, s, chains[s], left)
        if adjoint:
            for step in shift:
                builder.call(step, left, adjoint=True)
            builder.call(Gate(kind="CNOT", bits=old.size), old, low)

    def _turns(self, s: int, new: Handle, left: Handle, chain: Sequence[Handle]) -> list[Turn]:
        found = []
        for j, v in self._states[s]:
            squares = [self._square(part, j - s, v) for part in self._parts]
            marks = [*value_marks(new, j - self._first), *value_marks(left, v + s)]
            found += chain_turns(chain, squares, marks)
        return found

    def _square(self, part: Part, j: int, v: int) -> float:
        """The weight of all products of j parts from v copies that begin with this part."""
        rest = v - part.inputs
        return part.weight * float(self._couplings.products[rest, j - 1]) if rest >= 0 else 0.0

    @cached_property
    def _states(self) -> list[list[tuple[int, int]]]:
        """For each slot (from 0) the pairs of new level and copies left at which something is drawn there."""
        levels = self._couplings.step.levels
        now = {(j, v) for j in levels for v in levels if self._couplings.products[v, j] > 0}
        found = []
        for s in range(self._order):
            now = {(j, v) for j, v in now if j > s}
            found.append(sorted(now))
            now = {
                (j, v - part.inputs)
                for j, v in now
                for part in self._parts
                if self._square(part, j - s, v) > 0
            }
        return found

    def _possible(self, s: int, part: Part) -> bool:
        """Whether slot s (from 0) can draw this part."""
        return any(self._square(part, j - s, v) > 0 for j, v in self._states[s])

    def _count(
        self, builder: Builder, s: int, chain: Sequence[Handle], left: Handle, adjoint: bool = False
    ) -> None:
        if s == self._order - 1:
            return
        for i, part in enumerate(self._parts):
            times = abs(part.inputs - 1)
            if times and self._possible(s, part):
                with where_all(builder, marks_of(chain, i)) as on:
                    for _ in range(times):
                        increment = Increment(bits=left.size, controlled=True)
                        builder.call(increment, on, left, adjoint=adjoint != (part.inputs > 1))

    def _slot(
        self,
        builder: Builder,
        on: Marks,
        s: int,
        chain: Sequence[Handle],
        copies: Sequence[Handle],
        run: RunPart,
    ) -> None:
        for i, part in enumerate(self._parts):
            if part.index is None or not self._possible(s, part):
                continue
            marks = [*marks_of(chain, i), *on]
            if part.inputs == 0:
                swap_where(builder, marks, from_end(copies, s))
            inputs = joined(copies[s : s + max(part.inputs, 1)])
            with where_all(builder, marks) as chosen:
                run(part.index, chosen, inputs, s)
            for _ in range(part.inputs - 1):
                swap_where(builder, marks, towards_end(copies, s + 1))
