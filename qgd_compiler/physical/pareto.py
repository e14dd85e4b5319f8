"""Fronts of plans that no other beats in both qubits and time, and the choice of one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import InfeasibleError

Objective = Literal["qubits", "runtime", "volume"]
Wholes = NDArray[np.int64]


class Plan(Protocol):
    """What the choice needs to know of a plan."""

    @property
    def qubits(self) -> int:
        """Physical qubits."""

    @property
    def runtime_ns(self) -> int:
        """Time of one run (ns)."""


P = TypeVar("P", bound=Plan)


def undominated(plans: Sequence[P]) -> list[P]:
    """The plans that no other beats in both qubits and time, by rising qubits; of equal ones the first."""
    kept: list[P] = []
    for plan in sorted(plans, key=lambda p: (p.qubits, p.runtime_ns)):
        if not kept or plan.runtime_ns < kept[-1].runtime_ns:
            kept.append(plan)
    return kept


def front_rows(qubits: NDArray[Any], time: NDArray[Any], rows: Wholes) -> Wholes:
    """Of these rows of two arrays, those that no other beats in both, by rising qubits."""
    order = rows[np.lexsort((time[rows], qubits[rows]))]
    best = np.minimum.accumulate(np.concatenate([[np.inf], time[order]]))
    return order[time[order] < best[:-1]]


_GOALS: dict[Objective, Callable[[Plan], int]] = {
    "qubits": lambda p: p.qubits,
    "runtime": lambda p: p.runtime_ns,
    "volume": lambda p: p.qubits * p.runtime_ns,
}


def choose(
    plans: Sequence[P],
    objective: Objective,
    *,
    max_qubits: int | None = None,
    max_runtime_ns: int | None = None,
) -> P:
    """The plan of a front with the fewest qubits, the shortest time or the least product of both, within limits.

    Raises InfeasibleError where no plan of the front is within them, with what comes closest.
    """
    small = [p for p in plans if max_qubits is None or p.qubits <= max_qubits]
    if not small:
        fewest = min(p.qubits for p in plans)
        raise InfeasibleError(
            f"no plan has at most {max_qubits:,} physical qubits; the smallest has {fewest:,}",
            at="hardware.max_qubits",
            remedy=f"max_qubits: {fewest}, or a machine with fewer errors",
        )
    quick = [p for p in small if max_runtime_ns is None or p.runtime_ns <= max_runtime_ns]
    if not quick:
        shortest = min(p.runtime_ns for p in small)
        raise InfeasibleError(
            f"no plan{'' if max_qubits is None else f' of at most {max_qubits:,} qubits'} takes at most "
            f"{float(max_runtime_ns or 0) / 1e9:.4g} s; the quickest takes {shortest / 1e9:.4g} s",
            at="hardware.max_runtime",
            remedy="a longer max_runtime, more qubits, or a machine with faster gates",
        )
    return min(quick, key=_GOALS[objective])
