"""Runs that are much alike share one search: in full at a rounded run, and from where that ended a few steps each.

Rounded are the length, the error and the share of the last iterate, each to a power of two, unless a run is short. The
line that is best there is taken by all runs that round to it; each has its own padding, and words at most one bit from
those found there.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from qgd_compiler.algorithms.arrays.choosing import ManyChoice
from qgd_compiler.algorithms.arrays.declared import DeclaredRuns
from qgd_compiler.algorithms.arrays.distinct import distinct_rows
from qgd_compiler.algorithms.arrays.pricing import Array, Index

SHORT = 64  # steps of runs that are searched by themselves: a padding of a row more or less matters
LARGEST_ERROR = 0.5  # of a rounded run: one of 1 allows for anything


@dataclass(frozen=True)
class Alike:
    """The different rounded runs, and which of them stands for each run."""

    runs: DeclaredRuns
    number: Index

    @classmethod
    def of(cls, runs: DeclaredRuns) -> Alike:
        """Of runs of one length each."""
        whole = _rounded(runs)
        first, number = distinct_rows(*(getattr(whole, f.name) for f in fields(whole)))
        return cls(DeclaredRuns(**{f.name: getattr(whole, f.name)[first] for f in fields(whole)}), number)

    def spread(self, choice: ManyChoice) -> ManyChoice:
        """A choice of the rounded runs as one of all runs."""
        return ManyChoice(*(getattr(choice, f.name)[..., self.number] for f in fields(choice)))

    def share(self, choice: ManyChoice) -> Array:
        """Of the padding in T, of each run."""
        return np.asarray((choice.padding / self.runs.steps)[self.number])


def _rounded(runs: DeclaredRuns) -> DeclaredRuns:
    epsilon = np.minimum(_power(runs.epsilon), LARGEST_ERROR)
    left = runs.epsilon - runs.off  # for a plan of the stationary point, where there is one
    near = left > 0
    of_rest = np.minimum(_power(np.where(near, left, 1.0)), epsilon)
    rounded = {
        "steps": _power(runs.steps),
        "epsilon": epsilon,
        "kept": np.minimum(_power(runs.kept), 1.0),
        "off": np.where(near, epsilon - of_rest, np.nan),
    }
    short = runs.steps < SHORT
    return replace(runs, **{name: np.where(short, getattr(runs, name), v) for name, v in rounded.items()})


def _power(values: Array) -> Array:
    """The nearest power of two."""
    return np.asarray(2.0 ** np.round(np.log2(values)))
