"""`HistoryMatrix`: the linear system of a whole run."""

from __future__ import annotations

from typing import final

import numpy as np

from qgd_compiler.kinds import Source
from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar, maximum, sqrt
from qgd_compiler.structure.checks import Array, count, operands, square
from qgd_compiler.structure.facts import Fact, Facts, combine, is_plain
from qgd_compiler.structure.matrix import Matrix


@final
@node
class HistoryMatrix(Matrix):
    """L = I − S·(A on t < T, I on T <= t < T + p) with K = T + 1 + p block rows, S the nilpotent shift.

    Block (t+1, t) is −A for t < T and −I from there on. ‖L‖ <= 1 + ‖A‖ without padding; the padding has
    blocks of norm 1, so with it ‖L‖ <= 1 + max(‖A‖, 1) (1 + ‖A‖ is too small where ‖A‖ < 1). Sparsity,
    entries, 1-norms and Frobenius norm are exact where those of A are: the blocks do not overlap.
    Error: SpecError for T < 1, p < 0, A not square.
    """

    step: Matrix
    iterations: Scalar
    padding: Scalar = 0

    def _check(self) -> None:
        operands("HistoryMatrix", (self.step,), Matrix)
        square("the step of a history matrix", (self.step.rows, self.step.columns))
        self._put("iterations", count("iterations", self.iterations))
        self._put("padding", count("padding", self.padding, at_least=0))

    @property
    def block_rows(self) -> Scalar:
        """K = T + 1 + p."""
        return self.iterations + 1 + self.padding

    def _size(self) -> tuple[Scalar, Scalar]:
        side = self.block_rows * self.step.rows
        return side, side

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        (a,) = parts
        n, t, p = self.step.rows, self.iterations, self.padding
        padded = not (is_plain(p) and p == 0)
        # Whether there is padding is not known of a symbol: then the facts are bounds that hold either way.
        source = [] if is_plain(p) else [Fact(0, Source.BOUND)]

        def with_identity(fact: Fact | None, exact: bool) -> Fact | None:
            return combine(lambda v, *_: 1 + (maximum(v, 1) if padded else v), fact, *source, exact=exact)

        return Facts(
            norm=with_identity(a.norm, exact=False),
            row_sparsity=with_identity(a.row_sparsity, exact=True),
            column_sparsity=with_identity(a.column_sparsity, exact=True),
            max_entry=combine(lambda v: maximum(v, 1), a.max_entry, exact=True),
            row_one_norm=with_identity(a.row_one_norm, exact=True),
            column_one_norm=with_identity(a.column_one_norm, exact=True),
            frobenius=combine(lambda v: sqrt((self.block_rows + p) * n + t * v**2), a.frobenius, exact=True),
            hermitian=False,
            real=a.real,
        )

    def _has_data(self) -> bool:
        return is_plain(self.iterations, self.padding)

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        (a,) = parts
        k, t = int(self.block_rows), int(self.iterations)
        run = np.diag((np.arange(k - 1) < t).astype(float), -1)
        rest = np.diag((np.arange(k - 1) >= t).astype(float), -1)
        return np.eye(k * len(a)) - np.kron(run, a) - np.kron(rest, np.eye(len(a)))

    def _note(self) -> str:
        return f"T = {self.iterations}, p = {self.padding}"
