r"""Plans that solve the history system of a run: every lift, solver, encoding, access and padding.

Errors (2-norm of the normalised output, all bounds). Restricting a state to an outcome of probability P
multiplies a distance by at most 2/√P. The history state is off by the solver's ε_s; by the encoding: with
ρ = ‖L⁻¹‖ε_L the solution moves by a relative ρ/(1−ρ), and κ grows by 1/(1−ρ); by the right-hand side's ε_b: by a
relative κ ε_b/‖x‖ (‖x‖ = ‖A⁻¹b̂‖ >= 1, less what the encoding takes). A relative displacement r turns the direction by
at most asin r, a distance 2 sin(asin(r)/2). R rotations synthesised to ε_r each move the state of one circuit by at
most R ε_r. What the lift itself is off by (truncation, bias) is taken from the budget first; the shares split the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import final

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplification import Wanted, amplifications
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.history import rows
from qgd_compiler.algorithms.linear_solvers import LinearSolver, dominated
from qgd_compiler.algorithms.menu.offer import Offer, Words
from qgd_compiler.algorithms.plan import Candidate, Lowered, Shares, displacement_of, distance_of
from qgd_compiler.algorithms.problem import Interval, System
from qgd_compiler.algorithms.routes.route import Line
from qgd_compiler.algorithms.subjects import HistorySubject
from qgd_compiler.kinds import Kind
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import ceil_log2

FINEST = 1e-6  # of the budget: a finer solver does not succeed more often by more than this


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
        """Paddings: none, a few from T/16 to 2T, those that fill the time register; of lifts T/2, T and one that fills.

        `near` refines the best of them.
        """
        iterations = self.system.iterations
        bits = ceil_log2(iterations + 1)
        if self.system.lift != "none":
            filling = next(
                p for p in (2**b - iterations - 1 for b in (bits, bits + 1)) if p >= iterations // 4
            )
            return sorted({max(1, iterations // 2), iterations, filling})
        grid = {0} | {max(1, round(iterations * 2.0**e)) for e in (-4, -2, -1, 0, 1)}
        grid |= {p for p in (2**b - iterations - 1 for b in (bits, bits + 1)) if p >= 0}
        return sorted(grid)

    def near(self, knob: int) -> Sequence[int]:
        """Paddings within 40 %."""
        return sorted({max(0, round(knob * f)) for f in (0.7, 0.85, 1.0, 1.2, 1.4)})

    def lowered(self, candidate: Candidate, knob: int, shares: Shares) -> Lowered:
        """As `Route` says; `knob` is the padding."""
        system, solver = self.system, self._solvers[candidate.solver]
        inverse_norm = system.inverse_norm(knob)
        probability = system.sums.probability(knob)
        after = 2 / math.sqrt(probability[0])
        budget = self._left / after

        moved = displacement_of(shares.encoding * budget)
        rho = moved / (1 + moved)
        offer = self._offers[candidate.encoding]
        words = Words(epsilon=system.allowed(rho / inverse_norm))
        step = offer.prepared(words, candidate.access).encoding(controlled=True)
        history = system.history(step, knob, candidate.access)
        rho = inverse_norm * float(history.epsilon)
        widened = 0.0 if shares.is_bound else rho  # a lower bound must not pay for its own coarse words
        kappa = float(history.alpha) * inverse_norm / (1 - widened)
        norm = self._solution_norm(knob, float(history.alpha), widened / (1 - widened))
        least_norm = 1.0 if norm is None else norm[0]

        moved = displacement_of(shares.right_hand_side * budget)
        rhs = system.right_hand_side(offer, knob, moved * least_norm / kappa, candidate.access)

        solver_epsilon = shares.solver * budget
        spread = 1.0 if norm is None else math.sqrt(norm[1] / norm[0])
        queries = solver.queries(kappa, solver_epsilon, spread)
        run = solver.routine(history, rhs.routine, kappa, solver_epsilon)
        success = queries.success
        if shares.is_bound:
            success = solver.queries(kappa, FINEST * solver_epsilon, spread).success
        ways = amplifications(
            probability[0] * float(success),
            most=probability[1] if norm is not None else None,
            reusable=solver.reusable,
        )
        time_bits = int(ceil_log2(rows(system.iterations, knob)))
        return Lowered(
            candidate=candidate,
            knob=knob,
            shares=shares,
            facts=HistorySubject(
                system=system,
                padding=knob,
                step=step,
                history=history,
                inverse_norm=inverse_norm,
                kappa=kappa,
                solution_norm=norm,
                probability=probability,
                right_hand_side_bits=rhs.bits,
                right_hand_side_error=rhs.error,
            ),
            queries=queries,
            run=run,
            wanted=Wanted(time_bits, system.iterations, system.marks),
            ways=ways,
            allowed=shares.synthesis * self._left / after,
            synthesis_after=after,
            terms=(
                *self._terms,
                ("solver", after * solver_epsilon, queries.kind),
                ("encoding", after * distance_of(rho / (1 - rho)), Kind.BOUND),
                ("right-hand side", after * distance_of(kappa * rhs.error / least_norm), Kind.BOUND),
            ),
            breakdown=_breakdown(run, step, history, time_bits),
            kinds=(Kind.BOUND, *(term.kind for term in system.errors)),
            reusable=solver.reusable,
        )

    def _off(self) -> str:
        return (
            f"the {self.system.name} is off by {self._epsilon - self._left:.3g} by itself, and the whole error may be "
            f"{self._epsilon:g}: a higher Carleman order, a shorter run, or a larger target.epsilon"
        )

    def _solution_norm(self, padding: int, alpha: float, moved: float) -> Interval | None:
        """‖(L/α)⁻¹b̂‖, between two values, of the encoded system: it differs by a relative `moved`."""
        found = self.system.sums.solution_norm(padding)
        if found is None:
            return None
        return max(found[0] * alpha * (1 - moved), 1.0), found[1] * alpha * (1 + moved)


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
