r"""The classical runs: plain gradient descent, the accelerated one, minibatches, back-propagation.

Plain: T steps. Accelerated: the polynomial that the quantum solver applies, with as many products as its degree d
(Chebyshev semi-iteration: two products' worth of vector work each); so √T is no quantum advantage where this run has it
too. Minibatches: T products with the Hessian of one batch. Back-propagation: T steps of so many operations each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qgd_compiler.baselines.machines import Machine
from qgd_compiler.baselines.work import Operator, Work, network_step, product, step
from qgd_compiler.kinds import Kind
from qgd_compiler.scalars import Scalar


@dataclass(frozen=True)
class Run:
    """A classical run.

    name   as reports print it
    steps  products or steps, one after the other
    work   all of them together
    kind   how far the number of steps can be trusted; `source` where it comes from
    """

    name: str
    steps: Scalar
    work: Work
    kind: Kind
    source: str


@dataclass(frozen=True)
class Bill:
    """A run on a machine.

    seconds, joules   of the whole run (joules None: the power is not known)
    bound_by          memory, arithmetic or calls
    """

    run: Run
    machine: str
    seconds: float
    joules: float | None
    bound_by: str
    kind: Kind
    source: str


def plain(operator: Operator, iterations: Scalar) -> Run:
    """T steps of gradient descent on a quadratic model."""
    work = step(operator).times(iterations)
    return Run("plain gradient descent", iterations, work, Kind.EXACT, "one product a step")


def accelerated(operator: Operator, degree: Scalar, kind: Kind, source: str) -> Run:
    """A polynomial of degree d in H, by a three-term recursion: d products, two vectors read and one written each."""
    vectors = Work(flop=4 * operator.rows, bytes=3 * operator.rows * operator.value_bytes)
    work = (product(operator) + vectors).times(degree)
    return Run("accelerated gradient descent", degree, work, kind, source)


def stochastic(batch: Operator, iterations: Scalar) -> Run:
    """T steps, each with the Hessian of one minibatch."""
    work = step(batch).times(iterations)
    return Run(
        "stochastic gradient descent", iterations, work, Kind.EXACT, "one product with one batch a step"
    )


def back_propagation(flop: Scalar, parameters: Scalar, iterations: Scalar, value_bytes: int) -> Run:
    """T steps of training a network, `flop` each (all images of a step, forwards and backwards)."""
    work = network_step(flop, parameters, value_bytes).times(iterations)
    return Run(
        "training by back-propagation", iterations, work, Kind.MODEL, "operations of one step, as given"
    )


def bill(run: Run, machine: Machine) -> Bill:
    """What `run` takes on `machine`."""
    seconds = float(machine.seconds(run.work))
    joules = None if machine.watts is None else seconds * machine.watts
    return Bill(run, machine.name, seconds, joules, machine.bound_by(run.work), machine.kind, machine.source)


def bills(runs: Sequence[Run], machines: Sequence[Machine]) -> tuple[Bill, ...]:
    """Every run on every machine, fastest first."""
    return tuple(sorted((bill(r, m) for r in runs for m in machines), key=lambda b: b.seconds))
