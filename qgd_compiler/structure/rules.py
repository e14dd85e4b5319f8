"""How facts pass through scaling, a shift by the identity, and addition. All elementary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from qgd_compiler.kinds import Source
from qgd_compiler.scalars import Scalar, is_symbolic, maximum, minimum, sqrt
from qgd_compiler.structure.checks import is_real
from qgd_compiler.structure.facts import NAMES, Fact, Facts, combine, is_plain

SIZES = ("norm", "max_entry", "row_one_norm", "column_one_norm", "frobenius")
COUNTS = ("row_sparsity", "column_sparsity")


def scaled(facts: Facts, factor: Scalar) -> Facts:
    """The facts of cA. Norms scale by |c|; eigenvalues by c, changing places where c < 0 (exact)."""
    if is_plain(factor) and factor == 0:
        zero = Fact(0, Source.EXACT)
        return Facts(**dict.fromkeys(NAMES, zero), hermitian=facts.hermitian, real=True)
    size = abs(factor)
    changed = {name: combine(lambda v: size * v, getattr(facts, name), exact=True) for name in SIZES}
    hermitian = facts.hermitian and is_real(factor)
    low, high = _scaled_interval(facts, factor) if hermitian else (None, None)
    return replace(
        facts,
        **changed,
        lambda_min=low,
        lambda_max=high,
        hermitian=hermitian,
        real=facts.real and is_real(factor),
    )


def _scaled_interval(facts: Facts, factor: Scalar) -> tuple[Fact | None, Fact | None]:
    low, high = facts.lambda_min, facts.lambda_max
    if is_symbolic(factor):
        sign = 1 if factor.is_nonnegative else -1 if factor.is_nonpositive else 0
    elif is_plain(factor):
        sign = 1 if factor > 0 else -1
    else:
        sign = 0
    if sign == 0:
        return (
            combine(lambda a, b: minimum(factor * a, factor * b), low, high, exact=True),
            combine(lambda a, b: maximum(factor * a, factor * b), low, high, exact=True),
        )
    first, second = (low, high) if sign > 0 else (high, low)
    return (
        combine(lambda v: factor * v, first, exact=True),
        combine(lambda v: factor * v, second, exact=True),
    )


def shifted(facts: Facts, shift: Scalar, size: Scalar) -> Facts:
    """The facts of A + cI. Eigenvalues move by c (exact); other facts grow by the triangle inequality."""
    if is_plain(shift) and shift == 0:
        return facts
    step = abs(shift)
    hermitian = facts.hermitian and is_real(shift)

    def grown(fact: Fact | None, by: Scalar = step) -> Fact | None:
        return combine(lambda v: v + by, fact)

    return Facts(
        norm=grown(facts.norm),
        lambda_min=combine(lambda v: v + shift, facts.lambda_min, exact=True) if hermitian else None,
        lambda_max=combine(lambda v: v + shift, facts.lambda_max, exact=True) if hermitian else None,
        row_sparsity=grown(facts.row_sparsity, 1),
        column_sparsity=grown(facts.column_sparsity, 1),
        max_entry=grown(facts.max_entry),
        row_one_norm=grown(facts.row_one_norm),
        column_one_norm=grown(facts.column_one_norm),
        frobenius=grown(facts.frobenius, step * sqrt(size)),
        hermitian=hermitian,
        real=facts.real and is_real(shift),
    )


def added(terms: Sequence[Facts]) -> Facts:
    """The facts of A + B + …: the triangle inequality; Weyl's inequality for the eigenvalues (bound)."""
    return reduce(_pair, terms)


def _pair(left: Facts, right: Facts) -> Facts:
    hermitian = left.hermitian and right.hermitian
    names = [n for n in NAMES if hermitian or not n.startswith("lambda")]
    sums = {n: combine(lambda a, b: a + b, getattr(left, n), getattr(right, n)) for n in names}
    return Facts(**sums, hermitian=hermitian, real=left.real and right.real)
