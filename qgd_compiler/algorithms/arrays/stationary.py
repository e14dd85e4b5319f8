"""What plans for stationary points cost, many at once: `composed_stationary` on arrays."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.amplification import Wanted
from qgd_compiler.algorithms.arrays.history import Array, Index, Prices, States, counts_of
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.linear_solvers import LinearSolver
from qgd_compiler.algorithms.plan import Shares
from qgd_compiler.algorithms.problem import RightHandSide
from qgd_compiler.algorithms.stationary_plan import composed_stationary
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.scalars import Scalar


class Points(Protocol):
    """Lines of the menu for stationary points, by number; `layers` as of `Runs`."""

    @property
    def layers(self) -> bool: ...

    def left(self, line: Index) -> Scalar:
        """Of the error, when the distance from the stationary point is taken off."""

    def lowest(self, line: Index) -> Scalar:
        """The smallest eigenvalue of H."""

    def solution(self, line: Index) -> tuple[Scalar, Scalar]:
        """‖H⁻¹ĝ‖ between two values."""

    def steps(self, line: Index, epsilon: Array) -> tuple[Encoding, NDArray[np.bool_]]:
        """The controlled encoding of each H to an error, and where there is one."""

    def states(self, line: Index, epsilon: Array) -> States:
        """The preparation of each −g to an error."""


def priced_points(
    points: Points,
    solver: LinearSolver,
    exchange: Exchange,
    line: Index,
    shares: Shares,
    *,
    bound: bool = False,
    tight: bool = False,
) -> Prices:
    """As `arrays.history.priced`; there is no padding."""
    with np.errstate(all="ignore"):
        valid = np.ones(line.shape, dtype=bool)

        def step_of(epsilon: Scalar) -> Encoding:
            nonlocal valid
            step, valid = points.steps(line, np.broadcast_to(epsilon, line.shape))
            return step

        def state_of(epsilon: Scalar) -> RightHandSide:
            found = points.states(line, np.broadcast_to(epsilon, line.shape))
            return RightHandSide(found.routine, found.error, found.angle_bits)  # type: ignore[arg-type]

        made = composed_stationary(
            solver,
            points.left(line),
            points.lowest(line),
            points.solution(line),
            shares,
            step_of,
            state_of,
            bound=bound,
            tight=tight,
        )
        return counts_of(made, Wanted(), 1.0, solver, exchange, valid, layers=points.layers)
