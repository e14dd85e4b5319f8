"""Distances, cycles and thresholds, by trying one after another."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgd_compiler.errors import InfeasibleError, SpecError
from qgd_compiler.physical.codes import CODES, allowed_cycles, logical_error, patch_qubits, smallest_distance
from qgd_compiler.physical.machines import PRESETS, Machine, Qubit, machine, preset

CODE = st.sampled_from(sorted(CODES))


def error_in_fractions(name: str, p: float, distance: int) -> Fraction:
    code = CODES[name]
    ratio = Fraction(p) / Fraction(code.threshold)
    error = Fraction(code.prefactor)
    for _ in range((distance + 1) // 2):
        error *= ratio
    return error


@given(CODE, st.floats(0.01, 0.9), st.floats(-9, -0.5), st.integers(1, 10**30))
def test_the_distance_is_the_first_odd_one_that_is_good_enough(
    name: str, share: float, digits: float, volume: int
) -> None:
    p, budget = share * CODES[name].threshold, 10**digits
    found = smallest_distance(CODES[name], p, budget, volume)
    assert found % 2 == 1
    wanted = Fraction(budget) * (1 + Fraction(1, 10**9))  # floating point on the edge between two distances
    assert error_in_fractions(name, p, found) * volume <= wanted
    if found > 1:
        assert error_in_fractions(name, p, found - 2) * volume * (1 + Fraction(1, 10**9)) > Fraction(budget)


@given(CODE, st.floats(0.01, 0.5), st.integers(3, 30), st.integers(1, 10**6))
def test_a_distance_carries_the_cycles_that_it_says_and_no_more(
    name: str, share: float, half: int, qubits: int
) -> None:
    p, distance, budget = share * CODES[name].threshold, 2 * half + 1, 0.3
    cycles = allowed_cycles(CODES[name], p, budget, qubits, distance)
    each = error_in_fractions(name, p, distance) * qubits
    assert each * cycles <= Fraction(budget) * (1 + Fraction(1, 10**9))
    assert each * (cycles + 1) > Fraction(budget) * (1 - Fraction(1, 10**9))
    if cycles > 0:
        assert (
            smallest_distance(CODES[name], p, budget, max(cycles - cycles // 1000 - 1, 1) * qubits)
            <= distance
        )


def test_rules_mean_the_same_on_arrays() -> None:
    distances = np.arange(3, 60, 2)
    code = CODES["floquet"]
    assert patch_qubits(code, distances).tolist() == [patch_qubits(code, int(d)) for d in distances]
    assert np.allclose(
        logical_error(code, 1e-4, distances), [logical_error(code, 1e-4, int(d)) for d in distances]
    )
    volumes = 10.0 ** np.arange(1, 25)
    found = smallest_distance(code, 1e-4, 1e-3, volumes)
    assert found.tolist() == [smallest_distance(code, 1e-4, 1e-3, 10**k) for k in range(1, 25)]


def test_a_patch_has_two_physical_qubits_per_square_of_the_distance_or_the_floquet_number() -> None:
    assert patch_qubits(CODES["surface"], 3) == 18  # 9 data qubits and as many ancillas, one of them spare
    assert patch_qubits(CODES["floquet"], 3) == 52


@pytest.mark.parametrize("error", [0.01, 0.02, 0.5])
def test_qubits_at_or_above_the_threshold_are_refused_with_the_threshold(error: float) -> None:
    with pytest.raises(InfeasibleError, match=rf"{error:g} .*not below the threshold 0.01") as caught:
        Machine(Qubit("poor", 50, 100, 50, error, error, error), CODES["surface"])
    assert caught.value.mistakes[0].remedy


def test_joint_measurements_have_a_lower_threshold_under_the_surface_code() -> None:
    assert machine(preset("majorana_1e-4"), "surface").code.threshold == 0.0015
    assert machine(preset("majorana_1e-4")).code.name == "Floquet"
    with pytest.raises(SpecError, match="joint measurements"):
        machine(preset("ions_1e-3"), "floquet")
    with pytest.raises(SpecError, match="no qubit is called"):
        preset("ions")


def test_a_cycle_is_a_round_of_the_code_times_its_distance() -> None:
    rounds = {
        "superconducting_1e-3": 400,
        "ions_1e-4": 600_000,
        "majorana_1e-6": 300,
        "superconducting_1us_1e-3": 1000,
    }
    assert {name: machine(preset(name)).round_ns for name in rounds} == rounds
    assert machine(preset("majorana_1e-6"), "surface").round_ns == 2000
    assert machine(preset("ions_1e-3")).cycle_ns(7) == 4_200_000


def test_the_presets_of_the_spec_are_those_of_the_machines() -> None:
    from typing import get_args

    from qgd_compiler.spec.hardware import PresetName

    assert set(get_args(PresetName)) == set(PRESETS)
