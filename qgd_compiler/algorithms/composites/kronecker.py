"""A ⊗ B ⊗ …: the parts side by side, α the product. Source: by definition; ε as for a product."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np

from qgd_compiler.algorithms.compose import product_epsilon
from qgd_compiler.algorithms.composites.frame import Frame
from qgd_compiler.algorithms.encoding import Encoder, Encoding, all_realised
from qgd_compiler.scalars import Scalar


@dataclass(frozen=True, eq=False)
class KroneckerEncoder:
    """A ⊗ B ⊗ …"""

    parts: tuple[Encoder, ...]

    def encode(self, controlled: bool) -> Encoding:
        """System: the registers of the parts in order; a part keeps the padding of its own register."""
        parts = [p.encode(controlled) for p in self.parts]
        frame = Frame(
            "Kronecker product",
            parts,
            controlled,
            system=sum(p.system for p in parts),
            ancilla=sum(p.ancilla for p in parts),
        )
        at: Scalar = 0
        free: Scalar = 0
        alpha: Scalar = 1
        for p in parts:
            frame.run(p, frame.control, frame.system.part(at, p.system), frame.ancilla.part(free, p.ancilla))
            at, free, alpha = at + p.system, free + p.ancilla, alpha * p.alpha
        return frame.encoding(alpha, product_epsilon([p.alpha for p in parts], [p.epsilon for p in parts]))

    def realised(self) -> np.ndarray | None:
        """The Kronecker product of what the parts realise."""
        blocks = all_realised(self.parts)
        return None if blocks is None else reduce(np.kron, blocks)
