"""The table lookups of a program: how many, and what they cost together."""

from __future__ import annotations

from dataclasses import dataclass

from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.gates import Gates
from qgd_compiler.costing.prices import price_of
from qgd_compiler.program.ir import Operation
from qgd_compiler.program.primitives import BucketBrigade, CleanLookup, DirtyLookup, Lookup, PricedLookup
from qgd_compiler.program.uses import uses

TABLES = (Lookup, DirtyLookup, CleanLookup, PricedLookup, BucketBrigade)


@dataclass(frozen=True)
class Lookups:
    """Table lookups of one circuit.

    number   lookups and erasures, each counted
    t_count  T gates of both, Toffolis and rotations exchanged
    """

    number: int
    t_count: int


def lookups_of(program: Operation, exchange: Exchange, rotation_epsilon: float) -> Lookups:
    """The table lookups in one run of `program`."""
    number, gates = 0, Gates()
    for op, used in uses(program).items():
        if not isinstance(op, TABLES):
            continue
        number += used.forward + used.inverse
        gates = gates + price_of(op, False).gates.times(used.forward)
        gates = gates + price_of(op, True).gates.times(used.inverse)
    return Lookups(number, int(exchange.t_of(gates, rotation_epsilon)))
