"""`Bounded`: a matrix with sharper facts than its structure gives, such as measured eigenvalues."""

from __future__ import annotations

from dataclasses import replace
from typing import final

import numpy as np

from qgd_compiler.errors import SpecError
from qgd_compiler.kinds import Source
from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar
from qgd_compiler.structure.checks import Array, operands
from qgd_compiler.structure.data_facts import SPECTRUM_LIMIT, data_facts
from qgd_compiler.structure.declared import check_facts
from qgd_compiler.structure.dense import Dense
from qgd_compiler.structure.facts import (
    LOWER_BOUNDS,
    NAMES,
    UPPER_BOUNDS,
    Fact,
    Facts,
    at_least,
    at_most,
    is_plain,
)
from qgd_compiler.structure.hermitian import require_hermitian
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.sparse import Sparse
from qgd_compiler.structure.witness import witnessed

TOLERANCE = 1e-9  # relative: what a bound may lie inside a value computed in float64


@final
@node
class Bounded(Matrix):
    """The matrix `term`, of which more is known: every given bound replaces a weaker one of the term.

    `hermitian` and `real` add the property (False adds nothing).
    Error: SpecError where a bound contradicts the data, naming both numbers: an exact fact of the term, or
    for explicit data a value that some vector attains (found by 30 Lanczos steps, so not every contradiction
    is found above 512 rows). InputFileError, naming the worst entry, where data declared Hermitian is not.
    """

    term: Matrix
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
        operands("Bounded", (self.term,), Matrix)
        known = self.term.facts()
        given = self._given()
        hermitian = self.hermitian or known.hermitian
        check_facts(replace(given, hermitian=hermitian), self.term.rows, self.term.columns)
        self._check_properties(known)
        self._compare(given, known, exact_only=True, computed="the data gives")
        if not self.term.is_explicit:
            return
        if max(self.term.rows, self.term.columns) <= SPECTRUM_LIMIT:
            found = data_facts(self.term.matrix(), hermitian=hermitian)
            self._compare(given, found, exact_only=True, computed="the data gives")
        elif isinstance(self.term, Sparse | Dense):
            entries = self.term.shared() if isinstance(self.term, Sparse) else self.term.entries
            found = witnessed(entries, hermitian)
            self._compare(given, found, exact_only=False, computed="a vector attains")

    def _check_properties(self, known: Facts) -> None:
        leaf = self.term
        if isinstance(leaf, Sparse | Dense):
            entries = leaf.shared() if isinstance(leaf, Sparse) else leaf.entries
        elif leaf.is_explicit and max(leaf.rows, leaf.columns) <= SPECTRUM_LIMIT:
            entries = leaf.matrix()
        else:
            return
        if self.hermitian and not known.hermitian:
            known_max = known.max_entry.value if known.max_entry else 1.0
            computed = not isinstance(leaf, Sparse | Dense)
            require_hermitian(entries, tolerance=TOLERANCE * known_max * computed)
        if self.real and not known.real and np.iscomplexobj(entries):
            raise SpecError("the matrix is declared real, but it has complex entries")

    def _compare(self, given: Facts, found: Facts, *, exact_only: bool, computed: str) -> None:
        for name in NAMES:
            bound, value = getattr(given, name), getattr(found, name)
            if bound is None or value is None or not is_plain(bound.value, value.value):
                continue
            if exact_only and value.source is not Source.EXACT:
                continue
            scale = max(abs(value.value), found.norm.value if found.norm else 0)
            gap = value.value - bound.value
            if name in LOWER_BOUNDS:
                gap = -gap
            if gap > TOLERANCE * scale:
                side = "upper" if name in UPPER_BOUNDS else "lower"
                raise SpecError(
                    f"{name} is declared as {bound.value}, but {computed} {value.value}: "
                    f"{bound.value} is no {side} bound",
                    remedy=f"declare {value.value}, or leave {name} out",
                )

    def _given(self) -> Facts:
        bounds = {name: getattr(self, name) for name in NAMES}
        return Facts(**bounds, hermitian=self.hermitian, real=self.real)

    def _size(self) -> tuple[Scalar, Scalar]:
        return self.term.rows, self.term.columns

    def _has_data(self) -> bool:
        return True

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        (known,) = parts
        given = self._given()
        bounds = {n: at_most(getattr(given, n), getattr(known, n)) for n in UPPER_BOUNDS}
        return Facts(
            **bounds,
            lambda_min=at_least(given.lambda_min, known.lambda_min),
            hermitian=known.hermitian or given.hermitian,
            real=known.real or given.real,
        )

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        return np.asarray(parts[0])

    def _note(self) -> str:
        return "with bounds on " + ", ".join(n for n in NAMES if getattr(self, n) is not None)
