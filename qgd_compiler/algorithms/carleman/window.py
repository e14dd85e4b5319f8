r"""The first-order lift as a circuit: one of the j copies is turned, by one use of one part.

A block (j, k) is Σ_i 1⊗…⊗(−ηF_l)⊗…⊗1 with l = k − j + 1, and for k = j the identity besides. The position i is drawn
uniformly from 1 … j, the part by the pair of levels alone; the copies from i on are swapped into a window, where
the part runs, and back. Empty copies go to the end, or come from there, as in the exact lift.
"""

from __future__ import annotations

from collections.abc import Sequence

from qgd_compiler.algorithms.carleman.couplings import Couplings, Part
from qgd_compiler.algorithms.carleman.registers import Marks, joined, swap_where
from qgd_compiler.algorithms.carleman.running import RunPart
from qgd_compiler.algorithms.carleman.small_state import Turn, chain_turns, run_turns, value_marks
from qgd_compiler.algorithms.composites.chain import marks_of
from qgd_compiler.algorithms.composites.marks import where_all
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.scalars import Scalar


class Window:
    """What the first-order lift needs beside the levels: a part, a position, and the window.

    Ancilla, in this order: the choice of the part, the position, the window.
    """

    def __init__(self, couplings: Couplings, copy_bits: Scalar) -> None:
        self._couplings = couplings
        self._order = couplings.step.order
        self._first = couplings.step.first
        self._copy_bits = copy_bits
        self._parts = couplings.parts
        self._width = max(1, *(part.inputs for part in self._parts))
        self._choices = len(self._parts) - 1

    @property
    def calls(self) -> int:
        """How many parts may run after each other."""
        return 1

    @property
    def ancilla(self) -> Scalar:
        """Qubits beside those of the parts."""
        return self._choices + self._order - 1 + self._width * self._copy_bits

    def write(
        self,
        builder: Builder,
        on: Marks,
        levels: tuple[Handle, Handle],
        copies: Sequence[Handle],
        ancilla: Handle,
        run: RunPart,
    ) -> None:
        """Turn the copies from the old into the new level, where `on` holds (levels counted from the first)."""
        chain = [ancilla.part(i, 1) for i in range(self._choices)]
        position = [ancilla.part(self._choices + i, 1) for i in range(self._order - 1)]
        at = self._choices + self._order - 1
        window = [ancilla.part(at + i * self._copy_bits, self._copy_bits) for i in range(self._width)]
        prepared = self._turns(levels, chain, position)
        run_turns(builder, prepared)
        for i, part in enumerate(self._parts):
            if part.index is not None and self._possible(part):
                self._part(builder, [*marks_of(chain, i), *on], part, position, copies, window, run)
        run_turns(builder, prepared, adjoint=True)

    def _turns(
        self, levels: tuple[Handle, Handle], chain: Sequence[Handle], position: Sequence[Handle]
    ) -> list[Turn]:
        old, new = levels
        found = []
        for j in range(self._first, self._order + 1):
            found += chain_turns(position, [1.0] * max(j, 1), value_marks(new, j - self._first))
            for k in range(self._first, self._order + 1):
                squares = [self._square(part, j, k) for part in self._parts]
                marks = [*value_marks(new, j - self._first), *value_marks(old, k - self._first)]
                found += chain_turns(chain, squares, marks)
        return found

    def _square(self, part: Part, j: int, k: int) -> float:
        if part.index is None:
            return 1.0 if j == k else 0.0
        return j * part.weight if j >= 1 and k == j - 1 + part.inputs else 0.0

    def _possible(self, part: Part) -> bool:
        """Whether some level feeds another through this part."""
        levels = range(self._first, self._order + 1)
        return any(self._square(part, j, k) > 0 for j in levels for k in levels)

    def _part(
        self,
        builder: Builder,
        marks: Marks,
        part: Part,
        position: Sequence[Handle],
        copies: Sequence[Handle],
        window: Sequence[Handle],
        run: RunPart,
    ) -> None:
        last = self._order - 1
        if part.inputs == 0:  # an empty copy from the end to the position
            for p in range(last, 0, -1):
                swap_where(builder, [*marks, *_not_after(position, p - 1)], [(copies[p], copies[p - 1])])
        self._exchange(builder, marks, part, position, copies, window)
        with where_all(builder, marks) as chosen:
            assert part.index is not None
            run(part.index, chosen, joined(window[: max(part.inputs, 1)]), 0)
        self._exchange(builder, marks, part, position, copies, window)
        for _ in range(part.inputs - 1):  # an empty copy from behind the position to the end
            for p in range(1, last):
                swap_where(builder, [*marks, *_not_after(position, p - 1)], [(copies[p], copies[p + 1])])

    def _exchange(
        self,
        builder: Builder,
        marks: Marks,
        part: Part,
        position: Sequence[Handle],
        copies: Sequence[Handle],
        window: Sequence[Handle],
    ) -> None:
        """Swap the copies at the position with the window."""
        width = max(part.inputs, 1)
        for p in range(self._order - width + 1):
            pairs = [(copies[p + i], window[i]) for i in range(width)]
            swap_where(builder, [*marks, *marks_of(position, p)], pairs)


def _not_after(position: Sequence[Handle], p: int) -> list[tuple[Handle, int]]:
    """Marks of a position (from 0) that is at most p."""
    return [(position[p], 0)] if p < len(position) else []
