"""The numbers above the program, each with formula, kind, source and inputs: total, success, queries, kappa, errors."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.history import rows
from qgd_compiler.algorithms.plan import Plan
from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.algorithms.subjects import HistorySubject, PolynomialSubject, StationarySubject
from qgd_compiler.algorithms.systems.linear import LinearSystem
from qgd_compiler.analysis.learning_rates import largest
from qgd_compiler.backends.document import Assumption
from qgd_compiler.backends.explain_alpha import alpha_statements
from qgd_compiler.backends.explain_errors import ROUTE, put_errors
from qgd_compiler.backends.explain_report import Figure
from qgd_compiler.backends.explain_sheet import Given, Sheet, slug
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.kinds import Kind

YODER = "Yoder, Low, Chuang, arXiv:1409.3305: fixed-point amplification, 2*rounds + 1 runs"
BRASSARD = "Brassard, Høyer, Mosca, Tapp, arXiv:quant-ph/0005055"
TRIES = "expected number of tries until the first success"
BY_DEFINITION = "by definition"


def numbers_of(
    plan: Plan, problem: Problem, exchange: Exchange, assumptions: Sequence[Assumption]
) -> tuple[Figure, ...]:
    """All figures of one plan, totals first."""
    sheet = Sheet(assumptions)
    _totals(sheet, plan)
    _circuit(sheet, plan, exchange)
    _success(sheet, plan)
    _queries(sheet, plan)
    match plan.facts:
        case HistorySubject() as facts:
            _history(sheet, plan, facts)
        case StationarySubject() as facts:
            _stationary(sheet, facts)
        case PolynomialSubject() as facts:
            _polynomial(sheet, plan, facts)
    put_errors(sheet, plan, problem)
    return sheet.figures()


def _totals(sheet: Sheet, plan: Plan) -> None:
    for id, title, value, each in (
        ("total_t", "T gates until one circuit succeeds", plan.t_count, "circuit_t"),
        ("total_toffoli", "Toffolis until one circuit succeeds", plan.toffoli_count, "circuit_toffoli"),
        ("total_depth", "layers of T gates until one circuit succeeds", plan.depth, "circuit_depth"),
    ):
        sheet.put(id, title, value, f"ceil(circuits*{each})", "circuits", each, source=TRIES)


def _circuit(sheet: Sheet, plan: Plan, exchange: Exchange) -> None:
    gates, each = plan.cost.gates, plan.rotation_epsilon
    sheet.put(
        "circuit_t",
        "T gates of one circuit",
        plan.t_per_circuit,
        "ceil(toffoli_in_t*circuit_toffoli) + ceil(plain_t) + rotations*rotation_t + once_t",
        ("toffoli_in_t", exchange.toffoli_in_t),
        "circuit_toffoli",
        ("plain_t", gates.t),
        "rotations",
        "rotation_t",
        "once_t",
        kind=exchange.toffoli_kind,
        source="4 T per Toffoli: Gidney, arXiv:1709.06648; another number is a convention of the spec",
    )
    tree = "the sum over the tree of the program"
    sheet.put(
        "circuit_toffoli", "Toffolis of one circuit", gates.toffoli, statement=tree, source=BY_DEFINITION
    )
    sheet.put("rotations", "rotations of one circuit", gates.rotations, statement=tree, source=BY_DEFINITION)
    model = exchange.rotation_model
    if gates.rotations:
        if exchange.rotation == "phase_gradient":
            sheet.put(
                "rotation_t",
                "T gates of one rotation",
                exchange.rotation_t(each),
                "ceil(toffoli_in_t*rotation_toffoli)",
                ("toffoli_in_t", exchange.toffoli_in_t),
                "rotation_toffoli",
                kind=exchange.toffoli_kind,
                source="Gidney, arXiv:1709.06648",
            )
            sheet.put_rule(
                "rotation_toffoli",
                "Toffolis of one rotation",
                model.toffoli(each),
                model.toffoli,
                "rotation_epsilon",
            )
            sheet.put_rule(
                "once_t",
                "T gates spent once in a circuit",
                model.once_t(each),
                model.once_t,
                "rotation_epsilon",
            )
        else:
            sheet.put_rule(
                "rotation_t", "T gates of one rotation", model.t(each), model.t, "rotation_epsilon"
            )
            sheet.put("once_t", "T gates spent once in a circuit", 0, source=BY_DEFINITION)
        _rotation_epsilon(sheet, plan)
    else:
        sheet.put("rotation_t", "T gates of one rotation", 0, source="there is no rotation")
        sheet.put("once_t", "T gates spent once in a circuit", 0, source="there is no rotation")
    sheet.put(
        "circuit_depth",
        "layers of T gates of one circuit",
        plan.t_depth,
        kind=Kind.BOUND,
        statement="parts one after the other; a Toffoli takes two layers, a rotation one per T gate",
        source="Gidney, arXiv:1709.06648; layers of a sequence add up",
    )
    parts = {slug(name): size for name, size in plan.qubit_breakdown.items()}
    sheet.put(
        "qubits",
        "logical qubits",
        plan.qubits,
        " + ".join(parts),
        *parts.items(),
        source="registers by the tree of the program; work at the peak, as written",
    )


def _rotation_epsilon(sheet: Sheet, plan: Plan) -> None:
    """ε of one rotation, from what all of them together may be off by in the output."""
    term = next(epsilon for name, epsilon, _ in plan.error_terms if name == "synthesis")
    rotations = int(plan.cost.gates.rotations)
    widened = term / (rotations * plan.rotation_epsilon)
    sheet.put(
        "rotation_epsilon",
        "precision of one rotation",
        plan.rotation_epsilon,
        "error_synthesis/(widened*rotations)",
        "error_synthesis",
        ("widened", widened),
        "rotations",
        kind=Kind.BOUND,
        source="errors of unitaries add up; widened: by how much restricting to the outcome may stretch a distance",
    )


def _success(sheet: Sheet, plan: Plan) -> None:
    reached, facts = plan.amplification, plan.facts
    sheet.put(
        "circuits",
        "expected circuits until one succeeds",
        reached.circuits,
        "1/success",
        "success",
        source=TRIES,
    )
    if reached.rounds == 0:
        sheet.put(
            "success",
            "success of one circuit",
            reached.probability,
            "run_success",
            "run_success",
            source=TRIES,
        )
    elif reached.leak is not None:
        sheet.put(
            "success",
            "success of one circuit, whatever the run's own above its bound",
            reached.probability,
            "1 - leak**2",
            ("leak", reached.leak),
            source=YODER,
            kind=Kind.BOUND,
        )
    else:
        turned = "sin((2*rounds + 1)*asin(sqrt({})))**2"
        sheet.put(
            "success",
            "success of one circuit",
            reached.probability,
            f"Min({turned.format('run_success')}, {turned.format('run_success_at_most')})",
            ("rounds", reached.rounds),
            "run_success",
            ("run_success_at_most", reached.alone[1]),
            source=BRASSARD,
            kind=Kind.BOUND,
        )
    title = "success of one run of the solver, at least"
    formula: str
    inputs: tuple[str, ...]
    match facts:
        case HistorySubject():
            formula, inputs = "Min(wanted*solver_success, 1)", ("wanted", "solver_success")
        case StationarySubject():
            formula, inputs = "Min(solver_success, 1)", ("solver_success",)
        case PolynomialSubject():
            formula, inputs = "", ("amplitude", "solver_success")
    sheet.put(
        "run_success",
        title,
        reached.alone[0],
        formula,
        *inputs,
        kind=Kind.BOUND,
        source="the outcomes one after the other" if formula else plan.queries.source,
    )


def _queries(sheet: Sheet, plan: Plan) -> None:
    asked = plan.queries
    formulas = dict(asked.formulas)
    for id, field, title in (
        ("queries", "encoding", "uses of the block-encoding, or its inverse, in one run of the solver"),
        (
            "state_preparations",
            "right_hand_side",
            "preparations of the right-hand side, or inverses, in one run",
        ),
        ("solver_success", "success", "success of the solver itself, at least"),
    ):
        sheet.put(
            id,
            title,
            getattr(asked, field),
            formulas.get(field, ""),
            *_used(formulas.get(field, ""), asked.inputs),
            kind=asked.kind,
            source=asked.source,
        )


def _used(formula: str, inputs: Sequence[tuple[str, object]]) -> list[tuple[str, object]]:
    """The inputs that occur in a formula."""
    words = set(re.findall(r"[A-Za-z_]\w*", formula))
    return [(name, value) for name, value in inputs if name in words]


def _history(sheet: Sheet, plan: Plan, facts: HistorySubject) -> None:
    system, sums = facts.system, facts.system.sums
    sheet.put(
        "wanted",
        "share of the solution that is the last iterate, at least",
        facts.probability[0],
        "(padding + 1)*last_iterate/(all_times + padding*last_time)",
        ("padding", facts.padding),
        ("last_iterate", sums.wanted[0]),
        ("all_times", sums.total[1]),
        ("last_time", sums.last[1]),
        source="from the squared norms of the solution (algorithms/problem.py, HistorySums)",
        given=sums.source,
    )
    _condition(sheet, facts, "L", facts.history.epsilon)
    _alpha_of_history(sheet, facts)
    bound = getattr(system, "inverse", None)
    sheet.put(
        "inverse_norm",
        "bound on the norm of the inverse of L",
        facts.inverse_norm,
        "",
        *getattr(bound, "inputs", ()),
        ("padding", facts.padding),
        kind=Kind.BOUND,
        statement=getattr(bound, "statement", ""),
        source=getattr(bound, "source", "algorithms/systems"),
    )
    sheet.put(
        "rows",
        "time steps of the history",
        rows(system.iterations, facts.padding),
        "iterations + 1 + padding",
        ("iterations", system.iterations),
        ("padding", facts.padding),
        source="algorithms/history.py",
    )
    sheet.put(
        "padding",
        "rows that repeat the last iterate",
        facts.padding,
        statement="the cheapest of 0, iterations times powers of two, what fills the time register, and values near by",
        source="algorithms/routes/history.py; every one is worked out whole",
    )
    sheet.put(
        "stretch",
        "by how much restricting to the last iterate may stretch a distance",
        2 / math.sqrt(facts.probability[0]),
        "2/sqrt(wanted)",
        "wanted",
        kind=Kind.BOUND,
        source=ROUTE.format("history"),
    )


def _alpha_of_history(sheet: Sheet, facts: HistorySubject) -> None:
    system, alpha = facts.system, float(facts.history.alpha)
    title, source = "normalisation of the encoding of L", "algorithms/history.py: a combination of unitaries"
    if isinstance(system, LinearSystem):
        eta = largest(system.rates)
        schedule = (alpha - 2) / (eta * float(facts.step.alpha))
        formula, more = "2 + learning_rate*alpha_step", list[Given]()
        if abs(schedule - 1) > 1e-9:  # of the table of rates that change
            formula, more = f"{formula}*alpha_schedule", [("alpha_schedule", schedule)]
        sheet.put("alpha", title, alpha, formula, ("learning_rate", eta), "alpha_step", *more, source=source)
        of = "H"
    else:
        sheet.put("alpha", title, alpha, "1 + Max(alpha_step, 1)", "alpha_step", source=source)
        of = "the lifted step"
    _alpha(sheet, "alpha_step", facts.step, of)


def _stationary(sheet: Sheet, facts: StationarySubject) -> None:
    _condition(sheet, facts, "H", facts.encoding.epsilon)
    sheet.put(
        "inverse_norm",
        "bound on the norm of the inverse of H",
        facts.inverse_norm,
        "1/lambda_min",
        ("lambda_min", 1 / facts.inverse_norm),
        kind=Kind.BOUND,
        source="the smallest eigenvalue of a positive Hessian",
    )
    _alpha(sheet, "alpha", facts.encoding, "H")


def _condition(sheet: Sheet, facts: HistorySubject | StationarySubject, of: str, epsilon: float) -> None:
    sheet.put(
        "kappa",
        "condition number that the solver pays for",
        facts.kappa,
        "alpha*inverse_norm/(1 - rho)",
        "alpha",
        "inverse_norm",
        "rho",
        kind=Kind.BOUND,
        source="an encoding off by epsilon_block changes the norm of the inverse by at most 1/(1 - rho)",
    )
    sheet.put(
        "rho",
        "relative error of the encoded matrix",
        facts.inverse_norm * float(epsilon),
        "inverse_norm*epsilon_block",
        "inverse_norm",
        ("epsilon_block", epsilon),
        kind=Kind.BOUND,
        source=f"epsilon_block: spectral error of the encoding of {of}, measured on the data where there is data",
    )


def _alpha(sheet: Sheet, id: str, encoding: Encoding, of: str) -> None:
    """The subnormalisation of an encoding, in the words of those that it is made of."""
    stated = alpha_statements(encoding.name)
    sheet.put(
        id,
        f"normalisation of the encoding of {of} ({encoding.name})",
        encoding.alpha,
        "",
        ("word_bits", encoding.word_bits),
        statement="; ".join(f"{name}: {words}" for name, words, _ in stated),
        source="; ".join(dict.fromkeys(source for _, _, source in stated if source)) or "algorithms/menu",
    )


def _polynomial(sheet: Sheet, plan: Plan, facts: PolynomialSubject) -> None:
    source = plan.queries.source
    sheet.put(
        "degree",
        f"degree of {facts.polynomial} in {facts.argument}",
        facts.degree,
        kind=facts.error_kind,
        source=source,
        statement=f"the least whose error is small enough; applied by {facts.method}",
    )
    sheet.put(
        "amplitude",
        "norm of what the polynomial leaves of the normalised input, at least",
        facts.amplitude[0],
        kind=Kind.BOUND,
        source=source,
    )
    for id, title, value in (
        ("scale", "the polynomial over the wanted function, which is 1 at its largest", facts.scale),
        ("one_norm", "sum of the sizes of its Chebyshev coefficients", facts.one_norm),
        ("polynomial_error", "sup-norm distance from the wanted function, over scale", facts.error),
    ):
        sheet.put(id, title, value, kind=facts.error_kind, source=source)
    _alpha(sheet, "alpha", facts.encoding, facts.argument)
