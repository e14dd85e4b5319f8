"""All routes that may serve a problem."""

from __future__ import annotations

from qgd_compiler.algorithms.linear_solvers import LINEAR_SOLVERS
from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.algorithms.routes.history import HistoryRoute
from qgd_compiler.algorithms.routes.route import Route
from qgd_compiler.algorithms.routes.stationary import STATIONARY, StationaryRoute
from qgd_compiler.costing.fold import Folder


def routes_of(problem: Problem, folder: Folder) -> dict[str, Route]:
    """Every family of solvers, by its subject."""
    routes: dict[str, Route] = {}
    for system in problem.systems:
        routes[system.name] = HistoryRoute(system, problem.epsilon, LINEAR_SOLVERS)
    for quadratic in problem.quadratics:
        if quadratic.response.driven == "gradient":
            routes[STATIONARY] = StationaryRoute(quadratic, problem.epsilon, LINEAR_SOLVERS, folder)
    return routes
