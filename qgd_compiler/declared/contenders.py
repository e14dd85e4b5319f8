"""Polynomials by QSVT that may beat the linear solvers, as lines that arrays price.

What is ruled out: a family that refuses the run by its numbers, and polynomials in H whose degree alone, by Bernstein's
inequality, costs more than the plans that are known (`polynomials/fewest.py`, as in a compile).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np

from qgd_compiler.algorithms.access import Access, access_named
from qgd_compiler.algorithms.arrays.choosing import ManyLine, Transformed
from qgd_compiler.algorithms.arrays.declared_polynomials import DeclaredPolynomials
from qgd_compiler.algorithms.arrays.distinct import distinct, distinct_rows, first_of_each
from qgd_compiler.algorithms.arrays.leaves import Leaf
from qgd_compiler.algorithms.arrays.pricing import Index
from qgd_compiler.algorithms.arrays.slots import BOTH_WAYS
from qgd_compiler.algorithms.menu.offer import Offer
from qgd_compiler.algorithms.polynomials.fewest import RUNS, degree_per_amplitude, eigenvalues_between
from qgd_compiler.algorithms.routes.bounded import OneSided
from qgd_compiler.algorithms.routes.families import PER_DECADE, TRANSFORMATION
from qgd_compiler.algorithms.routes.hamiltonian import Hamiltonian, out_of_reach
from qgd_compiler.algorithms.routes.polynomial import COARSEST, cheapest_query, solver_name, subject_of
from qgd_compiler.analysis.geometric import geometric_sum
from qgd_compiler.analysis.response import driven_largest
from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.fold import fold_kept
from qgd_compiler.costing.gates import Gates
from qgd_compiler.costing.prices import price_of
from qgd_compiler.declared.models import Model
from qgd_compiler.declared.points import Array, Mask, Points, smallest_kept

Made = type[OneSided | Hamiltonian]
FAMILIES: tuple[Made, ...] = (OneSided, Hamiltonian)


def transformed_lines(
    points: Points, limit: Array, accesses: Sequence[Access]
) -> tuple[list[ManyLine], Mask]:
    """Lines that may cost less than `limit`, in units of the objective; and where one is not priced by arrays.

    That is where its coarsest polynomial has a definite parity.
    """
    runs, families = points.runs, points.models[int(points.model[0])].spec.solvers
    unusual = np.zeros(len(limit), dtype=bool)
    asked = [make for make in FAMILIES if families is None or make.family in families]
    norm, open_ones = _usable(points)
    if not asked or not len(open_ones):
        return [], unusual
    lines = []
    far = _out_of_reach(points, norm, open_ones) if Hamiltonian in asked else unusual
    for encoding, least in _fewest(points, norm, open_ones, accesses).items():
        near = open_ones[least <= limit[open_ones]]
        for make in asked if len(near) else ():
            declared = _declared(points, make, encoding, accesses[0], norm)
            at = near[~far[near]] if make is Hamiltonian else near
            at = at[declared.serves(at)]
            there, strange = declared.coarsest(at)
            unusual[at[there & ((runs.steps[at] == 1) | strange)]] = True
            at = at[there]
            if len(at):
                lines += [_line(declared, encoding, access, at) for access in accesses]
    return lines, unusual


def line_of(points: Points, make: Made, encoding: str, access: Access) -> ManyLine:
    """The line of a family wherever it serves."""
    norm, at = _usable(points)
    declared = _declared(points, make, encoding, access, norm)
    return _line(declared, encoding, access, at[declared.serves(at)] if len(at) else at)


def _usable(points: Points) -> tuple[Array, Index]:
    """‖u_T‖/‖g‖ over its largest value at least, and the points whose polynomials need no negative argument."""
    runs, kept = points.runs, smallest_kept(points)
    norm = kept / driven_largest(runs.rate, runs.steps, runs.low, runs.high)
    return norm, np.flatnonzero(quadratic(points) & (kept > 0) & (runs.low >= 0))


def _declared(points: Points, make: Made, encoding: str, access: Access, norm: Array) -> DeclaredPolynomials:
    weight = np.array([float(m.offers[encoding].weight) for m in points.models])[points.model]
    return DeclaredPolynomials(points.runs, Leaf(encoding, access, points.matrices), make, weight, norm)


def _line(of: DeclaredPolynomials, encoding: str, access: Access, at: Index) -> ManyLine:
    valid = np.zeros(len(of.norm), dtype=bool)
    valid[at] = True
    make = cast(Made, of.make)
    solver = Transformed(solver_name(make.name, TRANSFORMATION), make, of.weight, of.norm)
    return ManyLine(subject_of(make.name, make.argument, "gradient"), solver, encoding, access, False, valid)


def quadratic(points: Points) -> Mask:
    """Where the last iterate is a function of one Hessian."""
    return np.array([m.quadratic for m in points.models])[points.model]


def _out_of_reach(points: Points, norm: Array, at: Index) -> Mask:
    """Where gradient flow is too far from the run, as a glance at a few values tells; of all points."""
    runs, slack = points.runs, points.runs.epsilon[at] * norm[at]
    one, which = distinct_rows(runs.rate[at], runs.steps[at], runs.low[at], runs.high[at], slack)
    coarsest = 10.0 ** ((np.floor(PER_DECADE * np.log10(slack[one])) + 1) / PER_DECADE)
    rate, steps, low, high = (a[at][one] for a in (runs.rate, runs.steps, runs.low, runs.high))
    told = out_of_reach(rate, steps, low, high, coarsest)
    found = np.zeros(len(norm), dtype=bool)
    found[at] = told[which]
    return found


def _fewest(points: Points, norm: Array, at: Index, accesses: Sequence[Access]) -> Mapping[str, Array]:
    """The objective of a polynomial in H at least, by encoding; as `PolynomialRoute.least`."""
    runs, model = points.runs, points.model[at]
    slack = runs.epsilon[at] * norm[at]
    # a grid has many points of each run
    some, run = distinct_rows(runs.rate[at], runs.steps[at], runs.low[at], runs.high[at], slack)
    ends = (runs.rate[at][some], runs.steps[at][some], runs.low[at][some], runs.high[at][some])
    values, rate = eigenvalues_between(*ends[2:]), ends[0][:, None]
    sizes = rate * geometric_sum(rate * values, ends[1][:, None]) / driven_largest(*ends)[:, None]
    first, number = _matrices(points, at)
    found = {}
    for name in points.models[int(points.model[0])].offers:
        weight = np.array([float(points.models[int(m)].offers[name].weight) for m in model[first]])
        each = _cheapest(points, name, accesses, at[first], weight)
        one, which = distinct_rows(run, weight[number])
        degree = degree_per_amplitude(
            values[run[one]] / weight[number[one]][:, None], sizes[run[one]], slack[one]
        )
        found[name] = np.asarray(RUNS / norm[at] * degree[which] * each[number])
    return found


def _matrices(points: Points, at: Index) -> tuple[Index, Index]:
    """One point for each matrix among some, and the number of the matrix of every one, both counted among these."""
    different, number = distinct(points.runs.matrix[at])
    return first_of_each(number, len(different)), number


def _cheapest(points: Points, encoding: str, accesses: Sequence[Access], at: Index, weight: Array) -> Array:
    """The objective of one use of an encoding at least, as `cheapest_query` counts it, with any access model."""
    spec, which = points.models[int(points.model[0])].spec, points.runs.matrix[at]
    found = np.full(len(at), np.inf)
    for access in accesses:
        leaf = Leaf(encoding, access, points.matrices)
        slots = leaf.encodings(which, COARSEST * weight, BOTH_WAYS, controlled=False)
        fewest = {
            name: np.minimum(slots[f"forward {name}"], slots[f"backward {name}"]) for name in ("toffoli", "t")
        }
        exchange = Exchange(spec.exchange.toffoli_in_t.value, spec.exchange.rotation)
        cost = fewest["toffoli"] if spec.objective == "toffoli" else exchange.t_of(Gates(**fewest), 0.5)
        found = np.minimum(found, cost)
    return found


def cheapest(model: Model, offer: Offer, allowed: float | None = None) -> float:
    """The objective of one use of an encoding at least, with any access model of the spec; to an error, or to any."""
    spec = model.spec
    price = spec.access.price_per_lookup
    exchange = Exchange(spec.exchange.toffoli_in_t.value, spec.exchange.rotation)
    costs = []
    for access in spec.access.models:
        way = access_named(access, None if price is None else price.value)
        gates = cheapest_query(offer, way, lambda op, inverse: fold_kept(op, price_of, inverse), allowed)
        costs.append(float(gates.toffoli if spec.objective == "toffoli" else exchange.t_of(gates, 0.5)))
    return min(costs)
