"""What prices the points of a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from qgd_compiler.sweeps.columns import Array, Column


class Evaluator(Protocol):
    """Prices a chunk of points. It is pickled to other processes and machines, and its answer depends on nothing else.

    mode     what it does, in a word; stores of different modes do not mix
    chunk    points that it takes well at a time
    """

    @property
    def mode(self) -> str: ...

    @property
    def chunk(self) -> int: ...

    def evaluate(
        self,
        document: Mapping[str, Any],
        base_dir: str,
        names: Sequence[str],
        columns: Mapping[str, Array],
    ) -> Mapping[str, Column]:
        """All of `columns.OUTPUTS` for the points whose fields `names` have the values in `columns`.

        document  the spec in plain data, with the values of its own in those fields
        base_dir  what its files are relative to
        columns   by name, all of one length: int64 or float64 for numbers (Python integers where they are larger),
                  strings for words
        """
        ...
