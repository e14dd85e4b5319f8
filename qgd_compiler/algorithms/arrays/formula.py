"""The formula behind the price of a plan, written down once for each solver: the lowering of single plans, traced.

What a plan costs at a padding and a split is a few hundred operations on what is known of its run, of its encoding and
of its state. The lowering runs once on traced values and leaves a function of arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import Qrom
from qgd_compiler.algorithms.amplification import Wanted
from qgd_compiler.algorithms.arrays.amplifying import Ways, amplified, repeated, ways_of
from qgd_compiler.algorithms.arrays.slots import LAYERS, OF_ENCODING, OF_STATE, encoding_of, state_of
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.history import history_encoding, rows
from qgd_compiler.algorithms.history_plan import Composed, composed
from qgd_compiler.algorithms.linear_solvers import LinearSolver
from qgd_compiler.algorithms.plan import Shares, circuit
from qgd_compiler.algorithms.problem import HistorySums, RightHandSide
from qgd_compiler.algorithms.right_hand_sides import driven
from qgd_compiler.algorithms.stationary_plan import composed_stationary
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.gathered import price_of_counts, price_of_totals
from qgd_compiler.kinds import Source
from qgd_compiler.scalars import Scalar, ceil_log2, expected_count, maximum, minimum, where
from qgd_compiler.traced import Tape, Traced

Array = NDArray[np.float64]

SHARES = ("solver", "encoding", "right_hand_side", "synthesis")
SUMS = ("wanted_low", "wanted_high", "last_low", "last_high", "total_low", "total_high", "right_hand_sides")
# η, T, the error for all shares together, and squared norms of the solution; then what is tried
OF_RUN = ("rate", "iterations", "left", *SUMS, "padding", "inverse_norm", *SHARES)
# the smallest eigenvalue, and ‖H⁻¹ĝ‖ between two values
OF_POINT = ("left", "lowest", "solution_low", "solution_high", *SHARES)
PRICES = ("t_count", "toffoli_count", "depth", "qubits", "t_per_circuit", "circuits", "queries", "kappa")


@dataclass(frozen=True)
class Prices:
    """As the fields of `Plan` of the same names, in float64, ways to amplify on the last axis, best first.

    Infinite where there is no plan.
    """

    t_count: Array
    toffoli_count: Array
    depth: Array
    qubits: Array
    t_per_circuit: Array
    circuits: Array
    queries: Array
    kappa: Array
    shares: Shares


@dataclass(frozen=True)
class Form:
    """What decides on a formula.

    stationary   of plans for stationary points; else of histories
    normed       the norm of the solution of a history is known, in the unit of the right-hand side
    marks        where the wanted part stands in a step
    layers       depths are counted (else they are 0)
    bound        the shares add up to more than 1, and the prices are lower bounds
    tight        what words do not use of their shares goes to the solver
    in_t         memory may have a price in T gates; else encodings and states are Toffolis and rotations
    value        what is minimised: then it and the shares are all that comes out, and with `sized` the qubits
    """

    solver: LinearSolver
    exchange: Exchange
    stationary: bool
    normed: bool
    marks: tuple[tuple[int, int], ...]
    layers: bool
    bound: bool
    tight: bool
    in_t: bool
    value: Callable[[Any], Any] | None = None
    sized: bool = True

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of what the formula is applied to, in order; arrays that broadcast, ways on the last axis."""
        return OF_POINT if self.stationary else OF_RUN


@dataclass(frozen=True)
class Formula:
    """A function of the `inputs` of a form, and of {"encoding", "state"}: functions of an error to tuples of slots.

    of_encoding, of_state   the slots that it looks at; any others may be missing
    """

    function: Callable[..., tuple[Any, ...]]
    of_encoding: tuple[str, ...]
    of_state: tuple[str, ...]


@lru_cache(maxsize=256)
def formula(form: Form) -> Formula:
    """The formula of a form.

    It gives `PRICES` and the shares, or where the form has a value: that, maybe the qubits, and the shares.
    """
    tape = Tape()
    given = {name: tape.input(name) for name in form.inputs}
    made, wanted, most = (_stationary if form.stationary else _history)(form, tape, given)
    prices = _counted(form, made, wanted, most)
    shares = [getattr(made.shares, name) for name in SHARES]
    outputs = [getattr(prices, name) for name in PRICES]
    if form.value is not None:
        outputs = [form.value(prices), *([prices.qubits] if form.sized else [])]
    results = [*outputs, *shares]
    return Formula(
        tape.function(form.inputs, results),
        tuple(OF_ENCODING[place] for place in tape.used("encoding", results)),
        tuple(OF_STATE[place] for place in tape.used("state", results)),
    )


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


