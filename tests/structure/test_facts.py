"""Facts of random expressions against the definitions, on a matrix built by NumPy alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples

from qgd_compiler.kinds import Source
from qgd_compiler.structure import Fact, Facts, best_norm, simplify
from qgd_compiler.structure.facts import NAMES, at_least, at_most, combine, sharpen
from tests.structure.trees import Pair, trees, truth


def check(facts: Facts, dense: np.ndarray) -> None:
    true = truth(dense)
    slack = 1e-7 * (1 + true["norm"])
    for name in NAMES:
        fact = getattr(facts, name)
        if fact is None:
            continue
        assert name in true, f"{name} is only a fact of a Hermitian matrix"
        if name == "lambda_min":
            assert fact.value <= true[name] + slack, name
        else:
            assert fact.value >= true[name] - slack, name
        if fact.source is Source.EXACT:
            assert fact.value == pytest.approx(true[name], abs=slack), name
    if facts.hermitian:
        assert np.allclose(dense, dense.conj().T)
    if facts.real:
        assert np.allclose(np.imag(dense), 0)


@examples(max_examples=600)
@given(trees())
def test_every_fact_is_a_valid_bound_and_every_exact_fact_is_the_value(pair: Pair) -> None:
    node, dense = pair
    check(node.facts(), dense)


@examples(max_examples=300)
@given(trees())
def test_the_dense_matrix_is_the_one_numpy_builds(pair: Pair) -> None:
    node, dense = pair
    made = node.matrix()
    assert made.shape == dense.shape == (node.rows, node.columns)
    assert made.dtype in (np.float64, np.complex128)
    np.testing.assert_allclose(made, dense, rtol=1e-12, atol=1e-12)


@examples(max_examples=600)
@given(trees())
def test_simplify_keeps_the_matrix_and_its_facts_stay_valid(pair: Pair) -> None:
    node, dense = pair
    simple = simplify(node)
    np.testing.assert_allclose(simple.matrix(), dense, rtol=1e-9, atol=1e-9)
    check(simple.facts(), dense)


@examples(max_examples=200)
@given(trees())
def test_the_best_norm_is_a_bound_and_none_of_the_other_bounds_is_smaller(pair: Pair) -> None:
    node, dense = pair
    facts = node.facts()
    best = best_norm(facts)
    assert best is not None
    assert best.value >= np.linalg.norm(dense, 2) - 1e-9 * (1 + best.value)
    for other in (facts.norm, facts.frobenius):
        assert other is not None
        assert best.value <= other.value * (1 + 1e-9)


def test_the_best_norm_takes_the_smallest_of_all_valid_bounds() -> None:
    def bound(value: float) -> Fact:
        return Fact(value, Source.ASSUMED)

    assert best_norm(Facts(norm=bound(9), frobenius=bound(7))) == bound(7)
    rows = Facts(norm=bound(9), row_one_norm=bound(2), column_one_norm=bound(8))
    assert best_norm(rows) == bound(4)
    sparse = Facts(row_sparsity=bound(2), column_sparsity=bound(8), max_entry=bound(0.5), frobenius=bound(3))
    assert best_norm(sparse) == bound(2)
    assert best_norm(Facts(lambda_min=bound(-6), lambda_max=bound(5), hermitian=True)) == bound(6)
    assert best_norm(Facts(lambda_max=bound(5), hermitian=True)) is None
    assert best_norm(Facts()) is None


def test_a_combined_fact_carries_the_weakest_source_and_unknown_stays_unknown() -> None:
    exact, measured = Fact(2, Source.EXACT), Fact(5, Source.MEASURED)
    assert combine(lambda a, b: a * b, exact, measured, exact=True) == Fact(10, Source.MEASURED)
    assert combine(lambda a, b: a * b, exact, exact, exact=True) == Fact(4, Source.EXACT)
    assert combine(lambda a, b: a * b, exact, exact) == Fact(4, Source.BOUND)
    assert combine(lambda a, b: a * b, exact, None) is None


def test_the_sharper_bound_brings_its_own_source_and_an_exact_value_wins() -> None:
    assumed, measured = Fact(3, Source.ASSUMED), Fact(4, Source.MEASURED)
    assert at_most(measured, None, assumed) == assumed
    assert at_least(measured, assumed) == measured
    assert at_most(assumed, Fact(3.5, Source.EXACT)) == Fact(3.5, Source.EXACT)
    assert at_most(None, None) is None


def test_unknown_facts_are_none_and_never_zero() -> None:
    facts = sharpen(Facts(), 7, 5)
    assert facts.row_sparsity == Fact(5, Source.BOUND)
    assert facts.column_sparsity == Fact(7, Source.BOUND)
    for name in NAMES:
        if "sparsity" not in name:
            assert getattr(facts, name) is None
