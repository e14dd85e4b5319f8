"""The history of a lifted run: L = I − S·(C on t<T, I behind), C a Carleman step.

What the gradient feeds stands on the right-hand side at every step, or flows from level 0, which holds the constant 1;
about a minimum there is no gradient, and the run starts from the powers of u_0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplitude_tree import error_bound, tree_tables
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.history import any_history_encoding
from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.problem import ErrorTerm, HistorySums, InverseBound, RightHandSide
from qgd_compiler.algorithms.right_hand_sides import (
    States,
    constant_level,
    lifted,
    lifted_changing,
    share_of_copies,
)
from qgd_compiler.algorithms.systems.linear import below_limit
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import ceil_log2
from qgd_compiler.structure.carleman_step import CarlemanStep
from qgd_compiler.structure.carleman_steps import CarlemanSteps

Array = NDArray[np.float64]

Driven = Literal["gradient on the right-hand side", "gradient from level 0", "from a displacement"]


@dataclass(frozen=True, eq=False)
class LiftedSystem:
    """One run lifted to the powers of its state.

    step       C, or all C_t where they change; `iterations` T
    driven     what the run is driven by
    weights    amplitudes of the levels of the right-hand side, from the first that is carried; one row per step where
               they change (the gradient on the right-hand side of a changing run), else one row
    states     −g or u_0: what the copies of the right-hand side hold; one, one per minibatch, or one per step (`noisy`)
    batches    number of the minibatch of each step (None: one for all)
    inverse    p to an upper bound on ‖L⁻¹‖
    errors     truncation, and the bias of the first-order lift
    """

    step: CarlemanStep | CarlemanSteps
    iterations: int
    driven: Driven
    weights: Array
    offers: tuple[Offer, ...]
    sums: HistorySums
    states: States
    inverse: InverseBound
    errors: tuple[ErrorTerm, ...]
    batches: tuple[int, ...] | None = None
    noisy: bool = False
    copy_marks: tuple[tuple[int, int], ...] = ()
    absent: tuple[tuple[str, str], ...] = ()
    accretive: bool = False
    _inverse: dict[int, float] = field(default_factory=dict)
    _histories: dict[tuple[object, ...], Encoding] = field(default_factory=dict)
    _routines: dict[tuple[object, ...], Routine] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As reports print it."""
        return f"{self.lift} Carleman lift of order {self.order}, {self.driven}"

    @property
    def lift(self) -> str:
        """Which of the two."""
        return self.step.lift

    @property
    def order(self) -> int:
        """N."""
        return self.step.order

    @property
    def gamma(self) -> float | None:
        """γ."""
        return float(self.step.gamma)

    @property
    def width(self) -> int:
        """Rows of one step."""
        return int(self.step.rows) // (self.iterations if self.changing else 1)

    @property
    def changing(self) -> bool:
        """Whether the step looks at the time."""
        return isinstance(self.step, CarlemanSteps)

    @property
    def row_by_row(self) -> bool:
        """As `System` says: tables end with the run."""
        return False

    @property
    def _level_bits(self) -> int:
        return int(ceil_log2(len(self.step.levels)))

    @property
    def marks(self) -> tuple[tuple[int, int], ...]:
        """Level 1 (and within its copy, the position of a pair with momentum)."""
        number, bits = 1 - self.step.first, self._level_bits
        level = tuple((b, (number >> (bits - 1 - b)) & 1) for b in range(bits))
        return (*level, *((bits + place, value) for place, value in self.copy_marks))

    def inverse_norm(self, padding: int) -> float:
        """As `System` says."""
        if padding not in self._inverse:
            self._inverse[padding] = below_limit(self.inverse(padding), self.iterations)
        return self._inverse[padding]

    def allowed(self, epsilon: float) -> float:
        """ε_L = ε_C."""
        return epsilon

    def history(self, step: Encoding, padding: int, access: Access) -> Encoding:
        """As `System` says."""
        key = (step.routine.digest, float(step.alpha), float(step.epsilon), padding)
        if key not in self._histories:
            beside = int(ceil_log2(self.iterations)) if self.changing else 0
            self._histories[key] = any_history_encoding(
                step, self.iterations, padding, idle=True, beside=beside
            )
        return self._histories[key]

    def right_hand_side(self, offer: Offer, padding: int, epsilon: float, access: Access) -> RightHandSide:
        """As `System` says."""
        layout = offer.columns.parts[-1] if self.changing else offer.columns
        n_bits = (int(layout.bits) - self._level_bits) // self.order
        if self.driven == "gradient from level 0":
            return RightHandSide(constant_level(self.order, n_bits, self.iterations, padding), 0.0, 0)
        copy = layout.parts[-1].parts[0]
        span = int(copy.span)
        places = copy.places() if self.states.data is not None else None
        of_levels = np.sqrt(np.sum(self.weights**2, axis=0))
        share = share_of_copies(1.0, self.order, of_levels, self.step.first)
        trees = self._trees()
        part = epsilon / (1 + len(trees))
        bits, error = self.states.bits_for(span, places, part * share)
        for size in trees:
            needed, _ = States(size).bits_for(size, None, part)
            if needed > bits:
                bits, error = needed, float(error_bound(span, needed))
        key = (span, padding, bits, access)
        if key not in self._routines:
            self._routines[key] = self._prepared(span, places, padding, bits, access)
        beside = sum(float(error_bound(size, bits)) for size in trees)
        return RightHandSide(self._routines[key], error / share + beside, bits)

    def _trees(self) -> list[int]:
        """Amplitudes of the trees beside those of the copies: of the times, and of the levels under each."""
        steps, levels = self.weights.shape
        if not (self.changing and self.driven == "gradient on the right-hand side"):
            return []
        return [size for size, there in ((steps, steps > 1), (levels, np.any(self.weights[:, 1:]))) if there]

    def _prepared(
        self, span: int, places: NDArray[np.int64] | None, padding: int, bits: int, access: Access
    ) -> Routine:
        words = self.states.words(span, places, bits)
        if not (self.changing and self.driven == "gradient on the right-hand side"):
            return lifted(
                span,
                self.order,
                self.step.first,
                [float(w) for w in self.weights[0]],
                self.iterations,
                padding,
                bits,
                access,
                driven_at_every_time=self.driven == "gradient on the right-hand side",
                tables=words,
            )
        written = self.states.written
        return lifted_changing(
            span,
            self.order,
            self.step.first,
            self.weights,
            self.iterations,
            padding,
            bits,
            access,
            batches=self.batches,
            noisy=self.noisy,
            tables=words,
            time_tables=tree_tables(np.linalg.norm(self.weights, axis=1), bits) if written else None,
            level_tables=tree_tables(self.weights, bits) if written else None,
        )
