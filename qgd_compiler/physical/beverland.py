"""The model of Beverland et al.: the circuit at full speed, and as many T factories as that takes.

Sequential Pauli-based computation on patches with corridors; the smallest code distance; of the T factories the
one with the least qubits times time. Where no factory keeps up, the circuit waits, and the distance grows with the
wait. Source: arXiv:2211.07629; tests/physical/test_azure_grid.py compares with Microsoft's estimator, row by row.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import InfeasibleError
from qgd_compiler.physical.budget import Budget, checked
from qgd_compiler.physical.codes import allowed_cycles, patch_qubits, smallest_distance
from qgd_compiler.physical.distillation import Factory
from qgd_compiler.physical.estimate import Estimate, factories_needed
from qgd_compiler.physical.layout import algorithm_qubits, logical_depth, t_per_rotation, t_states
from qgd_compiler.physical.logical_counts import LogicalCounts
from qgd_compiler.physical.machines import Machine
from qgd_compiler.physical.shelf import at, good_factories, shelf
from qgd_compiler.scalars import Scalar


@dataclass(frozen=True)
class Demand:
    """What a circuit asks of a machine before any factory is chosen; scalars or arrays."""

    patches: Scalar
    depth: Scalar
    states: Scalar
    t_per_rotation: Scalar


def demand(counts: LogicalCounts, budget: Budget) -> Demand:
    """Patches, cycles and T states of a circuit."""
    each = t_per_rotation(counts.rotations, budget.rotations)
    return Demand(algorithm_qubits(counts.qubits), logical_depth(counts, each), t_states(counts, each), each)


def estimate(counts: LogicalCounts, machine: Machine, budget: Budget) -> Estimate:
    """The estimate for one circuit, in exact integers.

    Raises InfeasibleError where no code distance up to the machine's largest, or no factory, is good enough.
    """
    checked(budget, counts)
    asked = demand(counts, budget)
    refuse_nothing(counts, asked)
    cycles, least = asked.depth, 1
    while True:
        distance = distance_for(machine, budget, asked.patches, max(cycles, 1), asked.states, least)
        if asked.states == 0:
            return _estimate(machine, asked, cycles, distance, None)
        allowed = allowed_cycles(
            machine.code, machine.physical_error, budget.logical, asked.patches, distance
        )
        error = budget.magic / asked.states
        limit = cycles * machine.cycle_ns(distance)
        chosen = _of_least_volume(machine, distance, error, limit)
        if chosen is not None:
            return _estimate(machine, asked, cycles, distance, chosen)
        waiting = _with_waiting(machine, distance, error, allowed)
        if waiting is not None:
            return _estimate(machine, asked, waiting[1], distance, waiting[0])
        # one cycle more than this distance carries; rounding must not lead back to it
        cycles, least = max(allowed, cycles) + 1, distance + 2


def refuse_nothing(counts: LogicalCounts, asked: Demand) -> None:
    """Raise InfeasibleError for a circuit without qubits or without operations."""
    if counts.qubits < 1 or asked.depth + asked.states < 1:
        raise InfeasibleError(
            f"a circuit of {counts.qubits} qubits and {asked.depth} cycles has nothing to estimate",
            at="hardware",
            remedy="a circuit with at least one qubit and one gate or measurement",
        )


def distance_for(
    machine: Machine, budget: Budget, patches: int, cycles: int, states: int, least: int = 1
) -> int:
    """The smallest distance from `least` on for so many patches and cycles; InfeasibleError beyond the largest."""
    volume = patches * cycles
    wanted = int(smallest_distance(machine.code, machine.physical_error, budget.logical, volume))
    distance = max(wanted, least)
    if distance <= machine.max_distance:
        return distance
    what = f"{float(patches):.3g} patches over {float(cycles):.3g} cycles within an error of {budget.logical:.3g}"
    state = f", or T states of error {budget.magic / states:.3g}" if states else ""
    raise InfeasibleError(
        f"{what}{state}, take a code distance of {distance}; the largest allowed is {machine.max_distance}",
        at="hardware",
        remedy="qubits with fewer errors, a larger error_budget, a larger max_distance, or a cheaper circuit",
    )


def _of_least_volume(machine: Machine, distance: int, error: float, limit_ns: int) -> Factory | None:
    """The factory of least volume that makes a state within the time; None where there is none."""
    if error <= machine.qubit.t_error:
        for more_rounds in (False, True):
            known = shelf(machine, distance, more_rounds=more_rounds)
            place = int(known.find(np.array([error]))[0])
            if place >= 0:
                if known.duration[place] <= limit_ns:
                    return at(machine, distance, place, more_rounds=more_rounds)
                break
    fast = [f for f in good_factories(machine, distance, error) if f.duration_ns <= limit_ns]
    return min(fast, key=lambda f: f.qubits * f.duration_ns, default=None)


def _with_waiting(machine: Machine, distance: int, error: float, allowed: int) -> tuple[Factory, int] | None:
    """The factory of least volume for which the circuit may wait, and the cycles of one of its runs."""
    cycle = machine.cycle_ns(distance)
    waits = [(f, -(-f.duration_ns // cycle)) for f in good_factories(machine, distance, error)]
    return min(
        ((f, n) for f, n in waits if n <= allowed),
        key=lambda w: (w[0].qubits * w[0].duration_ns, w[1]),
        default=None,
    )


def _estimate(
    machine: Machine, asked: Demand, cycles: int, distance: int, factory: Factory | None
) -> Estimate:
    number = 0
    if factory is not None:
        number = factories_needed(asked.states, cycles * machine.cycle_ns(distance), factory.duration_ns)
    return Estimate(
        machine=machine,
        patches=asked.patches,
        algorithm_depth=asked.depth,
        depth=cycles,
        states=asked.states,
        t_per_rotation=asked.t_per_rotation,
        distance=distance,
        factories=number,
        factory_qubits=factory.qubits if factory else 0,
        factory_ns=factory.duration_ns if factory else 0,
        factory=factory,
    )


Reals = NDArray[np.float64]


def sweep(counts: LogicalCounts, machine: Machine, budget: Budget) -> Estimate:
    """The estimates for arrays of counts and budgets, in float64; NaN where `estimate` raises.

    The same rules as `estimate`. Points whose best factory is slower than the circuit, which are rare, go through
    `estimate` one by one.
    """
    counts, budget = _broadcast(counts, budget)
    asked = demand(counts, budget)
    size = np.shape(asked.depth)
    clifford, code = machine.physical_error, machine.code
    error = budget.magic / np.maximum(asked.states, 1)
    cycles = np.array(asked.depth)
    distance, qubits, duration = (np.full(size, np.nan) for _ in range(3))
    pending = (counts.qubits >= 1) & (asked.depth + asked.states >= 1)
    slow = np.zeros(size, dtype=bool)
    d = smallest_distance(code, clifford, budget.logical, asked.patches * np.maximum(cycles, 1))
    while (pending := pending & (d <= machine.max_distance)).any():
        q, t, found = _stock(machine, d, error, pending & (asked.states > 0))
        found |= asked.states == 0
        done = pending & found
        slow |= done & (asked.states > 0) & (t > cycles * machine.round_ns * d)
        distance[done], qubits[done], duration[done] = d[done], q[done], t[done]
        pending = pending & ~found
        allowed = allowed_cycles(code, clifford, budget.logical, asked.patches, d)
        cycles = np.where(pending, np.maximum(allowed, cycles) + 1, cycles)
        longer = smallest_distance(code, clifford, budget.logical, asked.patches * np.maximum(cycles, 1))
        # one more cycle is lost in rounding beyond 2^53
        d = np.where(pending, np.maximum(longer, d + 2), d)
    cycles = np.where(np.isnan(distance), np.nan, cycles)
    time = cycles * machine.round_ns * distance
    makes = (asked.states > 0) & ~np.isnan(distance) & ~slow
    number = np.where(np.isnan(distance), np.nan, 0.0)
    number[makes] = factories_needed(asked.states[makes], time[makes], duration[makes])
    result = Estimate(
        machine=machine,
        patches=asked.patches,
        algorithm_depth=asked.depth,
        depth=cycles,
        states=asked.states,
        t_per_rotation=asked.t_per_rotation,
        distance=distance,
        factories=number,
        factory_qubits=qubits,
        factory_ns=duration,
    )
    for i in np.flatnonzero(slow):
        _one_by_one(result, counts, machine, budget, int(i))
    return result


def _stock(
    machine: Machine, distance: Reals, error: Reals, asked: NDArray[Any]
) -> tuple[Reals, Reals, NDArray[Any]]:
    """Qubits and duration of the factory of least volume at each point, and where there is one."""
    qubits, duration = np.zeros(distance.shape), np.zeros(distance.shape)
    found = np.zeros(distance.shape, dtype=bool)
    injected = asked & (error > machine.qubit.t_error)
    qubits[injected] = patch_qubits(machine.code, distance[injected])
    duration[injected] = machine.round_ns * distance[injected]
    found[injected] = True
    missing = asked & ~injected
    for d in np.unique(distance[missing]):
        for more_rounds in (False, True):
            where = np.flatnonzero(missing & (distance == d) & ~found)
            if not len(where):
                break
            known = shelf(machine, int(d), more_rounds=more_rounds)
            place = known.find(error[where])
            where, place = where[place >= 0], place[place >= 0]
            qubits[where], duration[where], found[where] = known.qubits[place], known.duration[place], True
    return qubits, duration, found


def _one_by_one(into: Estimate, counts: LogicalCounts, machine: Machine, budget: Budget, i: int) -> None:
    """Overwrite point `i` by the estimate for it alone."""
    whole = {f.name: int(getattr(counts, f.name)[i]) for f in fields(counts) if f.name != "state_depth"}
    shares = Budget(float(budget.logical[i]), float(budget.magic[i]), float(budget.rotations[i]))
    try:
        single = estimate(LogicalCounts(**whole), machine, shares)
    except InfeasibleError:
        single = None
    for name in ("depth", "distance", "factories", "factory_qubits", "factory_ns"):
        getattr(into, name)[i] = np.nan if single is None else getattr(single, name)


def _broadcast(counts: LogicalCounts, budget: Budget) -> tuple[LogicalCounts, Budget]:
    """All fields as float arrays of one shape."""
    names = [f.name for f in fields(counts) if f.name != "state_depth"]
    values = [getattr(counts, n) for n in names] + [budget.logical, budget.magic, budget.rotations]
    arrays = np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, dtype=float)) for v in values))
    return LogicalCounts(**dict(zip(names, arrays[:-3], strict=True))), Budget(*arrays[-3:])
