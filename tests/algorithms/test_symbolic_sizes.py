"""Counts with symbolic sizes, evaluated at numbers, are the counts that are built with those numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sympy

from qgd_compiler.algorithms.access import Access, DirtyQroam, IdealQram, Qroam, Qrom
from qgd_compiler.algorithms.banded import BandedArithmetic
from qgd_compiler.algorithms.composites.block_diagonal import BlockDiagonalEncoder
from qgd_compiler.algorithms.composites.gram import GramEncoder
from qgd_compiler.algorithms.composites.kronecker import KroneckerEncoder
from qgd_compiler.algorithms.composites.linear_combination import SumEncoder
from qgd_compiler.algorithms.composites.product import ProductEncoder
from qgd_compiler.algorithms.encoders import (
    DiagonalTable,
    Frobenius,
    RowWeighted,
    SparseAccess,
    SparseRowWeighted,
)
from qgd_compiler.algorithms.encoding import Encoder
from qgd_compiler.algorithms.history import history_encoding
from qgd_compiler.algorithms.uniform import uniform_superposition
from qgd_compiler.costing.fold import Cost, fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.evaluate import evaluate
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import Scalar, ceil_log2

N, S, B = sympy.symbols("n s b", integer=True, positive=True)
SIZES = [(5, 3, 4), (8, 4, 3), (100, 7, 9), (279, 279, 12), (33, 8, 5), (1, 1, 2), (2, 1, 3)]
FIELDS = ("toffoli", "t", "rotations", "clifford", "measurements", "toffoli_depth", "rotation_depth")
Make = Callable[[Scalar, Scalar, Scalar, Access], Encoder]


def _sparse(n: Scalar, s: Scalar, b: Scalar, access: Access) -> Encoder:
    return SparseAccess(n, s, 1.0, b, access)


def _frobenius(n: Scalar, s: Scalar, b: Scalar, access: Access) -> Encoder:
    return Frobenius(n, n, 1.0, b, access)


ENCODERS: dict[str, Make] = {
    "sparse": _sparse,
    "frobenius": _frobenius,
    "row-weighted": lambda n, s, b, a: RowWeighted(n, 1.0, 1.0, b, a),
    "sparse row-weighted": lambda n, s, b, a: SparseRowWeighted(n, s, 1.0, 1.0, b, a),
    "diagonal": lambda n, s, b, a: DiagonalTable(n, 1.0, b, a),
    "kronecker": lambda n, s, b, a: KroneckerEncoder((_sparse(n, s, b, a), DiagonalTable(s, 1.0, b, a))),
    "product": lambda n, s, b, a: ProductEncoder((_sparse(n, s, b, a), DiagonalTable(n, 1.0, b, a))),
    "gram": lambda n, s, b, a: GramEncoder(_sparse(n, s, b, a)),
    "sum": lambda n, s, b, a: SumEncoder((1.0, -0.5), (_sparse(n, s, b, a), None), ceil_log2(n)),
    "block-diagonal": lambda n, s, b, a: BlockDiagonalEncoder(
        (_sparse(n, s, b, a), DiagonalTable(n, 1.0, b, a))
    ),
}


def _same(symbolic: Cost, numeric: Cost, values: dict[str, int]) -> None:
    for field in FIELDS:
        at = evaluate(getattr(symbolic.gates, field), values)
        assert at == getattr(numeric.gates, field), (field, values)
    assert evaluate(symbolic.work, values) == numeric.work, values


@pytest.mark.parametrize("access", [Qrom(), Qroam(), DirtyQroam(), IdealQram(100)], ids=lambda a: str(a.name))
@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoding_with_symbols_counts_as_one_with_numbers(name: str, access: Access) -> None:
    make = ENCODERS[name]
    for controlled in (False, True):
        symbolic = fold(make(N, S, B, access).encode(controlled).routine, price_of)
        for n, s, b in SIZES:
            numeric = fold(make(n, s, b, access).encode(controlled).routine, price_of)
            _same(symbolic, numeric, {"n": n, "s": s, "b": b})


def test_a_history_matrix_with_symbols_counts_as_one_with_numbers() -> None:
    t, p = sympy.symbols("t p", integer=True, positive=True)

    def built(n: Scalar, s: Scalar, b: Scalar, steps: Scalar, padding: Scalar) -> Routine:
        hessian = _sparse(n, s, b, Qrom()).encode(True)
        return history_encoding(hessian, 0.1, steps, padding, idle=True).routine

    symbolic = fold(built(N, S, B, t, p), price_of)
    for steps, padding in [(10, 5), (3, 1), (100, 27)]:
        numeric = fold(built(12, 5, 6, steps, padding), price_of)
        _same(symbolic, numeric, {"n": 12, "s": 5, "b": 6, "t": steps, "p": padding})


@pytest.mark.parametrize("periodic", [False, True])
def test_banded_arithmetic_with_symbols_counts_as_with_numbers_but_for_cliffords(periodic: bool) -> None:
    for controlled in (False, True):

        def cost(n: Scalar, controlled: bool = controlled) -> Cost:
            bands = BandedArithmetic(n, (-2, 0, 1), (0.5, -1.0, 0.25), periodic)
            return fold(bands.encode(controlled).routine, price_of)

        symbolic = cost(N)
        for n in range(5, 20):
            numeric = cost(n)
            for field in ("toffoli", "rotations", "measurements"):
                found = evaluate(getattr(symbolic.gates, field), {"n": n})
                assert found == getattr(numeric.gates, field), (field, n)
            assert evaluate(symbolic.work, {"n": n}) == numeric.work
            assert evaluate(symbolic.gates.clifford, {"n": n}) >= numeric.gates.clifford


def test_a_uniform_superposition_knows_powers_of_two_by_their_symbol() -> None:
    symbolic = fold(uniform_superposition(N), price_of)
    for n in range(1, 70):
        _same(symbolic, fold(uniform_superposition(n), price_of), {"n": n})


def test_sympy_evaluates_the_same_numbers() -> None:
    cost = fold(_frobenius(N, S, B, Qroam()).encode(True).routine, price_of)
    values = {N: 20, B: 6}
    assert cost.gates.toffoli.subs(values).doit() == evaluate(cost.gates.toffoli, {"n": 20, "b": 6})
    assert cost.work.subs(values).doit() == evaluate(cost.work, {"n": 20, "b": 6})
