"""Specs compiled: the report, the page, the row of a sweep, and where the numbers come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgd_compiler.algorithms.access import column_caps
from qgd_compiler.algorithms.choice import pareto_front
from qgd_compiler.backends.assemble import report_of
from qgd_compiler.backends.explain import explanation_of
from qgd_compiler.backends.explain_report import Explanation
from qgd_compiler.backends.explain_tree import View
from qgd_compiler.backends.html.report_html import Dossier
from qgd_compiler.backends.report import Report
from qgd_compiler.backends.verdict import MeasuredRun
from qgd_compiler.chosen import Chosen, SpecLike, choose_plan, loaded_of, physical_of
from qgd_compiler.errors import SpecError, UsageError
from qgd_compiler.physical.second_opinion import require_installed
from qgd_compiler.spec.loader import Loaded, validate
from qgd_compiler.study import Progress
from qgd_compiler.study.analysis import analysis_of
from qgd_compiler.study.comparison import compared
from qgd_compiler.study.eigenvalues import eigenvalues_of
from qgd_compiler.study.loop import windows_of
from qgd_compiler.sweeps.row import Row, row_of


def compile(
    spec: SpecLike, progress: Progress = lambda _: None, *, second_opinion: str | None = None
) -> Report:
    """The cost report of a spec: a path, a `Spec`, or plain dicts (files relative to the working directory).

    second_opinion  "azure": with Microsoft's estimator on the same logical counts beside ours

    Raises QgdError, one class per kind of mistake (see `qgd_compiler.errors`).
    """
    return _report(_compiled(spec, progress, second_opinion), second_opinion)


def dossier(
    spec: SpecLike, progress: Progress = lambda _: None, *, second_opinion: str | None = None
) -> Dossier:
    """What the report as a web page shows (`report_html`): the report, and what stands behind its numbers.

    With `live` formulas where only bounds of the Hessian are declared and the plan solves one linear system of a plain
    quadratic run; else None, and the page has no sliders.
    """
    from qgd_compiler.live.generate import live_of, why_not_live  # with SymPy, which takes half a second

    made = _compiled(spec, progress, second_opinion)
    asked = (made.found.loaded, made.choice.best, made.problem.iterations)
    live = live_of(*asked)
    return Dossier(
        report=_report(made, second_opinion),
        explained=_explanation(made, None, View(depth=0)),
        analysis=analysis_of(made.found),
        eigenvalues=eigenvalues_of(made.found),
        live=live,
        without_live="" if live is not None else why_not_live(*asked),
    )


def price(spec: SpecLike, progress: Progress = lambda _: None) -> Row:
    """What a sweep keeps of a spec: its totals and choice as `compile` finds them, without the rest of the report."""
    made = choose_plan(spec, progress)
    return row_of(made.found, made.choice, made.loops, made.planner.exchange, physical_of(made, False))


def price_in(document: Mapping[str, Any], base_dir: Path) -> Row:
    """The row of a spec in plain data."""
    return price(validate(dict(document), base_dir))


def report_at(path: Path) -> Mapping[str, Any]:
    """The JSON of the report of a spec, as plain data."""
    content: Mapping[str, Any] = json.loads(compile(path).to_json())
    return content


def explain(
    spec: SpecLike,
    component: str | None = None,
    *,
    depth: int | None = None,
    min_share: float = 0.0,
    progress: Progress = lambda _: None,
) -> Explanation:
    """How the numbers of `compile` come about: the chosen plan as a tree down to primitives, and what stands above.

    component  a part of a title, of a label or of the name of a number, or an id: that part alone
    depth      levels of the tree below its root; None: all
    min_share  parts with a smaller share of the T gates of what is shown are summed up; between 0 and 1
    """
    if not 0 <= min_share <= 1:
        raise UsageError(f"the smallest share {min_share:g} is not between 0 and 1", remedy="such as 0.001")
    if depth is not None and depth < 0:
        raise UsageError(f"a tree has no depth {depth}", remedy="0 or more")
    return _explanation(choose_plan(spec, progress), component, View(depth, min_share))


def _compiled(spec: SpecLike, progress: Progress, second_opinion: str | None) -> Chosen:
    loaded = loaded_of(spec)
    if second_opinion is not None:
        _require_an_opinion(second_opinion, loaded)
    return choose_plan(loaded, progress)


def _report(made: Chosen, second_opinion: str | None) -> Report:
    from qgd_compiler.proof.section import section_of

    found, content = made.found, made.found.loaded.spec
    windows, why = (None, "") if made.loops is not None else windows_of(found, made.choice, made.make)
    report = report_of(
        made.heading,
        made.problem,
        MeasuredRun(found.regime, found.recursion.iterations, why),
        made.choice,
        pareto_front(made.planner, made.choice, column_caps(made.accesses)),
        made.planner.exchange,
        content.objective,
        made.loops,
        windows,
        compared(
            found,
            made.choice.best,
            None if made.loops is None else made.loops.best,
            made.planner.exchange,
            # the access whose price grows least with a table, where it is allowed
            next((a for a in made.accesses if a.name == "qroam"), made.choice.best.candidate.access),
        ),
        physical_of(made, second_opinion is not None),
    )
    return report.model_copy(update={"proof": section_of(made.choice.best)})


def _explanation(made: Chosen, component: str | None, view: View) -> Explanation:
    best = made.choice.best
    return explanation_of(
        made.heading,
        made.problem,
        best if best.reading is None else best.reading.one_state,
        made.planner.exchange,
        made.planner.folder,
        component,
        view,
    )


def _require_an_opinion(name: str, loaded: Loaded) -> None:
    """Raise before the work, if the second opinion that is asked for cannot be had."""
    if name != "azure":
        raise UsageError(f"there is no second opinion by {name!r}", remedy="azure")
    if loaded.spec.hardware is None:
        raise SpecError(
            "a second opinion is on a machine, and the spec names none",
            at=loaded.where("hardware"),
            remedy="hardware: superconducting_1e-3",
        )
    require_installed()
