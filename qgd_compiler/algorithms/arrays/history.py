"""What plans for history systems of quadratic runs cost, many at once: `composed` and `counted` on arrays.

One element is one line of the menu of one run at one padding and split. Encodings and states are counted once for each
word length, by the same code that a single plan uses, and gathered; around them everything is an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import Qrom
from qgd_compiler.algorithms.amplification import Wanted
from qgd_compiler.algorithms.arrays.amplifying import amplified, ways_of
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.history import history_encoding, rows
from qgd_compiler.algorithms.history_plan import Composed, Sizes, composed
from qgd_compiler.algorithms.linear_solvers import LinearSolver
from qgd_compiler.algorithms.plan import Shares, circuit
from qgd_compiler.algorithms.problem import RightHandSide
from qgd_compiler.algorithms.right_hand_sides import driven
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import Folded, Folder, PriceOf
from qgd_compiler.costing.gathered import price_of_counts, price_of_totals
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import Scalar, ceil_log2, expected_count, maximum, minimum

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class States:
    """Preparations of one vector beside each step, gathered; `span` amplitudes on `bits` qubits."""

    routine: Folded
    error: Scalar
    angle_bits: Scalar
    span: Scalar
    bits: Scalar


class Runs(Protocol):
    """Lines of the menu for quadratic runs at one rate from u_0 = 0, by number.

    marks   where the wanted part stands in a step, the same for all
    layers  depths are counted (else they are 0)
    """

    @property
    def layers(self) -> bool: ...

    @property
    def marks(self) -> tuple[tuple[int, int], ...]: ...

    def sizes(self, line: Index) -> Sizes:
        """What is known of each run."""

    def left(self, line: Index) -> Scalar:
        """Of the error, for all shares together."""

    def rate(self, line: Index) -> Scalar:
        """η."""

    def iterations(self, line: Index) -> Scalar:
        """T."""

    def steps(self, line: Index, epsilon: Array) -> tuple[Encoding, NDArray[np.bool_]]:
        """The controlled encoding of each H to an error, and where there is one."""

    def states(self, line: Index, epsilon: Array) -> States:
        """The preparation of each −g to an error."""


@dataclass(frozen=True)
class Prices:
    """As the fields of `Plan` of the same names, in float64; infinite where there is no plan."""

    t_count: Array
    toffoli_count: Array
    depth: Array
    qubits: Array
    t_per_circuit: Array
    circuits: Array
    queries: Array
    kappa: Array
    shares: Shares


def joined(parts: Sequence[Prices]) -> Prices:
    """Prices of pieces as one; with the ways of the piece that has the most."""
    ways = max(p.t_count.shape[-1] for p in parts)
    names = [f.name for f in fields(Prices) if f.name != "shares"]

    def wide(value: Array) -> Array:
        return np.pad(value, ((0, 0), (0, ways - value.shape[-1])), constant_values=np.inf)

    shares = Shares(
        *(
            np.concatenate([np.broadcast_to(getattr(p.shares, f.name), p.t_count.shape[:1]) for p in parts])
            for f in fields(Shares)
        )
    )
    return Prices(**{n: np.concatenate([wide(getattr(p, n)) for p in parts]) for n in names}, shares=shares)


def priced(
    runs: Runs,
    solver: LinearSolver,
    exchange: Exchange,
    line: Index,
    padding: Array,
    shares: Shares,
    *,
    bound: bool = False,
    tight: bool = False,
) -> Prices:
    """One element per entry of `line`, on the first axis; on the last one the ways to amplify, best first.

    bound  the shares add up to more than 1, and the prices are lower bounds
    tight  what words do not use of their shares goes to the solver
    """
    with np.errstate(all="ignore"):
        return _priced(runs, solver, exchange, line, np.asarray(padding, dtype=float), shares, bound, tight)


def _priced(
    runs: Runs,
    solver: LinearSolver,
    exchange: Exchange,
    line: Index,
    padding: Array,
    shares: Shares,
    bound: bool,
    tight: bool,
) -> Prices:
    valid = np.ones(line.shape, dtype=bool)
    rate, iterations = runs.rate(line), runs.iterations(line)

    def step_of(epsilon: Scalar) -> Encoding:
        nonlocal valid
        step, there = runs.steps(line, np.broadcast_to(epsilon, line.shape))
        valid = there
        return step

    def state_of(epsilon: Scalar) -> RightHandSide:
        found = runs.states(line, np.broadcast_to(epsilon, line.shape))
        routine = driven(
            found.span,
            iterations,
            padding,
            found.angle_bits,
            Qrom(),  # of no table here: the state has its own, the times need none
            data_bits=found.bits,
            state=found.routine,
        )
        return RightHandSide(routine, found.error, found.angle_bits)

    made = composed(
        runs.sizes(line),
        solver,
        runs.left(line),
        padding,
        shares,
        step_of,
        lambda step: history_encoding(step, rate, iterations, padding, idle=True),
        state_of,
        bound=bound,
        tight=tight,
    )
    most = made.probability[1] if made.norm is not None else None
    wanted = Wanted(ceil_log2(rows(iterations, padding)), iterations, runs.marks)
    return counts_of(made, wanted, most, solver, exchange, valid, layers=runs.layers)


def counts_of(
    made: Composed,
    wanted: Wanted,
    most: Scalar,
    solver: LinearSolver,
    exchange: Exchange,
    valid: NDArray[np.bool_],
    *,
    layers: bool,
) -> Prices:
    """The prices of plans, by their best ways to amplify.

    most   the probability of what is wanted is at most this; None: not known
    valid  where there is an encoding
    """
    valid = valid & np.asarray(made.shares.solver > 0)
    success = np.broadcast_to(made.success, valid.shape)
    ways = ways_of(
        success, None if most is None else np.broadcast_to(most, valid.shape), reusable=solver.reusable
    )
    program = circuit(amplified(made.run, wanted, ways))
    return _counted(
        made, program, ways.circuits, exchange, valid, price_of_totals if layers else price_of_counts
    )


def _counted(
    made: Composed,
    program: Routine,
    circuits: Array,
    exchange: Exchange,
    valid: NDArray[np.bool_],
    price: PriceOf,
) -> Prices:
    """The counts of `plan.counted`, element by element; ways on the first axis go to the last."""
    cost = Folder(price, by_digest=False).cost(program)
    gates = cost.gates
    each = minimum(made.allowed / maximum(gates.rotations, 1), 0.5)
    per_circuit, depth = exchange.t_count(gates, each), exchange.t_depth(gates, each)
    synthesis = np.where(np.asarray(gates.rotations) > 0, exchange.extra_qubits(each), 0)
    qubits: Scalar = cost.work + synthesis
    for register in program.registers:
        qubits = qubits + register.size
    there = valid & np.isfinite(circuits)

    def shaped(value: Scalar) -> Array:
        full = np.where(there, np.broadcast_to(np.asarray(value, dtype=float), circuits.shape), np.inf)
        return np.moveaxis(np.where(np.isnan(full), np.inf, full), 0, -1)

    return Prices(
        t_count=shaped(expected_count(per_circuit, circuits)),
        toffoli_count=shaped(expected_count(gates.toffoli, circuits)),
        depth=shaped(expected_count(depth, circuits)),
        qubits=shaped(qubits),
        t_per_circuit=shaped(per_circuit),
        circuits=shaped(circuits),
        queries=shaped(made.queries.encoding),
        kappa=shaped(made.kappa),
        shares=made.shares,
    )
