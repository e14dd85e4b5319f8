"""The menu: every way that we have to encode a matrix, from its structure and from its entries."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from qgd_compiler.algorithms.composites.adjoint import AdjointEncoder
from qgd_compiler.algorithms.composites.block_diagonal import BlockDiagonalEncoder
from qgd_compiler.algorithms.composites.complex_sum import ComplexEncoder
from qgd_compiler.algorithms.composites.frame import composed_name
from qgd_compiler.algorithms.composites.gram import GramEncoder
from qgd_compiler.algorithms.composites.kronecker import KroneckerEncoder
from qgd_compiler.algorithms.composites.linear_combination import SumEncoder
from qgd_compiler.algorithms.composites.product import ProductEncoder
from qgd_compiler.algorithms.composites.scaled import ScaledEncoder
from qgd_compiler.algorithms.encoding import Encoder
from qgd_compiler.algorithms.menu.composed import (
    ComposedOffer,
    of_blocks,
    of_gram,
    of_one,
    of_product,
    of_sum,
)
from qgd_compiler.algorithms.menu.layout import blocks, digits
from qgd_compiler.algorithms.menu.leaves import (
    by_bands,
    by_diagonal,
    by_entries,
    by_factor,
    by_ramp,
    identity,
)
from qgd_compiler.algorithms.menu.lifted import carleman_step, carleman_steps, history_of_any, history_of_step
from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.scalars import Scalar, is_integer, is_symbolic, maximum
from qgd_compiler.structure.banded import Banded
from qgd_compiler.structure.block_diagonal import BlockDiagonal
from qgd_compiler.structure.bounded import Bounded
from qgd_compiler.structure.carleman_step import CarlemanStep
from qgd_compiler.structure.carleman_steps import CarlemanSteps
from qgd_compiler.structure.dense import Dense
from qgd_compiler.structure.diagonal import Diagonal
from qgd_compiler.structure.gram import Gram
from qgd_compiler.structure.history_matrix import HistoryMatrix
from qgd_compiler.structure.identity import Identity
from qgd_compiler.structure.kronecker import Kronecker
from qgd_compiler.structure.low_rank import LowRank
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.product import Adjoint, Product
from qgd_compiler.structure.scaled import Scaled
from qgd_compiler.structure.step import Step
from qgd_compiler.structure.sum import Sum, identity_multiple
from qgd_compiler.structure.tensor import Tensor

DATA_LIMIT = 2000  # rows and columns up to which the entries are kept to measure rounding errors on them
STEPS_LIMIT = 128  # rows of all changing steps up to which they are measured as one matrix
KRONECKER, PARALLEL = "Kronecker product", "parallel Kronecker product"
BRANCHES = 12  # combinations of offers for the parts that are listed for one composition

Build = Callable[[Sequence[Encoder]], Encoder]


def offers(matrix: Matrix, *, entries: Matrix | None = None, tables: bool = False) -> tuple[Offer, ...]:
    """Every encoding of `matrix` that we have; the names differ. Empty where nothing bounds the entries.

    entries  the same matrix written out, where more is known of its entries than its structure says
    tables   write the data into the lookups, so that the circuits can be run (else they can only be counted)
    """
    found: dict[str, Offer] = {}
    ways = (_by_structure(matrix, tables), _by_entries(entries or matrix, tables), _complex(matrix, tables))
    for offer in itertools.chain(*ways):
        found.setdefault(offer.name, offer)
    return tuple(found.values())


def _by_entries(matrix: Matrix, tables: bool) -> Iterable[Offer]:
    if _is_trivial(matrix):
        return []
    return by_entries(matrix, known_entries(matrix), tables)


def _is_trivial(matrix: Matrix) -> bool:
    """An identity, or a multiple of one: nothing is to be looked up."""
    return identity_multiple(matrix) is not None


def known_entries(matrix: Matrix) -> np.ndarray | None:
    """The real dense matrix, where it is explicit and small enough to measure errors on."""
    if not matrix.is_explicit or max(matrix.rows, matrix.columns) > DATA_LIMIT:
        return None
    dense = np.real_if_close(matrix.matrix())
    return None if np.iscomplexobj(dense) else np.asarray(dense, dtype=float)


def _by_structure(matrix: Matrix, tables: bool) -> Iterable[Offer]:
    match matrix:
        case Bounded():
            return _by_structure(matrix.term, tables)
        case Identity():
            return [identity(matrix.size)]
        case Diagonal():
            values = None if matrix.values is None or np.iscomplexobj(matrix.values) else matrix.values
            return [*by_diagonal(matrix, values, tables), *by_ramp(values)]
        case Banded(offsets=(0,)):
            constant = Scaled(factor=matrix.values[0], term=Identity(size=matrix.rows))
            return _scaled(constant, tables)
        case Banded():
            return by_bands(matrix)
        case Scaled():
            return _scaled(matrix, tables)
        case Adjoint():
            return _adjoint(matrix, tables)
        case Kronecker():
            return _kronecker(matrix, tables)
        case Product():
            return _product(matrix, tables)
        case BlockDiagonal():
            return _block_diagonal(matrix, tables)
        case Gram():
            return _gram(matrix, matrix.factor, tables)
        case LowRank():
            return [*by_factor(matrix, known_entries(matrix), tables), *_low_rank(matrix, tables)]
        case Sum() | Step():
            return _sum(matrix, tables)
        case HistoryMatrix(step=Step() as step):
            return history_of_step(matrix, step, offers(step.hessian, tables=tables), known_entries(matrix))
        case HistoryMatrix(step=step):
            return history_of_any(matrix, offers(step, tables=tables), known_entries(matrix))
        case CarlemanStep():
            return carleman_step(matrix, lambda parts: _combinations(parts, tables), known_entries(matrix))
        case CarlemanSteps():
            # one block per step: beyond a few, what is measured of the parts is tight enough
            target = known_entries(matrix) if matrix.rows <= STEPS_LIMIT else None
            return carleman_steps(matrix, lambda parts: _combinations(parts, tables), target)
        case Tensor():
            return offers(matrix.in_registers, tables=tables)
    return []


def _complex(matrix: Matrix, tables: bool) -> Iterable[Offer]:
    """R + iM from offers for the real matrices R and M, where the entries are known and not real."""
    if not matrix.is_explicit or matrix.facts().real or max(matrix.rows, matrix.columns) > DATA_LIMIT:
        return
    whole = np.asarray(matrix.matrix())
    if not np.iscomplexobj(whole) or not np.any(whole.imag):
        return
    real = [Dense(entries=np.ascontiguousarray(whole.real))] if np.any(whole.real) else []
    imaginary = Dense(entries=np.ascontiguousarray(whole.imag))
    for parts in _combinations([*real, imaginary], tables):
        yield ComposedOffer(
            name=composed_name("complex sum", [p.name for p in parts]),
            weight=sum(p.weight for p in parts),
            parts=parts,
            compose=lambda p: ComplexEncoder(p[0] if len(p) == 2 else None, p[-1]),
            split=of_sum((1,) * len(parts)),
            target=whole,
            rows=parts[0].rows,
            columns=parts[0].columns,
        )


def _scaled(matrix: Scaled, tables: bool) -> Iterable[Offer]:
    factor = matrix.factor
    if isinstance(factor, complex):
        return
    for part in offers(matrix.term, tables=tables):
        yield ComposedOffer(
            name=composed_name("multiple", [part.name]),
            weight=abs(factor) * part.weight,
            parts=(part,),
            compose=lambda p: ScaledEncoder(factor, p[0]),
            split=of_sum((factor,)),
            target=known_entries(matrix),
            rows=part.rows,
            columns=part.columns,
        )


def _adjoint(matrix: Adjoint, tables: bool) -> Iterable[Offer]:
    for part in offers(matrix.term, tables=tables):
        yield ComposedOffer(
            name=composed_name("adjoint", [part.name]),
            weight=part.weight,
            parts=(part,),
            compose=lambda p: AdjointEncoder(p[0]),
            split=of_one,
            target=known_entries(matrix),
            rows=part.columns,
            columns=part.rows,
        )


def _block_diagonal(matrix: BlockDiagonal, tables: bool) -> Iterable[Offer]:
    for parts in _combinations(matrix.blocks, tables):
        yield ComposedOffer(
            name=composed_name("block diagonal", [p.name for p in parts]),
            weight=maximum(*(p.weight for p in parts)),
            parts=parts,
            compose=lambda p: BlockDiagonalEncoder(tuple(p)),
            split=of_blocks(len(parts)),
            target=known_entries(matrix),
            rows=blocks([p.rows for p in parts]),
            columns=blocks([p.columns for p in parts]),
        )


def _kronecker(matrix: Kronecker, tables: bool) -> Iterable[Offer]:
    for parts in _combinations(matrix.factors, tables):
        weights = [p.weight for p in parts]
        for parallel in (False, True):
            yield ComposedOffer(
                name=composed_name(PARALLEL if parallel else KRONECKER, [p.name for p in parts]),
                weight=math.prod(weights),
                parts=parts,
                compose=_side_by_side(parallel),
                split=of_product(weights),
                target=known_entries(matrix),
                rows=digits([p.rows for p in parts]),
                columns=digits([p.columns for p in parts]),
            )


def _side_by_side(parallel: bool) -> Build:
    return lambda parts: KroneckerEncoder(tuple(parts), parallel)


def _product(matrix: Product, tables: bool) -> Iterable[Offer]:
    for parts in _combinations(matrix.factors, tables):
        if not all(a.columns.agrees(b.rows) for a, b in itertools.pairwise(parts)):
            continue
        weights = [p.weight for p in parts]
        yield ComposedOffer(
            name=composed_name("product", [p.name for p in parts]),
            weight=math.prod(weights),
            parts=parts,
            compose=lambda p: ProductEncoder(tuple(p)),
            split=of_product(weights),
            target=known_entries(matrix),
            rows=parts[0].rows,
            columns=parts[-1].columns,
        )


def _gram(matrix: Matrix, factor: Matrix, tables: bool) -> Iterable[Offer]:
    for part in offers(factor, tables=tables):
        yield ComposedOffer(
            name=composed_name("Gram", [part.name]),
            weight=part.weight**2,
            parts=(part,),
            compose=lambda p: GramEncoder(p[0]),
            split=of_gram(part.weight),
            target=known_entries(matrix),
            rows=part.columns,
            columns=part.columns,
        )


def _low_rank(matrix: LowRank, tables: bool) -> Iterable[Offer]:
    """F diag(w) F† = J†J − K†K with J and K the columns of positive and of negative weight, times √|w|."""
    if np.iscomplexobj(matrix.factor) or np.iscomplexobj(matrix.weights):
        return []
    scaled = (matrix.factor * np.sqrt(np.abs(matrix.weights))).T
    signs: list[tuple[float, Matrix]] = []
    for sign in (1.0, -1.0):
        rows = scaled[matrix.weights * sign > 0]
        if len(rows):
            signs.append((sign, Gram(factor=Dense(entries=rows))))
    if not signs:
        return []
    if len(signs) == 1 and signs[0][0] > 0:
        return [_renamed("low rank", o) for o in _by_structure(signs[0][1], tables)]
    whole = Sum(terms=tuple(Scaled(factor=s, term=m) for s, m in signs))
    return [_renamed("low rank", o) for o in _by_structure(whole, tables)]


def _renamed(what: str, offer: Offer) -> Offer:
    assert isinstance(offer, ComposedOffer)
    offer.name = composed_name(what, [offer.name])
    return offer


def _sum(matrix: Sum | Step, tables: bool) -> Iterable[Offer]:
    if isinstance(matrix, Step):
        one = Identity(size=matrix.rows)
        terms: tuple[Matrix, ...] = (one, Scaled(factor=-matrix.learning_rate, term=matrix.hessian))
    else:
        terms = matrix.terms
    coefficients: list[Scalar] = []
    inner: list[Matrix | None] = []
    for term in terms:
        multiple = identity_multiple(term)
        c, rest = (multiple, None) if multiple is not None else _taken_out(term)
        if isinstance(c, complex):
            return
        coefficients.append(c)
        inner.append(rest)
    real = [m for m in inner if m is not None]
    if not real:
        return
    own = [c for c, m in zip(coefficients, inner, strict=True) if m is not None]
    for parts in _combinations(real, tables):
        if not all(p.rows.agrees(parts[0].rows) and p.columns.agrees(parts[0].columns) for p in parts):
            continue
        following = iter(parts)
        chosen = [None if m is None else next(following) for m in inner]
        yield ComposedOffer(
            name=composed_name("sum", ["identity" if p is None else p.name for p in chosen]),
            weight=sum(
                abs(c) * (1 if p is None else p.weight) for c, p in zip(coefficients, chosen, strict=True)
            ),
            parts=parts,
            compose=_adder(coefficients, inner, maximum(*(p.rows.bits for p in parts))),
            split=of_sum(own),
            target=known_entries(matrix),
            rows=parts[0].rows,
            columns=parts[0].columns,
        )


def _adder(coefficients: Sequence[Scalar], inner: Sequence[Matrix | None], bits: Scalar) -> Build:
    def compose(encoders: Sequence[Encoder]) -> Encoder:
        following = iter(encoders)
        placed = tuple(None if m is None else next(following) for m in inner)
        return SumEncoder(tuple(coefficients), placed, bits)

    return compose


def _taken_out(term: Matrix) -> tuple[Scalar, Matrix]:
    """c and A of cA."""
    factor: Scalar = 1
    while isinstance(term, Scaled):
        factor, term = factor * term.factor, term.term
    return factor, term


def _combinations(parts: Sequence[Matrix], tables: bool) -> list[tuple[Offer, ...]]:
    """One offer per part: every combination while they are few, else the best few by α.

    Where the best of each part alone would miss a uniform choice (all Frobenius, say), that is added too.
    """
    menus = [sorted(offers(p, tables=tables), key=_order) for p in parts]
    if math.prod(len(menu) for menu in menus) <= BRANCHES:
        return list(itertools.product(*menus))
    chosen = [tuple(menu[0] for menu in menus)]
    for name in dict.fromkeys(o.name for menu in menus for o in menu):
        uniform = tuple(next((o for o in menu if o.name == name), menu[0]) for menu in menus)
        if uniform not in chosen:
            chosen.append(uniform)
    return chosen[:BRANCHES]


def _order(offer: Offer) -> tuple[bool, float, str]:
    if is_symbolic(offer.weight):
        return True, 0.0, offer.name
    return not is_integer(offer.weight) and math.isinf(offer.weight), float(offer.weight), offer.name
