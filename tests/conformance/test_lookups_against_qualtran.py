"""Table lookups and their erasure against decomposed bloqs; where ours is below, the name says why."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("qualtran")
pytestmark = pytest.mark.qualtran

from qgd_compiler.costing.rules_dirty_lookup import dirty_lookup  # noqa: E402
from qgd_compiler.costing.rules_lookup import lookup, lookup_erased  # noqa: E402

TABLES = [((2,), 3), ((5,), 3), ((8,), 4), ((13,), 6), ((64,), 8), ((100,), 12), ((3, 5), 4), ((6, 7), 9)]


def table(shape: tuple[int, ...], bits: int) -> np.ndarray:
    """Words that all differ from their neighbours, so that no bloq may skip any."""
    rng = np.random.default_rng(5)
    size = math.prod(shape)
    words = rng.integers(0, 1 << bits - 1, size) * 2 + np.arange(size) % 2
    return words.reshape(shape)


@pytest.mark.parametrize(("shape", "bits"), TABLES)
@pytest.mark.parametrize("controlled", [False, True])
def test_a_plain_lookup_has_all_counts_and_work_qubits_of_a_decomposed_qrom(
    shape: tuple[int, ...], bits: int, controlled: bool
) -> None:
    from qualtran.bloqs.data_loading.qrom import QROM

    from tests.conformance.counts import decomposed, work_qubits

    data = table(shape, bits)
    bloq = QROM.build_from_data(data, target_bitsizes=(bits,), num_controls=int(controlled))
    theirs = decomposed(bloq)
    ours = lookup(shape, bits, (1,) * len(shape), controlled, tuple(int(w) for w in data.flat))
    assert ours.gates.toffoli == theirs.toffoli
    assert ours.gates.clifford == theirs.clifford
    assert ours.gates.measurements == theirs.measurements
    assert ours.work == work_qubits(bloq)


@pytest.mark.parametrize(
    ("shape", "bits", "blocks"),
    [
        ((5,), 3, (2,)),
        ((8,), 4, (4,)),
        ((13,), 6, (4,)),
        ((64,), 8, (4,)),
        ((3, 5), 4, (2, 2)),
        ((6, 7), 9, (2, 4)),
    ],
)
def test_a_lookup_with_columns_has_the_toffolis_of_a_decomposed_qroam(
    shape: tuple[int, ...], bits: int, blocks: tuple[int, ...]
) -> None:
    from qualtran.bloqs.data_loading.qroam_clean import QROAMClean

    from tests.conformance.counts import decomposed

    data = table(shape, bits)
    logs = tuple(k.bit_length() - 1 for k in blocks)
    bloq = QROAMClean.build_from_data(data, target_bitsizes=(bits,), log_block_sizes=logs)
    theirs = decomposed(bloq)
    ours = lookup(shape, bits, blocks, False, tuple(int(w) for w in data.flat)).gates
    assert ours.toffoli == theirs.toffoli
    # their swaps are four T gates among twice as many Cliffords; ours an AND, three CNOTs and a CZ
    assert ours.clifford <= theirs.clifford


@pytest.mark.parametrize(("shape", "bits"), [((8,), 4), ((64,), 8), ((100,), 12), ((1000,), 5)])
@pytest.mark.parametrize("log_block", [1, 2, 3])
@pytest.mark.parametrize("controlled", [False, True])
def test_an_erasure_is_below_a_qroam_adjoint_as_a_product_of_address_bits_is_the_sum_of_the_others(
    shape: tuple[int, ...], bits: int, log_block: int, controlled: bool
) -> None:
    from qualtran.bloqs.data_loading.qroam_clean import QROAMCleanAdjoint

    from tests.conformance.counts import counted

    bloq = QROAMCleanAdjoint.build_from_bitsize(
        shape, (bits,), num_controls=int(controlled), log_block_sizes=(log_block,)
    )
    ours = lookup_erased(shape, bits, (1,), (1 << log_block,), controlled).gates
    # K' - 1 - log2 K' ANDs spread the low address bits; their formula has K' - 2 of them
    groups = -(-shape[0] // (1 << log_block))
    if groups > 1:
        assert ours.toffoli == counted(bloq).toffoli - (log_block - 1)


@pytest.mark.parametrize(
    ("shape", "bits", "blocks"),
    [((8,), 4, (2,)), ((13,), 6, (4,)), ((64,), 8, (4,)), ((100,), 3, (8,)), ((6, 7), 3, (2, 4))],
)
@pytest.mark.parametrize("controlled", [False, True])
def test_a_lookup_with_borrowed_columns_has_the_toffolis_of_a_decomposed_select_swap(
    shape: tuple[int, ...], bits: int, blocks: tuple[int, ...], controlled: bool
) -> None:
    from qualtran.bloqs.data_loading.select_swap_qrom import SelectSwapQROM

    from tests.conformance.counts import decomposed

    data = table(shape, bits)
    logs = tuple(k.bit_length() - 1 for k in blocks)
    bloq = SelectSwapQROM.build_from_data(
        data,
        target_bitsizes=(bits,),
        log_block_sizes=logs,
        num_controls=int(controlled),
        use_dirty_ancilla=True,
    )
    ours = dirty_lookup(shape, bits, blocks, controlled, tuple(int(w) for w in data.flat))
    assert ours.gates.toffoli == decomposed(bloq).toffoli
    assert ours.borrowed == bits * math.prod(blocks)
