"""Polynomials by QSVT for runs of which only bounds are known, many at once, as arrays ask for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import final

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import IdealQram
from qgd_compiler.algorithms.arrays.declared import DeclaredRuns, vector_states
from qgd_compiler.algorithms.arrays.distinct import distinct, distinct_rows
from qgd_compiler.algorithms.arrays.form import OF_SERIES, Subject
from qgd_compiler.algorithms.arrays.leaves import Leaf
from qgd_compiler.algorithms.arrays.lines import NO_POLYNOMIAL, found_by, numbers_of
from qgd_compiler.algorithms.arrays.pricing import Array, Index
from qgd_compiler.algorithms.polynomial_plan import ROUNDING
from qgd_compiler.algorithms.qsp.series import Parity
from qgd_compiler.algorithms.quadratic import Quadratic
from qgd_compiler.algorithms.right_hand_sides import States
from qgd_compiler.algorithms.routes.families import PER_DECADE, Family
from qgd_compiler.analysis.learning_rates import constant
from qgd_compiler.analysis.response import Response
from qgd_compiler.scalars import Scalar

PLACES = 2**12  # of the grid of errors, around 1; those of float64 are fewer
Make = Callable[[Quadratic], Family]
Run = tuple[float, int, float, float]  # rate, T, and the ends of the spectrum


@final
@dataclass(frozen=True)
class DeclaredPolynomials:
    """One family with one encoding and one access model.

    make     the family
    weight   alpha of the encoding of each run
    norm     ‖u_T‖/‖g‖ over its largest value for the spectrum, at least, of each run
    """

    declared: DeclaredRuns
    leaf: Leaf
    make: Make
    weight: Array
    norm: Array
    subject: Subject = "polynomial"
    normed: bool = True
    marks: tuple[tuple[int, int], ...] = ()
    layers: bool = False

    @property
    def in_t(self) -> bool:
        """As `Form` says."""
        return isinstance(self.leaf.access, IdealQram)

    @cached_property
    def _left(self) -> Array:
        return self.declared.epsilon * (1 - ROUNDING)

    @cached_property
    def _alike(self) -> tuple[Index, Index]:
        """One of the runs for each polynomial at an error, and which of these every run is."""
        runs = self.declared
        return distinct_rows(runs.steps, runs.rate, runs.low, runs.high, self.weight)

    def given(self, line: Index) -> dict[str, Scalar]:
        """As `Lines` says."""
        left, kept = self._left[line], self.norm[line]
        place = np.floor(PER_DECADE * np.log10(left * kept))
        return {"left": left, "kept_low": kept, "kept_high": 1.0, "weight": self.weight[line], "place": place}

    def norms(self, line: Index, padding: Array) -> Array:
        """There is no history."""
        return np.zeros(padding.shape)

    def encodings(self, line: Index, epsilon: Array, names: Sequence[str]) -> dict[str, Scalar]:
        """As `Lines` says."""
        return self.leaf.encodings(self.declared.matrix[line], epsilon, names)

    def queries(self, line: Index, epsilon: Array, names: Sequence[str]) -> dict[str, Scalar]:
        """As `PolynomialLines` says."""
        return self.leaf.encodings(self.declared.matrix[line], epsilon, names, controlled=False)

    def states(self, line: Index, epsilon: Array, names: Sequence[str]) -> dict[str, Scalar]:
        """As `Lines` says."""
        return vector_states(self.declared, self.leaf, line, epsilon, names)

    def series(self, line: Index, relative: Array, names: Sequence[str]) -> dict[str, Scalar]:
        """As `PolynomialLines` says; every polynomial is made once."""
        with np.errstate(invalid="ignore", divide="ignore"):
            place = np.floor(PER_DECADE * np.log10(relative))
        there = np.isfinite(place)
        first, number = self._alike
        keys = number[line] * PLACES + np.where(there, place, -PLACES / 2).astype(np.int64) + PLACES // 2
        found, at = distinct(keys)
        rows = [
            self._at(int(first[key // PLACES]), key % PLACES - PLACES // 2) if key % PLACES else NO_POLYNOMIAL
            for key in found.tolist()
        ]
        table = np.array(rows)
        return {name: table[:, OF_SERIES.index(name)][at] for name in names}

    def _at(self, line: int, place: int) -> tuple[float, ...]:
        return polynomial_at(self.make, run_of(self.declared, line), float(self.weight[line]), place)[0]

    def serves(self, line: Index) -> NDArray[np.bool_]:
        """Whether the family serves each line."""
        first, number = self._alike
        found, at = distinct(number[line])
        runs = ((int(i), float(self.weight[i])) for i in first[found])
        return np.array(
            [serves(self.make, run_of(self.declared, i), weight) for i, weight in runs], dtype=bool
        )[at]

    def coarsest(self, line: Index) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether each line has a polynomial at all, and whether its coarsest one is none that arrays price."""
        first, number = self._alike
        place = np.asarray(self.given(line)["place"]).astype(np.int64) + PLACES // 2
        found, at = distinct(number[line] * PLACES + place)
        told = []
        for key in found.tolist():
            i = int(first[key // PLACES])
            asked = (self.make, run_of(self.declared, i), float(self.weight[i]), key % PLACES - PLACES // 2)
            numbers, strange = polynomial_at(*asked)
            told.append((strange or numbers is not NO_POLYNOMIAL, strange))
        there, unusual = np.array(told, dtype=bool).reshape(-1, 2).T
        return there[at], unusual[at]


def run_of(runs: DeclaredRuns, line: int) -> Run:
    """What polynomials depend on of a run."""
    return float(runs.rate[line]), int(runs.steps[line]), float(runs.low[line]), float(runs.high[line])


@lru_cache(maxsize=2**16)
def polynomial_at(make: Make, run: Run, weight: float, place: int) -> tuple[tuple[float, ...], bool]:
    """`OF_SERIES` of a polynomial at a place of the grid, and whether there is one that arrays do not price.

    Those of a definite parity; NaN there, and where there is none at all.
    """
    error = 10.0 ** ((place + 0.5) / PER_DECADE)
    found = found_by(family_of(make, run).truncated, weight, error)
    return numbers_of(found), found is not None and found.parity is not Parity.MIXED


@lru_cache(maxsize=2**16)
def serves(make: Make, run: Run, weight: float) -> bool:
    """Whether a family serves a run with an encoding."""
    return not family_of(make, run).why_not(weight)


def family_of(make: Make, run: Run) -> Family:
    """The family for a run from u_0 = 0."""
    rate, steps, low, high = run
    return make(
        Quadratic(
            response=Response(constant(rate, steps), 0.0, "gradient"),
            low=low,
            high=high,
            offers=(),
            steps=(),
            factor=None,
            states=States(1),
            nonzeros=1,
            kept=(0.0, None),
            stationary=None,
            distance=None,
        )
    )
