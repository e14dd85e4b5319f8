"""What is known of a matrix: bounds on norm, spectrum, sparsity and entries, each with its source.

Every value is an upper bound, except `lambda_min`, a lower bound. `None` is unknown; it is never read as 0.
A fact from `Source.EXACT` is the value itself, to the rounding of float64; all other facts are bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from qgd_compiler.kinds import Source, weakest_source
from qgd_compiler.scalars import Scalar, is_array, is_symbolic, maximum, minimum, sqrt


class Fact(NamedTuple):
    """One value (units of the matrix, or a count) and where it comes from."""

    value: Scalar
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Bounds on one matrix A. Units: those of A, except the sparsities (counts).

    norm             spectral norm, the largest singular value
    lambda_min       lower bound on the eigenvalues; only of a Hermitian matrix
    lambda_max       upper bound on the eigenvalues; only of a Hermitian matrix
    row_sparsity     most non-zeros in a row
    column_sparsity  most non-zeros in a column
    max_entry        max|A_ij|
    row_one_norm     largest sum of |A_ij| over a row
    column_one_norm  largest sum of |A_ij| over a column
    frobenius        √Σ|A_ij|²
    hermitian        A is known to be Hermitian (False: not known)
    real             all entries are known to be real (False: not known)
    """

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


UPPER_BOUNDS = (
    "norm",
    "lambda_max",
    "row_sparsity",
    "column_sparsity",
    "max_entry",
    "row_one_norm",
    "column_one_norm",
    "frobenius",
)
LOWER_BOUNDS = ("lambda_min",)
NAMES = (*UPPER_BOUNDS, *LOWER_BOUNDS)


def is_plain(*values: Scalar) -> bool:
    """Whether all of `values` are single numbers, which can be compared."""
    return not is_symbolic(*values) and not is_array(*values)


def combine(rule: Callable[..., Scalar], *facts: Fact | None, exact: bool = False) -> Fact | None:
    """`rule` of the values with the weakest of the sources; None where one is unknown or it overflows.

    `exact`: the rule is an equality, so exact inputs give an exact output. Otherwise it is at best a bound.

    >>> combine(lambda a, b: a + b, Fact(2, Source.EXACT), Fact(3, Source.MEASURED))
    Fact(value=5, source=<Source.MEASURED: 'measured'>)
    """
    known = [f for f in facts if f is not None]
    if len(known) < len(facts):
        return None
    sources = [f.source for f in known] + ([] if exact else [Source.BOUND])
    try:
        return Fact(rule(*(f.value for f in known)), weakest_source(sources))
    except OverflowError:  # such as the square root of a size beyond the floats
        return None


def at_most(*candidates: Fact | None) -> Fact | None:
    """The smallest of several upper bounds of one quantity; None where all are unknown.

    An exact value wins at once. Of equal bounds the first wins, so list the stronger source first. Symbols
    cannot be compared: the first known candidate stands, which keeps expressions small.
    """
    return _sharpest(candidates, minimum)


def at_least(*candidates: Fact | None) -> Fact | None:
    """The largest of several lower bounds of one quantity; otherwise as `at_most`."""
    return _sharpest(candidates, maximum)


Choice = Callable[..., Fact | None]


def _sharpest(candidates: Iterable[Fact | None], choose: Callable[..., Scalar]) -> Fact | None:
    known = [f for f in candidates if f is not None]
    if not known:
        return None
    exact = [f for f in known if f.source is Source.EXACT]
    if exact:
        return exact[0]
    values = [f.value for f in known]
    if is_symbolic(*values):
        return known[0]
    if is_array(*values):
        return Fact(choose(*values), weakest_source(f.source for f in known))
    best = choose(*values) if len(values) > 1 else values[0]
    return next(f for f in known if f.value == best)


