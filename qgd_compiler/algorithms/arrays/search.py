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
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.arrays.history import Array, Index, Prices
from qgd_compiler.algorithms.plan import Shares

EXPONENTS = (14, 14, 28)  # the largest of each: encoding, right-hand side, synthesis
WIDE = (3, 3, 6)  # how far one exponent moves at a time
ROOTS = (0.5, 0.5, 0.5**0.5)  # what they are exponents of
START = (4, 4, 10)
NEAR = (1, 1, 1)  # how far exponents move together
CYCLES = 6  # through all exponents and the padding
CELLS = 9  # boxes for each of three shares, the last one down to 0
AROUND = (0.7, 0.85, 1.0, 1.2, 1.4)  # times the padding, at the end


class Price(Protocol):
    """Prices of lines at paddings and splits, flat arrays of one length."""

    def __call__(
        self, line: Index, padding: Array, shares: Shares, *, bound: bool = False, tight: bool = False
    ) -> Prices: ...


@dataclass(frozen=True)
class Place:
    """A padding and a split for each of some lines, with its value; infinite where a line has no plan.

    shares   tight ones, shape (4, lines): solver, encoding, right-hand side, synthesis
    """

    padding: Array
    exponents: NDArray[np.int64]
    value: Array
    qubits: Array
    shares: Array

    def split(self, line: int) -> Shares:
        """The split of one line."""
        return Shares(*(float(share) for share in self.shares[:, line]))

    def taken(self, lines: NDArray[np.bool_]) -> Place:
        """Of some lines."""
        return Place(
            self.padding[lines],
            self.exponents[:, lines],
            self.value[lines],
            self.qubits[lines],
            self.shares[:, lines],
        )

    def put(self, lines: NDArray[np.bool_], moved: Place) -> Place:
        """With some lines elsewhere."""
        new = deepcopy(self)
        new.padding[lines], new.exponents[:, lines] = moved.padding, moved.exponents
        new.value[lines], new.qubits[lines] = moved.value, moved.qubits
        new.shares[:, lines] = moved.shares
        return new


def loose_shares(exponents: NDArray[np.int64]) -> Shares:
    """Shares as flat arrays, from exponents of shape (3, …); the solver's is what the others leave at least."""
    encoding, right_hand_side, synthesis = (
        np.ravel(root ** e.astype(float)) for root, e in zip(ROOTS, exponents, strict=True)
    )
    return Shares(1 - encoding - right_hand_side - synthesis, encoding, right_hand_side, synthesis)


