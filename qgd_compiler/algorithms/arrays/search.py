r"""The best padding and split of the error for many lines at once, and a lower bound on every split.

Words have whole numbers of bits, so a share of the error that is halved makes words one bit longer. The encoding and
the right-hand side are allowed 2^-i and 2^-j, and what their words leave of that goes to the solver; the synthesis has
2^-k/2. One exponent after the other is set to its best, then the padding, until nothing improves; at the end all
neighbours of the exponents are tried together.

What is left to gain is bounded by cells: with the shares in boxes (2^-i-1, 2^-i] no plan costs less than with the upper
ends of all boxes, the solver's being one less the lower ends of the others; for no share costs less when it is made
smaller.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.arrays.form import SHARES
from qgd_compiler.algorithms.arrays.pricing import Array, Index, Pricer
from qgd_compiler.algorithms.plan import Shares
from qgd_compiler.algorithms.routes.route import Least

EXPONENTS = (14, 14, 28)  # the largest of each: encoding, right-hand side, synthesis
ROOTS = (0.5, 0.5, 0.5**0.5)  # what they are exponents of
START = (2, 2, 16)
FIRST = (range(-1, 4), range(-1, 4), range(-12, 13, 3))  # how far one exponent moves at first
# where qubits count: also with the shortest words for the right-hand side, or for the encoding
STARTS_BY_QUBITS = (START, (1, 11, 18), (11, 1, 18))
# of what the polynomial leaves nearly all is the encoding's at first, whose words cost most, or the right-hand side's,
# whose words may take most qubits
STARTS_OF_POLYNOMIALS = ((1, 10, 22), (10, 1, 22))
FIRST_OF_POLYNOMIALS = (range(-5, 4), range(-5, 4), range(-12, 7, 3))
NEAR = (range(-1, 2), range(-1, 2), range(-2, 3))  # and then
BESIDE = ((-1, 1), (-1, 1), (-1, 1))  # from where a search of something much alike ended
FEW = 2**11  # prices: one call for all of them is faster than several for those that are asked for
TOGETHER = (range(-1, 2), range(-1, 2), range(-1, 2))  # and all of them
CYCLES = 12  # through all exponents and the padding
LESS = 2.0  # by which a finer polynomial may cost less than the coarsest: seen up to 1.24, not proven
CELLS = 9  # boxes for each of three shares, the last one down to 0
AROUND = (0.7, 0.85, 1.2, 1.4)  # times the padding, at the end
# of the bounds at the paddings of a table, for those around them: with more rows the wanted part is found more often by
# no more than their number grows, and with fewer the condition number falls by no more; words are longer by logarithms
NEARER = min(*AROUND, 1 / max(AROUND))


@dataclass(frozen=True)
class Paddings:
    """Paddings of lines and ‖L⁻¹‖ at them, both of shape (lines, tries)."""

    rows: Array
    norm: Array

    def taken(self, lines: Any) -> Paddings:
        """Of some lines."""
        return Paddings(self.rows[lines], self.norm[lines])

    @classmethod
    def none(cls, lines: int, tries: int) -> Paddings:
        """Room for some."""
        return cls(*(np.zeros((lines, tries)) for _ in range(2)))

    def put(self, lines: Index, others: Paddings) -> Paddings:
        """With those of some lines replaced."""
        rows, norm = self.rows.copy(), self.norm.copy()
        rows[lines], norm[lines] = others.rows, others.norm
        return Paddings(rows, norm)

    @property
    def first(self) -> Paddings:
        """The first try of each line."""
        return Paddings(self.rows[:, :1], self.norm[:, :1])

    def along(self, tries: NDArray[np.int64]) -> Paddings:
        """Some of the tries of each line."""
        return Paddings(*(np.take_along_axis(a, tries, axis=1) for a in (self.rows, self.norm)))


@dataclass(frozen=True)
class Place:
    """A padding and a split for each of some lines, with its value; infinite where a line has no plan.

    shares   tight ones, shape (4, lines): solver, encoding, right-hand side, synthesis
    """

    padding: Array
    norm: Array
    exponents: NDArray[np.int64]
    value: Array
    qubits: Array
    shares: Array

    def split(self, line: int) -> Shares:
        """The split of one line."""
        return Shares(*(float(share) for share in self.shares[:, line]))

    def taken(self, lines: NDArray[np.bool_] | Index) -> Place:
        """Of some lines."""
        return Place(*(getattr(self, f.name)[..., lines] for f in fields(self)))

    def put(self, lines: NDArray[np.bool_], moved: Place) -> Place:
        """With some lines elsewhere."""
        found = []
        for f in fields(self):
            whole = getattr(self, f.name).copy()
            whole[..., lines] = getattr(moved, f.name)
            found.append(whole)
        return Place(*found)


def loose_shares(exponents: Sequence[Array]) -> Shares:
    """Shares of three exponents that broadcast; the solver's is what the others leave at least."""
    encoding, right_hand_side, synthesis = (
        root ** np.asarray(e, dtype=float) for root, e in zip(ROOTS, exponents, strict=True)
    )
    return Shares(1 - encoding - right_hand_side - synthesis, encoding, right_hand_side, synthesis)


