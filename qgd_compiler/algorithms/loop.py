"""A run cut into segments, with a plan for each: upload, solve, download, classical steps; and all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from qgd_compiler.algorithms.plan import Plan
from qgd_compiler.algorithms.segments import Segment


@dataclass(frozen=True)
class Piece:
    """One segment, or several that are priced by one bound.

    segment   its steps; of several the first
    times     how many segments it stands for
    size      2-norm of the displacement that the quantum computer returns, at most (units of the parameters)
    error     2-norm error that one of them may make at its end (same units); `growth` by how much it grows until the
              end of the run
    followed  whether its own gradient was computed; else its price is a bound for every gradient
    """

    segment: Segment
    times: int
    size: float
    error: float
    growth: float
    followed: bool


@dataclass(frozen=True)
class PricedPiece:
    """A piece with the plan of one of its segments, read-out included."""

    piece: Piece
    plan: Plan

    @property
    def circuits(self) -> Fraction:
        """Circuits of one segment, expected."""
        reading = self.plan.reading
        return Fraction(self.plan.amplification.circuits) if reading is None else reading.circuits

    @property
    def solver_runs(self) -> Fraction:
        """Uses of the solver in one segment, expected."""
        reading = self.plan.reading
        return Fraction(self.plan.amplification.solver_runs) if reading is None else reading.solver_runs


@dataclass(frozen=True)
class Loop:
    """All segments of a run.

    segments         ⌈T/T_seg⌉, those without quantum steps included
    classical_steps  warm-up steps of all segments
    allowed          2-norm error at the end of the run (units of the parameters)
    """

    pieces: tuple[PricedPiece, ...]
    segments: int
    length: int
    classical_steps: int
    allowed: float

    @property
    def t_count(self) -> int:
        """T gates of all segments."""
        return sum(p.piece.times * p.plan.t_count for p in self.pieces)

    @property
    def toffoli_count(self) -> int:
        """Toffolis of all segments."""
        return sum(p.piece.times * p.plan.toffoli_count for p in self.pieces)

    @property
    def qubits(self) -> int:
        """Of the largest segment."""
        return max(p.plan.qubits for p in self.pieces)

    @property
    def circuits(self) -> Fraction:
        """Circuits of all segments: never hidden."""
        return sum((p.piece.times * p.circuits for p in self.pieces), Fraction(0))

    @property
    def solver_runs(self) -> Fraction:
        """Uses of the solver over all segments."""
        return sum((p.piece.times * p.solver_runs for p in self.pieces), Fraction(0))

    @property
    def uploads(self) -> int:
        """States that are computed classically for upload."""
        return sum(p.piece.times for p in self.pieces)

    @property
    def error(self) -> float:
        """What all errors together are at the end of the run, at most (units of the parameters)."""
        return sum(p.piece.times * p.piece.growth * p.piece.error for p in self.pieces)


@dataclass(frozen=True)
class Loops:
    """The loop of the chosen line, and of the best proven and heuristic ones; None where there is none."""

    best: Loop
    proven: Loop | None
    heuristic: Loop | None


def circuits_of(best: Plan, loops: Loops | None) -> float:
    """Circuits that are expected to run until the answer is there, of all segments where there are `loops`."""
    circuits: float = best.amplification.circuits
    if loops is not None:
        circuits = float(loops.best.circuits)
    elif best.reading is not None:
        circuits = float(best.reading.circuits)
    return max(1.0, circuits)
