r"""Closed forms: what one query of an encoding costs, in the sizes of the matrix and the bits of its words.

Symbols
    n, s      rows and row sparsity of the matrix; where its leaves differ, n_1, n_2, … and s_1, s_2, … in the
              order of the tree (equal sizes share a symbol)
    b         bits of a word
    r         T gates of one rotation (else the exchange of the spec at a rotation error of 1e-10)

Quantities: alpha, t_per_query, toffoli_per_query, rotations_per_query, clifford_per_query,
measurements_per_query, toffoli_depth, ancillas, system.

Functions in the results: ν₂ (how often 2 divides), K and K⁻ (columns that a select-swap lookup fetches and
erases with: those of the fewest Toffolis, `costing/tables.py`). `qgd_compiler.evaluate.evaluate` puts numbers in,
exactly; the result is what the compiler counts at these numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sympy

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.menu.offer import Offer, Words
from qgd_compiler.algorithms.menu.offers import offers
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Cost, fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import UnsupportedError, UsageError
from qgd_compiler.kinds import Source
from qgd_compiler.structure.banded import Banded
from qgd_compiler.structure.bounded import Bounded
from qgd_compiler.structure.declared import Declared
from qgd_compiler.structure.dense import Dense
from qgd_compiler.structure.diagonal import Diagonal
from qgd_compiler.structure.facts import Fact
from qgd_compiler.structure.identity import Identity
from qgd_compiler.structure.matrix import Matrix, evaluate
from qgd_compiler.structure.simplify import with_parts
from qgd_compiler.structure.sparse import Sparse

ROTATION_EPSILON = 1e-10  # at which a rotation is exchanged where r is not a symbol
QUANTITIES = {
    "toffoli_per_query": "toffoli",
    "rotations_per_query": "rotations",
    "clifford_per_query": "clifford",
    "measurements_per_query": "measurements",
    "toffoli_depth": "toffoli_depth",
}
OTHERS = ("alpha", "t_per_query", "ancillas", "system")


def formula(
    matrix: Matrix,
    accesses: Sequence[Access],
    exchange: Exchange,
    quantity: str,
    symbols: Sequence[str],
    *,
    encoding: str | None = None,
) -> Any:
    """`quantity` of one controlled query in `symbols`; what is not a symbol keeps the number of the spec.

    encoding  part of the name of an encoding; default: the first that is offered
    Raises UsageError for an unknown quantity, symbol or encoding, UnsupportedError for a structure without
    symbolic sizes.
    """
    if quantity not in QUANTITIES and quantity not in OTHERS:
        raise UsageError(
            f"no formula is called {quantity!r}", remedy=", ".join((*sorted(QUANTITIES), *OTHERS))
        )
    named = _Names(symbols)
    twin = evaluate(matrix, named.twin)
    unknown = set(symbols) - named.used - {"b", "r"}
    if unknown:
        raise UsageError(
            f"{', '.join(sorted(unknown))}: no size of this Hessian has that symbol",
            remedy=f"among {', '.join(sorted(named.offered | {'b', 'r'}))}",
        )
    offer = _chosen(offers(twin), encoding)
    bits = sympy.Symbol("b", integer=True, positive=True) if "b" in symbols else 10
    made = offer.prepared(Words(bits=bits), accesses[0]).encoding(controlled=True)
    if quantity == "alpha":
        return sympy.sympify(made.alpha)
    if quantity == "system":
        return sympy.sympify(made.system)
    cost = fold(made.routine, price_of)
    if quantity == "ancillas":
        return sympy.sympify(made.ancilla + made.gradient + cost.work)
    if quantity == "t_per_query":
        return sympy.sympify(_t_of(cost, exchange, "r" in symbols))
    return sympy.sympify(getattr(cost.gates, QUANTITIES[quantity]))


def _t_of(cost: Cost, exchange: Exchange, symbolic_rotation: bool) -> Any:
    if not symbolic_rotation:
        return exchange.t_of(cost.gates, ROTATION_EPSILON)
    others = exchange.t_of(replace(cost.gates, rotations=0), ROTATION_EPSILON)
    return others + cost.gates.rotations * sympy.Symbol("r", integer=True, positive=True)


def _chosen(found: Sequence[Offer], encoding: str | None) -> Offer:
    if not found:
        raise UnsupportedError(
            "nothing bounds the entries of this Hessian, so no encoding is offered",
            remedy="row_sparsity and max_entry, or frobenius_norm",
        )
    for offer in found:
        if encoding is None or encoding.lower() in offer.name.lower():
            return offer
    raise UsageError(f"no encoding is called {encoding!r}", remedy="; ".join(o.name for o in found))


class _Names:
    """Gives symbols to the sizes of the leaves."""

    def __init__(self, asked: Sequence[str]) -> None:
        self._asked = set(asked)
        self._numbered = any("_" in name for name in asked)
        self._known: dict[str, list[Any]] = {"n": [], "s": []}
        self.used: set[str] = set()
        self.offered: set[str] = set()

    def twin(self, item: Matrix, parts: tuple[Matrix, ...]) -> Matrix:
        """The node with symbols for sizes; a leaf keeps its bounds and loses its data."""
        match item:
            case Sparse() | Dense() | Declared():
                return self._leaf(item)
            case Diagonal():
                top = item.facts().max_entry
                low, high = item.facts().lambda_min, item.facts().lambda_max
                if low is None or high is None:
                    low = None if top is None else Fact(-top.value, Source.BOUND)
                    high = top
                return Diagonal(size=self._symbol("n", item.rows), lambda_min=low, lambda_max=high)
            case Banded():
                rows = self._symbol("n", item.rows)
                return Banded(rows=rows, offsets=item.offsets, values=item.values, periodic=item.periodic)
            case Identity():
                return Identity(size=self._symbol("n", item.rows))
            case Bounded():
                return parts[0]
            case _ if item.parts:
                return with_parts(item, parts)
        raise UnsupportedError(f"{type(item).__name__} has no symbolic sizes")

    def _leaf(self, item: Matrix) -> Matrix:
        facts = item.facts()
        rows = self._symbol("n", item.rows)
        columns = rows if item.columns == item.rows else self._symbol("n", item.columns)
        s = facts.row_sparsity
        sparsity = None if s is None else Fact(self._symbol("s", s.value), s.source)
        return Declared(
            rows=rows,
            columns=columns,
            row_sparsity=sparsity,
            column_sparsity=sparsity if facts.hermitian else facts.column_sparsity,
            max_entry=facts.max_entry,
            frobenius=facts.frobenius,
            row_one_norm=facts.row_one_norm,
            column_one_norm=facts.column_one_norm,
            norm=facts.norm,
            hermitian=facts.hermitian,
            real=facts.real,
        )

    def _symbol(self, letter: str, value: Any) -> Any:
        """The symbol of a size, if it was asked for; equal sizes share one."""
        known = self._known[letter]
        if value not in known:
            known.append(value)
        number = known.index(value) + 1
        name = f"{letter}_{number}"
        if letter in self._asked and number == 1:
            name = letter
        self.offered |= {letter, name}
        if name not in self._asked:
            return value
        self.used.add(name)
        return sympy.Symbol(name, integer=True, positive=True)
