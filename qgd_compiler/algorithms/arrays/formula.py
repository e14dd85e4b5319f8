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

from qgd_compiler.algorithms.arrays.amplifying import Ways, amplified, repeated, ways_of
from qgd_compiler.algorithms.arrays.form import OF_SERIES, SHARES, Form
from qgd_compiler.algorithms.arrays.lowerings import Lowering, lowering
from qgd_compiler.algorithms.arrays.slots import BOTH_WAYS, OF_ENCODING, OF_STATE
from qgd_compiler.algorithms.plan import Shares, circuit
from qgd_compiler.costing.fold import Folder
from qgd_compiler.costing.gathered import price_of_counts, price_of_totals
from qgd_compiler.scalars import Scalar, expected_count, maximum, minimum, where
from qgd_compiler.traced import Tape, Traced

Array = NDArray[np.float64]

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


# what a formula is handed over beside its inputs: functions of an error, and what they give
FUNCTIONS = {"encoding": OF_ENCODING, "query": BOTH_WAYS, "state": OF_STATE, "series": OF_SERIES}


@dataclass(frozen=True)
class Formula:
    """A function of the `inputs` of a form, and of the `FUNCTIONS` of an error by their names.

    looks_at   the slots of each that it looks at; any others may be missing
    """

    function: Callable[..., tuple[Any, ...]]
    looks_at: Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=256)
def formula(form: Form) -> Formula:
    """The formula of a form.

    It gives `PRICES` and the shares, or where the form has a value: that, maybe the qubits, and the shares.
    """
    tape = Tape()
    given = {name: tape.input(name) for name in form.inputs}
    made = lowering(form, tape, given)
    prices = _counted(form, made)
    shares = [getattr(made.shares, name) for name in SHARES]
    outputs = [getattr(prices, name) for name in PRICES]
    if form.value is not None:
        outputs = [form.value(prices), *([prices.qubits] if form.sized else [])]
    results = [*outputs, *shares]
    return Formula(
        tape.function(form.inputs, results),
        {
            function: tuple(slots[place] for place in tape.used(function, results))
            for function, slots in FUNCTIONS.items()
        },
    )


def _counted(form: Form, made: Lowering) -> Prices:
    """The counts of `plan.counted`, of every way to amplify."""
    success, most = made.success, made.most
    ways = repeated(success)
    if made.reusable:
        assert isinstance(success, Traced)  # it depends on the error of the solver
        ways = Ways(*success.tape.call(ways_of, 3, success, np.nan if most is None else most))
    program = circuit(amplified(made.run, made.wanted, ways))
    cost = Folder(price_of_totals if form.layers else price_of_counts, shared=False, by_component=False).cost(
        program
    )
    gates, exchange = cost.gates, form.exchange
    each = minimum(made.allowed / maximum(gates.rotations, 1), 0.5)
    per_circuit, depth = exchange.t_count(gates, each), exchange.t_depth(gates, each)
    qubits: Scalar = cost.work + where(gates.rotations > 0, exchange.extra_qubits(each), 0)
    for register in program.registers:
        qubits = qubits + register.size
    there = (ways.circuits < np.inf) & (made.shares.solver > 0) & (made.shares.synthesis > 0)

    def shaped(value: Scalar) -> Any:
        if value is None:
            return np.nan
        whole = there & (value == value)  # nothing without a number
        return where(whole, value, np.inf)

    return Prices(
        t_count=shaped(expected_count(per_circuit, ways.circuits)),
        toffoli_count=shaped(expected_count(gates.toffoli, ways.circuits)),
        depth=shaped(expected_count(depth, ways.circuits)),
        qubits=shaped(qubits),
        t_per_circuit=shaped(per_circuit),
        circuits=shaped(ways.circuits),
        queries=shaped(made.queries),
        kappa=shaped(made.kappa),
        shares=made.shares,
    )
