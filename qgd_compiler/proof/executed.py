"""Run a routine and count what was run: the gates of every primitive that the simulator executed, and the qubits.

The count does not read the program: it adds up what the simulator did, each primitive taken apart to its gates, so that
it shares no formula with the cost rules and the fold.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.expand import expand, is_atom
from qgd_compiler.program.ir import Allocate, Call, Loop, Primitive, Release, Routine
from qgd_compiler.program.primitives import And, Gate, MeasureX, Postselect, Rotation
from qgd_compiler.program.simulate import CATALYST, MOST_QUBITS, State, run

MOST_STATES = 300_000  # amplitudes at once, beyond which a run takes minutes
MOST_STEPS = 60_000


@dataclass(frozen=True)
class GatesRun:
    """Gates by kind; a temporary AND is a Toffoli, its measured inverse a measurement and Cliffords."""

    toffoli: int = 0
    rotations: int = 0
    clifford: int = 0
    measurements: int = 0

    def __add__(self, other: GatesRun) -> GatesRun:
        return GatesRun(
            self.toffoli + other.toffoli,
            self.rotations + other.rotations,
            self.clifford + other.clifford,
            self.measurements + other.measurements,
        )

    def times(self, n: int) -> GatesRun:
        """So often."""
        return GatesRun(self.toffoli * n, self.rotations * n, self.clifford * n, self.measurements * n)


@dataclass(frozen=True)
class Execution:
    """What a run did.

    state    at the end; `places` of each register but the phase gradient
    gates    of all that was executed
    qubits   most in use at once, phase gradient and work inside primitives included
    steps    primitives executed
    """

    state: State
    places: dict[str, list[int]]
    gates: GatesRun
    qubits: int
    steps: int


class _Watch:
    """Counts the primitives that the simulator runs, and the qubits that are in use while it does."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[Primitive, bool]] = Counter()
        self.peak = 0
        self.steps = 0
        self._work: dict[tuple[bytes, bool], int] = {}

    def __call__(self, primitive: Primitive, adjoint: bool, state: State) -> None:
        if len(state.keys) > MOST_STATES:
            raise UnsupportedError(
                f"the state has more than {MOST_STATES:,} amplitudes", remedy="a smaller instance"
            )
        if self.steps >= MOST_STEPS:
            raise UnsupportedError(
                f"the circuit has more than {MOST_STEPS:,} operations", remedy="a smaller instance"
            )
        self.steps += 1
        self.seen[primitive, adjoint] += 1
        key = (primitive.digest, adjoint)
        if key not in self._work:
            self._work[key] = _work_of(primitive, adjoint)
        self.peak = max(self.peak, MOST_QUBITS - len(state.free) + self._work[key])


def execute(routine: Routine) -> Execution:
    """Run `routine` from |0…0>; the phase gradient, which no gate changes, counts as qubits and is not simulated."""
    state = State.zero()
    places = {r.name: state.allocate(int(r.size)) for r in routine.registers if r.name != CATALYST}
    gradient = sum(int(r.size) for r in routine.registers if r.name == CATALYST)
    watch = _Watch()
    run(routine, state, places, watch=watch)
    gates = GatesRun()
    for (primitive, adjoint), times in watch.seen.items():
        gates = gates + gates_of(primitive, adjoint).times(times)
    qubits = max(watch.peak, state.peak) + gradient
    return Execution(state, places, gates, qubits, sum(watch.seen.values()))


def gates_of(primitive: Primitive, adjoint: bool) -> GatesRun:
    """The gates of the circuit of a primitive; of a lookup that is erased those of the worst outcome."""
    if is_atom(primitive):
        return _atom(primitive, adjoint)
    total = GatesRun()
    for step in expand(primitive, adjoint).steps():
        if isinstance(step, Call):
            assert isinstance(step.op, Primitive)
            total = total + gates_of(step.op, step.adjoint).times(int(step.times))
        elif isinstance(step, Loop):
            raise UnsupportedError(f"{primitive.name} has a loop in its circuit")
    return total


def _atom(primitive: Primitive, adjoint: bool) -> GatesRun:
    if isinstance(primitive, Gate):
        return GatesRun(clifford=int(primitive.bits))
    if isinstance(primitive, Rotation):
        return GatesRun(rotations=1)
    if isinstance(primitive, And):
        # the inverse: measure in X, and a CZ behind outcome 1
        return GatesRun(measurements=1, clifford=1) if adjoint else GatesRun(toffoli=1)
    if isinstance(primitive, MeasureX | Postselect):
        return GatesRun(measurements=int(primitive.bits))
    raise UnsupportedError(f"{primitive.name} is no gate")


def _work_of(primitive: Primitive, adjoint: bool) -> int:
    """Most qubits that the circuit of a primitive has beside its registers; one more for each AND that is made."""
    if is_atom(primitive):
        return 0
    live = peak = 0
    for step in expand(primitive, adjoint).steps():
        if isinstance(step, Allocate):
            live += int(step.register.size)
            peak = max(peak, live)
        elif isinstance(step, Release):
            live -= int(step.size)
        elif isinstance(step, Call) and isinstance(step.op, Primitive):
            peak = max(peak, live + _work_of(step.op, step.adjoint))
    return peak
