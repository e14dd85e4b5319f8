"""A spec studied, and the plan that is chosen for it: what every verb that prices something begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgd_compiler.algorithms.access import Access, access_named, column_caps
from qgd_compiler.algorithms.choice import Choice, choose
from qgd_compiler.algorithms.loop import Loops, circuits_of
from qgd_compiler.algorithms.planner import OBJECTIVES, Planner
from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.algorithms.readout.menu import question
from qgd_compiler.algorithms.readout.reader import Reader
from qgd_compiler.algorithms.routes.menu import routes_of
from qgd_compiler.backends.assemble import Heading
from qgd_compiler.backends.physical_section import Physical, ask_second_opinion, physical_section
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.prices import price_of
from qgd_compiler.declared.single import known_of
from qgd_compiler.physical.answer import answer, located, question_of
from qgd_compiler.physical.logical_counts import counts_of
from qgd_compiler.spec.loader import Loaded, load, validate
from qgd_compiler.spec.models import Spec
from qgd_compiler.study import Progress, Study, study
from qgd_compiler.study.loop import MakePlanner, SegmentPlanner
from qgd_compiler.study.segmented import cut_run

SpecLike = str | Path | Spec | Mapping[str, Any] | Loaded


@dataclass(frozen=True)
class Chosen:
    """A spec studied, and its menu worked out; of a run in segments for the first one, with the `loops` over all."""

    found: Study
    problem: Problem
    accesses: list[Access]
    planner: Planner
    choice: Choice
    heading: Heading
    make: MakePlanner
    loops: Loops | None


def choose_plan(spec: SpecLike, progress: Progress) -> Chosen:
    """The plan of a spec; raises QgdError where there is none."""
    found = study(loaded_of(spec), progress)
    content = found.loaded.spec
    exchange, accesses = exchange_of(content), accesses_of(content)
    folder = Folder(price_of)
    cap = content.limits.qubits
    if cap is not None or content.objective not in ("t_count", "toffoli"):
        accesses = list(column_caps(accesses))  # block sizes between the fewest gates and the fewest qubits

    def make(problem: Problem, reader: Reader | None) -> Planner:
        return Planner(
            routes_of(problem, exchange, folder, content.solvers),
            exchange,
            folder,
            OBJECTIVES[content.objective],
            None if cap is None else int(cap.value),
            reader,
        )

    segments = _segments(found, make)
    if segments is None:
        problem = found.problem()
        planner = make(problem, _reader(found))
    else:
        problem, planner = segments.problems[0], segments.planners[0]
    choice = choose(planner, accesses, progress, None if segments is not None else known_of(found))
    loops = None if segments is None else segments.loops(choice)
    sources = (*found.sources, found.run.source)
    heading = Heading(content.name, found.digest, (*found.assumptions, *found.run_assumptions), sources)
    return Chosen(found, problem, accesses, planner, choice, heading, make, loops)


def _segments(found: Study, make: MakePlanner) -> SegmentPlanner | None:
    """Planners for the segments that the spec asks for; None where it asks for none."""
    dynamics = found.loaded.spec.dynamics
    warm_up = int(dynamics.warm_up.value)
    if dynamics.segment is None and not warm_up:
        return None
    length = dynamics.iterations if dynamics.segment is None else dynamics.segment
    return SegmentPlanner.of(cut_run(found, int(length.value), warm_up), make)


def physical_of(made: Chosen, opinion: bool) -> Physical | None:
    """What a machine needs for the chosen plan, where the spec names one."""
    hardware, plan = made.found.loaded.spec.hardware, made.choice.best
    if hardware is None:
        return None
    counts = counts_of(plan.cost.gates, plan.qubits, made.planner.exchange, plan.rotation_epsilon)
    with located(made.found.loaded.where):
        found = answer(counts, question_of(hardware))
    runs = circuits_of(plan, made.loops)
    return physical_section(found, runs, ask_second_opinion(found) if opinion else None)


def loaded_of(spec: SpecLike) -> Loaded:
    """A spec as it was loaded, from whatever stands for one."""
    if isinstance(spec, Loaded):
        return spec
    if isinstance(spec, Spec):
        return Loaded(spec, Path(), "<spec>")
    if isinstance(spec, Mapping):
        return validate(dict(spec))
    return load(spec)


def _reader(found: Study) -> Reader | None:
    """What reads the answer out; None for the state itself."""
    output = found.loaded.spec.output
    if output.kind == "state":
        return None
    return Reader(question(output, found.parameters), found.reference_entries)


def exchange_of(content: Spec) -> Exchange:
    """The exchange of gates that a spec names."""
    return Exchange(content.exchange.toffoli_in_t.value, content.exchange.rotation)


def accesses_of(content: Spec) -> list[Access]:
    """The access models that a spec allows."""
    price = content.access.price_per_lookup
    return [access_named(name, None if price is None else price.value) for name in content.access.models]
