"""The report of one compile: every key of the JSON that `qgd compile` prints."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, FiniteFloat

from qgd_compiler.backends.baseline_section import Baselines
from qgd_compiler.backends.document import Assumption, Count, Document, Part, Positive, Probability, schema_of
from qgd_compiler.backends.page import Page
from qgd_compiler.backends.physical_section import Physical
from qgd_compiler.backends.readout_section import ReadOut
from qgd_compiler.backends.segments_section import Segments
from qgd_compiler.kinds import Kind, Source


class Regime(Part):
    """Whether gradient descent contracts on this model, and by how much."""

    name: str = Field(alias="class", description="The class of the dynamics, such as 'linear dissipative'.")
    growth: FiniteFloat = Field(ge=0, description="Growth per step m >= max|1 - eta * lambda|.")
    growth_over_run: FiniteFloat | None = Field(
        default=None, description="m to the power of the number of steps; null where it exceeds 1.8e308."
    )
    margin: FiniteFloat = Field(description="1 - m: positive where the iteration contracts.")
    ratio: FiniteFloat | None = Field(
        default=None,
        ge=0,
        description="R of the majorant, below 1 where nonlinear terms stay small; null without them or above 1e308.",
    )
    transient: FiniteFloat | None = Field(
        default=None, ge=0, description="Largest growth at any time, where momentum lets it exceed m^t."
    )
    reasons: tuple[str, ...] = Field(description="Why this class, with the numbers, in plain words.")


class Carleman(Part):
    """The linearisation of the iteration."""

    order: int = Field(ge=1, description="Truncation order N; 1 for a quadratic model.")
    lift: str = Field(description="How the non-linear terms are lifted; 'none' for a quadratic model.")
    truncation_bound: FiniteFloat = Field(
        ge=0,
        description="Error of the last iterate from truncation, relative to it; 0 for a quadratic model.",
    )
    bias_bound: FiniteFloat = Field(
        default=0.0,
        ge=0,
        description="Error of the last iterate from the first-order lift, relative to it; 0 for the exact one.",
    )
    gamma: Positive | None = Field(
        default=None, description="Unit of the displacement in the lift; null without one."
    )
    width: Count = Field(description="Rows of the system for one time step.")


class LinearSystem(Part):
    """The history system L y = b of all iterates."""

    alpha: Positive = Field(description="Normalisation of the block-encoding of L; at least its 2-norm.")
    inverse_norm: Positive = Field(description="Upper bound on the 2-norm of the inverse of L.")
    kappa: Positive = Field(description="alpha * inverse_norm: what the solver pays for.")
    dimension: Count = Field(description="Rows of L: time steps times parameters.")
    rows: Count = Field(description="Time steps of the history, T + 1 + padding.")
    padding: Count = Field(description="Extra rows that repeat the last iterate.")
    chosen: bool = Field(description="Whether the chosen plan solves it; else the cheapest plan that does.")


class Stationary(Part):
    """The system H x = -g, whose solution the run comes near."""

    alpha: Positive = Field(description="Normalisation of the block-encoding of H; at least its 2-norm.")
    inverse_norm: Positive = Field(description="Upper bound on the 2-norm of the inverse of H.")
    kappa: Positive = Field(description="alpha * inverse_norm: what the solver pays for.")
    distance: FiniteFloat = Field(
        ge=0, description="|u_T - x| / |u_T|, at most: what the last iterate is off from the solution."
    )


class Polynomial(Part):
    """A polynomial of a Hermitian matrix, applied to what drives the run."""

    name: str = Field(description="Which polynomial.")
    argument: str = Field(description="The matrix that it is a polynomial of.")
    method: str = Field(description="How it is applied.")
    degree: Count = Field(description="Degree in the argument.")
    alpha: Positive = Field(description="Normalisation of the block-encoding of the argument.")
    scale: Positive = Field(description="The polynomial over the wanted function, which is 1 at its largest.")
    amplitude: Probability = Field(description="Norm of what it leaves of the normalised input, at least.")
    one_norm: Positive = Field(description="Sum of the sizes of its Chebyshev coefficients.")
    error: FiniteFloat = Field(ge=0, description="Sup-norm distance from the wanted function, over scale.")
    kind: Kind = Field(description="How far degree and error can be trusted.")


class Solver(Part):
    """How the answer is found."""

    name: str = Field(description="Name of the solver.")
    subject: str = Field(description="What is solved: a history system, a polynomial, the stationary point.")
    encoding: str = Field(description="Block-encoding of the Hessian, or of the matrix named by the subject.")
    access: str = Field(description="Model of data access.")
    queries: Count = Field(description="Uses of the block-encoding or its inverse, per solver run.")
    state_preparations: Count = Field(description="Preparations of b or their inverses, per solver run.")
    kind: Kind = Field(description="How far the number of queries can be trusted.")
    source: str = Field(description="The paper and statement that the number of queries comes from.")


class Rotations(Part):
    """A group of rotations synthesised to one precision."""

    label: str = Field(default="", description="What they do.")
    count: Count = Field(description="Number of rotations in one circuit.")
    epsilon: Positive = Field(description="Precision of each, in the norm that the exchange model names.")
    t_each: Count = Field(description="T gates for each rotation.")


class Component(Part):
    """One part of the circuit and what it costs."""

    name: str = Field(description="Name of the component.")
    t_count: Count = Field(description="T gates in one circuit, Toffolis and rotations exchanged for T.")
    toffoli: Count = Field(description="Toffoli gates in one circuit.")
    rotations: Count = Field(description="Rotations in one circuit.")
    share: Probability = Field(description="Share of the circuit's T count.")


class Logical(Part):
    """Logical resources of one run of the circuit, all amplification rounds included."""

    t_count: Count = Field(description="T gates with Toffolis and rotations exchanged for T.")
    toffoli: Count = Field(description="Toffoli gates; a temporary AND counts once, its inverse is free.")
    t: Count = Field(description="T gates outside Toffolis and rotations.")
    rotations: tuple[Rotations, ...] = Field(description="Rotations by an arbitrary angle.")
    clifford: Count = Field(description="Clifford gates.")
    measurement: Count = Field(description="Single-qubit measurements.")
    toffoli_depth: Count | None = Field(description="Layers of Toffolis, an upper bound; null where unknown.")
    t_depth: Count | None = Field(description="Layers of T gates, an upper bound; null where unknown.")
    qubits: Count = Field(description="Logical qubits, peak.")
    qubit_breakdown: dict[str, Count] = Field(description="Logical qubits by purpose, adding up to `qubits`.")
    by_component: tuple[Component, ...] = Field(description="Where the T count goes, in order of share.")
    data_loading_share: Probability = Field(description="Share of the T count that loads classical data.")
    lookups: Count = Field(description="Table lookups in one circuit, erasures counted too.")
    lookup_t: Count = Field(description="T gates in these lookups and erasures.")
    counts: dict[str, Count] = Field(
        description="The logical counts of one circuit under the field names of Microsoft's estimator."
    )


class Success(Part):
    """How often the circuit has to run for one good state."""

    probability: Probability = Field(description="Probability that one circuit succeeds.")
    rounds: Count = Field(description="Rounds of amplitude amplification inside one circuit.")
    runs: FiniteFloat = Field(ge=1, description="Expected number of circuits until one succeeds.")
    method: str = Field(description="'repeat until success' or 'amplitude amplification'.")


class ErrorShare(Part):
    """One share of the error budget."""

    name: str = Field(description="Where the error comes from.")
    epsilon: FiniteFloat = Field(ge=0, description="2-norm error of the normalised output state.")
    kind: Kind = Field(description="How far this number can be trusted.")


class Alternative(Part):
    """A linear system with a solver, an encoding and an access model that was considered."""

    subject: str = Field(
        description="What is solved: the plain history, a lift, a polynomial, the end point."
    )
    solver: str = Field(description="Name of the solver.")
    encoding: str = Field(description="Block-encoding of the Hessian.")
    access: str = Field(description="Model of data access.")
    t_count: Count | None = Field(description="Expected T gates over all runs; null where invalid.")
    toffoli: Count | None = Field(description="Expected Toffolis over all runs; null where invalid.")
    qubits: Count | None = Field(description="Logical qubits, peak; null where invalid.")
    valid: bool = Field(description="Whether it can serve this spec.")
    chosen: bool = Field(default=False, description="Whether the report is about this one.")
    kind: Kind | None = Field(description="How far its total can be trusted; null where invalid.")
    reason: str = Field(description="Why it was chosen, why it lost, or why it is invalid.")


class Offer(Part):
    """One plan in short."""

    subject: str = Field(description="What is solved.")
    rotation: str = Field(description="The model of rotation synthesis that it is priced with.")
    t_count: Count = Field(description="Expected T gates over all runs.")
    toffoli: Count = Field(description="Expected Toffolis over all runs.")
    qubits: Count = Field(description="Logical qubits, peak.")
    solver: str = Field(description="Name of the solver.")
    encoding: str = Field(description="Block-encoding of the Hessian.")
    access: str = Field(description="Model of data access.")


class Total(Part):
    """What the answer costs, all runs included."""

    t_count: Count = Field(
        description="Expected T gates until the answer is there, rounded up: one good state, or all that is read out."
    )
    toffoli: Count = Field(description="Expected Toffolis until the answer is there, rounded up.")
    qubits: Count = Field(description="Logical qubits, peak; the runs follow each other.")
    objective: str = Field(description="What the choice minimised.")
    proven: Offer | None = Field(description="Cheapest plan of which every part is exact or a proven bound.")
    why_no_proven: str = Field(default="", description="Why `proven` is null.")
    heuristic: Offer | None = Field(description="Cheapest plan that rests on a fit or a model convention.")
    why_no_heuristic: str = Field(default="", description="Why `heuristic` is null.")


class Split(Part):
    """How the error is shared out, and what other splits would cost."""

    solver: Probability = Field(description="Share of the solver.")
    encoding: Probability = Field(description="Share of the words of the encoding.")
    right_hand_side: Probability = Field(description="Share of the state that is prepared.")
    synthesis: Probability = Field(description="Share of the synthesis of rotations.")
    floor: Probability = Field(
        description="No plan of the menu costs less than this share of the objective of the chosen one."
    )
    uniform: Positive | None = Field(
        description="The objective at four equal shares over that of this plan; null where that is infeasible."
    )
    halving: Positive | None = Field(
        description="The same at shares of 1/2, 1/4, 1/8 and 1/8; null where that is infeasible."
    )


class ProofInstance(Part):
    """A small instance whose circuit was run and compared with plain gradient descent."""

    name: str = Field(description="Its name in the table of `qgd verify --all`.")
    passed: bool = Field(description="Whether every claim held: error, success, gates, qubits.")
    parameters: Count = Field(description="Parameters n.")
    iterations: Count = Field(description="Steps T.")
    order: Count = Field(description="Carleman order N; 1 without a lift.")
    claimed_error: FiniteFloat | None = Field(description="2-norm error of the output, at most.")
    measured_error: FiniteFloat | None = Field(description="Its distance from plain gradient descent.")
    claimed_success: Probability | None = Field(description="Success probability, at least.")
    measured_success: FiniteFloat | None = Field(description="As measured.")


class ProofSection(Part):
    """What was run of circuits like this one; from the committed record of `qgd verify --all`."""

    family: str = Field(description="What is solved and how, without sizes.")
    encoding: str = Field(description="Block-encoding of the plan.")
    statement: str = Field(description="In plain words.")
    end_to_end: tuple[ProofInstance, ...] = Field(description="Instances of the same family.")
    encoding_elsewhere: tuple[ProofInstance, ...] = Field(
        description="Instances of other families with the same encoding."
    )


class Report(Document):
    """What one spec costs, why, and what that rests on."""

    qgd: Literal[1] = Field(default=1, description="Version of this format.")
    name: str = Field(description="Name of the spec.")
    compiler: str = Field(description="Version of the compiler.")
    spec_digest: str = Field(description="SHA-256 of the resolved spec.")
    verdict: tuple[str, ...] = Field(description="The result in plain words, most important first.")
    kind: Kind = Field(description="The weakest formula that the total rests on.")
    weakest_source: Source = Field(description="The weakest input that the total rests on.")
    total: Total = Field(description="What the answer costs, all runs included.")
    regime: Regime = Field(description="Whether gradient descent contracts on this model.")
    carleman: Carleman = Field(description="The linearisation of the iteration.")
    solver: Solver = Field(description="How the answer is found.")
    linear_system: LinearSystem | None = Field(
        default=None, description="The history system of all iterates; null where no plan solves one."
    )
    stationary: Stationary | None = Field(
        default=None, description="The system of the stationary point, where the solver solves it."
    )
    polynomial: Polynomial | None = Field(
        default=None, description="The polynomial, where the solver applies one."
    )
    success: Success = Field(description="How often the circuit has to run.")
    readout: ReadOut | None = Field(
        default=None, description="Until the answer is on paper; null where the answer is the state itself."
    )
    segments: Segments | None = Field(
        default=None,
        description="The run cut into segments; null where it is one piece. Plans below are of the first segment.",
    )
    logical: Logical = Field(description="Logical resources of one run of the circuit.")
    baselines: Baselines | None = Field(
        default=None,
        description="The run on classical machines, and what would have to be true to be faster.",
    )
    physical: Physical | None = Field(
        default=None, description="What a machine needs for it; null where the spec names no hardware."
    )
    error_budget: tuple[ErrorShare, ...] = Field(description="Where the allowed error goes.")
    split: Split = Field(description="How the error is shared out.")
    pareto: tuple[Offer, ...] = Field(
        description="Plans that no other beats in both qubits and T gates, fewest qubits first."
    )
    alternatives: tuple[Alternative, ...] = Field(
        description="All that was considered, best first, invalid last."
    )
    assumptions: tuple[Assumption, ...] = Field(description="The inputs that the result rests on.")
    proof: ProofSection | None = Field(
        default=None, description="Which circuits of this family were run, and how they did."
    )

    def to_page(self) -> Page:
        """The document laid out for people."""
        from qgd_compiler.backends.report_page import report_page

        return report_page(self)


def report_schema() -> dict[str, Any]:
    """The JSON Schema of the report."""
    return schema_of(Report, "report.schema")
