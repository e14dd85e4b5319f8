"""The cheapest preparation of a real state: dense tree or sparse state, with each access model."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplitude_tree import amplitude_tree, angle_bits_for, error_bound
from qgd_compiler.algorithms.menu.layout import Layout
from qgd_compiler.algorithms.problem import RightHandSide
from qgd_compiler.algorithms.right_hand_sides import States
from qgd_compiler.algorithms.scattered_state import scattered_state
from qgd_compiler.algorithms.sparse_state import sparse_state
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Cost, Folder, fold_kept
from qgd_compiler.costing.prices import price_of
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import ceil_log2

METHODS = ("dense tree", "sparse tree")


@dataclass(frozen=True)
class Preparation:
    """One way to prepare a state: its program, its fold, its T gates, and the bits of its angles."""

    method: str
    access: str
    routine: Routine
    cost: Cost
    t_count: int
    angle_bits: int


def preparations(
    dimension: int,
    nonzeros: int,
    epsilon: float,
    accesses: Sequence[Access],
    exchange: Exchange,
    folder: Folder,
) -> tuple[Preparation, ...]:
    """Every way to prepare a state with `nonzeros` of `dimension` amplitudes to a 2-norm `epsilon`, cheapest first.

    T gates: rotations to ε over their number (the trees have none; they turn by registers).
    """
    found = []
    for method, access in itertools.product(METHODS, accesses):
        entries = dimension if method == "dense tree" else nonzeros
        bits = int(angle_bits_for(entries, epsilon))
        routine = (
            amplitude_tree(dimension, bits, access)
            if method == "dense tree"
            else sparse_state(dimension, nonzeros, bits, access)
        )
        cost = folder.cost(routine)
        each = epsilon / max(int(cost.gates.rotations), 1)
        t = int(exchange.t_of(cost.gates, each))
        found.append(Preparation(method, access.name, routine, cost, t, bits))
    return tuple(sorted(found, key=lambda p: (p.t_count, int(p.cost.work))))


def vector_state(
    states: States, nonzeros: int, columns: Layout, epsilon: float, access: Access, folder: Folder
) -> RightHandSide:
    """|0> to one vector of `states` where the columns of an encoding stand, to `epsilon`: the cheaper of two ways.

    Registers: `system` (the columns' qubits), `gradient`. Dense: a tree over the whole register. Sparse: a tree over
    the entries that are not zero, and exchanges that bring them to their places. Cheaper: fewer Toffolis, then fewer
    work qubits.
    """
    span = int(columns.span)
    if states.data is None:
        bits, _ = states.bits_for(span, None, epsilon)
        short, _ = States(_filled(nonzeros)).bits_for(_filled(nonzeros), None, epsilon)
        return _unknown(span, int(columns.bits), nonzeros, bits, short, cast(Hashable, access))
    places = columns.places()
    bits, error = states.bits_for(span, places, epsilon)
    found = [(amplitude_tree(span, bits, access, tables=states.words(span, places, bits)), bits, error)]
    if nonzeros < span:
        found.append(_scattered(states, nonzeros, int(columns.bits), places, epsilon, access))

    def price(way: tuple[Routine, int, float]) -> tuple[int, int]:
        cost = folder.cost(way[0])
        return int(cost.gates.toffoli), int(cost.work)

    routine, bits, error = min(found, key=price)
    return RightHandSide(_named(routine, int(columns.bits), bits), error, bits)


@lru_cache(maxsize=1024)
def _unknown(span: int, system: int, nonzeros: int, bits: int, short: int, access: Hashable) -> RightHandSide:
    """The cheaper of two ways for a vector of which only the number of entries is known."""
    way = cast(Access, access)
    found = [(amplitude_tree(span, bits, way), bits, float(error_bound(span, bits)))]
    if nonzeros < span:
        error = float(error_bound(_filled(nonzeros), short))
        found.append((_counted(system, nonzeros, short, access, None), short, error))

    def price(one: tuple[Routine, int, float]) -> tuple[int, int]:
        cost = fold_kept(one[0], price_of, False)
        return int(cost.gates.toffoli), int(cost.work)

    routine, words, error = min(found, key=price)
    return RightHandSide(_named(routine, system, words), error, words)


def _filled(nonzeros: int) -> int:
    return int(2 ** int(ceil_log2(nonzeros)))


def _scattered(
    states: States,
    nonzeros: int,
    bits: int,
    places: NDArray[np.int64],
    epsilon: float,
    access: Access,
) -> tuple[Routine, int, float]:
    """The preparation over the entries that are not zero, with its bits and error."""
    assert states.data is not None
    filled = _filled(nonzeros)
    there = np.flatnonzero(states.data[0])
    amplitudes = states.data[0][there]
    stands = tuple(int(p) for p in places[there])
    few = States(len(amplitudes), 1, amplitudes[None])
    angle_bits, error = few.bits_for(filled, np.arange(len(amplitudes)), epsilon)
    if not states.written:
        return _counted(bits, len(stands), angle_bits, cast(Hashable, access), stands), angle_bits, error
    way = scattered_state(bits, len(stands), angle_bits, access, places=stands, amplitudes=amplitudes)
    return way, angle_bits, error


@lru_cache(maxsize=256)
def _counted(
    bits: int, nonzeros: int, angle_bits: int, access: Hashable, places: tuple[int, ...] | None
) -> Routine:
    return scattered_state(bits, nonzeros, angle_bits, cast(Access, access), places=places)


@lru_cache(maxsize=256)
def _named(routine: Routine, size: int, bits: int) -> Routine:
    """The preparation with registers named as solvers name them."""
    builder = Builder("preparation of the input", "right-hand side")
    system, gradient = builder.register("system", size), builder.register("gradient", bits)
    few = int(routine.register("state").size)  # the columns of a factor with more rows leave qubits over
    builder.call(routine, system.part(size - few, few), gradient)
    return builder.routine()
