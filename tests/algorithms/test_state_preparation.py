"""State preparation by alias sampling and of sparse states, run on the simulator."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from qgd_compiler.algorithms import amplitude_tree
from qgd_compiler.algorithms.access import Access, Qroam, Qrom
from qgd_compiler.algorithms.alias_sampling import alias_sampling, alias_tables, keep_bits_for
from qgd_compiler.algorithms.amplitude_tree import error_bound
from qgd_compiler.algorithms.sparse_state import sparse_state
from qgd_compiler.algorithms.upload import preparations
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder, fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.evaluate import evaluate
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Gate
from qgd_compiler.program.simulate import State, block, run

VECTORS = {
    2: np.array([0.3, -0.9]),
    3: np.array([0.5, 0.0, -1.2]),
    5: np.array([0.1, 0.7, -0.4, 1.3, -0.2]),
    8: np.array([1.0, -2.0, 0.5, 0.25, 3.0, -0.1, 0.0, 0.7]),
}
ACCESSES: tuple[Access, ...] = (Qrom(), Qroam())


def ran(routine: Routine) -> tuple[State, dict[str, list[int]]]:
    """The state that a routine makes of |0…0>, and where its registers are."""
    state = State.zero()
    places = {r.name: state.allocate(int(r.size)) for r in routine.registers if r.name != "gradient"}
    run(routine, state, places)
    return state, places


@pytest.mark.parametrize("access", ACCESSES, ids=lambda a: str(a.name))
@pytest.mark.parametrize("size", VECTORS)
@pytest.mark.parametrize("keep_bits", [1, 3, 6])
def test_alias_sampling_gives_the_probabilities_of_its_tables(
    size: int, keep_bits: int, access: Access
) -> None:
    vector = VECTORS[size]
    tables = alias_tables(vector, keep_bits)
    state, places = ran(alias_sampling(size, keep_bits, access, tables=tables))
    found = np.bincount(
        state.values(places["state"]).astype(int), np.abs(state.amplitudes) ** 2, minlength=size
    )
    assert found[:size] == pytest.approx(tables.probabilities, abs=1e-12)
    assert found[size:] == pytest.approx(0, abs=1e-12)
    meant = vector**2 / (vector**2).sum()
    assert np.abs(tables.probabilities - meant).max() < 1 / (size * 2**keep_bits)
    assert np.abs(tables.probabilities - meant).sum() <= 2.0**-keep_bits


def test_the_rounding_of_probabilities_halves_with_every_bit() -> None:
    vector = VECTORS[5]
    meant = vector**2 / (vector**2).sum()
    errors = [float(np.abs(alias_tables(vector, b).probabilities - meant).sum()) for b in range(2, 12)]
    assert errors[-1] < errors[0] / 100
    assert keep_bits_for(5, 2.0**-7) == 7


@pytest.mark.parametrize("access", ACCESSES, ids=lambda a: str(a.name))
def test_prepare_select_and_unprepare_is_the_weighted_sum(access: Access) -> None:
    """With Z on bit 0 of the index selected under each i: Σ p_i s_i Z^{i_0}, seen on one system qubit."""
    vector, keep_bits = VECTORS[3], 4
    tables = alias_tables(vector, keep_bits, signs=True)
    plain = alias_tables(vector, keep_bits)
    assert plain.probabilities == pytest.approx(tables.probabilities)
    prepare = alias_sampling(3, keep_bits, access, signs=True, tables=tables)
    unprepare = alias_sampling(3, keep_bits, access, tables=plain)
    for first, second in ((prepare, prepare), (unprepare, unprepare)):
        builder = Builder("LCU")
        system = builder.register("system", 1)
        state = builder.register("state", 2)
        ancilla = builder.register("ancilla", first.register("ancilla").size)
        builder.call(first, state, ancilla)
        builder.call(Gate(kind="CZ"), state.part(1, 1), system)
        builder.call(second, state, ancilla, adjoint=True)
        found = block(builder.routine()).matrix
        odd = float(tables.probabilities[1])
        assert found == pytest.approx(np.diag([1, 1 - 2 * odd]), abs=1e-12)


def test_signs_of_amplitudes_are_carried_to_where_they_belong() -> None:
    vector, keep_bits = VECTORS[5], 4
    tables = alias_tables(vector, keep_bits, signs=True)
    state, places = ran(alias_sampling(5, keep_bits, Qrom(), signs=True, tables=tables))
    signs = np.sign(state.amplitudes.real * state.amplitudes.real[0])
    by_state = {
        int(v): set(signs[state.values(places["state"]) == v].tolist())
        for v in set(state.values(places["state"]).tolist())
    }
    assert all(len(found) == 1 for found in by_state.values())
    negative = {v for v, found in by_state.items() if found == by_state[2]}
    assert negative == {2, 4}


PLACES = {2: [3, 12], 3: [0, 5, 6], 5: [1, 2, 7, 11, 14], 8: [0, 1, 2, 3, 9, 10, 13, 15]}


@pytest.mark.parametrize("access", ACCESSES, ids=lambda a: str(a.name))
@pytest.mark.parametrize("size", VECTORS)
@pytest.mark.parametrize("bits", [4, 8])
def test_a_sparse_state_has_its_amplitudes_at_its_places_and_nothing_else(
    size: int, bits: int, access: Access
) -> None:
    vector = VECTORS[size]
    routine = sparse_state(16, size, bits, access, data=(PLACES[size], vector))
    state, places = ran(routine)
    found = np.zeros(16, dtype=complex)
    found[state.values(places["state"]).astype(int)] = state.amplitudes
    meant = np.zeros(16)
    meant[PLACES[size]] = vector / np.linalg.norm(vector)
    assert np.linalg.norm(found - meant) <= error_bound(size, bits)
    clearing = fold(routine, price_of).gates.toffoli - _without_clearing(size, bits, access)
    assert clearing == max(size - 2, 0)
    counted = fold(sparse_state(16, size, bits, access), price_of)
    with_data = fold(routine, price_of)
    assert counted.gates.toffoli == with_data.gates.toffoli
    assert counted.gates.clifford >= with_data.gates.clifford


def _without_clearing(size: int, bits: int, access: Access) -> int:
    from qgd_compiler.algorithms.access import load_clean
    from qgd_compiler.algorithms.amplitude_tree import amplitude_tree

    builder = Builder("lookup")
    index, target = builder.register("index", int(size - 1).bit_length()), builder.register("target", 4)
    load_clean(builder, access, [(size, index)], target)
    return int(
        fold(builder.routine(), price_of).gates.toffoli
        + fold(amplitude_tree(size, bits, access), price_of).gates.toffoli
    )


@pytest.mark.parametrize("access", ACCESSES, ids=lambda a: str(a.name))
def test_a_state_with_one_entry_is_that_place_and_costs_no_toffoli(access: Access) -> None:
    for place in (0, 5, 15):
        routine = sparse_state(16, 1, 4, access, data=([place], np.array([-0.3])))
        state, places = ran(routine)
        assert state.values(places["state"]).tolist() == [place]
        counted = fold(sparse_state(16, 1, 4, access), price_of).gates
        assert counted.toffoli == 0 and counted.clifford >= fold(routine, price_of).gates.clifford
    with pytest.raises(ValueError, match="must differ and lie"):
        sparse_state(16, 1, 4, access, data=([16], np.array([1.0])))


@pytest.mark.parametrize(
    ("places", "reason"), [([1, 1], "must differ"), ([1, 16], "must differ"), ([1], "not 2 of each")]
)
def test_places_that_make_no_sense_are_refused(places: list[int], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        sparse_state(16, 2, 4, Qrom(), data=(places, VECTORS[2]))


def test_counts_with_symbols_are_counts_with_numbers() -> None:
    n, r, b = sympy.symbols("n r b", integer=True, positive=True)
    sparse = fold(sparse_state(n, r, b, Qrom()), price_of)
    alias = fold(alias_sampling(n, b, Qroam()), price_of)
    for size, nonzeros, bits in ((1000, 7, 9), (64, 16, 5)):
        numbers = {"n": size, "r": nonzeros, "b": bits}
        there = fold(sparse_state(size, nonzeros, bits, Qrom()), price_of)
        assert evaluate(sparse.gates.toffoli, numbers) == there.gates.toffoli
        assert evaluate(sparse.work, numbers) == there.work
        there = fold(alias_sampling(size, bits, Qroam()), price_of)
        assert evaluate(alias.gates.toffoli, numbers) == there.gates.toffoli
        assert evaluate(alias.gates.rotations, numbers) == there.gates.rotations


def test_the_cheapest_preparation_follows_the_number_of_amplitudes() -> None:
    few = preparations(1024, 5, 1e-3, ACCESSES, Exchange(), Folder(price_of))
    many = preparations(1024, 1024, 1e-3, ACCESSES, Exchange(), Folder(price_of))
    assert few[0].method == "sparse tree"
    assert many[0].method == "dense tree"
    assert [p.t_count for p in few] == sorted(p.t_count for p in few)
    assert len(few) == 4


@pytest.mark.parametrize("share", [0.02, 0.2])
def test_trees_of_sparse_data_have_the_words_of_all_places_worked_out(
    share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(8)
    data = -rng.normal(size=(30, 37)) * (rng.random((30, 37)) < share)  # with negative zeros
    data[3] = 0.0
    quickly = amplitude_tree.tree_tables(data, 9), amplitude_tree.realised(data, 9)
    monkeypatch.setattr(amplitude_tree, "_some", lambda where: ...)
    assert quickly[0] == amplitude_tree.tree_tables(data, 9)
    assert np.array_equal(quickly[1], amplitude_tree.realised(data, 9))
