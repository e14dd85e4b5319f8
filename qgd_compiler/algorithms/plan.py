r"""One plan: solver, encoding, access, padding and error split, lowered to a program and folded.

Errors (2-norm of the normalised output, all bounds). Restricting a state to an outcome of probability P
multiplies a distance by at most 2/√P. The history state is off by the solver's ε_s; by the encoding: with
ρ = ‖L⁻¹‖ε_L the solution moves by a relative ρ/(1−ρ), and κ grows by 1/(1−ρ); by the right-hand side's ε_b: by a
relative κ ε_b/‖x‖ (‖x‖ = ‖A⁻¹b̂‖ >= 1). A relative displacement r turns the direction by at most asin r, a distance
2 sin(asin(r)/2). R rotations synthesised to ε_r each move the state of one circuit by at most R ε_r.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from qgd_compiler.algorithms import amplitude_tree, kernel_reflection
from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplification import Amplification, amplification, amplified_run
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.gradient_state import phase_gradient_state
from qgd_compiler.algorithms.history import history_encoding, right_hand_side, rows
from qgd_compiler.algorithms.kernel_reflection import NORM_KNOWN, NORM_UNKNOWN, Queries
from qgd_compiler.algorithms.menu.offer import Offer, Words
from qgd_compiler.algorithms.precision import MOST_MEASURED, fewest_bits
from qgd_compiler.algorithms.problem import LinearProblem
from qgd_compiler.analysis.inverse_norm import history_inverse_norm
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
    """One line of the menu."""

    solver: str
    encoding: str
    access: Access


@dataclass(frozen=True)
class Plan:
    """A candidate worked out to a program and its counts."""

    candidate: Candidate
    padding: int
    shares: Shares
    hessian: Encoding
    history: Encoding
    inverse_norm: float
    kappa: float
    solution_norm: float | None
    queries: Queries
    time_probability: float
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
    """Works candidates out for one problem; remembers folded routines and measured errors."""

    def __init__(self, problem: LinearProblem, exchange: Exchange, folder: Folder) -> None:
        self.problem = problem
        self.exchange = exchange
        self.folder = folder
        self._offers = {offer.name: offer for offer in problem.offers}
        self._histories: dict[tuple[bytes, float, float, int], Encoding] = {}
        self._right_hand_sides: dict[tuple[int, int, int, Access], Routine] = {}
        self._gradient_errors: dict[tuple[int, bytes], float] = {}

    def why_invalid(self, candidate: Candidate) -> str | None:
        """The reason why a candidate cannot serve this problem; None if it can."""
        p = self.problem
        if candidate.solver == NORM_KNOWN and not p.run.exact:
            return "the norm of the solution is not known: no run was measured or declared"
        absent = dict(p.absent)
        if candidate.encoding not in self._offers:
            return absent[candidate.encoding]
        return None

    def plan(self, candidate: Candidate, padding: int, shares: Shares) -> Plan:
        """Lower and count one candidate; raises InfeasibleError when the budget cannot be met."""
        p = self.problem
        inverse_norm = _inverse_norm(p.growth, p.iterations, padding)
        probability = p.run.probability(padding)
        history_budget = p.epsilon * math.sqrt(probability) / 2

        moved = _displacement(shares.encoding * history_budget)
        rho = moved / (1 + moved)
        offer = self._offers[candidate.encoding]
        words = Words(epsilon=rho / (inverse_norm * p.learning_rate))
        hessian = offer.prepared(words, candidate.access).encoding(controlled=True)
        history = self._history(hessian, padding)
        rho = inverse_norm * float(history.epsilon)
        kappa = float(history.alpha) * inverse_norm / (1 - rho)
        norm = (
            p.run.solution_norm_ratio(p.iterations, padding) * float(history.alpha) if p.run.exact else None
        )

        moved = _displacement(shares.right_hand_side * history_budget)
        rhs_bits, rhs_error = self._gradient_bits(offer, moved * (norm or 1.0) / kappa)
        rhs = self._right_hand_side(offer.columns.span, padding, rhs_bits, candidate.access)

        solver_epsilon = shares.solver * history_budget
        if candidate.solver == NORM_KNOWN:
            queries = kernel_reflection.norm_known_queries(kappa, solver_epsilon)
            solver = kernel_reflection.norm_known_solver(history, rhs, queries.encoding // 2)
        else:
            queries = kernel_reflection.norm_unknown_queries(kappa, solver_epsilon)
            solver = kernel_reflection.norm_unknown_solver(history, rhs, queries.encoding)
        reached = amplification(
            probability * float(queries.success),
            exact=p.run.exact,
            reusable=candidate.solver == NORM_KNOWN,
        )
        time_bits = ceil_log2(rows(p.iterations, padding))
        program = _circuit(amplified_run(solver, time_bits, p.iterations, reached.rounds))
        cost = self.folder.cost(program)
        gates = cost.gates
        after = 2 / math.sqrt(probability)
        rotation_epsilon = shares.synthesis * p.epsilon / (after * max(int(gates.rotations), 1))
        t_per_circuit = int(self.exchange.t_count(gates, rotation_epsilon))
        circuits = Fraction(reached.circuits)
        own = sum(int(r.size) for r in program.registers)
        synthesis = int(self.exchange.extra_qubits(rotation_epsilon))
        norm_or_one = norm or 1.0
        return Plan(
            candidate=candidate,
            padding=padding,
            shares=shares,
            hessian=hessian,
            history=history,
            inverse_norm=inverse_norm,
            kappa=kappa,
            solution_norm=norm,
            queries=queries,
            time_probability=probability,
            amplification=reached,
            right_hand_side_bits=rhs_bits,
            error_terms=(
                ("solver", after * solver_epsilon, queries.kind),
                ("encoding", after * _distance(rho / (1 - rho)), Kind.BOUND),
                ("right-hand side", after * _distance(kappa * rhs_error / norm_or_one), Kind.BOUND),
                ("synthesis", after * int(gates.rotations) * rotation_epsilon, Kind.BOUND),
            ),
            rotation_epsilon=rotation_epsilon,
            program=program,
            cost=cost,
            qubits=own + int(cost.work) + synthesis,
            qubit_breakdown={
                **_breakdown(program, hessian, history, time_bits, int(cost.work)),
                "rotation synthesis": synthesis,
            },
            t_per_circuit=t_per_circuit,
            t_count=math.ceil(t_per_circuit * circuits),
            toffoli_count=math.ceil(int(gates.toffoli) * circuits),
            kind=weakest_kind((queries.kind, Kind.BOUND)),
        )

    def _gradient_bits(self, offer: Offer, epsilon: float) -> tuple[int, float]:
        """Angle bits for the right-hand side and the 2-norm error that results, measured where there is data."""
        entries, gradient = offer.columns.span, self.problem.gradient
        start = int(amplitude_tree.angle_bits_for(entries, epsilon))
        if gradient is None:
            bits = fewest_bits(start, 2, epsilon, None)
            return bits, float(amplitude_tree.error_bound(entries, bits))
        places = offer.columns.places()
        unit = np.zeros(int(entries))
        unit[places] = gradient / np.linalg.norm(gradient)

        def error(bits: int) -> float:
            key = (bits, unit.tobytes())
            if key not in self._gradient_errors:
                found = unit - amplitude_tree.realised(unit, bits)
                self._gradient_errors[key] = float(np.linalg.norm(found))
            return self._gradient_errors[key]

        bits = fewest_bits(start, 2, epsilon, error)
        if bits > MOST_MEASURED:
            return bits, float(amplitude_tree.error_bound(entries, bits))
        return bits, error(bits)

    def _history(self, hessian: Encoding, padding: int) -> Encoding:
        p = self.problem
        key = (hessian.routine.digest, float(hessian.alpha), float(hessian.epsilon), padding)
        if key not in self._histories:
            made = history_encoding(hessian, p.learning_rate, p.iterations, padding, idle=True)
            self._histories[key] = made
        return self._histories[key]

    def _right_hand_side(self, entries: int, padding: int, bits: int, access: Access) -> Routine:
        key = (entries, padding, bits, access)
        if key not in self._right_hand_sides:
            made = right_hand_side(entries, self.problem.iterations, padding, bits, access)
            self._right_hand_sides[key] = made
        return self._right_hand_sides[key]


@lru_cache(maxsize=4096)
def _inverse_norm(growth: float, iterations: int, padding: int) -> float:
    value = float(history_inverse_norm(growth, iterations, padding))
    if not math.isfinite(value) or value > 1e150:
        raise InfeasibleError(
            f"the iteration grows by {growth:.6g} per step: over {iterations} steps ‖L⁻¹‖ exceeds 1e150",
            at="dynamics",
            remedy="a smaller learning rate, fewer iterations, or damping (`qgd analyze` prints how much)",
        )
    return value


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
    program: Routine, hessian: Encoding, history: Encoding, time_bits: int, work: int
) -> dict[str, int]:
    """Logical qubits by purpose; they add up to the total."""
    return {
        "time": int(time_bits),
        "parameters": int(hessian.system),
        "hessian ancilla": int(hessian.ancilla),
        "history ancilla": int(history.ancilla) - int(hessian.ancilla),
        "solver ancilla": 3,  # sign, extra, and the rotation that carries 1/t
        "phase gradient": int(program.register("gradient").size),
        "work (peak)": work,
    }
