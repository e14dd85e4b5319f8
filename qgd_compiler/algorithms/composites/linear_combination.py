r"""Σ c_i A_i by a linear combination of unitaries, α = Σ|c_i|α_i.

The selection is a chain of rotations with exact angles (`chain.py`): k >= 2 terms take k−1 qubits and 2(2k−3)
rotations, and their coefficients carry no rounding.
Source: Childs, Wiebe, arXiv:1202.5822; ε from `algorithms/compose.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.compose import sum_epsilon
from qgd_compiler.algorithms.composites.chain import marks_of, prepare_chain
from qgd_compiler.algorithms.composites.frame import Frame
from qgd_compiler.algorithms.composites.marks import where_all
from qgd_compiler.algorithms.encoding import Encoder, Encoding, all_realised
from qgd_compiler.program.primitives import Gate
from qgd_compiler.scalars import Scalar, is_symbolic, maximum


@dataclass(frozen=True, eq=False)
class SumEncoder:
    """Σ c_i A_i with real c_i, on a system of `system_bits` qubits; None as a part is the identity."""

    coefficients: tuple[Scalar, ...]
    parts: tuple[Encoder | None, ...]
    system_bits: Scalar

    def encode(self, controlled: bool) -> Encoding:
        """Where the control is off nothing is selected and the preparation undoes itself."""
        parts = [None if p is None else p.encode(True) for p in self.parts]
        real = [p for p in parts if p is not None]
        weights = [
            abs(c) * (1 if p is None else p.alpha) for c, p in zip(self.coefficients, parts, strict=True)
        ]
        choices = len(parts) - 1
        shared = maximum(0, *(p.ancilla for p in real))
        frame = Frame("sum", real, controlled, system=self.system_bits, ancilla=choices + shared)
        chain = [frame.ancilla.part(i, 1) for i in range(choices)]
        inner = frame.ancilla.part(choices, shared)
        prepare_chain(frame.builder, chain, weights, adjoint=False)
        for i, (c, p) in enumerate(zip(self.coefficients, parts, strict=True)):
            negative = not is_symbolic(c) and c < 0
            if p is None and not negative:
                continue
            with where_all(
                frame.builder, [*marks_of(chain, i), *([(frame.control, 1)] if controlled else [])]
            ) as on:
                if negative:
                    frame.builder.call(Gate(kind="Z"), on)
                if p is not None:
                    frame.run(p, on, frame.system, inner)
        prepare_chain(frame.builder, chain, weights, adjoint=True)
        return frame.encoding(
            sum(weights), sum_epsilon(self.coefficients, [0 if p is None else p.epsilon for p in parts])
        )

    def realised(self) -> np.ndarray | None:
        """The sum of what the parts realise; None also for a sum of identities, whose size is not known."""
        blocks = all_realised([p for p in self.parts if p is not None])
        if not blocks:
            return None
        rest = iter(blocks)
        terms = [np.eye(*blocks[0].shape) if p is None else next(rest) for p in self.parts]
        return np.asarray(sum(c * term for c, term in zip(self.coefficients, terms, strict=True)))
