"""Every plan for one circuit in the model of Beverland et al., and the front of those that nothing beats."""

from __future__ import annotations

from collections.abc import Sequence

from qgd_compiler.errors import InfeasibleError
from qgd_compiler.physical.beverland import demand, distance_for, refuse_nothing
from qgd_compiler.physical.budget import Budget, checked
from qgd_compiler.physical.codes import allowed_cycles, logical_error, patch_qubits
from qgd_compiler.physical.distillation import Factory
from qgd_compiler.physical.estimate import Estimate
from qgd_compiler.physical.logical_counts import LogicalCounts
from qgd_compiler.physical.machines import Machine
from qgd_compiler.physical.pareto import Plan, undominated
from qgd_compiler.physical.shelf import good_factories
from qgd_compiler.scalars import ceil_div


def front(
    counts: LogicalCounts,
    machine: Machine,
    budget: Budget,
    *,
    distance: int | None = None,
    factories: int | None = None,
) -> list[Estimate]:
    """All plans that no other beats in both qubits and time, by rising qubits.

    Enumerated: every code distance, every T factory of the catalogue, every number of factories from one to what
    the circuit at full speed consumes; with fewer the circuit waits for states. `distance` and `factories` fix
    one choice. Raises InfeasibleError where nothing is left.
    """
    checked(budget, counts)
    asked = demand(counts, budget)
    refuse_nothing(counts, asked)
    code, physical_error = machine.code, machine.physical_error
    least = distance_for(machine, budget, asked.patches, max(asked.depth, 1), asked.states)
    if distance is not None and distance < least:
        have = asked.patches * max(asked.depth, 1) * logical_error(code, physical_error, distance)
        raise InfeasibleError(
            f"at code distance {distance} the logical qubits fail with probability {have:.3g}, above their budget "
            f"of {budget.logical:.3g}",
            at="hardware.distance",
            remedy=f"distance: {least} or larger, or auto",
        )

    def plan(d: int, cycles: int, factory: Factory | None, number: int) -> Estimate:
        return Estimate(
            machine=machine,
            patches=asked.patches,
            algorithm_depth=asked.depth,
            depth=cycles,
            states=asked.states,
            t_per_rotation=asked.t_per_rotation,
            distance=d,
            factories=number,
            factory_qubits=factory.qubits if factory else 0,
            factory_ns=factory.duration_ns if factory else 0,
            factory=factory,
        )

    if asked.states == 0:
        return [plan(distance or least, asked.depth, None, 0)]
    found: list[Estimate] = []
    error = budget.magic / asked.states
    distances = [distance] if distance is not None else range(least, machine.max_distance + 1, 2)
    for d in distances:
        if found and _beaten(found, asked.patches * patch_qubits(code, d), asked.depth * machine.cycle_ns(d)):
            break  # any larger distance takes more qubits and more time than a plan that is there
        allowed = allowed_cycles(code, physical_error, budget.logical, asked.patches, d)
        for factory in good_factories(machine, d, error):
            for number, cycles in _numbers(
                asked.states, asked.depth, allowed, machine.cycle_ns(d), factory, factories
            ):
                found.append(plan(d, cycles, factory, number))
        found = undominated(found)
    if found:
        return found
    raise InfeasibleError(
        _why_nothing(machine, error, distances[-1], factories),
        at="hardware.factories",
        remedy="factories: auto, a larger distance, a larger error_budget, or qubits with fewer errors",
    )


def _numbers(
    states: int, depth: int, allowed: int, cycle_ns: int, factory: Factory, fixed: int | None
) -> list[tuple[int, int]]:
    """Numbers of such factories, and the cycles that the circuit then takes; those alone that the code allows."""
    runs_at_most = allowed * cycle_ns // factory.duration_ns
    if allowed < depth or runs_at_most < 1:
        return []
    runs_at_full_speed = depth * cycle_ns // factory.duration_ns
    fewest = ceil_div(states, runs_at_most)
    most = ceil_div(states, runs_at_full_speed) if runs_at_full_speed else states
    if fixed is not None:
        fewest, most = max(fewest, fixed), fixed
    numbers = range(fewest, most + 1)
    waits = ((n, ceil_div(ceil_div(states, n) * factory.duration_ns, cycle_ns)) for n in numbers)
    return [(n, max(depth, cycles)) for n, cycles in waits]


def _beaten(found: Sequence[Plan], qubits: int, runtime_ns: int) -> bool:
    return any(p.qubits <= qubits and p.runtime_ns <= runtime_ns for p in found)


def _why_nothing(machine: Machine, error: float, distance: int, factories: int | None) -> str:
    good = good_factories(machine, distance, error)
    if not good:
        return (
            f"no T factory of up to four rounds makes states of error {error:.3g} at code distances up to {distance} "
            f"from physical T gates of error {machine.qubit.t_error:g}"
        )
    number = "any number of" if factories is None else str(factories)
    return f"with {number} T factories the circuit waits for states longer than code distance {distance} carries it"
