"""Whether gradient descent contracts on a model: the class, why, by how much, and what would change it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from qgd_compiler.analysis.growth import (
    growth_over_run,
    largest_convergent_learning_rate,
    largest_learning_rate,
    log_growth,
    longest_run,
    smallest_damping,
    step_growth,
)

OnNotDissipative = Literal["window", "damp", "error"]

TOLERANCE = 1e-9  # |m − 1| below this counts as 1: a zero mode is only known to about this much
LIMIT = math.e  # growth over a window that still counts as harmless


class RegimeName(StrEnum):
    """The classes of a model, from best to worst."""

    DISSIPATIVE = "linear dissipative"
    NEUTRAL = "linear neutral"
    SMALL = "dissipative R < 1"
    LARGE = "dissipative R >= 1"
    WINDOW = "not dissipative -> window"
    DAMPED = "not dissipative -> damped"
    INFEASIBLE = "infeasible"


@dataclass(frozen=True)
class WayOut:
    """One change of the spec that would change the class; `value` is None where no value does."""

    change: str
    value: float | int | None
    effect: str


@dataclass(frozen=True)
class Regime:
    """The class of a run and the numbers behind it.

    growth            m = max|1 − ηλ| per step
    growth_over_run   m^T (inf above 1.8e308)
    log_growth        T ln m (-inf for m = 0)
    margin            1 − m, positive where every step contracts
    window            longest run, in steps, whose growth stays below e (None: any length)
    segments          windows needed for all T steps (None: not even one step fits)
    damping           least μ >= 0 such that H + μI does not grow (0: none needed; None: no μ does it)
    reasons           why this class, with the numbers
    verdict           one sentence in plain words
    ways_out          what would change the class
    ratio             R of the majorant (None for a quadratic model): below 1 nonlinear terms stay harmless for ever
    transient         largest growth over any part of the run, where momentum makes it exceed m^t (else None)
    """

    name: RegimeName
    growth: float
    growth_over_run: float
    log_growth: float
    margin: float
    window: int | None
    segments: int | None
    damping: float | None
    reasons: tuple[str, ...]
    verdict: str
    ways_out: tuple[WayOut, ...]
    ratio: float | None = None
    transient: float | None = None


def classify(
    lambda_min: float,
    lambda_max: float,
    learning_rate: float,
    iterations: int,
    on_not_dissipative: OnNotDissipative = "window",
    gradient_norm: float | None = None,
) -> Regime:
    """The regime of T steps of u ← u − η(Hu + g), H with eigenvalues in [λ_min, λ_max].

    Nothing is refused: a growing run is given its growth, to be priced. `infeasible` says that what the
    spec asks for (no growth at all, a damping that exists, a window of at least one step) cannot be had.
    `gradient_norm` is ‖g‖ where it is known; it bounds how far a damped run can go.
    """
    if not (math.isfinite(lambda_min) and math.isfinite(lambda_max) and lambda_min <= lambda_max):
        raise ValueError(f"need finite lambda_min <= lambda_max, got {lambda_min} and {lambda_max}")
    growth = float(step_growth(lambda_min, lambda_max, learning_rate))
    total = growth_over_run(growth, iterations)
    window = longest_run(growth, LIMIT) if growth > 1 + TOLERANCE else None
    segments = 1 if window is None else (math.ceil(iterations / window) if window else None)
    damping = smallest_damping(lambda_min, lambda_max, learning_rate)

    reasons = [_cause(lambda_min, lambda_max, learning_rate)]
    if growth <= 1 + TOLERANCE:
        name, verdict = _without_growth(growth, iterations)
    else:
        reasons.append(f"growth {growth:.9g} per step, {_times(growth, iterations)} over {iterations} steps")
        if on_not_dissipative == "window":
            name, verdict = _in_windows(window, segments, iterations, total)
        elif on_not_dissipative == "damp":
            name, verdict = _damped(damping, lambda_min, lambda_max)
            if damping and gradient_norm is not None:
                reasons.append(
                    f"with damping {damping:.6g} the iterate moves by at most "
                    f"{gradient_norm / damping:.6g} (gradient norm / damping) along a direction without "
                    f"curvature, and by at most {learning_rate * iterations * gradient_norm:.6g} in all"
                )
        else:
            name = RegimeName.INFEASIBLE
            verdict = (
                f"Gradient descent grows by {growth:.6g} per step, and the spec asks for no growth at all."
            )
    return Regime(
        name=name,
        growth=growth,
        growth_over_run=total,
        log_growth=log_growth(growth, iterations) if growth > 0 else -math.inf,
        margin=1 - growth,
        window=window,
        segments=segments,
        damping=damping,
        reasons=tuple(reasons),
        verdict=verdict,
        ways_out=tuple(_ways_out(lambda_min, lambda_max, learning_rate, iterations, growth)),
    )


def _cause(lambda_min: float, lambda_max: float, learning_rate: float) -> str:
    """Which end of the spectrum sets the growth."""
    low, high = abs(1 - learning_rate * lambda_min), abs(1 - learning_rate * lambda_max)
    if low >= high:
        kind = "negative curvature" if lambda_min < 0 else "flattest direction"
        end, value, factor = "lambda_min", lambda_min, low
    else:
        kind = "overshoot" if high > 1 else "steepest direction"
        end, value, factor = "lambda_max", lambda_max, high
    return f"{kind}: {end} = {value:.6g} gives |1 - {learning_rate:.6g}*{end}| = {factor:.9g}"


def _times(growth: float, iterations: int) -> str:
    total = growth_over_run(growth, iterations)
    if math.isfinite(total):
        return f"{total:.6g}"
    return f"10^{log_growth(growth, iterations) / math.log(10):.4g}"


def _without_growth(growth: float, iterations: int) -> tuple[RegimeName, str]:
    if growth < 1 - TOLERANCE:
        left = _times(growth, iterations) if growth > 0 else "0"
        return (
            RegimeName.DISSIPATIVE,
            f"Every direction contracts, the slowest by a factor {growth:.9g} per step "
            f"({left} after {iterations} steps).",
        )
    return (
        RegimeName.NEUTRAL,
        "No direction grows, but at least one does not contract: cost grows with the steps.",
    )


def _in_windows(
    window: int | None, segments: int | None, iterations: int, total: float
) -> tuple[RegimeName, str]:
    if not window:
        return (
            RegimeName.INFEASIBLE,
            "Gradient descent grows more than e-fold in one step: no window is short enough, and a price is that of "
            "the whole run with all its growth.",
        )
    if window >= iterations:
        return (
            RegimeName.WINDOW,
            f"Some direction grows, but only {total:.4g}-fold over all {iterations} steps: "
            f"one window holds the run (growth stays below e up to {window} steps).",
        )
    return (
        RegimeName.WINDOW,
        f"Some direction grows: {segments} windows of at most {window} steps keep each below e-fold.",
    )


def _damped(damping: float | None, lambda_min: float, lambda_max: float) -> tuple[RegimeName, str]:
    if damping is None:
        return (
            RegimeName.INFEASIBLE,
            f"No damping helps at this learning rate: it must not exceed "
            f"{2 / (lambda_max - min(lambda_min, 0.0)):.6g} (2 over the width of the spectrum, 0 included).",
        )
    return (
        RegimeName.DAMPED,
        f"Damping H + {damping:.6g} I stops the growth; it changes the problem that is solved.",
    )


def _ways_out(
    lambda_min: float, lambda_max: float, learning_rate: float, iterations: int, growth: float
) -> list[WayOut]:
    ways = []
    convergent = largest_convergent_learning_rate(lambda_min, lambda_max)
    largest = largest_learning_rate(lambda_min, lambda_max, iterations, LIMIT)
    if growth <= 1 + TOLERANCE:
        if convergent is not None:
            ways.append(
                WayOut("learning_rate above", convergent, "the steepest direction overshoots and grows")
            )
        if growth >= 1 - TOLERANCE and learning_rate * lambda_max < 2 - TOLERANCE:
            ways.append(
                WayOut("damping above", max(0.0, -lambda_min), "the class becomes linear dissipative")
            )
        return ways
    if lambda_max > 0:
        effect = (
            "no direction grows"
            if convergent
            else "no learning rate stops the growth: lambda_min is negative"
        )
        ways.append(WayOut("learning_rate at most", convergent, effect))
    if math.isfinite(largest):
        ways.append(WayOut("learning_rate at most", largest, f"growth over {iterations} steps stays below e"))
    damping = smallest_damping(lambda_min, lambda_max, learning_rate)
    if damping:
        ways.append(
            WayOut("damping at least", damping, "no direction grows: the class becomes linear neutral")
        )
    else:
        ways.append(
            WayOut("damping at least", None, "no damping helps: the learning rate is too large for it")
        )
    ways.append(WayOut("iterations at most", longest_run(growth, LIMIT), "growth over the run stays below e"))
    return ways
