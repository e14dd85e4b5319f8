"""One physical estimate, or an array of them: what was chosen, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from qgd_compiler.physical.codes import patch_qubits
from qgd_compiler.physical.distillation import Factory
from qgd_compiler.physical.machines import Machine
from qgd_compiler.scalars import Scalar, ceil_div, where


@dataclass(frozen=True)
class Estimate:
    """A plan for one run of a circuit; numbers are exact integers, or float arrays (NaN: no plan) in a sweep.

    patches           logical patches of the algorithm, corridors included
    algorithm_depth   logical cycles that the circuit needs
    depth             logical cycles that it is given, at least `algorithm_depth`
    states            T states consumed
    t_per_rotation    of which per rotation
    distance          code distance of the algorithm
    factories         T factories side by side, each with factory_qubits and one state per factory_ns
    factory           what one is made of; None without magic states, and in a sweep
    """

    machine: Machine
    patches: Scalar
    algorithm_depth: Scalar
    depth: Scalar
    states: Scalar
    t_per_rotation: Scalar
    distance: Scalar
    factories: Scalar
    factory_qubits: Scalar
    factory_ns: Scalar
    factory: Factory | None = None

    @property
    def cycle_ns(self) -> Scalar:
        """Time of one logical cycle (ns)."""
        return self.machine.round_ns * self.distance

    @property
    def runtime_ns(self) -> Scalar:
        """Time of one run (ns)."""
        return self.depth * self.cycle_ns

    @property
    def qubits_of_algorithm(self) -> Scalar:
        """Physical qubits outside the factories."""
        return self.patches * patch_qubits(self.machine.code, self.distance)

    @property
    def qubits_of_factories(self) -> Scalar:
        """Physical qubits of all factories."""
        return self.factories * self.factory_qubits

    @property
    def qubits(self) -> Scalar:
        """Physical qubits, all together."""
        return self.qubits_of_algorithm + self.qubits_of_factories

    @property
    def factory_runs(self) -> Scalar:
        """How often every factory runs."""
        return where(self.factories > 0, ceil_div(self.states, self.factories + (self.factories == 0)), 0)

    @property
    def volume(self) -> Scalar:
        """Physical qubits times runtime (qubit ns)."""
        return self.qubits * self.runtime_ns


def factories_needed(states: Scalar, time_ns: Scalar, factory_ns: Scalar) -> Scalar:
    r"""Factories side by side that make all states in the time.

    $$\lceil T / \lfloor t / t_{factory} \rfloor \rceil$$

    Units:   factories.
    Shape:   scalars or arrays that broadcast; factory_ns <= time_ns.
    Error:   none.
    Kind:    exact for one state per run.
    Source:  Beverland et al., arXiv:2211.07629, Appendix E.
    Checked: tests/physical/test_azure_grid.py, against Microsoft's estimator.

    >>> factories_needed(10_000, 52_000_000, 57_200)
    12
    """
    return ceil_div(states, time_ns // factory_ns)
