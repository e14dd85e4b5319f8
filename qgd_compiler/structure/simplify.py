"""Rewrites that leave the matrix as it is, to the rounding of float64, and the expression no larger.

Sum        nested sums and scaled sums flattened, equal terms merged, zero terms dropped, the identity
           folded into explicit data (Sparse, Dense, Diagonal, Banded, or Bounded of one of them)
Scaled     1·A → A, a(bA) → (ab)A
Adjoint    A†† → A, A† → A for Hermitian A, (cA)† → c̄ A†
Product    nested products flattened, identities dropped, numbers pulled out,
           (A⊗B)(C⊗D) → AC⊗BD where the inner sizes agree
Kronecker  nested products flattened, numbers pulled out, identities side by side joined
Gram       (cJ)†(cJ) → |c|² J†J, 1†1 → 1
BlockDiagonal, Sum, Product, Kronecker of one operand → the operand
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import TypeVar

from qgd_compiler.scalars import Scalar, is_array
from qgd_compiler.structure.block_diagonal import BlockDiagonal
from qgd_compiler.structure.checks import is_real
from qgd_compiler.structure.facts import is_plain
from qgd_compiler.structure.fold_identity import with_shift
from qgd_compiler.structure.gram import Gram
from qgd_compiler.structure.identity import Identity
from qgd_compiler.structure.kronecker import Kronecker
from qgd_compiler.structure.matrix import Matrix, evaluate
from qgd_compiler.structure.product import Adjoint, Product
from qgd_compiler.structure.scaled import Scaled
from qgd_compiler.structure.sum import Sum

WIDEST = 64  # factors of a flattened product: A·A with A = B·B with … would double with each level

M = TypeVar("M", bound=Matrix)


def simplify(root: Matrix) -> Matrix:
    """The expression after all rewrites, children first; a shared node is rewritten once. Error: none."""
    return evaluate(root, lambda item, parts: _rewrite(with_parts(item, parts)))


def with_parts(item: M, parts: tuple[Matrix, ...]) -> M:
    """`item` with other operands in the order of `item.parts`; the same object where nothing changed."""
    if all(new is old or new == old for new, old in zip(parts, item.parts, strict=True)):
        return item
    rest = iter(parts)
    changes: dict[str, object] = {}
    for f in fields(item):  # type: ignore[arg-type]
        value = getattr(item, f.name)
        if isinstance(value, Matrix):
            changes[f.name] = next(rest)
        elif isinstance(value, tuple) and value and all(isinstance(v, Matrix) for v in value):
            changes[f.name] = tuple(next(rest) for _ in value)
    return replace(item, **changes)  # type: ignore[type-var]


def _rewrite(item: Matrix) -> Matrix:
    match item:
        case Sum():
            return _sum(item)
        case Scaled():
            return _scaled(item.factor, item.term)
        case Adjoint():
            return _adjoint(item)
        case Product():
            return _product(item.factors)
        case Kronecker():
            return _kronecker(item.factors)
        case Gram():
            return _gram(item)
        case BlockDiagonal(blocks=(only,)):
            return only
    return item


def _scaled(factor: Scalar, term: Matrix) -> Matrix:
    while isinstance(term, Scaled):
        factor, term = factor * term.factor, term.term
    return term if is_plain(factor) and factor == 1 else Scaled(factor=factor, term=term)


def _pull(item: Matrix) -> tuple[Scalar, Matrix]:
    """The number in front of a simplified node, and the rest."""
    return (item.factor, item.term) if isinstance(item, Scaled) else (1, item)


def _pull_all(items: Iterable[Matrix]) -> tuple[Scalar, list[Matrix]]:
    pairs = [_pull(item) for item in items]
    return math.prod(factor for factor, _ in pairs), [rest for _, rest in pairs]


def _adjoint(item: Adjoint) -> Matrix:
    factor, term = _pull(item.term)
    factor = factor if is_real(factor) else factor.conjugate()
    if isinstance(term, Adjoint):
        return _scaled(factor, term.term)
    if term.facts().hermitian:
        return _scaled(factor, term)
    return _scaled(factor, Adjoint(term=term))


def _gram(item: Gram) -> Matrix:
    factor, term = _pull(item.factor)
    inner = term if isinstance(term, Identity) else Gram(factor=term)
    size = factor if is_plain(factor) and not isinstance(factor, complex) else abs(factor)
    return _scaled(size * size, inner)


def _sum(item: Sum) -> Matrix:
    coefficients: dict[bytes, Scalar] = {}
    terms: dict[bytes, Matrix] = {}
    for outer in item.terms:
        front, body = _pull(outer)
        for inner in body.terms if isinstance(body, Sum) else (body,):
            factor, term = _pull(inner)
            coefficients[term.digest] = coefficients.get(term.digest, 0) + front * factor
            terms[term.digest] = term
    kept = [
        (coefficients[key], term)
        for key, term in terms.items()
        if not (is_plain(coefficients[key]) and coefficients[key] == 0)
    ]
    if not kept:
        return Scaled(factor=0, term=item.terms[0])
    return _sum_of(_fold_identity(kept))


def _sum_of(weighted: list[tuple[Scalar, Matrix]]) -> Matrix:
    parts = tuple(_scaled(factor, term) for factor, term in weighted)
    return parts[0] if len(parts) == 1 else Sum(terms=parts)


def _fold_identity(weighted: list[tuple[Scalar, Matrix]]) -> list[tuple[Scalar, Matrix]]:
    """Add a multiple of the identity to the diagonal of the first term that has explicit entries."""
    shift = next((factor for factor, term in weighted if isinstance(term, Identity)), None)
    if shift is None or not is_plain(shift):
        return weighted
    others = [(factor, term) for factor, term in weighted if not isinstance(term, Identity)]
    for i, (factor, term) in enumerate(others):
        if not is_plain(factor):
            continue
        folded = with_shift(term, shift if factor == 1 else shift / factor)
        if folded is not None:
            others[i] = (factor, folded)
            return others
    return weighted


def _flat(kind: type[Product] | type[Kronecker], factors: Iterable[Matrix]) -> list[Matrix]:
    flat: list[Matrix] = []
    for factor in factors:
        if isinstance(factor, kind) and len(flat) + len(factor.factors) <= WIDEST:
            flat.extend(factor.factors)
        else:
            flat.append(factor)
    return flat


def _product(factors: Iterable[Matrix]) -> Matrix:
    number, items = _pull_all(factors)
    front, items = _pull_all(_flat(Product, items))
    number = number * front
    kept = [item for item in items if not isinstance(item, Identity)] or items[:1]
    merged = kept[:1]
    for item in kept[1:]:
        mixed = _mixed(merged[-1], item)
        if mixed is None:
            merged.append(item)
        else:
            factor, merged[-1] = _pull(mixed)
            number = number * factor
    return _scaled(number, merged[0] if len(merged) == 1 else Product(factors=tuple(merged)))


def _mixed(left: Matrix, right: Matrix) -> Matrix | None:
    """(A⊗B)(C⊗D) = AC⊗BD, where both have as many factors and all inner sizes are known to agree."""
    if not (isinstance(left, Kronecker) and isinstance(right, Kronecker)):
        return None
    pairs = list(zip(left.factors, right.factors, strict=False))
    if len(left.factors) != len(right.factors) or not all(_agree(a, b) for a, b in pairs):
        return None
    return _kronecker(_product(pair) for pair in pairs)


def _agree(left: Matrix, right: Matrix) -> bool:
    return not is_array(left.columns, right.rows) and bool(left.columns == right.rows)


def _kronecker(factors: Iterable[Matrix]) -> Matrix:
    number, items = _pull_all(factors)
    front, items = _pull_all(_flat(Kronecker, items))
    number = number * front
    joined = items[:1]
    for item in items[1:]:
        last = joined[-1]
        if isinstance(item, Identity) and isinstance(last, Identity):
            joined[-1] = Identity(size=last.size * item.size)
        else:
            joined.append(item)
    return _scaled(number, joined[0] if len(joined) == 1 else Kronecker(factors=tuple(joined)))
