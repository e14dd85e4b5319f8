r"""How many results of a measurement tell magnitudes, signs, and which entries there are.

x is a real unit vector over r entries, p_i = x_i², p̂_i the share of N results that are i.

Magnitudes. Okamoto: P(√p̂ >= √p + δ) <= e^{−2Nδ²} and P(√p̂ <= √p − δ) <= e^{−Nδ²}, and the second needs p >= δ²,
which at most 1/δ² entries have. So all r magnitudes √p̂_i are within δ but with probability
    r e^{−2Nδ²} + min(r, 1/δ²) e^{−Nδ²}.
In the 2-norm: ‖√p̂ − √p‖² <= D(p̂‖p), and P(D >= ε) <= (e ε N/(r−1))^{r−1} e^{−Nε} for ε > (r−1)/N (Agrawal).

Signs. After interference with a known unit vector φ the outcomes (+, i), (−, i) have probabilities (x_i ± φ_i)²/4. The
more frequent one has the right sign but with probability (1 − min(|x_i|, φ_i)²)^N (Chernoff: of two outcomes with
probabilities a > b, b is seen at least as often with probability at most (1 − (√a − √b)²)^N). At most 1/m² entries
have |x_i| >= m.

Seeing. An entry with |x_i| >= τ is not seen with probability at most (1−τ²)^N.

Sources: M. Okamoto, Annals of the Institute of Statistical Mathematics 10, 29 (1958), theorems 3 and 4; R. Agrawal,
arXiv:1904.02291; Chernoff's bound. Kind: bound.
Checked: tests/algorithms/readout/test_sampling.py, against exact binomial and multinomial tails.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from qgd_compiler.errors import InfeasibleError

MOST = 10**300  # results: beyond it no float holds their number


def fewest(holds: Callable[[int], bool]) -> int:
    """The smallest whole N >= 1 for which `holds`, a condition that stays true once it is.

    InfeasibleError where it is beyond `MOST`.
    """
    high = 1
    while not holds(high):
        high *= 2
        if high > MOST:
            raise InfeasibleError(
                f"more than {MOST:.0e} results would have to be read",
                at="target.epsilon",
                remedy="a larger error, or fewer iterations",
            )
    low = high // 2 + 1
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return high


def magnitude_failure(results: int, delta: float, entries: int) -> float:
    """Bound on the probability that any of `entries` magnitudes is off by more than δ. Units: none."""
    weight = results * delta * delta
    return entries * math.exp(-2 * weight) + _at_least(entries, delta) * math.exp(-weight)


def sign_failure(results: int, least: float, entries: int, balance: float = 1.0) -> float:
    """Bound on the probability that any sign is wrong where |x_i| and φ_i are both at least `least`.

    balance   2 min(w, 1−w), w the weight of the run in the interfered state after success (1: equal weights)
    """
    return _at_least(entries, least) * math.exp(
        results * math.log1p(-min(balance * least * least, 1 - 1e-16))
    )


def fewest_for_signs(least: float, entries: int, allowed: float, balance: float = 1.0) -> int:
    """The smallest N >= 1 with `sign_failure` at most `allowed`, in closed form up to the last step."""
    rate = -math.log1p(-min(balance * least * least, 1 - 1e-16))
    results = max(math.ceil(math.log(_at_least(entries, least) / allowed) / rate), 1)
    while sign_failure(results, least, entries, balance) > allowed:  # a rounding away, of numbers of any size
        results += max(1, results >> 48)
    return results


def unseen_failure(results: int, threshold: float, entries: int) -> float:
    """Bound on the probability that any of `entries` entries of magnitude at least τ is not seen."""
    return entries * math.exp(results * math.log1p(-min(threshold * threshold, 1 - 1e-16)))


def norm_failure(results: int, distance: float, entries: int) -> float:
    """Bound on the probability that the magnitudes are off by more than `distance` in the 2-norm."""
    free = entries - 1
    if free == 0:
        return 0.0
    ratio = results * distance * distance / free
    if ratio <= 1:
        return 1.0
    return math.exp(free * (1 + math.log(ratio) - ratio))


def balance_of(spread: float) -> float:
    """2 min(w, 1−w) where P lies between two values and their geometric mean is assumed; bound.

    The weights of run and reference are as P to the value that was assumed, so at worst as `spread` to 1,
    spread = √(largest/smallest).
    """
    return 2 / (1 + spread)


def _at_least(entries: int, size: float) -> int:
    """How many of `entries` entries of a unit vector can have at least this size; at least 1."""
    return max(min(entries, math.floor(1 / (size * size))), 1)
