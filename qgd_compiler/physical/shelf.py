"""The cheapest T factory for a wanted error, looked up for one point or for an array of points."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from qgd_compiler.physical.distillation import (
    MOST_ROUNDS,
    Catalogue,
    Factory,
    Reals,
    Wholes,
    catalogue,
    factory_of,
    no_distillation,
    usual_factories,
)
from qgd_compiler.physical.machines import Machine
from qgd_compiler.physical.pareto import front_rows

ENOUGH = 49  # larger distances are only written out where they are asked for


@dataclass(frozen=True)
class Shelf:
    """Factories in order of falling volume: each is the one of least volume with at most its error.

    error       of the T state, rising
    qubits, duration (ns)
    home, row   the catalogue (index into `catalogues`) and the row in it
    """

    error: Reals
    qubits: Wholes
    duration: Wholes
    home: Wholes
    row: Wholes

    def find(self, error: Reals) -> Wholes:
        """The index of the factory of least volume whose error is at most `error`; -1 where there is none."""
        return np.searchsorted(self.error, error, side="right") - 1


def catalogues(machine: Machine, distance: int, *, more_rounds: bool) -> tuple[Catalogue, ...]:
    """The catalogues to choose from for factories with distances up to `distance` (and beyond)."""
    reach = ENOUGH if distance <= ENOUGH else machine.max_distance
    if more_rounds:
        return (catalogue(machine, MOST_ROUNDS, reach),)
    return usual_factories(machine, reach)


@lru_cache(maxsize=512)
def shelf(machine: Machine, distance: int, *, more_rounds: bool = False) -> Shelf:
    """The shelf of factories whose distances are at most `distance`."""
    tables = catalogues(machine, distance, more_rounds=more_rounds)
    home = np.concatenate([np.full(len(t.error), i) for i, t in enumerate(tables)])
    row = np.concatenate([np.arange(len(t.error)) for t in tables])
    error = np.concatenate([t.error for t in tables])
    volume = np.concatenate([t.volume for t in tables])
    fits = np.flatnonzero(np.concatenate([t.distance for t in tables]) <= distance)
    order = fits[np.lexsort((volume[fits], error[fits]))]
    least = np.minimum.accumulate(volume[order])
    new = np.concatenate([[True], volume[order][1:] < least[:-1]]) if len(order) else np.zeros(0, dtype=bool)
    kept = order[new]
    return Shelf(
        error=error[kept],
        qubits=np.concatenate([t.qubits for t in tables])[kept],
        duration=np.concatenate([t.duration for t in tables])[kept],
        home=home[kept],
        row=row[kept],
    )


def choices(machine: Machine, distance: int, error: float) -> list[tuple[Catalogue, int]]:
    """The factories good enough at this distance that no other beats in qubits and in time, by rising qubits.

    Factories of more than three rounds are considered only where there is no other.
    """
    for more_rounds in (False, True):
        tables = catalogues(machine, distance, more_rounds=more_rounds)
        found = []
        for table in tables:
            good = np.flatnonzero((table.error <= error) & (table.distance <= distance))
            found += [(table, int(row)) for row in front_rows(table.qubits, table.duration, good)]
        if found:
            qubits = np.array([table.qubits[row] for table, row in found])
            duration = np.array([table.duration[row] for table, row in found])
            return [found[i] for i in front_rows(qubits, duration, np.arange(len(found)))]
    return []


def good_factories(machine: Machine, distance: int, error: float) -> list[Factory]:
    """The same as factories; injection alone where the physical T gate is good enough."""
    if error > machine.qubit.t_error:
        return [no_distillation(machine, distance)]
    return [factory_of(machine, table, row) for table, row in choices(machine, distance, error)]


def at(machine: Machine, distance: int, place: int, *, more_rounds: bool) -> Factory:
    """The factory at a place of a shelf."""
    found = shelf(machine, distance, more_rounds=more_rounds)
    table = catalogues(machine, distance, more_rounds=more_rounds)[int(found.home[place])]
    return factory_of(machine, table, int(found.row[place]))
