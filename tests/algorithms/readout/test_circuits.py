"""The circuits around a run, simulated: outcomes have the probabilities that the counts rest on."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qgd_compiler.algorithms.access import Qrom
from qgd_compiler.algorithms.amplification import Wanted, amplification_round
from qgd_compiler.algorithms.amplitude_tree import amplitude_tree, realised, tree_tables
from qgd_compiler.algorithms.readout.answer import Answer
from qgd_compiler.algorithms.readout.circuits import (
    estimation,
    interfered_run,
    inverse_fourier,
    iterate_on_zero,
    overlap_test,
    powered,
)
from qgd_compiler.algorithms.readout.ways import interfered_success, switch_angle
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.control import controlled
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Gate, Rotation
from qgd_compiler.program.simulate import State, run

BITS = 10
X = np.array([0.4, -0.7, 0.2, -0.5])
W = np.array([0.6, 0.3, -0.4, 0.8])
# the result stands at the times 3, 4, behind a mark that is 1
ANSWER = Answer(wanted=Wanted(time_bits=3, iterations=3, marks=((0, 1),)), times=2, start=4, bits=2)
SUCCESS = 0.35


def tree(vector: np.ndarray) -> Routine:
    return amplitude_tree(4, BITS, Qrom(), tables=tree_tables(vector, BITS))


def unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(realised(vector, BITS))


def a_run() -> Routine:
    """A run with probability SUCCESS: elsewhere the flag is up, the time is early, and other data stands there."""
    builder = Builder("a run")
    flag = builder.register("sign", 1)
    builder.register("extra", 1)
    system = builder.register("system", 6)
    ancilla = builder.register("ancilla", 1)
    gradient = builder.register("gradient", BITS)
    builder.call(Rotation(axis="Y", angle=2 * math.acos(math.sqrt(SUCCESS))), flag)
    builder.call(tree(X), system.part(4, 2), gradient)
    # times 3 and 4 with equal amplitudes, and the mark, where it succeeds
    builder.call(Gate(kind="X"), flag)
    for op, *wires in (
        (Gate(kind="X"), system.part(3, 1)),
        (Gate(kind="H"), system.part(0, 1)),
        (Gate(kind="X", bits=2), system.part(1, 2)),
        (Gate(kind="CNOT", fan=True, bits=2), system.part(0, 1), system.part(1, 2)),
    ):
        builder.call(controlled(op), flag, *wires)
    builder.call(Gate(kind="X"), flag)
    builder.call(Gate(kind="CNOT"), flag, ancilla)
    return builder.routine()


def outcomes(routine: Routine) -> tuple[State, dict[str, list[int]]]:
    state = State.zero()
    places = {r.name: state.allocate(int(r.size)) for r in routine.registers if r.name != "gradient"}
    run(routine, state, places)
    return state, places


def data_of(state: State, places: dict[str, list[int]]) -> np.ndarray:
    return (state.values(places["system"]) & np.uint64(3)).astype(int)


@pytest.fixture(autouse=True)
def _the_run_is_what_it_says() -> None:
    state, places = outcomes(a_run())
    good = (state.values(places["sign"]) == 0) & (state.values(places["ancilla"]) == 0)
    assert np.sum(np.abs(state.amplitudes[good]) ** 2) == pytest.approx(SUCCESS)
    times = set((state.values(places["system"])[good] >> np.uint64(2)).tolist())
    assert times == {3 * 2 + 1, 4 * 2 + 1}


def test_an_interfered_run_shows_the_signs() -> None:
    phi = np.abs(X)
    routine = interfered_run(a_run(), ANSWER, tree(phi), switch_angle(SUCCESS), 0.0)
    state, places = outcomes(routine)
    time_mark = state.values(places["system"]) >> np.uint64(2)
    good = (state.values(places["sign"]) == 0) & (state.values(places["ancilla"]) == 0)
    assert set(time_mark[good].tolist()) <= {7, 9}
    weight = np.abs(state.amplitudes) ** 2
    assert weight[good].sum() == pytest.approx(interfered_success(SUCCESS), rel=1e-9)
    found = np.zeros((2, 4))
    np.add.at(
        found, (state.values(places["switch"])[good].astype(int), data_of(state, places)[good]), weight[good]
    )
    found /= weight[good].sum()
    x, p = unit(X), unit(phi)
    assert found[0] == pytest.approx((x + p) ** 2 / 4, abs=1e-9)
    assert found[1] == pytest.approx((x - p) ** 2 / 4, abs=1e-9)


def amplitude_on_zero(routine: Routine) -> complex:
    state, places = outcomes(routine)
    zero = np.ones(len(state.keys), dtype=bool)
    for spots in places.values():
        zero &= state.values(spots) == 0
    return complex(state.amplitudes[zero].sum())


@pytest.mark.parametrize("w", [W, -W, X, np.array([1.0, 0, 0, 0])])
def test_the_overlap_test_has_the_overlap_in_its_amplitude(w: np.ndarray) -> None:
    found = amplitude_on_zero(overlap_test(a_run(), ANSWER, tree(w), 0.0))
    assert found == pytest.approx((1 + math.sqrt(SUCCESS) * unit(w) @ unit(X)) / 2, abs=1e-9)


def test_a_phase_between_run_and_reference_is_taken_back() -> None:
    builder = Builder("with a phase")
    handles = [builder.register(r.name, r.size) for r in a_run().registers]
    builder.call(a_run(), *handles)
    for axis_angle in (0.8, -0.3):  # e^{-i(0.8−0.3)/2} on |…0>, by two rotations of a qubit in |0>
        spare = builder.allocate("spare", 1)
        builder.call(Rotation(axis="Z", angle=axis_angle), spare)
        builder.release(spare)
    off = amplitude_on_zero(overlap_test(builder.routine(), ANSWER, tree(W), 0.0))
    mended = amplitude_on_zero(overlap_test(builder.routine(), ANSWER, tree(W), 0.25))
    expected = (1 + math.sqrt(SUCCESS) * unit(W) @ unit(X)) / 2
    assert abs(abs(off) - expected) > 1e-3
    assert abs(mended) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_iterates_turn_the_amplitude(power: int) -> None:
    test = overlap_test(a_run(), ANSWER, tree(W), 0.0)
    theta = math.asin((1 + math.sqrt(SUCCESS) * unit(W) @ unit(X)) / 2)
    found = amplitude_on_zero(powered(test, iterate_on_zero(test), power))
    assert abs(found) == pytest.approx(abs(math.sin((2 * power + 1) * theta)), abs=1e-9)


def grover_distribution(theta: float, bits: int) -> np.ndarray:
    turn = np.array([[math.cos(2 * theta), -math.sin(2 * theta)], [math.sin(2 * theta), math.cos(2 * theta)]])
    rows = [np.array([math.cos(theta), math.sin(theta)])]
    for _ in range(2**bits - 1):
        rows.append(turn @ rows[-1])
    return np.sum(np.abs(np.fft.fft(np.array(rows), axis=0) / 2**bits) ** 2, axis=1)


def measured_phase(routine: Routine, bits: int) -> np.ndarray:
    state, places = outcomes(routine)
    found = np.zeros(2**bits)
    np.add.at(found, state.values(places["phase"]).astype(int), np.abs(state.amplitudes) ** 2)
    return found


@pytest.mark.parametrize("bits", [1, 3, 4])
def test_amplitude_estimation_of_an_overlap_has_the_outcomes_of_phase_estimation(bits: int) -> None:
    test = overlap_test(a_run(), ANSWER, tree(W), 0.0)
    theta = math.asin((1 + math.sqrt(SUCCESS) * unit(W) @ unit(X)) / 2)
    found = measured_phase(estimation(test, iterate_on_zero(test), bits), bits)
    assert found == pytest.approx(grover_distribution(theta, bits), abs=1e-9)


def test_amplitude_estimation_of_the_success_has_the_outcomes_of_phase_estimation() -> None:
    solver = a_run()
    iterate = amplification_round(solver, ANSWER.wanted)
    found = measured_phase(estimation(solver, iterate, 4), 4)
    assert found == pytest.approx(grover_distribution(math.asin(math.sqrt(SUCCESS)), 4), abs=1e-9)


@pytest.mark.parametrize("bits", [1, 2, 3, 5])
def test_the_inverse_fourier_transform_finds_a_frequency(bits: int) -> None:
    for y in range(2**bits):
        builder = Builder("frequency, then transform")
        x = builder.register("phase", bits)
        builder.call(Gate(kind="H", bits=bits), x)
        for i in range(bits):
            angle = 2 * math.pi * y * 2 ** (bits - 1 - i) / 2**bits
            builder.call(Rotation(axis="Z", angle=angle), x.part(i, 1))
        builder.call(inverse_fourier(bits), x)
        assert measured_phase(builder.routine(), bits)[y] == pytest.approx(1, abs=1e-9)


def test_what_a_read_out_adds_to_a_run_is_counted() -> None:
    solver, prep = a_run(), tree(W)
    alone = fold(solver, price_of).gates
    under_switch = fold(controlled(solver), price_of).gates
    test = overlap_test(solver, ANSWER, prep)
    whole = fold(test, price_of)
    assert whole.gates.toffoli > under_switch.toffoli > alone.toffoli
    assert whole.by_component["read-out"].toffoli > 0, "the reference state is in the bill"
    once, twice = fold(test, price_of).gates, fold(iterate_on_zero(test), price_of).gates
    back = fold(test, price_of, adjoint=True).gates
    qubits = sum(int(r.size) for r in test.registers if r.name != "gradient")
    assert twice.toffoli == once.toffoli + back.toffoli + 2 * (qubits - 1)
    circuit = fold(estimation(test, iterate_on_zero(test), 5), price_of).gates
    each = fold(controlled(iterate_on_zero(test)), price_of).gates
    assert circuit.toffoli == once.toffoli + 31 * each.toffoli
    assert each.toffoli - twice.toffoli < 10, "of an iterate only the signs are controlled"
