"""What the menu of encodings offers for a matrix: a way to encode it, before its words have a length."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol

import numpy as np

from qgd_compiler.algorithms.access import Access
from qgd_compiler.algorithms.encoding import Encoder, Encoding
from qgd_compiler.algorithms.menu.layout import Layout
from qgd_compiler.algorithms.spectral_norm import spectral_norm_bound
from qgd_compiler.kinds import Kind
from qgd_compiler.scalars import Scalar


@dataclass(frozen=True)
class Words:
    """How long the words are: as long as a spectral error `epsilon` (units of A) needs, or `bits` each."""

    epsilon: float | None = None
    bits: Scalar = None


def encoded(encoder: Encoder, controlled: bool) -> Encoding:
    """The encoding; of bounds alone the same object for the same numbers, as one compile after the other asks."""
    given = dict(vars(encoder)) if hasattr(encoder, "__dict__") else {}
    numbers = all(name == "access" or isinstance(v, int | float | None) for name, v in given.items())
    if given.get("data", encoder) is not None or not numbers:
        return encoder.encode(controlled)
    kinds = tuple(type(value) for value in given.values())  # 1 and 1.0 are equal, and print otherwise
    return _of_bounds(type(encoder), tuple(given.values()), kinds, controlled)


@lru_cache(maxsize=512)
def _of_bounds(
    kind: Callable[..., Encoder], given: tuple[Hashable, ...], kinds: tuple[type, ...], controlled: bool
) -> Encoding:
    return kind(*given).encode(controlled)


@dataclass(frozen=True, eq=False)
class Prepared:
    """An encoder with its words fixed. `key` tells it from others of the same offer; `target` is A, if known."""

    encoder: Encoder
    key: tuple[object, ...]
    target: np.ndarray | None = None
    _made: dict[bool, Encoding] = field(default_factory=dict)
    _error: list[float] = field(default_factory=list)

    def encoding(self, controlled: bool) -> Encoding:
        """The encoding; its ε is measured on the data where there is data (kind exact), else a bound."""
        if controlled not in self._made:
            error = self.measured_error()
            made = encoded(self.encoder, controlled)
            self._made[controlled] = made if error is None else replace(made, epsilon=error, kind=Kind.EXACT)
        return self._made[controlled]

    def measured_error(self) -> float | None:
        """‖A − realised‖ (at most; exact up to 600 rows); None without data."""
        if self.target is None:
            return None
        if not self._error:
            realised = self.encoder.realised()
            if realised is None:
                return None
            self._error.append(spectral_norm_bound(self.target - realised))
        return self._error[0]

    @property
    def epsilon(self) -> Scalar:
        """The error, measured where it can be."""
        error = self.measured_error()
        return self.encoding(False).epsilon if error is None else error


class Offer(Protocol):
    """One way to encode a matrix.

    name     as reports print it
    weight   the subnormalisation α with unlimited words (units of A)
    rows, columns   where they stand in the register
    """

    @property
    def name(self) -> str:
        """What reports call it."""

    @property
    def weight(self) -> Scalar:
        """α with unlimited words."""

    @property
    def rows(self) -> Layout:
        """Where the rows stand."""

    @property
    def columns(self) -> Layout:
        """Where the columns stand."""

    def prepared(self, words: Words, access: Access) -> Prepared:
        """The encoder with words of this length; InfeasibleError if no length will do."""
