r"""Plans whose total lasts until the answer is on paper: the read-out is chosen for each, and counted on its circuits.

What the circuits of a read-out add to the error, by rotations and by the reference state, is taken from the
read-out's own precision and failure probability: one per cent of each (`MARGIN`). A reference that is off by ε
moves an overlap by at most ε; of magnitudes that are within δ₁ it makes ones within δ₁ + ε, which two ε of the
precision pay for. A circuit that is off by e in the 2-norm changes the probability of any outcome by at most e,
so rotations of amplitude estimations are synthesised to (0.01 f)/(all their rotations). Those of plain and
interfered runs are within the error of the state. At the corner of a bound (`Shares.free`) an interfered run is
priced as a plain one: a lower bound, made in no time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from qgd_compiler.algorithms.amplification import Amplification, amplification_round, amplified_run
from qgd_compiler.algorithms.menu.layout import in_a_row
from qgd_compiler.algorithms.plan import Lowered, Plan, circuit
from qgd_compiler.algorithms.readout.answer import Answer
from qgd_compiler.algorithms.readout.circuits import (
    estimation,
    interfered_run,
    iterate_on_zero,
    overlap_test,
)
from qgd_compiler.algorithms.readout.menu import Question, ways
from qgd_compiler.algorithms.readout.reading import Reading, ReadPhase
from qgd_compiler.algorithms.readout.ways import Circuit, Phase, Way
from qgd_compiler.algorithms.right_hand_sides import States
from qgd_compiler.algorithms.subjects import HistorySubject
from qgd_compiler.algorithms.systems.lifted import LiftedSystem
from qgd_compiler.algorithms.upload import vector_state
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.gates import Gates
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Kind, weakest_kind
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Gate

MARGIN = 0.01  # of precision and of failure, for what the circuits of a read-out are off by
OUTPUT = "output"  # where an error stands that is about reading
PROVEN = (Kind.EXACT, Kind.BOUND)


@dataclass(frozen=True)
class Reader:
    """Puts the read-out on plans.

    question    what is to be read
    reference   entries of w that are not zero (overlap); None: as many as the result may have
    proven      ways with proven counts only
    """

    question: Question
    reference: int | None = None
    proven: bool = False

    def read(self, lowered: Lowered, plan: Plan, exchange: Exchange, folder: Folder) -> Plan:
        """The plan with its read-out in its totals; InfeasibleError where no way serves."""
        if self.question.kind == "state":
            return plan
        reached = plan.amplification
        success = _interval(reached)
        alone = reached.alone[0] if reached.rounds else None
        found = ways(self._with_margin(), success, alone)
        refused = {way.name: reason for way in found if (reason := self._why_not(way, lowered))}
        serving = [way for way in found if way.name not in refused]
        if not serving:
            raise InfeasibleError(
                f"nothing reads {_ASKED[self.question.kind]} out of the states of {plan.candidate.solver}: "
                + "; ".join(dict.fromkeys(refused.values())),
                at=OUTPUT,
                remedy="output: state, or a solver whose run is a unitary",
            )
        way = min(serving, key=lambda w: w.expected_runs(success[0]))
        count = _Count(lowered, plan, exchange, folder, self, way, success[0])
        phases = tuple(count.phase(phase) for phase in way.phases)
        reading = Reading(self.question, way, found, refused, success, phases, plan)
        return _with_reading(plan, reading)

    def _with_margin(self) -> Question:
        asked = self.question
        return replace(asked, precision=asked.precision * (1 - MARGIN), failure=asked.failure * (1 - MARGIN))

    def _why_not(self, way: Way, lowered: Lowered) -> str:
        if way.unavailable:
            return way.unavailable
        if way.failure is None:
            return "its source states no failure probability"
        if way.needs_unitary and not lowered.reusable:
            return "the solver measures as it goes, and only a unitary run can be interfered or estimated"
        if self.proven and way.kind not in PROVEN:
            return f"its count is a {way.kind.value}"
        return ""


def is_unread(error: InfeasibleError) -> bool:
    """Whether no way reads the states of a solver, whatever the split of the error."""
    return error.mistakes[0].at == OUTPUT


_ASKED = {
    "parameters": "all parameters",
    "top_k": "the largest parameters",
    "overlap": "an overlap",
    "vector": "what the next segment starts from",
}


def _with_reading(plan: Plan, reading: Reading) -> Plan:
    phases = reading.phases
    qubits = max(plan.qubits, *(p.qubits for p in phases))
    breakdown = dict(plan.qubit_breakdown)
    if qubits > plan.qubits:
        breakdown["read-out"] = qubits - plan.qubits
    return replace(
        plan,
        t_count=sum(p.t_count for p in phases),
        toffoli_count=sum(p.toffoli_count for p in phases),
        depth=sum(p.depth for p in phases),
        qubits=qubits,
        qubit_breakdown=breakdown,
        kind=weakest_kind((plan.kind, reading.way.kind)),
        reading=reading,
    )


def _interval(reached: Amplification) -> tuple[float, float]:
    """The success probability of one circuit, between two values."""
    low = reached.probability
    if reached.rounds == 0:
        return low, max(low, reached.alone[1])
    if reached.leak is not None:
        return low, 1.0
    turned = [(2 * reached.rounds + 1) * math.asin(math.sqrt(min(p, 1.0))) for p in reached.alone]
    if turned[0] <= math.pi / 2 <= turned[1]:
        return low, 1.0
    return low, max(low, *(math.sin(angle) ** 2 for angle in turned))


def answer_of(lowered: Lowered) -> Answer:
    """Where a run leaves the result."""
    wanted, facts = lowered.wanted, lowered.facts
    whole = int(lowered.run.register("system").size)
    if not isinstance(facts, HistorySubject):
        return Answer(wanted, 1, 0, whole)
    start, bits = wanted.time_bits + len(wanted.marks), whole - wanted.time_bits
    system = facts.system
    if isinstance(system, LiftedSystem):
        levels = len(wanted.marks) - len(system.copy_marks)
        return Answer(
            wanted, facts.padding + 1, start, (bits - levels) // system.order - len(system.copy_marks)
        )
    return Answer(wanted, facts.padding + 1, start, bits - len(wanted.marks))


@dataclass(frozen=True)
class _Count:
    """One plan's circuits of one way, counted."""

    lowered: Lowered
    plan: Plan
    exchange: Exchange
    folder: Folder
    reader: Reader
    way: Way
    success: float

    def phase(self, phase: Phase) -> ReadPhase:
        """As `ReadPhase` says."""
        circuits, uses = phase.expected_circuits(self.success), phase.expected_runs(self.success)
        amplified = phase.circuit not in (Circuit.SUCCESS, Circuit.COUNTED)
        rounds = 2 * self.plan.amplification.rounds + 1 if amplified else 1
        t, toffoli, depth, qubits = self._priced(phase, circuits)
        return ReadPhase(
            phase=phase,
            circuits=circuits,
            solver_runs=uses * rounds,
            t_per_circuit=math.ceil(t / circuits) if circuits else 0,
            t_count=math.ceil(t),
            toffoli_count=math.ceil(toffoli),
            depth=math.ceil(depth),
            qubits=qubits,
        )

    def _priced(self, phase: Phase, circuits: Fraction) -> tuple[Fraction, Fraction, Fraction, int]:
        """T gates, Toffolis and layers over all circuits, and qubits."""
        plan = self.plan
        if phase.circuit is Circuit.PLAIN:
            toffoli = int(plan.cost.gates.toffoli)
            return circuits * plan.t_per_circuit, circuits * toffoli, circuits * plan.t_depth, plan.qubits
        if phase.circuit is Circuit.COUNTED:
            return self._alike(circuit(self.lowered.run), circuits)
        if self.lowered.shares.is_bound:
            # a lower bound: nothing around the runs, which are not controlled
            uses = circuits + 2 * phase.iterates
            if phase.circuit is Circuit.SUCCESS:
                return self._alike(circuit(self.lowered.run), uses)
            toffoli = int(plan.cost.gates.toffoli)
            return uses * plan.t_per_circuit, uses * toffoli, uses * plan.t_depth, plan.qubits
        if phase.circuit is Circuit.INTERFERED:
            run = amplified_run(self.lowered.run, self.lowered.wanted, plan.amplification)
            made = interfered_run(run, answer_of(self.lowered), self._reference(run))
            return self._alike(circuit(made), circuits)
        return self._estimated(phase, circuits)

    def _alike(self, made: Routine, circuits: Fraction) -> tuple[Fraction, Fraction, Fraction, int]:
        """So many times one circuit whose rotations are within the error of the state."""
        cost = self.folder.cost(made)
        each = min(self.lowered.allowed / max(int(cost.gates.rotations), 1), 0.5)
        return (
            circuits * int(self.exchange.t_count(cost.gates, each)),
            circuits * int(cost.gates.toffoli),
            circuits * int(self.exchange.t_depth(cost.gates, each)),
            self._qubits(made, int(cost.work), cost.gates, each),
        )

    def _estimated(self, phase: Phase, circuits: Fraction) -> tuple[Fraction, Fraction, Fraction, int]:
        """Amplitude estimation: by phase estimation where all circuits are alike and have a phase register."""
        wanted, run = self.lowered.wanted, self.lowered.run
        if phase.circuit is Circuit.SUCCESS:
            test, iterate = run, amplification_round(run, wanted)
        else:
            run = amplified_run(run, wanted, self.plan.amplification)
            test = overlap_test(run, answer_of(self.lowered), self._reference(run))
            iterate = iterate_on_zero(test)
        bits = phase.phase_bits
        parts: list[tuple[Routine, Fraction]]
        if bits is None:
            parts = [(circuit(test), circuits), (iterate, Fraction(phase.iterates))]
        else:
            parts = [(circuit(estimation(test, iterate, bits)), circuits)]
        costs = [(self.folder.cost(made), made, times) for made, times in parts]
        rotations = sum(int(cost.gates.rotations) * times for cost, _, times in costs)
        each = min(MARGIN * self.reader.question.failure / max(float(rotations), 1.0), 0.5)
        t = toffoli = depth = Fraction(0)
        qubits = 0
        for cost, made, times in costs:
            whole = times == circuits
            price = self.exchange.t_count if whole else self.exchange.t_of
            t += times * int(price(cost.gates, each))
            toffoli += times * int(cost.gates.toffoli)
            depth += times * int(self.exchange.t_depth(cost.gates, each))
            qubits = max(qubits, self._qubits(made, int(cost.work), cost.gates, each))
        return t, toffoli, depth, qubits

    def _qubits(self, made: Routine, work: int, gates: Gates, each: float) -> int:
        synthesis = int(self.exchange.extra_qubits(each)) if int(gates.rotations) else 0
        return sum(int(r.size) for r in made.registers) + work + synthesis

    def _reference(self, run: Routine) -> Routine:
        """The magnitudes, or w: any state of so many entries; a basis state where entries are estimated one by one."""
        bits, asked = answer_of(self.lowered).bits, self.reader.question
        if asked.kind == "parameters" and any(p.circuit is Circuit.ESTIMATED for p in self.way.phases):
            return _basis_state(bits)
        entries = min(asked.entries if self.reader.reference is None else self.reader.reference, 2**bits)
        if entries == 1:
            return _basis_state(bits)
        return vector_state(
            States(entries),
            entries,
            in_a_row(2**bits, bits),
            MARGIN / 2 * asked.precision,
            self.plan.candidate.access,
            self.folder,
        ).routine


def _basis_state(bits: int) -> Routine:
    """|0> to one basis state, at most an X on every qubit."""
    builder = Builder("basis state", "read-out")
    system = builder.register("system", bits)
    builder.register("gradient", 0)
    builder.call(Gate(kind="X", bits=bits), system)
    return builder.routine()
