"""The read-out in a report: what is asked, how it is answered, how many runs that takes, and what else there was."""

from __future__ import annotations

import math
from fractions import Fraction

from pydantic import Field, FiniteFloat

from qgd_compiler.algorithms.readout.reading import Reading
from qgd_compiler.algorithms.readout.ways import Way
from qgd_compiler.backends.document import Count, Part, Probability
from qgd_compiler.backends.figures import count, percent, real
from qgd_compiler.backends.page import Grid, Section, columns
from qgd_compiler.kinds import Kind


class QuestionPart(Part):
    """What is to be read."""

    kind: str = Field(description="'parameters', 'top_k', 'overlap', or 'vector': what a segment hands on.")
    entries: Count = Field(description="Entries of the result that may be non-zero.")
    precision: FiniteFloat = Field(
        gt=0,
        description="Error of each entry, of the overlap, or of the vector (2-norm), relative to the norm; on top of "
        "the error of the state.",
    )
    failure: Probability = Field(description="Probability that anything read is off by more.")
    k: Count = Field(default=0, description="top_k: how many entries.")
    threshold: FiniteFloat = Field(default=0.0, ge=0, description="top_k: the smallest entry not missed.")
    norm_precision: FiniteFloat | None = Field(
        default=None, description="Relative error of the norm of the result; null where it is not read."
    )


class WayPart(Part):
    """A way to read the answer."""

    name: str = Field(description="Its name.")
    kind: Kind | None = Field(description="How far its counts can be trusted; null where it has none.")
    source: str = Field(description="Where its counts come from.")
    failure: Probability | None = Field(
        description="Probability that what it reads is outside the error; null where its source states none."
    )
    runs: Count | None = Field(
        description="Expected uses of the amplified run, rounded up; null where it has no count."
    )
    chosen: bool = Field(default=False, description="Whether the total is of this way.")
    unavailable: str = Field(default="", description="Why it was passed over; empty where it could serve.")


class PhasePart(Part):
    """A phase of the chosen way."""

    name: str = Field(description="What is found out.")
    circuit: str = Field(description="What is built around the run.")
    results: Count = Field(description="Results that must have succeeded; 0 where every circuit counts.")
    circuits: Count = Field(description="Expected circuits, rounded up.")
    circuits_exact: str = Field(description="Expected circuits as an exact fraction of integers.")
    iterates: Count = Field(description="Grover iterates in all circuits, two uses of the run each.")
    solver_runs: Count = Field(description="Expected uses of the solver, amplification included, rounded up.")
    t_per_circuit: Count = Field(description="T gates of one circuit (the mean, where circuits differ).")
    t_count: Count = Field(description="T gates of all circuits, rounded up.")
    toffoli: Count = Field(description="Toffolis of all circuits, rounded up.")
    qubits: Count = Field(description="Logical qubits of its largest circuit.")
    kind: Kind = Field(description="How far the number of results can be trusted.")
    source: str = Field(description="Where it comes from.")


class ReadOut(Part):
    """Until the answer is on paper."""

    question: QuestionPart = Field(description="What is to be read.")
    way: str = Field(description="The way that was chosen.")
    returns: str = Field(description="What comes out.")
    zero_below: FiniteFloat = Field(ge=0, description="Magnitudes up to this are returned as 0.")
    failure: Probability = Field(description="Probability that what is read is outside the error.")
    phases: tuple[PhasePart, ...] = Field(description="What is run, one phase after the other.")
    circuits: Count = Field(description="Expected circuits, rounded up.")
    solver_runs: Count = Field(description="Expected uses of the solver, rounded up.")
    t_count: Count = Field(description="T gates of the whole read-out: those of the total.")
    toffoli: Count = Field(description="Toffolis of the whole read-out: those of the total.")
    one_state: Count = Field(description="T gates until one good state is there, which is not read.")
    success: tuple[Probability, Probability] = Field(
        description="Success probability of one circuit, between two values."
    )
    ways: tuple[WayPart, ...] = Field(description="All ways, cheapest first, those without a count last.")


