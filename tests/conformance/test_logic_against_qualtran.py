"""ANDs, conjunctions and controlled swaps against Qualtran."""

from __future__ import annotations

import pytest

pytest.importorskip("qualtran")
pytestmark = pytest.mark.qualtran

from qgd_compiler.costing.rules_logic import (  # noqa: E402
    conjunction,
    conjunction_erased,
    controlled_swap,
    temporary_and,
    temporary_and_erased,
)


@pytest.mark.parametrize("values", [(1, 1), (0, 1), (0, 0)])
def test_an_and_and_its_erasure_cost_what_qualtran_says(values: tuple[int, int]) -> None:
    from qualtran.bloqs.mcmt import And

    from tests.conformance.counts import counted

    ours, theirs = temporary_and().gates, counted(And(*values))
    assert (ours.toffoli, ours.clifford, ours.measurements) == (
        theirs.toffoli,
        theirs.clifford,
        theirs.measurements,
    )
    ours, theirs = temporary_and_erased().gates, counted(And(*values).adjoint())
    assert (ours.toffoli, ours.clifford, ours.measurements) == (
        theirs.toffoli,
        theirs.clifford,
        theirs.measurements,
    )


@pytest.mark.parametrize("bits", [3, 4, 7, 12])
@pytest.mark.parametrize("value", [0, 1])
def test_a_conjunction_needs_the_ands_of_a_decomposed_multi_and(bits: int, value: int) -> None:
    from qualtran.bloqs.mcmt import MultiAnd

    from tests.conformance.counts import decomposed

    bloq = MultiAnd((value,) * bits)
    for ours, theirs in (
        (conjunction(bits, value).gates, decomposed(bloq)),
        (conjunction_erased(bits, value).gates, decomposed(bloq.adjoint())),
    ):
        assert ours.toffoli == theirs.toffoli
        assert ours.measurements == theirs.measurements
        # X gates of a value 0 are inside the ANDs; the call graph of MultiAnd adds them, its body does not
        assert ours.clifford == theirs.clifford


@pytest.mark.parametrize("bits", [1, 2, 9])
def test_a_controlled_swap_needs_the_toffolis_of_a_decomposed_cswap(bits: int) -> None:
    from qualtran.bloqs.basic_gates import CSwap

    from tests.conformance.counts import decomposed

    assert controlled_swap(bits).gates.toffoli == decomposed(CSwap(bits)).toffoli
