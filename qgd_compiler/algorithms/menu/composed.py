"""Encodings of composed matrices from the offers for their parts: how the error is shared out among the parts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.encoding import Encoder, Encoding
from qgd_compiler.algorithms.menu.layout import Layout
from qgd_compiler.algorithms.menu.offer import Offer, Prepared, Words
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.scalars import Scalar

SLACKS = (32.0, 8.0, 2.0, 1.0, 0.5, 0.25)  # what a bound allows the parts is tried 32-fold on data first
FLOAT_LIMIT = 1e-12  # of α: below it an error of rounding drowns in that of float64

Compose = Callable[..., Encoder]
Split = Callable[[float], Sequence[float]]


@dataclass(eq=False)
class ComposedOffer:
    """A composition of one offer per part.

    compose  the encoder of the whole from those of the parts, and from the access model if the composition reads
             a table of its own (`reads`)
    split    the error that each part may have, from that of the whole (units of the matrices)
    """

    name: str
    weight: Scalar
    parts: tuple[Offer, ...]
    compose: Compose
    split: Split
    target: np.ndarray | None
    rows: Layout
    columns: Layout
    reads: bool = False
    _prepared: dict[tuple[object, ...], Prepared] = field(default_factory=dict)

    def prepared(self, words: Words, access: Access) -> Prepared:
        """The first and so coarsest share whose composed error is small enough."""
        if words.bits is not None:
            return self._at([p.prepared(words, access) for p in self.parts], self.target is not None, access)
        assert words.epsilon is not None
        measured = self.target is not None and words.epsilon > FLOAT_LIMIT * float(self.weight)
        tried = SLACKS if measured else tuple(s for s in SLACKS if s <= 1)
        for slack in tried:
            allowed = [slack * e for e in self.split(words.epsilon)]
            parts = [p.prepared(Words(epsilon=e), access) for p, e in zip(self.parts, allowed, strict=True)]
            whole = self._at(parts, measured, access)
            if whole.epsilon <= words.epsilon:
                return whole
        raise InfeasibleError(
            f"no length of words brings the error of the {self.name} down to {words.epsilon:.3g}",
            remedy="a larger target.epsilon, or another encoding",
        )

    def _at(self, parts: Sequence[Prepared], measured: bool, access: Access) -> Prepared:
        key = (measured, access.name, *(p.key for p in parts))
        if key not in self._prepared:
            target = self.target if measured else None
            known = [_Known(p) for p in parts]
            encoder = self.compose(known, access) if self.reads else self.compose(known)
            self._prepared[key] = Prepared(encoder, key, target)
        return self._prepared[key]


@dataclass(frozen=True, eq=False)
class _Known:
    """A part that says what error it was measured to have: bounds of the whole start from there."""

    prepared: Prepared

    def encode(self, controlled: bool) -> Encoding:
        """Its encoding, ε measured where there is data."""
        return self.prepared.encoding(controlled)

    def realised(self) -> np.ndarray | None:
        """What its words stand for."""
        return self.prepared.encoder.realised()


def of_product(weights: Sequence[Scalar]) -> Split:
    """Equal relative errors δ with Π α_i(1+δ) − Π α_i = ε: a product or Kronecker product of parts."""

    def split(epsilon: float) -> list[float]:
        alpha = 1.0
        for w in weights:
            alpha *= float(w)
        relative = math.expm1(math.log1p(epsilon / alpha) / len(weights))  # not 0, however small ε is
        return [float(w) * relative for w in weights]

    return split


def of_sum(coefficients: Sequence[Scalar]) -> Split:
    """Equal contributions |c_i|ε_i."""

    def split(epsilon: float) -> list[float]:
        return [epsilon / (len(coefficients) * abs(float(c))) for c in coefficients]

    return split


def of_blocks(count: int) -> Split:
    """The error of a block-diagonal matrix is that of its worst block."""
    return lambda epsilon: [epsilon] * count


def of_one(epsilon: float) -> list[float]:
    """All of it for the only part."""
    return [epsilon]


def of_gram(weight: Scalar) -> Split:
    """J†J is a product of two factors that share their words."""
    product = of_product((weight, weight))
    return lambda epsilon: product(epsilon)[:1]
