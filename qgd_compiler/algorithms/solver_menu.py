r"""The solvers side by side for one κ and ε, before any system is known: queries, preparations, what they hold for.

κ = α‖L⁻¹‖ of the linear system, ε the 2-norm error of the normalised solution. A query is one use of the encoding or
of its inverse. With a number of steps T the history system of a neutral run stands beside them: I − S⊗G with
‖G‖ = 1, T steps and as many copies of the last state, encoded with α = 1 for G.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from qgd_compiler.algorithms import kernel_reflection
from qgd_compiler.algorithms.adiabatic.queries import BOUND, DILATED_FIT, DISCRETE, FIT, discrete_queries
from qgd_compiler.algorithms.adiabatic.randomised import RANDOMISED, randomised_queries
from qgd_compiler.algorithms.queries import Queries
from qgd_compiler.analysis.inverse_norm import neutral_inverse_norm
from qgd_compiler.errors import UsageError
from qgd_compiler.scalars import ceil

MOST_KAPPA = 1e300
MOST_SPREAD = 1e100


@dataclass(frozen=True)
class Case:
    """What is asked: κ of the linear system, ε, T where a run is known, and by what the norm of the solution is off."""

    kappa: float
    epsilon: float
    steps: int | None = None
    norm_spread: float = 1.0


@dataclass(frozen=True)
class Line:
    """One solver with what it asks for; `expected` queries are those of all runs until one succeeds."""

    name: str
    queries: Queries
    note: str = ""

    @property
    def expected(self) -> int:
        """Queries of all runs until one succeeds, rounded up."""
        return int(ceil(self.queries.encoding / self.queries.success))


Provider = Callable[[Case], Iterator[Line]]


def solver_menu(case: Case) -> tuple[Line, ...]:
    """All solvers that serve the case, fewest expected queries first. Raises UsageError for numbers out of range."""
    _checked(case)
    lines = [line for provider in PROVIDERS for line in provider(case)]
    return tuple(sorted(lines, key=lambda line: (line.expected, line.name)))


def history_kappa(steps: int) -> float:
    """κ of the history of T neutral steps and T copies, α = 1 for the step. Kind: exact.

    >>> round(history_kappa(1000))
    2548
    """
    return 2 * float(neutral_inverse_norm(2 * steps + 1))


def _kernel_reflection(case: Case) -> Iterator[Line]:
    known = kernel_reflection.norm_known_queries(case.kappa, case.epsilon, case.norm_spread)
    note = "the norm of the solution is known"
    if case.norm_spread != 1:
        note += f" up to a factor {case.norm_spread:g} either way"
    yield Line(kernel_reflection.NORM_KNOWN, known, note)
    yield Line(
        kernel_reflection.NORM_UNKNOWN,
        kernel_reflection.norm_unknown_queries(case.kappa, case.epsilon),
        "repetitions included",
    )


def _discrete_adiabatic(case: Case) -> Iterator[Line]:
    for name, constant, other in (("bound", BOUND, BOUND), ("fit", FIT, DILATED_FIT)):
        dilated = discrete_queries(case.kappa, case.epsilon, other, dilated=True)
        yield Line(
            f"{DISCRETE}, {name}",
            discrete_queries(case.kappa, case.epsilon, constant),
            f"repetitions included; other L: {dilated.encoding} queries (c = {other.value:g}, U_L and U_L† each step)",
        )


def _randomised_adiabatic(case: Case) -> Iterator[Line]:
    dilated = randomised_queries(case.kappa, case.epsilon, dilated=True)
    yield Line(
        RANDOMISED,
        randomised_queries(case.kappa, case.epsilon),
        f"repetitions included; other L: {dilated.encoding} queries",
    )


# A provider yields nothing where a case lacks what its solver needs, such as a number of steps.
PROVIDERS: tuple[Provider, ...] = (_kernel_reflection, _discrete_adiabatic, _randomised_adiabatic)


def _checked(case: Case) -> None:
    if not 1 < case.kappa <= MOST_KAPPA:
        raise UsageError(f"κ is {case.kappa:g}", remedy=f"1 < κ <= {MOST_KAPPA:g}: κ = α‖L⁻¹‖, such as 2548")
    if not 1e-300 <= case.epsilon < 1:
        raise UsageError(f"ε is {case.epsilon:g}", remedy="1e-300 <= ε < 1, such as 1e-3")
    if not 1 <= case.norm_spread <= MOST_SPREAD:
        raise UsageError(
            f"the norm spread is {case.norm_spread:g}",
            remedy="a factor of at least 1, which is a norm that is known",
        )
