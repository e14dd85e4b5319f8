"""Amplification for arrays of probabilities: the same ways as `algorithms/amplification.py`, as arrays of rounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.amplification import (
    LEAKS,
    MOST_WAYS,
    Wanted,
    amplification_round,
    fixed_point_round,
)
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Routine

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ways:
    """The best ways, best first on a new first axis.

    plain, fixed  rounds of plain and of fixed-point amplification; one of them is 0
    circuits      expected number of circuits; infinite where there is no such way
    """

    plain: Array
    fixed: Array
    circuits: Array


def ways_of(probability: Array, most: Array | None, *, reusable: bool) -> Ways:
    """As `amplifications`, which says what the arguments are; infinite circuits where a probability is not above 0."""
    given = np.asarray(probability, dtype=float)
    with np.errstate(all="ignore"):
        p = np.minimum(np.where((given > 0) & (given <= 1 + 1e-12), given, np.nan), 1.0)
        nothing = np.zeros_like(p)
        plain, fixed, circuits, runs = [nothing], [nothing], [1 / p], [1 / p]
        if reusable:
            rounds, reached = _fixed_point(p)
            plain.append(nothing)
            fixed.append(rounds)
            circuits.append(1 / reached)
            runs.append((2 * rounds + 1) / reached)
        if reusable and most is not None:
            for rounds, reached in _plain(p, np.minimum(np.maximum(most, p), 1.0)):
                plain.append(rounds)
                fixed.append(nothing)
                circuits.append(1 / reached)
                runs.append((2 * rounds + 1) / reached)
    stacked = [np.stack(np.broadcast_arrays(*part)) for part in (plain, fixed, circuits, runs)]
    work = np.where(np.isfinite(stacked[3]), stacked[3], np.inf)
    order = np.argsort(work, axis=0, kind="stable")[:MOST_WAYS]
    chosen = [np.take_along_axis(part, order, axis=0) for part in stacked[:3]]
    finite = np.isfinite(np.take_along_axis(work, order, axis=0))
    plain_rounds, fixed_rounds = (np.where(finite, part, 0.0) for part in chosen[:2])
    return Ways(plain_rounds, fixed_rounds, np.where(finite, chosen[2], np.inf))


def _fixed_point(p: Array) -> tuple[Array, Array]:
    """Rounds and success of the best fixed-point amplification; NaN where none helps."""
    width = np.arctanh(np.sqrt(p))
    best, rounds, success = np.full_like(p, np.inf), np.full_like(p, np.nan), np.full_like(p, np.nan)
    for leak in LEAKS:
        runs = np.maximum(np.ceil(np.arccosh(1 / leak) / width), 1.0)
        runs = runs + (1 - runs % 2)
        reached = 1 - leak * leak
        better = (runs > 1) & (runs / reached < best) & (p < 1)
        best = np.where(better, runs / reached, best)
        rounds = np.where(better, (runs - 1) // 2, rounds)
        success = np.where(better, reached, success)
    return rounds, success


def _plain(p: Array, upper: Array) -> list[tuple[Array, Array]]:
    """The numbers of rounds around the best, with their success; NaN where they overshoot."""
    theta, largest = np.arcsin(np.sqrt(p)), np.arcsin(np.sqrt(upper))
    centre = (1.165561 / theta - 1) / 2
    first, end = np.maximum(np.floor(centre) - 1, 1), np.ceil(centre) + 2
    found = []
    for offset in range(4):
        rounds = first + offset
        turned = (2 * rounds + 1) * largest
        reached = np.minimum(np.sin((2 * rounds + 1) * theta), np.sin(turned)) ** 2
        valid = (rounds < end) & (turned <= np.pi) & (reached > 0)
        found.append((rounds, np.where(valid, reached, np.nan)))
    return found


def amplified(run: Routine, wanted: Wanted, ways: Ways) -> Routine:
    """The run followed by its rounds (a count), as `amplified_run`."""
    builder = Builder("amplified run", "amplification")
    handles = tuple(builder.register(r.name, r.size) for r in run.registers)
    builder.call(run, *handles)
    for rounds, once in ((ways.plain, amplification_round), (ways.fixed, fixed_point_round)):
        if np.any(rounds):
            builder.call(once(run, wanted), *handles, times=rounds)
    return builder.routine()
