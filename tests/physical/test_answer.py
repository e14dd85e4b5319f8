"""From the spec's hardware to a plan, a section of the report and its page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qgd_compiler.backends.markdown import markdown
from qgd_compiler.backends.page import Page
from qgd_compiler.backends.physical_page import physical_sections
from qgd_compiler.backends.physical_section import (
    Physical,
    ask_second_opinion,
    no_opinion,
    opinion_part,
    physical_section,
)
from qgd_compiler.errors import InfeasibleError, SpecError
from qgd_compiler.kinds import Source
from qgd_compiler.physical.answer import Answer, answer, located, question_of
from qgd_compiler.physical.beverland import estimate
from qgd_compiler.physical.logical_counts import LogicalCounts
from qgd_compiler.physical.second_opinion import Opinion, SecondOpinionError
from qgd_compiler.spec.hardware import Hardware

COUNTS = LogicalCounts(
    qubits=1000, t=10**10, ccz=10**9, measurements=10**9, rotations=10**5, rotation_depth=10**5
)
OWN = {
    "gate_time": 40,
    "measurement_time": {"value": 150, "source": "measured", "ref": "log of 3 May"},
    "gate_error": 5e-4,
}


def ask(**hardware: Any) -> Answer:
    return answer(COUNTS, question_of(Hardware.model_validate(hardware)))


def test_each_objective_gets_the_plan_that_is_best_by_it() -> None:
    goals = {"qubits": "qubits", "runtime": "runtime_ns", "volume": "volume"}
    for model, name in (("beverland", "superconducting_1e-3"), ("gidney_fowler", "superconducting_1us_1e-3")):
        found = {goal: physical_section(ask(preset=name, objective=goal, model=model), 1.0) for goal in goals}
        for goal, field in goals.items():
            best = min(found.values(), key=lambda s: getattr(s, field))
            assert getattr(found[goal], field) == getattr(best, field), (model, goal)
        assert found["qubits"].qubits < found["runtime"].qubits


def test_the_section_adds_up_and_has_no_infinities() -> None:
    for hardware in (
        {"preset": "majorana_1e-4", "objective": "volume"},
        {"preset": "superconducting_1us_1e-3", "model": "gidney_fowler", "objective": "volume"},
        {"qubit": OWN},
    ):
        section = physical_section(ask(**hardware), 2.5)
        factories = section.factories
        assert section.qubits == section.qubits_of_algorithm + factories.qubits
        assert factories.qubits == factories.number * factories.qubits_each
        assert factories.share == pytest.approx(factories.qubits / section.qubits)
        assert section.runtime_ns == section.cycles * section.cycle_ns
        assert section.expected_runtime == pytest.approx(2.5e-9 * section.runtime_ns)
        assert section.volume == pytest.approx(section.qubits * section.runtime_ns * 1e-9)
        assert [p.chosen for p in section.front].count(True) == 1
        budget = section.error_budget
        assert (
            budget.total
            == pytest.approx(budget.logical + budget.magic + budget.rotations)
            == pytest.approx(0.01)
        )
        text = json.dumps(section.model_dump(mode="json"), allow_nan=False)
        assert Physical.model_validate_json(text) == section
        assert section.logical_counts["cczCount"] == 10**9


def test_own_qubits_carry_their_sources_and_defaults() -> None:
    result = ask(qubit=OWN, threshold=0.02)
    qubit = result.question.machine.qubit
    assert (qubit.t_ns, qubit.t_error, qubit.readout_error) == (40, 5e-4, 5e-4)
    assert result.question.machine.round_ns == 4 * 40 + 2 * 150
    sources = {g.name: (g.source, g.reference) for g in result.question.given}
    assert sources["time of a measurement (ns)"] == (Source.MEASURED, "log of 3 May")
    assert sources["time of a gate (ns)"][0] is Source.ASSUMED
    assert sources["threshold of the code"][0] is Source.EXACT
    assert sources["prefactor of the logical error"][0] is Source.PAPER


def test_what_the_spec_fixes_is_kept() -> None:
    fixed = ask(preset="superconducting_1e-3", distance=33, factories=7)
    assert {(p.distance, p.factories) for p in fixed.front} == {(33, 7)}
    small = ask(preset="superconducting_1e-3", max_qubits=3_900_000)
    assert small.plan.qubits <= 3_900_000 < max(p.qubits for p in small.front)
    parts = ask(preset="ions_1e-4", error_budget={"logical": 0.004, "magic": 0.01, "rotations": 0.002})
    assert (parts.budget.logical, parts.budget.magic, parts.budget.rotations) == (0.004, 0.01, 0.002)
    prefactor = ask(preset="superconducting_1us_1e-3", model="gidney_fowler", prefactor=0.2)
    assert prefactor.question.machine.code.prefactor == 0.2


def test_no_rotations_budget_for_a_circuit_with_rotations_is_a_mistake_of_the_spec() -> None:
    with pytest.raises(SpecError, match="leaves 0 for rotations"):
        ask(preset="ions_1e-4", error_budget={"logical": 0.004, "magic": 0.01, "rotations": 0})


@pytest.mark.parametrize(
    ("hardware", "what"),
    [
        ({"qubit": {**OWN, "gate_error": 0.01}}, "not below the threshold"),
        ({"preset": "superconducting_1e-3", "distance": 9}, "at code distance 9"),
        ({"preset": "superconducting_1e-3", "max_distance": 15}, "largest allowed is 15"),
        ({"preset": "superconducting_1e-3", "max_qubits": 1000}, "at most 1,000 physical qubits"),
        ({"preset": "superconducting_1e-3", "max_runtime": 1}, "takes at most 1 s"),
        ({"preset": "superconducting_1e-3", "error_budget": 1e-60}, "largest allowed is 101"),
    ],
)
def test_infeasible_machines_are_errors_at_a_line_of_the_spec(hardware: dict[str, Any], what: str) -> None:
    with pytest.raises(InfeasibleError, match=what) as caught, located(lambda path: f"spec.yaml:7 ({path})"):
        ask(**hardware)
    (mistake,) = caught.value.mistakes
    assert mistake.at.startswith("spec.yaml:7 (hardware") and mistake.remedy


def test_the_page_shows_the_plan_the_front_and_the_second_opinion() -> None:
    result = ask(preset="superconducting_1e-3")
    ours = estimate(COUNTS, result.question.machine, result.budget)
    same = {name: getattr(ours, name) for name in Opinion.__dataclass_fields__ if hasattr(ours, name)}
    theirs = Opinion(**{**same, "factory": "", "version": "9.9.9", "factory_qubits": ours.factory_qubits - 8})
    section = physical_section(result, 3.0, opinion_part(ours, theirs))
    text = markdown(Page("x", (), physical_sections(section), ""))
    assert "| physical qubits | 4.233e6 | algorithm 3.517e6 |" in text
    assert "| code distance | 29 | 2,091 patches |" in text
    assert "qdk 9.9.9" in text and "approximate quantile" in text
    assert "arXiv:2203.10064" in text and "**1.88 days**" in text
    refused = no_opinion(SecondOpinionError("it would wrap"), ours)
    assert "it would wrap" in markdown(
        Page("x", (), physical_sections(physical_section(result, 1.0, refused)), "")
    )


@pytest.mark.qualtran
def test_a_second_opinion_is_asked_on_the_question_or_its_absence_explained() -> None:
    agreed = ask_second_opinion(ask(preset="ions_1e-4", objective="qubits"))
    assert (agreed.qubits, agreed.runtime_ns) == (agreed.our_qubits, agreed.our_runtime_ns)
    assert agreed.estimator.startswith("qdk ") and agreed.differences == () and not agreed.why_none
    years = answer(LogicalCounts(qubits=100, t=10**14), question_of(Hardware.model_validate("ions_1e-4")))
    refused = ask_second_opinion(years)
    assert refused.qubits is None and refused.our_qubits == years.plan.qubits
    assert "2^64" in refused.why_none


def test_a_long_front_is_thinned_on_the_page_and_whole_in_the_data() -> None:
    result = ask(preset="superconducting_1us_1e-3", model="gidney_fowler", objective="volume")
    section = physical_section(result, 1.0)
    (_, front, _) = physical_sections(section)
    assert len(section.front) > 12 >= len(front.body.rows) >= 10
    assert front.notes and len(front.body.strong) == 1  # type: ignore[union-attr]
