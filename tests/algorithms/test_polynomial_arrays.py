"""Plans by QSVT priced as arrays against single plans, their search, and what sweeps know of their polynomials."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from qgd_compiler.algorithms.access import Qroam, Qrom
from qgd_compiler.algorithms.arrays.declared_polynomials import family_of, polynomial_at, serves
from qgd_compiler.algorithms.arrays.form import OF_SERIES
from qgd_compiler.algorithms.arrays.menu import Group, groups_of, quick, search
from qgd_compiler.algorithms.choice import choose
from qgd_compiler.algorithms.plan import Shares
from qgd_compiler.algorithms.planner import OBJECTIVES, Planner, planned
from qgd_compiler.algorithms.polynomial_plan import FINER, error_at
from qgd_compiler.algorithms.routes.bounded import OneSided
from qgd_compiler.algorithms.routes.hamiltonian import Hamiltonian, out_of_reach
from qgd_compiler.algorithms.routes.polynomial import PolynomialRoute
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.spec.loader import validate
from qgd_compiler.study import study
from tests.algorithms.small_problems import planner

ACCESSES = (Qrom(), Qroam())
DECLARED: dict[str, Any] = {
    "qgd": 1,
    "name": "declared",
    "model": {"parameters": 3000},
    "dynamics": {"learning_rate": 0.1, "iterations": 21},
    "hessian": {
        "kind": "sparse",
        "n": 3000,
        "row_sparsity": 7,
        "max_entry": 0.4,
        "lambda_min": 0.0,
        "lambda_max": 2.0,
    },
    "gradient": {"norm": 1.0},
    "solution": {"final_over_max": 0.8},
    "target": {"epsilon": 0.03},
}


def made(objective: str = "t_count", **dynamics: Any) -> Planner:
    spec = {**DECLARED, "dynamics": {**DECLARED["dynamics"], **dynamics}}
    return planner(study(validate(spec)).problem(), objective, ("bounded",))


def groups(found: Planner, objective: str = "t_count") -> list[Group]:
    lines = [
        line.candidate
        for route in found.routes.values()
        for line in route.lines(ACCESSES)
        if not line.reason and quick(route, line.candidate.solver)
    ]
    return groups_of(found.routes, lines, found.exchange, found.folder, OBJECTIVES[objective], None)


@pytest.mark.parametrize("bound", [False, True], ids=["splits", "bounds"])
def test_an_array_of_plans_by_qsvt_has_the_counts_of_each_plan_alone(bound: bool) -> None:
    found = made()
    random = np.random.default_rng(7)
    feasible = []
    for group in groups(found):
        count = 60
        line = random.integers(0, len(group.candidates), count)
        finer = random.integers(1, FINER + 1, count).astype(float)
        weights = np.exp(random.uniform(-3, 0, (4, count)))
        shares = np.ones((4, count)) if bound else weights / weights.sum(axis=0)
        prices = group.searcher.pricer.prices(line, finer, Shares(*shares), bound=bound)
        for i in range(count):
            split = Shares(*(float(s) for s in shares[:, i]))
            plan = planned(found, group.candidates[line[i]], int(finer[i]), split)
            feasible.append(plan is not None)
            way = np.lexsort((prices.qubits[i], prices.t_count[i]))[0]
            assert np.isfinite(prices.t_count[i, way]) == feasible[-1]
            if plan is None:
                continue
            for name in ("t_count", "toffoli_count", "qubits", "depth", "t_per_circuit"):
                assert getattr(prices, name)[i, way] == pytest.approx(getattr(plan, name), rel=1e-12), name
            assert prices.queries[i, way] == int(plan.queries.encoding)
    assert feasible.count(True) >= 20
    assert bound or False in feasible


def test_a_tight_split_gives_the_polynomial_what_it_needs_and_nothing_is_left_over() -> None:
    found = made()
    for group in groups(found):
        line = np.arange(len(group.candidates))
        parts = Shares(*(np.full(len(line), share) for share in (0.1, 0.5, 0.02, 0.01)))
        for finer in range(1, FINER + 1):
            prices = group.searcher.pricer.prices(line, np.full(len(line), float(finer)), parts, tight=True)
            for i in line:
                split = Shares(*(float(getattr(prices.shares, n)[i]) for n in Shares.__dataclass_fields__))
                total = split.solver + split.encoding + split.right_hand_side + split.synthesis
                assert total == pytest.approx(1.0)
                assert split.encoding == pytest.approx(25 * split.right_hand_side)
                if not np.isfinite(prices.t_count[i]).any():
                    assert finer == 1  # the whole error is not quite enough
                    continue
                plan = planned(found, group.candidates[i], finer, split)
                assert plan is not None
                assert plan.t_count == pytest.approx(prices.t_count[i].min(), rel=1e-9)
                less = Shares(split.solver * 0.999, split.encoding, split.right_hand_side, split.synthesis)
                assert planned(found, group.candidates[i], finer, less) is None


@pytest.mark.parametrize("objective", ["t_count", "toffoli", "qubits_times_t"])
@pytest.mark.parametrize("steps", [4, 21, 40])
def test_no_split_drawn_at_random_is_better_than_what_the_search_of_polynomials_finds(
    objective: str, steps: int
) -> None:
    random = np.random.default_rng(11)
    made_groups = groups(made(objective, iterations=steps), objective)
    searched = search(made_groups)
    best, floor = searched.spots[0].value, searched.floor()
    assert floor <= best
    for group in made_groups:
        count = 3000
        line = random.integers(0, len(group.candidates), count)
        finer = random.integers(1, FINER + 1, count).astype(float)
        weights = np.exp(random.uniform(-8, 0, (4, count)))
        prices = group.searcher.pricer.prices(line, finer, Shares(*(weights / weights.sum(axis=0))))
        values = np.asarray(group.searcher.value(prices)).min(axis=-1)
        assert values.min() >= 0.995 * best
        assert values.min() >= floor


def test_every_line_of_polynomials_is_searched_at_every_polynomial() -> None:
    """Found by comparing 40 random runs: from one polynomial to the next this search ended 60 % above."""
    sizes = {"model": {"parameters": 31372}, "hessian": {**DECLARED["hessian"], "n": 31372}}
    run = {
        "dynamics": {"learning_rate": 0.10757318747298251, "iterations": 22},
        "target": {"epsilon": 0.00167},
    }
    random = np.random.default_rng(1)
    asked = study(validate({**DECLARED, **sizes, **run})).problem()
    for group in groups(planner(asked, "qubits_times_t", ("bounded",)), "qubits_times_t"):
        line, searcher = np.arange(len(group.candidates)), group.searcher
        place = searcher.best(line, group.paddings, searcher.start(line, group.paddings))
        count = 1500
        for i in line:
            finer = random.integers(1, FINER + 1, count).astype(float)
            weights = np.exp(random.uniform(-8, 0, (4, count)))
            splits = Shares(*(weights / weights.sum(axis=0)))
            prices = searcher.pricer.prices(np.full(count, i), finer, splits)
            assert np.asarray(searcher.value(prices)).min() >= 0.97 * place.value[i]


def test_lines_far_above_a_limit_have_the_bound_of_their_coarsest_polynomial_alone() -> None:
    (group,) = groups(made())
    line, searcher = np.arange(len(group.candidates)), group.searcher
    whole = searcher.bounds(line, group.paddings)
    some = searcher.bounds_below(line, group.paddings, np.full(len(line), float(whole.min())))
    near = np.isfinite(some[:, 1:]).any(axis=1)
    assert near.any() and not near.all()
    assert np.array_equal(some[:, 0], whole[:, 0])
    assert np.array_equal(some[near], whole[near])


@pytest.mark.parametrize("family", [OneSided, Hamiltonian])
def test_sweeps_know_the_polynomials_of_a_compile(family: Any) -> None:
    spec = {**DECLARED, "dynamics": {"learning_rate": 0.002, "iterations": 900}}
    (quadratic,) = study(validate(spec)).problem().quadratics
    run = (0.002, 900, quadratic.low, quadratic.high)
    served = 0
    for offer in quadratic.offers:
        weight = float(offer.weight)
        assert family_of(family, run).why_not(weight) == family(quadratic).why_not(weight)
        if family(quadratic).why_not(weight):
            continue
        served += 1
        for place in (-6, -7):
            numbers, definite = polynomial_at(family, run, weight, place)
            expected = family(quadratic).truncated(weight, float(error_at(place, 1)))
            assert not definite
            assert numbers == tuple(float(getattr(expected, name)) for name in OF_SERIES)
    assert served


@pytest.mark.parametrize("family", [OneSided, Hamiltonian])
def test_sweeps_refuse_the_runs_that_a_compile_refuses(family: Any) -> None:
    runs = [(0.1, 21, 0.0, 2.0), (0.1, 60, 0.0, 2.0), (0.002, 900, 0.0, 2.0), (0.002, 900, -0.1, 2.0)]
    told = [serves(family, run, 2.8) for run in runs]
    assert told == [not family_of(family, run).why_not(2.8) for run in runs]
    assert set(told) == {True, False}


def test_what_is_too_far_from_the_flow_at_a_glance_has_no_polynomial_there() -> None:
    steps = np.array([3, 40, 900, 30_000, 900])
    rate, low, high = np.full(5, 0.1), np.array([0.0, 0.02, 0.0, 0.0, 0.3]), np.full(5, 4.0)
    for relative in (1e-1, 1e-3, 1e-6):
        told = out_of_reach(rate, steps.astype(float), low, high, np.full(5, relative))
        for i in np.flatnonzero(told):
            family = family_of(Hamiltonian, (0.1, int(steps[i]), float(low[i]), 4.0))
            with pytest.raises(InfeasibleError, match="gradient flow"):
                family.truncated(2.8, relative)
        assert told.any() == (relative < 0.1)
        assert not told.all()


def test_a_polynomial_of_a_definite_parity_is_left_to_single_plans() -> None:
    numbers, definite = polynomial_at(OneSided, (1e-12, 2, 0.0, 2.0), 2.8, -6)
    assert definite and np.isnan(numbers).all()
    run = {"dynamics": {"learning_rate": 1e-12, "iterations": 2}, "target": {"epsilon": 0.2}}
    found = planner(study(validate({**DECLARED, **run})).problem(), families=("bounded",))
    choice = choose(found, (Qrom(),))
    plans = [
        a.plan for a in choice.alternatives if a.candidate.solver == "one-sided polynomial, QSVT" and a.plan
    ]
    assert any(plan.queries.encoding == 0 for plan in plans)


def test_data_that_are_written_into_lookups_are_priced_plan_by_plan() -> None:
    found = study(validate(DECLARED)).problem()
    (quadratic,) = found.quadratics
    for written in (False, True):
        states = replace(quadratic.states, written=written)
        run = replace(quadratic, states=states)
        route = PolynomialRoute(OneSided(run), run, found.epsilon, Exchange(), Folder(price_of))
        assert quick(route, "one-sided polynomial, QSVT") is not written
