"""All routes that may serve a problem."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from qgd_compiler.algorithms.adiabatic.solvers import ACCRETIVE_SYSTEM, ANY_SYSTEM
from qgd_compiler.algorithms.linear_solvers import LINEAR_SOLVERS
from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.algorithms.routes.bounded import Direct, OneSided
from qgd_compiler.algorithms.routes.families import Family, Gram, Power
from qgd_compiler.algorithms.routes.hamiltonian import Hamiltonian
from qgd_compiler.algorithms.routes.history import HistoryRoute
from qgd_compiler.algorithms.routes.polynomial import PolynomialRoute
from qgd_compiler.algorithms.routes.route import Route
from qgd_compiler.algorithms.routes.stationary import STATIONARY, StationaryRoute
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder

OF_STATIONARY = "stationary"
FAMILIES = (Power, Gram, Direct, OneSided, Hamiltonian)
OF_QUADRATICS = frozenset((OF_STATIONARY, *(make.family for make in FAMILIES)))


class Routes(Mapping[str, Route]):
    """By their subject; those of quadratics are made when a subject is not among the histories."""

    def __init__(self, histories: dict[str, Route], make_others: Callable[[], dict[str, Route]]) -> None:
        self._histories, self._make_others = histories, make_others

    @cached_property
    def _all(self) -> dict[str, Route]:
        return {**self._histories, **self._make_others()}

    def __getitem__(self, subject: str) -> Route:
        return self._histories[subject] if subject in self._histories else self._all[subject]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


def routes_of(
    problem: Problem, exchange: Exchange, folder: Folder, families: Sequence[str] | None = None
) -> Routes:
    """Every family of solvers that is allowed (None: all)."""

    def others() -> dict[str, Route]:
        return _of_quadratics(problem, exchange, folder, families)

    return Routes(_histories(problem, families), others)


def _histories(problem: Problem, families: Sequence[str] | None) -> dict[str, Route]:
    routes: dict[str, Route] = {}
    for system in problem.systems:
        adiabatic = ACCRETIVE_SYSTEM if system.accretive else ANY_SYSTEM
        linear = [s for s in (*LINEAR_SOLVERS, *adiabatic) if families is None or s.family in families]
        if linear:
            routes[system.name] = HistoryRoute(system, problem.epsilon, linear)
    return routes


def _of_quadratics(
    problem: Problem, exchange: Exchange, folder: Folder, families: Sequence[str] | None
) -> dict[str, Route]:
    routes: dict[str, Route] = {}
    if families is not None and OF_QUADRATICS.isdisjoint(families):
        return routes
    for quadratic in problem.quadratics:
        if quadratic.response.driven == "gradient" and (families is None or OF_STATIONARY in families):
            routes[STATIONARY] = StationaryRoute(
                quadratic, problem.epsilon, (*LINEAR_SOLVERS, *ACCRETIVE_SYSTEM), folder
            )
        for make in FAMILIES:
            family: Family = make(quadratic)
            if families is None or family.family in families:
                route = PolynomialRoute(family, quadratic, problem.epsilon, exchange, folder)
                routes[route.subject] = route
    return routes
