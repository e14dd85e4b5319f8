"""What the direct solvers know of a run with one Hessian: u_T = f(H) v, v = −g or u_0."""

from __future__ import annotations

from dataclasses import dataclass

from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.problem import Interval
from qgd_compiler.algorithms.right_hand_sides import States
from qgd_compiler.analysis.response import Response


@dataclass(frozen=True)
class Factor:
    """H = J†J + shift·I: encodings of J, and the shift."""

    offers: tuple[Offer, ...]
    shift: float


@dataclass(frozen=True, eq=False)
class Quadratic:
    """A run whose last iterate is a function of one Hermitian H applied to one vector.

    response    f; `low`, `high` the ends of the spectrum of H, damping included
    offers      encodings of H, with its damping
    steps       encodings of I − ηH; empty where the rate changes or there is momentum
    factor      a square root of H, where the structure has one
    states      v, known or not; `nonzeros` of its entries are not zero
    kept        ‖u_T‖/‖v‖ between two values; the upper one None: not known
    stationary  ‖H⁻¹v‖/‖v‖ between two values; None: H has no certified smallest eigenvalue above 0
    distance    ‖u_T − u_∞‖/‖u_T‖, at most; None: as `stationary`
    """

    response: Response
    low: float
    high: float
    offers: tuple[Offer, ...]
    steps: tuple[Offer, ...]
    factor: Factor | None
    states: States
    nonzeros: int
    kept: Interval | tuple[float, None]
    stationary: Interval | None
    distance: float | None
