"""`Sum`: a sum of matrices, so also damping and weight decay, H + μI."""

from __future__ import annotations

from typing import final

from qgd_compiler.errors import SpecError
from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar
from qgd_compiler.structure.checks import Array, operands, same
from qgd_compiler.structure.facts import Facts
from qgd_compiler.structure.identity import Identity, identity_facts
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.rules import added, scaled, shifted
from qgd_compiler.structure.scaled import Scaled


@final
@node
class Sum(Matrix):
    """term + term + … of equal shape.

    Facts: multiples of the identity move the eigenvalues exactly; otherwise Weyl and the triangle inequality.
    Error: SpecError for no terms, or terms of different shapes (both are named).
    """

    terms: tuple[Matrix, ...]

    def _check(self) -> None:
        self._put("terms", operands("Sum", self.terms, Matrix))
        first = self.terms[0]
        for i, term in enumerate(self.terms):
            if not (same(term.rows, first.rows) and same(term.columns, first.columns)):
                raise SpecError(
                    f"term {i} of a sum is {term.rows} x {term.columns}, "
                    f"but term 0 is {first.rows} x {first.columns}"
                )

    def _size(self) -> tuple[Scalar, Scalar]:
        return self.terms[0].rows, self.terms[0].columns

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        shift: Scalar = 0
        others: list[Facts] = []
        for term, facts in zip(self.terms, parts, strict=True):
            multiple = identity_multiple(term)
            if multiple is None:
                others.append(facts)
            else:
                shift = shift + multiple
        if not others:
            return scaled(identity_facts(self.rows), shift)
        return shifted(added(others), shift, self.rows)

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        return sum(parts[1:], start=parts[0])


def identity_multiple(term: Matrix) -> Scalar | None:
    """The number c where `term` is written as c times the identity, else None."""
    factor: Scalar = 1
    while isinstance(term, Scaled):
        factor = factor * term.factor
        term = term.term
    return factor if isinstance(term, Identity) else None
