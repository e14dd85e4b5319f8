"""Amplification: exact probabilities on two dimensions, and the circuits on the simulator."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qgd_compiler.algorithms.amplification import (
    Amplification,
    Wanted,
    amplifications,
    amplified_run,
    fixed_point_phases,
)
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Rotation
from qgd_compiler.program.simulate import State, run

LEAST = [0.3, 0.05, 1e-3]


def preparation(probability: float) -> Routine:
    """A flag that is 0 with this probability, beside a system qubit that is turned with it and a third that is not."""
    builder = Builder("preparation")
    flag, system = builder.register("flag", 1), builder.register("system", 2)
    gradient = builder.register("gradient", 0)
    assert gradient.size == 0
    builder.call(Rotation(axis="Y", angle=2 * math.acos(math.sqrt(probability))), flag)
    builder.call(Rotation(axis="Y", angle=0.8, controlled=True), flag, system.part(0, 1))
    builder.call(Rotation(axis="Y", angle=1.1), system.part(1, 1))
    return builder.routine()


def probability_of(routine: Routine, **wanted: int) -> float:
    """The probability of these values of registers, by running the circuit from |0>."""
    state = State.zero()
    places = {r.name: state.allocate(int(r.size)) for r in routine.registers}
    run(routine, state, places)
    right = np.ones(len(state.keys), dtype=bool)
    for name, value in wanted.items():
        right &= state.values(places[name]) == value
    return float(np.sum(np.abs(state.amplitudes[right]) ** 2))


def succeeded(routine: Routine) -> float:
    """The probability that the flag is 0."""
    return probability_of(routine, flag=0)


def test_repetition_is_always_a_way_and_a_certain_run_needs_no_other() -> None:
    (only,) = amplifications(1.0, most=1.0, reusable=True)
    assert (only.rounds, only.circuits) == (0, 1.0)
    (only,) = amplifications(0.01, most=0.01, reusable=False)
    assert (only.rounds, only.circuits) == (0, 100.0)


@pytest.mark.parametrize("least", LEAST)
def test_a_circuit_succeeds_as_often_as_its_way_says(least: float) -> None:
    for way in amplifications(least, most=least, reusable=True):
        found = succeeded(amplified_run(preparation(least), Wanted(), way, angles=True))
        assert found >= way.probability - 1e-9
        if way.leak is None:
            assert found == pytest.approx(way.probability, abs=1e-9)
        assert way.solver_runs == pytest.approx((2 * way.rounds + 1) / way.probability)


@pytest.mark.parametrize("least", LEAST[:2])
def test_fixed_point_amplification_never_overshoots(least: float) -> None:
    (way,) = [w for w in amplifications(least, most=None, reusable=True) if w.leak is not None]
    for factor in np.linspace(1.0, 0.999 / least, 7):
        found = succeeded(amplified_run(preparation(least * factor), Wanted(), way, angles=True))
        assert found >= way.probability - 1e-9
    # plain amplification with as many rounds fails somewhere in between
    plain = Amplification(way.rounds, 0.0, 1.0, 1.0, (0.0, 1.0))
    worst = min(
        succeeded(amplified_run(preparation(least * f), Wanted(), plain))
        for f in np.linspace(1, 0.99 / least, 40)
    )
    assert worst < 0.5 * way.probability


def test_fewer_rounds_than_the_fixed_point_takes_would_miss_its_promise() -> None:
    (way,) = [w for w in amplifications(0.05, most=None, reusable=True) if w.leak is not None]
    assert way.leak is not None
    start, good = np.array([math.sqrt(0.05), math.sqrt(0.95)]), np.array([1.0, 0.0])
    state = start.astype(complex)
    for about_start, about_good in fixed_point_phases(way.rounds - 1, way.leak):
        state = state - (1 - np.exp(1j * about_good)) * good * state[0]
        state = -(state - (1 - np.exp(-1j * about_start)) * start * (start @ state))
    assert abs(state[0]) ** 2 < way.probability


def test_amplification_pays_the_square_root() -> None:
    few, many = (amplifications(p, most=p, reusable=True)[0].solver_runs for p in (1e-4, 1e-8))
    assert many / few == pytest.approx(100, rel=0.02)
    few, many = (amplifications(p, most=None, reusable=True)[0].solver_runs for p in (1e-4, 1e-8))
    assert many / few == pytest.approx(100, rel=0.02)


def test_a_late_time_and_a_mark_are_part_of_what_is_wanted() -> None:
    builder = Builder("two qubits of time, one of data")
    flag, system = builder.register("flag", 1), builder.register("system", 3)
    builder.register("gradient", 0)
    builder.call(Rotation(axis="Y", angle=1.0), flag)
    for place, angle in enumerate((0.7, 0.9, 1.3)):
        builder.call(Rotation(axis="Y", angle=angle), system.part(place, 1))
    prepared = builder.routine()
    wanted = Wanted(time_bits=2, iterations=3, marks=((0, 1),))
    before = probability_of(prepared, flag=0, system=0b111)
    for way in amplifications(before, most=before, reusable=True):
        circuit = amplified_run(prepared, wanted, way, angles=True)
        found = probability_of(circuit, flag=0, system=0b111)
        assert found >= way.probability - 1e-9
        assert way.rounds == 0 or found > 3 * before
