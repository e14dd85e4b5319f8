"""The lines of the menu for one run as arrays ask for them: words and states of every line, gathered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np

from qgd_compiler.algorithms.access import Access, IdealQram
from qgd_compiler.algorithms.arrays.form import OF_SERIES, Subject
from qgd_compiler.algorithms.arrays.pricing import Array, Index, of_sums
from qgd_compiler.algorithms.arrays.slots import OF_ENCODING, OF_STATE, cost_slots
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.menu.offer import Offer, Words
from qgd_compiler.algorithms.qsp.series import Parity
from qgd_compiler.algorithms.quadratic import Quadratic
from qgd_compiler.algorithms.right_hand_sides import States as Vector
from qgd_compiler.algorithms.routes.families import Truncated
from qgd_compiler.algorithms.systems.linear import LinearSystem
from qgd_compiler.algorithms.upload import vector_state
from qgd_compiler.costing.fold import Cost, Folder, fold_kept
from qgd_compiler.costing.gathered import gathered, picked
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.program.ir import Operation
from qgd_compiler.scalars import Scalar

CostOf = Callable[[Operation, bool], Cost]


@dataclass(eq=False)
class Lines:
    """Offers with access models for one vector `states` with so many `nonzeros`, of which `remains` is the error."""

    lines: Sequence[tuple[Offer, Access]]
    vector: Vector
    nonzeros: int | None
    remains: float
    folder: Folder
    _states: dict[tuple[object, ...], tuple[Operation, float, int]] = field(default_factory=dict)

    @property
    def layers(self) -> bool:
        """As `Form` says."""
        return True

    @property
    def in_t(self) -> bool:
        """As `Form` says."""
        return any(isinstance(access, IdealQram) for _, access in self.lines)

    def encodings(self, line: Index, epsilon: Array, names: Sequence[str]) -> dict[str, Scalar]:
        """As `pricing.Lines` says."""
        made, index = self._encodings(line, epsilon, controlled=True)
        return encodings_at(made, index, self._cost)

    def _encodings(
        self, line: Index, epsilon: Array, *, controlled: bool
    ) -> tuple[list[Encoding | None], Index]:
        """The different ones, and which of them serves each element."""
        made: dict[tuple[object, ...], Encoding] = {}

        def one(number: int, error: float) -> tuple[object, ...]:
            offer, access = self.lines[number]
            try:
                prepared = offer.prepared(Words(epsilon=error), access)
                key = (number, *prepared.key)
                if key not in made:
                    made[key] = prepared.encoding(controlled)
            except InfeasibleError:
                return ()
            return key

        keys, index = _grouped(line, epsilon, one)
        return [made.get(key) for key in keys], index

    def states(self, line: Index, epsilon: Array, names: Sequence[str]) -> dict[str, Scalar]:
        """As `pricing.Lines` says."""
        keys, index = _grouped(line, epsilon, self._state)
        any_key = next((key for key in keys if key), None)  # stands in where there is no plan
        if any_key is None:
            return _nothing(OF_STATE)
        found = [self._states[key or any_key] for key in keys]
        layouts = [offer.columns for offer, _ in self.lines]
        span, bits = (picked([int(getattr(c, name)) for c in layouts], line) for name in ("span", "bits"))
        return {"span": span, "bits": bits, **states_at(found, index, self._cost)}

    def _cost(self, operation: Operation, adjoint: bool) -> Cost:
        if self.vector.data is None:
            # the encodings are of bounds, and stay from one compile to the next
            return fold_kept(operation, price_of, adjoint)
        return self.folder.cost(operation, adjoint)

    def _state(self, number: int, error: float) -> tuple[object, ...]:
        offer, access = self.lines[number]
        layout = offer.columns
        nonzeros = int(layout.span) if self.nonzeros is None else self.nonzeros
        made = vector_state(self.vector, nonzeros, layout, error, access, self.folder)
        key = (number, id(made.routine), made.bits)
        self._states.setdefault(key, (made.routine, made.error, made.bits))
        return key


@final
@dataclass(eq=False)
class LinesOfOneRun(Lines):
    """Those of a `LinearSystem` that arrays `serve`."""

    system: LinearSystem = field(kw_only=True)
    subject: Subject = "history"

    @property
    def marks(self) -> tuple[tuple[int, int], ...]:
        """As `Form` says."""
        return self.system.marks

    @property
    def normed(self) -> bool:
        """As `Form` says."""
        return self.system.sums.right_hand_side is not None

    def given(self, line: Index) -> dict[str, Scalar]:
        """As `pricing.Lines` says."""
        system = self.system
        run = {"rate": float(system.rates[0]), "iterations": float(system.iterations), "left": self.remains}
        return {**run, **of_sums(system.sums)}

    def norms(self, line: Index, padding: Array) -> Array:
        """As `pricing.Lines` says."""
        found, index = np.unique(padding, return_inverse=True)
        norms = []
        for p in found:
            try:
                norms.append(self.system.inverse_norm(int(p)))
            except InfeasibleError:
                norms.append(np.inf)
        return np.array(norms)[index].reshape(np.shape(padding))


@final
@dataclass(eq=False)
class LinesOfOnePoint(Lines):
    """Those of a stationary point."""

    quadratic: Quadratic = field(kw_only=True)
    subject: Subject = "point"
    normed: bool = True
    marks: tuple[tuple[int, int], ...] = ()

    def given(self, line: Index) -> dict[str, Scalar]:
        """As `pricing.Lines` says."""
        assert self.quadratic.stationary is not None
        low, high = self.quadratic.stationary
        point = {"lowest": self.quadratic.low, "solution_low": low, "solution_high": high}
        return {"left": self.remains, **point}

    def norms(self, line: Index, padding: Array) -> Array:
        """There is no history."""
        return np.zeros(np.shape(padding))


@final
@dataclass(eq=False)
class LinesOfOnePolynomial(Lines):
    """Those of one family of polynomials on a grid of errors.

    kept      ‖f(H)v̂‖/F between two values, the upper one NaN: not known
    place     of the whole error in the grid
    weights   α of every line; `truncated` as `Family` says
    """

    kept: tuple[float, float] = field(kw_only=True)
    place: int = field(kw_only=True)
    weights: Sequence[float] = field(kw_only=True)
    truncated: Callable[[float, float], Truncated] = field(kw_only=True)
    subject: Subject = "polynomial"
    normed: bool = True
    marks: tuple[tuple[int, int], ...] = ()

    def given(self, line: Index) -> dict[str, Scalar]:
        """As `pricing.Lines` says."""
        low, high = self.kept
        weight = np.array(self.weights)[line]
        run = {"left": self.remains, "kept_low": low, "kept_high": high, "place": float(self.place)}
        return {**run, "weight": weight}

    def norms(self, line: Index, padding: Array) -> Array:
        """There is no history."""
        return np.zeros(np.shape(padding))

    def queries(self, line: Index, epsilon: Array, names: Sequence[str]) -> dict[str, Scalar]:
        """As `PolynomialLines` says."""
        made, index = self._encodings(line, epsilon, controlled=False)
        return encodings_at(made, index, self._cost)

    def series(self, line: Index, relative: Array, names: Sequence[str]) -> dict[str, Scalar]:
        """As `PolynomialLines` says."""

        def one(number: int, error: float) -> tuple[object, ...]:
            found = numbers_of(found_by(self.truncated, self.weights[number], error))
            return () if found is NO_POLYNOMIAL else found

        keys, index = _grouped(line, relative, one)
        table = np.array([key or NO_POLYNOMIAL for key in keys], dtype=float)
        return {name: table[:, place][index] for place, name in enumerate(OF_SERIES)}


NO_POLYNOMIAL = (np.nan,) * len(OF_SERIES)


def numbers_of(found: Truncated | None) -> tuple[float, ...]:
    """`OF_SERIES` of a polynomial; NaN where there is none of mixed parity."""
    if found is None or found.parity is not Parity.MIXED:
        return NO_POLYNOMIAL
    return tuple(float(getattr(found, name)) for name in OF_SERIES)


def found_by(
    truncated: Callable[[float, float], Truncated], weight: float, relative: float
) -> Truncated | None:
    """The polynomial, or None where there is none."""
    try:
        return truncated(weight, relative)
    except InfeasibleError:
        return None


def serves(system: object) -> bool:
    """Whether arrays can price a system: one rate, one Hessian, no noise, nothing written into lookups."""
    return (
        isinstance(system, LinearSystem)
        and system.batches is None
        and not system.noisy
        and not system.uneven
        and system.coasting is None
        and not system.states.written
        and system.constant
    )


def _grouped(
    line: Index, epsilon: Array, one: Callable[[int, float], tuple[object, ...]]
) -> tuple[list[tuple[object, ...]], Index]:
    """The different keys that `one` gives for line and error, and the number of the key of each element.

    A larger error never asks for longer words: between two errors with the same key all have that one. Not so where
    there is nothing, key (): a polynomial may be missing at either end.
    """
    lines, errors = (a.ravel() for a in np.broadcast_arrays(line, epsilon))
    numbers: dict[tuple[object, ...], int] = {}
    which = np.empty(lines.shape, dtype=np.int64)
    wanted = errors > 0
    if not wanted.all():
        which[~wanted] = numbers.setdefault((), len(numbers))
    for number in np.unique(lines[wanted]).tolist():
        at = np.flatnonzero(wanted & (lines == number))
        different, index = np.unique(errors[at], return_inverse=True)
        told = [numbers.setdefault(one(number, float(different[i])), len(numbers)) for i in (0, -1)]
        found = np.empty(len(different), dtype=np.int64)
        found[[0, -1]] = told
        stretches = [(0, len(different) - 1)]
        while stretches:
            low, high = stretches.pop()
            if found[low] == found[high] != numbers.get(()):
                found[low:high] = found[low]
            elif high > low + 1:
                middle = (low + high) // 2
                found[middle] = numbers.setdefault(one(number, float(different[middle])), len(numbers))
                stretches += [(low, middle), (middle, high)]
        which[at] = found[index]
    return list(numbers), which.reshape(np.broadcast_shapes(np.shape(line), np.shape(epsilon)))


def encodings_at(made: Sequence[Encoding | None], index: Index, cost_of: CostOf) -> dict[str, Scalar]:
    """Encodings as arrays, and where there is one."""
    there = np.array([encoding is not None for encoding in made])
    known = [encoding for encoding in made if encoding is not None]
    if not known:
        return {**_nothing(OF_ENCODING), "there": there[index]}
    whole = [known[0] if encoding is None else encoding for encoding in made]
    forward, backward = (gathered([cost_of(e.routine, way) for e in whole], index) for way in (False, True))
    numbers = {
        name: picked([float(getattr(e, name)) for e in whole], index)
        for name in ("alpha", "epsilon", "system", "ancilla", "gradient")
    }
    return {"there": there[index], **numbers, **cost_slots(forward, backward)}


def _nothing(names: Sequence[str]) -> dict[str, Scalar]:
    """Slots of what is nowhere."""
    return dict.fromkeys(names, np.nan)


def states_at(
    found: Sequence[tuple[Operation, float, int]], index: Index, cost_of: CostOf
) -> dict[str, Scalar]:
    """Preparations (routine, error, angle bits) as arrays."""
    forward, backward = (gathered([cost_of(op, way) for op, _, _ in found], index) for way in (False, True))
    return {
        "error": picked([error for _, error, _ in found], index),
        "angle bits": picked([float(bits) for _, _, bits in found], index),
        **cost_slots(forward, backward),
    }
