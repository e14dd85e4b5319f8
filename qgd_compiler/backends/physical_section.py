"""The physical estimate in a report: what a machine needs for the circuit, what else was possible, what it rests on."""

from __future__ import annotations

from dataclasses import asdict

from pydantic import Field, FiniteFloat

from qgd_compiler.backends.document import Assumption, Count, Part, Probability
from qgd_compiler.errors import InfeasibleError, QgdError
from qgd_compiler.kinds import Kind, Source
from qgd_compiler.physical.answer import Answer
from qgd_compiler.physical.beverland import estimate
from qgd_compiler.physical.estimate import Estimate
from qgd_compiler.physical.gidney_fowler import CczPlan
from qgd_compiler.physical.second_opinion import Opinion, SecondOpinionError, ask, differences

NS = 1e-9


class FactoryPart(Part):
    """The magic-state factories."""

    kind: str = Field(description="What one factory is made of.")
    number: Count = Field(description="Factories side by side.")
    qubits_each: Count = Field(description="Physical qubits of one.")
    duration_ns: Count | None = Field(
        description="Time in which one makes one state (ns); null where the model paces it in rounds."
    )
    state_error: Probability | None = Field(
        description="Error of one state it makes; null without factories."
    )
    states: Count = Field(description="Magic states that one run consumes: T states, or CCZ states.")
    qubits: Count = Field(description="Physical qubits of all factories.")
    share: Probability = Field(description="Their share of the physical qubits.")


class PlanPart(Part):
    """One plan of the front."""

    qubits: Count = Field(description="Physical qubits.")
    runtime_ns: Count = Field(description="Time of one run (ns).")
    volume: FiniteFloat = Field(ge=0, description="Physical qubits times the time of one run (qubit s).")
    distance: Count = Field(description="Code distance of the algorithm.")
    factories: Count = Field(description="Factories side by side.")
    factory: str = Field(description="What one factory is made of.")
    chosen: bool = Field(default=False, description="Whether the report is about this one.")


class BudgetPart(Part):
    """The probability that one run fails for physical reasons."""

    total: Probability = Field(description="All of it.")
    logical: Probability = Field(description="Errors of logical qubits.")
    magic: Probability = Field(description="Faulty magic states.")
    rotations: Probability = Field(description="Synthesis of rotations.")


class DifferencePart(Part):
    """A quantity in which the second opinion differs from ours."""

    quantity: str = Field(description="What differs.")
    ours: Count = Field(description="Our number.")
    theirs: Count = Field(description="Theirs.")
    reason: str = Field(description="Why.")


class OpinionPart(Part):
    """The same counts through Microsoft's estimator, beside ours at full speed of the circuit."""

    estimator: str = Field(description="Package and version; empty where it gave no answer.")
    qubits: Count | None = Field(description="Physical qubits; null without an answer.")
    runtime_ns: Count | None = Field(description="Time of one run (ns); null without an answer.")
    distance: Count | None = Field(description="Code distance; null without an answer.")
    factories: Count | None = Field(description="Factories; null without an answer.")
    our_qubits: Count | None = Field(
        description="Ours for the same question, which is not always the chosen plan."
    )
    our_runtime_ns: Count | None = Field(description="Our time of one run for the same question (ns).")
    differences: tuple[DifferencePart, ...] = Field(description="What differs; empty where all agrees.")
    why_none: str = Field(default="", description="Why there is no answer that may be quoted.")


class Physical(Part):
    """What one run of the circuit needs on a physical machine."""

    machine: str = Field(description="The qubits.")
    code: str = Field(description="The code.")
    model: str = Field(description="How the machine runs the circuit.")
    objective: str = Field(description="What the choice among physical plans minimised.")
    qubits: Count = Field(description="Physical qubits.")
    runtime_ns: Count = Field(description="Time of one run (ns).")
    runs: FiniteFloat = Field(ge=1, description="Expected number of runs until one succeeds.")
    expected_runtime: FiniteFloat = Field(ge=0, description="Expected time of all runs (s).")
    volume: FiniteFloat = Field(ge=0, description="Physical qubits times the time of one run (qubit s).")
    distance: Count = Field(description="Code distance of the algorithm.")
    cycle_ns: Count = Field(
        description="Time of one logical cycle (ns); of one round in the model gidney_fowler."
    )
    cycles: Count = Field(description="Cycles of one run; rounds in the model gidney_fowler.")
    patches: Count = Field(description="Logical patches of the algorithm, with corridors.")
    qubits_of_algorithm: Count = Field(description="Physical qubits outside the factories.")
    t_per_rotation: Count = Field(description="T states for each rotation.")
    factories: FactoryPart = Field(description="The magic-state factories.")
    error_budget: BudgetPart = Field(description="The probability that one run fails for physical reasons.")
    logical_counts: dict[str, Count] = Field(
        description="The logical counts of one run, under the field names of Microsoft's estimator."
    )
    front: tuple[PlanPart, ...] = Field(
        description="All plans that no other beats in both qubits and time, by rising qubits."
    )
    second_opinion: OpinionPart | None = Field(
        default=None, description="Microsoft's estimator; null if not asked."
    )
    kind: Kind = Field(default=Kind.MODEL, description="How far these numbers can be trusted.")
    assumptions: tuple[Assumption, ...] = Field(description="What they rest on.")


