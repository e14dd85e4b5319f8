"""`Gram`: J†J, of least squares and Gauss–Newton."""

from __future__ import annotations

from dataclasses import replace
from typing import final

import numpy as np

from qgd_compiler.kinds import Source
from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar, minimum
from qgd_compiler.structure.checks import Array, operands
from qgd_compiler.structure.data_facts import SPECTRUM_LIMIT, data_facts, exact
from qgd_compiler.structure.dense import Dense
from qgd_compiler.structure.facts import Fact, Facts, at_most, combine, is_plain
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.sparse import Sparse


@final
@node
class Gram(Matrix):
    """J†J for a factor J of any shape: Hermitian and positive semidefinite, size J.columns.

    Facts: ‖J†J‖ = ‖J‖² = λ_max exactly; λ_min >= 0. From explicit J of at most 512 rows and columns all facts
    are exact (λ_min to 1e-16 ‖J‖²). Otherwise row sparsity <= s_r s_c,
    1-norm <= ‖J‖₁‖J‖_∞, Frobenius <= ‖J‖‖J‖_F.
    """

    factor: Matrix

    def _check(self) -> None:
        operands("Gram", (self.factor,), Matrix)

    def _size(self) -> tuple[Scalar, Scalar]:
        return self.factor.columns, self.factor.columns

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        rows, columns = self.factor.rows, self.factor.columns
        wide = is_plain(rows, columns) and rows < columns
        if isinstance(self.factor, Sparse | Dense) and max(rows, columns) <= SPECTRUM_LIMIT:
            facts = data_facts(self._dense((self.factor.matrix(),)), hermitian=True)
            assert facts.lambda_min is not None
            smallest = 0 if wide else max(facts.lambda_min.value, 0)
            return replace(facts, lambda_min=exact(smallest))
        (j,) = parts
        norm = combine(lambda v: v * v, j.norm, exact=True)
        one_norm = combine(lambda r, c: r * c, j.row_one_norm, j.column_one_norm)
        sparsity = combine(lambda r, c: r * c, j.row_sparsity, j.column_sparsity)
        return Facts(
            norm=norm,
            lambda_min=exact(0) if wide else _smallest(j),
            lambda_max=norm,
            row_sparsity=sparsity,
            column_sparsity=sparsity,
            max_entry=at_most(
                combine(lambda s, top: s * top**2, j.column_sparsity, j.max_entry),
                combine(lambda c, top: c * top, j.column_one_norm, j.max_entry),
            ),
            row_one_norm=one_norm,
            column_one_norm=one_norm,
            frobenius=combine(lambda v, f: v * f, j.norm, j.frobenius),
            hermitian=True,
            real=j.real,
        )

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        product: Array = parts[0].conj().T @ parts[0]
        return np.asarray((product + product.conj().T) / 2)


def _smallest(j: Facts) -> Fact:
    """λ_min of J†J: the square of the smallest |λ| of a Hermitian J whose spectrum keeps off 0, else 0."""
    low, high = j.lambda_min, j.lambda_max
    if j.hermitian and low and high and is_plain(low.value, high.value) and low.value * high.value > 0:
        square = combine(lambda a, b: minimum(a * a, b * b), low, high, exact=True)
        assert square is not None
        return square
    return Fact(0, Source.BOUND)
