"""`Identity`."""

from __future__ import annotations

from typing import final

import numpy as np

from qgd_compiler.kinds import Source
from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar, sqrt
from qgd_compiler.structure.checks import Array, count
from qgd_compiler.structure.facts import Fact, Facts, combine
from qgd_compiler.structure.matrix import Matrix


def identity_facts(size: Scalar) -> Facts:
    """The facts of the identity of the given size, all exact."""
    one = Fact(1, Source.EXACT)
    return Facts(
        norm=one,
        lambda_min=one,
        lambda_max=one,
        row_sparsity=one,
        column_sparsity=one,
        max_entry=one,
        row_one_norm=one,
        column_one_norm=one,
        frobenius=combine(sqrt, Fact(size, Source.EXACT), exact=True),
        hermitian=True,
        real=True,
    )


@final
@node
class Identity(Matrix):
    """The identity matrix; `size` is a number, a symbol or an array. Error: SpecError for a size below 1."""

    size: Scalar

    def _check(self) -> None:
        self._put("size", count("size of the identity", self.size))

    def _size(self) -> tuple[Scalar, Scalar]:
        return self.size, self.size

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        return identity_facts(self.size)

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        return np.eye(self.size)
