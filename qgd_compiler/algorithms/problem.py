"""What lowering knows of a problem: linear systems that have the answer in them, and sums over the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.kinds import Kind, Source
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import Scalar, minimum, sqrt

if TYPE_CHECKING:
    from qgd_compiler.algorithms.quadratic import Quadratic

Interval = tuple[float, float]


@dataclass(frozen=True)
class HistorySums:
    """Squared norms of the solution y of a history system, each between two values, in any one unit.

    wanted           what is asked for: level 1 (the displacement) at time T
    last             all of y at time T, which the padding repeats
    total            all of y at the times 0 … T
    right_hand_side  ‖b‖² in the same unit; None: the unit is not known, only ratios are
    source           measured (iterated classically), or bound, or as declared
    """

    wanted: Interval
    last: Interval
    total: Interval
    right_hand_side: float | None
    source: Source

    def probability(self, padding: Scalar) -> tuple[Scalar, Scalar]:
        """Bounds on the probability to find level 1 at time T or later."""
        low = (padding + 1) * self.wanted[0] / (self.total[1] + padding * self.last[1])
        least = self.total[0] + padding * self.last[0]
        if isinstance(least, float) and least == 0:  # nothing is known of the solution from below
            return low, 1.0
        return low, minimum((padding + 1) * self.wanted[1] / least, 1.0)

    @property
    def reach(self) -> float:
        """The padding from which on more of it makes the wanted part at most twice as likely (lower bounds).

        0 where nothing is left of the last iterate: no padding finds it, and `probability` is 0.
        """
        return self.total[1] / self.last[1] if self.last[1] > 0 else 0.0

    def solution_norm(self, padding: Scalar) -> tuple[Scalar, Scalar] | None:
        """Bounds on ‖y‖/‖b‖; None where only ratios within y are known."""
        if self.right_hand_side is None:
            return None
        low, high = (t + padding * e for t, e in zip(self.total, self.last, strict=True))
        return sqrt(low / self.right_hand_side), sqrt(high / self.right_hand_side)


@dataclass(frozen=True)
class RightHandSide:
    """A preparation of b/‖b‖ with its 2-norm error and the bits of its angle words (0: no words)."""

    routine: Routine
    error: float
    bits: int


@dataclass(frozen=True)
class ErrorTerm:
    """A relative displacement of u_T that no circuit can mend."""

    name: str
    displacement: float
    kind: Kind


@dataclass(frozen=True)
class InverseBound:
    """A bound on ‖L⁻¹‖ as a function of the padding, and how it comes about.

    statement   what the bound is, in words; `source` where that is shown
    inputs      numbers that it depends on, beside the padding
    """

    of: Callable[[int], float]
    statement: str
    source: str
    inputs: tuple[tuple[str, float], ...] = ()

    def __call__(self, padding: int) -> float:
        return self.of(padding)


class System(Protocol):
    """A linear system L y = b over the time steps of a run.

    name     as reports print it
    lift     "none", "exact" or "first-order"; `order` the Carleman order
    gamma    the unit γ of u in the lift (None: no lift)
    width    rows per time step
    offers   encodings of the matrix of one step to choose from; `absent` those that it does not allow, with reasons
    sums     what is known of the solution
    errors   of the lift itself
    marks    where the wanted part stands: qubits of a step's register (from the first) and their values
    accretive   L + L† >= 0 is certain: no step is longer than it was
    row_by_row  a table has an entry for each row of padding, or the bound on ‖L⁻¹‖ is worked out row by row
    """

    @property
    def name(self) -> str: ...
    @property
    def lift(self) -> str: ...
    @property
    def order(self) -> int: ...
    @property
    def gamma(self) -> float | None: ...
    @property
    def width(self) -> int: ...
    @property
    def iterations(self) -> int: ...
    @property
    def offers(self) -> tuple[Offer, ...]: ...
    @property
    def absent(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def sums(self) -> HistorySums: ...
    @property
    def errors(self) -> tuple[ErrorTerm, ...]: ...
    @property
    def marks(self) -> tuple[tuple[int, int], ...]: ...
    @property
    def accretive(self) -> bool: ...
    @property
    def row_by_row(self) -> bool: ...

    def inverse_norm(self, padding: int) -> float:
        """An upper bound on ‖L⁻¹‖; InfeasibleError where it is beyond 1e150."""

    def allowed(self, epsilon: float) -> float:
        """The error that the encoding of one step may have for the history to be within `epsilon`."""

    def history(self, step: Encoding, padding: int, access: Access) -> Encoding:
        """The encoding of L from a controlled encoding of one step, itself with an idle control."""

    def right_hand_side(self, offer: Offer, padding: int, epsilon: float, access: Access) -> RightHandSide:
        """b/‖b‖ to `epsilon`, beside the registers of this offer."""


@dataclass(frozen=True)
class Problem:
    """A run of gradient descent to be priced.

    parameters  n; `iterations` T; `epsilon` the 2-norm error asked of the normalised output
    systems     the linear systems that answer it; at least one
    as_quadratics   makes `quadratics`
    """

    parameters: int
    iterations: int
    epsilon: float
    systems: tuple[System, ...]
    as_quadratics: Callable[[], tuple[Quadratic, ...]] = tuple

    @cached_property
    def quadratics(self) -> tuple[Quadratic, ...]:
        """The same run as a function of one Hessian, where it is one: about the start, about the minimum, or both."""
        return self.as_quadratics()
