r"""The classical runs that answer a spec: plain gradient descent, and the accelerated one where there is a polynomial.

Accelerated: on the spectrum 1 − ηλ = m((1 − c/2) + (c/2)y), |y| <= 1, m = 1 − ηλ_min, c = η(λ_max − λ_min)/m, so
that the run is a sum of powers m^j of lazy walks of pace c. Its truncation at degree d is off by the weighted
tails: by the plain mean of the tails where m <= 1 (weights that fall with j only help), else by the last one; d
is the smallest for which that is ε‖u_T‖/‖g‖ over the largest response. Nobody needs an α: classical steps know
the ends of the spectrum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qgd_compiler.algorithms.polynomials import walks
from qgd_compiler.analysis.response import Response
from qgd_compiler.baselines.asked import operator
from qgd_compiler.baselines.runs import Run, accelerated, back_propagation, plain, stochastic
from qgd_compiler.baselines.work import VALUE_BYTES
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Kind
from qgd_compiler.scalars import Scalar, is_integer
from qgd_compiler.structure.facts import Facts
from qgd_compiler.structure.gram import Gram
from qgd_compiler.structure.identity import Identity
from qgd_compiler.structure.kronecker import Kronecker
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.scaled import Scaled
from qgd_compiler.structure.sum import Sum
from qgd_compiler.study.hessian import unbounded
from qgd_compiler.study.quadratic import kept_of, why_not_quadratic

if TYPE_CHECKING:
    from qgd_compiler.study.reading import Study

ACCELERATED = "accelerated gradient descent"


@dataclass(frozen=True)
class Size:
    """What a classical run goes through: rows, steps, entries per row (of all factors), whether places are stored."""

    rows: int
    steps: int
    per_row: float
    indexed: bool


def size_of(study: Study) -> Size:
    """Of a study; the cheaper of the entries written out and the factors of its structure."""
    rows = study.parameters
    known = study.entries
    found = round(_per_row(study.facts, rows) * rows) if known is None else int(known.nnz)
    full = found >= rows * rows
    structured = _stored(study.matrix)
    if structured is not None and structured < found:
        found, full = structured, False
    return Size(rows, study.recursion.iterations, found / rows, not full)


def _per_row(facts: Facts, rows: int) -> float:
    known = facts.row_sparsity
    return float(rows) if known is None else min(float(known.value), float(rows))


def _stored(matrix: Matrix) -> int | None:
    """Entries that a product goes through by the factors of a structure; None where it has none that says so."""
    matrix = unbounded(matrix)
    rows = int(matrix.rows)
    match matrix:
        case Identity():
            return 0
        case Scaled():
            return _stored(matrix.term)
        case Sum(terms=terms):
            parts = [_stored(t) for t in terms]
        case Kronecker(factors=factors):
            inner = [_stored(f) for f in factors]
            parts = [
                None if n is None else n * (rows // int(f.rows)) for n, f in zip(inner, factors, strict=True)
            ]
        case Gram(factor=factor):
            once = _stored(factor)
            return None if once is None else 2 * once
        case _:
            known = matrix.facts().row_sparsity
            return None if known is None else math.ceil(float(known.value) * rows)
    return None if any(p is None for p in parts) else sum(p for p in parts if p is not None)


def runs_of(study: Study, size: Size, relative: float | None) -> tuple[Run, ...]:
    """Every classical run for this size.

    relative   the error that the polynomial of the accelerated one may have, over the largest response; None: none
    """
    baseline = study.loaded.spec.baseline
    of_matrix = operator(size.rows, math.ceil(size.per_row * size.rows), baseline, indexed=size.indexed)
    batches = study.loaded.spec.dynamics.minibatches
    tensors = sum(_entries(t) for t in study.tensors)
    with_tensors = replace(of_matrix, nonzeros=of_matrix.nonzeros + tensors)
    found = [stochastic(with_tensors, size.steps) if batches is not None else plain(with_tensors, size.steps)]
    if relative is not None:
        degree, kind = accelerated_degree(study, size.steps, relative)
        source = "tail of a lazy walk, algorithms/polynomials/walks.py"
        found.append(accelerated(of_matrix, degree, kind, source))
    flop = baseline.flop_per_step
    if flop is not None:
        of_network = int(study.loaded.spec.model.parameters.value)
        found.append(
            back_propagation(float(flop.value), of_network, size.steps, VALUE_BYTES[baseline.precision])
        )
    return tuple(found)


def _entries(tensor: Matrix) -> int:
    """Stored entries of a derivative, at most."""
    known = tensor.facts().row_sparsity
    columns = tensor.columns if known is None else known.value
    return math.ceil(float(columns)) * int(tensor.rows) if is_integer(tensor.rows) else 0


def accelerated_error(study: Study) -> tuple[float | None, str]:
    """ε‖u_T‖ over ‖v‖ and the largest response; None with the reason where no polynomial serves."""
    reason = why_not_quadratic(study)
    recursion = study.recursion
    if not reason and (not recursion.constant_rate or recursion.momentum):
        reason = "the rate changes or there is momentum: the run is no power of one step"
    if not reason and study.data.displacement is None and recursion.start > 0:
        reason = "only bounds are known of the start"
    rate, low, high = recursion.rate, recursion.lambda_min, recursion.lambda_max
    if not reason and not (1 - rate * low) >= rate * (high - low) / 2:
        reason = "the steepest direction overshoots, so that coefficients have signs"
    if reason:
        return None, reason
    displaced = recursion.start > 0
    response = Response(recursion.rates, 0.0, "displacement" if displaced else "gradient")
    try:
        kept = kept_of(study, response, recursion.start if displaced else recursion.gradient)[0]
    except InfeasibleError as error:
        return None, error.what
    epsilon = float(study.loaded.spec.target.epsilon.value)
    return epsilon * kept / response.largest(low, high), ""


def accelerated_pace(rate: Scalar, low: Scalar, high: Scalar) -> tuple[Scalar, Scalar]:
    """m = 1 − ηλ_min, and the pace c of its lazy walk."""
    growth = 1 - rate * low
    return growth, rate * (high - low) / growth


def accelerated_degree(study: Study, steps: int, relative: float) -> tuple[int, Kind]:
    """Products of the accelerated run for an error relative to the largest response; at most T."""
    recursion = study.recursion
    rate, low, high = recursion.rate, recursion.lambda_min, recursion.lambda_max
    growth, pace = accelerated_pace(rate, low, high)
    if steps == 1 or not pace > 0:
        return 1, Kind.EXACT
    if recursion.start > 0:
        return max(1, min(int(walks.lazy_degree(steps, pace, relative)), steps)), Kind.EXACT
    if growth <= 1:
        # the degree-d polynomial of H in front of g takes d products
        return max(1, min(int(walks.lazy_mean_degree(steps, pace, relative)), steps)), Kind.BOUND
    return max(1, min(int(walks.lazy_degree(steps - 1, pace, relative)), steps)), Kind.BOUND
