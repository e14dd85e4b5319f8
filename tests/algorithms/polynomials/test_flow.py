"""Gradient flow against gradient descent: the bound against a dense search in exact-enough arithmetic."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from qgd_compiler.algorithms.polynomials.flow import driven_distance_at_least, flow_distance


def searched(steps: int, low: float, high: float, driven: bool) -> float:
    u = np.concatenate(
        [np.linspace(low, high, 400_001), np.linspace(low, min(high, low + 20 / steps), 100_001)]
    )
    if driven:
        # the driven part as it is run: both integrated from the origin, one step at a time
        u = u[:: 1 if steps < 60 else 40]
        power, total = np.ones_like(u), np.zeros_like(u)
        for _ in range(steps):
            total += power
            power = power * (1 - u)
        nodes, weights = np.polynomial.legendre.leggauss(60)
        s = (nodes + 1) / 2
        flow = sum(w / 2 * np.exp(-steps * u * t) for t, w in zip(s, weights, strict=True))
        return float(np.max(np.abs(flow - total / steps)))
    return float(np.max(np.abs(np.exp(-steps * u) - (1 - u) ** steps)))


@pytest.mark.parametrize("driven", [False, True])
@pytest.mark.parametrize(
    ("steps", "low", "high"),
    [
        (1, 0.0, 1.0),
        (2, 0.0, 1.8),
        (5, -0.3, 1.5),
        (6, 0.9, 1.99),
        (9, 1.2, 2.0),
        (10, 1.0, 2.0),
        (40, 0.05, 0.2),
        (40, 0.1, 0.1),
        (3, 1.0, 1.0),
        (40, 0.0, 0.001),
        (40, -0.02, -0.01),
        (500, 0.0, 0.9),
        (500, 0.004, 0.5),
    ],
)
def test_the_bound_is_at_most_slightly_above_the_largest_distance(
    steps: int, low: float, high: float, driven: bool
) -> None:
    bound = flow_distance(steps, low, high, driven=driven)
    found = searched(steps, low, high, driven)
    assert found <= bound * (1 + 1e-9)
    assert bound <= 1.004 * found + 1e-14


def test_a_glance_at_a_few_values_is_below_the_bound_and_near_it() -> None:
    rng = np.random.default_rng(4)
    steps = np.round(np.exp(rng.uniform(0, 14, 300)))
    low = np.where(rng.random(300) < 0.4, 0.0, np.exp(rng.uniform(-14, 0.6, 300)))
    high = np.maximum(low, np.exp(rng.uniform(-14, 0.69, 300)))
    at_least = driven_distance_at_least(steps, low, high)
    bound = np.array(
        [flow_distance(int(t), a, b, driven=True) for t, a, b in zip(steps, low, high, strict=True)]
    )
    assert (at_least <= bound).all()
    whole = (low == 0) & (steps * high > 20) & (steps > 10)
    assert whole.sum() > 30
    assert (at_least[whole] > 0.95 * bound[whole]).all()


def test_long_runs_are_as_close_as_the_leading_term_says() -> None:
    steps = 10**9
    with mpmath.workdps(40):
        u = mpmath.mpf(2) / steps
        value = float(mpmath.exp(-steps * u) - (1 - u) ** steps)
    bound = flow_distance(steps, 0.0, 1.0)
    assert value <= bound <= 1.005 * value
