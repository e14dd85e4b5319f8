"""What decides on the formula behind the price of a plan, and the names of what it is applied to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from qgd_compiler.algorithms.linear_solvers import LinearSolver
from qgd_compiler.algorithms.polynomial_plan import Method
from qgd_compiler.costing.exchange import Exchange

Subject = Literal["history", "point", "polynomial"]

SHARES = ("solver", "encoding", "right_hand_side", "synthesis")
SUMS = ("wanted_low", "wanted_high", "last_low", "last_high", "total_low", "total_high", "right_hand_sides")
INPUTS: dict[Subject, tuple[str, ...]] = {
    # η, T, the error for all shares together, and squared norms of the solution; then what is tried
    "history": ("rate", "iterations", "left", *SUMS, "padding", "inverse_norm", *SHARES),
    # the smallest eigenvalue, and ‖H⁻¹ĝ‖ between two values
    "point": ("left", "lowest", "solution_low", "solution_high", *SHARES),
    # ‖f(H)v̂‖/F between two values (the upper one NaN: not known), α of the encoding, the place of the whole error in
    # the grid of polynomials, and the knob of the route (`padding`)
    "polynomial": ("left", "kept_low", "kept_high", "weight", "place", "padding", *SHARES),
}
# of a polynomial of mixed parity, as in `Truncated`
OF_SERIES = ("degree", "weight", "moment", "processed", "scale")


@dataclass(frozen=True)
class Form:
    """What decides on a formula.

    subject      of plans for histories, for stationary points, or for polynomials
    solver       or of polynomials the method
    normed       the norm of the solution of a history is known, in the unit of the right-hand side
    marks        where the wanted part stands in a step
    layers       depths are counted (else they are 0)
    bound        the shares add up to more than 1, and the prices are lower bounds
    tight        what words do not use of their shares goes to the solver; a polynomial has the share that it needs,
                 and the others the rest in proportion to theirs
    in_t         memory may have a price in T gates; else encodings and states are Toffolis and rotations
    value        what is minimised: then it and the shares are all that comes out, and with `sized` the qubits
    """

    subject: Subject
    solver: LinearSolver | Method
    exchange: Exchange
    normed: bool
    marks: tuple[tuple[int, int], ...]
    layers: bool
    bound: bool
    tight: bool
    in_t: bool
    value: Callable[[Any], Any] | None = None
    sized: bool = True

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of what the formula is applied to, in order; arrays that broadcast, ways on the last axis."""
        return INPUTS[self.subject]
