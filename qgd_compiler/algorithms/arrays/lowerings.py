"""The lowering of plans on traced values: programs of which sizes are arrays, and what counting them takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.access import Qrom
from qgd_compiler.algorithms.amplification import Wanted
from qgd_compiler.algorithms.arrays.form import OF_SERIES, SHARES, Form
from qgd_compiler.algorithms.arrays.slots import (
    BOTH_WAYS,
    LAYERS,
    OF_ENCODING,
    OF_STATE,
    encoding_of,
    state_of,
)
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.history import history_encoding, rows
from qgd_compiler.algorithms.history_plan import Composed, composed
from qgd_compiler.algorithms.linear_solvers import LinearSolver
from qgd_compiler.algorithms.plan import Shares
from qgd_compiler.algorithms.polynomial_plan import Encodings, Method, applied, around, error_at
from qgd_compiler.algorithms.problem import HistorySums, RightHandSide
from qgd_compiler.algorithms.qsp.series import Parity
from qgd_compiler.algorithms.right_hand_sides import driven
from qgd_compiler.algorithms.routes.families import Truncated
from qgd_compiler.algorithms.stationary_plan import composed_stationary
from qgd_compiler.kinds import Kind, Source
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import Scalar, ceil_log2, where
from qgd_compiler.traced import Tape, Traced


@dataclass(frozen=True)
class Lowering:
    """A plan before it is counted.

    success   of one run, at least, and at most (`most`; None: not known); `reusable`: it can be amplified
    allowed   2-norm error that all rotations of one circuit together may make
    kappa     None: it solves no system
    """

    run: Routine
    wanted: Wanted
    success: Scalar
    most: Scalar | None
    reusable: bool
    allowed: Scalar
    queries: Scalar
    kappa: Scalar | None
    shares: Shares


def lowering(form: Form, tape: Tape, given: Mapping[str, Traced]) -> Lowering:
    """The plan of a form, of inputs on a tape."""
    return {"history": _history, "point": _point, "polynomial": _polynomial}[form.subject](form, tape, given)


def _shares(given: Mapping[str, Traced]) -> Shares:
    return Shares(*(given[name] for name in SHARES))


@dataclass(frozen=True)
class _Given:
    """A history system of which sizes are traced."""

    given: Mapping[str, Traced]
    normed: bool

    @property
    def sums(self) -> HistorySums:
        wanted, last, total = (
            (self.given[f"{n}_low"], self.given[f"{n}_high"]) for n in ("wanted", "last", "total")
        )
        unit = self.given["right_hand_sides"] if self.normed else None
        return HistorySums(wanted, last, total, unit, Source.BOUND)  # type: ignore[arg-type]

    def inverse_norm(self, padding: Scalar) -> Scalar:
        return self.given["inverse_norm"]

    def allowed(self, epsilon: Scalar) -> Scalar:
        return epsilon / self.given["rate"]


@dataclass(frozen=True)
class _Parts:
    """The encoding and the state to an error, as they are handed over to the formula."""

    form: Form
    tape: Tape

    def slots(self, function: str, names: tuple[str, ...], epsilon: Scalar) -> dict[str, Scalar]:
        """What a function of an error says."""
        found: dict[str, Scalar] = dict(
            zip(names, self.tape.call(function, len(names), epsilon), strict=True)
        )
        nothing = (*(() if self.form.layers else LAYERS), *(() if self.form.in_t else ("t",)))
        found.update({slot: 0 for slot in names if slot.split(" ")[-1] in nothing})
        return found

    def encoding(self, epsilon: Scalar) -> Encoding:
        """Under a control."""
        return encoding_of(self._encoding_slots(epsilon))

    def query(self, epsilon: Scalar) -> Encoding:
        """Without one."""
        slots = {**self._encoding_slots(epsilon), **self.slots("query", BOTH_WAYS, epsilon)}
        return encoding_of(slots, controlled=False)

    def _encoding_slots(self, epsilon: Scalar) -> dict[str, Scalar]:
        found = self.slots("encoding", OF_ENCODING, epsilon)
        # an encoding that is not there has no number for its norm, and nothing that follows from it
        return {**found, "alpha": where(found["there"], found["alpha"], np.nan)}

    def state(self, epsilon: Scalar) -> tuple[RightHandSide, dict[str, Scalar]]:
        """With its slots."""
        found = self.slots("state", OF_STATE, epsilon)
        return state_of(found), found


def _history(form: Form, tape: Tape, given: Mapping[str, Traced]) -> Lowering:
    assert not isinstance(form.solver, Method)
    parts = _Parts(form, tape)
    iterations, padding = given["iterations"], given["padding"]

    def driven_state(epsilon: Scalar) -> RightHandSide:
        found, slots = parts.state(epsilon)
        routine = driven(
            slots["span"],
            iterations,
            padding,
            found.bits,
            Qrom(),  # of no table here: the state has its own, the times need none
            data_bits=slots["bits"],
            state=found.routine,
        )
        return RightHandSide(routine, found.error, found.bits)

    made = composed(
        _Given(given, form.normed),
        form.solver,
        given["left"],
        padding,
        _shares(given),
        parts.encoding,
        lambda step: history_encoding(step, given["rate"], iterations, padding, idle=True),
        driven_state,
        bound=form.bound,
        tight=form.tight,
    )
    wanted = Wanted(ceil_log2(rows(iterations, padding)), iterations, form.marks)
    return _of_solver(made, form.solver, wanted, made.probability[1] if form.normed else None)


def _point(form: Form, tape: Tape, given: Mapping[str, Traced]) -> Lowering:
    assert not isinstance(form.solver, Method)
    parts = _Parts(form, tape)
    made = composed_stationary(
        form.solver,
        given["left"],
        given["lowest"],
        (given["solution_low"], given["solution_high"]),
        _shares(given),
        parts.encoding,
        lambda epsilon: parts.state(epsilon)[0],
        bound=form.bound,
        tight=form.tight,
    )
    return _of_solver(made, form.solver, Wanted(), 1.0)


def _of_solver(made: Composed, solver: LinearSolver, wanted: Wanted, most: Scalar | None) -> Lowering:
    return Lowering(
        run=made.run,
        wanted=wanted,
        success=made.success,
        most=most,
        reusable=solver.reusable,
        allowed=made.allowed,
        queries=made.queries.encoding,
        kappa=made.kappa,
        shares=made.shares,
    )


def _polynomial(form: Form, tape: Tape, given: Mapping[str, Traced]) -> Lowering:
    """One of mixed parity, by a method that can be written for a traced degree."""
    assert isinstance(form.solver, Method)
    parts = _Parts(form, tape)

    def series_of(relative: Scalar) -> Truncated:
        found = dict(zip(OF_SERIES, tape.call("series", len(OF_SERIES), relative), strict=True))
        return Truncated(parity=Parity.MIXED, error=0.0, kind=Kind.BOUND, source="", **found)  # type: ignore[arg-type]

    def encodings_of(epsilon: Scalar) -> Encodings:
        controlled, plain = parts.encoding(epsilon), parts.query(epsilon)
        return lambda control: controlled if control else plain

    left, kept, shares = given["left"], (given["kept_low"], given["kept_high"]), _shares(given)
    exactly = error_at(given["place"], given["padding"])
    if form.tight:
        shares = around(exactly, left, kept[0], shares)
    made = applied(
        form.solver,
        left,
        kept,
        given["weight"],
        shares,
        series_of,
        encodings_of,
        lambda epsilon: parts.state(epsilon)[0],
        bound=form.bound,
        exactly=exactly,
    )
    return Lowering(
        run=made.run,
        wanted=Wanted(),
        success=made.success[0],
        most=made.success[1],
        reusable=True,
        allowed=made.allowed,
        queries=made.uses,
        kappa=None,
        shares=shares,
    )
