"""The list of solvers laid out: fewest queries first, and what each rests on."""

from __future__ import annotations

from qgd_compiler.backends.figures import count, near_one, real
from qgd_compiler.backends.page import Grid, Page, Section, columns
from qgd_compiler.backends.solvers_report import SolversReport
from qgd_compiler.kinds import Kind

NUMBERS = ("queries", "preparations", "success", "expected", "per κ")


def solvers_page(report: SolversReport) -> Page:
    """The page of a list of solvers."""
    proven = next((s for s in report.solvers if s.kind in (Kind.EXACT, Kind.BOUND)), None)
    verdict = [f"κ = {real(report.kappa)}, ε = {real(report.epsilon)}."]
    if proven is not None:
        verdict.append(
            f"Fewest proven queries: {proven.name}, {count(proven.queries)} a run, for {proven.valid_for}."
        )
    if report.history is not None:
        h = report.history
        verdict.append(
            f"A history of {count(h.steps)} neutral steps and as many copies has κ = {real(h.kappa, 6)} at α = 1."
        )
    footer = f"qgd {report.compiler}"
    return Page("Solvers", tuple(verdict), (_list(report), _sources(report)), footer)


def _list(report: SolversReport) -> Section:
    rows = tuple(
        (
            s.name,
            count(s.queries),
            count(s.state_preparations),
            "n/a" if s.success is None else near_one(s.success),
            count(s.expected_queries),
            real((s.queries if s.expected_queries is None else s.expected_queries) / report.kappa),
            str(s.kind),
            s.valid_for,
        )
        for s in report.solvers
    )
    heads = columns("solver", *NUMBERS, "kind", "valid for", numeric=NUMBERS)
    return Section("Solvers", Grid(heads, rows, frozenset({0})))


def _sources(report: SolversReport) -> Section:
    rows = tuple((s.name, s.source, s.note) for s in report.solvers)
    return Section("What they rest on", Grid(columns("solver", "source", "note"), rows))
