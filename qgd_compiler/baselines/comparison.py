"""A run on a quantum computer beside the same run on classical machines."""

from __future__ import annotations

from dataclasses import dataclass

from qgd_compiler.baselines.crossover import Crossover
from qgd_compiler.baselines.runs import Bill
from qgd_compiler.baselines.verdict import Verdict


@dataclass(frozen=True)
class Missing:
    """A variable along which no crossing was looked for, and why."""

    variable: str
    reason: str


@dataclass(frozen=True)
class Comparison:
    """All of it.

    bills        every classical run on every machine, fastest first
    absent       classical runs that do not exist for this problem, with reasons
    crossovers   in n, T and s
    fixed        what was held fixed on the way to a crossing, and by which law the quantum price changed
    """

    bills: tuple[Bill, ...]
    absent: tuple[tuple[str, str], ...]
    verdict: Verdict
    crossovers: tuple[Crossover | Missing, ...]
    fixed: tuple[str, ...]
