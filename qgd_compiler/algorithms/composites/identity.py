"""The identity on a register: a circuit without gates, α = 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.composites.frame import Frame
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.scalars import Scalar, is_integer


@dataclass(frozen=True, eq=False)
class IdentityEncoder:
    """I of `size` rows on `system_bits` qubits."""

    size: Scalar
    system_bits: Scalar

    def encode(self, controlled: bool) -> Encoding:
        """Nothing happens, with or without a control."""
        return Frame("identity", [], controlled, system=self.system_bits, ancilla=0).encoding(1, 0)

    def realised(self) -> np.ndarray | None:
        """I, for a size that is a number."""
        return np.eye(int(self.size)) if is_integer(self.size) and self.size <= 4096 else None
