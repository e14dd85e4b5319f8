"""`Kronecker`: a tensor product, such as the factors of KFAC."""

from __future__ import annotations

import math
from functools import reduce
from typing import final

import numpy as np

from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar, maximum, minimum
from qgd_compiler.structure.checks import Array, operands
from qgd_compiler.structure.facts import Fact, Facts, combine
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.rules import COUNTS, SIZES


@final
@node
class Kronecker(Matrix):
    """factor ⊗ factor ⊗ …, the first is the most significant.

    Facts: products of the factors', exact where theirs are; the extreme eigenvalues are among the products of
    the factors' extremes, whatever the signs. Error: SpecError for no factors.
    """

    factors: tuple[Matrix, ...]

    def _check(self) -> None:
        self._put("factors", operands("Kronecker", self.factors, Matrix))

    def _size(self) -> tuple[Scalar, Scalar]:
        return math.prod(f.rows for f in self.factors), math.prod(f.columns for f in self.factors)

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        hermitian = all(f.hermitian for f in parts)
        products = {
            name: combine(lambda *v: math.prod(v), *(getattr(f, name) for f in parts), exact=True)
            for name in (*SIZES, *COUNTS)
        }
        low, high = _interval(parts) if hermitian else (None, None)
        return Facts(
            **products,
            lambda_min=low,
            lambda_max=high,
            hermitian=hermitian,
            real=all(f.real for f in parts),
        )

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        return reduce(np.kron, parts)


def _interval(parts: tuple[Facts, ...]) -> tuple[Fact | None, Fact | None]:
    low, high = parts[0].lambda_min, parts[0].lambda_max
    for facts in parts[1:]:
        ends = (low, high, facts.lambda_min, facts.lambda_max)
        low = combine(lambda a, b, c, d: minimum(a * c, a * d, b * c, b * d), *ends, exact=True)
        high = combine(lambda a, b, c, d: maximum(a * c, a * d, b * c, b * d), *ends, exact=True)
    return low, high
