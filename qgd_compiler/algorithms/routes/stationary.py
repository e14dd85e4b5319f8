r"""Plans that solve H x = −g once: where the run has come near its end, its length does not matter any more.

Errors (2-norm of the normalised output, all bounds): ‖u_T − x‖/‖u_T‖ <= m^T/(1 − m^T) is taken from the budget first.
The solution moves by a relative ρ/(1−ρ), ρ = ‖H⁻¹‖ε_H, with the encoding, and by a relative κ ε_g/‖x‖ (‖x‖ =
‖(H/α)⁻¹ĝ‖ >= 1) with the preparation of g; the solver adds its ε_s.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import final

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplification import Wanted, amplifications
from qgd_compiler.algorithms.history_plan import FINEST
from qgd_compiler.algorithms.linear_solvers import LinearSolver, dominated
from qgd_compiler.algorithms.menu.offer import Offer, Words
from qgd_compiler.algorithms.plan import Candidate, Lowered, Shares, displacement_of, distance_of
from qgd_compiler.algorithms.quadratic import Quadratic
from qgd_compiler.algorithms.routes.route import Line
from qgd_compiler.algorithms.subjects import StationarySubject
from qgd_compiler.algorithms.upload import vector_state
from qgd_compiler.costing.fold import Folder
from qgd_compiler.kinds import Kind

STATIONARY = "stationary point"


@final
class StationaryRoute:
    """One linear system in H with every solver for it."""

    def __init__(
        self, quadratic: Quadratic, epsilon: float, solvers: Sequence[LinearSolver], folder: Folder
    ) -> None:
        self._quadratic = quadratic
        self._epsilon = epsilon
        self._solvers = {solver.name: solver for solver in solvers}
        self._offers = {offer.name: offer for offer in quadratic.offers}
        self._folder = folder
        distance = quadratic.distance
        self._off = None if distance is None else distance_of(distance)

    @property
    def offers(self) -> Sequence[Offer]:
        """Of the matrix that is solved or raised to powers."""
        return tuple(self._offers.values())

    def lines(self, accesses: Sequence[Access]) -> Iterator[Line]:
        """Every solver with every encoding and access model, or one line if the run does not come near its end."""
        reason = self._why_not()
        if reason:
            solver = next(iter(self._solvers.values()))
            name = next(iter(self._offers), "none")
            yield Line(Candidate(STATIONARY, solver.name, name, accesses[0]), solver.kind, reason)
            return
        kappa = max(1.5 * self._quadratic.high / self._quadratic.low, 2.0)
        worse = dominated(tuple(self._solvers.values()), kappa, min(0.1 * self._epsilon, 0.1), True)
        for solver in self._solvers.values():
            for encoding in self._offers:
                for access in accesses:
                    candidate = Candidate(STATIONARY, solver.name, encoding, access)
                    yield Line(candidate, solver.kind, "", worse.get(solver.name, ("", 0))[0])

    def knobs(self, candidate: Candidate) -> Sequence[int]:
        """None."""
        return (0,)

    def near(self, knob: int) -> Sequence[int]:
        """None."""
        return ()

    def lowered(self, candidate: Candidate, knob: int, shares: Shares) -> Lowered:
        """As `Route` says."""
        quadratic, solver = self._quadratic, self._solvers[candidate.solver]
        assert quadratic.stationary is not None and self._off is not None
        budget, inverse_norm = self._epsilon - self._off, 1 / quadratic.low
        moved = displacement_of(shares.encoding * budget)
        rho = moved / (1 + moved)
        offer = self._offers[candidate.encoding]
        words = Words(epsilon=rho / inverse_norm)
        encoding = offer.prepared(words, candidate.access).encoding(controlled=True)
        alpha = float(encoding.alpha)
        rho = inverse_norm * float(encoding.epsilon)
        widened = 0.0 if shares.is_bound else rho
        kappa = alpha * inverse_norm / (1 - widened)
        moved_by = widened / (1 - widened)
        norm = (
            max(quadratic.stationary[0] * alpha * (1 - moved_by), 1.0),
            quadratic.stationary[1] * alpha * (1 + moved_by),
        )
        moved = displacement_of(shares.right_hand_side * budget)
        state = vector_state(
            quadratic.states,
            quadratic.nonzeros,
            offer.columns,
            moved * norm[0] / kappa,
            candidate.access,
            self._folder,
        )
        solver_epsilon = shares.solver * budget
        spread = math.sqrt(norm[1] / norm[0])
        queries = solver.queries(kappa, solver_epsilon, spread)
        success = queries.success
        if shares.is_bound:
            success = solver.queries(kappa, FINEST * solver_epsilon, spread).success
        run = solver.routine(encoding, state.routine, kappa, solver_epsilon)
        whole = sum(int(r.size) for r in run.registers if r.name != "gradient")
        return Lowered(
            candidate=candidate,
            knob=knob,
            shares=shares,
            facts=StationarySubject(
                encoding=encoding,
                inverse_norm=inverse_norm,
                kappa=kappa,
                distance=quadratic.distance or 0.0,
                solution_norm=norm,
                right_hand_side_bits=state.bits,
                right_hand_side_error=state.error,
            ),
            queries=queries,
            run=run,
            wanted=Wanted(),
            ways=amplifications(float(success), most=1.0, reusable=solver.reusable),
            allowed=shares.synthesis * budget / 2,
            synthesis_after=2.0,
            terms=(
                ("distance from the stationary point", self._off, Kind.BOUND),
                ("solver", solver_epsilon, queries.kind),
                ("encoding", distance_of(rho / (1 - rho)), Kind.BOUND),
                ("right-hand side", distance_of(kappa * state.error / norm[0]), Kind.BOUND),
            ),
            breakdown={
                "parameters": int(encoding.system),
                "encoding ancilla": int(encoding.ancilla),
                "solver ancilla": whole - int(encoding.system) - int(encoding.ancilla),
            },
            kinds=(Kind.BOUND,),
            reusable=solver.reusable,
        )

    def _why_not(self) -> str:
        quadratic = self._quadratic
        if quadratic.stationary is None:
            return "no smallest eigenvalue above 0 is certified, so the run has no certified end"
        if self._off is None:
            return "only a run from the start at one rate without momentum has a bound on what is left to its end"
        if self._off >= self._epsilon:
            return (
                f"after {quadratic.response.steps:,} steps the iterate may be {self._off:.3g} from the end, and the "
                f"whole error may be {self._epsilon:g}: a longer run, or a larger target.epsilon"
            )
        return ""
