"""Plans that solve the history system of a run: every lift, solver, encoding, access and padding."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import final

import numpy as np

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplification import Wanted, amplifications
from qgd_compiler.algorithms.arrays.lines import LinesOfOneRun
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.history import rows
from qgd_compiler.algorithms.history_plan import composed
from qgd_compiler.algorithms.linear_solvers import LinearSolver, dominated
from qgd_compiler.algorithms.menu.offer import Offer, Words
from qgd_compiler.algorithms.paddings import MOST_ROWS, tried, tried_of_lifts
from qgd_compiler.algorithms.plan import Candidate, Lowered, Shares, distance_of
from qgd_compiler.algorithms.problem import System
from qgd_compiler.algorithms.routes.route import Least, Line
from qgd_compiler.algorithms.subjects import HistorySubject
from qgd_compiler.algorithms.systems.linear import LinearSystem
from qgd_compiler.costing.fold import Folder
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Kind
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import ceil_log2

MOST_BY_ROW = 2.0**16  # rows beyond 2T where something is worked out for each


@final
class HistoryRoute:
    """One linear system with every solver for it."""

    def __init__(self, system: System, epsilon: float, solvers: Sequence[LinearSolver]) -> None:
        self.system = system
        self._epsilon = epsilon
        self._solvers = {solver.name: solver for solver in solvers}
        self._offers = {offer.name: offer for offer in system.offers}
        self._terms = tuple((t.name, distance_of(t.displacement), t.kind) for t in system.errors)
        self._left = epsilon - math.fsum(distance for _, distance, _ in self._terms)

    @property
    def offers(self) -> Sequence[Offer]:
        """Of the matrix of one step."""
        return self.system.offers

    def lines(self, accesses: Sequence[Access]) -> Iterator[Line]:
        """Every solver with every encoding and access model, or one line if nothing can help."""
        if not self._left > 0:
            solver = next(iter(self._solvers.values()))
            name = next(iter(self._offers), "none")
            yield Line(Candidate(self.system.name, solver.name, name, accesses[0]), solver.kind, self._off())
            return
        known = self.system.sums.solution_norm(0) is not None
        worse = dominated(tuple(self._solvers.values()), *self._typical(), known)
        for solver in self._solvers.values():
            why = (
                ""
                if known or not solver.needs_norm
                else ("the norm of the solution is not known: no run was measured or declared")
            )
            for encoding, reason in (*((name, "") for name in self._offers), *self.system.absent):
                for access in accesses:
                    candidate = Candidate(self.system.name, solver.name, encoding, access)
                    yield Line(candidate, solver.kind, reason or why, worse.get(solver.name, ("", 0))[0])

    def _typical(self) -> tuple[float, float]:
        """A κ and an error of the size that plans will have: at a padding of T, with a small encoding."""
        iterations = self.system.iterations
        return max(3 * self.system.inverse_norm(iterations), 2.0), min(0.1 * self._left, 0.1)

    def knobs(self, candidate: Candidate) -> Sequence[int]:
        """Paddings up to the reach of the wanted part (`paddings`), of lifts fewer; `near` refines the best of them."""
        system = self.system
        if system.lift != "none":
            return tried_of_lifts(system.iterations, system.sums.reach)
        run, reach = np.array([float(system.iterations)]), np.array([system.sums.reach])
        most = MOST_BY_ROW if system.row_by_row else MOST_ROWS
        return sorted({int(p) for p in tried(run, reach, most)[0]})

    def quick_knobs(self, candidate: Candidate) -> Sequence[int]:
        """The same for arrays."""
        return self.knobs(candidate)

    def near(self, knob: int) -> Sequence[int]:
        """Paddings within 40 %."""
        return sorted({max(0, round(knob * f)) for f in (0.7, 0.85, 1.0, 1.2, 1.4)})

    def solver(self, name: str) -> LinearSolver:
        """The solver of this name."""
        return self._solvers[name]

    def quick_lines(self, candidates: Sequence[Candidate], folder: Folder) -> LinesOfOneRun:
        """Lines as arrays ask for them, where arrays serve the system."""
        assert isinstance(self.system, LinearSystem)
        lines = [(self._offers[c.encoding], c.access) for c in candidates]
        system = self.system
        return LinesOfOneRun(lines, system.states, system.nonzeros, self._left, folder, system=system)

    def least(self, candidate: Candidate) -> Least | None:
        """Nothing is known beside the bounds of plans."""
        return None

    def lowered(self, candidate: Candidate, knob: int, shares: Shares) -> Lowered:
        """As `Route` says; `knob` is the padding."""
        if not self._left > 0:
            raise InfeasibleError(self._off(), at="target.epsilon")
        system, solver = self.system, self._solvers[candidate.solver]
        offer, access = self._offers[candidate.encoding], candidate.access
        made = composed(
            system,
            solver,
            self._left,
            knob,
            shares,
            lambda epsilon: offer.prepared(Words(epsilon=epsilon), access).encoding(controlled=True),
            lambda step: system.history(step, knob, access),
            lambda epsilon: system.right_hand_side(offer, knob, epsilon, access),
            bound=shares.is_bound,
        )
        ways = amplifications(
            float(made.success),
            most=made.probability[1] if made.norm is not None else None,
            reusable=solver.reusable,
        )
        time_bits = int(ceil_log2(rows(system.iterations, knob)))
        rho, kind = made.rho, made.queries.kind
        rhs_moved = made.kappa * made.rhs.error / made.least_norm
        return Lowered(
            candidate=candidate,
            knob=knob,
            shares=shares,
            facts=HistorySubject(
                system=system,
                padding=knob,
                step=made.step,
                history=made.history,
                inverse_norm=made.inverse_norm,
                kappa=made.kappa,
                solution_norm=made.norm,
                probability=made.probability,
                right_hand_side_bits=made.rhs.bits,
                right_hand_side_error=made.rhs.error,
            ),
            queries=made.queries,
            run=made.run,
            wanted=Wanted(time_bits, system.iterations, system.marks),
            ways=ways,
            allowed=made.allowed,
            synthesis_after=made.after,
            terms=(
                *self._terms,
                ("solver", made.after * made.solver_epsilon, kind),
                ("encoding", made.after * distance_of(rho / (1 - rho)), Kind.BOUND),
                ("right-hand side", made.after * distance_of(rhs_moved), Kind.BOUND),
            ),
            breakdown=_breakdown(made.run, made.step, made.history, time_bits),
            kinds=(Kind.BOUND, *(term.kind for term in system.errors)),
            reusable=solver.reusable,
        )

    def _off(self) -> str:
        return (
            f"the {self.system.name} is off by {self._epsilon - self._left:.3g} by itself, and the whole error may be "
            f"{self._epsilon:g}: a higher Carleman order, a shorter run, or a larger target.epsilon"
        )


def _breakdown(run: Routine, step: Encoding, history: Encoding, time_bits: int) -> dict[str, int]:
    """Logical qubits by purpose, without work and gradient."""
    whole = sum(int(r.size) for r in run.registers if r.name != "gradient")
    return {
        "time": int(time_bits),
        "parameters": int(history.system) - time_bits,
        "step ancilla": int(step.ancilla),
        "history ancilla": int(history.ancilla) - int(step.ancilla),
        "solver ancilla": whole - int(history.system) - int(history.ancilla),
    }
