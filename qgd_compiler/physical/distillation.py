"""T factories: every sequence of 15-to-1 rounds with every choice of code distances, and what each makes of T states.

A round is one of two layouts of the 15-to-1 protocol on physical qubits (the first round only) or on logical ones.
Rounds follow each other on the same qubits, with distances that do not fall. A round has as many units as it
takes to hand on enough states in 99 of 100 runs of the factory. Source: Beverland et al., arXiv:2211.07629,
Appendix C; Microsoft's estimator.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.physical.codes import logical_error, patch_qubits
from qgd_compiler.physical.machines import Machine
from qgd_compiler.scalars import Scalar

Reals = NDArray[np.float64]
Wholes = NDArray[np.int64]

INPUTS = 15
FAILURE = 0.01  # of a whole run of a factory, shared evenly by its rounds
USUAL_ROUNDS = 3
MOST_ROUNDS = 4  # tried only where no factory of three rounds is good enough
LEAST_GAIN = 1e-6  # a fourth round that lowers the error by less is not one to build
CLIFFORD_SHARE = 0.1  # a unit is used where its Clifford error is at most this share of the physical T error


@dataclass(frozen=True)
class Layout:
    """A layout of 15-to-1: qubits and duration, on physical qubits (T gate times) and on logical ones (cycles)."""

    name: str
    physical_qubits: int
    physical_steps: int
    logical_qubits: int
    logical_cycles: int


LAYOUTS = (
    Layout("15-to-1 RM prep", 31, 24, 31, 11),
    Layout("15-to-1 space efficient", 12, 45, 20, 13),
)


@dataclass(frozen=True)
class Round:
    """One round of a factory: layout, code distance (1: physical qubits), units side by side, qubits, time (ns)."""

    layout: str
    distance: int
    units: int
    qubits: int
    duration_ns: int


@dataclass(frozen=True)
class Factory:
    """A factory that makes one T state per run: its rounds, qubits, time of a run (ns), error of the state."""

    rounds: tuple[Round, ...]
    qubits: int
    duration_ns: int
    error: float

    @property
    def kind(self) -> str:
        """Its rounds in words."""
        return " + ".join(
            f"{r.units} x {r.layout} " + ("on physical qubits" if r.distance == 1 else f"d={r.distance}")
            for r in self.rounds
        )


@dataclass(frozen=True)
class Catalogue:
    """All factories with a given number of rounds: one row each.

    error, qubits, duration (ns), distance of the last round; layouts, distances, units per round (rows x rounds)
    """

    error: Reals
    qubits: Wholes
    duration: Wholes
    distance: Wholes
    layouts: Wholes
    distances: Wholes
    units: Wholes

    @property
    def volume(self) -> Reals:
        """Qubits times duration, by which factories are compared (qubits ns per T state)."""
        return self.qubits.astype(float) * self.duration

    def rows(self, keep: NDArray[Any]) -> Catalogue:
        """Some of the rows, by mask or index."""
        return Catalogue(*(getattr(self, name)[keep] for name in self.__dataclass_fields__))


def output_error(input_error: Scalar, clifford_error: Scalar) -> Scalar:
    r"""Error of a T state after one round of 15-to-1.

    $$35\,p_T^3 + 7.1\,p$$

    Units:   probability.
    Shape:   scalars or arrays that broadcast.
    Error:   none.
    Kind:    fit (first order in the Clifford error p).
    Source:  Beverland et al., arXiv:2211.07629, Table VII.
    Checked: tests/physical/test_azure_grid.py, against the error rates of Microsoft's factories.

    >>> round(output_error(1e-3, 3e-9) * 1e8, 3)
    5.63
    """
    return 35 * input_error**3 + 7.1 * clifford_error


def rejection(input_error: Scalar, clifford_error: Scalar) -> Scalar:
    r"""Probability that a unit of 15-to-1 rejects its output.

    $$15\,p_T + 356\,p$$

    Units:   probability; at 1 and above the unit is of no use.
    Shape:   scalars or arrays that broadcast.
    Error:   none.
    Kind:    fit (first order).
    Source:  Beverland et al., arXiv:2211.07629, Table VII.
    Checked: tests/physical/test_azure_grid.py, through the units per round of Microsoft's factories.

    >>> round(rejection(1e-3, 3e-9), 6)
    0.015001
    """
    return 15 * input_error + 356 * clifford_error


def units_needed(states: Wholes, rejected: Reals, failure: float) -> Wholes:
    """Units side by side, so that fewer than `states` of them succeed with probability below `failure`.

    Units:   units of distillation.
    Shape:   arrays of equal shape; 0 < rejected < 1.
    Error:   none.
    Kind:    exact (binomial distribution).
    Source:  Beverland et al., arXiv:2211.07629, Appendix C.
    Checked: tests/physical/test_distillation.py, by adding up the binomial distribution in fractions.

    >>> units_needed(np.array([1, 15]), np.array([0.015, 0.015]), 0.01)
    array([ 2, 17])
    """
    from scipy.special import betainc

    def enough(units: Reals) -> NDArray[np.bool_]:
        # P(successes <= states - 1) is the regularised incomplete beta function
        return np.asarray(betainc(units - states + 1, states, rejected) < failure)

    low = states.astype(float)
    high = low.copy()
    short = ~enough(high)
    while short.any():
        low = np.where(short, high + 1, low)
        # near the mean plus four deviations at first, then twice as far
        step = np.ceil((high * rejected + 4 * np.sqrt(high * rejected) + 2) / (1 - rejected))
        high = np.where(short, high + step, high)
        short = ~enough(high)
    while (wide := low < high).any():
        middle = np.where(wide, np.floor((low + high) / 2), high)
        good = enough(middle)
        high = np.where(wide & good, middle, high)
        low = np.where(wide & ~good, middle + 1, low)
    return high.astype(np.int64)


@lru_cache(maxsize=64)
def catalogue(machine: Machine, rounds: int, max_distance: int) -> Catalogue:
    """Every factory of that many rounds with distances up to `max_distance`.

    Of factories with more rounds than usual only those are kept that fewer rounds do not reach.
    """
    distances = np.arange(1, max_distance + 1, 2)
    choices = _distances(machine, rounds, distances)
    clifford = logical_error(machine.code, machine.physical_error, choices)
    clifford[:, 0] = np.where(choices[:, 0] == 1, machine.qubit.clifford_error, clifford[:, 0])
    errors = np.empty((len(choices), rounds + 1))
    errors[:, 0] = machine.qubit.t_error
    for i in range(rounds):
        errors[:, i + 1] = output_error(errors[:, i], clifford[:, i])
    rejected = rejection(errors[:, :-1], clifford)
    useful = (errors[:, 1:] <= errors[:, :-1]).all(axis=1) & (rejected < 1).all(axis=1)
    if rounds > USUAL_ROUNDS:
        reached = _best_error(machine, max_distance)[(choices[:, -1] - 1) // 2]
        useful &= errors[:, -1] < (1 - LEAST_GAIN) * reached
    choices, errors, rejected = choices[useful], errors[useful], rejected[useful]

    units = np.ones((len(choices), rounds), dtype=np.int64)
    needed = np.ones(len(choices), dtype=np.int64)
    for i in reversed(range(rounds)):
        units[:, i] = units_needed(needed, rejected[:, i], FAILURE / rounds)
        needed = INPUTS * units[:, i]

    patch = patch_qubits(machine.code, choices)
    cycle = machine.round_ns * choices
    bare = np.zeros(choices.shape, dtype=bool)
    bare[:, 0] = choices[:, 0] == 1
    qubits_of, time_of = [], []
    for layout in LAYOUTS:
        qubits_of.append(np.where(bare, layout.physical_qubits, layout.logical_qubits * patch) * units)
        steps = np.where(bare, layout.physical_steps * machine.qubit.t_ns, layout.logical_cycles * cycle)
        time_of.append(steps)
    parts = []
    for layouts in product(range(len(LAYOUTS)), repeat=rounds):
        columns = list(enumerate(layouts))
        parts.append(
            Catalogue(
                error=errors[:, -1],
                qubits=np.max([qubits_of[k][:, i] for i, k in columns], axis=0),
                duration=np.sum([time_of[k][:, i] for i, k in columns], axis=0),
                distance=choices[:, -1],
                layouts=np.broadcast_to(np.array(layouts), choices.shape),
                distances=choices,
                units=units,
            )
        )
    return Catalogue(
        *(np.concatenate([getattr(p, n) for p in parts]) for n in Catalogue.__dataclass_fields__)
    )


def _distances(machine: Machine, rounds: int, distances: Wholes) -> Wholes:
    """Distances of all rounds that do not fall and are large enough for their units; shape (choices, rounds)."""
    qubit = machine.qubit
    errors = logical_error(machine.code, machine.physical_error, distances)
    good = distances[errors <= CLIFFORD_SHARE * qubit.t_error]
    if not len(good):
        return np.empty((0, rounds), dtype=np.int64)
    later = int(good[0])
    first = 1 if qubit.clifford_error <= CLIFFORD_SHARE * qubit.t_error else max(later, 3)
    sequences = np.array(list(combinations_with_replacement(distances.tolist(), rounds)), dtype=np.int64)
    fine = (sequences[:, 0] >= first) & (sequences[:, 1:] >= later).all(axis=1)
    # a logical unit in the first round needs the distance of any other
    fine &= (sequences[:, 0] == 1) | (sequences[:, 0] >= max(later, 3))
    return sequences[fine]


@lru_cache(maxsize=64)
def _best_error(machine: Machine, max_distance: int) -> Reals:
    """The smallest error of a factory of the usual rounds, by distance 1, 3, … up to `max_distance`."""
    best = np.full((max_distance + 1) // 2, np.inf)
    for rounds in range(1, USUAL_ROUNDS + 1):
        table = catalogue(machine, rounds, max_distance)
        np.minimum.at(best, (table.distance - 1) // 2, table.error)
    return np.minimum.accumulate(best)


@lru_cache(maxsize=64)
def usual_factories(machine: Machine, max_distance: int) -> tuple[Catalogue, ...]:
    """The catalogues of one to three rounds."""
    return tuple(catalogue(machine, rounds, max_distance) for rounds in range(1, USUAL_ROUNDS + 1))


def factory_of(machine: Machine, table: Catalogue, row: int) -> Factory:
    """One row of a catalogue as a factory."""
    rounds = []
    for i, (layout_index, distance, units) in enumerate(
        zip(table.layouts[row], table.distances[row], table.units[row], strict=True)
    ):
        layout, d, n = LAYOUTS[int(layout_index)], int(distance), int(units)
        if i == 0 and d == 1:
            qubits, steps = layout.physical_qubits, layout.physical_steps * machine.qubit.t_ns
        else:
            qubits = layout.logical_qubits * int(patch_qubits(machine.code, d))
            steps = layout.logical_cycles * machine.cycle_ns(d)
        rounds.append(Round(layout.name, d, n, n * qubits, steps))
    return Factory(tuple(rounds), int(table.qubits[row]), int(table.duration[row]), float(table.error[row]))


def no_distillation(machine: Machine, distance: int) -> Factory:
    """One logical qubit that a physical T state is injected into: where the physical T gate is good enough."""
    qubits, cycle = int(patch_qubits(machine.code, distance)), machine.cycle_ns(distance)
    return Factory(
        (Round("injection without distillation", distance, 1, qubits, cycle),),
        qubits,
        cycle,
        machine.qubit.t_error,
    )
