"""Plans of several families, worked out without a search, for what is shown of plans."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from qgd_compiler.algorithms.access import Qroam
from qgd_compiler.algorithms.plan import Plan, Shares
from qgd_compiler.algorithms.planner import Planner
from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.algorithms.routes.menu import routes_of
from qgd_compiler.backends.assemble import Heading
from qgd_compiler.backends.explain import explanation_of
from qgd_compiler.backends.explain_report import Explanation
from qgd_compiler.backends.explain_tree import View
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.spec.loader import Loaded, load, validate
from qgd_compiler.study import study

SHARES = Shares(0.4, 0.3, 0.2, 0.1)  # all differ, so that a swapped pair shows


@dataclass(frozen=True, eq=False)
class Planned:
    """A plan with what an explanation of it needs."""

    heading: Heading
    problem: Problem
    plan: Plan
    exchange: Exchange
    folder: Folder

    def explained(self, component: str | None = None, **view: Any) -> Explanation:
        """Its explanation."""
        args = (self.heading, self.problem, self.plan, self.exchange, self.folder)
        return explanation_of(*args, component, View(**view))


def planned(
    spec: Mapping[str, Any] | Loaded,
    subject: str = "",
    solver: str = "",
    knob: int = 0,
    rotation: Exchange | None = None,
) -> Planned:
    """The first feasible line whose subject and solver have these words, at one free number and `SHARES`."""
    found = study(spec if isinstance(spec, Loaded) else validate(dict(spec)))
    problem, folder, exchange = found.problem(), Folder(price_of), rotation or Exchange()
    planner = Planner(routes_of(problem, exchange, folder), exchange, folder)
    lines = [line for route in planner.routes.values() for line in route.lines([Qroam()])]
    for line in lines:
        if line.reason or subject not in line.candidate.subject or solver not in line.candidate.solver:
            continue
        try:
            plan = planner.plan(line.candidate, knob, SHARES)
        except InfeasibleError:
            continue
        break
    else:
        raise LookupError(f"no line with {subject!r} and {solver!r} has a plan")
    heading = Heading(
        found.loaded.spec.name, found.digest, (*found.assumptions, *found.run_assumptions), found.sources
    )
    return Planned(heading, problem, plan, exchange, folder)


def declared(**changes: Any) -> dict[str, Any]:
    """A quadratic model without data."""
    hessian = {"kind": "sparse", "n": 64, "row_sparsity": 4, "max_entry": 0.5, "frobenius_norm": 5.0}
    return {
        "qgd": 1,
        "name": "declared",
        "model": {"parameters": 64},
        "dynamics": {"learning_rate": 0.1, "iterations": 20},
        "hessian": {**hessian, "lambda_min": 0.05, "lambda_max": 1.5},
        "gradient": {"norm": 1},
        **changes,
    }


NONLINEAR: dict[str, Any] = {
    "qgd": 1,
    "name": "four",
    "model": {"parameters": 4},
    "dynamics": {"learning_rate": 0.1, "iterations": 8, "expansion": {"order": 2}},
    "hessian": {"kind": "diagonal", "values": [1.0, 0.5, 0.8, 2.0]},
    "gradient": {"norm": 0.1},
    "third_derivative": {"norm": 0.2, "sparsity": 2, "max_entry": 0.2},
    "target": {"epsilon": 0.05},
}


def _with_data(folder: Path) -> Path:
    """A spec whose run can be iterated: the norm of its solution is known."""
    sparse.save_npz(
        folder / "h.npz",
        sparse.csr_array(np.diag([0.2, 0.5, 1.1, 1.7]) + np.diag([0.1] * 3, 1) + np.diag([0.1] * 3, -1)),
    )
    np.save(folder / "g.npy", np.array([0.3, -0.2, 0.5, 0.1]))
    spec = declared(
        model={"parameters": 4}, hessian={"kind": "sparse", "file": "h.npz"}, gradient={"file": "g.npy"}
    )
    path = folder / "spec.json"
    path.write_text(json.dumps(spec))
    return path


def plans(folder: Path) -> dict[str, Planned]:
    """A history with an unknown norm, one with a known norm and amplification, a lift, a stationary point; rotations
    by a phase gradient and Toffolis at a fraction of a T gate among them."""
    long = declared(dynamics={"learning_rate": 0.5, "iterations": 2000})
    return {
        "unknown norm": planned(declared(), "history", "norm unknown", knob=11),
        "amplified": planned(load(_with_data(folder)), "history", "norm known"),
        "lift": planned(NONLINEAR, "Carleman lift", "norm unknown", knob=3),
        "stationary": planned(long, "stationary", "norm known"),
        "phase gradient": planned(
            declared(), "history", "norm unknown", knob=5, rotation=Exchange(6.5, "phase_gradient")
        ),
    }
