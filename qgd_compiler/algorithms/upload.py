"""The cheapest preparation of a real state: dense tree or sparse state, with each access model."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplitude_tree import amplitude_tree, angle_bits_for
from qgd_compiler.algorithms.sparse_state import sparse_state
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Cost, Folder
from qgd_compiler.program.ir import Routine

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
