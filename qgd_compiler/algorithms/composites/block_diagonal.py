"""Blocks on the diagonal under a block number, α = max α_k: a rotation shrinks the blocks of smaller α.

A block stands on the low qubits of the place register, which is as long as the largest block needs. So row i of
block k is basis state k·2^side + i, whatever the sizes of the others (`menu/layout.py`). The gaps between
them never mix with rows: a block acts the same under each value of the qubits above its own.
Source: by definition (a multiplexed call); the shrinking rotation has cos(θ/2) = α_k/α.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.composites.frame import Frame
from qgd_compiler.algorithms.composites.marks import where_all
from qgd_compiler.algorithms.encoding import Encoder, Encoding, all_realised
from qgd_compiler.program.primitives import Rotation
from qgd_compiler.scalars import ceil_log2, is_symbolic, less, maximum


@dataclass(frozen=True, eq=False)
class BlockDiagonalEncoder:
    """diag(A_0, A_1, …) of blocks of any sizes."""

    parts: tuple[Encoder, ...]

    def encode(self, controlled: bool) -> Encoding:
        """System: block number, then the place within the block."""
        parts = [p.encode(True) for p in self.parts]
        index_bits, side = ceil_log2(len(parts)), maximum(*(p.system for p in parts))
        alpha = maximum(*(p.alpha for p in parts))
        shared = maximum(*(p.ancilla for p in parts))
        frame = Frame("block diagonal", parts, controlled, system=index_bits + side, ancilla=1 + shared)
        shrink, inner = frame.ancilla.part(0, 1), frame.ancilla.part(1, shared)
        place = frame.system.part(index_bits, side)
        for k, p in enumerate(parts):
            marks = [(frame.system.part(b, 1), (k >> (index_bits - 1 - b)) & 1) for b in range(index_bits)]
            marks += [(frame.control, 1)] if controlled else []
            with where_all(frame.builder, marks) as on:
                angle = None
                if not is_symbolic(alpha):
                    angle = 2 * math.acos(min(1.0, p.alpha / alpha)) if alpha else 0.0
                shrinking = Rotation(axis="Y", angle=angle, controlled=True)
                frame.builder.call(shrinking, on, shrink, times=less(p.alpha, alpha))
                frame.run(p, on, place, inner)
        return frame.encoding(alpha, maximum(*(p.epsilon for p in parts)))

    def realised(self) -> np.ndarray | None:
        """The blocks that the parts realise, on the diagonal, without the gaps."""
        from scipy.linalg import block_diag

        blocks = all_realised(self.parts)
        return None if blocks is None else np.asarray(block_diag(*blocks))
