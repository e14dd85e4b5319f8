"""Numbers that were worked out for pairs of whole numbers, kept for the next time these are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.scalars import Scalar

Index = NDArray[np.int64]
Made = Mapping[str, Scalar]
UNKNOWN, WANTED = -1, -2  # in place of a number
LEAST_BESIDE, MOST_BESIDE = 2, 8  # on each side
MADE_AT_ONCE = 512  # new pairs times those on one side of them, about


@dataclass(eq=False)
class Kept:
    """Slots by pair: each an array, or one number as long as it is the same for all pairs."""

    slots: dict[str, Scalar] = field(default_factory=dict)
    _place: Index = field(default_factory=lambda: np.full((0, 0), UNKNOWN))
    _count: int = 0

    def at(
        self,
        first: Index,
        second: Index,
        names: Sequence[str],
        make: Callable[[Index, Index], Made],
        *,
        beside: bool = False,
    ) -> dict[str, Scalar]:
        """Slots by name at arrays of pairs that broadcast; `make` gives all slots of pairs that are new.

        beside  where a pair is new some with a larger or smaller second number (above 1) are made too: the next ones
                that will be asked for, and a call takes as long for one as for many
        """
        self._reach(int(first.max()) + 1, int(second.max()) + (MOST_BESIDE if beside else 0) + 1)
        place = self._place[first, second]
        if place.min() < 0:
            missing = place < 0
            self._add(
                *(np.broadcast_to(a, place.shape)[missing] for a in (first, second)), make=make, beside=beside
            )
            place = self._place[first, second]
        slots = {name: self.slots[name] for name in names if name in self.slots}
        return {name: s[place] if isinstance(s, np.ndarray) else s for name, s in slots.items()}

    def _reach(self, rows: int, columns: int) -> None:
        """Room for numbers below these."""
        here = self._place.shape
        if rows <= here[0] and columns <= here[1]:
            return
        sizes = (
            n if asked <= n else max(asked, 2 * n, 64) for asked, n in zip((rows, columns), here, strict=True)
        )
        wider = np.full(tuple(sizes), UNKNOWN)
        wider[: here[0], : here[1]] = self._place
        self._place = wider

    def _add(
        self, first: Index, second: Index, *, make: Callable[[Index, Index], Made], beside: bool
    ) -> None:
        self._place[first, second] = WANTED
        if beside:
            first, second = np.nonzero(self._place == WANTED)
            reach = min(max(MADE_AT_ONCE // len(first), LEAST_BESIDE), MOST_BESIDE)
            for moved in range(-reach, reach + 1):
                near = np.maximum(second + moved, np.minimum(second, 2))
                new = self._place[first, near] < 0
                self._place[first[new], near[new]] = WANTED
        pairs = np.nonzero(self._place == WANTED)
        count = len(pairs[0])
        self._place[pairs] = UNKNOWN  # until it is made
        made = make(*pairs)
        self._place[pairs] = self._count + np.arange(count)
        if self._count:
            self.slots = {
                name: _joined(self.slots[name], self._count, value, count) for name, value in made.items()
            }
        else:
            self.slots = {name: _there(value, count) for name, value in made.items()}
        self._count += count


def _there(value: Scalar, count: int) -> Scalar:
    return np.broadcast_to(value, (count,)).astype(float) if isinstance(value, np.ndarray) else value


def _joined(old: Scalar, before: int, value: Scalar, count: int) -> Scalar:
    if not isinstance(old, np.ndarray) and not isinstance(value, np.ndarray) and old == value:
        return old
    parts = ((old, before), (value, count))
    return np.concatenate([np.broadcast_to(v, (n,)).astype(float) for v, n in parts])
