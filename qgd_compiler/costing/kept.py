"""Costs that were counted for some keys, kept for the next time these are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.costing.fold import Cost
from qgd_compiler.costing.gates import Gates
from qgd_compiler.scalars import Scalar

Keys = NDArray[np.int64]
FIELDS = tuple(f.name for f in fields(Gates))


@dataclass(eq=False)
class Kept:
    """Numbers by key: each slot an array beside the keys, or one number for all keys."""

    keys: Keys = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    slots: list[Scalar] = field(default_factory=list)

    def at(self, keys: Keys, make: Callable[[Keys], Sequence[Scalar]]) -> list[Scalar]:
        """All slots at `keys`; `make` gives those of keys that are new, always the same number of slots."""
        wanted, index = np.unique(keys, return_inverse=True)
        new = wanted[~np.isin(wanted, self.keys, assume_unique=True)]
        if len(new):
            self._add(new, list(make(new)))
        place = np.searchsorted(self.keys, wanted)[index.ravel()]
        return [slot[place] if isinstance(slot, np.ndarray) else slot for slot in self.slots]

    def _add(self, new: Keys, made: list[Scalar]) -> None:
        keys = np.concatenate([self.keys, new])
        order = np.argsort(keys)
        if not len(self.keys):
            self.slots = [_there(value, len(new)) for value in made]
        else:
            self.slots = [
                _joined(old, len(self.keys), value, len(new))
                for old, value in zip(self.slots, made, strict=True)
            ]
        self.slots = [slot[order] if isinstance(slot, np.ndarray) else slot for slot in self.slots]
        self.keys = keys[order]


def _there(value: Scalar, count: int) -> Scalar:
    return np.broadcast_to(value, (count,)).astype(float) if isinstance(value, np.ndarray) else value


def _joined(old: Scalar, before: int, value: Scalar, count: int) -> Scalar:
    if not isinstance(old, np.ndarray) and not isinstance(value, np.ndarray) and old == value:
        return old
    parts = ((old, before), (value, count))
    return np.concatenate([np.broadcast_to(v, (n,)).astype(float) for v, n in parts])


def flat(cost: Cost) -> list[Scalar]:
    """A cost as slots: all gates together, then the work qubits."""
    gates = cost.gates
    return [*(getattr(gates, name) for name in FIELDS), cost.work, cost.clean]


def cost_of(slots: Sequence[Scalar]) -> Cost:
    """What `flat` made slots of."""
    *gates, work, clean = slots
    same = work is clean or (isinstance(work, np.ndarray) and np.array_equal(work, clean))
    return Cost({"": Gates(**dict(zip(FIELDS, gates, strict=True)))}, work, work if same else clean)


WIDTH = len(FIELDS) + 2  # slots of one cost