def norm_bounds(facts: Facts) -> tuple[Fact | None, ...]:
    """All upper bounds on the spectral norm that follow from `facts`, each by one textbook inequality."""
    spectral = None
    if facts.hermitian:
        spectral = combine(
            lambda low, high: maximum(abs(low), abs(high)), facts.lambda_min, facts.lambda_max, exact=True
        )
    return (
        facts.norm,
        spectral,
        combine(lambda row, column: sqrt(row * column), facts.row_one_norm, facts.column_one_norm),
        combine(lambda f: f, facts.frobenius),
        combine(
            lambda row, column, top: sqrt(row * column) * top,
            facts.row_sparsity,
            facts.column_sparsity,
            facts.max_entry,
        ),
    )


def best_norm(facts: Facts) -> Fact | None:
    """The smallest valid bound on the spectral norm, None where nothing bounds it.

    Bounds: the declared norm; max(|λ_min|, |λ_max|) of a Hermitian matrix; √(‖A‖₁‖A‖_∞); ‖A‖_F;
    √(s_r s_c) max|A|. For symbols the result is their Min, with the weakest source.
    """
    bounds = [b for b in norm_bounds(facts) if b is not None]
    exact = [b for b in bounds if b.source is Source.EXACT]
    if exact:
        return exact[0]
    if bounds and is_symbolic(*(b.value for b in bounds)):
        return Fact(minimum(*(b.value for b in bounds)), weakest_source(b.source for b in bounds))
    return at_most(*bounds)


def sharpen(
    facts: Facts,
    rows: Scalar,
    columns: Scalar,
    *,
    at_most: Choice = at_most,
    at_least: Choice = at_least,
) -> Facts:
    """The same facts with every bound that follows from the others by an elementary inequality.

    A bound is replaced only by a smaller one; an exact value stays. With symbols, only unknowns are filled.
    at_most, at_least   the choices among bounds, where others than those of this module are wanted
    """
    row_sparsity = at_most(facts.row_sparsity, Fact(columns, Source.BOUND))
    column_sparsity = at_most(facts.column_sparsity, Fact(rows, Source.BOUND))
    row_one, column_one = facts.row_one_norm, facts.column_one_norm
    if facts.hermitian:  # rows and columns have equal norms and counts
        row_sparsity = column_sparsity = at_most(row_sparsity, column_sparsity)
        row_one = column_one = at_most(row_one, column_one)
    facts = replace(facts, row_sparsity=row_sparsity, column_sparsity=column_sparsity)
    facts = replace(facts, row_one_norm=row_one, column_one_norm=column_one)
    norm = at_most(*norm_bounds(facts))
    below = [combine(lambda v: v, f) for f in (norm, row_one, column_one, facts.frobenius)]
    max_entry = at_most(facts.max_entry, *below)
    row_one = at_most(row_one, *_one_norms(row_sparsity, max_entry, norm))
    column_one = at_most(column_one, *_one_norms(column_sparsity, max_entry, norm))
    frobenius = at_most(
        facts.frobenius,
        combine(lambda s, top: sqrt(rows * s) * top, row_sparsity, max_entry),
        combine(lambda s, top: sqrt(columns * s) * top, column_sparsity, max_entry),
        combine(lambda value: sqrt(minimum(rows, columns)) * value, norm),
    )
    facts = replace(
        facts,
        max_entry=max_entry,
        row_one_norm=row_one,
        column_one_norm=column_one,
        frobenius=frobenius,
    )
    norm = at_most(norm, *norm_bounds(facts))
    if not facts.hermitian:
        return replace(facts, norm=norm, lambda_min=None, lambda_max=None)
    low = at_least(facts.lambda_min, combine(lambda value: -value, norm))
    high = at_most(facts.lambda_max, combine(lambda value: value, norm))
    return replace(facts, norm=norm, lambda_min=low, lambda_max=high)


def _one_norms(sparsity: Fact | None, max_entry: Fact | None, norm: Fact | None) -> tuple[Fact | None, ...]:
    """Two bounds on the 1-norm of a row with s non-zeros: s max|A| and √s ‖A‖."""
    return (
        combine(lambda s, top: s * top, sparsity, max_entry),
        combine(lambda s, value: sqrt(s) * value, sparsity, norm),
    )
