"""Microsoft's estimator as a second opinion: telemetry off, no wrapped number quoted, no endless wait."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import Any

import pytest

from qgd_compiler.errors import QgdError
from qgd_compiler.physical import second_opinion
from qgd_compiler.physical.beverland import estimate
from qgd_compiler.physical.budget import Budget, even_split
from qgd_compiler.physical.logical_counts import LogicalCounts
from qgd_compiler.physical.machines import Qubit, machine, preset
from qgd_compiler.physical.second_opinion import SecondOpinionError, ask, differences

COUNTS = LogicalCounts(qubits=100, t=10**6, ccz=10**5, rotations=500, rotation_depth=400, measurements=10**4)
TARGET = machine(preset("superconducting_1e-3"))
BUDGET = even_split(1e-2, COUNTS)
OURS = estimate(COUNTS, TARGET, BUDGET)


@pytest.mark.qualtran
def test_the_answer_agrees_and_says_which_version_gave_it() -> None:
    theirs = ask(COUNTS, TARGET, BUDGET, OURS)
    assert (theirs.qubits, theirs.runtime_ns) == (OURS.qubits, OURS.runtime_ns)
    assert theirs.version.count(".") == 2
    assert differences(OURS, theirs) == ()


@pytest.mark.qualtran
def test_own_qubits_and_codes_are_passed_on() -> None:
    own = Qubit("own", 30, 300, 60, 2e-3, 5e-3, 1e-3, round_ns=777)
    target = machine(own, threshold=0.02, prefactor=0.05)
    ours = estimate(COUNTS, target, BUDGET)
    theirs = ask(COUNTS, target, BUDGET, ours)
    assert (theirs.cycle_ns, theirs.distance, theirs.qubits) == (
        777 * ours.distance,
        ours.distance,
        ours.qubits,
    )
    assert differences(ours, theirs) == ()


@pytest.mark.qualtran
def test_differences_are_named_and_explained() -> None:
    theirs = ask(COUNTS, TARGET, BUDGET, OURS)
    other = replace(theirs, factory_qubits=theirs.factory_qubits - 40, qubits=theirs.qubits - 440)
    found = {d.quantity: d for d in differences(OURS, other)}
    assert set(found) == {"factory_qubits", "qubits"}
    assert found["qubits"].ours - found["qubits"].theirs == 440
    assert "binomial" in found["factory_qubits"].reason and "factory" in found["qubits"].reason


def test_telemetry_is_off_and_the_question_is_the_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def run(command: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
        seen.update(more, command=command)
        return subprocess.CompletedProcess(command, 1, "", "Traceback\nValueError: no answer in this test\n")

    monkeypatch.setattr(second_opinion, "is_installed", lambda: True)
    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(SecondOpinionError, match="gave up: ValueError: no answer in this test"):
        ask(COUNTS, TARGET, BUDGET, OURS)
    assert seen["env"]["QDK_PYTHON_TELEMETRY"] == "none"
    assert '"numQubits": 100' in seen["input"] and '"cczCount": 100000' in seen["input"]


@pytest.mark.qualtran
def test_the_package_itself_takes_telemetry_to_be_off() -> None:
    import os
    import sys

    program = "import qdk.telemetry as t; print(t.TELEMETRY_ENABLED)"
    environment = {**os.environ, "QDK_PYTHON_TELEMETRY": "none"}
    shown = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert shown.stdout.strip() == "False", shown.stderr


@pytest.mark.parametrize(
    ("counts", "name", "what"),
    [
        (LogicalCounts(qubits=10, t=10**14, measurements=1), "ions_1e-3", "the runtime in ns"),
        (LogicalCounts(qubits=20_000, t=10**15), "superconducting_1e-4", "patches times logical cycles"),
        (LogicalCounts(qubits=10, t=10**21), "majorana_1e-6", "2\\^64"),
    ],
)
def test_no_number_beyond_64_bits_is_asked_for(counts: LogicalCounts, name: str, what: str) -> None:
    target, budget = machine(preset(name)), even_split(1e-3, counts)
    with pytest.raises(SecondOpinionError, match=what) as caught:
        ask(counts, target, budget, estimate(counts, target, budget))
    assert caught.value.mistakes[0].remedy and caught.value.exit_code == 6


def test_an_answer_that_does_not_fit_together_is_refused() -> None:
    opinion = second_opinion.Opinion(1, 1, 10**15, 1, 0, 9, 52_000, 10**15, 1, 1, 1, "", 1, 1, 1, "1.33.1")
    with pytest.raises(SecondOpinionError, match="one of its integers wrapped"):
        second_opinion._refuse_what_wrapped(opinion)


def test_a_distance_that_it_does_not_know_is_refused() -> None:
    poor = machine(Qubit("poor", 50, 100, 50, 6e-3, 6e-3, 6e-3))
    counts = LogicalCounts(qubits=10, measurements=10**6)
    budget = Budget(1e-2, 0.0, 0.0)
    with pytest.raises(SecondOpinionError, match="knows none above 49"):
        ask(counts, poor, budget, estimate(counts, poor, budget))


@pytest.mark.qualtran
def test_a_question_that_keeps_it_busy_for_ever_is_given_up() -> None:
    counts = LogicalCounts(qubits=1, rotations=595_347, rotation_depth=277_835, ccz=6, ccix=126_168)
    target = machine(preset("ions_1e-4"))
    budget = even_split(0.06662918719604746, counts)
    with pytest.raises(SecondOpinionError, match="did not answer within 4 s"):
        ask(counts, target, budget, estimate(counts, target, budget), seconds=4)


def test_without_the_package_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_opinion, "is_installed", lambda: False)
    with pytest.raises(QgdError, match="not installed") as caught:
        ask(COUNTS, TARGET, BUDGET, OURS)
    assert "[azure]" in caught.value.mistakes[0].remedy
