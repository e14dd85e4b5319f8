"""A read-out as it was planned: the question, the way that was chosen, and what each of its phases costs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from qgd_compiler.algorithms.plan import Plan
from qgd_compiler.algorithms.readout.menu import Question
from qgd_compiler.algorithms.readout.ways import Phase, Way


@dataclass(frozen=True)
class ReadPhase:
    """A phase of a read-out, counted on its circuits.

    circuits      expected, exactly
    solver_runs   uses of the solver run in all of them, forwards or backwards, amplification included
    t_per_circuit T gates of one circuit; of an estimation whose circuits differ, the mean rounded up
    t_count, toffoli_count, depth   over all circuits, rounded up
    qubits        of its largest circuit
    """

    phase: Phase
    circuits: Fraction
    solver_runs: Fraction
    t_per_circuit: int
    t_count: int
    toffoli_count: int
    depth: int
    qubits: int


@dataclass(frozen=True)
class Reading:
    """How an answer is read out of the states of a plan.

    question   as it was asked; `way` chosen, `ways` all that there are, cheapest first
    refused    why ways with a count were passed over, by name
    success    probability that one circuit succeeds, between two values
    one_state  the plan for one good state, before anything is read
    """

    question: Question
    way: Way
    ways: tuple[Way, ...]
    refused: dict[str, str]
    success: tuple[float, float]
    phases: tuple[ReadPhase, ...]
    one_state: Plan

    @property
    def circuits(self) -> Fraction:
        """Circuits that are run, expected."""
        return sum((p.circuits for p in self.phases), Fraction(0))

    @property
    def solver_runs(self) -> Fraction:
        """Uses of the solver run in all circuits."""
        return sum((p.solver_runs for p in self.phases), Fraction(0))
