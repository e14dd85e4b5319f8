r"""What a plan for the stationary point is made of, for numbers and for arrays of splits alike.

Errors (2-norm of the normalised output, all bounds): ‖u_T − x‖/‖u_T‖ <= m^T/(1 − m^T) is taken from the budget first.
The solution moves by a relative ρ/(1−ρ), ρ = ‖H⁻¹‖ε_H, with the encoding, and by a relative κ ε_g/‖x‖ (‖x‖ =
‖(H/α)⁻¹ĝ‖ >= 1) with the preparation of g; the solver adds its ε_s.
"""

from __future__ import annotations

from collections.abc import Callable

from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.history_plan import FINEST, Composed, number, tightened
from qgd_compiler.algorithms.linear_solvers import LinearSolver
from qgd_compiler.algorithms.plan import Shares, displacement_of
from qgd_compiler.algorithms.problem import RightHandSide
from qgd_compiler.scalars import Scalar, maximum, sqrt

AFTER = 2.0  # by how much the rotations of one circuit grow in the output


def composed_stationary(
    solver: LinearSolver,
    left: Scalar,
    lowest: Scalar,
    solution: tuple[Scalar, Scalar],
    shares: Shares,
    step_of: Callable[[Scalar], Encoding],
    state_of: Callable[[Scalar], RightHandSide],
    *,
    bound: bool,
    tight: bool = False,
) -> Composed:
    """The plan with its programs; arguments as for `composed`.

    lowest     the smallest eigenvalue of H; `solution` ‖H⁻¹ĝ‖ between two values
    """
    inverse_norm = 1 / lowest
    moved = displacement_of(shares.encoding * left)
    rho = moved / (1 + moved)
    encoding = step_of(rho / inverse_norm)
    alpha = number(encoding.alpha)
    rho = inverse_norm * number(encoding.epsilon)
    widened = 0.0 if bound else rho
    kappa = alpha * inverse_norm / (1 - widened)
    moved_by = widened / (1 - widened)
    norm = (maximum(solution[0] * alpha * (1 - moved_by), 1.0), solution[1] * alpha * (1 + moved_by))
    moved = displacement_of(shares.right_hand_side * left)
    state = state_of(moved * norm[0] / kappa)
    if tight:
        shares = tightened(shares, left, rho, kappa * state.error / norm[0])
    solver_epsilon = shares.solver * left
    spread = sqrt(norm[1] / norm[0])
    queries = solver.queries(kappa, solver_epsilon, spread)
    success = queries.success
    if bound:
        success = solver.queries(kappa, FINEST * solver_epsilon, spread).success
    return Composed(
        step=encoding,
        history=encoding,
        rhs=state,
        inverse_norm=inverse_norm,
        probability=(1.0, 1.0),
        norm=norm,
        least_norm=norm[0],
        rho=rho,
        kappa=kappa,
        after=AFTER,
        solver_epsilon=solver_epsilon,
        queries=queries,
        run=solver.routine(encoding, state.routine, kappa, solver_epsilon),
        success=success,
        allowed=shares.synthesis * left / AFTER,
        shares=shares,
    )
