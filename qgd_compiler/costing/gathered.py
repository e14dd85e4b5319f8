"""Arrays of costs that were counted one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.costing.fold import Cost
from qgd_compiler.costing.gates import Gates, Price
from qgd_compiler.costing.prices import price_of
from qgd_compiler.program.ir import Primitive
from qgd_compiler.scalars import Scalar

UNCOUNTED = ("clifford", "measurements")


def gathered(costs: Sequence[Cost], index: NDArray[np.int64]) -> Cost:
    """The cost number `index` at each place of an array, in float64; what all costs have in common stays a number.

    Without Cliffords and measurements.
    """
    labels = dict.fromkeys(label for cost in costs for label in cost.by_component)
    nothing = Gates()
    parts = {
        label: Gates(
            **{
                f.name: 0
                if f.name in UNCOUNTED
                else picked([getattr(c.by_component.get(label, nothing), f.name) for c in costs], index)
                for f in fields(Gates)
            }
        )
        for label in labels
    }
    work = picked([c.work for c in costs], index)
    same = all(c.work is c.clean or c.work == c.clean for c in costs)
    return Cost(parts, work, work if same else picked([c.clean for c in costs], index))


def picked(values: Sequence[Scalar], index: NDArray[np.int64]) -> Scalar:
    """`values[index]` in float64, or their one value where all are the same."""
    first = values[0]
    if all(v == first for v in values):
        return first
    return np.array([float(v) for v in values])[index]


def price_of_totals(primitive: Primitive, adjoint: bool) -> Price:
    """The price without what no total is made of: Cliffords and measurements."""
    price = price_of(primitive, adjoint)
    return replace(price, gates=replace(price.gates, clifford=0, measurements=0))


def price_of_counts(primitive: Primitive, adjoint: bool) -> Price:
    """The price of Toffolis, T gates, rotations and qubits alone, without layers."""
    price = price_of(primitive, adjoint)
    counts = replace(price.gates, clifford=0, measurements=0, toffoli_depth=0, rotation_depth=0)
    return replace(price, gates=counts)
