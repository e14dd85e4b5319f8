"""The encodings of a matrix side by side at one precision: α, gates and T per query, best α·T first."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.menu.offer import Offer, Words
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Cost, Folder
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Kind, weakest_kind


@dataclass(frozen=True)
class Ranked:
    """One encoding with one access model at the precision that was asked for.

    encoding          under a control, as solvers use it
    epsilon           error of its words plus that of its rotations, spectral norm (units of the matrix)
    rotation_epsilon  what each rotation is synthesised to
    t_per_query       T gates of one use, Toffolis and rotations exchanged
    ancillas          qubits beyond control and system at the peak: flags, work, phase gradient
    kind              weakest of the error's and the exchange's
    """

    name: str
    encoding: Encoding
    cost: Cost
    epsilon: float
    rotation_epsilon: float
    t_per_query: int
    t_depth: int
    ancillas: int
    kind: Kind

    @property
    def t_per_norm(self) -> float:
        """α times T: what a solver pays per unit of the norm of the inverse."""
        return float(self.encoding.alpha) * self.t_per_query


@dataclass(frozen=True)
class Unranked:
    """An encoding that cannot reach the precision, or does not exist for this matrix."""

    name: str
    access: str
    reason: str


def rank(
    offers: Iterable[Offer],
    accesses: Sequence[Access],
    epsilon: float,
    exchange: Exchange,
    folder: Folder,
) -> tuple[tuple[Ranked, ...], tuple[Unranked, ...]]:
    """Every offer with every access model: half of `epsilon` for the words, half for the rotations."""
    ranked: list[Ranked] = []
    refused: list[Unranked] = []
    for offer, access in itertools.product(offers, accesses):
        try:
            ranked.append(ranked_one(offer, access, epsilon, exchange, folder))
        except InfeasibleError as error:
            refused.append(Unranked(offer.name, access.name, error.what))
    ranked.sort(key=lambda r: (r.t_per_norm, r.ancillas, r.name, r.encoding.access))
    return tuple(ranked), tuple(refused)


def ranked_one(offer: Offer, access: Access, epsilon: float, exchange: Exchange, folder: Folder) -> Ranked:
    """One offer at one precision; InfeasibleError if no words are long enough."""
    encoding = offer.prepared(Words(epsilon=epsilon / 2), access).encoding(controlled=True)
    cost = folder.cost(encoding.routine)
    gates = cost.gates
    rotations = int(gates.rotations)
    # R rotations off by e each move the unitary by R e, and the block by α R e.
    each = min(epsilon / (2 * float(encoding.alpha) * max(rotations, 1)), 1.0)
    synthesis = float(encoding.alpha) * rotations * each
    extra = int(exchange.extra_qubits(each)) if rotations else 0
    return Ranked(
        name=offer.name,
        encoding=encoding,
        cost=cost,
        epsilon=float(encoding.epsilon) + synthesis,
        rotation_epsilon=each,
        t_per_query=int(exchange.t_of(gates, each)),
        t_depth=int(exchange.t_depth(gates, each)),
        ancillas=int(encoding.ancilla) + int(encoding.gradient) + int(cost.work) + extra,
        kind=weakest_kind((encoding.kind, exchange.kind if rotations else exchange.toffoli_kind)),
    )
