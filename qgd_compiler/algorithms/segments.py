r"""A run cut into segments: each uploads, solves and downloads, and its error goes on through those behind it.

With u the displacement, a step of the iteration moves two points that lie d apart to at most Λ d apart,
Λ = ‖G₁‖ + 2f₂ρ + 3f₃ρ² where neither is further than ρ from the origin. So an error e_k made in segment k (2-norm,
units of the parameters) is at the end of the run at most Λ^{steps after it} e_k, and the errors add up:
    ‖error at T‖ <= Σ_k Λ^{T − end of segment k} e_k.
Kind: bound. Classical warm-up steps run from the downloaded point; they make no error of their own, but pass on Λ.

The budget E is split so that Σ cost_k is least when the cost of segment k goes as e_k^{−p} (p = 2 for sampling, 1 for
amplitude estimation): e_k ∝ (c_k/g_k)^{1/(p+1)}, g_k the factor above (Lagrange; exact).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qgd_compiler.errors import InfeasibleError

LEAST = 1e-150  # of a factor by which an error fades, and of what a segment weighs: shares are made of both


@dataclass(frozen=True)
class Segment:
    """Steps `start` … `end` − 1 of a run, the first `warm_up` of them classical.

    after   steps of the run behind the segment
    """

    start: int
    end: int
    warm_up: int
    after: int

    @property
    def steps(self) -> int:
        """Steps on the quantum computer; 0 for a rest that the warm-up covers."""
        return self.end - self.start - self.warm_up


def cut(iterations: int, length: int, warm_up: int = 0) -> tuple[Segment, ...]:
    """⌈T/length⌉ segments of `length` steps, the last one of what is left; each begins with `warm_up` classical steps.

    Exact. ValueError unless 0 <= warm_up < length and both counts are positive.

    >>> [(s.start, s.end, s.steps) for s in cut(250, 100, 10)]
    [(0, 100, 90), (100, 200, 90), (200, 250, 40)]
    """
    if not (iterations >= 1 and 0 <= warm_up < length):
        raise ValueError(
            f"{iterations} steps cannot be cut into segments of {length} with {warm_up} classical ones"
        )
    return tuple(
        Segment(start, end, min(warm_up, end - start), iterations - end)
        for start in range(0, iterations, length)
        for end in (min(start + length, iterations),)
    )


def cut_at(lengths: Sequence[int], iterations: int, warm_up: int = 0) -> tuple[Segment, ...]:
    """Segments no longer than the lengths given one after the other, the last of which goes on to the end.

    For windows whose certified length changes along the run. ValueError as for `cut`.
    """
    segments: list[Segment] = []
    start = 0
    while start < iterations:
        length = lengths[min(len(segments), len(lengths) - 1)]
        if not 0 <= warm_up < length:
            raise ValueError(f"a window of {length} steps leaves no room for {warm_up} classical ones")
        end = min(start + length, iterations)
        segments.append(Segment(start, end, min(warm_up, end - start), iterations - end))
        start = end
    return tuple(segments)


def step_growth(contraction: float, second: float = 0.0, third: float = 0.0, radius: float = 0.0) -> float:
    """Λ: how far apart one step can move two points within `radius` of the origin (bound).

    contraction   ‖G₁‖; second, third: ‖G₂‖ and ‖G₃‖ per unit of the displacement
    """
    return contraction + 2 * second * radius + 3 * third * radius * radius


def growths(segments: Sequence[Segment], growth: float) -> tuple[float, ...]:
    """Λ^{steps after it} for each segment, at least 1e-150: what fades more than that is bounded by it.

    InfeasibleError where the first of them exceeds 1e150: its error could not be told from the result.
    """
    worst = max((segment.after for segment in segments), default=0) * math.log(max(growth, 1e-300))
    if worst > 345:
        raise InfeasibleError(
            f"an error of the first segment grows by e^{worst:.3g} until the end of the run",
            at="dynamics.segment",
            remedy="fewer iterations, damping, or a start for each segment that is measured and not predicted",
        )
    return tuple(max(growth**segment.after, LEAST) for segment in segments)


def accumulated(errors: Sequence[float], factors: Sequence[float]) -> float:
    """The error at the end of the run: Σ g_k e_k (2-norm, units of the parameters; bound)."""
    return math.fsum(g * e for g, e in zip(factors, errors, strict=True))


def split(
    budget: float, factors: Sequence[float], weights: Sequence[float], exponent: float = 2.0
) -> tuple[float, ...]:
    """The error each segment may make, so that Σ w_k e_k^{−p} is least and Σ g_k e_k = budget.

    budget    error at the end of the run (2-norm, units of the parameters, above 0)
    weights   w_k, above 0 (a segment that reads nothing out has no place here)
    exponent  p
    """
    ideal = [(w / g) ** (1 / (exponent + 1)) for w, g in zip(weights, factors, strict=True)]
    scale = budget / math.fsum(g * e for g, e in zip(factors, ideal, strict=True))
    return tuple(scale * e for e in ideal)


def entry_precision(distance: float, entries: int) -> float:
    """δ of each entry that makes the vector of `entries` entries good to a 2-norm `distance`: distance/√r (bound)."""
    return distance / math.sqrt(entries)
