"""Comparisons and increments against decomposed bloqs; where ours is below, the name says why."""

from __future__ import annotations

import pytest

pytest.importorskip("qualtran")
pytestmark = pytest.mark.qualtran

from qgd_compiler.costing.rules_arithmetic import (  # noqa: E402
    add,
    greater_equal,
    greater_equal_constant,
    increment,
)

SIZES = [2, 3, 5, 8, 13]


@pytest.mark.parametrize("bits", SIZES)
def test_a_comparison_needs_the_toffolis_of_a_decomposed_half_comparison_and_its_inverse(bits: int) -> None:
    from qualtran import QUInt
    from qualtran.bloqs.arithmetic.comparison import LinearDepthHalfGreaterThanEqual

    from tests.conformance.counts import decomposed

    half = LinearDepthHalfGreaterThanEqual(QUInt(bits))
    there, back = decomposed(half), decomposed(half.adjoint())
    ours = greater_equal(bits, controlled=False).gates
    assert ours.toffoli == there.toffoli + back.toffoli
    assert ours.measurements == there.measurements + back.measurements
    # theirs changes the sign bits of signed numbers first; ours are unsigned
    assert ours.clifford <= there.clifford + back.clifford


@pytest.mark.parametrize("bits", SIZES)
def test_a_controlled_comparison_is_one_toffoli_below_as_unsigned_numbers_need_no_sign_bit(bits: int) -> None:
    from qualtran import QUInt
    from qualtran.bloqs.arithmetic.comparison import CLinearDepthGreaterThan

    from tests.conformance.counts import decomposed

    theirs = decomposed(CLinearDepthGreaterThan(QUInt(bits)))
    assert greater_equal(bits, controlled=True).gates.toffoli == theirs.toffoli - 1


@pytest.mark.parametrize("bits", SIZES)
@pytest.mark.parametrize("constant", [1, 2, 3])
def test_a_comparison_with_a_constant_is_one_toffoli_below_as_its_first_borrow_is_a_copy(
    bits: int, constant: int
) -> None:
    from qualtran.bloqs.arithmetic.comparison import LessThanConstant

    from tests.conformance.counts import decomposed

    theirs = decomposed(LessThanConstant(bits, constant))
    ours = greater_equal_constant(bits, controlled=False).gates
    assert ours.toffoli == theirs.toffoli - 1
    assert ours.clifford <= theirs.clifford


@pytest.mark.parametrize("bits", SIZES)
def test_an_increment_is_one_toffoli_below_adding_a_constant_as_its_first_carry_is_a_bit(bits: int) -> None:
    from qualtran import QUInt
    from qualtran.bloqs.arithmetic.addition import AddK

    from tests.conformance.counts import decomposed

    theirs = decomposed(AddK(QUInt(bits), 1))
    ours = increment(bits, controlled=False).gates
    assert ours.toffoli == theirs.toffoli - 1
    assert ours.clifford <= theirs.clifford


@pytest.mark.parametrize("bits", SIZES)
def test_a_controlled_increment_needs_the_toffolis_of_adding_a_controlled_constant(bits: int) -> None:
    from qualtran import QUInt
    from qualtran.bloqs.arithmetic.addition import AddK

    from tests.conformance.counts import counted

    theirs = counted(AddK(QUInt(bits), 1).controlled())
    assert increment(bits, controlled=True).gates.toffoli == theirs.toffoli


@pytest.mark.parametrize("bits", [1, *SIZES])
def test_an_addition_is_that_of_a_decomposed_adder(bits: int) -> None:
    from qualtran import QUInt
    from qualtran.bloqs.arithmetic.addition import Add

    from tests.conformance.counts import decomposed, work_qubits

    theirs = decomposed(Add(QUInt(bits)))
    ours = add(bits)
    assert ours.gates.toffoli == theirs.toffoli
    assert ours.gates.measurements == theirs.measurements
    assert ours.gates.clifford == theirs.clifford
    assert ours.work == work_qubits(Add(QUInt(bits)))
