"""`LowRank`: F diag(w) F† from a thin factor."""

from __future__ import annotations

from typing import final

import numpy as np

from qgd_compiler.errors import SpecError
from qgd_compiler.kinds import Source
from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar
from qgd_compiler.structure.checks import Array, array
from qgd_compiler.structure.data_facts import SPECTRUM_LIMIT, data_facts, exact
from qgd_compiler.structure.facts import Fact, Facts
from qgd_compiler.structure.matrix import Matrix


@final
@node
class LowRank(Matrix):
    """F diag(w) F†, with factor F (n, r) and weights w (r,); Hermitian where the weights are real.

    Facts: exact up to n = 512; beyond, eigenvalues and Frobenius norm are exact for real weights and r <= 512
    (from the r x r matrix R diag(w) R†, F = QR), and entries and 1-norms are bounded by Cauchy–Schwarz.
    Error: SpecError unless r weights are given for r columns; InputFileError for NaN, infinity, no entries.
    """

    factor: Array
    weights: Array

    def _check(self) -> None:
        self._put("factor", array("the factor", self.factor, 2))
        self._put("weights", array("the weights", self.weights, 1))
        if self.factor.shape[1] != self.weights.shape[0]:
            raise SpecError(
                f"the factor has {self.factor.shape[1]} columns, "
                f"but there are {self.weights.shape[0]} weights"
            )

    def _size(self) -> tuple[Scalar, Scalar]:
        side = int(self.factor.shape[0])
        return side, side

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        n, rank = self.factor.shape
        hermitian = not np.iscomplexobj(self.weights)
        if n <= SPECTRUM_LIMIT:
            return data_facts(self._dense(()), hermitian or None)
        size, weight = np.abs(self.factor), np.abs(self.weights)
        row_sum = Fact(float((size @ (weight * size.sum(axis=0))).max()), Source.BOUND)
        filled = Fact(int(np.count_nonzero(size.any(axis=1))), Source.BOUND)
        norm, low, high, frobenius = None, None, None, None
        if hermitian and rank <= SPECTRUM_LIMIT:
            core: Array = np.asarray(np.linalg.qr(self.factor, mode="r"))
            values = np.linalg.eigvalsh(core * self.weights @ core.conj().T)
            null = [0.0] if rank < n else []
            norm = exact(np.abs(values).max())
            low, high = exact(min([*null, values[0]])), exact(max([*null, values[-1]]))
            frobenius = exact(np.linalg.norm(values))
        else:
            norm = Fact(float(weight @ (size**2).sum(axis=0)), Source.BOUND)
        return Facts(
            norm=norm,
            lambda_min=low,
            lambda_max=high,
            row_sparsity=filled,
            column_sparsity=filled,
            max_entry=Fact(float((size**2 @ weight).max()), Source.BOUND),
            row_one_norm=row_sum,
            column_one_norm=row_sum,
            frobenius=frobenius,
            hermitian=hermitian,
            real=hermitian and not np.iscomplexobj(self.factor),
        )

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        product = (self.factor * self.weights) @ self.factor.conj().T
        return product if np.iscomplexobj(self.weights) else (product + product.conj().T) / 2

    def _note(self) -> str:
        return f"rank at most {self.weights.size}"
