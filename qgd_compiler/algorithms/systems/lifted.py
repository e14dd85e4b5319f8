"""The history of a lifted run: L = I − S·(C on t<T, I behind), C a Carleman step.

What the gradient feeds stands on the right-hand side at every step, or flows from level 0, which holds the constant 1;
about a minimum there is no gradient, and the run starts from the powers of u_0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.history import any_history_encoding
from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.problem import ErrorTerm, HistorySums, InverseBound, RightHandSide
from qgd_compiler.algorithms.right_hand_sides import States, constant_level, lifted, share_of_copies
from qgd_compiler.algorithms.systems.linear import below_limit
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import ceil_log2
from qgd_compiler.structure.carleman_step import CarlemanStep

Driven = Literal["gradient on the right-hand side", "gradient from level 0", "from a displacement"]


@dataclass(frozen=True, eq=False)
class LiftedSystem:
    """One run lifted to the powers of its state.

    step       C; `iterations` T
    driven     what the run is driven by
    weights    amplitudes of the levels of the right-hand side, from the first that is carried
    states     −g or u_0: what the copies of the right-hand side hold
    inverse    p to an upper bound on ‖L⁻¹‖
    errors     truncation, and the bias of the first-order lift
    """

    step: CarlemanStep
    iterations: int
    driven: Driven
    weights: tuple[float, ...]
    offers: tuple[Offer, ...]
    sums: HistorySums
    states: States
    inverse: InverseBound
    errors: tuple[ErrorTerm, ...]
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
        return int(self.step.rows)

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
            self._histories[key] = any_history_encoding(step, self.iterations, padding, idle=True)
        return self._histories[key]

    def right_hand_side(self, offer: Offer, padding: int, epsilon: float, access: Access) -> RightHandSide:
        """As `System` says."""
        n_bits = (int(offer.columns.bits) - self._level_bits) // self.order
        if self.driven == "gradient from level 0":
            return RightHandSide(constant_level(self.order, n_bits, self.iterations, padding), 0.0, 0)
        copy = offer.columns.parts[-1].parts[0]
        span = int(copy.span)
        places = copy.places() if self.states.data is not None else None
        share = share_of_copies(1.0, self.order, self.weights, self.step.first)
        bits, error = self.states.bits_for(span, places, epsilon * share)
        key = (span, padding, bits, access)
        if key not in self._routines:
            self._routines[key] = lifted(
                span,
                self.order,
                self.step.first,
                self.weights,
                self.iterations,
                padding,
                bits,
                access,
                driven_at_every_time=self.driven == "gradient on the right-hand side",
            )
        return RightHandSide(self._routines[key], error / share, bits)