def physical_section(answer: Answer, runs: float, second_opinion: OpinionPart | None = None) -> Physical:
    """The section of a report for an answer; `runs` circuits are expected until one succeeds."""
    plan, machine = answer.plan, answer.question.machine
    return Physical(
        machine=machine.qubit.name,
        code=machine.code.name,
        model=answer.question.model,
        objective=answer.question.objective,
        qubits=plan.qubits,
        runtime_ns=plan.runtime_ns,
        runs=runs,
        expected_runtime=runs * plan.runtime_ns * NS,
        volume=_volume(plan),
        distance=plan.distance,
        cycle_ns=plan.cycle_ns if isinstance(plan, Estimate) else machine.round_ns,
        cycles=plan.depth if isinstance(plan, Estimate) else plan.cycles,
        patches=plan.patches if isinstance(plan, Estimate) else plan.load.tiles,
        qubits_of_algorithm=plan.qubits_of_algorithm,
        t_per_rotation=plan.t_per_rotation if isinstance(plan, Estimate) else plan.load.t_per_rotation,
        factories=_factories(plan),
        error_budget=BudgetPart(total=answer.budget.total, **asdict(answer.budget)),
        logical_counts=answer.counts.to_azure(),
        front=tuple(
            PlanPart(
                qubits=p.qubits,
                runtime_ns=p.runtime_ns,
                volume=_volume(p),
                distance=p.distance,
                factories=p.factories,
                factory=_factory_kind(p),
                chosen=p is plan,
            )
            for p in answer.front
        ),
        second_opinion=second_opinion,
        assumptions=_assumptions(answer),
    )


def ask_second_opinion(answer: Answer) -> OpinionPart:
    """Microsoft's estimator on the question of an answer; where it has no answer to quote, the reason."""
    machine = answer.question.machine
    try:
        ours = estimate(answer.counts, machine, answer.budget)
    except InfeasibleError as error:
        return no_opinion(error)
    try:
        return opinion_part(ours, ask(answer.counts, machine, answer.budget, ours))
    except SecondOpinionError as error:
        return no_opinion(error, ours)


def opinion_part(ours: Estimate, theirs: Opinion) -> OpinionPart:
    """A second opinion beside our estimate for the same question."""
    return OpinionPart(
        estimator=f"qdk {theirs.version}",
        qubits=theirs.qubits,
        runtime_ns=theirs.runtime_ns,
        distance=theirs.distance,
        factories=theirs.factories,
        our_qubits=ours.qubits,
        our_runtime_ns=ours.runtime_ns,
        differences=tuple(DifferencePart(**asdict(d)) for d in differences(ours, theirs)),
    )


def no_opinion(error: QgdError, ours: Estimate | None = None) -> OpinionPart:
    """A second opinion that was asked for and cannot be quoted: the reason stands in its place."""
    return OpinionPart(
        estimator="",
        qubits=None,
        runtime_ns=None,
        distance=None,
        factories=None,
        our_qubits=None if ours is None else ours.qubits,
        our_runtime_ns=None if ours is None else ours.runtime_ns,
        differences=(),
        why_none=error.what,
    )


def _volume(plan: Estimate | CczPlan) -> float:
    return float(plan.qubits * plan.runtime_ns) * NS


def _factory_kind(plan: Estimate | CczPlan) -> str:
    if isinstance(plan, CczPlan):
        d1, d2 = plan.factory_distances
        return f"catalysed CCZ to 2 T, d={d1} and d={d2}"
    return "none" if plan.factory is None else plan.factory.kind


def _factories(plan: Estimate | CczPlan) -> FactoryPart:
    ours = plan.factory if isinstance(plan, Estimate) else None
    if isinstance(plan, CczPlan):
        error, states, duration = plan.state_error, plan.states, None
    else:
        error, states = (ours.error if ours else None), plan.states
        duration = ours.duration_ns if ours else None
    return FactoryPart(
        kind=_factory_kind(plan),
        number=plan.factories,
        qubits_each=plan.factory_qubits,
        duration_ns=duration,
        state_error=error,
        states=states,
        qubits=plan.qubits_of_factories,
        share=plan.qubits_of_factories / plan.qubits,
    )


# what each model takes for granted, with the page that says so
_CONVENTIONS = {
    "beverland": (
        ("layout", "2Q + sqrt(8Q) + 1 patches, one after another", "arXiv:2211.07629, Appendix D"),
        ("T states per Toffoli", "4, in 3 cycles", "arXiv:2211.07629, Appendix D"),
        ("T states per rotation", "0.53 log2(M/eps) + 4.86", "arXiv:2203.10064, Table 1"),
        (
            "T factories",
            "rounds of 15-to-1 on shared qubits, 99 of 100 runs succeed",
            "arXiv:2211.07629, Appendix C",
        ),
    ),
    "gidney_fowler": (
        ("pace", "CCZ factories, and the reaction time of the decoder", "arXiv:1812.01238, arXiv:1905.09749"),
        ("T states", "two from one CCZ state", "arXiv:1812.01238"),
        ("T states per rotation", "0.53 log2(M/eps) + 4.86", "arXiv:2203.10064, Table 1"),
    ),
}


def _assumptions(answer: Answer) -> tuple[Assumption, ...]:
    numbers = [
        Assumption(name=g.name, value=g.value, source=g.source, ref=g.reference)
        for g in answer.question.given
    ]
    conventions = [
        Assumption(name=name, value=value, source=Source.PAPER, ref=reference)
        for name, value, reference in _CONVENTIONS[answer.question.model]
    ]
    depth = Assumption(
        name="logical depth", value="an upper bound, one operation after another", source=Source.BOUND
    )
    return (*numbers, *conventions, depth)
