"""The class of any run: schedules, momentum, noise and nonlinear terms included."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.analysis.growth import growth_over_run, smallest_damping
from qgd_compiler.analysis.power_norms import heavy_ball_powers
from qgd_compiler.analysis.recursion import (
    OrderSearch,
    Recursion,
    largest_certified_rate,
    newton_kantorovich,
    smallest_contracting_damping,
)
from qgd_compiler.analysis.regime import (
    LIMIT,
    TOLERANCE,
    OnNotDissipative,
    Regime,
    RegimeName,
    WayOut,
    classify,
)

Array = NDArray[np.float64]


def judge(recursion: Recursion, orders: OrderSearch, policy: OnNotDissipative = "window") -> Regime:
    """The regime of a run; `orders` says how far which Carleman order is certified (`search_orders`).

    Nothing is refused: a run that grows is given its growth, to be priced.
    """
    if recursion.linear:
        return _with_momentum(recursion, policy) if recursion.pair else _linear(recursion, policy)
    return _nonlinear(recursion, orders, policy)


def _linear(recursion: Recursion, policy: OnNotDissipative) -> Regime:
    """One rate as it is; of several the largest decides the class, and all of them the growth."""
    low, high, steps = recursion.lambda_min, recursion.lambda_max, recursion.iterations
    largest = recursion.rate
    worst = classify(low, high, largest, steps, policy, recursion.gradient or None)
    if recursion.constant_rate:
        return worst
    logs = _logs(recursion.growths)
    total = float(logs.sum())
    window, segments = _windows(logs)
    whole = replace(
        worst,
        growth_over_run=math.exp(total) if total < 709 else math.inf,
        log_growth=total,
        window=None if recursion.growth <= 1 + TOLERANCE else window,
        segments=1 if recursion.growth <= 1 + TOLERANCE else segments,
        reasons=(*worst.reasons, f"growth over all rates of the schedule: {_power_of_ten(total)}"),
    )
    if worst.name is RegimeName.WINDOW and window >= steps:
        verdict = f"Some direction grows, but only {math.exp(total):.4g}-fold over the schedule: one window holds it."
        return replace(whole, verdict=verdict)
    return whole


def _logs(growths: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(np.log(growths), -1e6))


def _windows(logs: Array) -> tuple[int, int | None]:
    """The shortest of the windows of growth at most e that are cut one after the other, and how many they are."""
    shortest, count, at = len(logs), 0, 0
    while at < len(logs):
        grown = np.cumsum(logs[at:])
        beyond = np.flatnonzero(grown > math.log(LIMIT) * (1 + 1e-12))
        length = int(beyond[0]) if len(beyond) else len(logs) - at
        if length == 0:
            return 0, None
        shortest = min(shortest, length) if at + length < len(logs) else shortest
        count, at = count + 1, at + length
    return shortest, count


def _power_of_ten(log: float) -> str:
    return f"{math.exp(log):.6g}" if -700 < log < 700 else f"10^{log / math.log(10):.4g}"


def _with_momentum(recursion: Recursion, policy: OnNotDissipative) -> Regime:
    """Momentum: the spectral radius decides the class; what grows before it decays is given beside it."""
    pair = recursion.pair
    assert pair is not None
    low, high, steps = recursion.lambda_min, recursion.lambda_max, recursion.iterations
    powers = None
    if recursion.constant_rate:
        powers = heavy_ball_powers(low, high, float(recursion.rates[0]), recursion.momentum, steps)
    over_run = pair.power_bound(steps) if powers is None else float(powers[-1])
    transient = None if powers is None else float(powers.max())
    radius = pair.radius
    damping = smallest_damping(low, high, recursion.rate / (1 + recursion.momentum))
    reasons = [
        f"momentum {recursion.momentum:.6g}: the pair (u, v) grows by {radius:.9g} per step in the long run "
        f"(spectral radius at the ends of [{low:.6g}, {high:.6g}])",
        f"growth over {steps} steps at most {over_run:.6g}"
        + ("" if transient is None else f", at any time at most {transient:.6g}"),
    ]
    if not recursion.constant_rate:
        reasons.append(
            "the radius is that of each rate alone; what steps of different rates do together is bounded above"
        )
    ways: list[WayOut] = []
    window: int | None = None
    segments: int | None = 1
    if radius < 1 - TOLERANCE:
        name = RegimeName.DISSIPATIVE
        verdict = (
            f"Every direction contracts in the long run, the slowest by {radius:.9g} per step; "
            f"momentum lets it grow up to {transient:.4g}-fold before."
            if transient is not None
            else f"Every direction contracts in the long run, the slowest by {radius:.9g} per step."
        )
    elif radius <= 1 + TOLERANCE:
        name = RegimeName.NEUTRAL
        verdict = "No direction grows in the long run, but at least one does not contract."
    else:
        window = max(1, math.floor(1 / math.log(radius)))
        segments = math.ceil(steps / window)
        name = RegimeName.WINDOW
        verdict = (
            f"Some direction grows by {radius:.6g} per step in the long run: {segments} windows of at most {window} "
            "steps keep that below e-fold in each"
            + ("." if transient is None else f"; with all transients the growth is at most {transient:.4g}.")
        )
        if damping is not None and low < 0:
            ways.append(WayOut("damping at least", -low, "no direction grows in the long run"))
        if policy == "damp":
            name, verdict = (
                (
                    RegimeName.DAMPED,
                    f"Damping H + {-low:.6g} I stops the growth; it changes the problem that is solved.",
                )
                if damping is not None
                else (
                    RegimeName.INFEASIBLE,
                    "No damping helps at this learning rate: it is too large for the width of the spectrum.",
                )
            )
        if policy == "error":
            name, verdict = (
                RegimeName.INFEASIBLE,
                f"Gradient descent grows by {radius:.6g} per step, and the spec asks for no growth at all.",
            )
    return Regime(
        name=name,
        growth=radius,
        growth_over_run=over_run,
        log_growth=math.log(over_run) if 0 < over_run < math.inf else steps * math.log(max(radius, 1e-300)),
        margin=1 - radius,
        window=window,
        segments=segments,
        damping=max(0.0, -low),
        reasons=tuple(reasons),
        verdict=verdict,
        ways_out=tuple(ways),
        transient=transient,
    )


def _nonlinear(recursion: Recursion, orders: OrderSearch, policy: OnNotDissipative) -> Regime:
    steps, growth, ratio = recursion.iterations, recursion.growth, recursion.ratio
    rate = recursion.rate
    damping = smallest_contracting_damping(recursion)
    window = None if orders.smallest is not None else orders.window
    segments = 1 if window is None else (math.ceil(steps / window) if window else None)
    certified = orders.smallest is not None
    reasons = [
        f"growth of the linear part {growth:.9g} per step on [{recursion.lambda_min:.6g}, {recursion.lambda_max:.6g}]",
        _about_ratio(recursion),
        _about_orders(orders, steps),
    ]
    if growth < 1 - TOLERANCE and ratio < 1:
        name = RegimeName.SMALL
        verdict = f"Every direction contracts and the nonlinear terms stay small for ever (R = {ratio:.4g})."
    elif growth < 1 - TOLERANCE:
        name = RegimeName.LARGE
        verdict = (
            f"Every direction contracts, but the nonlinear terms are too large "
            f"to be certified for ever (R = {ratio:.4g})."
        )
    elif policy == "damp":
        name = RegimeName.INFEASIBLE if damping is None else RegimeName.DAMPED
        verdict = (
            "No damping makes the linear part contract and the nonlinear terms small at this learning rate."
            if damping is None
            else f"Damping H + {damping:.6g} I makes the run contract with R < 1; it changes the problem solved."
        )
        if damping:
            reasons.append(
                f"with damping {damping:.6g} the iterate moves by at most about {recursion.gradient / damping:.6g} "
                "(gradient norm / damping)"
            )
    elif policy == "error":
        name = RegimeName.INFEASIBLE
        verdict = f"The linear part grows by {growth:.6g} per step, and the spec asks for no growth at all."
    else:
        name = RegimeName.WINDOW
        verdict = "Some direction does not contract" + (
            "." if growth <= 1 + TOLERANCE else f": {growth:.6g} per step."
        )
    if name is not RegimeName.INFEASIBLE and name is not RegimeName.DAMPED:
        if certified:
            verdict += f" Carleman order {orders.smallest} is certified for all {steps} steps."
        elif window:
            verdict += (
                f" No Carleman order is certified for all {steps} steps: {segments} windows of at most {window} steps, "
                "each expanded anew."
            )
        else:
            name = RegimeName.INFEASIBLE
            verdict += " No Carleman order is certified even for one step."
    return Regime(
        name=name,
        growth=growth,
        growth_over_run=growth_over_run(growth, steps)
        if recursion.constant_rate
        else _exp(recursion.log_growth),
        log_growth=recursion.log_growth,
        margin=1 - growth,
        window=window,
        segments=segments,
        damping=damping,
        reasons=tuple(reasons),
        verdict=verdict,
        ways_out=tuple(_nonlinear_ways(recursion, orders, damping, rate)),
        ratio=ratio,
    )


def _exp(log: float) -> float:
    return math.exp(log) if log < 709 else math.inf


def _about_ratio(recursion: Recursion) -> str:
    ratio = recursion.ratio
    text = (
        "the majorant has no fixed point: it grows without bound" if math.isinf(ratio) else f"R = {ratio:.6g}"
    )
    if recursion.start == 0 and recursion.noise == 0 and recursion.higher and recursion.lambda_min > 0:
        number = newton_kantorovich(recursion.gradient, 2 * recursion.higher[0], recursion.lambda_min)
        text += f"; Newton-Kantorovich number 2|g||d3L|/lambda_min^2 = {number:.6g}"
    return text


def _about_orders(orders: OrderSearch, steps: int) -> str:
    best = min(orders.errors)
    if orders.smallest is not None:
        return (
            f"Carleman order {orders.smallest} has a truncation error of at most "
            f"{orders.errors[orders.smallest - 1]:.3g} "
            f"relative to the {orders.relative_to} size after {steps} steps (budget {orders.budget:.3g})"
        )
    reach = "grows without bound" if math.isinf(best) else f"is {best:.3g} at best"
    return (
        f"the certificate of every Carleman order {reach} after {steps} steps (budget {orders.budget:.3g}); "
        f"it holds for {orders.window} steps"
    )


def _nonlinear_ways(
    recursion: Recursion, orders: OrderSearch, damping: float | None, rate: float
) -> list[WayOut]:
    ways = []
    if damping is None or damping > 0:
        ways.append(
            WayOut(
                "damping at least",
                damping,
                "the run contracts with R < 1"
                if damping
                else "no damping helps: the learning rate is too large for it",
            )
        )
    if orders.smallest is None:
        certified = largest_certified_rate(recursion, orders.budget)
        ways.append(
            WayOut("learning_rate at most", certified, "some Carleman order is certified for the whole run")
        )
        ways.append(WayOut("iterations at most", orders.window, "some Carleman order is certified"))
    elif recursion.growth < 1 and recursion.lambda_max > 0:
        ways.append(
            WayOut(
                "learning_rate above", 2 / recursion.lambda_max, "the steepest direction overshoots and grows"
            )
        )
    return ways
