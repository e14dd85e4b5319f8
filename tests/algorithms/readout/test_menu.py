"""What a spec asks for becomes a list of ways, with the norm where it is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from qgd_compiler.algorithms.readout.menu import Question, question, ways
from qgd_compiler.algorithms.readout.ways import Circuit
from qgd_compiler.kinds import Kind
from qgd_compiler.spec.loader import validate
from tests.spec.examples import SMALL, changed


def asked(output: Any, active: int = 100) -> Question:
    return question(validate(changed(SMALL, "output", output)).spec.output, active)


def test_a_state_is_one_run() -> None:
    (way,) = ways(asked("state"), (0.25, 0.25))
    assert (way.expected_runs(0.25), way.kind, way.needs_unitary) == (4, Kind.EXACT, False)


def test_defaults_are_those_that_the_schema_documents() -> None:
    assert asked({"kind": "top_k", "k": 3}) == Question("top_k", 100, 0.01, 0.05, 3, 0.01)
    assert asked({"kind": "parameters", "sparsity": 7}).entries == 7
    assert asked({"kind": "parameters", "sparsity": 700}).entries == 100


@pytest.mark.parametrize("output", [{"kind": "parameters"}, {"kind": "top_k", "k": 4}, {"kind": "overlap"}])
def test_a_norm_adds_the_runs_that_are_not_made_anyway(output: dict[str, Any]) -> None:
    without = ways(asked(output), (0.3, 0.3))
    coarse = ways(asked({**output, "norm_precision": 0.5}), (0.3, 0.3))
    fine = ways(asked({**output, "norm_precision": 1e-5}), (0.3, 0.3))
    assert without[0].expected_runs(0.3) < fine[0].expected_runs(0.3)
    assert fine[0].phases[-1].name != without[0].phases[-1].name
    if any(phase.circuit is Circuit.PLAIN for phase in coarse[0].phases):
        named = [phase.name for phase in coarse[0].phases]
        assert named == [phase.name for phase in without[0].phases], "plain runs show the norm by themselves"
    assert all(way.failure in (None, pytest.approx(0.05)) for way in fine)


def test_a_success_known_badly_costs_more_signs() -> None:
    sure, unsure = (ways(asked({"kind": "parameters"}), s) for s in ((0.3, 0.3), (0.3, 0.9)))
    one, other = (next(w for w in found if w.name == "magnitudes and signs") for found in (sure, unsure))
    assert other.phases[1].kept > 1.2 * one.phases[1].kept


def test_only_plain_runs_serve_a_solver_that_repeats_inside() -> None:
    (state,) = ways(asked("state"), (1.0, 1.0))
    assert not state.needs_unitary
    assert all(way.needs_unitary for way in ways(asked("overlap"), (1.0, 1.0)))
