r"""One plan: solver, encoding, access, padding and error split, lowered to a program and folded.

Errors (2-norm of the normalised output, all bounds). Restricting a state to an outcome of probability P
multiplies a distance by at most 2/√P. The history state is off by the solver's ε_s; by the encoding: with
ρ = ‖L⁻¹‖ε_L the solution moves by a relative ρ/(1−ρ), and κ grows by 1/(1−ρ); by the right-hand side's ε_b: by a
relative κ ε_b/‖x‖ (‖x‖ = ‖A⁻¹b̂‖ >= 1). A relative displacement r turns the direction by at most asin r, a distance
2 sin(asin(r)/2). R rotations synthesised to ε_r each move the state of one circuit by at most R ε_r.
What the lift itself is off by (truncation, bias) is taken from the budget first; the shares split the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from qgd_compiler.algorithms import kernel_reflection
from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplification import Amplification, Wanted, amplification, amplified_run
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.gradient_state import phase_gradient_state
from qgd_compiler.algorithms.history import rows
from qgd_compiler.algorithms.kernel_reflection import NORM_KNOWN, NORM_UNKNOWN, Queries
from qgd_compiler.algorithms.menu.offer import Words
from qgd_compiler.algorithms.problem import Interval, Problem, System
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Cost, Folder
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Kind, weakest_kind
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import ceil_log2

SOLVERS = (NORM_KNOWN, NORM_UNKNOWN)


@dataclass(frozen=True)
class Shares:
    """How the error budget is split; the four shares add up to 1."""

    solver: float
    encoding: float
    right_hand_side: float
    synthesis: float

    @staticmethod
    def uniform() -> Shares:
        """A quarter each."""
        return Shares(0.25, 0.25, 0.25, 0.25)

    @staticmethod
    def from_weights(weights: Sequence[float]) -> Shares:
        """Shares proportional to positive weights."""
        total = sum(weights)
        return Shares(*(w / total for w in weights))


@dataclass(frozen=True)
class Candidate:
    """One line of the menu: a system (by its number in the problem), a solver, an encoding, an access model."""

    system: int
    solver: str
    encoding: str
    access: Access


@dataclass(frozen=True)
class Plan:
    """A candidate worked out to a program and its counts."""

    candidate: Candidate
    system: System
    padding: int
    shares: Shares
    step: Encoding
    history: Encoding
    inverse_norm: float
    kappa: float
    solution_norm: Interval | None
    queries: Queries
    time_probability: Interval
    amplification: Amplification
    right_hand_side_bits: int
    error_terms: tuple[tuple[str, float, Kind], ...]
    rotation_epsilon: float
    program: Routine
    cost: Cost
    qubits: int
    qubit_breakdown: dict[str, int]
    t_per_circuit: int
    t_count: int
    toffoli_count: int
    kind: Kind


class Planner:
    """Works candidates out for one problem; remembers folded routines."""

    def __init__(self, problem: Problem, exchange: Exchange, folder: Folder) -> None:
        self.problem = problem
        self.exchange = exchange
        self.folder = folder
        self._offers = [{offer.name: offer for offer in system.offers} for system in problem.systems]

    def why_invalid(self, candidate: Candidate) -> str | None:
        """The reason why a candidate cannot serve this problem; None if it can."""
        system = self.problem.systems[candidate.system]
        if candidate.solver == NORM_KNOWN and system.sums.solution_norm(0) is None:
            return "the norm of the solution is not known: no run was measured or declared"
        if candidate.encoding not in self._offers[candidate.system]:
            return dict(system.absent)[candidate.encoding]
        return None

    def refusal(self, number: int) -> str | None:
        """Why a system cannot meet the budget whatever encodes it; None if it can."""
        try:
            self._budget(self.problem.systems[number])
        except InfeasibleError as error:
            return error.what
        return None

    def plan(self, candidate: Candidate, padding: int, shares: Shares) -> Plan:
        """Lower and count one candidate; raises InfeasibleError when the budget cannot be met."""
        system = self.problem.systems[candidate.system]
        epsilon, lift_terms = self._budget(system)
        inverse_norm = system.inverse_norm(padding)
        probability = system.sums.probability(padding)
        # A distance in the whole state grows by 2/√P when the outcome of probability P is kept.
        after = 2 / math.sqrt(probability[0])
        history_budget = epsilon / after

        moved = _displacement(shares.encoding * history_budget)
        rho = moved / (1 + moved)
        offer = self._offers[candidate.system][candidate.encoding]
        words = Words(epsilon=system.allowed(rho / inverse_norm))
        step = offer.prepared(words, candidate.access).encoding(controlled=True)
        history = system.history(step, padding, candidate.access)
        rho = inverse_norm * float(history.epsilon)
        kappa = float(history.alpha) * inverse_norm / (1 - rho)
        norm = self._solution_norm(system, padding, float(history.alpha))
        least_norm = 1.0 if norm is None else norm[0]

        moved = _displacement(shares.right_hand_side * history_budget)
        rhs = system.right_hand_side(offer, padding, moved * least_norm / kappa, candidate.access)

        solver_epsilon = shares.solver * history_budget
        if candidate.solver == NORM_KNOWN:
            assert norm is not None
            queries = kernel_reflection.norm_known_queries(
                kappa, solver_epsilon, math.sqrt(norm[1] / norm[0])
            )
            solver = kernel_reflection.norm_known_solver(history, rhs.routine, queries.encoding // 2)
        else:
            queries = kernel_reflection.norm_unknown_queries(kappa, solver_epsilon)
            solver = kernel_reflection.norm_unknown_solver(history, rhs.routine, queries.encoding)
        success = float(queries.success)
        reached = amplification(
            probability[0] * success,
            most=probability[1] if norm is not None else None,
            reusable=candidate.solver == NORM_KNOWN,
        )
        time_bits = int(ceil_log2(rows(system.iterations, padding)))
        wanted = Wanted(time_bits, system.iterations, system.marks)
        program = _circuit(amplified_run(solver, wanted, reached.rounds))
        cost = self.folder.cost(program)
        gates = cost.gates
        rotation_epsilon = shares.synthesis * epsilon / (after * max(int(gates.rotations), 1))
        t_per_circuit = int(self.exchange.t_count(gates, rotation_epsilon))
        circuits = Fraction(reached.circuits)
        own = sum(int(r.size) for r in program.registers)
        synthesis = int(self.exchange.extra_qubits(rotation_epsilon))
        return Plan(
            candidate=candidate,
            system=system,
            padding=padding,
            shares=shares,
            step=step,
            history=history,
            inverse_norm=inverse_norm,
            kappa=kappa,
            solution_norm=norm,
            queries=queries,
            time_probability=probability,
            amplification=reached,
            right_hand_side_bits=rhs.bits,
            error_terms=(
                *lift_terms,
                ("solver", after * solver_epsilon, queries.kind),
                ("encoding", after * _distance(rho / (1 - rho)), Kind.BOUND),
                ("right-hand side", after * _distance(kappa * rhs.error / least_norm), Kind.BOUND),
                ("synthesis", after * int(gates.rotations) * rotation_epsilon, Kind.BOUND),
            ),
            rotation_epsilon=rotation_epsilon,
            program=program,
            cost=cost,
            qubits=own + int(cost.work) + synthesis,
            qubit_breakdown={
                **_breakdown(program, step, history, time_bits, int(cost.work)),
                "rotation synthesis": synthesis,
            },
            t_per_circuit=t_per_circuit,
            t_count=math.ceil(t_per_circuit * circuits),
            toffoli_count=math.ceil(int(gates.toffoli) * circuits),
            kind=weakest_kind((queries.kind, Kind.BOUND, *(term.kind for term in system.errors))),
        )

    def _budget(self, system: System) -> tuple[float, list[tuple[str, float, Kind]]]:
        """What the lift leaves of the error, and what it takes."""
        terms = [(term.name, _distance(term.displacement), term.kind) for term in system.errors]
        left = self.problem.epsilon - math.fsum(distance for _, distance, _ in terms)
        if not left > 0:
            raise InfeasibleError(
                f"the {system.name} is off by {self.problem.epsilon - left:.3g} by itself, "
                f"and the whole error may be {self.problem.epsilon:g}",
                at="target.epsilon",
                remedy="a higher Carleman order, a shorter run, or a larger target.epsilon",
            )
        return left, terms

    def _solution_norm(self, system: System, padding: int, alpha: float) -> Interval | None:
        """‖(L/α)⁻¹b̂‖, between two values."""
        found = system.sums.solution_norm(padding)
        return None if found is None else (found[0] * alpha, found[1] * alpha)


def _displacement(distance: float) -> float:
    """The relative displacement r whose turned direction lies within `distance`: sin(2 asin(distance/2))."""
    return math.sin(2 * math.asin(min(distance, 1.0) / 2))


def _distance(displacement: float) -> float:
    """The distance of directions that a relative displacement r can make: 2 sin(asin(r)/2)."""
    return 2 * math.sin(math.asin(min(displacement, 1.0)) / 2)


def _circuit(run: Routine) -> Routine:
    """The run behind the preparation of its phase gradient."""
    builder = Builder("circuit", "solver")
    handles = tuple(builder.register(r.name, r.size) for r in run.registers)
    gradient = handles[-1]
    builder.call(phase_gradient_state(gradient.size), gradient)
    builder.call(run, *handles)
    return builder.routine()


def _breakdown(
    program: Routine, step: Encoding, history: Encoding, time_bits: int, work: int
) -> dict[str, int]:
    """Logical qubits by purpose; they add up to the total."""
    return {
        "time": int(time_bits),
        "parameters": int(history.system) - time_bits,
        "step ancilla": int(step.ancilla),
        "history ancilla": int(history.ancilla) - int(step.ancilla),
        "solver ancilla": 3,  # sign, extra, and the rotation that carries 1/t
        "phase gradient": int(program.register("gradient").size),
        "work (peak)": work,
    }
