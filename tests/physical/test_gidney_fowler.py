"""The model of Gidney and Fowler: beside Qualtran's formulas, on arrays, and its front written out."""

from __future__ import annotations

from math import ceil

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qgd_compiler.errors import InfeasibleError, SpecError
from qgd_compiler.physical.budget import Budget
from qgd_compiler.physical.gidney_fowler import (
    CczPlan,
    Load,
    Setup,
    ccz_front,
    gidney_fowler_machine,
    load_of,
    plan,
)
from qgd_compiler.physical.logical_counts import LogicalCounts
from qgd_compiler.physical.machines import Qubit, machine, preset

TARGET = gidney_fowler_machine(machine(preset("superconducting_1us_1e-3")))
BETTER = gidney_fowler_machine(machine(preset("superconducting_1e-4")))
AT_ONCE = Setup(routing=0.5, reaction_ns=1)
COUNTS = LogicalCounts(qubits=1000, t=10**10, ccz=10**9, measurements=10**9)
BUDGET = Budget(5e-3, 5e-3, 0.0)


@pytest.mark.qualtran
@settings(max_examples=150)
@given(
    st.integers(1, 10**4),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.integers(2, 12),
    st.integers(1, 20),
    st.integers(1, 30),
    st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    st.sampled_from([TARGET, BETTER]),
)
def test_a_plan_is_what_qualtran_says(
    qubits: int, t: int, ccz: int, half: int, above: int, number: int, routing: float, target: object
) -> None:
    from qgd_compiler.bloqs import through_qualtran

    assume(t + ccz > 0)
    assert target in (TARGET, BETTER)
    distances = (2 * half + 1, 2 * half + 1 + 2 * above)
    # a chain of no states: Qualtran has no reaction time
    load = Load(ceil((1 + routing) * qubits), t, ccz, 0, 0)
    ours = plan(load, target, Budget(0.3, 0.3, 0.0), distances, number)  # type: ignore[arg-type]
    assume(ours.distance == ours.distance)  # the factories alone may exceed the budget
    theirs = through_qualtran(ours, qubits, routing)
    assert (ours.qubits, ours.cycles) == (theirs.qubits, theirs.cycles)
    assert ours.runtime_ns / 3.6e12 == pytest.approx(theirs.hours, rel=1e-12)
    assert ours.failure == pytest.approx(theirs.failure, rel=1e-9)
    assert ours.failure <= 0.6


@pytest.mark.qualtran
def test_the_distance_is_the_one_that_qualtran_chooses_from_an_error_budget() -> None:
    from qualtran.resource_counting import GateCounts
    from qualtran.surface_code import CCZ2TFactory, get_ccz2t_costs_from_error_budget

    for qubits, ccz, budget in ((100, 10**6, 1e-2), (5000, 10**8, 3e-3), (20, 10**10, 0.5)):
        theirs = get_ccz2t_costs_from_error_budget(
            n_logical_gates=GateCounts(toffoli=ccz),
            n_algo_qubits=qubits,
            error_budget=budget,
            factory=CCZ2TFactory(17, 31),
        )
        counts = LogicalCounts(qubits=qubits, ccz=ccz, state_depth=0)
        shares = Budget(budget / 2, budget / 2, 0.0)
        ours = plan(load_of(counts, shares), TARGET, shares, (17, 31), 1)
        assert (ours.qubits, ours.runtime_ns / 3.6e12) == (
            theirs.footprint,
            pytest.approx(theirs.duration_hr),
        )


def test_arrays_of_plans_are_the_single_plans() -> None:
    rng = np.random.default_rng(8)
    size = 500
    d1 = 2 * rng.integers(3, 15, size) + 1
    d2 = d1 + 2 * rng.integers(1, 10, size)
    number = rng.integers(1, 50, size)
    load = load_of(COUNTS, BUDGET)
    many = plan(load, TARGET, BUDGET, (d1, d2), number.astype(float))
    singles = [
        plan(load, TARGET, BUDGET, (int(a), int(b)), int(n)) for a, b, n in zip(d1, d2, number, strict=True)
    ]
    for field in ("distance", "cycles", "qubits", "runtime_ns", "failure"):
        mine, theirs = getattr(many, field), [float(getattr(p, field)) for p in singles]
        assert np.allclose(mine, theirs, rtol=1e-12, equal_nan=True), field
    assert 0.2 < np.isnan(many.distance).mean() < 0.9


