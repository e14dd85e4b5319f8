"""The rules of table lookups against lookups and erasures written out gate by gate."""

from __future__ import annotations

import random
from itertools import product

import pytest

from qgd_compiler.costing.rules_lookup import lookup, lookup_erased
from tests.costing.machine import Machine, Qubit, number, register
from tests.costing.machine_lookup import fetch, mend_phase

CASES = [
    ((1,), (1,)),
    ((2,), (1,)),
    ((2,), (2,)),
    ((3,), (1,)),
    ((3,), (4,)),
    ((5,), (1,)),
    ((5,), (2,)),
    ((6,), (4,)),
    ((8,), (1,)),
    ((11,), (4,)),
    ((13,), (1,)),
    ((13,), (8,)),
    ((3, 5), (1, 1)),
    ((3, 5), (2, 1)),
    ((3, 5), (2, 4)),
    ((1, 4), (1, 2)),
    ((2, 3, 2), (1, 2, 2)),
]


def addresses_of(place: tuple[int, ...], shape: tuple[int, ...]) -> list[list[Qubit]]:
    """One register per axis."""
    return [register(i, (length - 1).bit_length()) for i, length in zip(place, shape, strict=True)]


@pytest.mark.parametrize(("shape", "blocks"), CASES)
@pytest.mark.parametrize("controlled", [False, True])
def test_a_lookup_needs_the_gates_of_its_rule(
    shape: tuple[int, ...], blocks: tuple[int, ...], controlled: bool
) -> None:
    bits = 3
    rng = random.Random(7)
    places = list(product(*map(range, shape)))
    table = {place: rng.randrange(1 << bits) for place in places}
    count = 1
    for block in blocks:
        count *= block
    price = lookup(shape, bits, blocks, controlled, tuple(table[place] for place in places))
    for place, c in product(places, (0, 1)):
        m, words = Machine(), [register(0, bits) for _ in range(count)]
        addresses = addresses_of(place, shape)
        fetch(m, table, shape, blocks, addresses, words, Qubit(c) if controlled else None)
        assert number(words[0]) == (table[place] if c or not controlled else 0)
        assert tuple(map(number, addresses)) == place
        g = price.gates
        assert (m.toffoli, m.clifford, m.measurements) == (g.toffoli, g.clifford, g.measurements)
        assert (m.live, m.peak) == (0, price.work)


@pytest.mark.parametrize(("shape", "blocks"), CASES)
@pytest.mark.parametrize("controlled", [False, True])
def test_an_erasure_needs_the_gates_of_its_rule(
    shape: tuple[int, ...], blocks: tuple[int, ...], controlled: bool
) -> None:
    rng = random.Random(11)
    places = list(product(*map(range, shape)))
    bits, ones = 1, (1,) * len(shape)
    price = lookup_erased(shape, bits, ones, blocks, controlled)
    worst = {p: int(all(i % block == 0 for i, block in zip(p, blocks, strict=True))) for p in places}
    for phase in ({p: rng.randrange(2) for p in places}, worst):
        for place, c in product(places, (0, 1)):
            m, addresses = Machine(), addresses_of(place, shape)
            mend_phase(m, phase, shape, blocks, addresses, Qubit(c) if controlled else None)
            assert m.sign == (-1) ** (phase[place] if c or not controlled else 0)
            assert tuple(map(number, addresses)) == place
            assert m.toffoli == price.gates.toffoli
            assert m.measurements + bits == price.gates.measurements
            assert m.clifford <= price.gates.clifford
            assert m.live == 0
            assert max(m.peak - bits, 0) == price.work, "the measured qubit works too"
    full = all(length % block == 0 for length, block in zip(shape, blocks, strict=True))
    if full:
        assert m.clifford == price.gates.clifford, "the bound on the Cliffords is reached"


def test_a_lookup_without_a_table_counts_no_fewer_cliffords_than_with_any() -> None:
    full = (7,) * 10
    unknown = lookup((10,), 3, (2,), False).gates
    assert unknown == lookup((10,), 3, (2,), False, full).gates
    assert unknown.clifford > lookup((10,), 3, (2,), False, (5,) * 10).gates.clifford


def test_an_erasure_works_in_the_qubits_it_has_measured() -> None:
    assert lookup_erased((64,), 16, (1,), (8,), False).work == 0
    assert lookup_erased((64,), 2, (1,), (8,), False).work == 7 + 2 - 2
    assert lookup_erased((64,), 2, (4,), (8,), False).work == 7 + 2 - 8


@pytest.mark.parametrize(
    ("blocks", "words"), [((3,), "powers of two"), ((16,), "axis of 5"), ((1, 1), "axes")]
)
def test_block_sizes_that_no_swap_network_has_are_refused(blocks: tuple[int, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        lookup((5,), 2, blocks, False)
    with pytest.raises(ValueError, match=words):
        lookup_erased((5,), 2, (1,), blocks, False)
