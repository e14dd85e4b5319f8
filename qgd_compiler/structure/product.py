"""`Product` and `Adjoint`."""

from __future__ import annotations

from functools import reduce
from typing import final

import numpy as np

from qgd_compiler.errors import SpecError
from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar
from qgd_compiler.structure.checks import Array, operands, same
from qgd_compiler.structure.facts import Fact, Facts, at_most, combine, is_plain
from qgd_compiler.structure.matrix import Matrix


@final
@node
class Product(Matrix):
    """factor · factor · …, the last acts first.

    Facts: submultiplicative norms; a row of AB has at most s_A s_B non-zeros, an entry at most ‖A‖_∞ max|B|.
    A product that reads the same backwards (AHA†, H^k) is Hermitian; H^k has the powers of the eigenvalues.
    Error: SpecError for no factors, or inner sizes that differ (both are named).
    """

    factors: tuple[Matrix, ...]

    def _check(self) -> None:
        self._put("factors", operands("Product", self.factors, Matrix))
        for i, (left, right) in enumerate(zip(self.factors, self.factors[1:], strict=False)):
            if not same(left.columns, right.rows):
                raise SpecError(
                    f"factor {i} of a product has {left.columns} columns, "
                    f"but factor {i + 1} has {right.rows} rows"
                )

    def _size(self) -> tuple[Scalar, Scalar]:
        return self.factors[0].rows, self.factors[-1].columns

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        if len(parts) == 1:
            return parts[0]
        hermitian = all(
            _adjoint_of(a, b, facts.hermitian)
            for a, b, facts in zip(self.factors, reversed(self.factors), parts, strict=True)
        )
        low, high = None, None
        if hermitian and all(f == self.factors[0] for f in self.factors):
            low, high = _power_interval(parts[0], len(parts))
        combined = reduce(_pair, parts)
        return Facts(
            norm=combined.norm,
            lambda_min=low,
            lambda_max=high,
            row_sparsity=combined.row_sparsity,
            column_sparsity=combined.column_sparsity,
            max_entry=combined.max_entry,
            row_one_norm=combined.row_one_norm,
            column_one_norm=combined.column_one_norm,
            frobenius=combined.frobenius,
            hermitian=hermitian,
            real=combined.real,
        )

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        return reduce(np.matmul, parts)


@final
@node
class Adjoint(Matrix):
    """The conjugate transpose of `term`. Facts: those of the term, rows and columns exchanged."""

    term: Matrix

    def _check(self) -> None:
        operands("Adjoint", (self.term,), Matrix)

    def _size(self) -> tuple[Scalar, Scalar]:
        return self.term.columns, self.term.rows

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        (facts,) = parts
        return Facts(
            norm=facts.norm,
            lambda_min=facts.lambda_min,
            lambda_max=facts.lambda_max,
            row_sparsity=facts.column_sparsity,
            column_sparsity=facts.row_sparsity,
            max_entry=facts.max_entry,
            row_one_norm=facts.column_one_norm,
            column_one_norm=facts.row_one_norm,
            frobenius=facts.frobenius,
            hermitian=facts.hermitian,
            real=facts.real,
        )

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        return parts[0].conj().T


def _times(*facts: Fact | None) -> Fact | None:
    return combine(lambda a, b: a * b, *facts)


def _pair(left: Facts, right: Facts) -> Facts:
    return Facts(
        norm=_times(left.norm, right.norm),
        row_sparsity=_times(left.row_sparsity, right.row_sparsity),
        column_sparsity=_times(left.column_sparsity, right.column_sparsity),
        max_entry=at_most(
            _times(left.row_one_norm, right.max_entry), _times(left.max_entry, right.column_one_norm)
        ),
        row_one_norm=_times(left.row_one_norm, right.row_one_norm),
        column_one_norm=_times(left.column_one_norm, right.column_one_norm),
        frobenius=at_most(_times(left.frobenius, right.norm), _times(left.norm, right.frobenius)),
        real=left.real and right.real,
    )


def _adjoint_of(left: Matrix, right: Matrix, left_is_hermitian: bool) -> bool:
    """Whether `right` is written as the adjoint of `left`."""
    if left == right:
        return left_is_hermitian
    return (isinstance(right, Adjoint) and right.term == left) or (
        isinstance(left, Adjoint) and left.term == right
    )


def _power_interval(facts: Facts, exponent: int) -> tuple[Fact | None, Fact | None]:
    """Bounds on λ^k for λ between the bounds of `facts`; unknown for symbols and arrays."""
    low, high = facts.lambda_min, facts.lambda_max
    if low is None or high is None or not is_plain(low.value, high.value):
        return None, None
    crosses = exponent % 2 == 0 and low.value <= 0 <= high.value
    smallest = combine(
        lambda a, b: 0 if crosses else min(a**exponent, b**exponent), low, high, exact=not crosses
    )
    return smallest, combine(lambda a, b: max(a**exponent, b**exponent), low, high, exact=True)
