"""Solvers of a block-encoded linear system, all asked alike: what they query, and their program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, final

from qgd_compiler.algorithms import kernel_reflection
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.queries import Queries
from qgd_compiler.kinds import Kind
from qgd_compiler.program.ir import Routine


class LinearSolver(Protocol):
    """A way to solve A x = b̂ for A = L/α with κ = α‖L⁻¹‖, to a normalised output within ε.

    family       the name under which a spec asks for it
    needs_norm   ‖x‖ must be known
    reusable     a run is one unitary, which amplification can run forwards and backwards
    kind         of its queries
    """

    @property
    def name(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def needs_norm(self) -> bool: ...
    @property
    def reusable(self) -> bool: ...
    @property
    def kind(self) -> Kind: ...

    def queries(self, kappa: float, epsilon: float, spread: float) -> Queries:
        """Of one run; `spread`: √(largest/smallest ‖x‖) where it is only known to lie between two."""

    def routine(self, system: Encoding, right_hand_side: Routine, kappa: float, epsilon: float) -> Routine:
        """One run (a count): every register but `system` and `gradient` is a flag that ends in |0>."""


@final
@dataclass(frozen=True)
class KernelReflectionKnown:
    """Kernel reflection where the norm of the solution is known."""

    name: str = kernel_reflection.NORM_KNOWN
    family: str = "kernel_reflection"
    needs_norm: bool = True
    reusable: bool = True
    kind: Kind = Kind.BOUND

    def queries(self, kappa: float, epsilon: float, spread: float) -> Queries:
        """As `LinearSolver` says."""
        return kernel_reflection.norm_known_queries(kappa, epsilon, spread)

    def routine(self, system: Encoding, right_hand_side: Routine, kappa: float, epsilon: float) -> Routine:
        """As `LinearSolver` says."""
        half = kernel_reflection.filter_degree(kappa, epsilon)
        return kernel_reflection.norm_known_solver(system, right_hand_side, half)


@final
@dataclass(frozen=True)
class KernelReflectionUnknown:
    """Kernel reflection with the search for the norm: an expected count, repeated until success inside."""

    name: str = kernel_reflection.NORM_UNKNOWN
    family: str = "kernel_reflection"
    needs_norm: bool = False
    reusable: bool = False
    kind: Kind = Kind.BOUND

    def queries(self, kappa: float, epsilon: float, spread: float) -> Queries:
        """As `LinearSolver` says."""
        return kernel_reflection.norm_unknown_queries(kappa, epsilon)

    def routine(self, system: Encoding, right_hand_side: Routine, kappa: float, epsilon: float) -> Routine:
        """As `LinearSolver` says."""
        queries = kernel_reflection.norm_unknown_queries(kappa, epsilon)
        return kernel_reflection.norm_unknown_solver(system, right_hand_side, queries.encoding)


LINEAR_SOLVERS: tuple[LinearSolver, ...] = (KernelReflectionKnown(), KernelReflectionUnknown())


def dominated(
    solvers: Sequence[LinearSolver], kappa: float, epsilon: float, known: bool
) -> dict[str, tuple[str, float]]:
    """The solvers for which another one asks for at most 1/FAR of their queries and of their preparations.

    By name, with the name of the other and the smaller of the two factors. Both counts are proportional to κ up to
    terms that grow more slowly, so that a factor of FAR at one κ and ε leaves room for all that a plan may choose.
    known   the norm of the solution: without it solvers that need it serve nobody
    """
    asked = {
        s.name: s.queries(kappa, epsilon, 1.0)
        for s in solvers
        if (known or not s.needs_norm) and s.kind in (Kind.EXACT, Kind.BOUND)
    }
    found: dict[str, tuple[str, float]] = {}
    for solver in solvers:
        if solver.name not in asked:
            continue
        own = asked[solver.name]
        for name, other in asked.items():
            if solver.needs_norm or other.success < 0.5:
                continue
            factor = min(
                float(own.encoding) / float(other.encoding),
                float(own.right_hand_side) / float(other.right_hand_side),
            )
            if factor >= FAR and factor > found.get(solver.name, ("", 0.0))[1]:
                found[solver.name] = (name, factor)
    return found


FAR = 4.0  # times fewer queries and preparations
