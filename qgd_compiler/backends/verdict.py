"""The result in plain words: what it costs, whether the method holds, what the cost hangs on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from qgd_compiler.algorithms.loop import Loop
from qgd_compiler.algorithms.plan import Plan
from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.algorithms.subjects import HistorySubject, PolynomialSubject, StationarySubject
from qgd_compiler.analysis.regime import Regime
from qgd_compiler.baselines.comparison import Comparison
from qgd_compiler.costing.exchange import Exchange


@dataclass(frozen=True)
class MeasuredRun:
    """The class of the whole run, and its steps, of which the price may hold only a window.

    why_no_windows   why a run that grows has no price in windows
    """

    regime: Regime
    iterations: int
    why_no_windows: str = ""


def verdict_of(
    problem: Problem,
    run: MeasuredRun,
    best: Plan,
    exchange: Exchange,
    loop: Loop | None = None,
    windows: Loop | None = None,
    compared: Comparison | None = None,
) -> tuple[str, ...]:
    """Most important first.

    loop     the segments that the price is of; `windows` those that the run might be cut into instead
    compared the same run on classical machines
    """
    return (
        *((_price(problem, best),) if loop is None else _of_segments(problem, run, loop)),
        run.regime.verdict,
        *(() if loop is not None else _about_windows(problem, run, best, windows)),
        _what_it_hangs_on(best, exchange),
        *_astronomical(best),
        *(() if compared is None else (compared.verdict.words()[0],)),
    )


def _of_segments(problem: Problem, run: MeasuredRun, loop: Loop) -> tuple[str, ...]:
    """In total, per segment, per circuit."""
    first = loop.pieces[0]
    last = loop.pieces[-1].plan.reading
    returned = "a state proportional to the last displacement" if last is None else last.question.words()
    several = len(loop.pieces) > 1
    return (
        f"{_short(loop.t_count)} T gates and {loop.qubits:,} logical qubits in total for {run.iterations:,} steps in "
        f"{loop.segments:,} segments of at most {loop.length:,} steps, {loop.classical_steps:,} of them classical, "
        f"with {_short(math.ceil(loop.circuits))} circuits; {problem.parameters:,} parameters, error "
        f"{loop.error:.3g} of {loop.allowed:.3g} allowed at the end. It returns {returned}.",
        f"{'The first' if several else 'The'} segment takes {_short(first.plan.t_count)} T gates in "
        f"{_short(math.ceil(first.circuits))} circuits of {_short(first.plan.t_per_circuit)} T gates each without what "
        f"the read-out adds.",
    )


def _price(problem: Problem, best: Plan) -> str:
    after = (
        f"the displacement of the parameters after {problem.iterations:,} steps, {problem.parameters:,} parameters, "
        f"error {problem.epsilon:g}"
    )
    machine = f"T gates and {best.qubits:,} logical qubits"
    reading = best.reading
    if reading is None:
        return f"{_short(best.t_count)} {machine} for one state proportional to {after}."
    return (
        f"{_short(best.t_count)} {machine} until this is on paper: {reading.question.words()}. That takes "
        f"{_short(math.ceil(reading.circuits))} circuits, of {_short(best.t_per_circuit)} T gates each without what "
        f"the read-out adds. The result is {after} of the state alone."
    )


def _short(number: int) -> str:
    """Three digits, of integers of any size."""
    return f"{number:,}" if number < 1000 else f"{Decimal(number):.3g}".lower()


def _what_it_hangs_on(best: Plan, exchange: Exchange) -> str:
    parts = {
        name or "other": int(exchange.t_of(part, best.rotation_epsilon)) / best.t_per_circuit
        for name, part in best.cost.by_component.items()
    }
    largest = max(parts, key=lambda name: parts[name])
    share = f"{parts[largest]:.0%} of the T gates belong to the component '{largest}'"
    facts, uses = best.facts, int(best.queries.encoding)
    match facts:
        case HistorySubject() | StationarySubject():
            return (
                f"{share}; the system is queried {uses:,} times per solver run, at condition number "
                f"{facts.kappa:.4g}."
            )
        case PolynomialSubject():
            return (
                f"{share}; a polynomial of degree {facts.degree:,} uses the encoding {uses:,} times per run and leaves "
                f"{facts.amplitude[0]:.3g} of the norm of what it is applied to."
            )


def _astronomical(best: Plan) -> tuple[str, ...]:
    if best.amplification.circuits < 1e30:
        return ()
    return (
        f"One circuit succeeds with probability {best.amplification.probability:.3g}, so that "
        f"{best.amplification.circuits:.3g} circuits are expected: a count, not a plan.",
    )


def _about_windows(problem: Problem, run: MeasuredRun, best: Plan, windows: Loop | None) -> tuple[str, ...]:
    window = run.regime.window
    if problem.iterations < run.iterations:
        return (
            f"The price is that of the first window, {problem.iterations:,} of {run.iterations:,} steps; the other "
            f"windows are not priced: each begins at another point, with a Hessian and higher derivatives of its own.",
        )
    if window is None or window >= problem.iterations:
        return ()
    whole = f"The price is that of one run of all {problem.iterations:,} steps with all its growth; "
    if windows is None:
        return (
            whole + (run.why_no_windows or "windows with an upload and a read-out each are not priced") + ".",
        )
    more = windows.t_count / best.t_count
    return (
        f"{whole}in {windows.segments:,} windows of at most {windows.length:,} steps, each uploaded and read out, it "
        f"would take {_short(windows.t_count)} T gates in {_short(math.ceil(windows.circuits))} circuits, {more:.3g} "
        f"times as many.",
    )
