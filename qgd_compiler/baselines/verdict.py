"""What would have to be true for the quantum side to win, and which component holds it back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qgd_compiler.kinds import Kind


@dataclass(frozen=True)
class Factor:
    """A component of the quantum cost, and what the cost would be if it were ideal.

    name      as reports print it
    present   its value, in words or numbers
    ideal     its value were it no hindrance
    gain      by how much the quantum time would shrink (at least 1)
    """

    name: str
    present: str
    ideal: str
    gain: float


@dataclass(frozen=True)
class Verdict:
    """Quantum against the fastest classical run.

    quantum_seconds, classical_seconds   expected time of both
    t_rate       logical clock that was assumed (T gates per second); `break_even_rate` the one at which both are equal
    factors      components, the one that holds the quantum side back most first
    enough       the fewest of them, from the first on, that would have to be ideal together; None: all do not suffice
    kind         of the comparison: the clock is a model
    """

    quantum_seconds: float
    classical_seconds: float
    classical_name: str
    t_rate: float
    break_even_rate: float
    factors: tuple[Factor, ...]
    enough: tuple[str, ...] | None
    kind: Kind = Kind.MODEL

    @property
    def ratio(self) -> float:
        """Quantum over classical seconds: above 1 the quantum side is slower."""
        return _quotient(self.quantum_seconds, self.classical_seconds)

    def words(self) -> tuple[str, ...]:
        """In plain language, the verdict first."""
        who = "faster" if self.ratio <= 1 else "slower"
        by = max(self.ratio, 1 / self.ratio)
        lines = [
            f"{self.quantum_seconds:.3g} s at {self.t_rate:.3g} T gates per second, "
            f"{by:.3g} times {who} than {self.classical_name} ({self.classical_seconds:.3g} s).",
        ]
        if self.ratio <= 1:
            return tuple(lines)
        lines.append(f"It would break even at {self.break_even_rate:.3g} T gates per second.")
        if self.factors:
            first = self.factors[0]
            lines.append(
                f"What holds it back most: {first.name}, {first.present}; were it {first.ideal}, "
                f"the run would be {first.gain:.3g} times faster."
            )
        if self.enough is None:
            lines.append("With every component ideal it would still be slower.")
        else:
            lines.append(f"It would win if these were ideal together: {', '.join(self.enough)}.")
        return tuple(lines)


def verdict(
    t_count: int, t_rate: float, classical_seconds: float, classical_name: str, factors: Sequence[Factor]
) -> Verdict:
    """Compare `t_count` T gates, one after the other at `t_rate`, with the fastest classical run.

    t_count           expected over all circuits, of any size
    factors           independent of each other: gains are multiplied
    """
    needed = _quotient(t_count, classical_seconds)
    ordered = tuple(sorted((f for f in factors if f.gain > 1), key=lambda f: -f.gain))
    shortfall = needed / t_rate
    enough: list[str] = []
    for factor in ordered:
        if shortfall <= 1:
            break
        shortfall /= factor.gain
        enough.append(factor.name)
    return Verdict(
        quantum_seconds=_quotient(t_count, t_rate),
        classical_seconds=classical_seconds,
        classical_name=classical_name,
        t_rate=t_rate,
        break_even_rate=needed,
        factors=ordered,
        enough=tuple(enough) if shortfall <= 1 else None,
    )


def _quotient(count: float, by: float) -> float:
    """count/by; infinite where no float can hold it."""
    try:
        return count / by
    except (OverflowError, ZeroDivisionError):
        return math.inf


def usual_factors(
    *, data_loading: float, kappa: float, read_out_runs: float, success: float, segments: int = 1
) -> tuple[Factor, ...]:
    """The usual suspects.

    data_loading   share of the T gates that reads tables (0 to below 1)
    kappa          condition number that the solver pays for, in whose first power its queries grow (at least 1)
    read_out_runs  results that the output needs (at least 1)
    success        probability that one circuit succeeds
    segments       uploads and read-outs of the run
    """
    return (
        Factor(
            "data loading", f"{data_loading:.0%} of the T gates", "free", 1 / max(1 - data_loading, 1e-300)
        ),
        Factor("condition number", f"κ = {kappa:.4g}", "1", max(kappa, 1.0)),
        Factor("read-out", f"{read_out_runs:.4g} results", "one", max(read_out_runs, 1.0)),
        Factor("success probability", f"{success:.3g}", "1", 1 / success),
        Factor("segments", f"{segments} uploads and read-outs", "one", float(max(segments, 1))),
    )
