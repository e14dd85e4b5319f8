"""The certificates as theorems: random recursions never leave their bounds, and the bounds are not vacuous."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgd_compiler.analysis.first_order import first_order_coupling, first_order_errors
from qgd_compiler.analysis.lifted_inverse import closed_inverse_norm, lifted_inverse_norm
from qgd_compiler.analysis.majorant import (
    contraction_ratio,
    coupling,
    fixed_points,
    iterates,
    last_iterate_bound,
    majorant,
)
from qgd_compiler.analysis.truncation import (
    ClosedBounds,
    geometric_sum,
    level_errors,
    smallest_order,
    smallest_orders,
    truncation_error,
)
from tests.analysis.systems import System, powers, random_system

MOST_ROWS = 1200
RATIOS: dict[str, list[float]] = {}


@pytest.fixture(autouse=True)
def keep_how_tight(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hand the ratios of a test to the summary at the end of the run (`conftest.py`)."""
    RATIOS.clear()
    yield
    if RATIOS:
        request.node.user_properties.append(("ratios", {name: list(found) for name, found in RATIOS.items()}))


@st.composite
def systems(draw: st.DrawFn, symmetric: bool = False, most_steps: int = 60) -> tuple[System, int]:
    """A recursion and an order whose lift is small enough to write down."""
    size, degree = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    order = draw(st.integers(1, 5).filter(lambda n: size**n <= MOST_ROWS // 2))
    system = random_system(
        seed=draw(st.integers(0, 10**6)),
        size=size,
        degree=degree,
        contraction=draw(st.sampled_from([0.3, 0.8, 0.95, 1.0, 1.01, 1.05])),
        forced=draw(st.booleans()),
        steps=draw(st.sampled_from([1, 1, 3])),
        iterations=draw(st.integers(1, most_steps)),
        scale=draw(st.sampled_from([1e-3, 0.02, 0.1, 0.3])),
        symmetric=symmetric,
    )
    return system, order


def sizes_of(run: list[np.ndarray]) -> np.ndarray:
    """‖u_0‖ … ‖u_T‖, inf where a run has blown up."""
    return np.array([float(np.linalg.norm(u)) if float(np.abs(u).max()) < 1e100 else np.inf for u in run])


def note(name: str, bound: float, truth: float) -> None:
    """Keep the ratio where both are well above rounding."""
    if truth > 1e-9 and np.isfinite(bound):
        RATIOS.setdefault(name, []).append(bound / truth)


@settings(max_examples=150)
@given(systems())
def test_no_run_leaves_its_majorant(case: tuple[System, int]) -> None:
    system, _ = case
    sizes = sizes_of(system.run())
    bounds = iterates(system.norms(), sizes[0], system.iterations)
    for size, bound in zip(sizes, bounds, strict=True):
        assert not size > bound * (1 + 1e-9)


@settings(max_examples=200)
@given(systems())
def test_the_truncation_error_never_exceeds_its_certificate(case: tuple[System, int]) -> None:
    system, order = case
    norms, n = system.norms(), system.size
    run = system.run()
    lifted = system.lifted_run(order, [system.lift(t, order) for t in range(len(system.steps))])
    majorised = level_errors(norms, iterates(norms, float(np.linalg.norm(run[0])), system.iterations), order)
    measured = level_errors(norms, sizes_of(run), order)
    for t, (u, y) in enumerate(zip(run, lifted, strict=True)):
        if not np.all(np.isfinite(y)) or float(np.abs(u).max()) > 1e30:
            return
        at = 0
        for j in range(order + 1):
            error = float(np.linalg.norm(y[at : at + n**j] - powers(u, j)))
            rounding = 1e-12 * (1 + float(np.linalg.norm(y)))
            assert error <= majorised[t, j] + rounding
            assert error <= measured[t, j] + rounding
            at += n**j
    error = float(np.linalg.norm(lifted[-1][1 : 1 + n] - run[-1]))
    note("truncation, by the majorant", float(majorised[-1, 1]), error)
    note("truncation, by measured sizes", float(measured[-1, 1]), error)


@settings(max_examples=150)
@given(systems())
def test_measured_sizes_give_the_smaller_certificate(case: tuple[System, int]) -> None:
    system, order = case
    norms, sizes = system.norms(), sizes_of(system.run())
    if not np.all(np.isfinite(sizes)):
        return
    bounds = iterates(norms, sizes[0], system.iterations)
    assert truncation_error(norms, sizes, order) <= truncation_error(norms, bounds, order) * (1 + 1e-9)


@settings(max_examples=150)
@given(systems())
def test_the_closed_forms_are_above_the_exact_majorant(case: tuple[System, int]) -> None:
    system, order = case
    norms = system.norms()[0]
    start = float(np.linalg.norm(system.start))
    sizes = iterates(norms, start, system.iterations)
    assert last_iterate_bound(norms, start, system.iterations) >= sizes.max() * (1 - 1e-9)
    exact = truncation_error(norms, sizes, order)
    closed = float(ClosedBounds(norms, start, system.iterations).at(order))
    assert closed >= exact * (1 - 1e-9)
    if exact > 1e-12 and np.isfinite(closed):
        RATIOS.setdefault("truncation, closed over exact majorant", []).append(closed / exact)


def test_the_certificate_is_the_difference_of_majorant_and_cut_lift() -> None:
    norms, start, steps, order = [0.02, 0.9, 0.3, 0.1], 0.3, 12, 3
    sizes = iterates(norms, start, steps)
    cut = np.linalg.matrix_power(coupling(norms, order), steps) @ start ** np.arange(order + 1)
    expected = sizes[-1] ** np.arange(order + 1) - cut
    np.testing.assert_allclose(level_errors(norms, sizes, order)[-1], expected, rtol=1e-9, atol=1e-15)


@settings(max_examples=120)
@given(systems(most_steps=20), st.integers(0, 12), st.sampled_from([0.3, 1.0, 2.5]), st.booleans())
def test_the_inverse_of_the_history_never_exceeds_its_bound(
    case: tuple[System, int], padding: int, gamma: float, constant_level: bool
) -> None:
    system, order = case
    order = min(order, 3) if system.size < 3 else min(order, 2)
    n, first = system.size, 0 if constant_level else 1
    scale = np.concatenate([np.full(n**j, gamma**j) for j in range(order + 1)])
    cut = sum(n**j for j in range(first))
    lifts = [
        (system.lift(t, order) * scale[None, :] / scale[:, None])[cut:, cut:]
        for t in range(len(system.steps))
    ]
    width, rows = len(lifts[0]), system.iterations + 1 + padding
    whole = np.eye(rows * width)
    for t in range(rows - 1):
        block = lifts[t % len(lifts)] if t < system.iterations else np.eye(width)
        whole[(t + 1) * width : (t + 2) * width, t * width : (t + 1) * width] = -block
    if len(whole) > 1500:
        return
    truth = float(np.linalg.norm(np.linalg.inv(whole), 2))
    powers_of_gamma = gamma ** (np.arange(system.norms().shape[1]) - 1.0)
    couplings = [coupling(f * powers_of_gamma, order)[first:, first:] for f in system.norms()]
    bound = float(lifted_inverse_norm(couplings, system.iterations, padding))
    assert truth <= bound * (1 + 1e-9)
    assert truth <= float(closed_inverse_norm(np.max(couplings, axis=0), system.iterations, padding)) * (
        1 + 1e-9
    )
    note("inverse of the history", bound, truth)


@settings(max_examples=120)
@given(systems(symmetric=True))
def test_truncation_and_bias_of_the_first_order_lift_never_exceed_their_bounds(
    case: tuple[System, int],
) -> None:
    system, order = case
    n = system.size
    moves = np.array(
        [
            [np.linalg.norm(g - np.eye(n) if p == 1 else g, 2) for p, g in enumerate(step)]
            for step in system.steps
        ]
    )
    ends = [1 - np.linalg.eigvalsh(step[1])[[-1, 0]] for step in system.steps]
    eigenvalues = (float(min(e[0] for e in ends)), float(max(e[1] for e in ends)))
    run = system.run()
    lifts = [system.first_order_lift(t, order) for t in range(len(system.steps))]
    lifted, sizes = system.lifted_run(order, lifts), sizes_of(run)
    if not np.all(np.isfinite(sizes)) or max(sizes) > 1e10 or not np.all(np.isfinite(lifted[-1])):
        return
    for known in (None, eigenvalues):
        truncation, bias = first_order_errors(moves, sizes, order, known)
        at = 0
        for j in range(order + 1):
            error = float(np.linalg.norm(lifted[-1][at : at + n**j] - powers(run[-1], j)))
            rounding = 1e-12 * (1 + float(np.linalg.norm(lifted[-1])))
            assert error <= truncation[-1, j] + bias[-1, j] + rounding
            at += n**j
    error = float(np.linalg.norm(lifted[-1][1 : 1 + n] - run[-1]))
    note("truncation and bias of the first-order lift", float(truncation[-1, 1] + bias[-1, 1]), error)
    norms = [np.linalg.norm(b, 2) for b in _blocks(lifts[0], n, order)]
    bounds = first_order_coupling(moves[0], order, eigenvalues if len(system.steps) == 1 else None)
    assert np.all(np.array(norms) <= bounds.ravel() * (1 + 1e-9) + 1e-12)


def _blocks(lift: np.ndarray, n: int, order: int) -> list[np.ndarray]:
    edges = np.cumsum([0, *(n**j for j in range(order + 1))])
    return [
        lift[edges[j] : edges[j + 1], edges[k] : edges[k + 1]]
        for j in range(order + 1)
        for k in range(order + 1)
    ]


def test_on_dissipative_systems_the_certificate_is_not_vacuous() -> None:
    ratios = []
    for seed in range(60):
        system = random_system(seed, 2, 2, 0.8, False, 1, 10, 0.1, symmetric=True)
        norms = system.norms()
        assert contraction_ratio(norms[0], 0.5) < 1
        run, order = system.run(), 2
        lifted = system.lifted_run(order, [system.lift(0, order)])
        truth = float(np.linalg.norm(lifted[-1][1:3] - run[-1]))
        bound = truncation_error(norms, iterates(norms, 0.5, 10), order)
        if truth > 1e-12:
            ratios.append(bound / truth)
            assert bound < 0.5
    RATIOS["dissipative, order 2"] = ratios
    assert statistics.median(ratios) < 100


@given(st.integers(0, 10**6))
def test_halving_the_rate_halves_the_bias_over_the_same_time(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rates = rng.uniform(0.05, 0.2, 3) * [0.0, 1.0, 0.3]
    ends = (rates[1] / 2, rates[1])  # every direction contracts
    coarse = first_order_errors(rates, np.full(41, 0.2), 2, ends)[1][-1, 1]
    halved = (ends[0] / 2, ends[1] / 2)
    fine = first_order_errors(rates / 2, np.full(81, 0.2), 2, halved)[1][-1, 1]
    assert 0.4 * coarse < fine < 0.6 * coarse


COEFFICIENTS = st.one_of(st.just(0.0), st.floats(1e-6, 2))


@settings(max_examples=200)
@given(COEFFICIENTS, st.floats(0, 1.3), COEFFICIENTS, COEFFICIENTS)
def test_fixed_points_are_where_the_majorant_crosses_the_diagonal(
    f0: float, m: float, f2: float, f3: float
) -> None:
    norms = [f0, m, f2, f3]
    smaller, larger = (float(z) for z in fixed_points(norms))
    grid = np.linspace(0, 50, 20001)
    below = majorant(norms, grid) < grid * (1 - 1e-6) - 1e-6
    if not below.any():
        return
    first, last = grid[below][0], grid[below][-1]
    assert smaller <= first * (1 + 1e-9) + 1e-12
    assert larger >= last * (1 - 1e-9)
    for z in (smaller, larger):
        if np.isfinite(z):
            assert float(majorant(norms, z)) <= z * (1 + 1e-9) + 1e-12


def test_the_flow_bounds_the_run_only_where_its_speed_does_not_fall() -> None:
    # one step of z' = 1 − z/2 from 0 reaches 1, the flow only 0.79: the bound must not be the flow
    long_run = last_iterate_bound([1.0, 0.5], 0.0, 10_000)
    assert long_run >= 2 * (1 - 1e-9)
    assert float(last_iterate_bound([1.0, 0.5], 0.0, 1)) >= 1


@settings(max_examples=100)
@given(
    st.floats(1e-4, 0.1), st.floats(0.95, 1.05), st.floats(1e-4, 0.5), st.floats(0, 0.5), st.floats(0.01, 0.5),
    st.integers(40, 300),
)  # fmt: skip
def test_the_flow_is_above_long_runs(
    f0: float, m: float, f2: float, f3: float, start: float, iterations: int
) -> None:
    norms = [f0, m, f2, f3]
    exact = iterates(norms, start, iterations).max()
    bound = float(last_iterate_bound(norms, start, iterations))
    assert bound >= exact * (1 - 1e-9)
    if np.isfinite(bound) and exact < 0.3:
        assert bound < exact * 1.5 + 1e-9 or m < 1


def test_the_smallest_order_is_the_first_that_meets_the_budget() -> None:
    norms, sizes = [0.0, 0.9, 0.2], iterates([0.0, 0.9, 0.2], 0.3, 30)
    errors = {n: truncation_error(norms, sizes, n) for n in range(1, 8)}
    for wanted in (2, 3, 5):
        found = smallest_order(norms, sizes, errors[wanted] * 1.0000001)
        assert found is not None and found.order == wanted
    assert smallest_order([0.0, 1.5, 2.0], iterates([0.0, 1.5, 2.0], 1.0, 30), 1e-3) is None


def test_orders_of_many_points_are_those_of_one_point_each() -> None:
    rng = np.random.default_rng(5)
    norms = np.stack([np.zeros(40), rng.uniform(0.7, 0.99, 40), rng.uniform(0.01, 0.3, 40)], axis=1)
    start, steps = rng.uniform(0.05, 0.5, 40), rng.integers(1, 200, 40)
    budget = 0.01 * start
    orders, bounds = smallest_orders(norms, start, steps, budget)
    for i in range(40):
        sizes = iterates(norms[i], start[i], int(steps[i]))
        single = smallest_order(norms[i], sizes, float(budget[i]), 6)
        if orders[i]:
            assert bounds[i] <= budget[i]
            assert single is not None and single.order <= orders[i]
        else:
            assert bounds[i] > budget[i]
    assert np.mean(orders > 0) > 0.5


@given(st.integers(0, 10**6), st.integers(0, 40))
def test_a_geometric_sum_of_matrices_is_the_sum_of_its_powers(seed: int, steps: int) -> None:
    b = np.random.default_rng(seed).uniform(0, 0.5, (3, 3))
    expected = sum((np.linalg.matrix_power(b, t) for t in range(steps)), np.zeros((3, 3)))
    np.testing.assert_allclose(geometric_sum(b, np.array(steps)), expected, rtol=1e-10)
