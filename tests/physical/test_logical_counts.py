"""Logical counts under the names of other estimators, and what other synthesis makes of rotations."""

from __future__ import annotations

import pytest

from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.gates import Gates
from qgd_compiler.physical.logical_counts import AZURE_FIELDS, LogicalCounts, counts_of

GATES = Gates(toffoli=11, t=13, rotations=17, clifford=19, measurements=23, toffoli_depth=5, rotation_depth=7)


def test_the_names_are_those_of_microsofts_logical_counts() -> None:
    counts = counts_of(GATES, 29, Exchange(), 1e-9)
    assert counts.to_azure() == {
        "numQubits": 29,
        "tCount": 13,
        "rotationCount": 17,
        "rotationDepth": 7,
        "cczCount": 11,
        "ccixCount": 0,
        "measurementCount": 23,
    }
    assert LogicalCounts.from_azure(counts.to_azure()) == LogicalCounts(29, 13, 17, 7, 11, 0, 23)
    assert counts.state_depth == 18


@pytest.mark.qualtran
def test_the_package_takes_every_name() -> None:
    import os

    os.environ["QDK_PYTHON_TELEMETRY"] = "none"
    from qdk.estimator import LogicalCounts as TheirCounts

    asked = counts_of(GATES, 29, Exchange(), 1e-9).to_azure()
    assert dict(TheirCounts(asked).estimate())["logicalCounts"] == asked
    assert set(AZURE_FIELDS.values()) == set(asked)


def test_rotations_by_words_of_t_gates_become_t_gates() -> None:
    counts = counts_of(GATES, 29, Exchange(rotation="gridsynth"), 1e-10)
    assert (counts.rotations, counts.t, counts.ccz) == (0, 13 + 17 * 103, 11)
    assert counts.state_depth == 18 + 7 * 103


def test_rotations_by_a_phase_gradient_become_toffolis_and_one_gradient() -> None:
    counts = counts_of(GATES, 29, Exchange(rotation="phase_gradient"), 1e-10)
    assert (counts.rotations, counts.ccz, counts.t) == (0, 11 + 17 * 34, 13 + 4356)
    none = counts_of(Gates(toffoli=3), 2, Exchange(rotation="phase_gradient"), 1e-10)
    assert none.to_azure() == LogicalCounts(2, ccz=3).to_azure()
