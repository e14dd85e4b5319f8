r"""Preparation and its inverse of the weights of a linear combination: a tree of rotations, or alias sampling.

Σ_k √(w_k/Σw) |k> on an index register, some |w_k| with signs that the inverse preparation adds: the tree by its own
table, alias sampling by a Z on the sign that it looked up.

Error, of Σ_k |w̃_k − w_k| with Σ w = 1: for alias sampling at most 2^−μ; for the tree twice the error of its state, once
for each side (Cauchy, Schwarz). A linear combination of contractions is off by no more.
Source: the modules of the two preparations.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np

from qgd_compiler.algorithms import amplitude_tree as tree
from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.alias_sampling import alias_sampling, alias_tables, keep_bits_for
from qgd_compiler.algorithms.qsp.walk import COMPONENT
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.gates import Gates
from qgd_compiler.costing.prices import price_of
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Gate
from qgd_compiler.scalars import Scalar, ceil_log2

TREE, ALIAS = "amplitude tree", "alias sampling"
METHODS = (TREE, ALIAS)


@dataclass(frozen=True)
class Preparation:
    """What prepares an index register of ⌈log2 entries⌉ qubits, and what undoes it and adds the signs.

    junk       qubits of the ancilla that hold what was looked up, between the two
    gradient   qubits of the phase gradient
    sign       where in the junk the sign stands, if it has to be added
    epsilon    Σ|w̃_k − w_k|, Σ|w_k| = 1: measured with weights, else a bound
    """

    method: str
    entries: int
    prepare: Routine
    unprepare: Routine
    junk: Scalar
    gradient: Scalar
    sign: Scalar | None
    epsilon: Scalar
    word_bits: Scalar

    def start(self, builder: Builder, index: Handle, junk: Handle, gradient: Handle) -> None:
        """|0> to the weights."""
        builder.call(self.prepare, index, self._beside(junk, gradient))

    def finish(self, builder: Builder, index: Handle, junk: Handle, gradient: Handle) -> None:
        """The signs, and back to |0>."""
        if self.sign is not None:
            builder.call(Gate(kind="Z"), junk.part(self.sign, 1))
        builder.call(self.unprepare, index, self._beside(junk, gradient), adjoint=True)

    def _beside(self, junk: Handle, gradient: Handle) -> Handle:
        return gradient.part(0, self.gradient) if self.method == TREE else junk


def cheapest(
    entries: int,
    epsilon: float,
    access: Sequence[Access] | Access,
    *,
    signed: bool,
    exchange: Exchange,
    weights: np.ndarray | None = None,
    method: str | None = None,
) -> Preparation:
    """The preparation with the fewest T gates, over both methods and all access models (or by one `method`).

    `weights` are real, with their signs; None: a count only. Bits come from the bound on the error alone, so that
    counts do not depend on the weights. ValueError for weights of other signs than `signed` allows.
    """
    if weights is not None and not signed and np.any(np.asarray(weights) < 0):
        raise ValueError("weights with signs need a preparation with signs")
    models = (access,) if not isinstance(access, Sequence) else tuple(access)
    found = [
        (_t_count(entries, epsilon, model, signed, name, exchange), i, j, model, name)
        for i, model in enumerate(models)
        for j, name in enumerate(METHODS)
        if method in (None, name)
    ]
    if not found:
        raise ValueError(f"no preparation {method!r}; there are {METHODS}")
    _, _, _, model, name = min(found, key=lambda f: f[:3])
    return (_by_tree if name == TREE else _by_alias)(entries, epsilon, model, signed, weights)


def _t_count(
    entries: int, epsilon: float, access: Access, signed: bool, method: str, exchange: Exchange
) -> int:
    made = (_by_tree if method == TREE else _by_alias)(entries, epsilon, access, signed, None)
    gates = _gates(made)
    return int(exchange.t_count(gates, epsilon / max(int(gates.rotations), 1)))


def _gates(made: Preparation) -> Gates:
    """Of both ways; remembered by what the routines are."""
    key = (made.prepare.digest, made.unprepare.digest)
    if key not in _FOLDED:
        _FOLDED[key] = fold(made.prepare, price_of).gates + fold(made.unprepare, price_of, adjoint=True).gates
    return _FOLDED[key]


_FOLDED: dict[tuple[bytes, bytes], Gates] = {}


def _by_tree(
    entries: int, epsilon: float, access: Access, signed: bool, weights: np.ndarray | None
) -> Preparation:
    bits = tree.angle_bits_for(entries, epsilon / 2)
    if weights is None:
        return _counted(TREE, entries, bits, cast(Hashable, access), signed)
    return _with_tree(entries, bits, access, weights)


def _by_alias(
    entries: int, epsilon: float, access: Access, signed: bool, weights: np.ndarray | None
) -> Preparation:
    bits = keep_bits_for(entries, epsilon)
    if weights is None:
        return _counted(ALIAS, entries, bits, cast(Hashable, access), signed)
    return _with_alias(entries, bits, access, signed, weights)


@lru_cache(maxsize=4096)
def _counted(method: str, entries: int, bits: int, access: Hashable, signed: bool) -> Preparation:
    """A count only, which depends on the error by its bits alone."""
    model = cast(Access, access)
    if method == TREE:
        return _with_tree(entries, bits, model, None)
    return _with_alias(entries, bits, model, signed, None)


def _with_tree(entries: int, bits: Scalar, access: Access, weights: np.ndarray | None) -> Preparation:
    right = left = None
    error = 2 * tree.error_bound(entries, bits)
    if weights is not None:
        roots = np.sqrt(np.abs(weights))
        right, left = tree.tree_tables(roots, bits), tree.tree_tables(np.copysign(roots, weights), bits)
        both = tree.realised(roots, bits) * tree.realised(np.copysign(roots, weights), bits)
        error = _off(both, weights) if entries > 1 else 0.0
    prepare, unprepare = (
        tree.amplitude_tree(entries, bits, access, tables=tables, component=COMPONENT)
        for tables in (right, left)
    )
    return Preparation(TREE, entries, prepare, unprepare, 0, bits, None, error, bits)


def _with_alias(
    entries: int, bits: Scalar, access: Access, signed: bool, weights: np.ndarray | None
) -> Preparation:
    tables, error = None, 2.0**-bits
    if weights is not None:
        tables = alias_tables(np.copysign(np.sqrt(np.abs(weights)), weights), bits, signs=signed)
        error = _off(np.copysign(tables.probabilities, weights), weights)
    routine = alias_sampling(entries, bits, access, signs=signed, tables=tables, component=COMPONENT)
    sign = ceil_log2(entries) + 1 if signed else None
    junk = routine.register("ancilla").size
    return Preparation(ALIAS, entries, routine, routine, junk, 0, sign, error, bits)


def _off(found: np.ndarray, weights: np.ndarray) -> float:
    return float(np.abs(found - np.asarray(weights) / np.abs(weights).sum()).sum())
