"""Plans that solve H x = −g once: where the run has come near its end, its length does not matter any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import final

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplification import Wanted, amplifications
from qgd_compiler.algorithms.arrays.lines import LinesOfOnePoint
from qgd_compiler.algorithms.linear_solvers import LinearSolver, dominated
from qgd_compiler.algorithms.menu.offer import Offer, Words
from qgd_compiler.algorithms.plan import Candidate, Lowered, Shares, distance_of
from qgd_compiler.algorithms.quadratic import Quadratic
from qgd_compiler.algorithms.routes.route import Least, Line
from qgd_compiler.algorithms.stationary_plan import composed_stationary
from qgd_compiler.algorithms.subjects import StationarySubject
from qgd_compiler.algorithms.upload import vector_state
from qgd_compiler.costing.fold import Folder
from qgd_compiler.errors import InfeasibleError
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

    def quick_knobs(self, candidate: Candidate) -> Sequence[int]:
        """The same for arrays."""
        return self.knobs(candidate)

    def near(self, knob: int) -> Sequence[int]:
        """None."""
        return ()

    @property
    def quick(self) -> bool:
        """Whether arrays price its lines: nothing is written into lookups."""
        return not self._quadratic.states.written

    def solver(self, name: str) -> LinearSolver:
        """The solver of this name."""
        return self._solvers[name]

    def quick_lines(self, candidates: Sequence[Candidate], folder: Folder) -> LinesOfOnePoint:
        """Lines as arrays ask for them."""
        assert self._off is not None
        lines = [(self._offers[c.encoding], c.access) for c in candidates]
        quadratic, left = self._quadratic, self._epsilon - self._off
        return LinesOfOnePoint(lines, quadratic.states, quadratic.nonzeros, left, folder, quadratic=quadratic)

    def least(self, candidate: Candidate) -> Least | None:
        """Nothing is known beside the bounds of plans."""
        return None

    def lowered(self, candidate: Candidate, knob: int, shares: Shares) -> Lowered:
        """As `Route` says."""
        reason = self._why_not()
        if reason:
            raise InfeasibleError(reason, at="target.epsilon")
        quadratic, solver = self._quadratic, self._solvers[candidate.solver]
        assert quadratic.stationary is not None and self._off is not None
        offer, access = self._offers[candidate.encoding], candidate.access
        made = composed_stationary(
            solver,
            self._epsilon - self._off,
            quadratic.low,
            quadratic.stationary,
            shares,
            lambda epsilon: offer.prepared(Words(epsilon=epsilon), access).encoding(controlled=True),
            lambda epsilon: vector_state(
                quadratic.states, quadratic.nonzeros, offer.columns, epsilon, access, self._folder
            ),
            bound=shares.is_bound,
        )
        assert made.norm is not None
        whole = sum(int(r.size) for r in made.run.registers if r.name != "gradient")
        rho = made.rho
        return Lowered(
            candidate=candidate,
            knob=knob,
            shares=shares,
            facts=StationarySubject(
                encoding=made.step,
                inverse_norm=made.inverse_norm,
                kappa=made.kappa,
                distance=quadratic.distance or 0.0,
                solution_norm=made.norm,
                right_hand_side_bits=made.rhs.bits,
                right_hand_side_error=made.rhs.error,
            ),
            queries=made.queries,
            run=made.run,
            wanted=Wanted(),
            ways=amplifications(float(made.success), most=1.0, reusable=solver.reusable),
            allowed=made.allowed,
            synthesis_after=made.after,
            terms=(
                ("distance from the stationary point", self._off, Kind.BOUND),
                ("solver", made.solver_epsilon, made.queries.kind),
                ("encoding", distance_of(rho / (1 - rho)), Kind.BOUND),
                ("right-hand side", distance_of(made.kappa * made.rhs.error / made.least_norm), Kind.BOUND),
            ),
            breakdown={
                "parameters": int(made.step.system),
                "encoding ancilla": int(made.step.ancilla),
                "solver ancilla": whole - int(made.step.system) - int(made.step.ancilla),
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
