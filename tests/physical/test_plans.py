"""The front of plans: against every plan written out, against Microsoft's front, and its errors."""

from __future__ import annotations

import os
from math import ceil, log
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgd_compiler.errors import InfeasibleError, SpecError
from qgd_compiler.physical.beverland import estimate, sweep
from qgd_compiler.physical.budget import Budget, checked, even_split
from qgd_compiler.physical.distillation import catalogue
from qgd_compiler.physical.logical_counts import LogicalCounts
from qgd_compiler.physical.machines import AZURE_NAMES, Machine, machine, preset
from qgd_compiler.physical.pareto import choose, front_rows, undominated
from qgd_compiler.physical.plans import front

BENCHMARK = LogicalCounts(qubits=1000, t=10**10, ccz=10**9, measurements=10**9)
SMALL = LogicalCounts(qubits=20, t=3000, ccz=500, measurements=200)


def plan_numbers(counts: LogicalCounts, target: Machine, budget: Budget) -> list[tuple[int, int]]:
    """Qubits and time of every plan, from the catalogue, with all distances and numbers beyond the need."""
    patches = 2 * counts.qubits + ceil((8 * counts.qubits) ** 0.5) + 1
    depth = counts.t + 3 * counts.ccz + counts.measurements
    states = counts.t + 4 * counts.ccz
    square, linear, constant = target.code.patch
    found = []
    for d in range(1, 28, 2):
        per_cycle = target.code.prefactor * (target.qubit.clifford_error / target.code.threshold) ** (
            (d + 1) / 2
        )
        patch, cycle = square * d * d + linear * d + constant, target.round_ns * d
        for rounds in (1, 2, 3):
            table = catalogue(target, rounds, 49)
            good = (table.error <= budget.magic / states) & (table.distance <= d)
            pairs = set(zip(table.qubits[good].tolist(), table.duration[good].tolist(), strict=True))
            for qubits, duration in pairs:
                for number in range(1, 25):
                    runs = -(-states // number)
                    cycles = max(depth, -(-runs * duration // cycle))
                    if patches * cycles * per_cycle <= budget.logical:
                        found.append((patches * patch + number * qubits, cycles * cycle))
    return found


@pytest.mark.parametrize("name", ["superconducting_1e-3", "ions_1e-3", "majorana_1e-6"])
def test_the_front_is_that_of_all_plans_written_out(name: str) -> None:
    target = machine(preset(name))
    budget = even_split(0.01, SMALL)
    everything = plan_numbers(SMALL, target, budget)
    best, front_of_all = None, []
    for qubits, time in sorted(set(everything)):
        if best is None or time < best:
            front_of_all.append((qubits, time))
            best = time
    ours = front(SMALL, target, budget)
    assert [(p.qubits, p.runtime_ns) for p in ours] == front_of_all
    assert len(ours) > 3
    assert (
        max(p.factories for p in ours) < 20 and max(p.distance for p in ours) < 25
    )  # well inside what was written


def test_the_front_of_the_benchmark_is_the_published_one() -> None:
    plans = front(BENCHMARK, machine(preset("superconducting_1e-3")), even_split(1e-3, BENCHMARK))
    assert (len(plans), plans[0].qubits, plans[-1].qubits) == (11, 4_184_142, 4_734_942)
    assert [p.factories for p in plans] == list(range(3, 14))
    assert plans[-1].runtime_ns == 173_600 * 10**9
    assert plans[0].runtime_ns / 3.6e12 == pytest.approx(203, abs=0.5)


@pytest.mark.qualtran
@pytest.mark.parametrize("name", sorted(AZURE_NAMES))
def test_no_plan_of_microsofts_front_beats_ours(name: str) -> None:
    os.environ["QDK_PYTHON_TELEMETRY"] = "none"
    from qdk.estimator import LogicalCounts as TheirCounts

    target = machine(preset(name))
    code = "floquet_code" if target.qubit.by_measurement else "surface_code"
    result: dict[str, Any] = TheirCounts(BENCHMARK.to_azure()).estimate(
        params={
            "qubitParams": {"name": AZURE_NAMES[name]},
            "qecScheme": {"name": code},
            "errorBudget": 1e-3,
            "estimateType": "frontier",
        }
    )
    theirs = [
        (e["physicalCounts"]["physicalQubits"], e["physicalCounts"]["runtime"])
        for e in result["frontierEntries"]
    ]
    ours = [(p.qubits, p.runtime_ns) for p in front(BENCHMARK, target, even_split(1e-3, BENCHMARK))]
    assert len(theirs) > 5
    for qubits, time in theirs:
        # their units per round are approximate beyond a thousand, see test_distillation
        assert any(q <= 1.005 * qubits and t <= time for q, t in ours), (qubits, time)


@settings(max_examples=60)
@given(
    st.integers(1, 10**4),
    st.integers(0, 10**9),
    st.integers(0, 10**8),
    st.floats(-5, -1),
    st.sampled_from(sorted(AZURE_NAMES)),
)
def test_the_quickest_plan_is_at_least_as_good_as_the_one_at_full_speed(
    qubits: int, t: int, ccz: int, digits: float, name: str
) -> None:
    counts = LogicalCounts(qubits=qubits, t=t + 1, ccz=ccz, measurements=5)
    target, budget = machine(preset(name)), even_split(10**digits, counts)
    plans = front(counts, target, budget)
    full_speed = estimate(counts, target, budget)
    quickest = choose(plans, "runtime")
    assert (quickest.runtime_ns, quickest.qubits) <= (full_speed.runtime_ns, full_speed.qubits)
    assert choose(plans, "qubits").qubits <= full_speed.qubits
    assert choose(plans, "volume").volume <= full_speed.volume
    sizes = [p.qubits for p in plans]
    times = [p.runtime_ns for p in plans]
    assert sizes == sorted(set(sizes)) and times == sorted(set(times), reverse=True)
    for plan in plans:
        assert plan.factories * (plan.runtime_ns // plan.factory_ns) >= plan.states
        assert plan.depth >= plan.algorithm_depth


def test_a_sweep_is_the_single_estimates() -> None:
    rng = np.random.default_rng(3)
    size = 400
    counts = LogicalCounts(
        qubits=np.rint(10 ** rng.uniform(0, 4, size)),
        t=np.rint(10 ** rng.uniform(0, 16, size)) * rng.integers(0, 2, size),
        rotations=np.rint(10 ** rng.uniform(0, 6, size)) * rng.integers(0, 2, size),
        rotation_depth=np.zeros(size),
        ccz=np.rint(10 ** rng.uniform(0, 9, size)) * rng.integers(0, 2, size),
        measurements=np.rint(10 ** rng.uniform(0, 9, size)) * rng.integers(0, 2, size),
        ccix=np.zeros(size),
    )
    total = 10 ** rng.uniform(-5, -0.3, size)
    for name in sorted(AZURE_NAMES):
        target = machine(preset(name), max_distance=31)
        many = sweep(counts, target, even_split(total, counts))
        failed = 0
        for i in range(size):
            whole = {
                f: int(getattr(counts, f)[i])
                for f in ("qubits", "t", "rotations", "rotation_depth", "ccz", "measurements")
            }
            one = LogicalCounts(**whole)
            try:
                single = estimate(one, target, even_split(float(total[i]), one))
            except InfeasibleError:
                failed += 1
                assert np.isnan(many.qubits[i]) and np.isnan(many.runtime_ns[i])
                continue
            for field in ("depth", "distance", "factories", "qubits", "runtime_ns", "factory_runs", "volume"):
                assert getattr(many, field)[i] == pytest.approx(float(getattr(single, field)), rel=1e-12), (
                    field
                )
        assert 0 < failed < size / 4


def test_counts_beyond_64_bits_are_exact() -> None:
    counts = LogicalCounts(qubits=1000, t=10**24 + 1, measurements=7)
    plan = estimate(counts, machine(preset("superconducting_1e-4")), even_split(1e-3, counts))
    assert plan.runtime_ns == (10**24 + 8) * 400 * plan.distance
    per_cycle = 0.03 * 0.01 ** ((plan.distance + 1) / 2)
    assert plan.patches * plan.depth * per_cycle <= 5e-4 < plan.patches * plan.depth * per_cycle * 100
    assert plan.factories == -(-plan.states // (plan.runtime_ns // plan.factory_ns))
    assert log(plan.runtime_ns / 3.156e16) > 20  # years, e-folds: no run of this world


@pytest.mark.parametrize("t", [10**5, 10**12, 10**20, 10**26])
def test_where_no_factory_is_good_enough_the_circuit_waits_for_a_larger_distance(t: int) -> None:
    counts, target = LogicalCounts(qubits=3, t=t), machine(preset("superconducting_1e-3"))
    budget = Budget(logical=0.5, magic=1e-6, rotations=0.0)
    plan = estimate(counts, target, budget)
    full_speed = 0.03 * 0.1 ** ((plan.distance - 1) / 2) * plan.patches * t
    assert full_speed <= 0.5 and plan.depth > plan.algorithm_depth  # a smaller distance would have done
    assert plan.factory is not None and plan.factory.error <= 1e-6 / t
    many = sweep(counts, target, budget)
    assert (many.distance[0], many.qubits[0]) == (plan.distance, pytest.approx(plan.qubits))


def test_a_circuit_without_magic_states_has_no_factory() -> None:
    counts = LogicalCounts(qubits=10, measurements=10**6)
    target, budget = machine(preset("ions_1e-3")), even_split(0.01, LogicalCounts(qubits=1))
    (plan,) = front(counts, target, budget)
    assert (plan.factory, plan.factories, plan.factory_runs, plan.states) == (None, 0, 0, 0)
    assert plan.qubits == plan.qubits_of_algorithm == estimate(counts, target, budget).qubits


def test_fixed_distance_and_number_are_kept() -> None:
    target, budget = machine(preset("superconducting_1e-3")), even_split(1e-3, BENCHMARK)
    plans = front(BENCHMARK, target, budget, distance=35, factories=5)
    assert {(p.distance, p.factories) for p in plans} == {(35, 5)}
    more = front(BENCHMARK, target, budget, factories=40)
    assert {p.factories for p in more} == {40}
    assert more[0].depth == more[0].algorithm_depth


@pytest.mark.parametrize(
    ("more", "at", "what"),
    [
        (
            {"distance": 29},
            "hardware.distance",
            "at code distance 29 the logical qubits fail with probability",
        ),
        ({"factories": 1, "distance": 31}, "hardware.factories", "with 1 T factories the circuit waits"),
    ],
)
def test_what_is_fixed_too_low_is_an_error_that_says_so(more: dict[str, int], at: str, what: str) -> None:
    with pytest.raises(InfeasibleError, match=what) as caught:
        front(BENCHMARK, machine(preset("superconducting_1e-3")), even_split(1e-3, BENCHMARK), **more)
    assert caught.value.mistakes[0].at == at
    assert caught.value.mistakes[0].remedy


def test_no_distance_and_no_factory_are_errors() -> None:
    poor = machine(preset("superconducting_1e-3"), max_distance=21)
    with pytest.raises(InfeasibleError, match=r"take a code distance of 31; the largest allowed is 21"):
        front(BENCHMARK, poor, even_split(1e-3, BENCHMARK))
    tight = Budget(logical=0.1, magic=1e-12, rotations=0.0)
    with pytest.raises(
        InfeasibleError, match=r"no T factory of up to four rounds makes states of error 7.14e-23"
    ):
        front(BENCHMARK, machine(preset("superconducting_1e-3"), max_distance=31), tight)
    with pytest.raises(InfeasibleError, match="largest allowed is 31"):
        estimate(BENCHMARK, machine(preset("superconducting_1e-3"), max_distance=31), tight)
    with pytest.raises(InfeasibleError, match="nothing to estimate"):
        estimate(LogicalCounts(qubits=5), poor, even_split(1e-3, LogicalCounts(qubits=5)))


def test_limits_that_no_plan_keeps_are_errors_with_the_nearest_plan() -> None:
    plans = front(BENCHMARK, machine(preset("superconducting_1e-3")), even_split(1e-3, BENCHMARK))
    assert choose(plans, "runtime", max_qubits=4_300_000).qubits == 4_294_302
    assert choose(plans, "qubits", max_runtime_ns=200_000 * 10**9).factories == 11
    with pytest.raises(
        InfeasibleError, match="at most 4,000,000 physical qubits; the smallest has 4,184,142"
    ):
        choose(plans, "runtime", max_qubits=4_000_000)
    with pytest.raises(InfeasibleError, match=r"at most 1 s; the quickest takes 1\.736e\+05 s"):
        choose(plans, "qubits", max_runtime_ns=10**9)
    with pytest.raises(InfeasibleError, match="of at most 4,300,000 qubits"):
        choose(plans, "qubits", max_qubits=4_300_000, max_runtime_ns=10**9)


def test_a_budget_that_leaves_nothing_or_everything_is_an_error() -> None:
    with pytest.raises(SpecError, match="leaves 0 for magic"):
        checked(Budget(1e-3, 0.0, 0.0), SMALL)
    with pytest.raises(SpecError, match=r"adds up to 1\.1"):
        checked(Budget(0.5, 0.6, 0.0), SMALL)
    assert checked(Budget(1e-3, 0.0, 0.0), LogicalCounts(qubits=1, measurements=3)).total == 1e-3


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30))
def test_the_front_of_pairs_is_what_no_other_pair_beats(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    rows = front_rows(first, second, np.arange(len(pairs)))
    kept = [pairs[i] for i in rows]
    expected = {p for p in pairs if not any(o != p and o[0] <= p[0] and o[1] <= p[1] for o in pairs)}
    assert set(kept) == expected and len(kept) == len(expected)
    assert undominated([]) == []
