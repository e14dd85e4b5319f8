"""Amplification for arrays of probabilities: the same ways as `algorithms/amplification.py`, as arrays of rounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.amplification import (
    MOST_WAYS,
    TURN,
    Wanted,
    amplification_round,
    fixed_point_round,
)
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Routine
from qgd_compiler.scalars import Scalar, is_integer, minimum, where

Array = NDArray[np.float64]
ROUNDING = 1e-12  # by which a probability may exceed 1


@dataclass(frozen=True)
class Ways:
    """The best ways, best first on the last axis of arrays.

    plain, fixed  rounds of plain and of fixed-point amplification; one of them is 0
    circuits      expected number of circuits; infinite, or not a number, where there is no such way
    """

    plain: Scalar
    fixed: Scalar
    circuits: Scalar


def repeated(probability: Scalar) -> Ways:
    """Repetition alone; no number of circuits where the probability is none."""
    usable = (probability > 0) & (probability <= 1 + ROUNDING)
    return Ways(0, 0, 1 / where(usable, minimum(probability, 1.0), np.nan))


def ways_of(probability: Array, most: Array) -> tuple[Array, Array, Array]:
    """The ways of a run that can be amplified, as `amplifications` finds them: arrays for `Ways`.

    probability   the last axis has length 1, and as many as there are ways in what comes out
    most          NaN: not known
    """
    with np.errstate(all="ignore"):
        given, most = np.broadcast_arrays(np.asarray(probability, dtype=float), most)
        p = np.minimum(np.where((given > 0) & (given <= 1 + ROUNDING), given, np.nan), 1.0)
        theta, largest = np.arcsin(np.sqrt(p)), np.arcsin(np.sqrt(np.minimum(np.maximum(most, p), 1.0)))
        ways = [(np.zeros_like(p), np.zeros_like(p), p), _fixed_point(p), *_plain(theta, largest)]
        plain, fixed, reached = (np.concatenate(part, axis=-1) for part in zip(*ways, strict=True))
        circuits = 1 / reached
        work = (2 * (plain + fixed) + 1) * circuits
    work = np.where(np.isfinite(work), work, np.inf)
    order = np.argsort(work, axis=-1, kind="stable")[..., :MOST_WAYS]
    finite = np.isfinite(np.take_along_axis(work, order, axis=-1))
    plain, fixed, circuits = (np.take_along_axis(part, order, axis=-1) for part in (plain, fixed, circuits))
    return np.where(finite, plain, 0.0), np.where(finite, fixed, 0.0), np.where(finite, circuits, np.inf)


def _fixed_point(p: Array) -> tuple[Array, Array, Array]:
    """The best fixed-point amplification with its success; NaN where p is 1."""
    width = np.arctanh(np.sqrt(p))
    below = np.maximum(2 * np.floor((TURN / width - 1) / 2) + 1, 3.0)
    found = []
    for runs in (below, below + 2):
        leak = 1 / np.cosh(runs * width)
        found.append((runs, 1 - leak * leak))
    (few, of_few), (many, of_many) = found
    better = many / of_many < few / of_few
    runs, reached = np.where(better, many, few), np.where(better, of_many, of_few)
    return np.zeros_like(p), (runs - 1) / 2, np.where(p < 1, reached, np.nan)


def _plain(theta: Array, largest: Array) -> list[tuple[Array, Array, Array]]:
    """The numbers of rounds around the best, with their success; NaN where they overshoot."""
    centre = (1.165561 / theta - 1) / 2
    first, end = np.maximum(np.floor(centre) - 1, 1), np.ceil(centre) + 2
    found = []
    for offset in range(4):
        rounds = first + offset
        turned = (2 * rounds + 1) * largest
        reached = np.minimum(np.sin((2 * rounds + 1) * theta), np.sin(turned)) ** 2
        valid = (rounds < end) & (turned <= np.pi) & (reached > 0)
        found.append((rounds, np.zeros_like(rounds), np.where(valid, reached, np.nan)))
    return found


def amplified(run: Routine, wanted: Wanted, ways: Ways) -> Routine:
    """The run followed by its rounds (a count), as `amplified_run`."""
    builder = Builder("amplified run", "amplification")
    handles = tuple(builder.register(r.name, r.size) for r in run.registers)
    builder.call(run, *handles)
    for rounds, once in ((ways.plain, amplification_round), (ways.fixed, fixed_point_round)):
        if not (is_integer(rounds) and rounds == 0):
            builder.call(once(run, wanted), *handles, times=rounds)
    return builder.routine()
