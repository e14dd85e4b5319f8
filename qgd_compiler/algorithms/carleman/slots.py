r"""The exact lift as a circuit: j slots in a row, each turning some of the copies into one.

A block (j, k) of the lift is the sum of G_{l₁}⊗…⊗G_{l_j} over l₁+…+l_j = k. Slot s draws its part
(`drawing.py`), so that the draws of all slots together have amplitude
√(Π a_l / B[j, k]); undone after the parts have run, they leave Σ ⊗G_l / B[j, k]. Slot s finds its inputs at copies
s, s+1, … : a part of l inputs leaves l−1 empty copies behind its result, which go to the end; one without inputs
(the gradient) takes an empty copy from the end. Drawing nothing is the identity.

Each part runs at most once per slot: at most N uses of each encoding per query.
"""

from __future__ import annotations

from collections.abc import Sequence

from qgd_compiler.algorithms.carleman.couplings import Couplings
from qgd_compiler.algorithms.carleman.drawing import Drawing, drawing_routine
from qgd_compiler.algorithms.carleman.registers import Marks, from_end, joined, swap_where, towards_end
from qgd_compiler.algorithms.carleman.running import RunPart
from qgd_compiler.algorithms.composites.chain import marks_of
from qgd_compiler.algorithms.composites.marks import where_all
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.scalars import Scalar


class Slots:
    """What the exact lift needs beside the levels: a choice per slot, and spare copies while it works.

    Ancilla, in this order: the choices of the slots, the count of copies left, spare copies.
    """

    def __init__(self, couplings: Couplings, copy_bits: Scalar) -> None:
        self._order = couplings.step.order
        self._copy_bits = copy_bits
        self._drawing = Drawing(couplings.step.first, couplings.step.order, couplings.parts)
        most = max(part.inputs for part in couplings.parts)
        # copies are taken from the end before later slots empty any: a zero part in as many slots as can be made up for
        self.spare = self._order - -(-self._order // most) if self._drawing.feeds and most > 1 else 0

    @property
    def calls(self) -> int:
        """How many parts may run after each other."""
        return self._order

    @property
    def ancilla(self) -> Scalar:
        """Qubits beside those of the parts."""
        own = self._order * self._drawing.choices + self._drawing.count_bits
        return own + self.spare * self._copy_bits

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
        at = self._order * self._drawing.choices
        drawn, left = ancilla.part(0, at), ancilla.part(at, self._drawing.count_bits)
        chains = self._drawing.chains(drawn)
        at += self._drawing.count_bits
        spare = [ancilla.part(at + i * self._copy_bits, self._copy_bits) for i in range(self.spare)]
        draw = drawing_routine(self._drawing)
        builder.call(draw, old, new, left, drawn)
        for s in range(self._order):
            self._slot(builder, on, s, chains[s], [*copies, *spare], run)
        builder.call(draw, old, new, left, drawn, adjoint=True)

    def _slot(
        self,
        builder: Builder,
        on: Marks,
        s: int,
        chain: Sequence[Handle],
        copies: Sequence[Handle],
        run: RunPart,
    ) -> None:
        for i, part in enumerate(self._drawing.parts):
            if part.index is None or not self._drawing.possible(s, part):
                continue
            marks = [*marks_of(chain, i), *on]
            if part.inputs == 0:
                swap_where(builder, marks, from_end(copies, s))
            inputs = joined(copies[s : s + max(part.inputs, 1)])
            with where_all(builder, marks) as chosen:
                run(part.index, chosen, inputs, s)
            for _ in range(part.inputs - 1):
                swap_where(builder, marks, towards_end(copies, s + 1))
