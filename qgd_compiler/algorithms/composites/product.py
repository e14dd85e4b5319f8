"""A B …: one encoding after the other, each with its own ancilla, α the product.

Source: Gilyén et al., arXiv:1806.01838, lemma 53; ε from `algorithms/compose.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np

from qgd_compiler.algorithms.compose import product_epsilon
from qgd_compiler.algorithms.composites.frame import Frame
from qgd_compiler.algorithms.encoding import Encoder, Encoding, all_realised
from qgd_compiler.scalars import Scalar, maximum


@dataclass(frozen=True, eq=False)
class ProductEncoder:
    """A B …; the last part acts first."""

    parts: tuple[Encoder, ...]

    def encode(self, controlled: bool) -> Encoding:
        """System: that of the largest part."""
        parts = [p.encode(controlled) for p in self.parts]
        frame = Frame(
            "product",
            parts,
            controlled,
            system=maximum(*(p.system for p in parts)),
            ancilla=sum(p.ancilla for p in parts),
        )
        free: Scalar = frame.ancilla.size
        alpha: Scalar = 1
        for p in reversed(parts):
            free, alpha = free - p.ancilla, alpha * p.alpha
            frame.run(p, frame.control, frame.system, frame.ancilla.part(free, p.ancilla))
        return frame.encoding(alpha, product_epsilon([p.alpha for p in parts], [p.epsilon for p in parts]))

    def realised(self) -> np.ndarray | None:
        """The product of what the parts realise."""
        blocks = all_realised(self.parts)
        return None if blocks is None else reduce(np.matmul, blocks)
