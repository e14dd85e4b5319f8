"""The physical estimate laid out: the machine's plan, the front, the second opinion, what it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from qgd_compiler.backends.figures import count, percent, real
from qgd_compiler.backends.page import Grid, Pairs, Section, columns
from qgd_compiler.backends.physical_section import OpinionPart, Physical, PlanPart

ROWS = 12  # of a front, at most: both ends, the chosen plan, and others evenly between
UNITS = (("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("min", 60e9), ("h", 3600e9), ("days", 86_400e9))
YEAR = 365.25 * 86_400e9


def duration(nanoseconds: float) -> str:
    """A time in the largest unit that leaves at least one of it.

    >>> [duration(t) for t in (52e6, 173600e9, 3e18, 9e22, 0)]
    ['52 ms', '2.009 days', '95.06 years', '2.852e6 years', '0 ns']
    """
    if nanoseconds >= YEAR:
        return f"{real(nanoseconds / YEAR)} years"
    name, size = [(n, s) for n, s in UNITS if s <= max(nanoseconds, 1.0)][-1]
    return f"{real(nanoseconds / size)} {name}"


def physical_sections(physical: Physical) -> tuple[Section, ...]:
    """The sections of the physical estimate, in order; empty ones are left out."""
    sections = [_machine(physical), _front(physical), *_opinion(physical.second_opinion), _rests_on(physical)]
    return tuple(s for s in sections if s.body.rows)


def _machine(physical: Physical) -> Section:
    factories, budget = physical.factories, physical.error_budget
    step = "cycle" if physical.model == "beverland" else "round"
    rows = (
        ("machine", physical.machine, f"{physical.code} code, model {physical.model}"),
        ("physical qubits", count(physical.qubits), f"algorithm {count(physical.qubits_of_algorithm)}"),
        (
            "time of one run",
            duration(physical.runtime_ns),
            f"{count(physical.cycles)} {step}s of {physical.cycle_ns} ns",
        ),
        (
            "expected time",
            duration(physical.expected_runtime * 1e9),
            f"{real(physical.runs)} runs until one succeeds",
        ),
        ("volume", f"{real(physical.volume)} qubit s", "physical qubits times the time of one run"),
        ("code distance", count(physical.distance), f"{count(physical.patches)} patches"),
        ("factories", count(factories.number), factories.kind),
        (
            "qubits of factories",
            percent(factories.share),
            f"{count(factories.qubits_each)} each, {count(factories.states)} states",
        ),
        (
            "error budget",
            real(budget.total),
            f"logical {real(budget.logical)}, magic {real(budget.magic)}, rotations {real(budget.rotations)}",
        ),
        ("T per rotation", count(physical.t_per_rotation), ""),
    )
    note = f"Chosen for the least {physical.objective}; a {physical.kind}, not a measurement."
    return Section("On a physical machine", Pairs(rows), (note,))


def _front(physical: Physical) -> Section:
    shown = _thinned(physical.front)
    rows = tuple(
        (
            count(p.qubits),
            duration(p.runtime_ns),
            f"{real(p.volume)}",
            count(p.distance),
            count(p.factories),
            p.factory,
        )
        for p in shown
    )
    heads = columns(
        "qubits",
        "time",
        "qubit s",
        "distance",
        "factories",
        "each",
        numeric=("qubits", "time", "qubit s", "distance", "factories"),
    )
    strong = frozenset(i for i, p in enumerate(shown) if p.chosen)
    left = len(physical.front) - len(shown)
    notes = (f"{left} more stand in the JSON.",) if left else ()
    return Section("Qubits against time: plans that no other beats in both", Grid(heads, rows, strong), notes)


def _thinned(front: Sequence[PlanPart]) -> list[PlanPart]:
    if len(front) <= ROWS:
        return list(front)
    last = len(front) - 1
    places = {round(i * last / (ROWS - 2)) for i in range(ROWS - 1)}
    places |= {i for i, p in enumerate(front) if p.chosen}
    return [front[i] for i in sorted(places)]


def _opinion(opinion: OpinionPart | None) -> list[Section]:
    if opinion is None:
        return []
    title = "Second opinion: Microsoft's estimator"
    if opinion.why_none:
        return [Section(title, Pairs((("no answer", opinion.why_none, ""),)))]
    rows = [
        ("physical qubits", count(opinion.our_qubits), count(opinion.qubits), ""),
        ("time of one run", duration(opinion.our_runtime_ns or 0), duration(opinion.runtime_ns or 0), ""),
    ]
    shown = {"qubits", "runtime_ns"}
    why = {d.quantity: d.reason for d in opinion.differences}
    rows = [
        (*row[:3], why.get(name, "agrees")) for row, name in zip(rows, ("qubits", "runtime_ns"), strict=True)
    ]
    rows += [
        (d.quantity.replace("_", " "), count(d.ours), count(d.theirs), d.reason)
        for d in opinion.differences
        if d.quantity not in shown
    ]
    heads = columns("", "ours", opinion.estimator, "why", numeric=("ours", opinion.estimator))
    note = "Both sequential and at full speed, which is not the chosen plan under every model and objective."
    return [Section(title, Grid(heads, tuple(rows)), (note,))]


def _rests_on(physical: Physical) -> Section:
    rows = tuple(
        (a.name, real(a.value, 6) if isinstance(a.value, int | float) else str(a.value), str(a.source), a.ref)
        for a in physical.assumptions
    )
    return Section(
        "What the physical estimate rests on", Grid(columns("input", "value", "source", "reference"), rows)
    )
