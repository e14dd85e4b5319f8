"""Every encoding that the menu offers for every kind of matrix, run on the simulator against its dense matrix."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
import sympy

from qgd_compiler.algorithms.access import Qrom
from qgd_compiler.algorithms.menu.composed import of_product
from qgd_compiler.algorithms.menu.layout import blocks, digits, in_a_row
from qgd_compiler.algorithms.menu.leaves import absent
from qgd_compiler.algorithms.menu.offer import Offer, Words
from qgd_compiler.algorithms.menu.offers import offers
from qgd_compiler.algorithms.ranking import rank
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.prices import price_of
from qgd_compiler.kinds import Kind, Source
from qgd_compiler.program.simulate import block
from qgd_compiler.structure import (
    Declared,
    Fact,
    Kronecker,
    Sum,
)
from tests.matrices import SMALL as MATRICES
from tests.matrices import dense

SIGNS = MATRICES["diagonal 5"]


def cases() -> Iterator[tuple[str, str]]:
    """Every matrix with every name on its menu."""
    for name, matrix in MATRICES.items():
        for offer in offers(matrix, tables=True):
            yield name, offer.name


@pytest.mark.parametrize(("name", "encoding"), list(cases()))
def test_an_offer_encodes_its_matrix_within_an_error_that_is_not_vacuous(name: str, encoding: str) -> None:
    matrix = MATRICES[name]
    offer = next(o for o in offers(matrix, tables=True) if o.name == encoding)
    scale = float(np.linalg.norm(matrix.matrix(), 2))
    made = offer.prepared(Words(epsilon=0.4 * scale), Qrom()).encoding(True)
    rows, columns = offer.rows.places(), offer.columns.places()
    found = block(made.routine, fixed={"control": 1}, columns=columns.tolist()).matrix
    inside = found[np.ix_(rows, columns)] * float(made.alpha)
    back = block(made.routine, fixed={"control": 1}, columns=rows.tolist(), adjoint=True).matrix
    assert np.allclose(back[np.ix_(columns, rows)], found[np.ix_(rows, columns)].conj().T, atol=1e-12)
    error = float(np.linalg.norm(inside - matrix.matrix(), 2))
    if encoding != "banded arithmetic" and "identity" not in encoding:
        assert made.kind is Kind.EXACT
    assert error == pytest.approx(float(made.epsilon), abs=1e-9 * scale)
    assert made.epsilon <= 0.4 * scale
    assert np.abs(np.delete(found, rows, axis=0)).max(initial=0) < 1e-12, "gaps never mix"
    assert float(offer.weight) * (1 - 1e-12) <= float(made.alpha) <= 4.1 * float(offer.weight)
    assert made.alpha >= scale - made.epsilon - 1e-12
    still = block(made.routine, fixed={"control": 0}, columns=columns.tolist()).matrix
    assert np.allclose(still[:, columns], np.eye(len(still))[:, columns], atol=1e-12)


@pytest.mark.parametrize(("name", "encoding"), list(cases()))
def test_where_the_control_is_off_nothing_happens_whatever_stands_in_the_ancilla(
    name: str, encoding: str
) -> None:
    """A sum runs its terms one after the other on the same ancilla: what one leaves there must not wake another."""
    offer = next(o for o in offers(MATRICES[name], tables=True) if o.name == encoding)
    made = offer.prepared(Words(bits=3), Qrom()).encoding(True)
    ones = (1 << int(made.ancilla)) - 1
    for left in {ones, ones // 3, ones // 5 * 2 & ones}:
        columns = offer.columns.places().tolist()
        on = {"control": 0, "ancilla": left}
        still = block(made.routine, fixed=on, columns=columns).matrix
        assert np.allclose(still[:, columns], np.eye(len(still))[:, columns], atol=1e-12), left


def test_names_on_a_menu_differ_and_structure_comes_before_entries() -> None:
    for matrix in MATRICES.values():
        names = [o.name for o in offers(matrix)]
        assert len(set(names)) == len(names)
        assert names
    assert next(o.name for o in offers(SIGNS)) == "diagonal table"


def test_encodings_whose_rows_stand_in_different_places_are_not_added() -> None:
    gaps = Kronecker(factors=(dense(2), dense(3)))
    names = [o.name for o in offers(Sum(terms=(gaps, dense(6))))]
    assert not any(n.startswith("sum") and "Kronecker" in n for n in names)
    assert any(n.startswith("sum") for n in names)
    fits = Kronecker(factors=(dense(3), dense(2)))
    assert any("Kronecker" in o.name for o in offers(Sum(terms=(fits, dense(6)))))


def test_layouts_know_where_rows_stand() -> None:
    three, two = in_a_row(3), in_a_row(2)
    assert digits([three, two]).places().tolist() == list(range(6))
    assert digits([two, three]).places().tolist() == [0, 1, 2, 4, 5, 6]
    assert digits([two, three]).span == 8
    assert blocks([in_a_row(3), in_a_row(3)]).places().tolist() == [0, 1, 2, 4, 5, 6]
    assert digits([three, two]).agrees(in_a_row(6))
    assert not digits([two, three]).agrees(in_a_row(6))


def test_a_matrix_with_bounds_only_gets_a_bound_for_its_error() -> None:
    known = Declared(
        rows=1000,
        columns=1000,
        row_sparsity=Fact(7, Source.ASSUMED),
        column_sparsity=Fact(7, Source.ASSUMED),
        max_entry=Fact(0.5, Source.ASSUMED),
        hermitian=True,
        real=True,
    )
    (sparse,) = (o for o in offers(known) if o.name == "sparse access")
    made = sparse.prepared(Words(epsilon=1e-3), Qrom()).encoding(False)
    assert made.kind is Kind.BOUND
    assert 1e-3 / 2.1 < made.epsilon <= 1e-3


def test_what_a_matrix_does_not_allow_is_named_with_the_reason() -> None:
    bare = Declared(rows=10, columns=10, hermitian=True, real=True)
    assert not offers(bare)
    assert {name for name, _ in absent(bare)} == {"sparse access", "row-weighted", "Frobenius norm tree"}


def test_the_ranking_is_by_alpha_times_t_and_splits_the_error() -> None:
    matrix = dense(6)
    ranked, refused = rank(offers(matrix), [Qrom()], 0.01, Exchange(), Folder(price_of))
    assert not refused
    values = [r.t_per_norm for r in ranked]
    assert values == sorted(values)
    for r in ranked:
        assert r.epsilon <= 0.01
        assert r.t_per_query == 4 * r.cost.gates.toffoli + r.cost.gates.rotations * Exchange().rotation_t(
            r.rotation_epsilon
        )
    assert {"sparse access", "row-weighted", "Frobenius norm tree"} == {r.name for r in ranked}


def test_parallel_factors_trade_depth_for_qubits() -> None:
    matrix = Kronecker(factors=(dense(4), dense(4)))
    ranked, _ = rank(offers(matrix), [Qrom()], 0.01, Exchange(), Folder(price_of))
    by_name = {r.name: r for r in ranked}
    one = by_name["Kronecker product of 2 x sparse access"]
    other = by_name["parallel Kronecker product of 2 x sparse access"]
    assert other.t_per_query == one.t_per_query
    assert other.t_depth < 0.6 * one.t_depth
    assert other.ancillas > one.ancillas


def test_a_symbolic_matrix_has_a_menu_too() -> None:
    n, s, b = sympy.symbols("n s b", integer=True, positive=True)
    known = Declared(
        rows=n,
        columns=n,
        row_sparsity=Fact(s, Source.ASSUMED),
        column_sparsity=Fact(s, Source.ASSUMED),
        max_entry=Fact(0.5, Source.ASSUMED),
        hermitian=True,
        real=True,
    )
    found: tuple[Offer, ...] = offers(Kronecker(factors=(known, known)))
    (one,) = (o for o in found if o.name == "Kronecker product of 2 x sparse access")
    made = one.prepared(Words(bits=b), Qrom()).encoding(True)
    assert made.alpha.free_symbols == {s, b}
    assert made.system.free_symbols == {n}


@pytest.mark.parametrize("epsilon", [1e-3, 1e-14, 1e-17, 1e-40])
def test_the_factors_of_a_product_share_any_error_and_never_none(epsilon: float) -> None:
    """(α₁ + ε₁)(α₂ + ε₂) − α₁α₂ = ε in exact arithmetic, however small ε is."""
    alphas = (Fraction(3), Fraction(7, 2))
    parts = [Fraction(e) for e in of_product([float(a) for a in alphas])(epsilon)]
    whole = (alphas[0] + parts[0]) * (alphas[1] + parts[1]) - alphas[0] * alphas[1]
    assert all(part > 0 for part in parts)
    assert float(whole) == pytest.approx(epsilon, rel=1e-12)
