"""What `qgd verify` found: every key of its JSON."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, FiniteFloat

from qgd_compiler.backends.document import Count, Document, Part, Probability, schema_of
from qgd_compiler.backends.page import Page

Verdict = Literal["pass", "fail", "not applicable"]


class GateCounts(Part):
    """Gates of one circuit; the preparation of the phase gradient is not among them."""

    toffoli: Count = Field(description="Toffoli gates; a temporary AND counts once, its inverse is free.")
    rotations: Count = Field(description="Rotations by an arbitrary angle.")
    measurements: Count = Field(description="Single-qubit measurements.")
    clifford: Count = Field(description="Clifford gates; of the claim an upper bound.")


class InstanceSizes(Part):
    """How large the instance is that was run."""

    parameters: Count = Field(description="Parameters n.")
    iterations: Count = Field(description="Steps T.")
    order: Count = Field(description="Carleman order N; 1 without a lift.")
    padding: Count = Field(description="Rows that repeat the last iterate.")
    family: str = Field(description="What is solved and how, without sizes.")
    encoding: str = Field(description="Block-encoding.")
    access: str = Field(description="Model of data access.")
    queries: Count = Field(description="Uses of the block-encoding in one run of the solver, as claimed.")
    word_bits: Count = Field(description="Bits of the longest words of the encoding.")


class Shots(Part):
    """Outcomes of a number of runs, drawn as hardware would give them."""

    shots: Count = Field(description="Runs of the circuit.")
    seed: Count = Field(description="Seed of the draw.")
    successes: Count = Field(description="Runs that succeeded.")
    counts: tuple[Count, ...] = Field(description="How often each parameter came out of those.")
    expected: tuple[Probability, ...] = Field(
        description="u_i^2/|u|^2 of plain gradient descent, parameter by parameter."
    )


class Family(Part):
    """One instance: what its plan claims, and what its circuit did when it was run."""

    name: str = Field(description="Name of the family.")
    verdict: Verdict = Field(description="Whether every claim held; not applicable: it could not be run.")
    claimed_error: FiniteFloat | None = Field(
        description="2-norm error of the normalised output, at most; synthesis apart, rotations are exact here."
    )
    measured_error: FiniteFloat | None = Field(description="Its distance from plain gradient descent.")
    claimed_success: Probability | None = Field(description="Success probability of one circuit, at least.")
    measured_success: FiniteFloat | None = Field(description="The weight that is left after post-selection.")
    qubits: Count | None = Field(description="Logical qubits, claimed and used.")
    t_count: Count | None = Field(description="T gates of the circuit in the default exchange.")
    claimed_gates: GateCounts | None = Field(default=None, description="Gates that the plan counts.")
    run_gates: GateCounts | None = Field(default=None, description="Gates that were run.")
    instance: InstanceSizes | None = Field(default=None, description="How large the instance is.")
    reason: str = Field(description="What failed, or why it does not apply; empty where all is well.")


class Reach(Part):
    """What a spec would need, and what was run in its place."""

    spec: str = Field(description="Name of the spec.")
    qubits: Count = Field(description="Logical qubits of its own circuit.")
    t_count: Count = Field(description="T gates of its own circuit.")
    simulator_qubits: Count = Field(description="Qubits that the simulator has.")
    fits: bool = Field(description="Whether the circuit of the spec itself was run.")
    how: tuple[str, ...] = Field(description="What was made smaller, step by step.")


class ProofReport(Document):
    """All families that were run, or the one of a spec."""

    qgd: Literal[1] = Field(default=1, description="Version of this format.")
    compiler: str = Field(description="Version of the compiler.")
    passed: Count = Field(description="Families of which every claim held.")
    failed: Count = Field(description="Families of which a claim failed.")
    not_applicable: Count = Field(description="Families that could not be run, with reasons.")
    families: tuple[Family, ...] = Field(description="One by one.")
    reach: Reach | None = Field(default=None, description="Of the spec, where one was given.")
    shots: Shots | None = Field(default=None, description="Where they were asked for.")

    def to_page(self) -> Page:
        """The document laid out for people."""
        from qgd_compiler.backends.proof_page import proof_page

        return proof_page(self)


def proof_schema() -> dict[str, Any]:
    """The JSON Schema of the report."""
    return schema_of(ProofReport, "proof.schema")
