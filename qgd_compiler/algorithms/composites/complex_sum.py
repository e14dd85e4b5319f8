r"""R + iM from encodings of the real matrices R and M, α = α_R + α_M: the phase i is an S on the selecting qubit.

Each part has its own ancilla: what one leaves behind in its failing branch, the other must not meet, for an encoding
that is off need be the identity on |0> alone.
Source: Childs, Wiebe, arXiv:1202.5822 (linear combination of unitaries); ε the sum of both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.composites.chain import marks_of, prepare_chain
from qgd_compiler.algorithms.composites.frame import Frame
from qgd_compiler.algorithms.composites.marks import where_all
from qgd_compiler.algorithms.encoding import Encoder, Encoding, all_realised
from qgd_compiler.program.primitives import Gate
from qgd_compiler.scalars import maximum


@dataclass(frozen=True, eq=False)
class ComplexEncoder:
    """R + iM; without a real part, iM."""

    real: Encoder | None
    imaginary: Encoder

    def encode(self, controlled: bool) -> Encoding:
        """System: that of the larger part."""
        if self.real is None:
            return self._only_imaginary(controlled)
        parts = [self.real.encode(True), self.imaginary.encode(True)]
        weights = [p.alpha for p in parts]
        side = maximum(*(p.system for p in parts))
        frame = Frame(
            "complex sum", parts, controlled, system=side, ancilla=1 + parts[0].ancilla + parts[1].ancilla
        )
        chain = [frame.ancilla.part(0, 1)]
        own = [
            frame.ancilla.part(1, parts[0].ancilla),
            frame.ancilla.part(1 + parts[0].ancilla, parts[1].ancilla),
        ]
        prepare_chain(frame.builder, chain, weights, adjoint=False)
        for i, (p, inner) in enumerate(zip(parts, own, strict=True)):
            marks = [*marks_of(chain, i), *([(frame.control, 1)] if controlled else [])]
            with where_all(frame.builder, marks) as on:
                if i:
                    frame.builder.call(Gate(kind="S"), on)
                frame.run(p, on, frame.system, inner)
        prepare_chain(frame.builder, chain, weights, adjoint=True)
        return frame.encoding(sum(weights), sum(p.epsilon for p in parts))

    def _only_imaginary(self, controlled: bool) -> Encoding:
        p = self.imaginary.encode(controlled)
        frame = Frame("imaginary multiple", [p], controlled, system=p.system, ancilla=p.ancilla)
        frame.run(p, frame.control, frame.system, frame.ancilla)
        with where_all(frame.builder, [(frame.control, 1)] if controlled else []) as on:
            frame.builder.call(Gate(kind="S"), on)
        return frame.encoding(p.alpha, p.epsilon)

    def realised(self) -> np.ndarray | None:
        """The same of what the parts realise."""
        blocks = all_realised([p for p in (self.real, self.imaginary) if p is not None])
        if blocks is None:
            return None
        return np.asarray((blocks[0] if len(blocks) == 2 else 0) + 1j * blocks[-1])
