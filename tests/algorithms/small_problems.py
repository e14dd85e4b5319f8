"""Small problems with all their data, and planners for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from qgd_compiler.algorithms.planner import OBJECTIVES, Planner
from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.algorithms.routes.menu import routes_of
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.prices import price_of
from qgd_compiler.spec.loader import validate
from qgd_compiler.study import study

HESSIAN = np.array([[1.0, 0.25, 0.0], [0.25, 0.6, 0.1], [0.0, 0.1, 0.8]])
GRADIENT = np.array([0.1, -0.05, 0.08])


def problem(tmp_path: Path, matrix: np.ndarray = HESSIAN, **changes: Any) -> Problem:
    """A quadratic run over a few parameters; `dynamics__x` sets a field of a section."""
    np.savez(tmp_path / "h.npz", H=matrix)
    np.save(tmp_path / "g.npy", np.resize(GRADIENT, len(matrix)))
    data: dict[str, Any] = {
        "qgd": 1,
        "name": "few",
        "model": {"parameters": len(matrix)},
        "dynamics": {"learning_rate": 0.3, "iterations": 5},
        "hessian": {"kind": "dense", "file": "h.npz", "key": "H"},
        "gradient": {"file": "g.npy"},
        "target": {"epsilon": 0.05},
    }
    for path, value in changes.items():
        *parents, last = path.split("__")
        here = data
        for name in parents:
            here = here.setdefault(name, {})
        if value is None:
            here.pop(last, None)
        else:
            here[last] = value
    return study(validate(data, tmp_path)).problem()


def planner(
    found: Problem, objective: str = "t_count", families: tuple[str, ...] | None = None, **settings: Any
) -> Planner:
    """A planner with the default exchange."""
    exchange, folder = Exchange(), Folder(price_of)
    routes = routes_of(found, exchange, folder, families)
    return Planner(routes, exchange, folder, OBJECTIVES[objective], **settings)