@dataclass(frozen=True)
class Searcher:
    """Prices and values of lines: `value` is what is minimised, no plan has more than `most_qubits`."""

    pricer: Pricer
    value: Callable[[Any], Any]
    most_qubits: int | None = None

    @property
    def of_polynomials(self) -> bool:
        """Whether the lines are of polynomials."""
        return self.pricer.lines.subject == "polynomial"

    @cached_property
    def by_qubits(self) -> bool:
        """Whether qubits count: they fall in steps with the words, and between two good splits there are bad ones."""
        few, many = (self.value(Least(1.0, 1.0, 1.0, qubits)) for qubits in (1, 2))
        return self.most_qubits is not None or bool(few != many)

    def paddings(self, lines: Index, rows: Array) -> Paddings:
        """Paddings of shape (lines, tries) with what belongs to them."""
        return Paddings(rows, self.pricer.norms(lines, rows))

    def bounds(self, lines: Index, paddings: Paddings) -> Array:
        """Lower bounds over all splits, shape (lines, paddings)."""
        one = np.array(1.0)
        return self._least(lines, paddings.rows, paddings.norm, Shares(one, one, one, one), bound=True)[0]

    def bounds_below(self, lines: Index, paddings: Paddings, limit: Array) -> Array:
        """`bounds` where they matter: lines whose first one is far above a limit of theirs have no others (infinite).

        For polynomials, which take long to find: a finer one may cost less, but not so much less.
        """
        found = np.full(paddings.rows.shape, np.inf)
        found[:, :1] = self.bounds(lines, paddings.first)
        near = np.flatnonzero(found[:, 0] <= LESS * limit)
        if len(near):
            found[near, 1:] = self.bounds(lines[near], paddings.taken(near))[:, 1:]
        return found

    def start(self, lines: Index, paddings: Paddings, exponents: Index | None = None) -> Place:
        """Each line at a padding in the middle and the split that a search starts from: `START`, or one for each."""
        if exponents is None:
            exponents = np.repeat(np.array(START)[:, None], len(lines), axis=1)
        half = paddings.rows.max(axis=1, keepdims=True) / 2
        middle = np.argmin(np.abs(paddings.rows - half), axis=1)[:, None]
        return self._at(lines, paddings.along(middle), exponents)

    def best(
        self, lines: Index, paddings: Paddings, start: Place, worth: NDArray[np.bool_] | None = None
    ) -> Place:
        """The best padding and split of each line, from `start` on (of polynomials, and where qubits count, others).

        worth   which paddings may hold it, at least one of each line; None: all
        """
        if not self.of_polynomials and not self.by_qubits:
            return self._walked(lines, paddings, start)
        starts = STARTS_OF_POLYNOMIALS if self.of_polynomials else STARTS_BY_QUBITS
        return self._best_of_each(starts, lines, paddings, worth)

    def near(self, lines: Index, paddings: Paddings, exponents: Index) -> Place:
        """Each line at the best of some paddings, at most one from exponents that were found for one like it."""
        if paddings.rows.size * 3 ** len(BESIDE) <= FEW:
            return self._near_at_once(lines, paddings, exponents)
        return self._exponents(lines, self._at(lines, paddings, exponents), BESIDE)

    def _near_at_once(self, lines: Index, paddings: Paddings, exponents: Index) -> Place:
        """`near`, of what one call prices: all paddings and exponents that the same steps may come by."""
        tried = _all_beside(exponents)
        rows, norm = (a[:, :, None, None, None] for a in (paddings.rows, paddings.norm))
        value, _, shares = self._least(lines, rows, norm, loose_shares(tried), tight=True)
        at, steps = np.arange(len(lines)), np.ones_like(exponents)
        padding = value[:, :, 1, 1, 1].argmin(axis=1)
        for axis in range(len(BESIDE)):
            less, same, more = (value[at, padding, *(_with(steps, axis, to))] for to in range(3))
            there = np.where(less <= more, 0, 2)
            steps[axis] = np.where(np.minimum(less, more) < same, there, 1)
        chosen = (at, padding, *steps)

        def taken(tries: NDArray[Any]) -> NDArray[Any]:
            return np.asarray(np.broadcast_to(tries, value.shape)[chosen])

        return Place(
            taken(rows),
            taken(norm),
            np.stack([taken(e) for e in tried]),
            value[chosen],
            np.full(len(lines), np.inf),
            np.stack([taken(getattr(shares, n)) for n in SHARES]),
        )

    def _at(self, lines: Index, paddings: Paddings, exponents: Index) -> Place:
        """Each line at the best of some paddings."""
        first, nowhere = paddings.first, np.full(len(lines), np.inf)
        begin = (
            first.rows[:, 0],
            first.norm[:, 0],
            exponents,
            nowhere,
            nowhere,
            np.full((4, len(lines)), np.nan),
        )
        return self._paddings(lines, Place(*begin), paddings)

    def around(self, lines: Index, place: Place) -> Place:
        """At the best of paddings between those of a table; a polynomial has none."""
        if self.of_polynomials:
            return place
        near = self.paddings(lines, np.maximum(np.round(place.padding[:, None] * np.array(AROUND)), 0))
        return self._paddings(lines, place, near)

    def _walked(self, lines: Index, paddings: Paddings, start: Place) -> Place:
        """From `start` to where no step gains."""
        place = self._first(lines, start, paddings)
        todo = np.isfinite(place.value)
        for _ in range(CYCLES):
            before = place.value.copy()
            place = self._restricted(lines, place, todo, self._cycle, paddings)
            todo = todo & (place.value < before)
            if not todo.any():
                break
        every = np.isfinite(place.value)
        place = self._restricted(lines, place, every, self.around)
        place = self._restricted(lines, place, every, self._neighbours)
        return self._restricted(lines, place, every, self._measured)

    def _best_of_each(
        self,
        starts: Sequence[Sequence[int]],
        lines: Index,
        paddings: Paddings,
        worth: NDArray[np.bool_] | None,
    ) -> Place:
        """The best of the paddings, each by itself: splits are as good at one as they are bad at the other."""
        shape = paddings.rows.shape
        asked = np.ones(shape, dtype=bool) if worth is None else worth
        which, tries = np.nonzero(asked)
        alone = Paddings(paddings.rows[which, tries][:, None], paddings.norm[which, tries][:, None])
        place = self._best_of(starts, lines[which], alone)
        values, number = np.full(shape, np.inf), np.zeros(shape, dtype=np.int64)
        values[which, tries], number[which, tries] = place.value, np.arange(len(which))
        least = values.argmin(axis=1)
        at = np.arange(len(lines))
        least = np.where(np.isfinite(values[at, least]), least, asked.argmax(axis=1))
        return place.taken(number[at, least])

    def _best_of(self, starts: Sequence[Sequence[int]], lines: Index, paddings: Paddings) -> Place:
        """The best of walks from several splits."""
        count, many = len(lines), len(starts)
        each = np.repeat(lines, many)
        tables = Paddings(*(np.repeat(a, many, axis=0) for a in (paddings.rows, paddings.norm)))
        place = self._walked(each, tables, self.start(each, tables, np.tile(np.array(starts).T, count)))
        return place.taken(np.arange(count) * many + place.value.reshape(count, -1).argmin(axis=1))

    def _restricted(
        self,
        lines: Index,
        place: Place,
        todo: NDArray[np.bool_],
        move: Callable[..., Place],
        *tables: Paddings,
    ) -> Place:
        """A move of some lines, the others staying where they are."""
        if todo.all():
            return move(lines, place, *tables)
        if not todo.any():
            return place
        return place.put(todo, move(lines[todo], place.taken(todo), *(t.taken(todo) for t in tables)))

    def _first(self, lines: Index, place: Place, paddings: Paddings) -> Place:
        return self._paddings(
            lines,
            self._exponents(lines, place, FIRST_OF_POLYNOMIALS if self.of_polynomials else FIRST),
            paddings,
        )

    def _cycle(self, lines: Index, place: Place, paddings: Paddings) -> Place:
        # the padding hardly depends on the split
        at = np.argmin(np.abs(paddings.rows - place.padding[:, None]), axis=1)[:, None]
        beside = np.clip(at + np.arange(-1, 2), 0, paddings.rows.shape[1] - 1)
        return self._paddings(lines, self._exponents(lines, place, NEAR), paddings.along(beside))

    def _exponents(self, lines: Index, place: Place, moves: Sequence[Iterable[int]]) -> Place:
        """One after the other."""
        for axis, (some, most) in enumerate(zip(moves, EXPONENTS, strict=True)):
            tried = [e[:, None] for e in place.exponents]
            tried[axis] = np.clip(tried[axis] + np.array([*some]), 1, most)
            place = self._improved(lines, place, place.padding[:, None], place.norm[:, None], tried)
        return place

    def _neighbours(self, lines: Index, place: Place) -> Place:
        """All exponents moved together."""
        axes = len(TOGETHER)
        tried = []
        for axis, (some, most) in enumerate(zip(TOGETHER, EXPONENTS, strict=True)):
            moved = np.clip(place.exponents[axis][:, None] + np.array(some), 1, most)
            tried.append(moved.reshape(len(lines), *(len(some) if a == axis else 1 for a in range(axes))))
        one = (len(lines), *(1,) * axes)
        return self._improved(lines, place, place.padding.reshape(one), place.norm.reshape(one), tried)

    def _paddings(self, lines: Index, place: Place, paddings: Paddings) -> Place:
        tried = [e[:, None] for e in place.exponents]
        return self._improved(lines, place, paddings.rows, paddings.norm, tried)

    def _measured(self, lines: Index, place: Place) -> Place:
        """The qubits at a place, which a search looks at only where there is a cap."""
        shares = loose_shares([*place.exponents])
        _, qubits, _ = self._least(lines, place.padding, place.norm, shares, tight=True, sized=True)
        return replace(place, qubits=qubits)

    def _improved(
        self, lines: Index, place: Place, padding: Array, norm: Array, exponents: Sequence[Array]
    ) -> Place:
        """Each line at the best of some paddings and exponents, of shapes that broadcast to (lines, …)."""
        value, _, shares = self._least(lines, padding, norm, loose_shares(exponents), tight=True)
        count = len(lines)
        at, chosen = np.arange(count), value.reshape(count, -1).argmin(axis=1)

        def there(tried: Array) -> Array:
            return np.asarray(np.broadcast_to(tried, value.shape).reshape(count, -1)[at, chosen])

        least = there(value)
        better = least < place.value
        return Place(
            np.where(better, there(padding), place.padding),
            np.where(better, there(norm), place.norm),
            np.where(better, np.stack([there(e) for e in exponents]), place.exponents),
            np.where(better, least, place.value),
            place.qubits,
            np.where(better, np.stack([there(getattr(shares, n)) for n in SHARES]), place.shares),
        )

    def _least(
        self,
        lines: Index,
        padding: Array,
        norm: Array,
        shares: Shares,
        *,
        bound: bool = False,
        tight: bool = False,
        sized: bool = False,
    ) -> tuple[Array, Array, Shares]:
        """The value of the best way to amplify, its qubits where they are looked at, and the shares."""
        sized = sized or self.most_qubits is not None
        asked = (lines, padding, norm, shares)
        worth = self.pricer.worth(self.value, *asked, bound=bound, tight=tight, sized=sized)
        value, qubits = worth.value, worth.value if worth.qubits is None else worth.qubits
        if self.most_qubits is not None:
            value = np.where(qubits > self.most_qubits, np.inf, value)
        if value.shape[-1] > 1:
            way = np.lexsort((qubits, value), axis=-1)[..., :1]
            value, qubits = (np.take_along_axis(part, way, axis=-1) for part in (value, qubits))
        return value[..., 0], qubits[..., 0], worth.shares

    def floor(self, lines: Index, paddings: Array) -> float:
        """A lower bound on every split of these lines, each at its padding."""
        if not len(lines):
            return float("inf")
        one = self.paddings(lines, paddings[:, None])
        shares = Shares(*(c[None, :] for c in _corners()))
        return float(self._least(lines, one.rows, one.norm, shares, bound=True)[0].min())


def _all_beside(exponents: Index) -> list[NDArray[Any]]:
    """Each exponent and those `BESIDE` it, on an axis of its own behind one for paddings."""
    found = []
    for axis, most in enumerate(EXPONENTS):
        moved = np.clip(exponents[axis][:, None] + np.arange(-1, 2), 1, most)
        found.append(moved.reshape(-1, 1, *(3 if a == axis else 1 for a in range(len(EXPONENTS)))))
    return found


def _with(steps: Index, axis: int, to: int) -> Index:
    """The places of all axes, of one of them this."""
    found = steps.copy()
    found[axis] = to
    return found


def _corners() -> Sequence[Array]:
    """The upper corners of all boxes that hold a split: solver, encoding, right-hand side, synthesis."""
    ends = [(0.5 ** (i + 1) if i < CELLS - 1 else 0.0, 0.5**i) for i in range(CELLS)]
    found = []
    for boxes in itertools.product(ends, repeat=3):
        low = [b[0] for b in boxes]
        solver = 1 - sum(low)
        if solver > 0:
            found.append((solver, *(min(b[1], 1 - (sum(low) - b[0])) for b in boxes)))
    return [np.array(c) for c in zip(*found, strict=True)]
