"""The encoder of the linear system of a whole run, from the encoder of its Hessian."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.encoding import Encoder, Encoding
from qgd_compiler.algorithms.history import any_history_encoding, history_encoding, rows
from qgd_compiler.scalars import Scalar


@dataclass(frozen=True, eq=False)
class HistoryEncoder:
    """I − S⊗I + S·[t<T]⊗ηH for `iterations` T steps of rate η, and `padding` copies of the last state."""

    hessian: Encoder
    learning_rate: Scalar
    iterations: Scalar
    padding: Scalar = 0

    def encode(self, controlled: bool) -> Encoding:
        """The encoding of `algorithms/history.py`."""
        inner = self.hessian.encode(True)
        return history_encoding(inner, self.learning_rate, self.iterations, self.padding, idle=controlled)

    def realised(self) -> np.ndarray | None:
        """The same of what the Hessian's encoder realises."""
        h = self.hessian.realised()
        if h is None:
            return None
        blocks, n = int(rows(self.iterations, self.padding)), len(h)
        found = np.eye(blocks * n, dtype=h.dtype)
        for t in range(1, blocks):
            step = np.eye(n) - (float(self.learning_rate) * h if t <= self.iterations else 0)
            found[t * n : (t + 1) * n, (t - 1) * n : t * n] = -step
        return found


@dataclass(frozen=True, eq=False)
class AnyHistoryEncoder:
    """I − S·(A on t < T, I on T <= t < T + p) for any square A, such as a lifted step."""

    step: Encoder
    iterations: Scalar
    padding: Scalar = 0

    def encode(self, controlled: bool) -> Encoding:
        """The encoding of `algorithms/history.py`."""
        return any_history_encoding(self.step.encode(True), self.iterations, self.padding, idle=controlled)

    def realised(self) -> np.ndarray | None:
        """The same of what the encoder of the step realises."""
        a = self.step.realised()
        if a is None:
            return None
        blocks, n = int(rows(self.iterations, self.padding)), len(a)
        found = np.eye(blocks * n, dtype=a.dtype)
        for t in range(1, blocks):
            found[t * n : (t + 1) * n, (t - 1) * n : t * n] = -(a if t <= self.iterations else np.eye(n))
        return found
