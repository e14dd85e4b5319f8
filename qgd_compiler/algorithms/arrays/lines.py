"""The lines of the menu for one run as arrays ask for them: words and states of every line, gathered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import final

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.arrays.history import Array, Index, States
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.history_plan import Sizes
from qgd_compiler.algorithms.menu.offer import Offer, Words
from qgd_compiler.algorithms.problem import HistorySums
from qgd_compiler.algorithms.quadratic import Quadratic
from qgd_compiler.algorithms.right_hand_sides import States as Vector
from qgd_compiler.algorithms.systems.linear import LinearSystem
from qgd_compiler.algorithms.upload import vector_state
from qgd_compiler.costing.fold import Folded, Folder
from qgd_compiler.costing.gathered import gathered, picked
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.program.ir import Operation, Register
from qgd_compiler.scalars import Scalar

Mask = NDArray[np.bool_]


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
        """As `Runs` says."""
        return True

    def left(self, line: Index) -> Scalar:
        """As `Runs` says."""
        return self.remains

    def steps(self, line: Index, epsilon: Array) -> tuple[Encoding, Mask]:
        """As `Runs` says."""
        made: dict[tuple[object, ...], Encoding] = {}

        def one(number: int, error: float) -> tuple[object, ...]:
            offer, access = self.lines[number]
            try:
                prepared = offer.prepared(Words(epsilon=error), access)
                key = (number, *prepared.key)
                if key not in made:
                    made[key] = prepared.encoding(controlled=True)
            except InfeasibleError:
                return ()
            return key

        keys, index = _grouped(line, epsilon, one)
        return encodings_at([made.get(key) for key in keys], index, self.folder)

    def states(self, line: Index, epsilon: Array) -> States:
        """As `Runs` says."""
        keys, index = _grouped(line, epsilon, self._state)
        any_key = next(key for key in keys if key)  # stands in where there is no plan
        found = [self._states[key or any_key] for key in keys]
        layouts = [offer.columns for offer, _ in self.lines]
        span, bits = (picked([int(getattr(c, name)) for c in layouts], line) for name in ("span", "bits"))
        return states_at(found, index, span, bits, self.folder)

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

    @property
    def marks(self) -> tuple[tuple[int, int], ...]:
        """As `Runs` says."""
        return self.system.marks

    def sizes(self, line: Index) -> Sizes:
        """As `Runs` says."""
        return _Paddings(self.system)

    def rate(self, line: Index) -> Scalar:
        """As `Runs` says."""
        return float(self.system.rates[0])

    def iterations(self, line: Index) -> Scalar:
        """As `Runs` says."""
        return self.system.iterations


@final
@dataclass(eq=False)
class LinesOfOnePoint(Lines):
    """Those of a stationary point."""

    quadratic: Quadratic = field(kw_only=True)

    def lowest(self, line: Index) -> Scalar:
        """As `Points` says."""
        return self.quadratic.low

    def solution(self, line: Index) -> tuple[Scalar, Scalar]:
        """As `Points` says."""
        assert self.quadratic.stationary is not None
        return self.quadratic.stationary


def serves(system: object) -> bool:
    """Whether arrays can price a system: one rate, one Hessian, no noise, nothing written into lookups."""
    return (
        isinstance(system, LinearSystem)
        and system.batches is None
        and not system.noisy
        and not system.uneven
        and system.coasting is None
        and not system.states.written
        and bool(np.all(system.rates == system.rates[0]))
    )


@dataclass(frozen=True, eq=False)
class _Paddings:
    """One system at many paddings."""

    system: LinearSystem

    @property
    def sums(self) -> HistorySums:
        return self.system.sums

    def inverse_norm(self, padding: Scalar) -> Array:
        found, index = np.unique(padding, return_inverse=True)
        norms = []
        for p in found:
            try:
                norms.append(self.system.inverse_norm(int(p)))
            except InfeasibleError:
                norms.append(np.inf)
        return np.array(norms)[index].reshape(np.shape(padding))

    def allowed(self, epsilon: Scalar) -> Scalar:
        return self.system.allowed(epsilon)


def _grouped(
    line: Index, epsilon: Array, one: Callable[[int, float], tuple[object, ...]]
) -> tuple[list[tuple[object, ...]], Index]:
    """The different keys that `one` gives for line and error, and the number of the key of each element."""
    pairs, inverse = np.unique(np.stack([line.astype(float), epsilon]), axis=1, return_inverse=True)
    numbers: dict[tuple[object, ...], int] = {}
    which = []
    for number, error in pairs.T:
        usable = bool(np.isfinite(error)) and error > 0
        key = one(int(number), float(error)) if usable else ()
        which.append(numbers.setdefault(key, len(numbers)))
    return list(numbers), np.array(which)[inverse.ravel()]


def encodings_at(made: Sequence[Encoding | None], index: Index, folder: Folder) -> tuple[Encoding, Mask]:
    """Encodings under a control as one whose sizes and costs are arrays, and where there is one."""
    there = np.array([encoding is not None for encoding in made])
    known = [encoding for encoding in made if encoding is not None]
    if not known:
        raise InfeasibleError("no word length serves any of the lines", remedy="a larger target.epsilon")
    whole = [known[0] if encoding is None else encoding for encoding in made]
    sizes = {
        name: picked([getattr(e, name) for e in whole], index) for name in ("system", "ancilla", "gradient")
    }
    routine = Folded(
        title="encodings",
        signature=(
            Register(name="control", size=1),
            *(Register(name=name, size=size) for name, size in sizes.items()),
        ),
        forward=gathered([folder.cost(e.routine) for e in whole], index),
        backward=gathered([folder.cost(e.routine, True) for e in whole], index),
    )
    encoding = replace(
        known[0],
        routine=routine,  # type: ignore[arg-type]
        alpha=picked([float(e.alpha) for e in whole], index),
        epsilon=picked([float(e.epsilon) for e in whole], index),
        word_bits=None,
        **sizes,
    )
    return encoding, there[index]


def states_at(
    found: Sequence[tuple[Operation, float, int]], index: Index, span: Scalar, bits: Scalar, folder: Folder
) -> States:
    """Preparations (routine, error, angle bits) as one."""
    angle_bits = picked([b for _, _, b in found], index)
    routine = Folded(
        title="states",
        signature=(Register(name="system", size=bits), Register(name="gradient", size=angle_bits)),
        forward=gathered([folder.cost(op) for op, _, _ in found], index),
        backward=gathered([folder.cost(op, True) for op, _, _ in found], index),
    )
    return States(routine, picked([e for _, e, _ in found], index), angle_bits, span, bits)
