r"""What the discrete adiabatic solver asks for (Costa et al., arXiv:2111.08152; Costa et al., arXiv:2312.07690).

With κ = α‖L⁻¹‖, the walk takes T = cκ/Δ steps to a state within Δ (2-norm) of the solution: the squared overlap is
(1 − Δ²/2)² = 1 − δ, δ = Δ² − Δ⁴/4. The filter of ℓ <= κ ln(2/ε_f) steps keeps the solution and shrinks the rest by
ε_f: the squared overlap becomes (1−δ)/(1−δ+δε_f²), which is an error ε for

    ε_f = ε √((1−δ)(1−ε²/4)) / ((1−ε²/2)√δ),

and it passes with probability q = 1 − δ(1−ε_f²) at most. Expected steps, failures of the filter being seen half-way
on average:

    κ/2 ln(2/ε_f) (1/q² + 1) + c κ/(Δ q²),

with Δ where this is smallest; Δ depends on ε and c alone. We derive 1/q runs in place of the published 1/q², and
count the published number: it is the larger one (docs/decisions).

One step of the filter is one use of U_L or U_L†. So is one step of the walk where L + L† >= 0; for other L it takes
both (`walk.py`), and c counts twice. c = 2305 holds for both. The fit c = 1.84 holds for the first: our walk needed
at most 0.95 on histories, and 1.84 or less on most random systems. With the second, histories and random systems
needed up to 4.9, because all of the state counts here and not what is left of it after a measurement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.queries import Queries
from qgd_compiler.errors import UsageError
from qgd_compiler.kinds import Kind
from qgd_compiler.scalars import (
    Scalar,
    acosh,
    atanh,
    ceil,
    is_array,
    is_symbolic,
    log,
    maximum,
    minimum,
    sqrt,
)
from qgd_compiler.traced import Traced

DISCRETE = "discrete adiabatic"
ACCRETIVE = "L + L† ⪰ 0, as in every history of a step of norm at most 1"
ANY = "any L"

_WIDEST = 1.4  # Δ stays below √2, where nothing is left of the overlap
_NARROWEST = 1e-6
_GRID = 96
_SECTIONS = 60  # the last bracket is 0.618^60 = 3e-13 of a cell


@dataclass(frozen=True)
class Constant:
    """c in T = cκ/Δ, and how sure it is."""

    value: float
    kind: Kind
    source: str


BOUND = Constant(2305.0, Kind.BOUND, "bound of arXiv:2111.08152 as evaluated in arXiv:2312.07690: c = 2305")
FIT = Constant(1.84, Kind.FIT, "observed on random matrices up to 16 rows, arXiv:2312.07690: c = 1.84")

DILATED_FIT = Constant(
    5.0, Kind.FIT, "observed on our walk of L made Hermitian, histories and random matrices: c up to 4.9"
)


def constant_for(kind: Kind, *, dilated: bool = False) -> Constant:
    """The constant of a bound, or of a fit (for any other kind)."""
    if kind is Kind.BOUND:
        return BOUND
    return DILATED_FIT if dilated else FIT


@dataclass(frozen=True)
class Split:
    """Where the walk stops and what the filter does.

    distance   Δ, of the state after the walk
    filter     ε_f, what the filter leaves of everything else
    success    q, the probability of the filter at most; at least 1 − δ
    attempts   1/q², how often walk and filter are started at most
    steps      expected steps per κ, walk and filter together
    """

    distance: Scalar
    filter: Scalar
    success: Scalar
    attempts: Scalar
    steps: Scalar

    @property
    def lost(self) -> Scalar:
        """δ, the weight outside the solution after the walk."""
        return _lost(self.distance)


def split_at(distance: Scalar, epsilon: Scalar, constant: Scalar) -> Split:
    """The split with the walk stopping at Δ = `distance`; `constant` uses per κ/Δ."""
    lost = _lost(distance)
    passed = filter_height(distance, epsilon)
    success = 1 - lost * (1 - passed * passed)
    attempts = 1 / (success * success)
    steps = log(2 / passed) * (attempts + 1) / 2 + constant * attempts / distance
    return Split(distance, passed, success, attempts, steps)


def filter_height(distance: Scalar, epsilon: Scalar) -> Scalar:
    """ε_f for the output error ε, at most 1. Kind: exact (derived above)."""
    lost = _lost(distance)
    square = epsilon * epsilon
    height = epsilon * sqrt((1 - lost) * (1 - square / 4)) / ((1 - square / 2) * sqrt(lost))
    return minimum(height, 1.0)


def best_split(epsilon: Scalar, constant: Scalar) -> Split:
    """The split with the fewest expected steps, to 1e-9 relative; numbers, or arrays that broadcast.

    Any Δ is a valid split; the best is taken from a table in ln ε, the same for numbers and arrays.
    """
    if is_symbolic(epsilon, constant):
        raise UsageError(
            "the split of the adiabatic solver needs ε and c as numbers", remedy="κ may be a symbol"
        )
    if isinstance(epsilon, Traced):
        return split_at(epsilon.tape.one(walk_distance, epsilon, constant), epsilon, constant)
    if not np.all(np.asarray(constant) > 0) or not (is_array(epsilon) or 0 < epsilon < 1):
        raise UsageError("the adiabatic solver needs 0 < ε < 1 and c > 0", remedy="such as ε = 1e-3")
    distance = walk_distance(epsilon, constant)
    if not is_array(epsilon, constant):
        return split_at(float(distance), float(epsilon), float(constant))
    return split_at(distance, np.asarray(epsilon, dtype=float), constant)


def walk_distance(epsilon: Scalar, constant: Scalar) -> NDArray[np.float64]:
    """Δ of the best split; NaN where ε is not between 0 and 1: of many plans some have nothing left for the solver."""
    eps, c = np.broadcast_arrays(np.asarray(epsilon, dtype=float), np.asarray(constant, dtype=float))
    with np.errstate(all="ignore"):
        logs = np.where((eps > 0) & (eps < 1), np.log(eps), np.nan)
    distance = np.empty(eps.shape)
    for one in np.unique(c):
        at = ... if np.ndim(constant) == 0 else c == one
        distance[at] = np.exp(_between(_best_distances(float(one)), logs[at]))
    return distance


def _between(table: NDArray[np.float64], logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """A table over `_LOGS`, linear between its nodes."""
    place = (np.maximum(logs, _LOGS[0]) - _LOGS[0]) * (len(_LOGS) - 1) / (_LOGS[-1] - _LOGS[0])
    below = np.clip(np.nan_to_num(place), 0, len(_LOGS) - 2).astype(np.int64)
    left = table[below]
    return np.asarray(left + (place - below) * (table[below + 1] - left))


_LOGS = np.linspace(math.log(1e-30), 0.0, 8193)  # of ε; beyond its ends the Δ of the end is taken


def best_distances(constant: float) -> tuple[np.ndarray, np.ndarray]:
    """The table behind `best_split`: ln ε, equally spaced, and ln Δ; between them it is taken as linear."""
    return _LOGS, _best_distances(float(constant))


@lru_cache(maxsize=16)
def _best_distances(constant: float) -> np.ndarray:
    """ln Δ of the best split at each node of the table: a grid, then a golden section."""
    eps = np.minimum(np.exp(_LOGS), 1 - 1e-12)
    c = np.full(eps.shape, constant)

    def steps(at: np.ndarray) -> np.ndarray:
        return np.asarray(split_at(np.exp(at), eps, c).steps)

    grid = np.linspace(np.log(_NARROWEST), np.log(_WIDEST), _GRID)
    values = np.stack([steps(np.full(eps.shape, x)) for x in grid])
    lowest = np.clip(values.argmin(axis=0), 1, _GRID - 2)
    low, high = grid[lowest - 1], grid[lowest + 1]
    ratio = (np.sqrt(5) - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = steps(left), steps(right)
    for _ in range(_SECTIONS):
        keep_left = at_left < at_right
        low, high = np.where(keep_left, low, left), np.where(keep_left, right, high)
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        at_left, at_right = steps(left), steps(right)
    return np.asarray((low + high) / 2)


def discrete_queries(
    kappa: Scalar,
    epsilon: Scalar,
    constant: Constant = FIT,
    *,
    dilated: bool = False,
    split: Split | None = None,
) -> Queries:
    """Expected queries of the discrete adiabatic solver, repetitions included.

    dilated  for an L without L + L† >= 0: the walk uses U_L and U_L† at every step
    split    None: the best one, which needs ε as a number
    Right-hand sides: one per step and one to start from; each is a preparation or its inverse.
    Kind: that of `constant`.
    """
    per_step = 2 if dilated else 1
    if split is None:
        split = best_split(epsilon, per_step * constant.value)
    walked, filtered = expected_steps(kappa, epsilon, constant, dilated=dilated, split=split)
    return Queries(
        encoding=ceil(per_step * walked + filtered),
        right_hand_side=ceil(walked + filtered + split.attempts),
        success=1,
        kind=constant.kind,
        source=f"Costa, An, Babbush, Berry, arXiv:2312.07690; {constant.source}",
        valid_for=ANY if dilated else ACCRETIVE,
    )


def expected_steps(
    kappa: Scalar,
    epsilon: Scalar,
    constant: Constant,
    *,
    dilated: bool = False,
    split: Split | None = None,
) -> tuple[Scalar, Scalar]:
    """Steps of the walk and of the filter that `discrete_queries` counts, not rounded."""
    per_step = 2 if dilated else 1
    if split is None:
        split = best_split(epsilon, per_step * constant.value)
    walked = constant.value * split.attempts / split.distance
    return kappa * walked, kappa * (split.steps - per_step * walked)


@dataclass(frozen=True)
class Run:
    """One run of the solver: even numbers of steps, and what passes the filter at least.

    walk     steps of the walk, T
    filter   steps of the filter, ℓ
    success  1 − δ
    """

    walk: Scalar
    filter: Scalar
    success: Scalar


def one_run(kappa: Scalar, epsilon: Scalar, constant: Constant = FIT, *, dilated: bool = False) -> Run:
    """The steps of a single run with the split of `discrete_queries`."""
    split = best_split(epsilon, (2 if dilated else 1) * constant.value)
    return Run(
        walk=2 * ceil(constant.value * kappa / (2 * split.distance)),
        filter=filter_steps(kappa, split.filter),
        success=1 - split.lost,
    )


def filter_steps(kappa: Scalar, height: Scalar) -> Scalar:
    """The even number ℓ of steps after which all but the kernel has shrunk to `height` (exact, rounded up).

    ℓ = acosh(1/ε_f)/acosh(β), β = 1/√(1−1/κ²): the singular values are at least 1/κ. At most κ ln(2/ε_f) + 2.
    """
    # acosh β = artanh(1/κ), which keeps its digits for large κ.
    return 2 * maximum(ceil(acosh(1 / height) / (2 * atanh(1 / kappa))), 1)


def _lost(distance: Scalar) -> Scalar:
    square = distance * distance
    return square - square * square / 4
