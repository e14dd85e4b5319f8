"""From the `hardware` of a spec and the logical counts to a plan: the front, the choice, and what they rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from qgd_compiler.errors import Mistake, QgdError
from qgd_compiler.kinds import Source
from qgd_compiler.physical.budget import Budget, even_split
from qgd_compiler.physical.estimate import Estimate
from qgd_compiler.physical.gidney_fowler import CczPlan, Setup, ccz_front, gidney_fowler_machine
from qgd_compiler.physical.logical_counts import LogicalCounts
from qgd_compiler.physical.machines import Machine, Qubit, machine, preset
from qgd_compiler.physical.pareto import Objective, P, choose
from qgd_compiler.physical.plans import front
from qgd_compiler.spec.hardware import Hardware, QubitFields
from qgd_compiler.spec.quantity import Quantity


@dataclass(frozen=True)
class Given:
    """A number of the machine and where it comes from."""

    name: str
    value: int | float | str
    source: Source
    reference: str


@dataclass(frozen=True)
class Question:
    """What the spec asks: machine, model, budget, what is fixed, what is minimised and within which limits."""

    machine: Machine
    model: str
    budget: Callable[[LogicalCounts], Budget]
    distance: int | None
    factories: int | None
    setup: Setup
    objective: Objective
    max_qubits: int | None
    max_runtime_ns: int | None
    given: tuple[Given, ...]


@dataclass(frozen=True)
class Answer:
    """The chosen plan, the front it was chosen from, the counts and the budget."""

    question: Question
    counts: LogicalCounts
    budget: Budget
    plan: Estimate | CczPlan
    front: tuple[Estimate | CczPlan, ...]


def question_of(hardware: Hardware) -> Question:
    """The question that a spec's `hardware` asks. Raises SpecError and InfeasibleError, at paths of the spec."""
    qubit = preset(hardware.preset) if hardware.preset else _own_qubit(hardware.qubit)
    target = machine(
        qubit,
        hardware.code,
        threshold=_value(hardware.threshold),
        prefactor=_value(hardware.prefactor),
        max_distance=hardware.max_distance,
    )
    if hardware.model == "gidney_fowler":
        published = gidney_fowler_machine(target)
        code = replace(
            published.code,
            threshold=_value(hardware.threshold) or published.code.threshold,
            prefactor=_value(hardware.prefactor) or published.code.prefactor,
        )
        target = replace(published, code=code)
    limit = _value(hardware.max_runtime)
    return Question(
        machine=target,
        model=hardware.model,
        budget=lambda counts: _budget(hardware, counts),
        distance=hardware.distance,
        factories=_whole(hardware.factories.number),
        setup=Setup(float(hardware.routing_overhead.value), int(hardware.reaction_time.value)),
        objective=hardware.objective,
        max_qubits=_whole(hardware.max_qubits),
        max_runtime_ns=None if limit is None else int(limit * 1e9),
        given=tuple(_given(hardware, target)),
    )


def answer(counts: LogicalCounts, question: Question) -> Answer:
    """The front of plans for the counts of one circuit, and the plan that the question asks for."""
    budget, machine, fixed = question.budget(counts), question.machine, question.distance
    number = question.factories
    if question.model == "gidney_fowler":
        paced = ccz_front(counts, machine, budget, distance=fixed, factories=number, setup=question.setup)
        return Answer(question, counts, budget, _chosen(paced, question), tuple(paced))
    plans = front(counts, machine, budget, distance=fixed, factories=number)
    return Answer(question, counts, budget, _chosen(plans, question), tuple(plans))


def _chosen(plans: Sequence[P], question: Question) -> P:
    return choose(
        plans, question.objective, max_qubits=question.max_qubits, max_runtime_ns=question.max_runtime_ns
    )


@contextmanager
def located(where: Callable[[str], str]) -> Iterator[None]:
    """Errors that leave the block point at the spec's file and line: `where` turns a path of a field into a place."""
    try:
        yield
    except QgdError as error:
        mistakes = [
            Mistake(m.what, where(m.at) if m.at.split(".")[0] == "hardware" else m.at, m.remedy)
            for m in error.mistakes
        ]
        raise type(error)(error.what, mistakes=mistakes) from error


def _own_qubit(fields: QubitFields | None) -> Qubit:
    assert fields is not None, "the spec has a preset or a qubit"
    error = float(fields.gate_error.value)
    gate = int(fields.gate_time.value)
    readout, t_error = _value(fields.measurement_error), _value(fields.t_error)
    return Qubit(
        name=fields.name,
        gate_ns=gate,
        measurement_ns=int(fields.measurement_time.value),
        t_ns=_whole(fields.t_time) or gate,
        clifford_error=error,
        readout_error=error if readout is None else readout,
        t_error=error if t_error is None else t_error,
        by_measurement=fields.by_measurement,
        round_ns=_whole(fields.round_time),
        reference=fields.gate_error.ref,
    )


def _budget(hardware: Hardware, counts: LogicalCounts) -> Budget:
    given = hardware.error_budget
    if given.total is not None:
        return even_split(float(given.total.value), counts)
    return Budget(*(_value(part) or 0.0 for part in (given.logical, given.magic, given.rotations)))


def _given(hardware: Hardware, target: Machine) -> Iterator[Given]:
    """The numbers of the machine, each with its source."""
    qubit, code, fields = target.qubit, target.code, hardware.qubit
    numbers: dict[str, tuple[str, int | float]] = {
        "gate_time": ("time of a gate (ns)", qubit.gate_ns),
        "measurement_time": ("time of a measurement (ns)", qubit.measurement_ns),
        "t_time": ("time of a physical T gate (ns)", qubit.t_ns),
        "gate_error": ("Clifford error", qubit.clifford_error),
        "measurement_error": ("measurement error", qubit.readout_error),
        "t_error": ("error of a physical T gate", qubit.t_error),
    }
    if qubit.round_ns is not None:
        numbers["round_time"] = ("time of a round of syndrome measurement (ns)", qubit.round_ns)
    for name, (words, value) in numbers.items():
        quantity = getattr(fields, name) if fields is not None else None
        if fields is None:
            yield Given(words, value, Source.PAPER, qubit.reference)
        elif quantity is None:
            yield Given(words, value, Source.ASSUMED, "taken to be that of a gate")
        else:
            yield Given(words, value, quantity.source, quantity.ref)
    for words, number, own in (
        ("threshold of the code", code.threshold, hardware.threshold),
        ("prefactor of the logical error", code.prefactor, hardware.prefactor),
    ):
        if own is None:
            yield Given(words, number, Source.PAPER, code.reference)
        else:
            yield Given(words, number, own.source, own.ref)
    if hardware.model == "gidney_fowler":
        for words, own in (
            ("patches for routing per qubit", hardware.routing_overhead),
            ("reaction time of the decoder (ns)", hardware.reaction_time),
        ):
            yield Given(words, own.value, own.source, own.ref)


def _value(quantity: Quantity | None) -> float | None:
    return None if quantity is None else float(quantity.value)


def _whole(quantity: Quantity | None) -> int | None:
    return None if quantity is None else int(quantity.value)
