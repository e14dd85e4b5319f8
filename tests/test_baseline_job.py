"""Classical baselines of a report, worked out by hand: bytes, FLOP, seconds, products that suffice, crossings."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.polynomial import Chebyshev

import qgd_compiler
from tests.jobs import GRADIENT, HESSIAN, RATE, few

STEPS = 40
MACHINE = {"name": "slow", "bandwidth": 1e9, "flops": 1e8, "watts": 50}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("few")


@pytest.fixture(scope="module")
def report(folder: Path) -> qgd_compiler.Report:
    return qgd_compiler.compile(
        few(
            folder,
            dynamics__iterations=STEPS,
            solvers=["kernel_reflection"],
            baseline={"machines": [MACHINE, "one_core"], "precision": "float64", "t_rate": 2.5e5},
        )
    )


def baselines(report: qgd_compiler.Report) -> Any:
    assert report.baselines is not None
    return report.baselines


def test_plain_gradient_descent_moves_what_a_hand_counts(report: qgd_compiler.Report) -> None:
    (plain,) = (r for r in baselines(report).runs if r.machine == "slow" and r.run.startswith("plain"))
    stored = np.count_nonzero(HESSIAN)
    # per step: 2 operations an entry and 3 a row; entries of 8 bytes with places of 4, x, y, u, g and the new u
    assert plain.steps == STEPS
    assert plain.flop == STEPS * (2 * stored + 3 * 3)
    assert plain.bytes == STEPS * (stored * (8 + 4) + 5 * 3 * 8)
    seconds = max(plain.bytes / 1e9, plain.flop / 1e8)
    assert plain.seconds == pytest.approx(seconds)
    assert plain.joules == pytest.approx(50 * seconds)
    assert plain.bound_by == "arithmetic"
    core = [r for r in baselines(report).runs if r.machine == "one core"]
    assert core and all(r.joules is None for r in core)
    found = [r.seconds for r in baselines(report).runs]
    assert found == sorted(found)


def test_the_products_of_the_accelerated_run_suffice(report: qgd_compiler.Report) -> None:
    """A Chebyshev series of that degree, applied to the gradient, is within the error of the run itself."""
    (fast,) = (r for r in baselines(report).runs if r.machine == "slow" and r.run.startswith("accelerated"))
    values, vectors = np.linalg.eigh(HESSIAN)

    def response(x: np.ndarray) -> np.ndarray:
        total, power = np.zeros_like(x), np.ones_like(x)
        for _ in range(STEPS):
            total, power = total + power, power * (1 - RATE * x)
        return RATE * total

    series = Chebyshev.interpolate(response, 200, domain=[values[0], values[-1]])
    exact = vectors @ (response(values) * (vectors.T @ -GRADIENT))

    def off(degree: int) -> float:
        cut = Chebyshev(series.coef[: degree + 1], domain=series.domain)
        return float(np.linalg.norm(vectors @ (cut(values) * (vectors.T @ -GRADIENT)) - exact))

    allowed = 0.05 * float(np.linalg.norm(exact))
    assert off(fast.steps) <= allowed
    assert fast.steps < STEPS / 2
    # and not many more than the worst spectrum with these ends needs
    grid = np.linspace(values[0], values[-1], 2001)
    worst = next(
        d
        for d in range(200)
        if np.abs(Chebyshev(series.coef[: d + 1], domain=series.domain)(grid) - response(grid)).max()
        <= allowed / np.linalg.norm(GRADIENT)
    )
    assert worst <= fast.steps <= 3 * worst + 3


def test_the_quantum_side_is_as_slow_as_its_clock_says(report: qgd_compiler.Report) -> None:
    found = baselines(report)
    assert found.quantum_seconds == pytest.approx(report.total.t_count / 2.5e5)
    assert found.ratio == pytest.approx(found.quantum_seconds / found.runs[0].seconds)
    assert found.break_even_rate == pytest.approx(report.total.t_count / found.runs[0].seconds)
    assert found.verdict[0] in report.verdict and "slower" in found.verdict[0]
    assert not any("would take many runs more" in line for line in report.verdict)


def test_factors_say_what_an_ideal_component_would_gain(report: qgd_compiler.Report) -> None:
    found = {f.name: f for f in baselines(report).factors}
    assert report.linear_system is not None
    assert found["condition number"].gain == pytest.approx(report.linear_system.kappa)
    loading = report.logical.data_loading_share
    assert found["data loading"].gain == pytest.approx(1 / (1 - loading))
    assert "read-out" not in found and "segments" not in found
    gains = [f.gain for f in baselines(report).factors]
    assert gains == sorted(gains, reverse=True)
    enough = baselines(report).enough
    product = math.prod(gains[: len(enough)] if enough is not None else gains)
    assert (enough is not None) == (product >= baselines(report).ratio)


def test_crossings_are_looked_for_in_rows_steps_and_sparsity(report: qgd_compiler.Report) -> None:
    found = {c.variable: c for c in baselines(report).crossovers}
    assert set(found) == {"n", "T", "s"}
    for name, low in (("n", 3), ("T", STEPS)):
        one = found[name]
        assert one.low == low and one.ratio_low == pytest.approx(baselines(report).ratio)
        assert one.bracket is not None or one.words.startswith("none up to")
    assert any("Held fixed" in line for line in baselines(report).fixed)


def test_a_clock_that_is_fast_enough_wins_and_is_said_to(folder: Path) -> None:
    report = qgd_compiler.compile(few(folder, baseline={"machines": [MACHINE], "t_rate": 1e15}))
    found = baselines(report)
    assert found.ratio is not None and found.ratio < 1
    assert "faster" in found.verdict[0] and found.verdict[0] in report.verdict
    assert found.crossovers[0].words.startswith("already at n = 3")


def test_a_clock_that_just_loses_wins_at_more_rows(folder: Path) -> None:
    """The classical time grows with the rows, the price of a lookup with their root: half as slow is made up."""
    slow = {"name": "slow", "bandwidth": 1e3, "flops": 1e3}
    loses = baselines(qgd_compiler.compile(few(folder, baseline={"machines": [slow], "t_rate": 1e3})))
    rate = 1e3 * loses.ratio / 1.5
    found = baselines(qgd_compiler.compile(few(folder, baseline={"machines": [slow], "t_rate": rate})))
    assert found.ratio == pytest.approx(1.5)
    rows = next(c for c in found.crossovers if c.variable == "n")
    assert rows.bracket is not None
    low, high = rows.bracket
    assert 3 <= low < 10**9 and high == low + 1
    assert rows.words.startswith("between n = ")


def test_nonlinear_runs_have_a_plain_baseline_and_no_accelerated_one(tmp_path: Path) -> None:
    spec = few(
        tmp_path,
        dynamics__expansion={"order": 2},
        third_derivative={"entries": [[0, 0, 1, 0.02]]},
        solvers=["kernel_reflection"],
        dynamics__iterations=3,
    )
    found = baselines(qgd_compiler.compile(spec))
    assert {r.run for r in found.runs} == {"plain gradient descent"}
    assert "not quadratic" in found.absent[0]
    assert all("nonlinear" in c.words for c in found.crossovers)
