"""The adiabatic solvers as the plans ask for them: `algorithms/linear_solvers.py` says what each has to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from qgd_compiler.algorithms.adiabatic.queries import DISCRETE, Constant, constant_for, discrete_queries
from qgd_compiler.algorithms.adiabatic.randomised import RANDOMISED, randomised_expected, randomised_queries
from qgd_compiler.algorithms.adiabatic.solver import discrete_expected
from qgd_compiler.algorithms.adiabatic.walk import Task
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.linear_solvers import LinearSolver
from qgd_compiler.algorithms.queries import Queries
from qgd_compiler.kinds import Kind
from qgd_compiler.program.ir import Routine

HERMITIAN = "made Hermitian"


@final
@dataclass(frozen=True)
class DiscreteAdiabatic:
    """The discrete adiabatic solver: an expected count, repeated until success inside.

    kind     a bound, or a fit: which constant
    dilated  for any L; without it L + L† >= 0 must hold
    """

    kind: Kind
    dilated: bool
    family: str = "discrete_adiabatic"
    needs_norm: bool = False
    reusable: bool = False

    @property
    def name(self) -> str:
        """With the kind and the path."""
        return f"{DISCRETE}, {self.kind}" + (f", {HERMITIAN}" if self.dilated else "")

    @property
    def constant(self) -> Constant:
        """c of the walk."""
        return constant_for(self.kind, dilated=self.dilated)

    def queries(self, kappa: float, epsilon: float, spread: float) -> Queries:
        """Expected, repetitions included; the norm of the solution does not matter."""
        return discrete_queries(kappa, epsilon, self.constant, dilated=self.dilated)

    def routine(self, system: Encoding, right_hand_side: Routine, kappa: float, epsilon: float) -> Routine:
        """The expected work (a count)."""
        task = Task(system, right_hand_side, self.dilated)
        return discrete_expected(task, kappa, epsilon, self.constant)


@final
@dataclass(frozen=True)
class RandomisedAdiabatic:
    """The randomised adiabatic solver: an expected count, repeated until success inside.

    dilated  for any L; without it L + L† >= 0 must hold
    """

    dilated: bool
    family: str = "randomised_adiabatic"
    needs_norm: bool = False
    reusable: bool = False
    kind: Kind = Kind.BOUND

    @property
    def name(self) -> str:
        """With the path."""
        return RANDOMISED + (f", {HERMITIAN}" if self.dilated else "")

    def queries(self, kappa: float, epsilon: float, spread: float) -> Queries:
        """Expected, repetitions included; the norm of the solution does not matter."""
        return randomised_queries(kappa, epsilon, dilated=self.dilated)

    def routine(self, system: Encoding, right_hand_side: Routine, kappa: float, epsilon: float) -> Routine:
        """The expected work (a count)."""
        return randomised_expected(Task(system, right_hand_side, self.dilated), kappa, epsilon)


# For any L, and the cheaper ones for L + L† >= 0: a history of a step of norm at most 1, a Hessian without
# negative eigenvalues.
ANY_SYSTEM: tuple[LinearSolver, ...] = (
    DiscreteAdiabatic(Kind.BOUND, dilated=True),
    DiscreteAdiabatic(Kind.FIT, dilated=True),
    RandomisedAdiabatic(dilated=True),
)
ACCRETIVE_SYSTEM: tuple[LinearSolver, ...] = (
    DiscreteAdiabatic(Kind.BOUND, dilated=False),
    DiscreteAdiabatic(Kind.FIT, dilated=False),
    RandomisedAdiabatic(dilated=False),
)
