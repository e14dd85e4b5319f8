"""Run a routine on a sparse state vector: only basis states with non-zero amplitude are kept.

Our circuits keep most work qubits classical, so a block-encoding on forty qubits may have a few thousand
non-zero amplitudes. A basis state is one 64-bit word; permutations act on the words, Hadamards and rotations
double and merge them. The phase-gradient register is a catalyst in a known state and is not simulated:
`RotateByRegister` acts as the rotation it stands for (the expansion of the primitive is tested apart).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import ProofError, UnsupportedError
from qgd_compiler.program.ir import Allocate, Call, Operation, Primitive, Release, Routine, Wire
from qgd_compiler.program.meaning import is_permutation, permute
from qgd_compiler.program.primitives import Gate, MeasureX, Postselect, RotateByRegister, Rotation

MOST_QUBITS = 64
NEGLIGIBLE = 1e-15
CATALYST = "gradient"

Places = list[int]
Words = NDArray[np.uint64]


@dataclass
class State:
    """A sparse state: `keys[i]` is a basis state (bit p = qubit at place p), `amplitudes[i]` its amplitude."""

    keys: Words
    amplitudes: NDArray[np.complex128]
    free: list[int] = field(default_factory=lambda: list(range(MOST_QUBITS - 1, -1, -1)))
    peak: int = 0

    @classmethod
    def zero(cls) -> State:
        """One basis state, all qubits |0>."""
        return cls(np.zeros(1, dtype=np.uint64), np.ones(1, dtype=complex))

    def allocate(self, size: int) -> Places:
        """Places of `size` fresh qubits in |0>, most significant first."""
        if size > len(self.free):
            raise UnsupportedError(
                f"the circuit needs more than {MOST_QUBITS} qubits at once",
                remedy="a smaller instance: fewer parameters, fewer bits per word",
            )
        places = [self.free.pop() for _ in range(size)]
        self.peak = max(self.peak, MOST_QUBITS - len(self.free))
        return places

    def release(self, places: Places, what: str) -> None:
        """Take qubits back; they must be in |0>."""
        weight = float(np.sum(np.abs(self.amplitudes[self.values(places) != 0]) ** 2))
        if weight > 1e-18:
            raise ProofError(f"{what} is released with weight {weight:.3g} outside |0>")
        keep = self.values(places) == 0
        self.keys, self.amplitudes = self.keys[keep], self.amplitudes[keep]
        self.free.extend(reversed(places))

    def values(self, places: Places) -> Words:
        """The number that stands in the given places, for every basis state."""
        result = np.zeros_like(self.keys)
        for p in places:
            result = (result << np.uint64(1)) | ((self.keys >> np.uint64(p)) & np.uint64(1))
        return result

    def put(self, places: Places, values: Words) -> None:
        """Overwrite the number in the given places."""
        for i, p in enumerate(reversed(places)):
            bit = (values >> np.uint64(i)) & np.uint64(1)
            self.keys = (self.keys & ~np.uint64(1 << p)) | (bit << np.uint64(p))

    def mix(self, place: int, matrices: NDArray[np.complex128]) -> None:
        """Apply to the qubit at `place` the 2x2 matrix `matrices[i]` for basis state i (one row per state)."""
        bit = ((self.keys >> np.uint64(place)) & np.uint64(1)).astype(np.int64)
        cleared = self.keys & ~np.uint64(1 << place)
        index = np.arange(len(bit))
        keys = np.concatenate([cleared, cleared | np.uint64(1 << place)])
        amplitudes = np.concatenate(
            [self.amplitudes * matrices[index, 0, bit], self.amplitudes * matrices[index, 1, bit]]
        )
        unique, inverse = np.unique(keys, return_inverse=True)
        summed = np.zeros(len(unique), dtype=complex)
        np.add.at(summed, inverse, amplitudes)
        keep = np.abs(summed) > NEGLIGIBLE
        self.keys, self.amplitudes = unique[keep], summed[keep]


Watch = Callable[[Primitive, bool, "State"], None]


def run(
    operation: Operation,
    state: State,
    registers: dict[str, Places],
    adjoint: bool = False,
    watch: Watch | None = None,
) -> None:
    """Run `operation` (or its inverse) on `state`; `registers` gives the places of each register by name.

    Borrowed qubits stand at random values, always the same ones; ProofError where they are not given back so.
    watch   is called before every primitive that is run, with whether its inverse is run, and the state
    """
    if isinstance(operation, Primitive):
        if watch is not None:
            watch(operation, adjoint, state)
        _run_primitive(operation, state, registers, adjoint)
        return
    assert isinstance(operation, Routine)
    places = dict(registers)
    random = np.random.default_rng(len(operation.body))
    borrowed: dict[str, np.uint64] = {}
    for step in operation.steps(adjoint):
        if isinstance(step, Allocate):
            name, size = step.register.name, int(step.register.size)
            places[name] = state.allocate(size)
            if step.dirty:
                borrowed[name] = random.integers(1 << size, dtype=np.uint64)
                state.put(places[name], np.full_like(state.keys, borrowed[name]))
        elif isinstance(step, Release):
            spots = places.pop(step.register)
            if step.dirty:
                state.put(spots, state.values(spots) ^ borrowed[step.register])
            state.release(spots, f"{operation.name}: {step.register}")
        elif isinstance(step, Call):
            inner = {
                register.name: _join(places, wires)
                for register, wires in zip(step.op.registers, step.wires, strict=True)
                if register.name != CATALYST
            }
            for _ in range(int(step.times)):
                run(step.op, state, inner, step.adjoint, watch)


def _join(places: dict[str, Places], wires: tuple[Wire, ...]) -> Places:
    joined: Places = []
    for w in wires:
        joined += places[w.register][int(w.start) : int(w.start) + int(w.size)]
    return joined


def _run_primitive(op: Primitive, state: State, registers: dict[str, Places], adjoint: bool) -> None:
    if is_permutation(op):
        before = {name: state.values(places) for name, places in registers.items()}
        after = permute(op, before, adjoint)
        for name, places in registers.items():
            state.put(places, after[name])
    elif isinstance(op, Gate):
        _run_gate(op, state, registers, adjoint)
    elif isinstance(op, Rotation):
        if op.angle is None:
            raise UnsupportedError("a rotation without an angle can be counted but not run")
        angle = np.full(len(state.keys), float(op.angle) * (-1 if adjoint else 1))
        if op.controlled:
            angle = np.where(state.values(registers["control"]) == 1, angle, 0.0)
        state.mix(registers["target"][0], _rotations(op.axis, angle))
    elif isinstance(op, RotateByRegister):
        turn = 4 * math.pi * state.values(registers["angle"]).astype(float) / 2 ** int(op.bits)
        state.mix(registers["target"][0], _rotations("Y", -turn if adjoint else turn))
    elif isinstance(op, MeasureX):
        _measure(op, state, registers["x"], adjoint)
    elif isinstance(op, Postselect):
        if adjoint:
            raise UnsupportedError("a measurement is run forwards")
        zero = state.values(registers["x"]) == 0
        state.keys, state.amplitudes = state.keys[zero], state.amplitudes[zero]
    else:
        raise UnsupportedError(f"{type(op).__name__} cannot be simulated")


def _measure(op: MeasureX, state: State, places: Places, adjoint: bool) -> None:
    """The given outcome, all of them taken to be equally likely; basis states that become equal are added."""
    if adjoint or op.outcome is None:
        raise UnsupportedError("a measurement is run forwards, with an outcome")
    hits = np.bitwise_count(state.values(places) & np.uint64(op.outcome)).astype(np.int64)
    amplitudes = np.where(hits % 2 == 1, -state.amplitudes, state.amplitudes)
    state.put(places, np.zeros_like(state.keys))
    state.keys, inverse = np.unique(state.keys, return_inverse=True)
    state.amplitudes = np.zeros(len(state.keys), dtype=complex)
    np.add.at(state.amplitudes, inverse, amplitudes)


def _run_gate(op: Gate, state: State, registers: dict[str, Places], adjoint: bool) -> None:
    if op.kind == "H":
        matrix = np.array([[1, 1], [1, -1]], dtype=complex) / math.sqrt(2)
        for place in registers["x"]:
            state.mix(place, np.broadcast_to(matrix, (len(state.keys), 2, 2)))
        return
    if op.kind in ("Z", "S"):
        phase = -1 if op.kind == "Z" else (-1j if adjoint else 1j)
        for place in registers["x"]:
            state.amplitudes = np.where(
                state.values([place]) == 1, phase * state.amplitudes, state.amplitudes
            )
        return
    pairs = zip(registers["a"] * (int(op.bits) if op.fan else 1), registers["b"], strict=True)
    for a, b in pairs:  # CZ
        both = (state.values([a]) & state.values([b])) == 1
        state.amplitudes = np.where(both, -state.amplitudes, state.amplitudes)


def _rotations(axis: str, angle: NDArray[np.float64]) -> NDArray[np.complex128]:
    """e^{-iθY/2} or e^{-iθZ/2}, one 2x2 matrix per angle."""
    c, s = np.cos(angle / 2), np.sin(angle / 2)
    result = np.zeros((len(angle), 2, 2), dtype=complex)
    if axis == "Y":
        result[:, 0, 0], result[:, 0, 1], result[:, 1, 0], result[:, 1, 1] = c, -s, s, c
    else:
        result[:, 0, 0], result[:, 1, 1] = c - 1j * s, c + 1j * s
    return result


@dataclass(frozen=True)
class Block:
    """What `block` found: the matrix, and the most qubits that were in use (catalyst and copies apart)."""

    matrix: NDArray[np.complex128]
    peak_qubits: int


def block(
    routine: Routine,
    system: str = "system",
    fixed: dict[str, int] | None = None,
    columns: Sequence[int] | None = None,
    adjoint: bool = False,
) -> Block:
    """The block of `routine` (or its inverse) on register `system` between |0…0> of all its other registers.

    `fixed` sets registers (such as a control) to basis states on both sides instead. All columns are run at
    once, against an untouched copy of the system register that remembers the column. `columns`: only these
    basis states come in, the other columns stay 0 (default: all).
    """
    fixed = fixed or {}
    state = State.zero()
    places = {r.name: state.allocate(int(r.size)) for r in routine.registers if r.name != CATALYST}
    copy = state.allocate(len(places[system]))
    for place, twin in zip(places[system], copy, strict=True):
        bits = np.repeat(np.array([0, 1], dtype=np.uint64), len(state.keys))
        state.keys = np.tile(state.keys, 2) | (bits << np.uint64(place)) | (bits << np.uint64(twin))
        state.amplitudes = np.tile(state.amplitudes, 2)
    if columns is not None:
        keep = np.isin(state.values(copy), np.asarray(columns, dtype=np.uint64))
        state.keys, state.amplitudes = state.keys[keep], state.amplitudes[keep]
    for name, value in fixed.items():
        state.put(places[name], np.full(len(state.keys), value, dtype=np.uint64))
    run(routine, state, places, adjoint)
    kept = np.ones(len(state.keys), dtype=bool)
    for name, spots in places.items():
        if name != system:
            kept &= state.values(spots) == np.uint64(fixed.get(name, 0))
    size = 2 ** len(copy)
    matrix = np.zeros((size, size), dtype=complex)
    rows, came_from = state.values(places[system])[kept], state.values(copy)[kept]
    matrix[rows.astype(np.int64), came_from.astype(np.int64)] = state.amplitudes[kept]
    return Block(matrix, state.peak - len(copy))
