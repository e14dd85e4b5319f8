"""The probability that a run fails for physical reasons, split over what can fail."""

from __future__ import annotations

from dataclasses import dataclass

from qgd_compiler.errors import SpecError
from qgd_compiler.physical.logical_counts import LogicalCounts
from qgd_compiler.scalars import Scalar, where


@dataclass(frozen=True)
class Budget:
    """Probabilities of failure: of logical qubits, of magic states, of synthesised rotations."""

    logical: Scalar
    magic: Scalar
    rotations: Scalar

    @property
    def total(self) -> Scalar:
        """All three together (union bound)."""
        return self.logical + self.magic + self.rotations


def even_split(total: Scalar, counts: LogicalCounts) -> Budget:
    """A budget in equal parts over what the circuit has: qubits, magic states, rotations.

    Source: Beverland et al., arXiv:2211.07629, and Microsoft's estimator: thirds, halves without rotations,
    all for the qubits without magic states.
    """
    has_rotations = counts.rotations > 0
    has_states = (counts.t + counts.ccz + counts.ccix + counts.rotations) > 0
    parts = 1 + where(has_states, 1, 0) + where(has_rotations, 1, 0)
    share = total / parts
    return Budget(share, where(has_states, share, 0.0), where(has_rotations, share, 0.0))


def checked(budget: Budget, counts: LogicalCounts) -> Budget:
    """The budget itself, if each part that the circuit needs is above 0 and all are below 1; else SpecError."""
    states = counts.t + counts.ccz + counts.ccix + counts.rotations
    needed = {"logical": True, "magic": states > 0, "rotations": counts.rotations > 0}
    for name, is_needed in needed.items():
        part = getattr(budget, name)
        if part < 0 or (is_needed and part == 0):
            raise SpecError(
                f"the error budget leaves {part:g} for {name}, which this circuit needs",
                at="hardware.error_budget",
                remedy="a share above 0 for each of logical, magic and rotations, or one total",
            )
    if budget.total >= 1:
        raise SpecError(
            f"the error budget adds up to {budget.total:g}, so that every run may fail",
            at="hardware.error_budget",
            remedy="a total well below 1, such as 0.01",
        )
    return budget
