r"""Amplitude estimation: Grover iterates and circuits to know an amplitude sin θ within ε, 0 <= θ <= π/2.

With phase estimation over M = 2^b points (Brassard, Høyer, Mosca, Tapp, arXiv:quant-ph/0005055, theorem 11) θ is known
within π/M with probability 8/π², within kπ/M with more (`miss`); M−1 controlled iterates each. The median of
an odd number K of estimates is off only if more than half of them are: a binomial tail. b and K are chosen.

Iterative estimation (Grinko, Gacon, Zoufal, Woerner, arXiv:1912.05559, theorem 1) has no phase register: at most
(50/ε) ln((2/f) log₂(π/4ε)) iterates, in at most ⌊log₂(π/8ε)⌋ + 2 rounds of 32/(1−2 sin(π/14))² times the same logarithm
of circuits. With Clopper–Pearson intervals 14 was seen instead of 50.

An amplitude changes by no more than its angle, so ε serves for both. A circuit with k iterates uses the run 2k+1 times.
Checked: tests/algorithms/readout/test_amplitude_estimation.py, by running both on exact outcome distributions.
"""

from __future__ import annotations

import math
from functools import lru_cache

from qgd_compiler.algorithms.readout.ways import Circuit, Phase, Way
from qgd_compiler.kinds import Kind

PHASE = "Brassard, Høyer, Mosca, Tapp, arXiv:quant-ph/0005055, theorem 11, median of several"
ITERATIVE = "Grinko, Gacon, Zoufal, Woerner, arXiv:1912.05559, theorem 1"


def estimations(epsilon: float, failure: float) -> tuple[Way, ...]:
    """All ways to estimate an amplitude within `epsilon`, wrong with probability at most `failure`."""
    return (
        by_phase(epsilon, failure),
        iterative(epsilon, failure),
        iterative(epsilon, failure, observed=True),
    )


@lru_cache(maxsize=4096)
def by_phase(epsilon: float, failure: float) -> Way:
    """Phase estimation, K times over 2^b points, with the b that takes the fewest runs."""
    bits, repeats = _points(epsilon, failure)
    return Way(
        "amplitude estimation by phase estimation",
        (
            Phase(
                f"median of {repeats} estimates over 2^{bits} points",
                Circuit.ESTIMATED,
                circuits=repeats,
                iterates=repeats * (2**bits - 1),
                phase_bits=bits,
                kind=Kind.BOUND,
                source=PHASE,
            ),
        ),
        failure,
        PHASE,
        f"the amplitude within {epsilon:.3g}",
    )


def points(epsilon: float, failure: float) -> tuple[int, int]:
    """The qubits b of the phase register and the number K of estimates that `by_phase` takes."""
    return _points(epsilon, failure)


@lru_cache(maxsize=4096)
def _points(epsilon: float, failure: float) -> tuple[int, int]:
    epsilon = min(epsilon, math.pi / 4)
    least = max(math.ceil(math.log2(math.pi / epsilon)), 1)
    found = []
    for bits in range(least, least + 5):
        within = math.floor(epsilon * 2**bits / math.pi)
        if within < 1:
            continue
        if miss(within) < 0.5:
            repeats = _repeats(within, failure)
            found.append((repeats * (2 ** (bits + 1) - 1), bits, repeats))
    _, bits, repeats = min(found)
    return bits, repeats


@lru_cache(maxsize=4096)
def _repeats(within: int, failure: float) -> int:
    return median_repeats(miss(within), failure)


def miss(within: int) -> float:
    """The probability that one phase estimation is off by more than so many of its points (bound).

    The outcome at distance x from the phase, in points, has probability at least sin²(πx)/(πx)²; the worst phase is
    half way between two points, with 2k outcomes within k. k = 1 is the published 1 − 8/π².
    """
    return 1 - 2 / math.pi**2 * math.fsum(1 / (j + 0.5) ** 2 for j in range(within))


def median_repeats(miss: float, failure: float) -> int:
    """The smallest odd K for which K/2 or more misses of probability `miss` < 1/2 have at most this probability."""
    repeats = 1
    while majority(repeats, miss) > failure:
        repeats += 2
    return repeats


def majority(repeats: int, miss: float) -> float:
    """The probability of more than repeats/2 misses (exact)."""
    return math.fsum(
        math.comb(repeats, j) * miss**j * (1 - miss) ** (repeats - j)
        for j in range(repeats // 2 + 1, repeats + 1)
    )


def iterative(epsilon: float, failure: float, *, observed: bool = False) -> Way:
    """Iterative estimation: the proven counts, or those seen with Clopper–Pearson intervals."""
    epsilon = min(epsilon, math.pi / 8)
    logarithm = math.log(2 / failure * math.log2(math.pi / (4 * epsilon)))
    rounds = math.floor(math.log2(math.pi / (8 * epsilon))) + 2
    per_round = 32 / (1 - 2 * math.sin(math.pi / 14)) ** 2 * logarithm
    factor, kind = (14, Kind.FIT) if observed else (50, Kind.BOUND)
    shrink = factor / 50  # circuits of the rounds shrink with the intervals, as the iterates do
    source = f"{ITERATIVE}, {'Clopper–Pearson intervals, as seen' if observed else 'Chernoff intervals'}"
    return Way(
        "iterative amplitude estimation" + (", as observed" if observed else ""),
        (
            Phase(
                f"at most {rounds} rounds",
                Circuit.ESTIMATED,
                circuits=math.ceil(rounds * per_round * shrink),
                iterates=math.ceil(factor / epsilon * logarithm),
                kind=kind,
                source=source,
            ),
        ),
        failure,
        source,
        f"the amplitude within {epsilon:.3g}",
    )
