"""The history of a quadratic model: L = I − S + S·[t<T]⊗η_t H_t, driven by the gradient at every step.

Momentum makes H the matrix of the pair (u, v) (`study/`), minibatches a block-diagonal one; the wanted part is then
marked by the qubits before the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplitude_tree import Tables, error_bound, tree_tables
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.history import Batches, history_encoding, rows
from qgd_compiler.algorithms.menu.offer import Offer, Words
from qgd_compiler.algorithms.menu.offers import offers
from qgd_compiler.algorithms.problem import ErrorTerm, HistorySums, InverseBound, RightHandSide
from qgd_compiler.algorithms.right_hand_sides import States, driven
from qgd_compiler.algorithms.upload import vector_state
from qgd_compiler.analysis.learning_rates import is_constant, largest
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import ceil_log2
from qgd_compiler.structure.diagonal import Diagonal
from qgd_compiler.structure.matrix import Matrix

Array = NDArray[np.float64]
BEYOND = 1e150


@dataclass(frozen=True, eq=False)
class LinearSystem:
    """One run of a quadratic model.

    width        rows of one step: the parameters, or twice as many with momentum
    rates        η_0 … η_{T−1}
    offers       encodings of H; for minibatches block-diagonal, the number of the block most significant
    states       −g: one, one per minibatch, or one per step (`noisy`)
    inverse      p to an upper bound on ‖L⁻¹‖
    batches      number of the minibatch of each step (None: one for all)
    uneven       the norms of η_t g_t differ
    marks        where u stands in a step
    nonzeros     entries of the state that are not zero, where it is one vector (None: not known)
    accretive    every step has norm at most 1, so that L + L† >= 0
    coasting     K on one step (None: 0)
    bounded_by_rows   `inverse` goes through all rows
    """

    width: int
    rates: Array
    offers: tuple[Offer, ...]
    absent: tuple[tuple[str, str], ...]
    sums: HistorySums
    states: States
    inverse: InverseBound
    batches: tuple[int, ...] | None = None
    noisy: bool = False
    uneven: bool = False
    marks: tuple[tuple[int, int], ...] = ()
    accretive: bool = False
    nonzeros: int | None = None
    coasting: Matrix | None = None
    bounded_by_rows: bool = False
    name: str = "history of a quadratic model"
    lift: str = "none"
    order: int = 1
    gamma: float | None = None
    errors: tuple[ErrorTerm, ...] = ()
    _inverse: dict[int, float] = field(default_factory=dict)
    _histories: dict[tuple[object, ...], Encoding] = field(default_factory=dict)
    _routines: dict[tuple[object, ...], Routine] = field(default_factory=dict)
    _folder: Folder = field(default_factory=lambda: Folder(price_of))

    @property
    def iterations(self) -> int:
        """T."""
        return len(self.rates)

    @cached_property
    def _rate(self) -> float:
        """The largest rate, which is taken out of the schedule."""
        return largest(self.rates)

    @cached_property
    def constant(self) -> bool:
        """Whether every step has the same rate."""
        return is_constant(self.rates)

    @property
    def row_by_row(self) -> bool:
        """As `System` says: for rates that change, or minibatches, or with momentum."""
        return self.bounded_by_rows or not self.constant or self.batches is not None

    def inverse_norm(self, padding: int) -> float:
        """As `System` says."""
        if padding not in self._inverse:
            self._inverse[padding] = below_limit(self.inverse(padding), self.iterations)
        return self._inverse[padding]

    def allowed(self, epsilon: float) -> float:
        """ε_L = η ε_H; where the rate changes, half of it is left for the table of the rates and what coasts."""
        whole = 1.0 if self.constant else 0.5 if self.coasting is None else 1 / 3
        return epsilon / self._rate * whole

    def history(self, step: Encoding, padding: int, access: Access) -> Encoding:
        """As `System` says."""
        key = (step.routine.digest, float(step.alpha), float(step.epsilon), padding, access)
        if key not in self._histories:
            rates = None if self.constant else self._schedule(step, padding, access)
            batches = None if self.batches is None else Batches(self.batches, access)
            self._histories[key] = history_encoding(
                step,
                self._rate,
                self.iterations,
                padding,
                idle=True,
                rates=rates,
                batches=batches,
                coasting=self._coasting(step, access),
            )
        return self._histories[key]

    def _coasting(self, step: Encoding, access: Access) -> Encoding | None:
        """K as exactly as ηH, by the encoding of the smallest α."""
        if self.coasting is None:
            return None
        least = min(offers(self.coasting, tables=self.states.written), key=lambda o: float(o.weight))
        error = max(self._rate * float(step.epsilon), 2.0**-45 * float(least.weight))
        return least.prepared(Words(epsilon=error), access).encoding(controlled=True)

    def _schedule(self, step: Encoding, padding: int, access: Access) -> Encoding:
        """diag(η_t/η) over the time register, as exact relative to its 1 as H is to its α.

        Beyond the rows too: between two queries of a solver the time may stand there, and no lookup may read beyond
        its table.
        """
        behind = 2 ** int(ceil_log2(rows(self.iterations, padding))) - self.iterations
        shares = np.concatenate([self.rates, np.full(behind, self.rates[-1])]) / self._rate
        known = offers(Diagonal(values=shares), tables=self.states.written)
        table = next(o for o in known if o.name == "diagonal table")
        relative = max(float(step.epsilon) / float(step.alpha), 2.0**-45)
        return table.prepared(Words(epsilon=relative), access).encoding(controlled=True)

    def right_hand_side(self, offer: Offer, padding: int, epsilon: float, access: Access) -> RightHandSide:
        """As `System` says; of one vector for all steps the cheaper of a dense and a sparse preparation."""
        span, places = self._columns(offer)
        if self.batches is None and not self.noisy and self.nonzeros is not None and self.nonzeros < span:
            return self._of_a_sparse_vector(offer, padding, epsilon, access)
        share = epsilon / 2 if self.uneven else epsilon
        bits, error = self.states.bits_for(span, places, share)
        if self.uneven:
            needed, of_times = States(self.iterations).bits_for(self.iterations, None, share)
            if needed > bits:
                bits, error = needed, float(error_bound(span, needed))
            error += of_times
        wide = int(offer.columns.bits) if self.batches is None else int(ceil_log2(span))
        key = (span, wide, padding, bits, access)
        if key not in self._routines:
            self._routines[key] = driven(
                span,
                self.iterations,
                padding,
                bits,
                access,
                varying=self.uneven,
                batches=self.batches,
                noisy=self.noisy,
                tables=self.states.words(span, places, bits),
                time_tables=self._time_words(bits),
                data_bits=wide,
            )
        return RightHandSide(self._routines[key], error, bits)

    def _time_words(self, bits: int) -> Tables | None:
        """The words of the tree of the times, whose amplitudes are η_t‖g_t‖."""
        held = self.states.data
        if not (self.states.written and self.uneven) or held is None:
            return None
        own = np.arange(self.iterations) if self.noisy else np.array(self.batches or [0] * self.iterations)
        return tree_tables(self.rates * np.linalg.norm(held[own], axis=1), bits)

    def _of_a_sparse_vector(
        self, offer: Offer, padding: int, epsilon: float, access: Access
    ) -> RightHandSide:
        assert self.nonzeros is not None
        of_times, share = 0.0, epsilon
        if self.uneven:
            share = epsilon / 2
            _, of_times = States(self.iterations).bits_for(self.iterations, None, share)
        found = vector_state(self.states, self.nonzeros, offer.columns, share, access, self._folder)
        bits = found.bits
        if self.uneven:
            bits = max(bits, States(self.iterations).bits_for(self.iterations, None, share)[0])
        key = (found.routine.digest, padding, bits, access)
        if key not in self._routines:
            self._routines[key] = driven(
                int(offer.columns.span),
                self.iterations,
                padding,
                bits,
                access,
                varying=self.uneven,
                time_tables=self._time_words(bits),
                data_bits=int(offer.columns.bits),
                state=found.routine,
            )
        return RightHandSide(self._routines[key], found.error + of_times, bits)

    def _columns(self, offer: Offer) -> tuple[int, NDArray[np.int64] | None]:
        """Amplitudes of the register of one step, and where the entries of a state stand in it."""
        known = self.states.data is not None
        if self.batches is None:
            return int(offer.columns.span), offer.columns.places() if known else None
        bits = int(offer.columns.bits) - int(ceil_log2(max(self.batches) + 1))
        return 2**bits, np.arange(self.states.size) if known else None


def below_limit(norm: float, iterations: int) -> float:
    """`norm`, or InfeasibleError where it exceeds 1e150."""
    if not norm < BEYOND:
        raise InfeasibleError(
            f"the iteration grows: over {iterations} steps ‖L⁻¹‖ exceeds 1e150",
            at="dynamics",
            remedy="a smaller learning rate, fewer iterations, or damping (`qgd analyze` prints how much)",
        )
    return norm
