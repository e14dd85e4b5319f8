"""The model of Gidney and Fowler: a circuit paced by CCZ factories, and by the reaction time of its decoder.

Data tiles with routing at one distance, factories with two distances of their own, all rounds of syndrome
measurement of equal length. Source: arXiv:1812.01238 and its spreadsheet; Qualtran's `surface_code` computes single
plans, and tests/physical/test_gidney_fowler.py compares. The reaction time is ours to add: without it more
factories are always faster.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from qgd_compiler.errors import InfeasibleError, SpecError
from qgd_compiler.physical.budget import Budget, checked
from qgd_compiler.physical.ccz_factories import (
    ccz_states,
    factory_qubits,
    generation_cycles,
    reaction_cycles,
    state_error,
)
from qgd_compiler.physical.codes import CODES, logical_error, patch_qubits, smallest_distance
from qgd_compiler.physical.layout import t_per_rotation
from qgd_compiler.physical.logical_counts import LogicalCounts
from qgd_compiler.physical.machines import Machine
from qgd_compiler.physical.pareto import front_rows, undominated
from qgd_compiler.scalars import Scalar, ceil, is_array, maximum

ROUTING = 0.5  # tiles for routing per data tile: arXiv:1812.01238
REACTION_NS = 10_000  # arXiv:1905.09749
LEAST_DISTANCE = 3
MOST_FACTORIES = 10_000


@dataclass(frozen=True)
class Setup:
    """What the model takes beside the machine: routing per data tile, and the decoder's reaction time (ns)."""

    routing: float = ROUTING
    reaction_ns: int = REACTION_NS


USUAL = Setup()


@dataclass(frozen=True)
class Load:
    """What a circuit asks for: tiles, T states, CCZ states, the longest chain of states; scalars or arrays."""

    tiles: Scalar
    t: Scalar
    ccz: Scalar
    chain: Scalar
    t_per_rotation: Scalar


@dataclass(frozen=True)
class CczPlan:
    """A plan of the model; exact integers, or arrays in a sweep.

    distance          code distance of the data
    factory_distances code distances of the two levels of a factory
    factories         side by side
    cycles            rounds of syndrome measurement
    failure           probability that the run fails, synthesis of rotations left out
    """

    machine: Machine
    load: Load
    distance: Scalar
    factory_distances: tuple[Scalar, Scalar]
    factories: Scalar
    cycles: Scalar
    failure: Scalar

    @property
    def runtime_ns(self) -> Scalar:
        """Time of one run (ns)."""
        return self.cycles * self.machine.round_ns

    @property
    def states(self) -> Scalar:
        """CCZ states that one run consumes, those for T gates among them."""
        return ccz_states(self.load.ccz, self.load.t)

    @property
    def state_error(self) -> Scalar:
        """Error of one of them."""
        return state_error(self.machine.code, self.machine.physical_error, *self.factory_distances)

    @property
    def factory_qubits(self) -> Scalar:
        """Physical qubits of one factory."""
        return factory_qubits(*self.factory_distances)

    @property
    def qubits_of_algorithm(self) -> Scalar:
        """Physical qubits outside the factories."""
        return self.load.tiles * patch_qubits(self.machine.code, self.distance)

    @property
    def qubits_of_factories(self) -> Scalar:
        """Physical qubits of all factories."""
        return self.factories * self.factory_qubits

    @property
    def qubits(self) -> Scalar:
        """Physical qubits, all together."""
        return self.qubits_of_algorithm + self.qubits_of_factories


def load_of(counts: LogicalCounts, budget: Budget, setup: Setup = USUAL) -> Load:
    """Tiles and states of a circuit; where its depth in states is unknown they are taken one after another."""
    each = t_per_rotation(counts.rotations, budget.rotations)
    t, ccz = counts.t + each * counts.rotations, counts.ccz + counts.ccix
    chain = t + ccz if counts.state_depth is None else counts.state_depth + each * counts.rotation_depth
    return Load(ceil((1 + setup.routing) * counts.qubits), t, ccz, chain, each)


def plan(
    load: Load,
    machine: Machine,
    budget: Budget,
    factory_distances: tuple[Scalar, Scalar],
    factories: Scalar,
    *,
    distance: Scalar | None = None,
    setup: Setup = USUAL,
) -> CczPlan:
    """The plan with these factories, at the smallest distance of the data that the budget leaves, or a given one.

    Scalars, or arrays that broadcast. Where the factories alone exceed the budget the distance is NaN.
    """
    code, p = machine.code, machine.physical_error
    cycles = maximum(
        generation_cycles(load.ccz, load.t, *factory_distances, factories),
        reaction_cycles(load.chain, setup.reaction_ns, machine.round_ns),
    )
    of_states = state_error(code, p, *factory_distances) * ccz_states(load.ccz, load.t)
    if distance is None:
        distance = _data_distance(machine, budget.logical + budget.magic - of_states, load.tiles * cycles)
    failure = of_states + load.tiles * cycles * logical_error(code, p, distance)
    return CczPlan(machine, load, distance, factory_distances, factories, cycles, failure)


