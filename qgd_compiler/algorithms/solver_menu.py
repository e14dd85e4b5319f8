r"""The solvers side by side for one κ and ε, before any system is known: queries, preparations, what they hold for.

κ = α‖L⁻¹‖ of the linear system, ε the 2-norm error of the normalised solution. A query is one use of the encoding or
of its inverse. With a number of steps T the history system of a neutral run stands beside them: I − S⊗G with
‖G‖ = 1, T steps and as many copies of the last state, encoded with α = 1 for G.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from qgd_compiler.algorithms import kernel_reflection
from qgd_compiler.algorithms.adiabatic.solvers import ACCRETIVE_SYSTEM, ANY_SYSTEM
from qgd_compiler.algorithms.polynomials import walks
from qgd_compiler.algorithms.polynomials.truncation import LARGEST_STEPS
from qgd_compiler.algorithms.queries import Queries
from qgd_compiler.analysis.inverse_norm import neutral_inverse_norm
from qgd_compiler.errors import UsageError
from qgd_compiler.kinds import Kind
from qgd_compiler.scalars import ceil

POLYNOMIALS = "exact tail of a random walk, derived in algorithms/polynomials/walks.py"
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
    """One solver with what it asks for; `degree` of a polynomial, which takes one or two queries each."""

    name: str
    queries: Queries
    note: str = ""
    degree: int | None = None

    @property
    def expected(self) -> int | None:
        """Queries of all runs until one succeeds, rounded up; None for polynomials: it depends on the run."""
        if self.degree is not None:
            return None
        return int(ceil(self.queries.encoding / self.queries.success))

    @property
    def rank(self) -> tuple[int, str]:
        """By what lines are sorted."""
        return (int(self.queries.encoding) if self.expected is None else self.expected, self.name)


Provider = Callable[[Case], Iterator[Line]]


def solver_menu(case: Case) -> tuple[Line, ...]:
    """All solvers that serve the case, fewest queries first. Raises UsageError for numbers out of range."""
    _checked(case)
    lines = [line for provider in PROVIDERS for line in provider(case)]
    return tuple(sorted(lines, key=lambda line: line.rank))


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


def _adiabatic(case: Case) -> Iterator[Line]:
    """The cheaper path by name, the one that serves any L in the note."""
    for solver, other in zip(ACCRETIVE_SYSTEM, ANY_SYSTEM, strict=True):
        queries = solver.queries(case.kappa, case.epsilon, case.norm_spread)
        dilated = other.queries(case.kappa, case.epsilon, case.norm_spread)
        note = f"repetitions included; any other L: {dilated.encoding} queries, U_L and U_L† at each step of the walk"
        yield Line(solver.name, queries, note)


def _polynomials(case: Case) -> Iterator[Line]:
    """Polynomials that are applied to the gradient or the start; what their amplitude costs comes on top.

    Degrees are exact up to the number of steps that float64 can tell apart, closed bounds beyond.
    """
    if case.steps is None:
        return
    steps, epsilon = case.steps, case.epsilon
    exact = steps <= LARGEST_STEPS
    kind = Kind.EXACT if exact else Kind.BOUND
    power, gram = "N = 1, α(I − ηH) = 1 exactly", "N = 1, H = J†J, ηα_J² = 1"
    of_gradient, of_start = "a run from u_0 = 0 that g drives", "a run about a minimum"
    for name, degree, uses, valid_for in (
        (
            "power polynomial x^T",
            (walks.power_degree if exact else walks.power_degree_bound)(steps, epsilon),
            1,
            f"{power}; {of_start}",
        ),
        (
            "geometric-sum polynomial",
            (walks.power_mean_degree if exact else walks.power_mean_degree_bound)(steps, epsilon),
            1,
            f"{power}; {of_gradient}",
        ),
        (
            "Gram polynomial (1−ηλ)^T",
            (walks.lazy_degree if exact else walks.lazy_degree_bound)(steps, 1.0, epsilon),
            2,
            f"{gram}; {of_start}",
        ),
        (
            "Gram polynomial exp(−ηλT)",
            (walks.exponential_degree if exact else walks.exponential_degree_bound)(steps / 2, epsilon),
            2,
            f"{gram}; a gradient flow",
        ),
        (
            "Gram geometric-sum polynomial",
            (walks.lazy_mean_degree if exact else walks.lazy_mean_degree_bound)(steps, 1.0, epsilon),
            2,
            f"{gram}; {of_gradient}",
        ),
    ):
        queries = Queries(uses * int(degree), 1, 1, kind, POLYNOMIALS, valid_for)
        yield Line(
            name,
            queries,
            "error relative to the input; the amplitude of the output comes on top",
            int(degree),
        )


# A provider yields nothing where a case lacks what its solver needs, such as a number of steps.
PROVIDERS: tuple[Provider, ...] = (_kernel_reflection, _adiabatic, _polynomials)


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
