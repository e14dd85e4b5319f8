"""`BlockDiagonal`."""

from __future__ import annotations

from typing import final

from scipy.linalg import block_diag

from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar, maximum, minimum, sqrt
from qgd_compiler.structure.checks import Array, operands
from qgd_compiler.structure.facts import UPPER_BOUNDS, Facts, combine
from qgd_compiler.structure.matrix import Matrix


@final
@node
class BlockDiagonal(Matrix):
    """Blocks along the diagonal, of any shapes; zero elsewhere.

    Facts: the largest of the blocks' (the smallest for λ_min), Frobenius norms add in squares; exact
    where those of all blocks are. Error: SpecError for no blocks.
    """

    blocks: tuple[Matrix, ...]

    def _check(self) -> None:
        self._put("blocks", operands("BlockDiagonal", self.blocks, Matrix))

    def _size(self) -> tuple[Scalar, Scalar]:
        return sum(b.rows for b in self.blocks), sum(b.columns for b in self.blocks)

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        hermitian = all(f.hermitian for f in parts)
        bounds = {
            name: combine(maximum, *(getattr(f, name) for f in parts), exact=True)
            for name in UPPER_BOUNDS
            if name != "frobenius" and (hermitian or name != "lambda_max")
        }
        low = combine(minimum, *(f.lambda_min for f in parts), exact=True) if hermitian else None
        return Facts(
            **bounds,
            lambda_min=low,
            frobenius=combine(
                lambda *v: sqrt(sum(x * x for x in v)), *(f.frobenius for f in parts), exact=True
            ),
            hermitian=hermitian,
            real=all(f.real for f in parts),
        )

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        result: Array = block_diag(*parts)
        return result
