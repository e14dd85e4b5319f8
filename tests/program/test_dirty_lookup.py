"""Lookups with borrowed columns: what they read, what they give back, and who lends the columns."""

from __future__ import annotations

import numpy as np
import pytest

from qgd_compiler.algorithms.access import DirtyQroam, Qrom
from qgd_compiler.algorithms.encoders import DiagonalTable
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import ProofError
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.expand import expand, expand_all
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import DirtyLookup, Gate
from qgd_compiler.program.simulate import State, block, run
from tests.program.running import counts_as_its_rule, of_atoms, on_basis, permutes

SHAPES = [
    ((1,), (1,), (1,)),
    ((3,), (1,), (2,)),
    ((2,), (2,), (1,)),
    ((5,), (2,), (4,)),
    ((6,), (4,), (1,)),
    ((3, 5), (2, 2), (2, 1)),
    ((2, 3), (1, 4), (1, 1)),
]


def op_of(
    shape: tuple[int, ...], blocks: tuple[int, ...], erase: tuple[int, ...], controlled: bool = False
) -> DirtyLookup:
    rng = np.random.default_rng(len(shape) + shape[0])
    table = tuple(int(w) for w in rng.integers(0, 4, int(np.prod(shape))))
    return DirtyLookup(
        shape=shape, bits=2, blocks=blocks, erase_blocks=erase, controlled=controlled, table=table
    )


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize(("shape", "blocks", "erase"), SHAPES)
def test_the_word_is_added_to_the_target_whatever_stands_in_the_columns(
    shape: tuple[int, ...], blocks: tuple[int, ...], erase: tuple[int, ...], controlled: bool
) -> None:
    op = op_of(shape, blocks, erase, controlled)
    counts_as_its_rule(op, False)
    circuit = expand(op)
    assert of_atoms(circuit)
    addresses = {f"address{i}": range(n) for i, n in enumerate(shape)}

    def meaning(v: tuple[int, ...]) -> tuple[int, ...]:
        on, address = (v[0] == 1, v[1:-1]) if controlled else (True, v[:-1])
        assert op.table is not None
        return (*v[:-1], v[-1] ^ (op.table[int(np.ravel_multi_index(address, shape))] if on else 0))

    permutes(circuit, meaning, addresses)


@pytest.mark.parametrize("outcome", range(4))
@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize(("shape", "blocks", "erase"), SHAPES)
def test_its_inverse_clears_the_target_and_mends_every_sign(
    shape: tuple[int, ...], blocks: tuple[int, ...], erase: tuple[int, ...], controlled: bool, outcome: int
) -> None:
    op = op_of(shape, blocks, erase, controlled)
    both = Builder("looked up and erased")
    handles = [both.register(r.name, r.size) for r in op.registers]
    both.call(expand(op), *handles)
    both.call(expand(op, True, outcome), *handles)
    inputs = {"target": range(1)} | {f"address{i}": range(n) for i, n in enumerate(shape)}
    found = on_basis(both.routine(), inputs)
    assert all(after.keys() == {before} for before, after in found.items())
    assert len({after[before].real for before, after in found.items()}) == 1


def test_borrowed_qubits_that_come_back_changed_are_an_error() -> None:
    b = Builder("a bad borrower")
    q = b.allocate("borrowed", 1, dirty=True)
    b.call(Gate(kind="X"), q)
    b.release(q)
    with pytest.raises(ProofError, match="borrowed"):
        run(b.routine(), State.zero(), {})


def beside(idle: int, work: int = 0) -> Routine:
    """A lookup of 5 words with two columns of 2 qubits, with idle qubits of the signature and of its own."""
    op = op_of((5,), (2,), (2,))
    b = Builder("lookup beside idle qubits")
    address, target = b.register("address", 3), b.register("target", 2)
    b.register("idle", idle)
    mine = b.allocate("mine", work)
    b.call(op, address, target)
    b.release(mine)
    return b.routine()


@pytest.mark.parametrize("idle", range(7))
@pytest.mark.parametrize("work", [0, 1, 3])
def test_idle_qubits_lend_and_what_is_missing_is_allocated(idle: int, work: int) -> None:
    price = price_of(op_of((5,), (2,), (2,)), False)
    assert (price.work, price.borrowed) == (1, 4)
    cost = fold(beside(idle, work), price_of)
    assert cost.work == work + 1 + max(4 - idle - work, 0)
    assert cost.clean == work + 1
    assert fold(expand_all(beside(idle, work)), price_of).work == cost.work


def test_idle_qubits_further_out_lend_too() -> None:
    inner = beside(1)
    b = Builder("further out")
    address, target, idle = b.register("address", 3), b.register("target", 2), b.register("idle", 1)
    b.register("spare", 2)
    b.call(inner, address, target, idle)
    assert fold(inner, price_of).work == 1 + 3
    assert fold(b.routine(), price_of).work == 1 + 1


def test_an_encoding_with_borrowed_columns_has_the_same_block_for_fewer_toffolis() -> None:
    entries = np.random.default_rng(2).uniform(-1, 1, 256)
    made = DiagonalTable(256, 1.0, 2, DirtyQroam(), entries).encode(True)
    plain = DiagonalTable(256, 1.0, 2, Qrom(), entries).encode(True)
    found, same = (block(e.routine, fixed={"control": 1}).matrix for e in (made, plain))
    assert np.abs(found - same).max() < 1e-12
    assert np.linalg.norm(found) > 1
    assert fold(made.routine, price_of).gates.toffoli < fold(plain.routine, price_of).gates.toffoli
