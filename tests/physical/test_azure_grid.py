"""Our estimates beside those of Microsoft's estimator: a grid that was computed once, and counts drawn at random."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qgd_compiler.errors import InfeasibleError
from qgd_compiler.physical.beverland import estimate, sweep
from qgd_compiler.physical.budget import even_split
from qgd_compiler.physical.estimate import Estimate
from qgd_compiler.physical.logical_counts import LogicalCounts
from qgd_compiler.physical.machines import AZURE_NAMES, Machine, Qubit, machine, preset
from qgd_compiler.physical.second_opinion import (
    Opinion,
    SecondOpinionError,
    ask_in_process,
    refuse_where_it_wraps,
)

ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "azure_grid.json").read_text("utf-8"))[
    "rows"
]
OURS = {theirs: name for name, theirs in AZURE_NAMES.items()}
FIELDS = {
    "algorithmicLogicalQubits": "patches",
    "algorithmicLogicalDepth": "algorithm_depth",
    "logicalDepth": "depth",
    "numTstates": "states",
    "codeDistance": "distance",
    "logicalCycleTime_ns": "cycle_ns",
    "runtime_ns": "runtime_ns",
    "physAlg": "qubits_of_algorithm",
    "numTfactories": "factories",
    "numTfactoryRuns": "factory_runs",
    "physTfac": "qubits_of_factories",
    "physicalQubits": "qubits",
}


def machine_of(row: dict[str, Any]) -> Machine:
    return machine(preset(OURS[row["qubit"]]), row["qec"].removesuffix("_code"))


@lru_cache
def estimate_of(index: int) -> tuple[LogicalCounts, Estimate]:
    row = ROWS[index]
    counts = LogicalCounts.from_azure(row["counts"])
    return counts, estimate(counts, machine_of(row), even_split(row["errorBudget"], counts))


def wrapped(row: dict[str, Any]) -> bool:
    """By the numbers of the row alone: a runtime that is no product, or more qubit-cycles than 64 bits hold."""
    return (
        row["logicalDepth"] * row["logicalCycleTime_ns"] != row["runtime_ns"]
        or row["algorithmicLogicalQubits"] * row["logicalDepth"] >= 2**64
    )


SOUND = [i for i, row in enumerate(ROWS) if not wrapped(row)]


def test_the_grid_is_there_and_most_of_it_is_sound() -> None:
    assert (len(ROWS), len(SOUND)) == (96, 89)


@pytest.mark.parametrize("index", SOUND)
def test_every_sound_row_of_the_grid_is_reproduced_to_the_last_digit(index: int) -> None:
    row, (_, ours) = ROWS[index], estimate_of(index)
    assert {theirs: getattr(ours, name) for theirs, name in FIELDS.items()} == {f: row[f] for f in FIELDS}
    assert ours.t_per_rotation == (row["numTsPerRotation"] or 0)
    factory = row["tfactory"]
    assert ours.factory is not None
    assert ours.factory.duration_ns == factory["runtime"]
    assert ours.factory.error == pytest.approx(factory["logicalErrorRate"], rel=1e-12)
    assert [r.layout for r in ours.factory.rounds] == factory["unitNamePerRound"]
    assert [r.distance for r in ours.factory.rounds] == factory["codeDistancePerRound"]
    for mine, theirs in zip(ours.factory.rounds, factory["numUnitsPerRound"], strict=True):
        # beyond a thousand units their quantile of the binomial distribution is approximate, ours never
        assert mine.units == (pytest.approx(theirs, rel=0.004) if theirs > 1000 else theirs)


@pytest.mark.parametrize("index", range(len(ROWS)))
def test_a_row_is_refused_where_its_integers_wrapped_and_only_there(index: int) -> None:
    counts, ours = estimate_of(index)
    if index in SOUND:
        refuse_where_it_wraps(counts, ours)
    else:
        with pytest.raises(SecondOpinionError, match="2\\^64"):
            refuse_where_it_wraps(counts, ours)


@pytest.mark.parametrize("name", sorted({row["qubit"] for row in ROWS}))
def test_a_sweep_gives_the_grid_in_one_call(name: str) -> None:
    rows = [i for i in SOUND if ROWS[i]["qubit"] == name]
    singles = [estimate_of(i)[0] for i in rows]
    columns = {
        field: np.array([getattr(c, field) for c in singles], dtype=float)
        for field in ("qubits", "t", "rotations", "rotation_depth", "ccz", "ccix", "measurements")
    }
    counts = LogicalCounts(**columns)
    total = np.array([ROWS[i]["errorBudget"] for i in rows])
    many = sweep(counts, machine_of(ROWS[rows[0]]), even_split(total, counts))
    for theirs, ours in FIELDS.items():
        assert np.array_equal(getattr(many, ours), [float(ROWS[i][theirs]) for i in rows]), theirs


def count(digits: float) -> st.SearchStrategy[int]:
    """A count, zero or log-uniform."""
    return st.one_of(st.just(0), st.floats(0, digits).map(lambda x: int(10**x)))


CIRCUITS = st.builds(
    LogicalCounts,
    qubits=st.floats(0, 5).map(lambda x: int(10**x)),
    t=count(13),
    rotations=count(8),
    ccz=count(11),
    ccix=count(7),
    measurements=count(11),
)


OWN = st.builds(
    Qubit,
    name=st.just("own"),
    gate_ns=st.integers(10, 10**5),
    measurement_ns=st.integers(10, 10**5),
    t_ns=st.integers(10, 10**5),
    clifford_error=st.floats(-6, -2.3).map(lambda x: 10**x),
    readout_error=st.floats(-6, -2.3).map(lambda x: 10**x),
    t_error=st.floats(-6, -1.3).map(lambda x: 10**x),
    by_measurement=st.booleans(),
)


def both(counts: LogicalCounts, parallel: float, qubit: Qubit, digits: float) -> tuple[Estimate, Opinion]:
    """Our estimate and theirs, where both are there and no integer of theirs wraps."""
    counts = replace(counts, rotation_depth=int(parallel * counts.rotations))
    assume(counts.t + counts.rotations + counts.ccz + counts.measurements > 1000)
    target = machine(qubit)
    budget = even_split(10**digits, counts)
    try:
        ours = estimate(counts, target, budget)
        refuse_where_it_wraps(counts, ours)
    except (InfeasibleError, SecondOpinionError):
        assume(False)
    assume(ours.depth == ours.algorithm_depth)  # where the circuit has to wait theirs may never answer
    theirs = ask_in_process(counts, target, budget)
    same = ("patches", "algorithm_depth", "depth", "states", "t_per_rotation", "distance", "runtime_ns")
    assert {n: getattr(ours, n) for n in same} == {n: getattr(theirs, n) for n in same}
    assert ours.qubits_of_algorithm == theirs.qubits_of_algorithm
    return ours, theirs


@pytest.mark.qualtran
@settings(max_examples=300)
@given(CIRCUITS, st.floats(0, 1), st.sampled_from(sorted(AZURE_NAMES)), st.floats(-6, -0.5))
def test_random_circuits_cost_what_microsofts_estimator_says(
    counts: LogicalCounts, parallel: float, name: str, digits: float
) -> None:
    ours, theirs = both(counts, parallel, preset(name), digits)
    # more than a thousand units in a round: their quantile of the binomial distribution is approximate
    assert ours.factories == pytest.approx(theirs.factories, rel=0.05)
    assert ours.qubits_of_factories == pytest.approx(theirs.qubits_of_factories, rel=0.01)


@pytest.mark.qualtran
@settings(max_examples=60)
@given(CIRCUITS, st.floats(0, 1), OWN, st.floats(-6, -0.5))
def test_on_any_qubits_no_factory_of_theirs_is_better_than_ours(
    counts: LogicalCounts, parallel: float, qubit: Qubit, digits: float
) -> None:
    ours, theirs = both(counts, parallel, qubit, digits)
    # their search halves an interval of distances, in which a first round on physical qubits does not belong
    assert ours.factory_qubits * ours.factory_ns <= 1.005 * theirs.factory_qubits * theirs.factory_ns


def test_a_first_round_on_physical_qubits_is_found_where_their_search_passes_over_it() -> None:
    counts = LogicalCounts(qubits=1, ccz=10_000)
    ours = estimate(counts, machine(Qubit("own", 10, 10, 10, 1e-5, 1e-3, 1e-3)), even_split(0.1, counts))
    assert ours.factory is not None
    assert [(r.distance, r.units) for r in ours.factory.rounds] == [(1, 17), (11, 1)]
    assert (ours.factory_qubits, ours.factory_ns) == (4840, 24 * 10 + 13 * 660)  # theirs: 9680 for 8580 ns
