"""The registers of a lifted state: the level, and N copies of the data register; and moving copies among them."""

from __future__ import annotations

from collections.abc import Sequence

from qgd_compiler.algorithms.composites.marks import where_all
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.primitives import ControlledSwap

Marks = Sequence[tuple[Handle, int]]


def swap_where(builder: Builder, marks: Marks, pairs: Sequence[tuple[Handle, Handle]]) -> None:
    """Swap each pair of registers in turn, where all `marks` hold."""
    if not pairs:
        return
    with where_all(builder, marks) as on:
        for a, b in pairs:
            builder.call(ControlledSwap(bits=a.size), on, a, b)


def towards_end(copies: Sequence[Handle], start: int) -> list[tuple[Handle, Handle]]:
    """The swaps that move copy `start` to the end, and all behind it one place forward."""
    return [(copies[p], copies[p + 1]) for p in range(start, len(copies) - 1)]


def from_end(copies: Sequence[Handle], start: int) -> list[tuple[Handle, Handle]]:
    """The swaps that move the last copy to place `start`, and all from there one place back."""
    return list(reversed(towards_end(copies, start)))


def joined(copies: Sequence[Handle]) -> Handle:
    """Several copies as one register, the last the most significant: a part leaves its result in the first."""
    whole = copies[0]
    for copy in copies[1:]:
        whole = copy + whole
    return whole
