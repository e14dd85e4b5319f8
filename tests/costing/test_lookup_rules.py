"""Properties of the rules of table lookups; their circuits are in tests/program."""

from __future__ import annotations

import pytest

from qgd_compiler.costing.rules_lookup import lookup, lookup_erased


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
