"""All points of a sweep, never written out: a point follows from its number."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import UsageError
from qgd_compiler.spec.fields import Field
from qgd_compiler.sweeps.axes import Axis, Values

GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Grid:
    """The product of axes; the last one changes fastest."""

    axes: tuple[Axis, ...]

    def __post_init__(self) -> None:
        if self.points >= 2**62:
            raise UsageError(f"the sweep has {self.points:.3g} points", remedy="fewer values on an axis")

    @property
    def points(self) -> int:
        """How many there are."""
        return math.prod(len(axis) for axis in self.axes)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of all axes, in order."""
        return tuple(field for axis in self.axes for field in axis.fields)

    def columns(self, start: int, stop: int) -> dict[str, Values]:
        """The values of every field at points `start` … `stop` - 1, by the name of the field."""
        return self._at(np.arange(start, stop, dtype=np.int64))

    def sample(self, count: int) -> dict[str, Values]:
        """The values at some points, spread over the grid at steps that no axis divides."""
        spread = (np.arange(count) * GOLDEN % 1 * self.points).astype(np.int64)
        return self._at(np.unique(np.minimum(spread, self.points - 1)))

    def _at(self, index: NDArray[np.int64]) -> dict[str, Values]:
        found: dict[str, Values] = {}
        for axis in reversed(self.axes):
            index, here = np.divmod(index, len(axis))
            for field, values in zip(axis.fields, axis.columns, strict=True):
                found[field.name] = values[here]
        return {field.name: found[field.name] for field in self.fields}

    def chunks(self, size: int) -> Iterator[tuple[int, int]]:
        """First point and the one after the last, for every chunk."""
        return ((start, min(start + size, self.points)) for start in range(0, self.points, size))


def axis_digest(axis: Axis) -> str:
    """SHA-256 of the fields and values of an axis."""
    found = hashlib.sha256()
    for field, values in zip(axis.fields, axis.columns, strict=True):
        found.update(f"{field.name}\0{field.kind}\0{len(values)}\0".encode())
        if values.dtype == object:
            found.update("\0".join(str(v) for v in values).encode())
        else:
            found.update(np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()
