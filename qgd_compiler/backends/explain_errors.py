"""Where the allowed error goes: each term, what the shares split, and the shares, with formulas and inputs."""

from __future__ import annotations

import math

from qgd_compiler.algorithms.plan import Plan
from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.algorithms.subjects import HistorySubject, PolynomialSubject, StationarySubject
from qgd_compiler.backends.explain_sheet import Given, Sheet, slug
from qgd_compiler.kinds import weakest_kind

LARGEST_ROTATION_EPSILON = 0.5  # a plan takes no coarser rotation, however much error is left
ROUTE = "derived at the top of algorithms/routes/{}.py"
DISTANCE = "2*sin(asin({})/2)"


def put_errors(sheet: Sheet, plan: Plan, problem: Problem) -> None:
    """The terms of the error, what the shares split, and the shares."""
    names = {name: f"error_{slug(name)}" for name, _, _ in plan.error_terms}
    sheet.put(
        "error",
        "distance of the normalised output from the wanted state, at most",
        math.fsum(epsilon for _, epsilon, _ in plan.error_terms),
        " + ".join(names.values()),
        *names.values(),
        kind=weakest_kind(kind for _, _, kind in plan.error_terms),
        source="the triangle inequality",
    )
    fixed = _fixed(plan)
    for name, epsilon, kind in plan.error_terms:
        formula, inputs = _error_formula(plan, name, fixed)
        source = ROUTE.format(_route(plan)) if formula else plan.queries.source
        sheet.put(names[name], f"of it: {name}", epsilon, formula, *inputs, kind=kind, source=source)
    used = [names[name] for name in fixed]
    sheet.put(
        "left",
        "error that the four shares split",
        problem.epsilon - math.fsum(epsilon for name, epsilon, _ in plan.error_terms if name in fixed),
        " - ".join(("target_epsilon", *used)),
        ("target_epsilon", problem.epsilon),
        *used,
        source="what no circuit can mend is taken first",
    )
    for name, share in vars(plan.shares).items():
        sheet.put(
            f"share_{name}",
            f"share of the error for {name.replace('_', ' ')}",
            share,
            statement="chosen: coordinate descent on the objective",
            source="algorithms/choice.py",
        )
    _solver_epsilon(sheet, plan)


def _solver_epsilon(sheet: Sheet, plan: Plan) -> None:
    value = dict(plan.queries.inputs).get("epsilon")
    if value is None:
        return
    stretched = isinstance(plan.facts, HistorySubject)
    sheet.put(
        "epsilon",
        "error of the output of the solver",
        value,
        "share_solver*left/stretch" if stretched else "share_solver*left",
        "share_solver",
        "left",
        *(("stretch",) if stretched else ()),
        source=ROUTE.format(_route(plan)),
    )


def _route(plan: Plan) -> str:
    match plan.facts:
        case HistorySubject():
            return "history"
        case StationarySubject():
            return "stationary"
        case PolynomialSubject():
            return "polynomial"


def _fixed(plan: Plan) -> dict[str, float]:
    """The errors that no circuit can mend, as relative displacements of the iterate."""
    match plan.facts:
        case HistorySubject() as facts:
            return {term.name: term.displacement for term in facts.system.errors}
        case StationarySubject() as facts:
            return {"distance from the stationary point": facts.distance}
        case PolynomialSubject():
            return {}


def _error_formula(plan: Plan, name: str, fixed: dict[str, float]) -> tuple[str, tuple[Given | str, ...]]:
    """A term of the error as a formula with its inputs; no formula where the route is not known here."""
    facts = plan.facts
    if isinstance(facts, PolynomialSubject):
        return "", ()
    if name in fixed:
        return DISTANCE.format("displacement"), (("displacement", fixed[name]),)
    stretch = ("stretch",) if isinstance(facts, HistorySubject) else ()
    stretched = "stretch*" if stretch else ""
    match name:
        case "solver":
            return "share_solver*left", ("share_solver", "left")
        case "synthesis" if plan.cost.gates.rotations and plan.rotation_epsilon < LARGEST_ROTATION_EPSILON:
            return "share_synthesis*left", ("share_synthesis", "left")
        case "encoding":
            return stretched + DISTANCE.format("rho/(1 - rho)"), (*stretch, "rho")
        case "right-hand side":
            least = 1.0 if facts.solution_norm is None else facts.solution_norm[0]
            return stretched + DISTANCE.format("kappa*prepared/solution_norm"), (
                *stretch,
                "kappa",
                ("prepared", facts.right_hand_side_error),
                ("solution_norm", least),
            )
        case _:
            return "", ()
