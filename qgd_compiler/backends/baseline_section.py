"""Classical baselines in a report: what the run costs there, where the two would meet, and what decides it."""

from __future__ import annotations

import math

from pydantic import Field, FiniteFloat

from qgd_compiler.backends.document import Count, Part, Positive
from qgd_compiler.backends.figures import count, real
from qgd_compiler.backends.page import Grid, Section, columns
from qgd_compiler.baselines.comparison import Comparison, Missing
from qgd_compiler.baselines.crossover import Crossover
from qgd_compiler.baselines.runs import Bill
from qgd_compiler.kinds import Kind


class ClassicalRun(Part):
    """A classical run on a machine."""

    run: str = Field(description="Which run.")
    machine: str = Field(description="Which machine.")
    steps: Count = Field(description="Matrix-vector products or steps, one after the other.")
    steps_kind: Kind = Field(description="How far their number can be trusted.")
    steps_source: str = Field(description="Where it comes from.")
    flop: Count = Field(description="Floating-point operations.")
    bytes: Count = Field(description="Bytes between memory and processor.")
    seconds: FiniteFloat = Field(ge=0, description="Time of the whole run (s).")
    joules: FiniteFloat | None = Field(
        description="Energy of the whole run (J); null where the power of the machine is not known."
    )
    bound_by: str = Field(description="What takes the time.")
    kind: Kind = Field(description="How far the machine's numbers can be trusted.")
    source: str = Field(description="Where they come from.")


class CrossoverPart(Part):
    """Where the quantum side is no slower any more, along one variable."""

    variable: str = Field(description="n rows, T steps, or s entries in a row.")
    low: FiniteFloat | None = Field(default=None, description="From where it was looked for.")
    high: FiniteFloat | None = Field(default=None, description="Up to where.")
    bracket: tuple[FiniteFloat, FiniteFloat] | None = Field(
        default=None,
        description="Classical is faster at the first, quantum not slower at the second; null: nowhere.",
    )
    ratio_low: FiniteFloat | None = Field(
        default=None, description="Quantum over classical seconds at `low`; null where there is no plan."
    )
    ratio_high: FiniteFloat | None = Field(default=None, description="The same at `high`.")
    words: str = Field(description="In plain language.")


class FactorPart(Part):
    """A component of the quantum cost."""

    name: str = Field(description="Which.")
    present: str = Field(description="Its value.")
    ideal: str = Field(description="Its value were it no hindrance.")
    gain: Positive | None = Field(
        description="By how much the quantum time would shrink; null beyond 1.8e308."
    )


class Baselines(Part):
    """The run on classical machines, and on a quantum computer with a clock."""

    t_rate: Positive = Field(description="Logical clock: T gates per second, one after the other.")
    quantum_seconds: FiniteFloat | None = Field(
        description="Expected time of the total at that clock (s); null beyond 1.8e308."
    )
    ratio: FiniteFloat | None = Field(
        description="Quantum over fastest classical seconds; null beyond 1.8e308."
    )
    break_even_rate: FiniteFloat | None = Field(
        description="T gates per second at which both are equal; null beyond 1.8e308."
    )
    runs: tuple[ClassicalRun, ...] = Field(description="Every classical run on every machine, fastest first.")
    absent: tuple[str, ...] = Field(description="Classical runs that do not exist here, with reasons.")
    crossovers: tuple[CrossoverPart, ...] = Field(description="Where the two would meet, in n, T and s.")
    fixed: tuple[str, ...] = Field(description="What was held fixed on the way there.")
    factors: tuple[FactorPart, ...] = Field(
        description="What holds the quantum side back, most first; gains multiply."
    )
    enough: tuple[str, ...] | None = Field(
        description="The fewest of them that would have to be ideal together; null: all do not suffice."
    )
    verdict: tuple[str, ...] = Field(description="In plain words, the verdict first.")
    kind: Kind = Field(description="Of the comparison: the clock is a model.")


def baselines_of(found: Comparison) -> Baselines:
    """The section of a comparison."""
    judged = found.verdict
    return Baselines(
        t_rate=judged.t_rate,
        quantum_seconds=_finite(judged.quantum_seconds),
        ratio=_finite(judged.ratio),
        break_even_rate=_finite(judged.break_even_rate),
        runs=tuple(_run(b) for b in found.bills),
        absent=tuple(f"{name}: {reason}" for name, reason in found.absent),
        crossovers=tuple(_crossover(c) for c in found.crossovers),
        fixed=found.fixed,
        factors=tuple(
            FactorPart(name=f.name, present=f.present, ideal=f.ideal, gain=_finite(f.gain))
            for f in judged.factors
        ),
        enough=judged.enough,
        verdict=judged.words(),
        kind=judged.kind,
    )


def _run(bill: Bill) -> ClassicalRun:
    run = bill.run
    return ClassicalRun(
        run=run.name,
        machine=bill.machine,
        steps=int(run.steps),
        steps_kind=run.kind,
        steps_source=run.source,
        flop=math.ceil(run.work.flop),
        bytes=math.ceil(run.work.bytes),
        seconds=bill.seconds,
        joules=bill.joules,
        bound_by=bill.bound_by,
        kind=bill.kind,
        source=bill.source,
    )


def _crossover(found: Crossover | Missing) -> CrossoverPart:
    if isinstance(found, Missing):
        return CrossoverPart(variable=found.variable, words=found.reason)
    return CrossoverPart(
        variable=found.variable,
        low=found.low,
        high=found.high,
        bracket=found.bracket,
        ratio_low=_finite(found.ratios[0]),
        ratio_high=_finite(found.ratios[1]),
        words=found.words(),
    )


def _finite(x: float) -> float | None:
    return float(x) if math.isfinite(x) else None


def baseline_sections(found: Baselines | None) -> tuple[Section, ...]:
    """The runs, and what would have to be true."""
    if found is None:
        return ()
    return _runs(found), _hindrances(found)


def _runs(found: Baselines) -> Section:
    numbers = ("steps", "FLOP", "bytes", "seconds", "joules")
    rows = [
        (
            r.run,
            r.machine,
            count(r.steps),
            count(r.flop),
            count(r.bytes),
            real(r.seconds),
            real(r.joules),
            r.bound_by,
        )
        for r in found.runs
    ]
    quantum = ("quantum", f"{real(found.t_rate)} T gates per second", "", "", "")
    rows.append((*quantum, real(found.quantum_seconds), "", ""))
    heads = columns("run", "machine", *numbers, "bound by", numeric=numbers)
    notes = (*(f"No {line}" for line in found.absent), *found.verdict)
    return Section("Classical baselines", Grid(heads, tuple(rows), frozenset({len(rows) - 1})), notes)


def _hindrances(found: Baselines) -> Section:
    rows = [(f.name, f.present, f.ideal, real(f.gain)) for f in found.factors]
    rows += [(f"crossover in {c.variable}", c.words, "", "") for c in found.crossovers]
    heads = columns("component", "now", "ideal", "times faster", numeric=("times faster",))
    return Section("What would have to be true", Grid(heads, tuple(rows)), found.fixed)
