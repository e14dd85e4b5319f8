"""`Declared`: bounds without data, and the check that declared bounds make sense."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import final

import numpy as np

from qgd_compiler.errors import SpecError, UnsupportedError
from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar, is_integer
from qgd_compiler.structure.checks import Array, count, is_real, same
from qgd_compiler.structure.facts import LOWER_BOUNDS, NAMES, Fact, Facts, best_norm, combine, is_plain
from qgd_compiler.structure.matrix import Matrix

SPARSITIES = ("row_sparsity", "column_sparsity")


@final
@node
class Declared(Matrix):
    """A matrix of which only the shape and some bounds are known; fields as those of `Facts`.

    Error: SpecError for a negative or infinite bound, a sparsity over the size, λ_min > λ_max, eigenvalues of
    a matrix that is not declared Hermitian, a Hermitian matrix that is not square.
    """

    rows: Scalar = field()
    columns: Scalar = field()
    norm: Fact | None = None
    lambda_min: Fact | None = None
    lambda_max: Fact | None = None
    row_sparsity: Fact | None = None
    column_sparsity: Fact | None = None
    max_entry: Fact | None = None
    row_one_norm: Fact | None = None
    column_one_norm: Fact | None = None
    frobenius: Fact | None = None
    hermitian: bool = False
    real: bool = False

    def _check(self) -> None:
        self._put("rows", count("rows", self.rows))
        self._put("columns", count("columns", self.columns))
        check_facts(self._declared(), self.rows, self.columns)

    def _declared(self) -> Facts:
        bounds = {name: getattr(self, name) for name in NAMES}
        return Facts(**bounds, hermitian=self.hermitian, real=self.real)

    def _size(self) -> tuple[Scalar, Scalar]:
        return self.rows, self.columns

    def _has_data(self) -> bool:
        return False

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        return self._declared()

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        raise UnsupportedError(f"{self.label} has no entries, only bounds")

    def _note(self) -> str:
        return "bounds only"


def worst_of(facts: Sequence[Facts], rows: Scalar, columns: Scalar) -> Declared:
    """Several matrices side by side without overlap, of which these facts are known: the worst of each."""

    def worst(name: str) -> Fact | None:
        return combine(lambda *v: max(v), *(getattr(f, name) for f in facts), exact=True)

    return Declared(
        rows=rows,
        columns=columns,
        norm=combine(lambda *v: max(v), *(best_norm(f) for f in facts), exact=True),
        row_sparsity=worst("row_sparsity"),
        column_sparsity=worst("column_sparsity"),
        max_entry=worst("max_entry"),
        row_one_norm=worst("row_one_norm"),
        column_one_norm=worst("column_one_norm"),
        frobenius=combine(
            lambda *v: float(np.sqrt(sum(x * x for x in v))), *(f.frobenius for f in facts), exact=True
        ),
        hermitian=all(f.hermitian for f in facts),
        real=all(f.real for f in facts),
    )


def check_facts(facts: Facts, rows: Scalar, columns: Scalar) -> None:
    """Raise SpecError unless the declared `facts` are possible for a matrix of that shape."""
    for name in NAMES:
        fact = getattr(facts, name)
        if fact is None:
            continue
        if not isinstance(fact, Fact):
            raise SpecError(f"{name} is {fact!r}; a bound is a Fact(value, source)")
        _check_value(name, fact.value)
    for name, limit in zip(SPARSITIES, (columns, rows), strict=True):
        fact = getattr(facts, name)
        if fact is not None and is_plain(fact.value, limit) and fact.value > limit:
            raise SpecError(f"{name} is {fact.value}, but there are only {limit} places")
    low, high = facts.lambda_min, facts.lambda_max
    if facts.hermitian and not same(rows, columns):
        raise SpecError(f"a {rows} x {columns} matrix cannot be Hermitian")
    if (low or high) and not facts.hermitian:
        raise SpecError("lambda_min and lambda_max need a Hermitian matrix", remedy="declare it Hermitian")
    if low and high and is_plain(low.value, high.value) and low.value > high.value:
        raise SpecError(f"lambda_min is {low.value}, above lambda_max, {high.value}")


def _check_value(name: str, value: Scalar) -> None:
    if not is_plain(value):
        return
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise SpecError(f"{name} is {value!r}; it must be a real number")
    if not is_integer(value) and not np.isfinite(value):
        raise SpecError(f"{name} is {value}; it must be finite")
    if not is_real(value) or (name not in (*LOWER_BOUNDS, "lambda_max") and value < 0):
        raise SpecError(f"{name} is {value}; it must not be negative")
    if name in SPARSITIES and value != int(value):
        raise SpecError(f"{name} is {value}; it counts entries, so it must be an integer")
