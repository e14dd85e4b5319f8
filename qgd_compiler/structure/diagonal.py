"""`Diagonal`: entries on the diagonal, given or only bounded."""

from __future__ import annotations

from typing import final

import numpy as np

from qgd_compiler.errors import SpecError
from qgd_compiler.kinds import Source
from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar, maximum, sqrt
from qgd_compiler.structure.checks import Array, array, count
from qgd_compiler.structure.data_facts import exact
from qgd_compiler.structure.declared import check_facts
from qgd_compiler.structure.facts import Fact, Facts, combine
from qgd_compiler.structure.matrix import Matrix


@final
@node
class Diagonal(Matrix):
    """A diagonal matrix: either explicit `values` (n,), or a `size` with bounds on real entries.

    The bounds are those of the entries, so of the eigenvalues. Facts of explicit values are exact at any
    size. Error: SpecError unless exactly one of the two forms is given; InputFileError for bad values.
    """

    values: Array | None = None
    size: Scalar | None = None
    lambda_min: Fact | None = None
    lambda_max: Fact | None = None

    def _check(self) -> None:
        if self.values is None:
            if self.size is None:
                raise SpecError("a diagonal needs its values, or a size with bounds on them")
            self._put("size", count("size of the diagonal", self.size))
            check_facts(self._bounds(), self.size, self.size)
        else:
            if not (self.size is None and self.lambda_min is None and self.lambda_max is None):
                raise SpecError(
                    "a diagonal with values takes no size and no bounds: they follow from the values"
                )
            self._put("values", array("the diagonal", self.values, 1))

    def _bounds(self) -> Facts:
        return Facts(lambda_min=self.lambda_min, lambda_max=self.lambda_max, hermitian=True, real=True)

    def _size(self) -> tuple[Scalar, Scalar]:
        side = self.size if self.values is None else int(self.values.size)
        return side, side

    def _has_data(self) -> bool:
        return self.values is not None

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        if self.values is None:
            one = Fact(1, Source.BOUND)
            norm = combine(lambda a, b: maximum(abs(a), abs(b)), self.lambda_min, self.lambda_max, exact=True)
            frobenius = combine(lambda v: sqrt(self.size) * v, norm)
            low, high = self.lambda_min, self.lambda_max
            real = True
        else:
            one = exact(int(np.any(self.values != 0)))
            norm = exact(np.abs(self.values).max())
            frobenius = exact(np.linalg.norm(self.values))
            real = not np.iscomplexobj(self.values)
            low = exact(self.values.min()) if real else None
            high = exact(self.values.max()) if real else None
        return Facts(
            norm=norm,
            lambda_min=low,
            lambda_max=high,
            row_sparsity=one,
            column_sparsity=one,
            max_entry=norm,
            row_one_norm=norm,
            column_one_norm=norm,
            frobenius=frobenius,
            hermitian=real,
            real=real,
        )

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        assert self.values is not None
        return np.diag(self.values)

    def _note(self) -> str:
        return "values given" if self.values is not None else "bounds only"
