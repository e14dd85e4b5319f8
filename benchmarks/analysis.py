"""Certificates and Carleman orders for 100,000 points in one call, beside one point after the other.

Prints points per second of both, and their ratio. The points: two to four terms, with and without a gradient,
growth per step 0.9 to 1.02, runs of 1 to 100,000 steps; a truncation of 1 % of the start.

    python benchmarks/analysis.py [POINTS]
"""

from __future__ import annotations

import sys
import time

import numpy as np

from qgd_compiler.analysis.majorant import iterates
from qgd_compiler.analysis.truncation import smallest_order, smallest_orders

ONE_BY_ONE = 30  # points that are worked out singly


def points(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Norms, starts and steps."""
    rng = np.random.default_rng(7)
    norms = np.stack(
        [
            rng.choice([0.0, 1e-3], count),
            rng.uniform(0.9, 1.02, count),
            10 ** rng.uniform(-3, 0, count),
            10 ** rng.uniform(-3, 0, count) * rng.integers(0, 2, count),
        ],
        axis=1,
    )
    return norms, 10 ** rng.uniform(-2, 0, count), np.rint(10 ** rng.uniform(0, 5, count)).astype(int)


def main(count: int) -> None:
    """Time both and print."""
    norms, start, steps = points(count)
    before = time.perf_counter()
    orders, _ = smallest_orders(norms, start, steps, 1e-2 * start)
    together = count / (time.perf_counter() - before)
    before, agree = time.perf_counter(), 0
    for i in range(ONE_BY_ONE):
        sizes = iterates(norms[i], float(start[i]), int(steps[i]))
        single = smallest_order(norms[i], sizes, 1e-2 * float(start[i]), 6)
        agree += (0 if single is None else single.order) == orders[i]
    alone = ONE_BY_ONE / (time.perf_counter() - before)
    print(f"{count} points in one call: {together:,.0f} points/s")
    print(f"one after the other, exact majorant: {alone:,.1f} points/s")
    print(f"ratio {together / alone:,.0f}; same order in {agree} of {ONE_BY_ONE}")
    found = ", ".join(f"{n}: {int(np.sum(orders == n)):,}" for n in range(7))
    print(f"points by order (0: none up to 6): {found}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
