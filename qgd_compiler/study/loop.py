"""A plan for every segment of a run: chosen for the first, then the same line of the menu at each one's numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qgd_compiler.algorithms.choice import Choice
from qgd_compiler.algorithms.loop import Loop, Loops, PricedPiece
from qgd_compiler.algorithms.plan import Plan, Shares
from qgd_compiler.algorithms.planner import Planner
from qgd_compiler.algorithms.problem import Problem
from qgd_compiler.algorithms.readout.reader import Reader, is_unread
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.study.segmented import Cut, Part, cut_run, why_not_cut

if TYPE_CHECKING:
    from qgd_compiler.study.reading import Study

MakePlanner = Callable[[Problem, Reader | None], Planner]
MOST_TRIED = 12  # lines of the menu that are tried for windows


@dataclass(eq=False)
class SegmentPlanner:
    """Plans for all segments of one cut."""

    cut: Cut
    planners: tuple[Planner, ...]
    problems: tuple[Problem, ...]

    @staticmethod
    def of(cut: Cut, make: MakePlanner) -> SegmentPlanner:
        """The problem of every segment, and its planner."""
        problems = tuple(replace(part.study.problem(), epsilon=part.epsilon) for part in cut.parts)
        planners = tuple(make(p, _reader(part)) for p, part in zip(problems, cut.parts, strict=True))
        return SegmentPlanner(cut, planners, problems)

    def loops(self, choice: Choice) -> Loops:
        """Of a choice made for the first segment."""
        proven = None
        if choice.proven is not None:
            proven = self._if_any(choice.proven, choice.proven_exchange)
        heuristic = None if choice.heuristic is None else self._if_any(choice.heuristic)
        return Loops(self.loop(choice.best), proven, heuristic)

    def loop(self, line: Plan, exchange: Exchange | None = None) -> Loop:
        """One line at every segment; `exchange`: with proven counts in this one."""
        cut = self.cut
        first = cut.parts[0].piece.segment.steps
        pieces = []
        for part, planner in zip(cut.parts, self.planners, strict=True):
            used = planner if exchange is None else planner.proven(exchange)
            knob = round(line.knob * part.piece.segment.steps / first)
            try:
                pieces.append(PricedPiece(part.piece, _planned(used, line, knob)))
            except InfeasibleError as error:
                raise _of_segment(error, part) from error
        return Loop(tuple(pieces), cut.segments, cut.length, cut.classical_steps, cut.allowed)

    def cheapest_of(self, lines: Iterable[Plan]) -> Loop:
        """The loop of the first of these lines that can serve every segment; InfeasibleError where none can.

        Where the states of a solver cannot be read out with one encoding they cannot with another.
        """
        last: InfeasibleError | None = None
        unread: set[str] = set()
        readable = (line for line in lines if line.candidate.solver not in unread)
        for _, line in zip(range(MOST_TRIED), readable, strict=False):
            try:
                return self.loop(line)
            except KeyError:
                continue
            except InfeasibleError as error:
                last = error
                if is_unread(error):
                    unread.add(line.candidate.solver)
        raise last or InfeasibleError("no line of the menu serves every window", at="dynamics.segment")

    def _if_any(self, line: Plan, exchange: Exchange | None = None) -> Loop | None:
        try:
            return self.loop(line, exchange)
        except InfeasibleError:
            return None


def windows_of(study: Study, choice: Choice, make: MakePlanner) -> tuple[Loop | None, str]:
    """The windows that a growing run might be cut into, priced by the cheapest line that serves; or why there are none.

    Neither for a run that one window holds.
    """
    window, steps = study.regime.window, study.recursion.iterations
    if not window or window >= steps or study.priced.iterations < steps:
        return None, ""
    reason = why_not_cut(study)
    if reason:
        return None, f"windows with an upload and a read-out each are not priced: {reason}"
    lines = [a.plan for a in choice.alternatives if a.plan is not None]
    try:
        study.progress("pricing windows")
        return SegmentPlanner.of(cut_run(study, window, 0), make).cheapest_of(lines), ""
    except InfeasibleError as error:
        return None, f"in windows with an upload and a read-out each there is no plan: {error.what}"


def _reader(part: Part) -> Reader | None:
    if part.question.kind == "state":
        return None
    return Reader(part.question, part.study.reference_entries)


def _of_segment(error: InfeasibleError, part: Part) -> InfeasibleError:
    """The same mistake, with the steps that it is about."""
    (mistake,), segment = error.mistakes, part.piece.segment
    where = f"in the segment of steps {segment.start + segment.warm_up:,} to {segment.end:,}"
    return InfeasibleError(f"{where}: {mistake.what}", at=mistake.at, remedy=mistake.remedy)


def _planned(planner: Planner, line: Plan, knob: int) -> Plan:
    """At the split of the line, or at a uniform one where that is not feasible."""
    try:
        return planner.plan(line.candidate, knob, line.shares)
    except InfeasibleError as error:
        if is_unread(error):
            raise
        return planner.plan(line.candidate, knob, Shares.uniform())
