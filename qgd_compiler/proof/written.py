"""The circuit of a plan with every angle and phase written into it, beside the one that the plan counts.

Tables come with a problem that is studied `written`; what is added here are the phases of kernel reflection, the angles
of the adiabatic path and of its filter, and the coefficients or phases of polynomials. The number of queries, the word
lengths and the registers are those of the plan. The two circuits must fold to the same gates (`prove.py` compares).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from qgd_compiler.algorithms import kernel_reflection
from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.adiabatic.queries import one_run
from qgd_compiler.algorithms.adiabatic.solver import discrete_solver
from qgd_compiler.algorithms.adiabatic.solvers import ACCRETIVE_SYSTEM, ANY_SYSTEM, DiscreteAdiabatic
from qgd_compiler.algorithms.adiabatic.walk import Task
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.linear_solvers import LinearSolver
from qgd_compiler.algorithms.plan import Lowered, displacement_of
from qgd_compiler.algorithms.polynomial_plan import COEFFICIENTS_PART
from qgd_compiler.algorithms.qsp.angles import gqsp_angles, gram_angles
from qgd_compiler.algorithms.qsp.chebyshev_lcu import chebyshev_lcu, chebyshev_lcu_gram
from qgd_compiler.algorithms.qsp.gqsp import gqsp, gqsp_gram
from qgd_compiler.algorithms.qsp.kernel_phases import kernel_phases
from qgd_compiler.algorithms.qsp.phases import qsvt_phases
from qgd_compiler.algorithms.qsp.qsvt import qsvt, qsvt_gram
from qgd_compiler.algorithms.qsp.series import in_factor
from qgd_compiler.algorithms.quadratic import Quadratic
from qgd_compiler.algorithms.routes.families import CHEBYSHEV, PROCESSING, TRANSFORMATION
from qgd_compiler.algorithms.routes.menu import FAMILIES
from qgd_compiler.algorithms.subjects import HistorySubject, PolynomialSubject, StationarySubject
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Routine, calls

Array = NDArray[np.float64]
EXPECTED = "its program is an expected count of all attempts, and no single circuit"


@dataclass(frozen=True)
class Written:
    """One run of a solver, twice.

    counted    without angles, as the plan counts it
    explicit   with all of them
    success    probability that the solver itself succeeds, at least (what is wanted of its output comes on top); of a
               polynomial by QSVT that of the whole
    """

    counted: Routine
    explicit: Routine
    success: float


def written(
    counted: Lowered, explicit: Lowered, quadratics: tuple[Quadratic, ...], *, transformed: bool = False
) -> Written:
    """The circuit of a line of the menu, lowered once to be counted and once with tables in its lookups.

    transformed   a polynomial by singular value transformation in place of generalised QSP
    UnsupportedError for a solver whose program is no circuit, with the reason.
    """
    facts = explicit.facts
    if isinstance(facts, PolynomialSubject):
        quadratic = next(q for q in quadratics if _about(q) in explicit.candidate.subject)
        if transformed:
            return _transformed(counted, explicit, facts, quadratic)
        return Written(counted.run, _polynomial(explicit, facts, quadratic), 1.0)
    epsilon = _solver_epsilon(explicit)
    system = facts.history if isinstance(facts, HistorySubject) else facts.encoding
    name = explicit.candidate.solver
    if name == kernel_reflection.NORM_KNOWN:
        run = _reflected(explicit, facts, system)
        return Written(counted.run, run, float(explicit.queries.success))
    walk = _adiabatic(name)
    if walk is None:
        raise UnsupportedError(f"{name} cannot be run: {EXPECTED}")
    constant, dilated = walk.constant, walk.dilated
    single = one_run(facts.kappa, epsilon, constant, dilated=dilated)
    other = counted.facts
    assert isinstance(other, HistorySubject | StationarySubject)
    plain = other.history if isinstance(other, HistorySubject) else other.encoding
    return Written(
        discrete_solver(Task(plain, _right_hand_side(counted.run), dilated), single),
        discrete_solver(Task(system, _right_hand_side(explicit.run), dilated), single, facts.kappa),
        float(single.success),
    )


def _about(quadratic: Quadratic) -> str:
    return "about the minimum" if quadratic.response.driven == "displacement" else "about the start"


def _adiabatic(name: str) -> DiscreteAdiabatic | None:
    solvers: tuple[LinearSolver, ...] = (*ACCRETIVE_SYSTEM, *ANY_SYSTEM)
    found = next((s for s in solvers if s.name == name), None)
    return found if isinstance(found, DiscreteAdiabatic) else None


def _solver_epsilon(lowered: Lowered) -> float:
    """The error that the solver may make, from the term of the budget that it becomes."""
    grown = lowered.synthesis_after if isinstance(lowered.facts, HistorySubject) else 1.0
    return next(error for name, error, _ in lowered.terms if name == "solver") / grown


def _right_hand_side(run: Routine) -> Routine:
    """The preparation of b that a run of a solver starts with."""
    return next(op for op in _routines(run) if [r.name for r in op.registers] == ["system", "gradient"])


def _routines(routine: Routine) -> Iterator[Routine]:
    for call in calls(routine.body):
        if isinstance(call.op, Routine):
            yield call.op
            yield from _routines(call.op)


def _reflected(lowered: Lowered, facts: HistorySubject | StationarySubject, system: Encoding) -> Routine:
    half = int(lowered.queries.encoding) // 2
    assert facts.solution_norm is not None
    norm = math.sqrt(facts.solution_norm[0] * facts.solution_norm[1])
    return kernel_reflection.norm_known_solver(
        system,
        _right_hand_side(lowered.run),
        half,
        angle=2 * math.acos(min(1 / norm, 1.0)),
        phases=kernel_phases(facts.kappa, half).pairs,
    )


def _polynomial(lowered: Lowered, facts: PolynomialSubject, quadratic: Quadratic) -> Routine:
    state, counted = (call.op for call in calls(lowered.run.body))
    assert isinstance(state, Routine) and isinstance(counted, Routine)
    gram = "J'J" in facts.argument
    coefficients = series_of(lowered, facts, quadratic)
    return _applied(state, _block(lowered, facts, counted, coefficients, gram))


def _transformed(
    counted: Lowered, explicit: Lowered, facts: PolynomialSubject, quadratic: Quadratic
) -> Written:
    """The same polynomial of the same encoding by QSVT; its α is that of the phases, in both circuits."""
    gram = "J'J" in facts.argument
    coefficients = series_of(explicit, facts, quadratic)
    phases = qsvt_phases(in_factor(coefficients) if gram else coefficients)
    made = []
    for lowered, known in ((counted, None), (explicit, phases)):
        assert isinstance(lowered.facts, PolynomialSubject)
        state, block = (call.op for call in calls(lowered.run.body))
        assert isinstance(state, Routine) and isinstance(block, Routine)
        encoding, degree = lowered.facts.encoding, facts.degree
        if gram:
            found = qsvt_gram(encoding, degree=degree, phases=known)
        else:
            found = qsvt(
                encoding,
                degree=degree,
                phases=known,
                parity=phases.parity,
                controlled=_controlled(encoding, block),
            )
        made.append(_applied(state, found))
    plain, known_angles = made
    return Written(plain, known_angles, (facts.amplitude[0] / phases.alpha) ** 2)


def _applied(state: Routine, block: Encoding) -> Routine:
    builder = Builder("polynomial of the input", "solver")
    ancilla = builder.register("ancilla", block.ancilla)
    system = builder.register("system", block.system)
    own = int(state.register("gradient").size)
    gradient = builder.register("gradient", max(own, int(block.gradient)))
    builder.call(state, system, gradient.part(0, own))
    builder.call(block.routine, system, ancilla, gradient.part(0, block.gradient))
    return builder.routine()


def series_of(lowered: Lowered, facts: PolynomialSubject, quadratic: Quadratic) -> Array:
    """The Chebyshev series of the plan: what its family computed, or that of scale·f/F, cut at the degree.

    f is a polynomial of degree at most T in the argument: interpolation on T+1 nodes is exact.
    """
    family = next(f for f in (make(quadratic) for make in FAMILIES) if f.name == facts.polynomial)
    if facts.argument == "H" and facts.method == TRANSFORMATION:
        largest = quadratic.response.largest(quadratic.low, quadratic.high)
        made = family.truncated(facts.alpha, _share(lowered, "polynomial") * quadratic.kept[0] / largest)
        if made.series is None or made.degree != facts.degree:
            raise UnsupportedError(f"the coefficients of the {facts.polynomial} are not written down")
        return made.series
    gram = family.gram
    response = quadratic.response
    rate, largest = float(response.rates[0]), response.largest(quadratic.low, quadratic.high)

    def eigenvalue(x: Array) -> Array:
        if facts.argument == "H":
            return facts.alpha * x
        if not gram:
            return np.asarray((1 - facts.alpha * x) / rate)
        assert quadratic.factor is not None
        return np.asarray((1 - x) / 2 * facts.alpha**2 + quadratic.factor.shift)

    nodes = response.steps
    x = np.cos(np.pi * (np.arange(nodes + 1) + 0.5) / (nodes + 1))
    at_nodes = response.values(eigenvalue(x)) * (facts.scale / largest)
    whole = np.linalg.solve(chebyshev.chebvander(x, nodes), at_nodes)
    whole[np.abs(whole) < 1e-15 * np.abs(whole).max()] = 0
    found = np.zeros(facts.degree + 1)
    found[: len(whole)] = whole[: facts.degree + 1]
    return found


def _share(lowered: Lowered, name: str) -> float:
    """The relative displacement that a part of a polynomial plan may make."""
    whole = sum(error for _, error, _ in lowered.terms)
    part = next(error for term, error, _ in lowered.terms if term == name)
    return float(displacement_of(whole)) * part / whole


def _block(
    lowered: Lowered, facts: PolynomialSubject, counted: Routine, coefficients: Array, gram: bool
) -> Encoding:
    encoding, degree = facts.encoding, facts.degree
    access: Access = lowered.candidate.access
    if facts.method == PROCESSING:
        if gram:
            return gqsp_gram(encoding, degree=degree, angles=gram_angles(coefficients))
        angles = gqsp_angles(coefficients)
        return gqsp(encoding, degree=degree, angles=angles, controlled=_controlled(encoding, counted))
    if facts.method == TRANSFORMATION:
        known = qsvt_phases(coefficients)
        return qsvt(encoding, degree=degree, phases=known, controlled=_controlled(encoding, counted))
    if facts.method != CHEBYSHEV:
        raise UnsupportedError(f"polynomials by {facts.method} are not run yet")
    whole = displacement_of(sum(error for _, error, _ in lowered.terms))
    amplitude = facts.amplitude[0] / (1 - whole)
    epsilon = COEFFICIENTS_PART * _share(lowered, "polynomial") * amplitude / facts.one_norm
    if gram:
        return chebyshev_lcu_gram(
            encoding,
            degree=degree,
            access=access,
            prep_epsilon=epsilon,
            coefficients=coefficients,
            exchange=Exchange(),
        )
    return chebyshev_lcu(
        encoding,
        degree=degree,
        access=access,
        prep_epsilon=epsilon,
        coefficients=coefficients,
        controlled=_controlled(encoding, counted),
        exchange=Exchange(),
    )


def _controlled(encoding: Encoding, counted: Routine) -> Encoding | None:
    """The encoding with a control, where the polynomial that was counted begins with one."""
    for call in calls(counted.body):
        if isinstance(call.op, Routine) and [r.name for r in call.op.registers] == [
            "control",
            "system",
            "ancilla",
            "gradient",
        ]:
            return replace(encoding, routine=call.op, controlled=True)
    return None
