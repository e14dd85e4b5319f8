"""Rotations against Qualtran."""

from __future__ import annotations

import pytest

pytest.importorskip("qualtran")
pytestmark = pytest.mark.qualtran

from qgd_compiler.costing.rules_rotation import (  # noqa: E402
    controlled_rotation,
    rotate_by_register,
    rotation,
)


@pytest.mark.parametrize("axis", ["Rx", "Ry", "Rz"])
def test_a_rotation_is_one_rotation(axis: str) -> None:
    import qualtran.bloqs.basic_gates as gates

    from tests.conformance.counts import counted

    theirs = counted(getattr(gates, axis)(0.1234))
    assert (rotation().gates.rotations, rotation().gates.clifford) == (theirs.rotations, theirs.clifford)


def test_a_controlled_rotation_is_two_rotations_and_two_cnots() -> None:
    from qualtran.bloqs.basic_gates import Rz

    from tests.conformance.counts import counted

    theirs = counted(Rz(0.1234).controlled())
    ours = controlled_rotation().gates
    assert (ours.rotations, ours.clifford) == (theirs.rotations, theirs.clifford)


@pytest.mark.parametrize("bits", [2, 3, 8, 30])
def test_a_rotation_by_a_register_needs_the_toffolis_of_an_addition_into_a_phase_gradient(bits: int) -> None:
    from qualtran.bloqs.rotations.phase_gradient import AddIntoPhaseGrad

    from tests.conformance.counts import counted

    # an atomic bloq: its count cannot be decomposed; tests/program/test_expand.py runs the circuit
    assert rotate_by_register(bits).gates.toffoli == counted(AddIntoPhaseGrad(bits, bits)).toffoli
