"""All routes that may serve a problem."""

from __future__ import annotations

from collections.abc import Sequence

from qgd_compiler.algorithms.linear_solvers import LINEAR_SOLVERS
from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.algorithms.routes.history import HistoryRoute
from qgd_compiler.algorithms.routes.route import Route
from qgd_compiler.algorithms.routes.stationary import STATIONARY, StationaryRoute
from qgd_compiler.costing.fold import Folder


def routes_of(problem: Problem, folder: Folder, families: Sequence[str] | None = None) -> dict[str, Route]:
    """Every family of solvers that is allowed (None: all), by its subject."""
    routes: dict[str, Route] = {}
    linear = [s for s in LINEAR_SOLVERS if families is None or s.family in families]
    if linear:
        for system in problem.systems:
            routes[system.name] = HistoryRoute(system, problem.epsilon, linear)
    for quadratic in problem.quadratics:
        if quadratic.response.driven == "gradient" and (families is None or "stationary" in families):
            routes[STATIONARY] = StationaryRoute(quadratic, problem.epsilon, LINEAR_SOLVERS, folder)
    return routes
