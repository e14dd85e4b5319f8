"""Physical estimates for 100,000 points in one call, beside Microsoft's estimator one point after the other.

Prints points per second of both, their ratio, and at how many of the points both give the same physical qubits
and runtime. Microsoft's estimator comes with the extra [azure]; without it our estimates one by one stand
beside those of the call.

    python benchmarks/physical.py [POINTS]
"""

from __future__ import annotations

import sys
import time
from dataclasses import fields

import numpy as np

from qgd_compiler.errors import QgdError
from qgd_compiler.physical.beverland import estimate, sweep
from qgd_compiler.physical.budget import Budget, even_split
from qgd_compiler.physical.logical_counts import LogicalCounts
from qgd_compiler.physical.machines import machine, preset
from qgd_compiler.physical.second_opinion import ask_in_process, is_installed

ONE_BY_ONE = 300  # points that are worked out singly


def points(count: int) -> tuple[LogicalCounts, np.ndarray]:
    """Counts and error budgets, log-uniform; all below where 64-bit integers wrap."""
    rng = np.random.default_rng(11)

    def spread(low: float, high: float) -> np.ndarray:
        return np.rint(10 ** rng.uniform(low, high, count))

    rotations = spread(0, 6) * rng.integers(0, 2, count)
    counts = LogicalCounts(
        qubits=spread(1, 4),
        t=spread(3, 12),
        rotations=rotations,
        rotation_depth=np.rint(rotations * rng.uniform(0, 1, count)),
        ccz=spread(2, 11),
        ccix=np.zeros(count),
        measurements=spread(2, 11),
    )
    return counts, 10 ** rng.uniform(-4, -1, count)


def single(counts: LogicalCounts, budget: Budget, i: int) -> tuple[LogicalCounts, Budget]:
    """Point `i` in exact integers."""
    names = [f.name for f in fields(counts) if f.name != "state_depth"]
    whole = LogicalCounts(**{name: int(getattr(counts, name)[i]) for name in names})
    return whole, Budget(float(budget.logical[i]), float(budget.magic[i]), float(budget.rotations[i]))


def main(count: int) -> None:
    """Time both and print."""
    counts, total = points(count)
    budget = even_split(total, counts)
    for name in ("superconducting_1e-3", "ions_1e-4", "majorana_1e-4"):
        target = machine(preset(name))
        before = time.perf_counter()
        sweep(counts, target, budget)
        first = time.perf_counter() - before
        before = time.perf_counter()
        together = sweep(counts, target, budget)
        again = time.perf_counter() - before
        print(f"{name}: {count} points in one call: {count / again:,.0f} points/s")
        print(f"  with the catalogue of factories still to be written: {count / first:,.0f} points/s")
        few = [(i, *single(counts, budget, i)) for i in range(min(ONE_BY_ONE, count))]
        before = time.perf_counter()
        same = 0
        for i, one, shares in few:
            try:
                alone = estimate(one, target, shares)
                same += alone.qubits == together.qubits[i] and alone.runtime_ns == together.runtime_ns[i]
            except QgdError:
                same += bool(np.isnan(together.qubits[i]))
        ours = len(few) / (time.perf_counter() - before)
        print(
            f"  one by one: {ours:,.0f} points/s; ratio {count / again / ours:,.0f}; the same in {same} of {len(few)}"
        )
        if not is_installed():
            print("  Microsoft's estimator is not installed (extra [azure])")
            continue
        before = time.perf_counter()
        theirs = [ask_in_process(one, target, shares) for _, one, shares in few]
        speed = len(few) / (time.perf_counter() - before)
        same = sum(
            their.qubits == together.qubits[i] and their.runtime_ns == together.runtime_ns[i]
            for (i, *_), their in zip(few, theirs, strict=True)
        )
        print(
            f"  Microsoft's estimator: {speed:,.0f} points/s; ratio {count / again / speed:,.0f}; "
            f"the same qubits and runtime in {same} of {len(few)}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
