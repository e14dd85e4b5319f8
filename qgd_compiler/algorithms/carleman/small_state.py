"""Preparation of a state of a few qubits under conditions, by rotations with exact angles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qgd_compiler.algorithms.composites.marks import where_all
from qgd_compiler.program.builder import Builder, Handle
from qgd_compiler.program.primitives import Rotation

Marks = Sequence[tuple[Handle, int]]


@dataclass(frozen=True)
class Turn:
    """One rotation of `target` where all `marks` hold."""

    marks: tuple[tuple[Handle, int], ...]
    target: Handle
    angle: float


def value_marks(register: Handle, value: int) -> list[tuple[Handle, int]]:
    """The qubits of `register`, and what they show for `value`."""
    bits = int(register.size)
    return [(register.part(b, 1), (value >> (bits - 1 - b)) & 1) for b in range(bits)]


def turns(register: Handle, squares: Sequence[float], marks: Marks) -> list[Turn]:
    """|0> to Σ_x √squares[x] |x> where `marks` hold, for squares that add up to 1 (or are scaled to)."""
    bits = int(register.size)
    mass = np.zeros(2**bits)
    mass[: len(squares)] = squares
    found = []
    for depth in range(bits):
        halves = mass.reshape(2 ** (depth + 1), -1).sum(axis=1).reshape(-1, 2)
        for prefix, (low, high) in enumerate(halves):
            if high <= 0:
                continue
            before = [(register.part(b, 1), (prefix >> (depth - 1 - b)) & 1) for b in range(depth)]
            angle = 2 * math.atan2(math.sqrt(high), math.sqrt(low))
            found.append(Turn((*marks, *before), register.part(depth, 1), angle))
    return found


def chain_turns(chain: Sequence[Handle], squares: Sequence[float], marks: Marks) -> list[Turn]:
    """|0> to Σ_i √squares[i] |1…10…0> with i ones where `marks` hold (`composites/chain.py`)."""
    found = []
    for i, qubit in enumerate(chain):
        stop, rest = squares[i], math.fsum(squares[i + 1 :])
        if rest <= 0:
            break
        before = [(chain[i - 1], 1)] if i else []
        found.append(Turn((*marks, *before), qubit, 2 * math.atan2(math.sqrt(rest), math.sqrt(stop))))
    return found


def run_turns(builder: Builder, prepared: Sequence[Turn], *, adjoint: bool = False) -> None:
    """Carry out the rotations, or undo them in reverse."""
    for turn in reversed(prepared) if adjoint else prepared:
        if not turn.marks:
            builder.call(Rotation(axis="Y", angle=turn.angle), turn.target, adjoint=adjoint)
            continue
        with where_all(builder, turn.marks) as on:
            rotation = Rotation(axis="Y", angle=turn.angle, controlled=True)
            builder.call(rotation, on, turn.target, adjoint=adjoint)
