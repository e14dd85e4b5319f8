"""`Scaled`: a number times a matrix."""

from __future__ import annotations

from typing import final

import numpy as np

from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar
from qgd_compiler.structure.checks import Array, operands, scalar
from qgd_compiler.structure.facts import Facts, is_plain
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.rules import scaled


@final
@node
class Scaled(Matrix):
    """factor · term. The factor is an int, a float, a complex, a symbol (taken to be real) or an array.

    Facts: exact where those of the term are. Error: SpecError for a factor that is not a finite number.
    """

    factor: Scalar
    term: Matrix

    def _check(self) -> None:
        self._put("factor", scalar("the factor", self.factor))
        operands("Scaled", (self.term,), Matrix)

    def _size(self) -> tuple[Scalar, Scalar]:
        return self.term.rows, self.term.columns

    def _has_data(self) -> bool:
        return is_plain(self.factor)

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        return scaled(parts[0], self.factor)

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        return np.asarray(self.factor * parts[0])

    def _note(self) -> str:
        return f"factor {self.factor}"
