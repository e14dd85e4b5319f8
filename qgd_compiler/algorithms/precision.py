"""The fewest bits per word that meet an error, from the data where there is data, else from the bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from qgd_compiler.algorithms import amplitude_tree, fixed_point, frobenius, sparse_access
from qgd_compiler.errors import InfeasibleError

EXACT_NORM_UP_TO = 600  # rows: a dense singular value decomposition stays well below a second
MOST_BITS = 50  # float64 data says nothing beyond


def spectral_norm_bound(error: np.ndarray) -> float:
    """‖E‖: exact for small matrices, else the smaller of √(‖E‖_1‖E‖_∞) and ‖E‖_F (bound)."""
    if min(error.shape) <= EXACT_NORM_UP_TO:
        return float(np.linalg.norm(error, 2))
    magnitude = np.abs(error)
    schur = float(np.sqrt(magnitude.sum(axis=0).max() * magnitude.sum(axis=1).max()))
    return min(schur, float(np.linalg.norm(error)))


@dataclass
class Precision:
    """Remembers the measured error of each word length, for one Hessian and one gradient."""

    hessian: np.ndarray | None
    gradient: np.ndarray | None
    _errors: dict[tuple[str, int], float] = field(default_factory=dict)

    def sparse_bits(self, sparsity: int, max_entry: float, epsilon: float) -> tuple[int, float, bool]:
        """Value bits for sparse access, the error that results, and whether it was measured on the data."""
        start = int(sparse_access.value_bits_for(sparsity, max_entry, epsilon))
        if self.hessian is None:
            return self._checked(start, float(sparse_access.epsilon_bound(sparsity, max_entry, start)), False)
        matrix = self.hessian
        return self._fewest(
            "sparse", start, 1, epsilon, lambda b: matrix - fixed_point.rounded(matrix, max_entry, b)
        )

    def frobenius_bits(self, rows: int, norm: float, epsilon: float) -> tuple[int, float, bool]:
        """Angle bits for the norm tree, the error that results, and whether it was measured on the data."""
        start = int(frobenius.angle_bits_for(rows, norm, epsilon))
        if self.hessian is None:
            return self._checked(start, float(frobenius.epsilon_bound(rows, norm, start)), False)
        matrix = self.hessian
        return self._fewest("frobenius", start, 2, epsilon, lambda b: matrix - frobenius.block(matrix, b))

    def gradient_bits(self, entries: int, epsilon: float) -> tuple[int, float, bool]:
        """Angle bits for the right-hand side, the 2-norm error that results, and whether it was measured."""
        start = int(amplitude_tree.angle_bits_for(entries, epsilon))
        if self.gradient is None:
            return self._checked(start, float(amplitude_tree.error_bound(entries, start)), False)
        unit = self.gradient / np.linalg.norm(self.gradient)
        return self._fewest(
            "gradient", start, 2, epsilon, lambda b: (unit - amplitude_tree.realised(unit, b))[:, None]
        )

    def _fewest(
        self, name: str, start: int, least: int, epsilon: float, error_at: Callable[[int], np.ndarray]
    ) -> tuple[int, float, bool]:
        bits = start
        self._checked(bits, 0.0, True)
        while bits > least and self._error(name, bits - 1, error_at) <= epsilon:
            bits -= 1
        while self._error(name, bits, error_at) > epsilon:
            bits += 1
            self._checked(bits, 0.0, True)
        return bits, self._error(name, bits, error_at), True

    def _error(self, name: str, bits: int, error_at: Callable[[int], np.ndarray]) -> float:
        key = (name, bits)
        if key not in self._errors:
            self._errors[key] = spectral_norm_bound(error_at(bits))
        return self._errors[key]

    @staticmethod
    def _checked(bits: int, error: float, measured: bool) -> tuple[int, float, bool]:
        if bits > MOST_BITS:
            raise InfeasibleError(
                f"the error budget asks for {bits} bits per word, more than float64 data carries ({MOST_BITS})",
                at="target.epsilon",
                remedy="a larger target.epsilon, fewer iterations, or damping",
            )
        return bits, error, measured
