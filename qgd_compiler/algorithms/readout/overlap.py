r"""Ways to read one overlap s = <w|x> of the normalised result x with a given real unit vector w, sign included.

Hadamard test: the switch in |+>, the run under it, the preparation of w undone under it, a Hadamard on the switch. The
amplitude of |0…0> is (1 + √P s)/2, P the success probability of the run: real, not negative, linear in s, so one
amplitude estimation within ε√P/2 gives √P s within ε√P. To have s, √P must be known: exactly, or within a relative ρ
(`norm`), which adds ρ|s|.

Sampled: the run interfered with w (weights equal after success, `ways.switch_angle`), a Hadamard on the switch. Of the
results that succeed, (share of 0) − (share of 1) has mean s: 2 ln(2/f)/ε² results (Hoeffding). No √P is needed beyond
the balance.
"""

from __future__ import annotations

import math
from dataclasses import replace

from qgd_compiler.algorithms.readout.amplitude_estimation import estimations
from qgd_compiler.algorithms.readout.ways import Circuit, Phase, Way
from qgd_compiler.kinds import Kind


def overlap(epsilon: float, failure: float, success: float, spread: float = 1.0) -> tuple[Way, ...]:
    """All ways to read one overlap within `epsilon`, cheapest first.

    success   of one run; a lower bound serves
    spread    √(largest/smallest P): the geometric mean is assumed, and what it may be off by is taken from ε
    """
    returns = f"the overlap of the normalised result with w, within {epsilon:g}, sign included"
    left = epsilon - off_by(spread)
    sample = replace(sampled(epsilon, failure), returns=returns)
    if not left > 0:
        name = "Hadamard test, amplitude estimation"
        return sample, Way(name, source="readout/overlap.py", unavailable=unknown(spread))
    ways = [
        replace(way, name=f"Hadamard test, {way.name}", returns=returns)
        for way in estimations(left * math.sqrt(success) / 2, failure)
    ]
    ways.append(sample)
    return tuple(sorted(ways, key=lambda way: way.expected_runs(success)))


def off_by(spread: float) -> float:
    """How much an overlap of at most 1 is off where √P is only known within a factor `spread` (bound): √spread − 1."""
    return math.sqrt(spread) - 1


def unknown(spread: float) -> str:
    """Why an amplitude cannot be turned into an overlap."""
    return f"√P is known only within a factor of {spread:.3g}, and amplitude estimation finds √P times the overlap"


def sampled(epsilon: float, failure: float) -> Way:
    """Results of interfered runs, averaged."""
    results = math.ceil(2 * math.log(2 / failure) / (epsilon * epsilon))
    source = "Hoeffding's bound for values ±1"
    return Way(
        "sampled Hadamard test",
        (Phase("signs of w", Circuit.INTERFERED, kept=results, kind=Kind.BOUND, source=source),),
        failure,
        source,
    )
