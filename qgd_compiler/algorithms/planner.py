"""Plans of one problem, and what they are compared by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from qgd_compiler.algorithms.plan import Candidate, Lowered, Plan, Shares, counted
from qgd_compiler.algorithms.readout.reader import Reader
from qgd_compiler.algorithms.routes.route import Route
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Kind

Value = Callable[[Plan], int]
Progress = Callable[[str], None]

OBJECTIVES: dict[str, Value] = {
    "t_count": lambda plan: plan.t_count,
    "toffoli": lambda plan: plan.toffoli_count,
    "qubits": lambda plan: plan.qubits,
    "qubits_times_t": lambda plan: plan.qubits * plan.t_count,
    "runtime": lambda plan: plan.depth,
}
PROVEN = (Kind.EXACT, Kind.BOUND)
PROVEN_ROTATION = "proven_word"


def surest(exchange: Exchange) -> Exchange:
    """The exchange where it is proven, else the same with proven rotations (a Toffoli may still be a convention)."""
    return exchange if exchange.kind in PROVEN else Exchange(exchange.toffoli_in_t, PROVEN_ROTATION)


@dataclass(frozen=True)
class Alternative:
    """A line of the menu with a plan, or with the reason why it has none."""

    candidate: Candidate
    plan: Plan | None
    reason: str


@dataclass(eq=False)
class Planner:
    """Plans of one problem in one exchange of gates.

    routes        by their subject
    value         what plans are compared by, smaller is better
    most_qubits   a cap on the logical qubits of a circuit; None: no cap
    reader        puts the read-out into the totals that are compared; None: the state is the answer
    """

    routes: Mapping[str, Route]
    exchange: Exchange
    folder: Folder
    value: Value = OBJECTIVES["t_count"]
    most_qubits: int | None = None
    reader: Reader | None = None
    _plans: dict[tuple[Candidate, int, Shares], Plan] = field(default_factory=dict)
    _lowered: dict[tuple[Candidate, int, Shares], Lowered] = field(default_factory=dict)

    def proven(self, exchange: Exchange) -> Planner:
        """The same plans priced in a proven exchange, and read out in ways with proven counts."""
        reader = None if self.reader is None else replace(self.reader, proven=True)
        return Planner(
            self.routes, exchange, self.folder, self.value, self.most_qubits, reader, _lowered=self._lowered
        )

    def plan(self, candidate: Candidate, knob: int, shares: Shares) -> Plan:
        """One line at one free number and split; InfeasibleError where a budget or the cap cannot be met."""
        key = (candidate, knob, shares)
        if key not in self._plans:
            if key not in self._lowered:
                self._lowered[key] = self.routes[candidate.subject].lowered(candidate, knob, shares)
            lowered = self._lowered[key]
            plans = [counted(lowered, way, self.exchange, self.folder) for way in lowered.ways]
            if self.reader is not None:
                plans = [self.reader.read(lowered, p, self.exchange, self.folder) for p in plans]
            cap = self.most_qubits
            fit = plans if cap is None else [p for p in plans if p.qubits <= cap]
            self._plans[key] = min(fit or plans, key=lambda p: (self.value(p), p.qubits))
        plan = self._plans[key]
        if self.most_qubits is not None and plan.qubits > self.most_qubits:
            raise InfeasibleError(
                f"it needs {plan.qubits:,} logical qubits, and {self.most_qubits:,} are allowed",
                at="limits.qubits",
                remedy=f"limits: {{qubits: {plan.qubits}}}, or access: qrom, which needs the fewest",
            )
        return plan


def planned(planner: Planner, candidate: Candidate, knob: int, shares: Shares) -> Plan | None:
    """One line at one free number and split; None where that is infeasible."""
    try:
        return planner.plan(candidate, knob, shares)
    except InfeasibleError:
        return None
