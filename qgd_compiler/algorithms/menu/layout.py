"""Where the rows of a matrix stand in the register of its encoding.

Explicit entries stand in a row from 0 on. The factors of a Kronecker product and the blocks of a block-diagonal
matrix have registers of their own, so where a size is no power of two there are gaps. Encodings can be added and
multiplied where their layouts agree. A gap never mixes with a row: the encodings keep the rows to themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qgd_compiler.scalars import Scalar, ceil_log2, is_integer, maximum


@dataclass(frozen=True)
class Layout:
    """`size` rows on `bits` qubits; with `parts` they are digits (Kronecker), blocks or levels, else in a row."""

    size: Scalar
    bits: Scalar
    kind: str = "in a row"
    parts: tuple[Layout, ...] = ()

    def agrees(self, other: Layout) -> bool:
        """Whether the same row stands at the same place in both, counted from the least significant qubit."""
        if self.kind == other.kind == "in a row":
            return bool(self.size == other.size)
        return self == other

    def places(self) -> np.ndarray:
        """The place of each row, for sizes that are numbers."""
        if self.kind == "in a row":
            return np.arange(int(self.size))
        inner = [p.places() for p in self.parts]
        if self.kind == "blocks":
            side = max(int(p.bits) for p in self.parts)
            return np.concatenate([(k << side) + places for k, places in enumerate(inner)])
        if self.kind == "levels":
            side = max(int(p.bits) for p in self.parts)
            moved = [places << (side - int(p.bits)) for places, p in zip(inner, self.parts, strict=True)]
            return np.concatenate([(k << side) + places for k, places in enumerate(moved)])
        total = np.zeros(1, dtype=int)
        for part, places in zip(self.parts, inner, strict=True):
            total = ((total[:, None] << int(part.bits)) + places[None, :]).ravel()
        return total

    @property
    def span(self) -> Scalar:
        """One more than the last place that may be used: what a state preparation has to cover."""
        return self.size if self.kind == "in a row" else 2**self.bits


def in_a_row(size: Scalar, bits: Scalar | None = None) -> Layout:
    """Rows 0 … size−1 at places 0 … size−1."""
    return Layout(size, ceil_log2(size) if bits is None else bits)


def digits(parts: Sequence[Layout]) -> Layout:
    """The rows of a Kronecker product, the register of the first factor most significant."""
    size: Scalar = 1
    bits: Scalar = 0
    for p in parts:
        size, bits = size * p.size, bits + p.bits
    if all(p.kind == "in a row" for p in parts) and all(_fills(p) for p in parts[1:]):
        return Layout(size, bits)
    return Layout(size, bits, "digits", tuple(parts))


def blocks(parts: Sequence[Layout]) -> Layout:
    """The rows of a block-diagonal matrix behind a register with the number of the block."""
    side = parts[0].bits if len(parts) == 1 else maximum(*(p.bits for p in parts))
    size = sum(p.size for p in parts)
    bits = ceil_log2(len(parts)) + side
    if all(p.kind == "in a row" for p in parts) and all(_fills(p, side) for p in parts[:-1]):
        return Layout(size, bits)
    return Layout(size, bits, "blocks", tuple(parts))


def levels(copy: Layout, first: int, order: int) -> Layout:
    """Level after level of a lifted state: the number of the level, then `order` copies; level j fills the first j."""
    parts = [
        Layout(copy.size**j, j * copy.bits, "digits", (copy,) * j) if j else Layout(1, 0)
        for j in range(first, order + 1)
    ]
    size = sum(p.size for p in parts)
    return Layout(size, ceil_log2(len(parts)) + order * copy.bits, "levels", tuple(parts))


def _fills(layout: Layout, side: Scalar | None = None) -> bool:
    bits = layout.bits if side is None else side
    return bool(is_integer(layout.size) and is_integer(bits) and layout.size == 2**bits)
