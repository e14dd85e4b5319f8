"""`Step`: one step of gradient descent on a quadratic model."""

from __future__ import annotations

from typing import final

import numpy as np

from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar
from qgd_compiler.structure.checks import Array, operands, real_scalar, square
from qgd_compiler.structure.facts import Facts, is_plain
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.rules import scaled, shifted


@final
@node
class Step(Matrix):
    """I − ηH. Eigenvalues 1 − ηλ (exact); so ‖I − ηH‖ = max|1 − ηλ| for Hermitian H.

    Error: SpecError where H is not square or η not a finite real number.
    """

    hessian: Matrix
    learning_rate: Scalar

    def _check(self) -> None:
        operands("Step", (self.hessian,), Matrix)
        square("the Hessian of a step", (self.hessian.rows, self.hessian.columns))
        self._put("learning_rate", real_scalar("the learning rate", self.learning_rate))

    def _size(self) -> tuple[Scalar, Scalar]:
        return self.hessian.rows, self.hessian.columns

    def _has_data(self) -> bool:
        return is_plain(self.learning_rate)

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        return shifted(scaled(parts[0], -self.learning_rate), 1, self.rows)

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        return np.asarray(np.eye(len(parts[0])) - self.learning_rate * parts[0])

    def _note(self) -> str:
        return f"I − ηH, η = {self.learning_rate}"
