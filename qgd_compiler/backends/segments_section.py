"""The segments of a run in a report: what each uploads, solves and reads, and all of them together."""

from __future__ import annotations

import math

from pydantic import Field, FiniteFloat

from qgd_compiler.algorithms.loop import Loop, PricedPiece
from qgd_compiler.backends.document import Count, Part
from qgd_compiler.backends.figures import count, real
from qgd_compiler.backends.page import Grid, Section, columns

HANDS_ON = "vector and norm, for the next upload"


class SegmentPart(Part):
    """One segment, or several that are priced by one bound."""

    start: Count = Field(description="Its first step; of several segments that of the first.")
    end: Count = Field(description="The step behind its last one.")
    times: Count = Field(description="How many segments this is the price of.")
    warm_up: Count = Field(description="Of its steps, how many run classically before the upload.")
    steps: Count = Field(description="Steps on the quantum computer.")
    followed: bool = Field(
        description="Whether its own gradient was computed; else the price is a bound for every gradient."
    )
    displacement: FiniteFloat = Field(
        ge=0, description="2-norm of what it returns, at most (units of the parameters)."
    )
    error: FiniteFloat = Field(ge=0, description="2-norm error that it may make (units of the parameters).")
    growth: FiniteFloat = Field(ge=0, description="By how much that error may grow until the end of the run.")
    reads: str = Field(description="What is read out of it.")
    precision: FiniteFloat | None = Field(
        default=None, description="2-norm error of the vector handed on, relative; null where none is."
    )
    norm_precision: FiniteFloat | None = Field(
        default=None, description="Relative error of its norm; null where it is not read."
    )
    solver: str = Field(description="The solver.")
    rounds: Count = Field(description="Rounds of amplification of one circuit.")
    circuits: Count = Field(description="Expected circuits of one segment, rounded up.")
    solver_runs: Count = Field(description="Expected uses of the solver in one segment, rounded up.")
    t_per_circuit: Count = Field(description="T gates of one circuit, without what the read-out adds to it.")
    t_count: Count = Field(description="T gates of one segment, upload and read-out included.")
    toffoli: Count = Field(description="Toffolis of one segment.")
    qubits: Count = Field(description="Logical qubits, peak.")


class Segments(Part):
    """The run cut into segments, each with an upload, a solver and a read-out."""

    applied: bool = Field(
        description="Whether the total is that of these segments; else they stand beside one run of all steps."
    )
    length: Count = Field(description="Steps of a segment; the last may be shorter.")
    segments: Count = Field(description="Segments of the run.")
    uploads: Count = Field(description="States that are prepared from classical data, one a segment.")
    warm_up_steps: Count = Field(description="Classical steps of all segments, which are steps of the run.")
    circuits: Count = Field(description="Expected circuits of all segments, rounded up.")
    solver_runs: Count = Field(description="Expected uses of the solver in all segments, rounded up.")
    t_count: Count = Field(description="T gates of all segments.")
    toffoli: Count = Field(description="Toffolis of all segments.")
    qubits: Count = Field(description="Logical qubits, peak.")
    error: FiniteFloat = Field(
        ge=0,
        description="What all errors are at the end of the run together, at most (units of the parameters).",
    )
    allowed: FiniteFloat = Field(ge=0, description="What they may be: epsilon times the displacement.")
    pieces: tuple[SegmentPart, ...] = Field(description="The segments in order.")
    notes: tuple[str, ...] = Field(description="What holds for all of them, in plain words.")


def segments_of(loop: Loop, *, applied: bool) -> Segments:
    """The section of a priced loop."""
    return Segments(
        applied=applied,
        length=loop.length,
        segments=loop.segments,
        uploads=loop.uploads,
        warm_up_steps=loop.classical_steps,
        circuits=math.ceil(loop.circuits),
        solver_runs=math.ceil(loop.solver_runs),
        t_count=loop.t_count,
        toffoli=loop.toffoli_count,
        qubits=loop.qubits,
        error=loop.error,
        allowed=loop.allowed,
        pieces=tuple(_piece(p) for p in loop.pieces),
        notes=_notes(loop),
    )


def _piece(priced: PricedPiece) -> SegmentPart:
    piece, plan = priced.piece, priced.plan
    asked = None if plan.reading is None else plan.reading.question
    handed = asked is not None and asked.kind == "vector"
    return SegmentPart(
        start=piece.segment.start,
        end=piece.segment.end,
        times=piece.times,
        warm_up=piece.segment.warm_up,
        steps=piece.segment.steps,
        followed=piece.followed,
        displacement=piece.size,
        error=piece.error,
        growth=piece.growth,
        reads="the state" if asked is None else HANDS_ON if handed else asked.words(),
        precision=asked.precision if asked is not None and handed else None,
        norm_precision=None if asked is None else asked.norm_precision,
        solver=plan.candidate.solver,
        rounds=plan.amplification.rounds,
        circuits=math.ceil(priced.circuits),
        solver_runs=math.ceil(priced.solver_runs),
        t_per_circuit=plan.t_per_circuit,
        t_count=plan.t_count,
        toffoli=plan.toffoli_count,
        qubits=plan.qubits,
    )


def _notes(loop: Loop) -> tuple[str, ...]:
    followed = all(p.piece.followed for p in loop.pieces)
    last = loop.pieces[-1].plan.reading
    return (
        "Each segment was priced with the gradient where it begins: the run was followed."
        if followed
        else "One price holds for the gradient of every segment and is multiplied; displacements are bounds.",
        f"Errors add up to {real(loop.error)} at most at the end of the run, of {real(loop.allowed)} that is allowed.",
        "The last segment returns the displacement since its upload"
        + (" as a state." if last is None else ", which the classical side adds to its start."),
    )


def segments_sections(found: Segments | None) -> tuple[Section, ...]:
    """The segments, one a row."""
    if found is None:
        return ()
    numbers = ("displacement", "error", "circuits", "solver runs", "T of each", "T gates", "qubits")
    rows = [
        (
            f"{p.start:,} to {p.end:,}" + (f", {p.times:,} times" if p.times > 1 else ""),
            f"{p.steps:,}" + (f" after {p.warm_up:,} classical" if p.warm_up else ""),
            p.reads,
            real(p.displacement),
            real(p.error),
            *(count(n) for n in (p.circuits, p.solver_runs, p.t_per_circuit, p.t_count, p.qubits)),
        )
        for p in found.pieces
    ]
    whole = (f"all {found.segments:,}", "", "", "", real(found.error))
    rows.append(
        (
            *whole,
            *(count(n) for n in (found.circuits, found.solver_runs)),
            "",
            count(found.t_count),
            count(found.qubits),
        )
    )
    heads = columns("steps", "quantum", "read", *numbers, numeric=numbers)
    title = "Segments" if found.applied else "In windows instead"
    return (Section(title, Grid(heads, tuple(rows), frozenset({len(rows) - 1})), found.notes),)
