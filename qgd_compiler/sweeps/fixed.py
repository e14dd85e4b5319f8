"""One plan for all points of a sweep: solver, encoding, access and split stay, and the padding keeps its share of T."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import Access, access_named
from qgd_compiler.algorithms.adiabatic.solvers import ACCRETIVE_SYSTEM, ANY_SYSTEM
from qgd_compiler.algorithms.arrays.choosing import ManyChoice, ManyLine
from qgd_compiler.algorithms.linear_solvers import LINEAR_SOLVERS
from qgd_compiler.algorithms.paddings import MOST_ROWS
from qgd_compiler.algorithms.plan import Plan
from qgd_compiler.algorithms.planner import OBJECTIVES
from qgd_compiler.algorithms.routes.families import TRANSFORMATION
from qgd_compiler.algorithms.routes.polynomial import solver_name
from qgd_compiler.algorithms.subjects import HistorySubject, StationarySubject
from qgd_compiler.declared.choosing import Settled
from qgd_compiler.declared.contenders import FAMILIES, line_of
from qgd_compiler.declared.models import Readings, why_not_arrays
from qgd_compiler.declared.points import Points
from qgd_compiler.errors import UsageError
from qgd_compiler.spec.loader import validate
from qgd_compiler.sweeps.columns import Column
from qgd_compiler.sweeps.quick import begun, plan_columns, put

POLYNOMIALS = {solver_name(make.name, TRANSFORMATION): make for make in FAMILIES}
SOLVERS = {s.name: s for s in (*LINEAR_SOLVERS, *ACCRETIVE_SYSTEM, *ANY_SYSTEM)}


@dataclass(frozen=True)
class Fixed:
    """Prices a plan that was chosen once, at points that differ from where it was chosen.

    ratio   padding over T; `stationary` for the plan of the stationary point, which has none, as polynomials
    """

    solver: str
    encoding: str
    access: str
    subject: str
    stationary: bool
    ratio: float
    split: tuple[float, float, float, float]
    mode: str = "fixed"
    chunk: int = 2**16
    readings: Readings = field(default_factory=Readings, compare=False, repr=False)

    @classmethod
    def of(cls, plan: Plan, iterations: int) -> Fixed:
        """The plan of a compile. UsageError where it is not one that arrays price."""
        facts = plan.facts
        simple = isinstance(facts, StationarySubject) or (
            isinstance(facts, HistorySubject) and facts.system.lift == "none"
        )
        polynomial = plan.candidate.solver in POLYNOMIALS
        if not polynomial and (not simple or plan.candidate.solver not in SOLVERS):
            raise UsageError(
                f"the plan of this spec is {plan.candidate.solver}, whose price has no formula over many points",
                remedy="--mode choice, or solvers: [kernel_reflection, discrete_adiabatic] in the spec",
            )
        s = plan.shares
        return cls(
            solver=plan.candidate.solver,
            encoding=plan.candidate.encoding,
            access=plan.candidate.access.name,
            subject=plan.candidate.subject,
            stationary=isinstance(facts, StationarySubject),
            ratio=plan.knob / iterations,
            split=(float(s.solver), float(s.encoding), float(s.right_hand_side), float(s.synthesis)),
        )

    def suited(self, document: Mapping[str, Any], base_dir: str) -> Fixed:
        """This one. UsageError where arrays price no point of the spec."""
        reason = why_not_arrays(validate(dict(document), base_dir).spec)
        if reason:
            raise UsageError(f"a fixed plan cannot be swept: {reason}", remedy="--mode choice")
        return self

    def evaluate(
        self,
        document: Mapping[str, Any],
        base_dir: str,
        names: Sequence[str],
        columns: Mapping[str, NDArray[Any]],
    ) -> Mapping[str, Column]:
        """See `evaluator.Evaluator`; neither a proven total beside the plan nor classical runs are worked out."""
        found, parts = begun(document, base_dir, names, columns, self.readings)
        found["status"][:] = "UnsupportedError"
        found["reason"][:] = (
            "the fixed plan does not serve this point; --mode choice says what does, or why not"
        )
        for part in parts:
            with np.errstate(
                over="ignore", invalid="ignore", divide="ignore"
            ):  # runs that grow beyond float64
                priced = self._priced(part)
            found["reason"][put(found, part, priced, np.isfinite(priced["t_count"]))] = None
        return found

    def _priced(self, points: Points) -> dict[str, NDArray[Any]]:
        spec, runs = points.spec, points.runs
        price = spec.access.price_per_lookup
        access = access_named(self.access, None if price is None else price.value)
        count = len(runs.rate)
        line = self._line(points, access)
        padding = np.zeros(count)
        if not (self.stationary or line.of_polynomials):
            padding = np.minimum(np.round(self.ratio * runs.steps), MOST_ROWS)
        shares = np.repeat(np.array(self.split)[:, None], count, axis=1)
        best = replace(
            ManyChoice.none(count), line=np.where(line.valid, 0, -1), padding=padding, shares=shares
        )
        return plan_columns(points, Settled([line], best, points.exchange, OBJECTIVES[points.spec.objective]))

    def _line(self, points: Points, access: Access) -> ManyLine:
        runs, offers = points.runs, points.models[int(points.model[0])].offers
        count = len(runs.rate)
        if self.encoding in offers and self.solver in POLYNOMIALS:
            return line_of(points, POLYNOMIALS[self.solver], self.encoding, access)
        solver = SOLVERS.get(self.solver, LINEAR_SOLVERS[0])
        valid = np.ones(count, dtype=bool)
        if self.stationary:
            valid = np.asarray(runs.off < runs.epsilon)
        elif solver in ACCRETIVE_SYSTEM:
            valid = np.asarray(runs.growth <= 1)
        if self.encoding not in offers:
            valid = np.zeros(count, dtype=bool)
        return ManyLine(self.subject, solver, self.encoding, access, self.stationary, valid)
