"""The circuits of table lookups and of their erasure: every address, all kinds of outcomes, every gate counted."""

from __future__ import annotations

import numpy as np
import pytest

from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.expand import expand
from qgd_compiler.program.primitives import Lookup
from qgd_compiler.program.simulate import State, run
from tests.program.running import counts_as_its_rule, of_atoms, on_basis, permutes

SHAPES = [
    ((1,), (1,), (1,)),
    ((2,), (1,), (2,)),
    ((2,), (2,), (1,)),
    ((3,), (1,), (4,)),
    ((3,), (4,), (1,)),
    ((5,), (2,), (2,)),
    ((6,), (4,), (4,)),
    ((11,), (4,), (8,)),
    ((13,), (1,), (4,)),
    ((8,), (1,), (8,)),
    ((3, 5), (1, 1), (2, 1)),
    ((3, 5), (2, 2), (2, 4)),
    ((1, 4), (1, 2), (1, 4)),
    ((2, 3, 2), (1, 2, 2), (2, 1, 1)),
]


@pytest.mark.parametrize(("shape", "blocks", "erase"), SHAPES)
@pytest.mark.parametrize("controlled", [False, True])
def test_a_lookup_reads_its_table_and_its_erasure_mends_every_sign(
    shape: tuple[int, ...], blocks: tuple[int, ...], erase: tuple[int, ...], controlled: bool
) -> None:
    rng = np.random.default_rng(5)
    bits, size = 2, int(np.prod(shape))
    table = tuple(int(w) for w in rng.integers(0, 4, size))
    op = Lookup(shape=shape, bits=bits, blocks=blocks, erase_blocks=erase, controlled=controlled, table=table)
    counts_as_its_rule(op, False)
    forward = expand(op)
    assert of_atoms(forward)
    columns = int(np.prod(blocks))
    clean = {"target": range(1), "junk": range(1)}
    clean |= {f"address{i}": range(n) for i, n in enumerate(shape)}

    def words(address: tuple[int, ...], on: bool) -> tuple[int, int]:
        """The group of the address, after swapping its halves where the address has a 1, top bit first."""
        group = []
        for offset in np.ndindex(*blocks):
            at = tuple(a - a % k + o for a, k, o in zip(address, blocks, offset, strict=True))
            inside = on and all(a < n for a, n in zip(at, shape, strict=True))
            group.append(table[int(np.ravel_multi_index(at, shape))] if inside else 0)
        place = int(np.ravel_multi_index([a % k for a, k in zip(address, blocks, strict=True)], blocks))
        width = len(group)
        while width > 1:
            width //= 2
            if place & width:
                group = group[width : 2 * width] + group[:width] + group[2 * width :]
        return group[0], int("".join(f"{w:02b}" for w in group[1:]) or "0", 2)

    def meaning(v: tuple[int, ...]) -> tuple[int, ...]:
        control, address = (v[0], v[1:-2]) if controlled else (1, v[:-2])
        return (*v[:-2], *words(address, control == 1))

    permutes(forward, meaning, clean)
    for outcome in {0, 1, (1 << bits * columns) - 1, *map(int, rng.integers(0, 1 << bits * columns, 6))}:
        both = Builder("looked up and erased")
        handles = [both.register(r.name, r.size) for r in op.registers]
        both.call(forward, *handles)
        erasure = expand(op, True, outcome)
        assert of_atoms(erasure)
        both.call(erasure, *handles)
        found = on_basis(both.routine(), clean)
        signs = {after[before].real for before, after in found.items() if after.keys() == {before}}
        assert len(signs) == 1, "one sign for all addresses"
        assert len(found) == sum(len(after) for after in found.values())
        one_group = all(n <= k for n, k in zip(shape, erase, strict=True))
        if controlled or not one_group:
            assert signs == {1.0}


@pytest.mark.parametrize(("shape", "blocks", "erase"), SHAPES)
@pytest.mark.parametrize("controlled", [False, True])
def test_the_worst_erasure_is_what_the_rule_counts(
    shape: tuple[int, ...], blocks: tuple[int, ...], erase: tuple[int, ...], controlled: bool
) -> None:
    op = Lookup(shape=shape, bits=2, blocks=blocks, erase_blocks=erase, controlled=controlled)
    worst, price = fold(expand(op, True), price_of), price_of(op, True)
    assert worst.gates.toffoli == price.gates.toffoli
    assert worst.gates.measurements == price.gates.measurements
    assert worst.work == price.work
    root = 0 if controlled else 1  # at an uncontrolled root one sign is global and takes no gate
    assert price.gates.clifford - root <= worst.gates.clifford <= price.gates.clifford
    data = (3,) * int(np.prod(shape))
    known = Lookup(shape=shape, bits=2, blocks=blocks, erase_blocks=erase, controlled=controlled, table=data)
    for outcome in (0, 1, 2):
        assert fold(expand(known, True, outcome), price_of).gates.clifford <= worst.gates.clifford


@pytest.mark.parametrize("outcome", range(16))
@pytest.mark.parametrize("erase", [1, 2])
def test_all_addresses_at_once_stay_in_phase_whatever_is_measured(outcome: int, erase: int) -> None:
    op = Lookup(shape=(3,), bits=2, blocks=(2,), erase_blocks=(erase,), table=(2, 3, 1))
    b = Builder("a superposition of addresses, each with its word")
    at, word, junk = b.register("at", 2), b.register("word", 2), b.register("junk", 2)
    b.call(expand(op), at, word, junk)
    b.call(expand(op, True, outcome), at, word, junk)
    routine, state = b.routine(), State.zero()
    places = {r.name: state.allocate(int(r.size)) for r in routine.registers}
    state.keys, state.amplitudes = np.zeros(3, dtype=np.uint64), np.full(3, 3**-0.5, dtype=complex)
    state.put(places["at"], np.arange(3, dtype=np.uint64))
    run(routine, state, places)
    assert sorted(state.values(places["at"]).tolist()) == [0, 1, 2]
    assert set(state.values(places["word"] + places["junk"]).tolist()) == {0}
    assert state.amplitudes == pytest.approx(np.full(3, 3**-0.5))


def test_some_outcome_needs_every_gate_that_the_rule_counts() -> None:
    odd = Lookup(shape=(8,), bits=1, blocks=(1,), erase_blocks=(2,), controlled=True, table=(1, 0) * 4)
    worst = fold(expand(odd, True), price_of).gates
    assert fold(expand(odd, True, 1), price_of).gates == worst == price_of(odd, True).gates
    assert fold(expand(odd, True, 0), price_of).gates.clifford == worst.clifford - 8


def test_a_lookup_without_a_table_has_no_circuit_for_an_outcome() -> None:
    op = Lookup(shape=(3,), bits=2, blocks=(1,), erase_blocks=(1,))
    counts_as_its_rule(op, False)
    with pytest.raises(UnsupportedError, match="without a table"):
        expand(op, True, 0)
