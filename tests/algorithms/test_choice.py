"""The choice against brute force: the discrete menu exactly, the split within 1 %; limits, and what stands beside."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from qgd_compiler.algorithms.access import Qroam, Qrom, column_caps
from qgd_compiler.algorithms.choice import choose, pareto_front
from qgd_compiler.algorithms.plan import Shares
from qgd_compiler.algorithms.planner import OBJECTIVES, PROVEN, planned
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Kind
from tests.algorithms.small_problems import planner, problem

ACCESSES = (Qrom(), Qroam())


def splits() -> list[Shares]:
    """Every split on a logarithmic grid: shares from 2^-8 to 2^0 of each other."""
    weights = [4.0**-e for e in range(5)]
    tried = set()
    for w in itertools.product(weights, repeat=4):
        if max(w) == 1.0:
            tried.add(w)
    return [Shares.from_weights(w) for w in sorted(tried)]


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["t_count", "qubits_times_t"])
def test_no_line_number_or_split_of_a_brute_force_search_is_one_percent_better(
    tmp_path: Path, objective: str
) -> None:
    found = planner(problem(tmp_path), objective)
    choice = choose(found, ACCESSES)
    value = OBJECTIVES[objective]
    bound = value(choice.best)
    grid = splits()
    for route in found.routes.values():
        for line in route.lines(ACCESSES):
            if line.reason:
                continue
            for knob in route.knobs(line.candidate):
                try:
                    if value(found.plan(line.candidate, knob, Shares.free())) >= bound:
                        continue  # what the next test shows to be a lower bound
                except InfeasibleError:
                    continue
                for shares in grid:
                    plan = planned(found, line.candidate, knob, shares)
                    assert plan is None or value(plan) >= 0.99 * bound


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
def test_a_plan_with_free_shares_costs_no_more_than_at_any_split(tmp_path: Path, objective: str) -> None:
    found = planner(problem(tmp_path), objective)
    value = OBJECTIVES[objective]
    random = np.random.default_rng(5)
    tried = 0
    for route in found.routes.values():
        for line in route.lines(ACCESSES):
            if line.reason:
                continue
            for knob in tuple(route.knobs(line.candidate))[::4]:
                least = value(found.plan(line.candidate, knob, Shares.free()))
                for _ in range(4):
                    shares = Shares.from_weights(np.exp(random.uniform(-7, 0, 4)))
                    plan = planned(found, line.candidate, knob, shares)
                    if plan is None:  # the share is less than the polynomial needs
                        continue
                    assert least <= value(plan), (line, knob, shares)
                    tried += 1
    assert tried > 300


def test_what_was_never_worked_out_is_worse_by_its_bound(tmp_path: Path) -> None:
    found = planner(problem(tmp_path))
    choice = choose(found, ACCESSES)
    others = [a for a in choice.alternatives if "at any" in a.reason]
    assert len(others) > 5
    for alternative in others:
        assert alternative.plan is not None
        assert alternative.plan.t_count >= choice.best.t_count


def test_the_proven_plan_has_no_fit_and_the_heuristic_one_may_be_cheaper(tmp_path: Path) -> None:
    choice = choose(planner(problem(tmp_path)), ACCESSES)
    assert choice.proven is not None and choice.proven.kind in PROVEN
    assert choice.proven_exchange.kind is Kind.BOUND
    assert choice.heuristic is choice.best
    assert choice.best.t_count <= choice.proven.t_count


def test_an_exchange_by_convention_has_no_proven_total(tmp_path: Path) -> None:
    found = planner(problem(tmp_path))
    found.exchange = Exchange(toffoli_in_t=7)
    choice = choose(found, ACCESSES)
    assert choice.proven is None
    assert "convention" in choice.why_no_proven


def test_splits_that_are_not_searched_cost_more(tmp_path: Path) -> None:
    choice = choose(planner(problem(tmp_path)), ACCESSES)
    assert choice.uniform >= 1 and choice.halving >= 1
    assert choice.best.shares not in (Shares.uniform(), Shares.halving())


def test_a_cap_on_qubits_is_kept_and_paid_for(tmp_path: Path) -> None:
    hessian = np.random.default_rng(2).normal(size=(16, 16))
    hessian = hessian @ hessian.T / 16 + np.eye(16) / 4
    found = problem(tmp_path, hessian, dynamics__learning_rate=0.2)
    families = ("bounded",)
    free = choose(planner(found, families=families), column_caps(ACCESSES))
    cap = free.best.qubits - 1
    capped = choose(planner(found, families=families, most_qubits=cap), column_caps(ACCESSES))
    assert capped.best.qubits <= cap
    assert capped.best.t_count > free.best.t_count
    with pytest.raises(InfeasibleError, match="logical qubits") as raised:
        choose(planner(found, families=families, most_qubits=5), column_caps(ACCESSES))
    assert raised.value.mistakes[0].at == "limits.qubits"


def test_the_front_has_no_plan_that_another_beats(tmp_path: Path) -> None:
    hessian = np.random.default_rng(3).normal(size=(16, 16))
    hessian = hessian @ hessian.T / 16
    found = planner(problem(tmp_path, hessian, dynamics__learning_rate=0.2), families=("bounded",))
    choice = choose(found, ACCESSES)
    front = pareto_front(found, choice, column_caps(ACCESSES))
    assert len(front) >= 3
    for few, many in itertools.pairwise(front):
        assert few.qubits < many.qubits and few.t_count > many.t_count
    assert front[-1].t_count == choice.best.t_count


@pytest.mark.parametrize(("objective", "other"), [("qubits", "t_count"), ("runtime", "qubits")])
def test_each_objective_is_at_its_least_where_it_was_asked_for(
    tmp_path: Path, objective: str, other: str
) -> None:
    found = problem(tmp_path)
    families = ("bounded", "power")
    own, foreign = (
        choose(planner(found, name, families), column_caps(ACCESSES)).best for name in (objective, other)
    )
    value = OBJECTIVES[objective]
    assert value(own) <= value(foreign)


def test_a_menu_without_a_plan_names_every_reason(tmp_path: Path) -> None:
    found = problem(tmp_path, dynamics__iterations=4)
    with pytest.raises(InfeasibleError, match="no plan meets the spec") as raised:
        choose(planner(found, families=("stationary", "gram")), ACCESSES)
    told = str(raised.value)
    assert "from the end" in told and "no encoding of it is offered" in told


def test_a_solver_that_another_beats_in_everything_is_listed_with_its_price(tmp_path: Path) -> None:
    choice = choose(
        planner(problem(tmp_path), families=("kernel_reflection", "randomised_adiabatic")), ACCESSES
    )
    told = {a.candidate.solver: a for a in choice.alternatives if "asks for less" in a.reason}
    assert set(told) == {"kernel reflection, norm unknown", "randomised adiabatic"}
    for alternative in told.values():
        assert alternative.plan is not None
        assert alternative.plan.t_count > 2 * choice.best.t_count
