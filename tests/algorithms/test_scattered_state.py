"""Sparse states by exchanges of basis states: right forwards, and a unitary on everything else."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgd_compiler.algorithms.access import Qrom
from qgd_compiler.algorithms.scattered_state import exchanges, scattered_state
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from tests.program.running import on_basis

CASES = [
    (1, [1], [0.7]),
    (3, [5], [-0.4]),
    (3, [0, 1], [0.6, -0.8]),
    (3, [1, 0], [0.6, -0.8]),
    (3, [6, 1, 3], [0.5, -0.3, 0.2]),
    (4, [3, 2, 1, 0, 14], [0.5, -0.3, 0.2, 0.7, -0.1]),
]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12, unique=True))
def test_exchanges_bring_every_amplitude_to_its_place(places: list[int]) -> None:
    where = list(range(64))
    pairs = list(exchanges(places))
    for a, b in pairs:
        where = [b if x == a else a if x == b else x for x in where]
    assert where[: len(places)] == places
    assert sorted(where) == list(range(64))
    assert len(pairs) <= len(places)


@pytest.mark.parametrize(("bits", "places", "amplitudes"), CASES)
def test_the_state_is_prepared_and_the_circuit_is_a_unitary_of_its_register(
    bits: int, places: list[int], amplitudes: list[float]
) -> None:
    given_ = np.array(amplitudes)
    routine = scattered_state(bits, len(places), 12, Qrom(), places=places, amplitudes=given_)
    found = on_basis(routine, {"gradient": range(1)})
    whole = np.zeros((2**bits, 2**bits), dtype=complex)
    for before, after in found.items():
        for end, amplitude in after.items():
            whole[end[0], before[0]] = amplitude
    wanted = np.zeros(2**bits)
    wanted[places] = given_ / np.linalg.norm(given_)
    assert np.abs(whole[:, 0] - wanted).max() < 2e-3
    assert np.abs(whole.conj().T @ whole - np.eye(2**bits)).max() < 1e-9


@pytest.mark.parametrize(("bits", "places", "amplitudes"), CASES)
def test_a_count_is_that_of_the_circuit(bits: int, places: list[int], amplitudes: list[float]) -> None:
    explicit = scattered_state(bits, len(places), 12, Qrom(), places=places, amplitudes=np.array(amplitudes))
    known = fold(scattered_state(bits, len(places), 12, Qrom(), places=places), price_of)
    anywhere = fold(scattered_state(bits, len(places), 12, Qrom()), price_of)
    real = fold(explicit, price_of)
    assert real.gates.toffoli == known.gates.toffoli <= anywhere.gates.toffoli
    assert real.gates.rotations == known.gates.rotations
    assert real.work == known.work
    moved = sum(1 for _ in exchanges(places))
    # each exchange ANDs all other qubits
    tree = real.gates.toffoli - moved * max(bits - 2, 0)
    assert tree >= 0


def test_places_that_repeat_or_do_not_fit_are_refused() -> None:
    for places in ([1, 1], [0, 9]):
        with pytest.raises(ValueError, match="different places"):
            scattered_state(3, 2, 8, Qrom(), places=places)
    assert list(itertools.islice(exchanges([0]), 1)) == []