@dataclass(frozen=True)
class Searcher:
    """Prices and values of lines: `value` is what is minimised, no plan has more than `most_qubits`."""

    price: Price
    value: Callable[[Any], Any]
    most_qubits: int | None = None

    def bounds(self, lines: Index, paddings: Array) -> Array:
        """Lower bounds over all splits, shape (lines, paddings); `paddings` has the same shape."""
        line = np.broadcast_to(lines[:, None], paddings.shape).ravel()
        one = np.ones(line.shape)
        prices = self.price(line, paddings.ravel(), Shares(one, one, one, one), bound=True)
        return self._least(prices)[0].reshape(paddings.shape)

    def start(self, lines: Index, paddings: Array) -> Place:
        """The best padding of each line at the split that a search starts from."""
        count = len(lines)
        nowhere = np.full(count, np.inf)
        exponents = np.repeat(np.array(START)[:, None], count, axis=1)
        place = Place(paddings[:, 0], exponents, nowhere, nowhere, np.full((4, count), np.nan))
        return self._paddings(lines, place, paddings)

    def best(self, lines: Index, paddings: Array, start: Place) -> Place:
        """The best padding and split of each line, from `start` on."""
        place = start
        todo = np.isfinite(place.value)
        for _ in range(CYCLES):
            before = place.value.copy()
            place = self._restricted(lines, place, todo, self._cycle, paddings)
            todo = todo & (place.value < before)
            if not todo.any():
                break
        every = np.isfinite(place.value)
        near = np.maximum(np.round(place.padding[:, None] * np.array(AROUND)), 0)
        place = self._restricted(lines, place, every, self._paddings, near)
        place = self._restricted(lines, place, every, self._exponents)
        return self._restricted(lines, place, every, self._neighbours)

    def _restricted(
        self,
        lines: Index,
        place: Place,
        todo: NDArray[np.bool_],
        move: Callable[..., Place],
        *tables: Array,
    ) -> Place:
        """A move of some lines, the others staying where they are."""
        if not todo.any():
            return place
        return place.put(todo, move(lines[todo], place.taken(todo), *(t[todo] for t in tables)))

    def _cycle(self, lines: Index, place: Place, paddings: Array) -> Place:
        return self._paddings(lines, self._exponents(lines, place), paddings)

    def _exponents(self, lines: Index, place: Place) -> Place:
        for axis, (far, most) in enumerate(zip(WIDE, EXPONENTS, strict=True)):
            moves = np.arange(-far, far + 1)
            tried = np.repeat(place.exponents[:, :, None], len(moves), axis=2)
            tried[axis] = np.clip(tried[axis] + moves, 1, most)
            place = self._improved(lines, place, np.repeat(place.padding[:, None], len(moves), axis=1), tried)
        return place

    def _neighbours(self, lines: Index, place: Place) -> Place:
        """All exponents moved together."""
        moves = np.array(list(itertools.product(*(range(-far, far + 1) for far in NEAR)))).T
        tried = place.exponents[:, :, None] + moves[:, None, :]
        tried = np.clip(tried, 1, np.array(EXPONENTS)[:, None, None])
        return self._improved(lines, place, np.repeat(place.padding[:, None], moves.shape[1], axis=1), tried)

    def _paddings(self, lines: Index, place: Place, paddings: Array) -> Place:
        tried = np.repeat(place.exponents[:, :, None], paddings.shape[1], axis=2)
        return self._improved(lines, place, paddings, tried)

    def _improved(self, lines: Index, place: Place, paddings: Array, exponents: NDArray[np.int64]) -> Place:
        """Each line at the best of some paddings and exponents, shapes (lines, tries) and (3, lines, tries)."""
        count, tries = paddings.shape
        line = np.repeat(lines[:, None], tries, axis=1).ravel()
        prices = self.price(line, paddings.ravel(), loose_shares(exponents), tight=True)
        value, qubits = (found.reshape(count, tries) for found in self._least(prices))
        chosen, at = value.argmin(axis=1), np.arange(count)
        better = value[at, chosen] < place.value
        made = prices.shares
        shares = np.stack(
            [
                np.broadcast_to(share, line.shape).reshape(count, tries)[at, chosen]
                for share in (made.solver, made.encoding, made.right_hand_side, made.synthesis)
            ]
        )
        return Place(
            np.where(better, paddings[at, chosen], place.padding),
            np.where(better, exponents[:, at, chosen], place.exponents),
            np.where(better, value[at, chosen], place.value),
            np.where(better, qubits[at, chosen], place.qubits),
            np.where(better, shares, place.shares),
        )

    def _least(self, prices: Prices) -> tuple[Array, Array]:
        """The value of the best way to amplify, and its qubits."""
        value = np.asarray(self.value(prices), dtype=float)
        if self.most_qubits is not None:
            value = np.where(prices.qubits > self.most_qubits, np.inf, value)
        value = np.where(np.isnan(value), np.inf, value)
        way = np.lexsort((prices.qubits, value), axis=-1)[..., 0]
        at = np.arange(len(value))
        return value[at, way], prices.qubits[at, way]

    def floor(self, lines: Index, padding: Array) -> float:
        """A lower bound on every split of these lines, each at its padding."""
        if not len(lines):
            return float("inf")
        corners = _corners()
        count = len(corners[0])
        shares = Shares(*(np.tile(c, len(lines)) for c in corners))
        prices = self.price(np.repeat(lines, count), np.repeat(padding, count), shares, bound=True)
        return float(self._least(prices)[0].min())


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
