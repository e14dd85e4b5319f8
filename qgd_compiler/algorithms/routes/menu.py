"""All routes that may serve a problem."""

from __future__ import annotations

from qgd_compiler.algorithms.linear_solvers import LINEAR_SOLVERS
from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.algorithms.routes.history import HistoryRoute
from qgd_compiler.algorithms.routes.route import Route


def routes_of(problem: Problem) -> dict[str, Route]:
    """Every family of solvers, by its subject."""
    routes: dict[str, Route] = {}
    for system in problem.systems:
        routes[system.name] = HistoryRoute(system, problem.epsilon, LINEAR_SOLVERS)
    return routes
