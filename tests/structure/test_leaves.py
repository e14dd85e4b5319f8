"""Leaves: canonical form, exact facts, sizes by symbol, and facts above the limit of dense algebra."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy
from scipy import sparse

from qgd_compiler.errors import UnsupportedError
from qgd_compiler.kinds import Source
from qgd_compiler.structure import (
    Banded,
    Declared,
    Dense,
    Diagonal,
    Fact,
    Facts,
    Gram,
    Identity,
    Kronecker,
    LowRank,
    Scaled,
    Sparse,
    Step,
    Sum,
    simplify,
)
from qgd_compiler.structure.facts import NAMES
from tests.structure.trees import truth


def assert_bounds(facts: Facts, dense: np.ndarray) -> None:
    true = truth(dense)
    for name, value in true.items():
        fact = getattr(facts, name)
        if fact is None:
            continue
        slack = 1e-9 * true["norm"]
        assert fact.value <= value + slack if name == "lambda_min" else fact.value >= value - slack, name
        if fact.source is Source.EXACT:
            assert fact.value == pytest.approx(value, abs=slack), name


def test_a_sparse_matrix_is_canonical_whatever_the_order_of_its_entries() -> None:
    plain = sparse.csr_array(np.array([[0, 2.0, 0], [5, 0, -1]]))
    doubled = Sparse(
        indptr=np.array([0, 2, 5]),
        indices=np.array([1, 1, 2, 0, 1]),
        values=np.array([1.5, 0.5, -1, 5, 0.0]),
        rows=2,
        columns=3,
    )
    assert doubled == Sparse.from_scipy(plain)
    assert doubled.non_zeros == 3
    assert (doubled.to_scipy() != plain).nnz == 0


def test_a_changed_entry_or_shape_changes_the_digest() -> None:
    data = np.array([[0, 2.0], [5, 0]])
    base = Sparse.from_scipy(sparse.csr_array(data))
    other = Sparse.from_scipy(sparse.csr_array(np.array([[0, np.nextafter(2.0, 3.0)], [5, 0]])))
    wider = Sparse.from_scipy(sparse.csr_array(np.hstack([data, np.zeros((2, 1))])))
    assert len({base, other, wider, Dense(entries=data)}) == 4
    assert base == Sparse.from_scipy(sparse.csc_array(data.astype(np.float32)))


def test_the_arrays_of_a_node_do_not_change_with_those_of_the_caller() -> None:
    data = np.array([[1.0, 2.0]])
    node = Dense(entries=data)
    data[0, 0] = 7
    assert node.entries[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        node.entries[0, 0] = 3


@pytest.mark.parametrize("hermitian", [True, False])
def test_a_sparse_matrix_too_large_for_dense_algebra_has_valid_bounds(hermitian: bool) -> None:
    rng = np.random.default_rng(3)
    data = sparse.random_array((600, 600), density=0.01, rng=rng, format="csr")
    data = data + data.T if hermitian else data
    node = Sparse.from_scipy(data)
    assert node.facts().hermitian is hermitian
    assert node.facts().norm is not None and node.facts().norm.source is Source.BOUND
    assert node.facts().frobenius is not None and node.facts().frobenius.source is Source.EXACT
    assert_bounds(node.facts(), data.toarray())


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize(
    ("offsets", "values"),
    [
        ((-1, 0, 1), (-1.0, 2.5, -1.0)),
        ((-1, 0, 1), (1j, -2.0, -1j)),
        ((-3, 0, 3), (0.5, 1.0, 0.5)),
        ((-3, 1, 4), (0.5, 1.0, -2.0)),
        ((1,), (3j,)),
        ((), ()),
    ],
)
def test_a_banded_matrix_above_the_dense_limit_has_the_facts_of_its_dense_matrix(
    periodic: bool, offsets: tuple[int, ...], values: tuple[complex, ...]
) -> None:
    n = 520
    dense = np.zeros((n, n), dtype=complex)
    for offset, value in zip(offsets, values, strict=True):
        for i in range(n):
            if 0 <= i + offset < n or periodic:
                dense[i, (i + offset) % n] += value
    node = Banded(rows=n, offsets=offsets, values=values, periodic=periodic)
    assert_bounds(node.facts(), dense)
    assert node.facts().hermitian == np.array_equal(dense, dense.conj().T)


def test_a_banded_matrix_with_a_symbolic_size_has_the_facts_of_every_size() -> None:
    n = sympy.Symbol("n", positive=True, integer=True)
    symbolic = Banded(rows=n, offsets=(-1, 0, 1), values=(-1, 2, -1)).facts()
    for size in (3, 10, 40):
        numeric = Banded(rows=size, offsets=(-1, 0, 1), values=(-1, 2, -1)).facts()
        for name in NAMES:
            here, there = getattr(symbolic, name), getattr(numeric, name)
            assert float(sympy.sympify(here.value).subs(n, size)) == pytest.approx(float(there.value)), name


def test_periodic_bands_are_equal_when_their_offsets_agree_modulo_the_rows() -> None:
    assert Banded(rows=7, offsets=(6, 0), values=(2, 1), periodic=True) == Banded(
        rows=7, offsets=(0, -1), values=(1, 2), periodic=True
    )


@pytest.mark.parametrize("complex_weights", [True, False])
@pytest.mark.parametrize("rank", [1, 4])
def test_a_low_rank_matrix_above_the_dense_limit_has_valid_facts(complex_weights: bool, rank: int) -> None:
    rng = np.random.default_rng(rank)
    factor = rng.standard_normal((530, rank)) + 1j * rng.standard_normal((530, rank))
    weights = rng.standard_normal(rank) + (1j if complex_weights else 0)
    dense = np.einsum("ik,k,jk->ij", factor, weights, factor.conj())
    if not complex_weights:
        dense = (dense + dense.conj().T) / 2
    assert_bounds(LowRank(factor=factor, weights=weights).facts(), dense)


def test_the_gram_matrix_of_a_large_factor_has_valid_facts() -> None:
    rng = np.random.default_rng(5)
    factor = sparse.random_array((700, 20), density=0.05, rng=rng, format="csr")
    facts = Gram(factor=Sparse.from_scipy(factor)).facts()
    assert_bounds(facts, factor.toarray().T @ factor.toarray())
    assert facts.lambda_min == Fact(0, Source.BOUND)


def test_the_smallest_eigenvalue_of_a_wide_gram_matrix_is_exactly_zero() -> None:
    wide = Gram(factor=Declared(rows=3, columns=900, norm=Fact(2.0, Source.MEASURED)))
    assert wide.facts().lambda_min == Fact(0, Source.EXACT)
    assert wide.facts().lambda_max == Fact(4.0, Source.MEASURED)


def test_declared_diagonals_and_matrices_keep_their_source() -> None:
    low, high = Fact(-3.0, Source.PAPER), Fact(2.0, Source.PAPER)
    diagonal = Diagonal(size=10**12, lambda_min=low, lambda_max=high).facts()
    assert diagonal.norm == Fact(3.0, Source.PAPER)
    declared = Declared(rows=50, columns=50, lambda_min=low, lambda_max=high, hermitian=True).facts()
    assert declared.norm == Fact(3.0, Source.PAPER)
    assert declared.frobenius == Fact(pytest.approx(3.0 * 50**0.5), Source.PAPER)
    assert declared.row_one_norm == Fact(pytest.approx(3.0 * 50**0.5), Source.PAPER)
    assert diagonal.row_sparsity == Fact(1, Source.BOUND)


INTERVALS = [(-5, -3), (-7, 2), (-2, 11), (1, 13), (0, 17)]


@pytest.mark.parametrize("ends", list(itertools.product(INTERVALS, repeat=2)))
def test_extreme_eigenvalues_of_a_tensor_product_are_right_for_all_signs(
    ends: tuple[tuple[int, int], ...],
) -> None:
    left, right = (Diagonal(values=np.array(pair)) for pair in ends)
    third = (-19, 23)
    products = [x * y * z for x in ends[0] for y in ends[1] for z in third]
    facts = Kronecker(factors=(left, right, Diagonal(values=np.array(third)))).facts()
    assert facts.lambda_min == Fact(min(products), Source.EXACT)
    assert facts.lambda_max == Fact(max(products), Source.EXACT)
    two = Kronecker(factors=(left, right)).facts()
    assert two.lambda_min == Fact(min(x * y for x in ends[0] for y in ends[1]), Source.EXACT)
    assert two.lambda_max == Fact(max(x * y for x in ends[0] for y in ends[1]), Source.EXACT)


def test_a_symbolic_learning_rate_gives_the_bound_of_every_rate() -> None:
    eta = sympy.Symbol("eta")
    hessian = Declared(
        rows=4,
        columns=4,
        lambda_min=Fact(-1, Source.EXACT),
        lambda_max=Fact(3, Source.EXACT),
        hermitian=True,
    )
    norm = Step(hessian=hessian, learning_rate=eta).facts().norm
    assert norm is not None
    for rate in (0.1, 0.5, 2.0):
        expected = max(abs(1 + rate), abs(1 - 3 * rate))
        assert float(norm.value.subs(eta, rate)) == pytest.approx(expected)


def test_an_array_of_sizes_gives_an_array_of_facts() -> None:
    sizes = np.array([4.0, 9.0, 100.0])
    facts = Scaled(factor=2, term=Identity(size=sizes)).facts()
    assert facts.frobenius is not None
    np.testing.assert_array_equal(facts.frobenius.value, [4, 6, 20])


def test_no_dense_matrix_is_made_of_bounds_symbols_or_too_many_rows() -> None:
    n = sympy.Symbol("n")
    with pytest.raises(UnsupportedError, match=r"Identity#\w+ \(n x n\)"):
        Kronecker(factors=(Identity(size=2), Identity(size=n))).matrix()
    with pytest.raises(UnsupportedError, match="only bounds"):
        Step(hessian=Declared(rows=3, columns=3), learning_rate=0.1).matrix()
    with pytest.raises(UnsupportedError, match="4097 x 4097"):
        Identity(size=4097).matrix()
    with pytest.raises(UnsupportedError, match="4900 x 4900"):
        Kronecker(factors=(Identity(size=70), Identity(size=70))).matrix()
    assert not Step(hessian=Identity(size=3), learning_rate=n).is_explicit
    assert Step(hessian=Identity(size=3), learning_rate=0.5).is_explicit


def test_an_identity_folded_into_data_gives_exact_sparsity() -> None:
    full = Sparse.from_scipy(sparse.csr_array(np.array([[2.0, 1.0], [1.0, -1.0]])))
    folded = simplify(full_plus(full, 0.5))
    assert isinstance(folded, Sparse)
    assert folded.facts().max_entry == Fact(2.5, Source.EXACT)


def full_plus(term: Sparse, shift: float) -> Sum:
    return Sum(terms=(term, Scaled(factor=shift, term=Identity(size=term.rows))))