def readout_of(reading: Reading) -> ReadOut:
    """The section of a planned read-out."""
    asked, way = reading.question, reading.way
    return ReadOut(
        question=QuestionPart(
            kind=asked.kind,
            entries=asked.entries,
            precision=asked.precision,
            failure=asked.failure,
            k=asked.k,
            threshold=asked.threshold if asked.kind == "top_k" else 0.0,
            norm_precision=asked.norm_precision,
        ),
        way=way.name,
        returns=asked.words(),
        zero_below=way.zero_below,
        failure=asked.failure,
        phases=tuple(
            PhasePart(
                name=p.phase.name,
                circuit=str(p.phase.circuit),
                results=p.phase.kept,
                circuits=math.ceil(p.circuits),
                circuits_exact=_exact(p.circuits),
                iterates=p.phase.iterates,
                solver_runs=math.ceil(p.solver_runs),
                t_per_circuit=p.t_per_circuit,
                t_count=p.t_count,
                toffoli=p.toffoli_count,
                qubits=p.qubits,
                kind=p.phase.kind,
                source=p.phase.source,
            )
            for p in reading.phases
        ),
        circuits=math.ceil(reading.circuits),
        solver_runs=math.ceil(reading.solver_runs),
        t_count=sum(p.t_count for p in reading.phases),
        toffoli=sum(p.toffoli_count for p in reading.phases),
        one_state=reading.one_state.t_count,
        success=reading.success,
        ways=tuple(_way(reading, w) for w in reading.ways),
    )


def _exact(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def _way(reading: Reading, way: Way) -> WayPart:
    return WayPart(
        name=way.name,
        kind=None if way.unavailable else way.kind,
        source=way.source,
        failure=way.failure,
        runs=None if way.unavailable else math.ceil(way.expected_runs(reading.success[0])),
        chosen=way is reading.way,
        unavailable=reading.refused.get(way.name, ""),
    )


def readout_sections(readout: ReadOut | None) -> tuple[Section, ...]:
    """The phases of the read-out, and the ways that there are."""
    if readout is None:
        return ()
    return _phases(readout), _ways(readout)


def _phases(readout: ReadOut) -> Section:
    numbers = ("results", "circuits", "solver runs", "T of each", "T gates", "Toffoli", "qubits")
    rows = [
        (
            p.name,
            p.circuit,
            *(count(n) for n in (p.results, p.circuits, p.solver_runs, p.t_per_circuit)),
            *(count(n) for n in (p.t_count, p.toffoli, p.qubits)),
        )
        for p in readout.phases
    ]
    whole = ("all", readout.way, "", count(readout.circuits), count(readout.solver_runs), "")
    rows.append((*whole, count(readout.t_count), count(readout.toffoli), ""))
    heads = columns("phase", "circuit", *numbers, numeric=numbers)
    notes = [
        f"Read: {readout.returns}; wrong with probability {real(readout.failure)} at most; the error of the "
        f"state comes on top.",
        f"One good state takes {count(readout.one_state)} T gates; a circuit succeeds with probability "
        f"{percent(readout.success[0])} at least.",
    ]
    if readout.zero_below:
        notes.append(f"Magnitudes up to {real(readout.zero_below)} are returned as 0.")
    return Section("Read-out", Grid(heads, tuple(rows), frozenset({len(rows) - 1})), tuple(notes))


def _ways(readout: ReadOut) -> Section:
    rows = tuple(
        (
            w.name,
            "n/a" if w.runs is None else count(w.runs),
            "" if w.kind is None else str(w.kind),
            w.source,
            "chosen" if w.chosen else w.unavailable or "dearer",
        )
        for w in readout.ways
    )
    heads = columns("way", "runs", "kind", "source", "verdict", numeric=("runs",))
    strong = frozenset(i for i, w in enumerate(readout.ways) if w.chosen)
    return Section("Ways to read it", Grid(heads, rows, strong))
