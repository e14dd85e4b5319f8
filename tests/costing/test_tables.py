"""The choice of block sizes against all that there is to choose from."""

from __future__ import annotations

from itertools import product

import numpy as np
import sympy
from hypothesis import given
from hypothesis import strategies as st

from qgd_compiler.costing.rules_lookup import lookup, lookup_erased
from qgd_compiler.costing.tables import best_blocks, best_borrowed_blocks

shapes = st.one_of(st.tuples(st.integers(1, 400)), st.tuples(st.integers(1, 60), st.integers(1, 60)))


def toffolis(shape: tuple[int, ...], bits: int, blocks: tuple[int, ...], controlled: bool) -> int:
    """Counted from the text-book description: visit the groups, then swap the columns into place."""
    visits, columns = 1, 1
    for length, block in zip(shape, blocks, strict=True):
        visits *= len(range(0, length, block))
        columns *= block
    return max(visits - 2 + controlled, 0) + bits * (columns - 1)


def all_blocks(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """All powers of two per axis, up to the first that covers the axis."""
    axes = []
    for length in shape:
        sizes = [1]
        while sizes[-1] < length:
            sizes.append(2 * sizes[-1])
        axes.append(sizes)
    return list(product(*axes))


@given(shape=shapes, bits=st.integers(1, 20), controlled=st.booleans())
def test_no_blocks_fetch_with_fewer_toffolis(shape: tuple[int, ...], bits: int, controlled: bool) -> None:
    blocks, _ = best_blocks(shape, bits, controlled)
    best = min(toffolis(shape, bits, b, controlled) for b in all_blocks(shape))
    assert toffolis(shape, bits, blocks, controlled) == best
    assert lookup(shape, bits, blocks, controlled).gates.toffoli == best


@given(shape=shapes, bits=st.integers(1, 20), controlled=st.booleans())
def test_no_blocks_erase_with_fewer_toffolis(shape: tuple[int, ...], bits: int, controlled: bool) -> None:
    blocks, erase = best_blocks(shape, bits, controlled)

    def cost(b: tuple[int, ...]) -> int:
        spread, columns = 0, 1
        while columns < np.prod(b):
            spread += columns - 1
            columns *= 2
        return toffolis(shape, 0, b, controlled) + spread

    best = min(map(cost, all_blocks(shape)))
    assert cost(erase) == best
    assert lookup_erased(shape, bits, blocks, erase, controlled).gates.toffoli == best


@given(shape=shapes, bits=st.integers(1, 20), controlled=st.booleans())
def test_no_number_of_borrowed_columns_takes_fewer_toffolis(
    shape: tuple[int, ...], bits: int, controlled: bool
) -> None:
    def cost(b: tuple[int, ...]) -> int:
        several = int(np.prod(b)) > 1
        return toffolis(shape, 0, b, controlled) * (1 + several) + 4 * bits * (int(np.prod(b)) - 1)

    blocks = best_borrowed_blocks(shape, bits, controlled)
    assert cost(blocks) == min(map(cost, all_blocks(shape)))


@given(
    exponents=st.lists(st.tuples(st.floats(0, 20), st.floats(0, 12)), min_size=1, max_size=8),
    bits=st.integers(1, 64),
    controlled=st.booleans(),
)
def test_an_array_of_tables_has_the_columns_of_each_table_alone(
    exponents: list[tuple[float, float]], bits: int, controlled: bool
) -> None:
    shape = tuple(np.floor(2.0 ** np.array([e[axis] for e in exponents])) for axis in (0, 1))
    fetch, erase = best_blocks(shape, bits, controlled)
    borrowed = best_borrowed_blocks(shape, bits, controlled)
    for i in range(len(exponents)):
        alone = tuple(int(length[i]) for length in shape)
        found = (tuple(int(b[i]) for b in fetch), tuple(int(b[i]) for b in erase))
        assert found == best_blocks(alone, bits, controlled)
        assert tuple(int(b[i]) for b in borrowed) == best_borrowed_blocks(alone, bits, controlled)


def test_the_axes_are_chosen_together() -> None:
    # each axis by itself: √(1024/16) = 8 and √(256/16) = 4, with 16·31 swaps for 8192 visits
    joint = toffolis((1024, 256), 16, best_blocks((1024, 256), 16)[0], False)
    assert joint == 4078 < toffolis((1024, 256), 16, (8, 4), False)


def test_symbols_stand_for_the_best_powers_of_two() -> None:
    n, b = sympy.symbols("n b", positive=True, integer=True)
    (fetch,), (erase,) = best_blocks((n,), b)
    values = {n: 2**27, b: 32}
    assert fetch.subs(values) == best_blocks((2**27,), 32)[0][0] == 2048
    assert erase.subs(values) in (2**13, 2**14)
