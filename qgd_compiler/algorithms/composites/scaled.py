"""c A for a real number c: α = |c| α_A; a negative sign is a phase of −1 on a qubit that is 1.

Source: by definition. The phase costs no T gate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.composites.frame import Frame
from qgd_compiler.algorithms.composites.marks import where_all
from qgd_compiler.algorithms.encoding import Encoder, Encoding
from qgd_compiler.program.primitives import Gate
from qgd_compiler.scalars import Scalar, is_symbolic


@dataclass(frozen=True, eq=False)
class ScaledEncoder:
    """c A; a symbolic c is taken to be positive."""

    factor: Scalar
    part: Encoder

    def encode(self, controlled: bool) -> Encoding:
        """The part, and for c < 0 a Z on the control or on a fresh qubit that is 1."""
        p = self.part.encode(controlled)
        frame = Frame("multiple", [p], controlled, system=p.system, ancilla=p.ancilla)
        frame.run(p, frame.control, frame.system, frame.ancilla)
        if not is_symbolic(self.factor) and self.factor < 0:
            with where_all(frame.builder, [(frame.control, 1)] if controlled else []) as on:
                frame.builder.call(Gate(kind="Z"), on)
        return frame.encoding(abs(self.factor) * p.alpha, abs(self.factor) * p.epsilon)

    def realised(self) -> np.ndarray | None:
        """c times what the part realises."""
        block = self.part.realised()
        return None if block is None else self.factor * block
