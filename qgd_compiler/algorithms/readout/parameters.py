r"""Ways to read all parameters: every entry of the normalised result within δ (or the vector within a 2-norm).

Two phases: magnitudes from plain runs, then signs from runs interfered with the state Σ √p̂_i |i>, which is known
after the first phase. Given magnitudes within δ₁, entries with √p̂_i <= δ − δ₁ are returned as 0; of the others a sign
matters only where √p̂_i + |x_i| > δ, and there |x_i| and √p̂_i are at least max((δ−δ₁)/2, δ−2δ₁) =: m. The compiler picks
δ₁ and the split of the failure probability. In the 2-norm, signs that are wrong where |x_i| or √p̂_i is below m add at
most 2m√r: error d₁ + 2m√r.

x is the state that the run really leaves: its own 2-norm error ε comes on top of δ, entry by entry at most.

Kerenidis, Landman and Prakash need 36 ln r/δ² results for each phase (arXiv:1911.01117; the signs as arXiv:1808.09266);
a quarter of that was seen to do in 85 % of the cases.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache

from qgd_compiler.algorithms.readout.amplitude_estimation import estimations
from qgd_compiler.algorithms.readout.overlap import off_by, unknown
from qgd_compiler.algorithms.readout.sampling import (
    fewest,
    fewest_for_signs,
    magnitude_failure,
    norm_failure,
)
from qgd_compiler.algorithms.readout.ways import Circuit, Phase, Way
from qgd_compiler.kinds import Kind

DERIVED = "Okamoto (1958) for magnitudes, Chernoff's bound for signs; algorithms/readout/parameters.py"
KLP = "Kerenidis, Landman, Prakash, arXiv:1911.01117; signs as Kerenidis, Prakash, arXiv:1808.09266"
SHARES = tuple(i / 40 for i in range(8, 33))  # of δ for δ₁: outside, one of the phases is hopeless
FAILURES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8)


def parameters(
    entries: int, delta: float, failure: float, success: float, balance: float = 1.0, spread: float = 1.0
) -> tuple[Way, ...]:
    """All ways to read `entries` entries, each within `delta`; cheapest first, those without a count last.

    failure   probability that any entry is off by more
    success   of one run; only the choices within a way depend on it
    balance   as in `sampling.sign_failure`
    spread    as in `overlap.overlap`
    """
    return _in_order(
        [
            two_phases(entries, delta, failure, success, balance),
            published(entries, delta, quarter=False),
            published(entries, delta, quarter=True),
            entry_by_entry(entries, delta, failure, success, spread),
            Way(
                "gradient-based tomography",
                unavailable="no constants are published (van Apeldoorn et al., arXiv:2207.08800)",
                source="arXiv:2207.08800",
            ),
        ],
        success,
    )


def in_norm(
    entries: int, distance: float, failure: float, success: float, balance: float = 1.0
) -> tuple[Way, ...]:
    """All ways to read `entries` entries, the whole vector within `distance` in the 2-norm."""
    phases = _in_norm(entries, distance, failure, success, balance)
    each = two_phases(entries, distance / math.sqrt(entries), failure, success, balance)
    returns = f"{entries:,} entries, the vector within {distance:g} in the 2-norm"
    guess = max(math.ceil(entries / (2 * distance * distance)), 1)
    return _in_order(
        [
            Way(
                "magnitudes and signs, 2-norm",
                phases,
                failure,
                "Agrawal, arXiv:1904.02291, for magnitudes; algorithms/readout/parameters.py",
                returns,
            ),
            Way("magnitudes and signs, each entry within 1/√r of it", each.phases, failure, DERIVED, returns),
            Way(
                "magnitudes and signs, results as observed",
                _pair(guess, guess, Kind.FIT, "r/(2δ²) for each phase was seen to do"),
                None,
                "observed",
                returns,
            ),
        ],
        success,
    )


def two_phases(
    entries: int,
    delta: float,
    failure: float,
    success: float = 1.0,
    balance: float = 1.0,
    signs: int | None = None,
) -> Way:
    """Magnitudes and signs with proven counts.

    signs   of how many entries signs are wanted (default: all)
    """
    wanted = entries if signs is None else signs
    magnitudes, after, zero_below = _two_phases(entries, wanted, delta, failure, success, balance)
    return Way(
        "magnitudes and signs",
        _pair(magnitudes, after, Kind.BOUND, DERIVED),
        failure,
        DERIVED,
        f"{entries:,} entries of the normalised result, each within {delta:g}",
        zero_below,
    )


@lru_cache(maxsize=4096)
def _two_phases(
    entries: int, signs: int, delta: float, failure: float, success: float, balance: float
) -> tuple[int, int, float]:
    def options() -> Iterable[tuple[float, int, int, float]]:
        for share in SHARES:
            first = share * delta
            least = max((delta - first) / 2, delta - 2 * first)
            for part in FAILURES:
                n = _fewest_for_magnitudes(first, entries, part * failure)
                m = fewest_for_signs(least, signs, (1 - part) * failure, balance)
                yield n + m * (1 + success) / 2, n, m, delta - first

    _, magnitudes, after, zero_below = min(options())
    return magnitudes, after, zero_below


@lru_cache(maxsize=1024)
def _in_norm(
    entries: int, distance: float, failure: float, success: float, balance: float
) -> tuple[Phase, ...]:
    def options() -> Iterable[tuple[float, int, int]]:
        for share in SHARES:
            first = share * distance
            least = (distance - first) / (2 * math.sqrt(entries))
            for part in FAILURES:
                n = _fewest_in_norm(first, entries, part * failure)
                m = fewest_for_signs(least, entries, (1 - part) * failure, balance)
                yield n + m * (1 + success) / 2, n, m

    _, magnitudes, after = min(options())
    return _pair(magnitudes, after, Kind.BOUND, "Agrawal, arXiv:1904.02291; Chernoff's bound for signs")


def published(entries: int, delta: float, *, quarter: bool) -> Way:
    """36 ln r/δ² results for each phase (bound), or a quarter of it (fit: passed in 85 % of the cases).

    The failure probability of the bound is 1/poly(r) and cannot be chosen.
    """
    full = 36 * math.log(max(entries, 2)) / (delta * delta)
    results = math.ceil(full / 4 if quarter else full)
    kind = Kind.FIT if quarter else Kind.BOUND
    return Way(
        "published tomography, a quarter of the results" if quarter else "published tomography",
        _pair(results, results, kind, KLP if not quarter else "observed: passed in 85 % of the cases"),
        None,
        KLP,
        f"{entries:,} entries of the normalised result, each within {delta:g}",
    )


def entry_by_entry(entries: int, delta: float, failure: float, success: float, spread: float = 1.0) -> Way:
    """One amplitude estimation of the overlap with each basis state: r/δ instead of 1/δ² runs."""
    left = delta - off_by(spread)
    if not left > 0:
        name = "one amplitude estimation per entry"
        return Way(name, source="readout/overlap.py", unavailable=unknown(spread))
    amplitude = left * math.sqrt(success) / 2  # the amplitude estimated is (1 + √P x_i)/2
    best = min(
        (way for way in estimations(amplitude, failure / entries) if way.kind is Kind.BOUND),
        key=lambda way: way.expected_runs(1.0),
    )
    (phase,) = best.phases
    return Way(
        "one amplitude estimation per entry",
        (
            Phase(
                f"{entries:,} times {phase.name}",
                Circuit.ESTIMATED,
                circuits=phase.circuits * entries,
                iterates=phase.iterates * entries,
                phase_bits=phase.phase_bits,
                kind=phase.kind,
                source=phase.source,
            ),
        ),
        failure,
        best.source,
        f"{entries:,} entries of the normalised result, each within {delta:g}",
    )


def _pair(magnitudes: int, signs: int, kind: Kind, source: str) -> tuple[Phase, ...]:
    return (
        Phase("magnitudes", Circuit.PLAIN, kept=magnitudes, kind=kind, source=source),
        Phase("signs", Circuit.INTERFERED, kept=signs, kind=kind, source=source),
    )


@lru_cache(maxsize=4096)
def _fewest_for_magnitudes(delta: float, entries: int, allowed: float) -> int:
    return fewest(lambda n: magnitude_failure(n, delta, entries) <= allowed)


@lru_cache(maxsize=4096)
def _fewest_in_norm(distance: float, entries: int, allowed: float) -> int:
    return fewest(lambda n: norm_failure(n, distance, entries) <= allowed)


def _in_order(ways: list[Way], success: float) -> tuple[Way, ...]:
    return tuple(
        sorted(ways, key=lambda w: (bool(w.unavailable), 0 if w.unavailable else w.expected_runs(success)))
    )