def by_hand(load: Load, error: float) -> list[tuple[int, int]]:
    """Qubits and rounds of every plan within the budget, one formula after another."""

    def p_l(d: float) -> float:
        return float(0.1 * 0.1 ** ((d + 1) / 2))

    found = []
    for d1 in range(5, 26, 2):
        l1 = 1100 * p_l(d1) + 35 * (1e-3 + 100 * p_l(d1 // 2)) ** 3
        for d2 in range(d1 + 2, 46, 2):
            states = load.ccz + ceil(load.t / 2)
            failing = states * (1000 * p_l(d2) + 28 * l1 * l1)
            if failing >= error:
                continue
            alone = ceil((5.5 * states + ceil(load.t / 2)) * max(2 * d1 + 1, d2))
            for number in range(1, 40):
                cycles = max(ceil(alone / number), load.chain * 10)
                d = 3
                while load.tiles * cycles * p_l(d) > error - failing:
                    d += 2
                found.append((load.tiles * 2 * d * d + number * 64 * (6 * d1 * d1 + d2 * d2), cycles))
    return found


def test_the_front_is_that_of_all_plans_written_out() -> None:
    load = load_of(COUNTS, BUDGET)
    best, expected = None, []
    for qubits, cycles in sorted(set(by_hand(load, 0.01))):
        if best is None or cycles < best:
            expected.append((qubits, cycles))
            best = cycles
    ours = ccz_front(COUNTS, TARGET, BUDGET)
    assert [(p.qubits, p.cycles) for p in ours] == expected
    assert len(ours) > 8 and max(p.factories for p in ours) < 35
    for p in ours:
        assert p.failure <= 0.01


def test_more_factories_do_not_outrun_the_decoder() -> None:
    quickest = ccz_front(COUNTS, TARGET, BUDGET)[-1]
    assert quickest.runtime_ns == (10**10 + 10**9) * 10_000
    parallel = LogicalCounts(qubits=1000, t=10**10, ccz=10**9, state_depth=10**9)
    assert ccz_front(parallel, TARGET, BUDGET)[-1].runtime_ns < quickest.runtime_ns / 5
    slow = ccz_front(COUNTS, TARGET, BUDGET, setup=Setup(reaction_ns=50_000))[-1]
    assert slow.runtime_ns == 5 * quickest.runtime_ns


def test_rotations_count_with_their_t_states() -> None:
    counts = LogicalCounts(qubits=10, rotations=1000, rotation_depth=10, ccz=7, state_depth=3)
    load = load_of(counts, Budget(1e-3, 1e-3, 1e-3))
    assert load.t_per_rotation == 16  # 0.53 log2(1e6) + 4.86 = 15.42
    assert (load.t, load.ccz, load.chain, load.tiles) == (16_000, 7, 163, 15)


def test_fixed_distance_and_number_are_kept() -> None:
    plans = ccz_front(COUNTS, TARGET, BUDGET, distance=41, factories=6)
    assert {(p.distance, p.factories) for p in plans} == {(41, 6)}
    smaller: CczPlan = ccz_front(COUNTS, TARGET, BUDGET, factories=6)[0]
    assert smaller.distance < 41 and smaller.failure > plans[0].failure
    with pytest.raises(InfeasibleError, match="code distances up to 21"):
        ccz_front(COUNTS, TARGET, BUDGET, distance=21)


def test_counts_beyond_64_bits_are_exact() -> None:
    few_errors = Qubit("far", 50, 100, 50, 1e-6, 1e-6, 1e-6)
    target = gidney_fowler_machine(machine(few_errors))
    counts = LogicalCounts(qubits=100, ccz=10**23 + 1, state_depth=10**21)
    plans = ccz_front(counts, target, BUDGET)
    assert plans[-1].runtime_ns % (10**21) == 0 or plans[-1].cycles >= 10**21 * 25
    for p in plans:
        step = max(2 * p.factory_distances[0] + 1, p.factory_distances[1])
        alone = -(-11 * (10**23 + 1) * step // 2)
        assert p.cycles == max(-(-alone // p.factories), 25 * 10**21)


def test_what_the_model_cannot_serve_is_an_error_that_says_so() -> None:
    with pytest.raises(SpecError, match="two-qubit gates") as caught:
        gidney_fowler_machine(machine(preset("majorana_1e-6")))
    assert caught.value.mistakes[0].at == "hardware.model"
    with pytest.raises(InfeasibleError, match="without T gates and Toffolis"):
        ccz_front(LogicalCounts(qubits=3, measurements=5), TARGET, BUDGET)
    with pytest.raises(InfeasibleError, match=r"makes 5e\+19 CCZ states within an error of 0.01"):
        ccz_front(LogicalCounts(qubits=3, t=10**20), TARGET, BUDGET)
