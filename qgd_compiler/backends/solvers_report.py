"""The solvers side by side: every key of the JSON that `qgd solvers` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from qgd_compiler.algorithms.solver_menu import Case, Line
from qgd_compiler.backends.document import Count, Document, Part, Positive, Probability, schema_of
from qgd_compiler.backends.page import Page
from qgd_compiler.kinds import Kind
from qgd_compiler.version import __version__


class SolverLine(Part):
    """One solver at the κ and ε of the document."""

    name: str = Field(description="Which solver, and with which constant.")
    queries: Count = Field(description="Uses of the encoding or its inverse in one run.")
    state_preparations: Count = Field(
        description="Preparations of the right-hand side or their inverses, per run."
    )
    success: Probability | None = Field(
        description="Success probability of one run; 1 where repetitions are counted; null where it depends on the run."
    )
    expected_queries: Count | None = Field(
        description="Queries of all runs until one succeeds; null where that depends on the run."
    )
    degree: Count | None = Field(default=None, description="Degree of a polynomial; null for other solvers.")
    kind: Kind = Field(description="How sure the count is: exact, bound, fit or model.")
    source: str = Field(description="The paper or the derivation behind it.")
    valid_for: str = Field(description="Which linear systems it serves.")
    note: str = Field(default="", description="What else to know.")


class HistoryFacts(Part):
    """The history system of a neutral run, as `--steps` asks for."""

    steps: Count = Field(description="Steps of gradient descent, T.")
    padding: Count = Field(description="Copies of the last state, p = T.")
    kappa: Positive = Field(description="(1 + α)‖L⁻¹‖ for a step of norm 1 encoded with α = 1; exact.")


class SolversReport(Document):
    """All solvers for one κ and ε, fewest queries first; expected ones where they are known."""

    qgd: Literal[1] = Field(default=1, description="Version of this format.")
    compiler: str = Field(description="Version of the compiler.")
    kappa: Positive = Field(description="α‖L⁻¹‖ of the linear system.")
    epsilon: Positive = Field(description="2-norm error of the normalised solution.")
    norm_spread: Positive = Field(description="Factor by which the norm of the solution may be off.")
    history: HistoryFacts | None = Field(description="The history system, where a number of steps was given.")
    solvers: tuple[SolverLine, ...] = Field(description="What there is, fewest (expected) queries first.")

    def to_page(self) -> Page:
        """The document laid out for people."""
        from qgd_compiler.backends.solvers_page import solvers_page

        return solvers_page(self)


def solvers_of(case: Case, lines: Sequence[Line], history_kappa: float | None) -> SolversReport:
    """The document from the menu."""
    history = None
    if case.steps is not None and history_kappa is not None:
        history = HistoryFacts(steps=case.steps, padding=case.steps, kappa=history_kappa)
    return SolversReport(
        compiler=__version__,
        kappa=case.kappa,
        epsilon=case.epsilon,
        norm_spread=case.norm_spread,
        history=history,
        solvers=tuple(_line(line) for line in lines),
    )


def _line(line: Line) -> SolverLine:
    queries = line.queries
    return SolverLine(
        name=line.name,
        queries=int(queries.encoding),
        state_preparations=int(queries.right_hand_side),
        success=None if line.expected is None else float(queries.success),
        expected_queries=line.expected,
        degree=line.degree,
        kind=queries.kind,
        source=queries.source,
        valid_for=queries.valid_for,
        note=line.note,
    )


def solvers_schema() -> dict[str, Any]:
    """The JSON Schema of the list."""
    return schema_of(SolversReport, "solvers.schema")
