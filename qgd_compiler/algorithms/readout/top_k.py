r"""Ways to read the k largest parameters.

See first: ln(k/f)/τ² results show each of the k largest entries at least once if none of them is below τ; then the
magnitudes of the entries seen (fresh results), then the signs of k of them. Or read all magnitudes at once: seeing is
not needed then, and the number of entries stands in a logarithm only.
"""

from __future__ import annotations

from qgd_compiler.algorithms.readout.parameters import DERIVED, two_phases
from qgd_compiler.algorithms.readout.sampling import fewest, unseen_failure
from qgd_compiler.algorithms.readout.ways import Circuit, Phase, Way
from qgd_compiler.kinds import Kind
from qgd_compiler.scalars import Scalar, log

SEEING = "each of k entries is missed with probability (1−τ²)^N at most; union bound"


def top_k(
    entries: int, k: int, threshold: float, delta: float, failure: float, success: float, balance: float = 1.0
) -> tuple[Way, ...]:
    """Both ways, cheapest first: the k largest of `entries` entries, each within `delta`.

    threshold   τ: the smallest magnitude among the k largest entries that must not be missed (seeing first)
    """
    k = min(k, entries)
    seeing = fewest(lambda n: unseen_failure(n, threshold, k) <= failure / 3)
    seen = min(entries, seeing)
    after = two_phases(seen, delta, failure * 2 / 3, success, balance, signs=k)
    at_once = two_phases(entries, delta, failure, success, balance, signs=k)
    first = Phase("seeing", Circuit.PLAIN, kept=seeing, kind=Kind.BOUND, source=SEEING)
    ways = (
        Way(
            "see, then magnitudes and signs of what was seen",
            (first, *after.phases),
            failure,
            f"{SEEING}; {DERIVED}",
            f"the {k:,} largest entries of the normalised result, each within {delta:g}; "
            f"none of them is missed if it is at least {threshold:g}",
        ),
        Way(
            "magnitudes of all, signs of the largest",
            at_once.phases,
            failure,
            DERIVED,
            f"{k:,} entries of the normalised result, each within {delta:g}; "
            f"no other is larger than the smallest of them by more than {2 * delta:g}",
        ),
    )
    return tuple(sorted(ways, key=lambda way: way.expected_runs(success)))


def results_to_see(k: Scalar, threshold: Scalar, failure: Scalar) -> Scalar:
    """ln(k/f)/τ²: results that show k entries of magnitude at least τ (before rounding).

    Units:   results.
    Shape:   scalars or arrays that broadcast.
    Error:   none; a bound by (1−τ²)^N <= e^{−Nτ²}.
    Kind:    bound, attained to first order where all k entries are τ.
    Source:  union bound.
    Checked: tests/algorithms/readout/test_top_k.py, by drawing.

    >>> round(results_to_see(4, 0.5, 0.04), 2)
    18.42
    """
    return log(k / failure) / (threshold * threshold)
