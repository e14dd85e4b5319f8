"""What a plan is: a line of the menu lowered to a program, with its counts and where its error goes.

How each family of solvers gets there is in `routes/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.amplification import Amplification, Wanted, amplified_run
from qgd_compiler.algorithms.gradient_state import phase_gradient_state
from qgd_compiler.algorithms.queries import Queries
from qgd_compiler.algorithms.subjects import Subject
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Cost, Folder
from qgd_compiler.kinds import Kind, weakest_kind
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import Scalar, expected_count, minimum, sqrt

if TYPE_CHECKING:
    from qgd_compiler.algorithms.readout.reading import Reading

ErrorTerms = tuple[tuple[str, float, Kind], ...]


@dataclass(frozen=True)
class Shares:
    """How the error budget is split; the four shares, or arrays of them, add up to 1 (or are all 1: `free`)."""

    solver: Scalar
    encoding: Scalar
    right_hand_side: Scalar
    synthesis: Scalar

    @staticmethod
    def uniform() -> Shares:
        """A quarter each."""
        return Shares(0.25, 0.25, 0.25, 0.25)

    @staticmethod
    def halving() -> Shares:
        """Half, a quarter, an eighth and the rest."""
        return Shares(0.5, 0.25, 0.125, 0.125)

    @staticmethod
    def free() -> Shares:
        """All of the budget for everybody: no split is as good, so what it costs is a lower bound on every split."""
        return Shares(1.0, 1.0, 1.0, 1.0)

    @property
    def is_bound(self) -> bool:
        """Whether they add up to more than 1: what a plan costs there is a lower bound on all splits below, no plan."""
        return bool(self.solver + self.encoding + self.right_hand_side + self.synthesis > 1 + 1e-9)

    @staticmethod
    def from_weights(weights: Sequence[float]) -> Shares:
        """Shares proportional to positive weights."""
        total = sum(weights)
        return Shares(*(w / total for w in weights))


@dataclass(frozen=True)
class Candidate:
    """One line of the menu.

    subject   what is solved, as reports print it: a history system, a polynomial, the stationary point
    solver    how
    encoding  of which matrix, by name
    access    how tables are read
    """

    subject: str
    solver: str
    encoding: str
    access: Access


@dataclass(frozen=True)
class Plan:
    """A candidate worked out to a program and its counts.

    knob            the free number of its route (rows of padding), 0 where there is none
    facts           what the route knows of its subject
    rotation_epsilon   precision of every rotation
    t_per_circuit   T gates of one circuit, its amplification rounds included; `t_depth` its layers of T
    t_count, toffoli_count, depth   expected over all circuits until one succeeds, or until all is read out, rounded up
    reading         how the answer is read out; None: the state is the answer
    kind            of the queries, the error and the lift; the exchange not counted
    """

    candidate: Candidate
    knob: int
    shares: Shares
    facts: Subject
    queries: Queries
    amplification: Amplification
    error_terms: ErrorTerms
    rotation_epsilon: float
    program: Routine
    cost: Cost
    qubits: int
    qubit_breakdown: dict[str, int]
    t_per_circuit: int
    t_depth: int
    t_count: int
    toffoli_count: int
    depth: int
    kind: Kind
    reading: Reading | None = None


@dataclass(frozen=True)
class Lowered:
    """What a route hands over to be counted.

    run             from |0> to a state that is `wanted` where all flags are back in |0>; `ways` to get there
    allowed         2-norm error that all rotations of one circuit together may make; `synthesis_after`: by how much
                    it grows in the output
    terms           the other errors
    breakdown       qubits by purpose, without work and phase gradient
    reusable        the run is a unitary, which can be controlled and inverted
    """

    candidate: Candidate
    knob: int
    shares: Shares
    facts: Subject
    queries: Queries
    run: Routine
    wanted: Wanted
    ways: tuple[Amplification, ...]
    allowed: float
    terms: ErrorTerms
    synthesis_after: float
    breakdown: dict[str, int]
    kinds: tuple[Kind, ...]
    reusable: bool = True


def counted(lowered: Lowered, reached: Amplification, exchange: Exchange, folder: Folder) -> Plan:
    """The plan with its counts, for one of its `ways`."""
    program = circuit(amplified_run(lowered.run, lowered.wanted, reached))
    cost = folder.cost(program)
    gates = cost.gates
    rotations = int(gates.rotations)
    each = min(lowered.allowed / max(rotations, 1), 0.5)
    per_circuit, depth = int(exchange.t_count(gates, each)), int(exchange.t_depth(gates, each))
    synthesis = int(exchange.extra_qubits(each)) if rotations else 0
    breakdown = {
        **lowered.breakdown,
        "phase gradient": int(program.register("gradient").size),
        "work (peak)": int(cost.work),
        "rotation synthesis": synthesis,
    }
    return Plan(
        candidate=lowered.candidate,
        knob=lowered.knob,
        shares=lowered.shares,
        facts=lowered.facts,
        queries=lowered.queries,
        amplification=reached,
        error_terms=(
            *lowered.terms,
            ("synthesis", lowered.synthesis_after * rotations * each, Kind.BOUND),
        ),
        rotation_epsilon=each,
        program=program,
        cost=cost,
        qubits=sum(int(r.size) for r in program.registers) + int(cost.work) + synthesis,
        qubit_breakdown={name: size for name, size in breakdown.items() if size},
        t_per_circuit=per_circuit,
        t_depth=depth,
        t_count=expected_count(per_circuit, reached.circuits),
        toffoli_count=expected_count(int(gates.toffoli), reached.circuits),
        depth=expected_count(depth, reached.circuits),
        kind=weakest_kind((lowered.queries.kind, *lowered.kinds)),
    )


def circuit(run: Routine) -> Routine:
    """The run behind the preparation of its phase gradient."""
    builder = Builder("circuit", "solver")
    handles = {r.name: builder.register(r.name, r.size) for r in run.registers}
    gradient = handles["gradient"]
    builder.call(phase_gradient_state(gradient.size), gradient)
    builder.call(run, *handles.values())
    return builder.routine()


def displacement_of(distance: Scalar) -> Scalar:
    """The relative displacement r whose turned direction lies within `distance` d: sin(2 asin(d/2))."""
    half = minimum(distance, 1.0) / 2
    return 2 * half * sqrt(1 - half * half)


def distance_of(displacement: Scalar) -> Scalar:
    """The distance of directions that a relative displacement r can make: 2 sin(asin(r)/2)."""
    r = minimum(displacement, 1.0)
    return r * sqrt(2 / (1 + sqrt(1 - r * r)))
