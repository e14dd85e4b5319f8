r"""J†J from an encoding of J: U_J, a reflection about its zero ancilla, U_J†.

The reflection alone gives U_J†(2|0><0| − 1)U_J = 2J†J/α_J² − 1 with α exactly 1; averaged with the identity by
a |+> qubit it gives J†J with α = α_J².
Source: the identity above, with Gilyén et al., arXiv:1806.01838, section 3; ε from `algorithms/compose.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.compose import product_epsilon
from qgd_compiler.algorithms.composites.frame import Frame
from qgd_compiler.algorithms.composites.marks import where_all
from qgd_compiler.algorithms.encoding import Encoder, Encoding
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.primitives import Conjunction, Gate, junk_of_conjunction
from qgd_compiler.scalars import is_integer


@dataclass(frozen=True, eq=False)
class GramEncoder:
    """J†J with α = α_J²; or, `centred`, 2J†J/α_J² − 1 with α = 1."""

    factor: Encoder
    centred: bool = False

    def encode(self, controlled: bool) -> Encoding:
        """Where the control is off nothing is run.

        To control the reflection alone would do for ancilla |0>; but in a sum the ancilla may hold what another
        term has left, and there J's lookups would read beyond their tables.
        """
        j = self.factor.encode(controlled)
        own = 0 if self.centred else 1
        name = "centred Gram" if self.centred else "Gram"
        frame = Frame(name, [j], controlled, system=j.system, ancilla=j.ancilla + own)
        plus, inner = frame.ancilla.part(0, own), frame.ancilla.part(own, j.ancilla)
        marks = [
            (qubit, 1) for qubit in ([] if self.centred else [plus]) + ([frame.control] if controlled else [])
        ]
        if not self.centred:
            frame.builder.call(Gate(kind="H"), plus)
        frame.run(j, frame.control, frame.system, inner)
        _reflect_about_zero(frame.builder, inner, marks)
        frame.run(j, frame.control, frame.system, inner, adjoint=True)
        if not self.centred:
            frame.builder.call(Gate(kind="H"), plus)
        square = product_epsilon((j.alpha, j.alpha), (j.epsilon, j.epsilon))
        if self.centred:
            return frame.encoding(1, 2 * square / j.alpha**2)
        return frame.encoding(j.alpha**2, square)

    def realised(self) -> np.ndarray | None:
        """The same of what the factor realises."""
        j = self.factor.realised()
        if j is None:
            return None
        square = np.asarray(j.conj().T @ j)
        if not self.centred:
            return square
        alpha = float(self.factor.encode(False).alpha)
        return np.asarray(2 * square / alpha**2 - np.eye(len(square)))


def _reflect_about_zero(builder: Builder, x: Handle, marks: Sequence[tuple[Handle, int]]) -> None:
    """2|0><0| − 1 on `x` where all marks hold; the identity elsewhere, and on no qubits."""
    if is_integer(x.size) and x.size == 0:
        return
    zero = Conjunction(bits=x.size)
    junk = builder.allocate("partial", junk_of_conjunction(x.size))
    flag = builder.allocate("zero", 1)
    builder.call(zero, x, junk, flag)
    builder.call(Gate(kind="X"), flag)
    if marks:
        with where_all(builder, marks) as on:
            builder.call(Gate(kind="CZ"), on, flag)
    else:
        builder.call(Gate(kind="Z"), flag)
    builder.call(Gate(kind="X"), flag)
    builder.call(zero, x, junk, flag, adjoint=True)
    builder.release(junk, flag)
