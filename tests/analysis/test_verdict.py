"""Classes of nonlinear, scheduled and momentum runs: against gradient descent and against measured networks."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgd_compiler.analysis.learning_rates import cosine, stepwise
from qgd_compiler.analysis.majorant import contraction_ratio
from qgd_compiler.analysis.recursion import (
    Recursion,
    newton_kantorovich,
    search_orders,
    smallest_contracting_damping,
)
from qgd_compiler.analysis.regime import Regime, RegimeName
from qgd_compiler.analysis.verdict import judge


def judged(recursion: Recursion, budget: float = 1e-2, policy: Any = "window") -> Regime:
    """The class at a relative truncation budget."""
    return judge(recursion, search_orders(recursion, budget), policy)


def recursion(low: float, high: float, rate: float = 0.1, steps: int = 50, **more: Any) -> Recursion:
    """One rate."""
    return Recursion(low, high, np.full(steps, rate), **more)


@given(st.floats(0.01, 5), st.floats(0.01, 5), st.floats(0.05, 4), st.floats(0.01, 0.2))
def test_r_below_one_is_the_newton_kantorovich_condition(
    gradient: float, third: float, curvature: float, rate: float
) -> None:
    number = newton_kantorovich(gradient, third, curvature)
    if abs(number - 1) < 1e-6:
        return
    # the recursion u ← u − η(g + Hu + ½ T u⊗u) with the smallest eigenvalue alone
    norms = [rate * gradient, 1 - rate * curvature, rate * third / 2]
    assert (float(contraction_ratio(norms, 0.0)) < 1) == (number < 1)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([0.02, 0.1, 0.4]), st.sampled_from([0.05, 0.5, 2.0]))
def test_a_run_with_r_below_one_stays_where_the_majorant_says(seed: int, push: float, third: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.uniform(0.3, 2.0, 3)
    tensor = rng.standard_normal((3, 3, 3))
    tensor = (tensor + tensor.transpose(0, 2, 1)) / 2
    flat = tensor.reshape(3, 9)
    flat = flat * (third / np.linalg.norm(flat, 2))
    gradient = rng.standard_normal(3)
    gradient *= push / np.linalg.norm(gradient)
    run = recursion(
        values.min(), values.max(), 0.2, 400, gradient=push, higher=(float(np.linalg.norm(flat, 2)),)
    )
    found = judged(run)
    u = np.zeros(3)
    for _ in range(400):
        u = u - 0.2 * (gradient + values * u + flat @ np.kron(u, u))
        if not np.abs(u).max() < 1e6:
            break
    if found.name is RegimeName.SMALL:
        assert np.linalg.norm(u) <= run.size_bounds[-1] * (1 + 1e-9)
        assert np.linalg.norm(gradient + values * u + flat @ np.kron(u, u)) < 1e-6  # it has converged
    else:
        assert found.name is RegimeName.LARGE
        assert found.ratio is not None and found.ratio >= 1


def networks(estimates: Path) -> list[dict[str, Any]]:
    """The digits network at its steps with measured F₂."""
    series = json.loads((estimates / "data" / "digits-training.json").read_text())["steps"]
    return [entry for entry in series.values() if "f2_norm" in entry]


def test_networks_just_after_pruning_are_not_dissipative(estimates: Path) -> None:
    found = networks(estimates)
    assert found
    for entry in found:
        run = recursion(
            entry["lambda_min"],
            entry["lambda_max"],
            0.01,
            100,
            gradient=entry["gradient_norm"],
            higher=(entry["f2_norm"], entry["f3_norm"]),
        )
        verdict = judged(run)
        assert verdict.name is RegimeName.WINDOW
        assert verdict.growth > 1 and verdict.window is not None and 5 < verdict.window < 100
        damped = smallest_contracting_damping(run)
        assert damped is not None and damped > -entry["lambda_min"]
        assert damped == verdict.damping


def test_windows_are_as_short_as_measured_on_networks(estimates: Path) -> None:
    # about 3 steps at η/(1 − momentum) = 0.1 just after pruning
    for entry in networks(estimates):
        run = recursion(
            entry["lambda_min"], entry["lambda_max"], 0.1, 100,
            gradient=entry["gradient_norm"], higher=(entry["f2_norm"], entry["f3_norm"]),
        )  # fmt: skip
        assert 3 <= search_orders(run, 1e-2).window <= 12


@pytest.mark.parametrize("cut", [1, 2])
def test_a_window_is_certified_and_the_next_step_is_not(cut: int) -> None:
    run = recursion(-0.2, 2.0, 0.1, 60, gradient=0.3, higher=(1.0, 0.5)[:cut])
    found = search_orders(run, 1e-2)
    assert 0 < found.window < 60 and found.smallest is None
    inside = Recursion(-0.2, 2.0, np.full(found.window, 0.1), gradient=0.3, higher=run.higher)
    beyond = Recursion(-0.2, 2.0, np.full(found.window + 1, 0.1), gradient=0.3, higher=run.higher)
    assert search_orders(inside, 1e-2).smallest is not None
    assert search_orders(beyond, 1e-2).smallest is None


def test_what_would_change_a_nonlinear_verdict_changes_it() -> None:
    run = recursion(-0.2, 2.0, 0.1, 60, gradient=0.3, higher=(1.0,))
    ways = {w.change: w.value for w in judged(run).ways_out}
    damping, rate, steps = (
        ways[n] for n in ("damping at least", "learning_rate at most", "iterations at most")
    )
    assert damping is not None and rate is not None and steps is not None
    for change, expected in ((1 + 1e-6, True), (1 - 1e-6, False)):
        moved = recursion(
            -0.2 + damping * change, 2.0 + damping * change, 0.1, 60, gradient=0.3, higher=(1.0,)
        )
        assert (judged(moved).name is RegimeName.SMALL) == expected
    assert search_orders(
        recursion(-0.2, 2.0, rate, 60, gradient=0.3, higher=(1.0,)), 1e-2, highest=6
    ).smallest
    slower = recursion(-0.2, 2.0, rate * 1.01, 60, gradient=0.3, higher=(1.0,))
    assert search_orders(slower, 1e-2, highest=6).smallest is None
    assert search_orders(recursion(-0.2, 2.0, 0.1, int(steps), gradient=0.3, higher=(1.0,)), 1e-2).smallest


def test_policies_name_the_class() -> None:
    run = recursion(-0.2, 2.0, 0.1, 60, gradient=0.3, higher=(1.0,))
    assert judged(run, policy="window").name is RegimeName.WINDOW
    assert judged(run, policy="damp").name is RegimeName.DAMPED
    assert judged(run, policy="error").name is RegimeName.INFEASIBLE
    hot = recursion(-0.2, 19.9, 0.1, 60, gradient=5.0, higher=(100.0,))
    assert judged(hot, policy="damp").name is RegimeName.INFEASIBLE


def test_the_growth_of_a_schedule_is_the_product_of_its_steps() -> None:
    for rates in (cosine(0.3, 40), stepwise(0.3, 40, 10, 0.5)):
        found = judged(Recursion(-0.1, 2.0, rates))
        direct = math.prod(max(abs(1 + 0.1 * r), abs(1 - 2.0 * r)) for r in rates)
        assert found.growth_over_run == pytest.approx(direct, rel=1e-12)
        assert found.name is RegimeName.WINDOW


def test_windows_of_a_schedule_hold_less_than_e_and_cover_the_run() -> None:
    rates = stepwise(1.0, 30, 10, 0.3)
    found = judged(Recursion(-0.4, 1.0, rates))
    logs, start, count = np.log(np.maximum(1 + 0.4 * rates, np.abs(1 - rates))), 0, 0
    while start < 30:
        end = start + 1
        while end < 30 and logs[start : end + 1].sum() <= 1:
            end += 1
        start, count = end, count + 1
    assert found.segments == count


def test_momentum_that_grows_before_it_decays_is_dissipative_with_a_transient() -> None:
    found = judged(Recursion(0.1, 1.0, np.full(100, 0.1), momentum=0.9))
    assert found.name is RegimeName.DISSIPATIVE
    assert found.transient is not None and found.transient > 4
    assert found.growth_over_run < 0.1
    unstable = judged(Recursion(-0.1, 1.0, np.full(100, 0.1), momentum=0.9))
    assert unstable.name is RegimeName.WINDOW and unstable.growth > 1


def test_noise_widens_the_certificate() -> None:
    quiet = recursion(0.5, 2.0, 0.1, 50, gradient=0.1, higher=(0.2,))
    loud = recursion(0.5, 2.0, 0.1, 50, gradient=0.1, noise=0.1, higher=(0.2,))
    assert loud.step_norms[0, 0] == pytest.approx(2 * quiet.step_norms[0, 0])
    assert search_orders(loud, 1e-9).errors[1] > search_orders(quiet, 1e-9).errors[1]


def test_a_remainder_bounds_what_the_expansion_leaves_out() -> None:
    # the true gradient is λu + a u² + r u³; the model keeps the first two
    a, r, rate = 0.3, 0.2, 0.2
    run = recursion(1.0, 1.0, rate, 30, start=0.5, higher=(a,), remainder=r)
    true = model = 0.5
    for _ in range(30):
        true = true - rate * (true + a * true**2 + r * true**3)
        model = model - rate * (model + a * model**2)
    found = run.remainder_error()
    assert found is not None and abs(true - model) <= found
    assert recursion(1.0, 1.0).remainder_error() is None
