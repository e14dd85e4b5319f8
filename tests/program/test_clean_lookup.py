"""Lookups that leave nothing but the word: what they read, what they clear, and that both directions are cheap."""

from __future__ import annotations

import numpy as np
import pytest

from qgd_compiler.algorithms.access import Access, BucketBrigadeQram, DirtyQroam, Qroam, Qrom
from qgd_compiler.algorithms.encoders import RowWeighted, SparseAccess, SparseRowWeighted
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.expand import expand
from qgd_compiler.program.expansions.clean_lookup import unitary
from qgd_compiler.program.primitives import CleanLookup
from tests.program.running import counts_as_its_rule, of_atoms, on_basis, permutes

SHAPES = [
    ((1,), (1,), (1,)),
    ((3,), (1,), (2,)),
    ((5,), (2,), (4,)),
    ((6,), (4,), (1,)),
    ((3, 5), (2, 2), (2, 1)),
]


def op_of(
    shape: tuple[int, ...], blocks: tuple[int, ...], erase: tuple[int, ...], controlled: bool = False
) -> CleanLookup:
    rng = np.random.default_rng(len(shape) + shape[0])
    table = tuple(int(w) for w in rng.integers(0, 4, int(np.prod(shape))))
    return CleanLookup(
        shape=shape, bits=2, blocks=blocks, erase_blocks=erase, controlled=controlled, table=table
    )


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize(("shape", "blocks", "erase"), SHAPES)
def test_the_word_is_added_to_the_target_and_nothing_else_is_left(
    shape: tuple[int, ...], blocks: tuple[int, ...], erase: tuple[int, ...], controlled: bool
) -> None:
    op = op_of(shape, blocks, erase, controlled)
    counts_as_its_rule(op, False, cliffords="bound")
    counts_as_its_rule(op, True, cliffords="bound")
    assert of_atoms(expand(op))
    addresses = {f"address{i}": range(n) for i, n in enumerate(shape)}

    def meaning(v: tuple[int, ...]) -> tuple[int, ...]:
        on, address = (v[0] == 1, v[1:-1]) if controlled else (True, v[:-1])
        assert op.table is not None
        return (*v[:-1], v[-1] ^ (op.table[int(np.ravel_multi_index(address, shape))] if on else 0))

    permutes(unitary(op), meaning, addresses)


@pytest.mark.parametrize("outcome", range(4))
@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize(("shape", "blocks", "erase"), SHAPES)
def test_its_circuits_read_clear_and_mend_every_sign(
    shape: tuple[int, ...], blocks: tuple[int, ...], erase: tuple[int, ...], controlled: bool, outcome: int
) -> None:
    op = op_of(shape, blocks, erase, controlled)
    both = Builder("looked up and erased")
    handles = [both.register(r.name, r.size) for r in op.registers]
    both.call(expand(op, False, outcome), *handles)
    both.call(expand(op, True, outcome), *handles)
    inputs = {"target": range(1)} | {f"address{i}": range(n) for i, n in enumerate(shape)}
    found = on_basis(both.routine(), inputs)
    assert all(after.keys() == {before} for before, after in found.items())
    assert len({after[before].real for before, after in found.items()}) == 1


@pytest.mark.parametrize(
    "access", [Qrom(), Qroam(), Qroam(most_columns=4), DirtyQroam(), BucketBrigadeQram()]
)
def test_an_encoding_costs_the_same_forwards_and_backwards(access: Access) -> None:
    # solvers use both; a lookup that is cheap in one direction only would make every other query dear
    for encoder in (
        SparseAccess(10**6, 12, 0.5, 20, access),
        RowWeighted(1000, 1.0, 1.0, 20, access),
        SparseRowWeighted(10**6, 12, 1.0, 1.0, 20, access),
    ):
        routine = encoder.encode(True).routine
        there, back = (fold(routine, price_of, adjoint=a).gates.toffoli for a in (False, True))
        assert there == pytest.approx(back, rel=0.01), (access.name, encoder)
