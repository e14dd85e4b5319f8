"""A way to read an output: its phases, how many results each needs, and how many solver runs that is expected to be.

A *run* is the circuit of the solver, amplified or not; it succeeds with a probability P, which is for the planner to
know. A result that is kept needs 1/P runs on average; an amplitude estimation keeps every result and runs the solver
back and forth instead. No number of runs is hidden: `Way.expected_runs` has them all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from qgd_compiler.kinds import Kind, weakest_kind


class Circuit(StrEnum):
    """What is built around a run."""

    PLAIN = "plain run"
    INTERFERED = "run interfered with a reference state"
    ESTIMATED = "amplitude estimation of an overlap with the run"
    SUCCESS = "amplitude estimation of the success of a run without amplification"
    COUNTED = "plain run without amplification, counted whether it succeeds or not"


@dataclass(frozen=True)
class Phase:
    """Results of one kind.

    kept      results that must have succeeded (plain and interfered runs); 0 for an amplitude estimation
    circuits  circuits of an amplitude estimation, or runs that are only counted; all count
    iterates  Grover iterates over all these circuits, each with two uses of the run
    phase_bits  qubits of the phase register that each of these circuits has; None: it has none
    """

    name: str
    circuit: Circuit
    kept: int = 0
    circuits: int = 0
    iterates: int = 0
    phase_bits: int | None = None
    kind: Kind = Kind.BOUND
    source: str = ""

    def expected_circuits(self, success: float) -> Fraction:
        """Circuits until all results are there; an interfered run succeeds more often (`interfered_success`)."""
        if self.circuit not in (Circuit.PLAIN, Circuit.INTERFERED):
            return Fraction(self.circuits)
        probability = success if self.circuit is Circuit.PLAIN else interfered_success(success)
        return Fraction(self.kept) / Fraction(probability)

    def expected_runs(self, success: float) -> Fraction:
        """Uses of the run (forwards or backwards) in all these circuits."""
        return self.expected_circuits(success) + 2 * self.iterates


@dataclass(frozen=True)
class Way:
    """One way to read an output.

    name       as reports print it
    phases     what is run
    failure    probability that the result is outside its error (None: not stated by the source)
    source     where the counts come from; each phase has its own kind
    returns    what comes out, in words
    zero_below magnitudes up to this are returned as 0 (of the normalised result)
    unavailable  why this way has no count ("" where it has one)
    """

    name: str
    phases: tuple[Phase, ...] = ()
    failure: float | None = None
    source: str = ""
    returns: str = ""
    zero_below: float = 0.0
    unavailable: str = ""

    @property
    def kind(self) -> Kind:
        """That of its weakest phase."""
        return weakest_kind(phase.kind for phase in self.phases)

    @property
    def needs_unitary(self) -> bool:
        """Whether the run must be a unitary that can be controlled, and not repeated until it succeeds inside."""
        return any(phase.circuit not in (Circuit.PLAIN, Circuit.COUNTED) for phase in self.phases)

    def expected_runs(self, success: float) -> Fraction:
        """All uses of the run, when one run succeeds with probability `success` (0 < success <= 1)."""
        if self.unavailable:
            raise ValueError(f"{self.name}: {self.unavailable}")
        return sum((phase.expected_runs(success) for phase in self.phases), Fraction(0))


def cheapest(ways: tuple[Way, ...], success: float, *, proven: bool = False) -> Way:
    """The way with the fewest expected runs; `proven`: only among bounds and exact counts.

    ValueError where there is none.
    """
    usable = [
        way for way in ways if not way.unavailable and (not proven or way.kind in (Kind.EXACT, Kind.BOUND))
    ]
    if not usable:
        raise ValueError("no way to read this output has a count")
    return min(usable, key=lambda way: way.expected_runs(success))


def interfered_success(success: float) -> float:
    """The probability that an interfered run succeeds when the run alone does with probability P: 2P/(1+P).

    The switch stands at √(1/(1+P)) for the run and √(P/(1+P)) for the reference, so that both have the same
    weight after success. Exact.
    """
    return 2 * success / (1 + success)


def switch_angle(success: float) -> float:
    """The R_y angle (radians) that puts amplitude √(P/(1+P)) on 0, the reference, and the rest on 1, the run."""
    return 2 * math.atan2(1.0, math.sqrt(success))
