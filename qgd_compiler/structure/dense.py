"""`Dense`: explicit entries in an array."""

from __future__ import annotations

from typing import final

from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar
from qgd_compiler.structure.checks import Array, array
from qgd_compiler.structure.data_facts import data_facts
from qgd_compiler.structure.facts import Facts
from qgd_compiler.structure.matrix import Matrix


@final
@node
class Dense(Matrix):
    """Explicit entries, shape (rows, columns); kept as a read-only float64 or complex128 copy.

    Error: InputFileError for an empty array, a wrong number of dimensions, NaN or infinity (with its place).
    """

    entries: Array

    def _check(self) -> None:
        self._put("entries", array("the dense matrix", self.entries, 2))

    def _size(self) -> tuple[Scalar, Scalar]:
        rows, columns = self.entries.shape
        return int(rows), int(columns)

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        return data_facts(self.entries)

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        return self.entries
