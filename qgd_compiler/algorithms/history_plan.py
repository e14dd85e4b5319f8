r"""What a plan for a history system is made of, for numbers and for arrays of paddings and splits alike.

Errors (2-norm of the normalised output, all bounds). Restricting a state to an outcome of probability P
multiplies a distance by at most 2/√P. The history state is off by the solver's ε_s; by the encoding: with
ρ = ‖L⁻¹‖ε_L the solution moves by a relative ρ/(1−ρ), and κ grows by 1/(1−ρ); by the right-hand side's ε_b: by a
relative κ ε_b/‖x‖ (‖x‖ = ‖A⁻¹b̂‖ >= 1, less what the encoding takes). A relative displacement r turns the direction by
at most asin r, a distance 2 sin(asin(r)/2). R rotations synthesised to ε_r each move the state of one circuit by at
most R ε_r. What the lift itself is off by (truncation, bias) is taken from the budget first; the shares split the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.linear_solvers import LinearSolver
from qgd_compiler.algorithms.plan import Shares, displacement_of, distance_of
from qgd_compiler.algorithms.problem import HistorySums, RightHandSide
from qgd_compiler.algorithms.queries import Queries
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import Scalar, is_array, is_symbolic, maximum, minimum, sqrt

ROUNDED_UP = 1 + 1e-12  # so that a share is enough for the words that it was made for
SMALLEST = 2.0**-40  # share: words without any error have one too
FINEST = 1e-6  # of the budget: a finer solver does not succeed more often by more than this


class Sizes(Protocol):
    """What a history system says of its size: `systems/`, or the same of many at once."""

    @property
    def sums(self) -> HistorySums: ...

    def inverse_norm(self, padding: Scalar) -> Scalar: ...

    def allowed(self, epsilon: Scalar) -> Scalar: ...


@dataclass(frozen=True)
class Composed:
    """A solver on a history system at one padding and split.

    norm            ‖(L/α)⁻¹b̂‖ between two values; None: not known. `least_norm`: at least this
    rho             ‖L⁻¹‖ε_L
    after           2/√P: by how much an error of the history state grows in the output
    solver_epsilon  of the history state
    success         of one run, with the probability of the wanted part
    allowed         what all rotations of one circuit may make together
    shares          as given, or tightened
    """

    step: Encoding
    history: Encoding
    rhs: RightHandSide
    inverse_norm: Scalar
    probability: tuple[Scalar, Scalar]
    norm: tuple[Scalar, Scalar] | None
    least_norm: Scalar
    rho: Scalar
    kappa: Scalar
    after: Scalar
    solver_epsilon: Scalar
    queries: Queries
    run: Routine
    success: Scalar
    allowed: Scalar
    shares: Shares


def composed(
    sizes: Sizes,
    solver: LinearSolver,
    left: Scalar,
    padding: Scalar,
    shares: Shares,
    step_of: Callable[[Scalar], Encoding],
    history_of: Callable[[Encoding], Encoding],
    state_of: Callable[[Scalar], RightHandSide],
    *,
    bound: bool,
    tight: bool = False,
) -> Composed:
    """The plan with its programs.

    left      of the error, for all shares together
    step_of   the encoding of one step to an error; `history_of` that of L from it; `state_of` b/‖b‖ to an error
    bound     the shares add up to more than 1, and what comes out is a lower bound
    tight     what the words do not use of their shares, as they have whole numbers of bits, goes to the solver
    """
    inverse_norm = sizes.inverse_norm(padding)
    probability = sizes.sums.probability(padding)
    after = 2 / sqrt(probability[0])
    budget = left / after

    moved = displacement_of(shares.encoding * budget)
    rho = moved / (1 + moved)
    step = step_of(sizes.allowed(rho / inverse_norm))
    history = history_of(step)
    alpha = number(history.alpha)
    rho = inverse_norm * number(history.epsilon)
    widened = 0.0 if bound else rho  # a lower bound must not pay for its own coarse words
    kappa = alpha * inverse_norm / (1 - widened)
    norm = _solution_norm(sizes.sums, padding, alpha, widened / (1 - widened))
    least_norm = 1.0 if norm is None else norm[0]

    moved = displacement_of(shares.right_hand_side * budget)
    rhs = state_of(moved * least_norm / kappa)

    if tight:
        shares = tightened(shares, budget, rho, kappa * rhs.error / least_norm)
    solver_epsilon = shares.solver * budget
    spread = 1.0 if norm is None else sqrt(norm[1] / norm[0])
    queries = solver.queries(kappa, solver_epsilon, spread)
    success = queries.success
    if bound:
        success = solver.queries(kappa, FINEST * solver_epsilon, spread).success
    return Composed(
        step=step,
        history=history,
        rhs=rhs,
        inverse_norm=inverse_norm,
        probability=probability,
        norm=norm,
        least_norm=least_norm,
        rho=rho,
        kappa=kappa,
        after=after,
        solver_epsilon=solver_epsilon,
        queries=queries,
        run=solver.routine(history, rhs.routine, kappa, solver_epsilon),
        success=probability[0] * success,
        allowed=shares.synthesis * budget,
        shares=shares,
    )


def tightened(shares: Shares, budget: Scalar, rho: Scalar, rhs_moved: Scalar) -> Shares:
    """Shares for the same words of which nothing is left over."""
    used = (distance_of(rho / (1 - rho)), distance_of(rhs_moved))
    encoding, right_hand_side = (
        minimum(maximum(distance / budget * ROUNDED_UP, SMALLEST), share)
        for distance, share in zip(used, (shares.encoding, shares.right_hand_side), strict=True)
    )
    solver = 1 - encoding - right_hand_side - shares.synthesis
    return Shares(solver, encoding, right_hand_side, shares.synthesis)


def number(value: Scalar) -> Scalar:
    """An array or a symbol as it is, anything else as a float."""
    return value if is_array(value) or is_symbolic(value) else float(value)


def _solution_norm(
    sums: HistorySums, padding: Scalar, alpha: Scalar, moved: Scalar
) -> tuple[Scalar, Scalar] | None:
    """‖(L/α)⁻¹b̂‖, between two values, of the encoded system: it differs by a relative `moved`."""
    found = sums.solution_norm(padding)
    if found is None:
        return None
    return maximum(found[0] * alpha * (1 - moved), 1.0), found[1] * alpha * (1 + moved)