def _parts(
    form: Form, tape: Tape
) -> tuple[Callable[[Scalar], Encoding], Callable[[Scalar], tuple[RightHandSide, dict[str, Scalar]]]]:
    """The encoding and the state to an error, as they are handed over to the formula."""

    def slots(name: str, names: tuple[str, ...], epsilon: Scalar) -> dict[str, Scalar]:
        found: dict[str, Scalar] = dict(zip(names, tape.call(name, len(names), epsilon), strict=True))
        nothing = (*(() if form.layers else LAYERS), *(() if form.in_t else ("t",)))
        found.update({slot: 0 for slot in names if slot.split(" ")[-1] in nothing})
        return found

    def step_of(epsilon: Scalar) -> Encoding:
        found = slots("encoding", OF_ENCODING, epsilon)
        # an encoding that is not there has no number for its norm, and nothing that follows from it
        found["alpha"] = where(found["there"], found["alpha"], np.nan)
        return encoding_of(found)

    def state(epsilon: Scalar) -> tuple[RightHandSide, dict[str, Scalar]]:
        found = slots("state", OF_STATE, epsilon)
        return state_of(found), found

    return step_of, state


def _history(form: Form, tape: Tape, given: Mapping[str, Traced]) -> tuple[Composed, Wanted, Scalar | None]:
    step_of, state = _parts(form, tape)
    iterations, padding = given["iterations"], given["padding"]

    def driven_state(epsilon: Scalar) -> RightHandSide:
        found, slots = state(epsilon)
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
        step_of,
        lambda step: history_encoding(step, given["rate"], iterations, padding, idle=True),
        driven_state,
        bound=form.bound,
        tight=form.tight,
    )
    wanted = Wanted(ceil_log2(rows(iterations, padding)), iterations, form.marks)
    return made, wanted, made.probability[1] if form.normed else None


def _stationary(form: Form, tape: Tape, given: Mapping[str, Traced]) -> tuple[Composed, Wanted, Scalar]:
    step_of, state = _parts(form, tape)
    made = composed_stationary(
        form.solver,
        given["left"],
        given["lowest"],
        (given["solution_low"], given["solution_high"]),
        _shares(given),
        step_of,
        lambda epsilon: state(epsilon)[0],
        bound=form.bound,
        tight=form.tight,
    )
    return made, Wanted(), 1.0


def _counted(form: Form, made: Composed, wanted: Wanted, most: Scalar | None) -> Prices:
    """The counts of `plan.counted`, of every way to amplify.

    most  the probability of what is wanted is at most this; None: not known
    """
    success = made.success
    ways = repeated(success)
    if form.solver.reusable:
        assert isinstance(success, Traced)  # it depends on the error of the solver
        ways = Ways(*success.tape.call(ways_of, 3, success, np.nan if most is None else most))
    program = circuit(amplified(made.run, wanted, ways))
    cost = Folder(
        price_of_totals if form.layers else price_of_counts, by_digest=False, by_component=False
    ).cost(program)
    gates, exchange = cost.gates, form.exchange
    each = minimum(made.allowed / maximum(gates.rotations, 1), 0.5)
    per_circuit, depth = exchange.t_count(gates, each), exchange.t_depth(gates, each)
    qubits: Scalar = cost.work + where(gates.rotations > 0, exchange.extra_qubits(each), 0)
    for register in program.registers:
        qubits = qubits + register.size
    there = (ways.circuits < np.inf) & (made.shares.solver > 0)

    def shaped(value: Scalar) -> Any:
        whole = there & (value == value)  # nothing without a number
        return where(whole, value, np.inf)

    return Prices(
        t_count=shaped(expected_count(per_circuit, ways.circuits)),
        toffoli_count=shaped(expected_count(gates.toffoli, ways.circuits)),
        depth=shaped(expected_count(depth, ways.circuits)),
        qubits=shaped(qubits),
        t_per_circuit=shaped(per_circuit),
        circuits=shaped(ways.circuits),
        queries=shaped(made.queries.encoding),
        kappa=shaped(made.kappa),
        shares=made.shares,
    )
