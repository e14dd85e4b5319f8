r"""The norm of the result: what turns the normalised state into parameters.

A run returns x = u_T/‖u_T‖. With the norm of the whole solution known (a solver that needs it has it), ‖u_T‖ is that
norm times √P up to known factors, P the probability of the wanted outcome: a relative error of √P is one of ‖u_T‖.
Where P depends on the norm through something else, d ln‖u_T‖/d ln √P is the `sensitivity`.

Counted: after N circuits |√P̂ − √P| <= ρ√P but with probability e^{−2Nρ²P} + e^{−Nρ²P} (Okamoto); the runs for
magnitudes count too. Estimated: amplitude estimation of √P within ρ√P.

With magnitudes within δ and the norm within ρ, the entries of u_T are within (δ + ρ + ρδ)‖u_T‖.
"""

from __future__ import annotations

import math
from dataclasses import replace

from qgd_compiler.algorithms.readout.amplitude_estimation import estimations
from qgd_compiler.algorithms.readout.sampling import fewest
from qgd_compiler.algorithms.readout.ways import Circuit, Phase, Way
from qgd_compiler.kinds import Kind


def norm(
    relative: float, failure: float, success: float, *, sensitivity: float = 1.0, paid: int = 0
) -> tuple[Way, ...]:
    """All ways to know the norm within a relative error, fewest further runs first.

    relative      error ρ of ‖u_T‖ (above 0)
    success       lower bound on P
    sensitivity   d ln‖u_T‖ / d ln √P (1: proportional)
    paid          circuits of plain runs that are made anyway
    """
    rho = relative / abs(sensitivity)
    returns = f"the norm of the result, within a relative {relative:g}"
    ways = [
        replace(
            way,
            name=f"success {way.name}",
            phases=tuple(replace(p, name=f"norm: {p.name}", circuit=Circuit.SUCCESS) for p in way.phases),
            returns=returns,
        )
        for way in estimations(rho * math.sqrt(success), failure)
    ]
    ways.append(replace(counted(rho, failure, success, paid), returns=returns))
    return tuple(sorted(ways, key=lambda way: way.expected_runs(success)))


def counted(rho: float, failure: float, success: float, paid: int = 0) -> Way:
    """The share of circuits that succeed; `paid` of them are made anyway."""
    weight = rho * rho * success
    circuits = fewest(lambda n: math.exp(-2 * n * weight) + math.exp(-n * weight) <= failure)
    further = max(circuits - paid, 0)
    source = "Okamoto (1958)"
    # every circuit counts here, whether it succeeds or not
    return Way(
        "success counted",
        (Phase("norm: successes", Circuit.COUNTED, circuits=further, kind=Kind.BOUND, source=source),),
        failure,
        source,
    )


def entry_error(delta: float, relative: float) -> float:
    """Error of an entry of u_T in units of ‖u_T‖, from δ of the normalised entry and ρ of the norm (bound)."""
    return delta + relative + relative * delta