def _data_distance(machine: Machine, left: Scalar, volume: Scalar) -> Scalar:
    """The smallest distance for a volume in tiles times rounds; NaN where nothing is left of the budget."""
    if is_array(left, volume):
        left = np.where(left > 0, left, np.nan)
    elif left <= 0:
        return math.nan
    distance = smallest_distance(machine.code, machine.physical_error, left, volume)
    return maximum(distance, LEAST_DISTANCE)


def gidney_fowler_machine(machine: Machine) -> Machine:
    """The same qubits under the error model of Gidney and Fowler; SpecError for qubits without gates."""
    if machine.qubit.by_measurement:
        raise SpecError(
            f"the model of Gidney and Fowler is of two-qubit gates, which {machine.qubit.name!r} does not have",
            at="hardware.model",
            remedy="model: beverland",
        )
    return Machine(machine.qubit, CODES["gidney_fowler"], machine.max_distance)


def ccz_front(
    counts: LogicalCounts,
    machine: Machine,
    budget: Budget,
    *,
    distance: int | None = None,
    factories: int | None = None,
    setup: Setup = USUAL,
) -> list[CczPlan]:
    """All plans that no other beats in both qubits and time, by rising qubits.

    Enumerated: both distances of a factory, and every number of factories until the reaction time is the limit
    (at most 10,000). `distance` (of the data) and `factories` fix one choice. Raises InfeasibleError where nothing
    is left.
    """
    checked(budget, counts)
    load = load_of(counts, budget, setup)
    code, p = machine.code, machine.physical_error
    if load.t + load.ccz == 0:
        raise InfeasibleError(
            "a circuit without T gates and Toffolis has no factories to pace it",
            at="hardware.model",
            remedy="model: beverland",
        )
    found: list[CczPlan] = []
    for pair in _pairs(machine, load, budget.logical + budget.magic):
        alone = generation_cycles(load.ccz, load.t, *pair, 1)
        most = min(
            -(-alone // reaction_cycles(load.chain, setup.reaction_ns, machine.round_ns)), MOST_FACTORIES
        )
        numbers = np.arange(1, most + 1) if factories is None else np.array([factories])
        many = plan(_in_floats(load), machine, budget, pair, numbers.astype(float), setup=setup)
        size = many.qubits
        if distance is not None:
            size = many.qubits_of_factories + load.tiles * patch_qubits(code, distance)
        good = np.flatnonzero(many.distance <= (distance or machine.max_distance))
        for n in numbers[front_rows(size, many.runtime_ns, good)]:
            found.append(plan(load, machine, budget, pair, int(n), distance=distance, setup=setup))
    if found:
        return undominated(found)
    states = float(ccz_states(load.ccz, load.t))
    raise InfeasibleError(
        f"no two-level CCZ factory beside {float(load.tiles):.3g} tiles at code distances up to "
        f"{distance or machine.max_distance} makes {states:.3g} CCZ states within an error of "
        f"{budget.logical + budget.magic:.3g} at physical error {p:g}",
        at="hardware",
        remedy="model: beverland, whose factories have more levels, qubits with fewer errors, or a larger error_budget",
    )


def _in_floats(load: Load) -> Load:
    """The same load in float64, for arrays: their integers end at 2^63."""
    return Load(*(float(getattr(load, f.name)) for f in fields(load)))


def _pairs(machine: Machine, load: Load, budget: float) -> list[tuple[int, int]]:
    """Distances of a factory's two levels within the budget, without those beaten in qubits, step and error."""
    code, p = machine.code, machine.physical_error
    d1, d2 = np.meshgrid(np.arange(5, 50, 2), np.arange(7, machine.max_distance + 1, 2), indexing="ij")
    error = state_error(code, p, d1, d2) * float(ccz_states(load.ccz, load.t))
    fits = (d2 > d1) & (error < budget)
    d1, d2, error = d1[fits], d2[fits], error[fits]
    columns = np.stack([factory_qubits(d1, d2), np.maximum(2 * d1 + 1, d2), error])
    below = (columns[:, :, None] <= columns[:, None, :]).all(axis=0)
    strictly = (columns[:, :, None] < columns[:, None, :]).any(axis=0)
    kept = ~(below & strictly).any(axis=0)
    return [(int(a), int(b)) for a, b in zip(d1[kept], d2[kept], strict=True)]
