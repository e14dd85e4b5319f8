"""How the cost grows with T and n: exponents of each family of solvers on band matrices by arithmetic.

    python benchmarks/scaling.py            # the tables of docs/scaling.md

H is the Toeplitz matrix with 1/2 (+ μ) on the diagonal and −1/4 beside it, η = 1: eigenvalues from μ to 1 + μ, so
that one step is [1/4, 1/2 − μ, 1/4], with α = 1 − μ exactly. μ = 0 is almost dissipative, μ = 0.01 fully. The
gradient keeps at least half of what is possible, and is prepared from 8 entries. Every family stands at a uniform
split of the error, at its cheapest encoding and padding; T gates are expected over all circuits until one succeeds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from qgd_compiler.algorithms.access import Qroam
from qgd_compiler.algorithms.plan import Plan, Shares
from qgd_compiler.algorithms.planner import Planner
from qgd_compiler.algorithms.routes.menu import routes_of
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.spec.loader import validate
from qgd_compiler.study import study

STEPS = (100, 1_000, 10_000, 100_000)
SIZES = (2**10, 2**15, 2**20, 2**25, 2**30)
FAMILIES = ("kernel_reflection", "discrete_adiabatic", "power", "bounded", "stationary")


def spec(parameters: int, steps: int, shift: float) -> dict[str, Any]:
    """A quadratic run with declared facts."""
    return {
        "qgd": 1,
        "name": "band",
        "model": {"parameters": parameters},
        "dynamics": {"learning_rate": 0.98, "iterations": steps},
        "hessian": {
            "kind": "banded",
            "n": parameters,
            "offsets": [-1, 0, 1],
            "values": [-0.25, 0.5 + shift, -0.25],
        },
        "spectrum": {"lambda_min": shift, "lambda_max": 1 + shift},
        "gradient": {"norm": 1, "sparsity": 8},
        "solution": {"final_over_max": 1, "final_over_reach": 0.5},
        "target": {"epsilon": 0.01},
    }


def cheapest(parameters: int, steps: int, shift: float, family: str) -> Plan | None:
    """The cheapest line of a family at a uniform split; None where none serves."""
    problem = study(validate(spec(parameters, steps, shift))).problem()
    exchange, folder = Exchange(), Folder(price_of)
    planner = Planner(routes_of(problem, exchange, folder, (family,)), exchange, folder)
    best: Plan | None = None
    for route in planner.routes.values():
        for line in route.lines([Qroam()]):
            if line.reason or line.beside:
                continue
            for knob in route.knobs(line.candidate):
                try:
                    plan = planner.plan(line.candidate, knob, Shares.uniform())
                except InfeasibleError:
                    continue
                if best is None or plan.t_count < best.t_count:
                    best = plan
    return best


def table(title: str, plans: dict[str, Sequence[Plan | None]], xs: Sequence[int], name: str) -> None:
    """Totals, and the exponent between the last two that there are."""
    print(f"\n{title}\n")
    print(f"| solver | {' | '.join(f'{name} = {x:,}' for x in xs)} | exponent |")
    print("|---|" + "---:|" * (len(xs) + 1))
    for family, found in plans.items():
        known = [(x, p.t_count) for x, p in zip(xs, found, strict=True) if p is not None]
        if not known:
            print(f"| {family} | {' | '.join('–' for _ in xs)} | |")
            continue
        label = next(p.candidate.solver for p in reversed(found) if p is not None)
        cells = ["–" if p is None else f"{p.t_count:.3g}" for p in found]
        exponent = ""
        if len(known) > 1:
            (x0, y0), (x1, y1) = known[-2:]
            exponent = f"{math.log(y1 / y0) / math.log(x1 / x0):.2f}"
        print(f"| {label} | {' | '.join(cells)} | {exponent} |")


def main() -> None:
    """All tables."""
    for shift, what in ((0.0, "almost dissipative, mu = 0"), (0.01, "fully dissipative, mu = 0.01")):
        plans = {f: [cheapest(2**20, t, shift, f) for t in STEPS] for f in FAMILIES}
        table(f"T gates against T, n = 2^20, {what}", plans, STEPS, "T")
    plans = {f: [cheapest(n, 1_000, 0.01, f) for n in SIZES] for f in FAMILIES}
    table("T gates against n, T = 1,000, mu = 0.01", plans, SIZES, "n")
    logs = np.log([math.log2(n) for n in SIZES])
    print("\nPower of log2 n, fitted: ", end="")
    for family, found in plans.items():
        if all(p is not None for p in found):
            slope = np.polyfit(logs, np.log([p.t_count for p in found if p is not None]), 1)[0]
            print(f"{family} {slope:.2f}; ", end="")
    print()


if __name__ == "__main__":
    main()
