"""Plans priced as arrays against single plans, and the search over splits against splits drawn at random."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qgd_compiler.algorithms.access import Qroam, Qrom
from qgd_compiler.algorithms.adiabatic.solvers import ANY_SYSTEM
from qgd_compiler.algorithms.amplification import amplifications
from qgd_compiler.algorithms.arrays import lines
from qgd_compiler.algorithms.arrays.amplifying import repeated, ways_of
from qgd_compiler.algorithms.arrays.choosing import ManyLine, Tables, pricer_of_line
from qgd_compiler.algorithms.arrays.declared import DeclaredRuns
from qgd_compiler.algorithms.arrays.leaves import NAMES, Matrices
from qgd_compiler.algorithms.arrays.menu import Group, groups_of, quick, search
from qgd_compiler.algorithms.arrays.search import NEARER, Searcher
from qgd_compiler.algorithms.linear_solvers import LINEAR_SOLVERS
from qgd_compiler.algorithms.plan import Shares
from qgd_compiler.algorithms.planner import OBJECTIVES, Planner
from qgd_compiler.algorithms.routes.polynomial import PolynomialRoute
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.spec.loader import validate
from qgd_compiler.study import study
from tests.algorithms.small_problems import planner, problem

ACCESSES = (Qrom(), Qroam())
DECLARED: dict[str, Any] = {
    "qgd": 1,
    "name": "declared",
    "model": {"parameters": 3000},
    "dynamics": {"learning_rate": 0.1, "iterations": 37},
    "hessian": {
        "kind": "sparse",
        "n": 3000,
        "row_sparsity": 7,
        "max_entry": 0.5,
        "lambda_min": -0.01,
        "lambda_max": 2.0,
    },
    "gradient": {"norm": 1.0},
    "solution": {"final_over_max": 0.8},
    "target": {"epsilon": 0.03},
}


def groups(found: Planner, objective: str = "t_count") -> list[Group]:
    """Of linear solvers; those of polynomials: `test_polynomial_arrays.py`."""
    lines = [
        line.candidate
        for route in found.routes.values()
        if not isinstance(route, PolynomialRoute)
        for line in route.lines(ACCESSES)
        if not line.reason and not line.beside and quick(route, line.candidate.solver)
    ]
    return groups_of(found.routes, lines, found.exchange, found.folder, OBJECTIVES[objective], None)


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "measured"])
@pytest.mark.parametrize("bound", [False, True], ids=["splits", "bounds"])
def test_an_array_of_plans_has_the_counts_of_each_plan_alone(
    tmp_path: Path, declared: bool, bound: bool
) -> None:
    found = planner(study(validate(DECLARED)).problem() if declared else problem(tmp_path))
    random = np.random.default_rng(7)
    compared = 0
    for group in groups(found):
        count = 25
        line = random.integers(0, len(group.candidates), count)
        padding = np.floor(80 * random.random(count) * (random.random(count) < 0.8))
        weights = np.exp(random.uniform(-5, 0, (4, count)))
        shares = np.ones((4, count)) if bound else weights / weights.sum(axis=0)
        prices = group.searcher.pricer.prices(line, padding, Shares(*shares), bound=bound)
        for i in range(count):
            candidate = group.candidates[line[i]]
            plan = found.plan(candidate, int(padding[i]), Shares(*(float(s) for s in shares[:, i])))
            way = np.lexsort((prices.qubits[i], prices.t_count[i]))[0]
            for name in ("t_count", "toffoli_count", "qubits", "depth", "t_per_circuit"):
                here = getattr(prices, name)[i, way]
                assert here == pytest.approx(getattr(plan, name), rel=1e-12), (candidate, name)
            compared += 1
    assert compared >= 50


def test_a_tight_split_has_the_same_words_and_leaves_the_solver_more(tmp_path: Path) -> None:
    found = planner(problem(tmp_path))
    for group in groups(found):
        line = np.arange(len(group.candidates))
        padding = np.full(len(line), 5.0)
        quarter = np.full(len(line), 0.25)
        loose = group.searcher.pricer.prices(line, padding, Shares(quarter, quarter, quarter, quarter))
        tight = group.searcher.pricer.prices(
            line, padding, Shares(quarter, quarter, quarter, quarter), tight=True
        )
        total = sum(np.asarray(getattr(tight.shares, n)) for n in ("solver", "encoding", "right_hand_side"))
        assert np.allclose(total + tight.shares.synthesis, 1.0)
        assert np.all(tight.shares.solver > 0.25)
        assert np.all(tight.t_count.min(axis=-1) <= loose.t_count.min(axis=-1))
        for i in line:
            weights = (tight.shares.solver, tight.shares.encoding, tight.shares.right_hand_side)
            split = Shares(*(float(w[i]) for w in weights), 0.25)
            plan = found.plan(group.candidates[i], 5, split)
            assert plan.t_count == pytest.approx(tight.t_count[i].min(), rel=1e-9)


@pytest.mark.parametrize("objective", ["t_count", "qubits_times_t"])
def test_no_split_drawn_at_random_is_better_than_what_the_search_finds_by_three_percent(
    tmp_path: Path, objective: str
) -> None:
    random = np.random.default_rng(11)
    for steps, epsilon in ((1, 0.07), (5, 0.05), (17, 0.011), (26, 0.0035)):
        changes = {"dynamics__iterations": steps, "target__epsilon": epsilon}
        found = planner(problem(tmp_path, **changes), objective)
        made = groups(found, objective)
        searched = search(made)
        best, floor = searched.spots[0].value, searched.floor()
        assert floor <= best
        for group in made:
            count = 4000
            line = random.integers(0, len(group.candidates), count)
            rows = group.paddings.rows[0]
            padding = rows[random.integers(0, len(rows), count)]
            weights = np.exp(random.uniform(-7, 0, (4, count)))
            prices = group.searcher.pricer.prices(line, padding, Shares(*(weights / weights.sum(axis=0))))
            values = np.asarray(group.searcher.value(prices)).min(axis=-1)
            assert values.min() >= 0.97 * best
            assert values.min() >= floor


@pytest.mark.parametrize(
    ("objective", "within"), [("qubits_times_t", 1.1), ("qubits", 1.12), ("t_count", 1.03)]
)
def test_no_split_drawn_at_random_is_much_better_where_qubits_count(objective: str, within: float) -> None:
    """Every line for itself. From one start alone lines ended up to 70 % above."""
    random = np.random.default_rng(4)
    compared = 0
    for steps, epsilon, size in ((400, 1e-3, 3000), (30, 0.02, 10**6), (5000, 1e-4, 10**5)):
        sizes = {
            "model": {"parameters": size},
            "hessian": {**DECLARED["hessian"], "n": size, "lambda_min": 0.3},
        }
        run = {"dynamics": {"learning_rate": 0.1, "iterations": steps}, "target": {"epsilon": epsilon}}
        found = planner(study(validate({**DECLARED, **sizes, **run})).problem(), objective)
        for group in groups(found, objective):
            line, searcher = np.arange(len(group.candidates)), group.searcher
            place = searcher.best(line, group.paddings, searcher.start(line, group.paddings))
            for i in line[np.isfinite(place.value)]:
                count = 800
                rows = group.paddings.rows[i][random.integers(0, group.paddings.rows.shape[1], count)]
                weights = np.exp(random.uniform(-8, 0, (4, count)))
                splits = Shares(*(weights / weights.sum(axis=0)))
                prices = searcher.pricer.prices(np.full(count, i), rows, splits)
                assert place.value[i] <= within * np.asarray(searcher.value(prices)).min()
                compared += 1
    assert compared > 50


def test_the_ways_to_amplify_are_those_of_single_plans() -> None:
    random = np.random.default_rng(2)
    low = np.concatenate([10.0 ** random.uniform(-8, 0, 60), [1.0, 0.25, 0.75]])
    high = np.minimum(low * random.uniform(1, 1.3, len(low)), 1.0)
    for most in (None, high):
        plain, fixed, circuits = ways_of(low[:, None], np.nan if most is None else most[:, None])
        for i, p in enumerate(low):
            single = amplifications(p, most=None if most is None else most[i], reusable=True)
            for j, way in enumerate(single):
                assert circuits[i, j] == pytest.approx(way.circuits, rel=1e-12)
                assert (plain if way.leak is None else fixed)[i, j] == way.rounds
            assert not np.isfinite(circuits[i, len(single) :]).any()
    (once,) = amplifications(0.2, most=None, reusable=False)
    assert repeated(np.array([0.2])).circuits == once.circuits


def test_a_probability_that_is_not_positive_has_no_way_and_no_plan() -> None:
    low = np.array([0.0, -1.0, np.nan, 0.5])
    assert np.isfinite(repeated(low).circuits).tolist() == [False, False, False, True]
    _, _, circuits = ways_of(low[:, None], np.nan)
    assert np.isfinite(circuits).any(axis=-1).tolist() == [False, False, False, True]
    with pytest.raises(InfeasibleError):
        amplifications(0.0, most=None, reusable=False)


def test_the_bound_of_all_paddings_is_below_that_of_each_and_below_every_plan() -> None:
    random = np.random.default_rng(5)
    count = 40
    steps, rate = np.round(10 ** random.uniform(0, 6, count)), 10 ** random.uniform(-3, 0, count)
    low, high = random.uniform(-0.001, 0.05, count) / steps, random.uniform(0.1, 1.9, count)
    runs = DeclaredRuns(
        matrix=np.arange(count),
        growth=np.maximum(np.abs(1 - rate * low), np.abs(1 - rate * high)),
        rate=rate,
        steps=steps,
        epsilon=10 ** random.uniform(-4, -1, count),
        kept=random.uniform(0.01, 1, count) / steps,
        nonzeros=np.full(count, 1e12),
        low=low,
        high=high,
        off=np.full(count, np.nan),
    )
    rows = np.round(10 ** random.uniform(1, 8, count))
    one_norm = 8 * high / 8
    matrices = Matrices(rows, np.full(count, 8.0), high / 8, one_norm, one_norm, high * np.sqrt(rows / 8))
    at = np.arange(count)
    for solver in (*LINEAR_SOLVERS[1:], *ANY_SYSTEM[1:]):
        for name in NAMES[:2]:
            line = ManyLine("history", solver, name, Qroam(), False, np.ones(count, dtype=bool))
            tables = Tables(runs)
            for coarse in (False, True):
                searcher, easiest = (
                    Searcher(
                        pricer_of_line(r, matrices, line, Exchange(), coarse=coarse), OBJECTIVES["t_count"]
                    )
                    for r in (runs, tables.easiest)
                )
                table = tables.whole(line)
                loose = easiest.bounds(at, table.first)[:, 0]
                each = searcher.bounds(at, table)
                assert np.all(loose <= each.min(axis=1))
                place = searcher.best(at, table, searcher.start(at, table))
                assert np.all(loose <= place.value)
                assert np.all(each.min(axis=1) * NEARER <= place.value)


@pytest.mark.parametrize("seed", range(5))
def test_keys_of_errors_are_those_of_each_error_by_itself(seed: int) -> None:
    rng = np.random.default_rng(seed)
    line = rng.integers(0, 3, (200, 1))
    epsilon = 10.0 ** rng.uniform(-9, 0, (200, 4))
    epsilon[rng.random(epsilon.shape) < 0.1] = rng.choice([np.nan, 0.0, -1.0])
    asked: list[float] = []

    def one(number: int, error: float) -> tuple[object, ...]:
        asked.append(error)
        bits = int(np.ceil(-np.log2(error)))
        return () if bits > 25 or bits < 3 else (number, bits)  # nothing at either end

    keys, index = lines._grouped(line, epsilon, one)
    few = len(asked)
    for i, j in np.ndindex(*epsilon.shape):
        expected = one(int(line[i, 0]), float(epsilon[i, j])) if epsilon[i, j] > 0 else ()
        assert keys[index[i, j]] == expected
    assert few < 0.8 * np.isfinite(epsilon).sum()
