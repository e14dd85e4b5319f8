"""One chunk of a sweep, from its number to the bytes of its part: what engines run, here or elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from qgd_compiler.errors import QgdError, UsageError
from qgd_compiler.sweeps.columns import schema_of, table_of
from qgd_compiler.sweeps.evaluator import Evaluator
from qgd_compiler.sweeps.grid import Grid
from qgd_compiler.sweeps.rules import rules_digest
from qgd_compiler.sweeps.store import encoded


@dataclass(frozen=True)
class Work:
    """All chunks of a sweep; called with the number of one.

    document, base_dir  the spec in plain data, and the folder of its files
    chunk               points in a chunk
    identity, rules     of the manifest
    """

    evaluator: Evaluator
    document: dict[str, Any]
    base_dir: str
    grid: Grid
    chunk: int
    identity: str
    rules: str

    def __call__(self, number: int) -> bytes:
        """The part of a chunk. UsageError where the sources here are not those that the sweep began with."""
        if rules_digest() != self.rules:
            raise UsageError(
                "the compiler here is not the one that began the sweep",
                remedy="the same version on all machines",
            )
        start = number * self.chunk
        swept = self.grid.columns(start, min(start + self.chunk, self.grid.points))
        names = list(swept)
        found = self.evaluator.evaluate(self.document, self.base_dir, names, swept)
        # types of the whole axes, so that all parts have one schema
        whole = {f.name: v for axis in self.grid.axes for f, v in zip(axis.fields, axis.columns, strict=True)}
        table = table_of(schema_of(self.grid.fields, whole), self.grid.fields, start, swept, found)
        return encoded(table, self.identity, number)


@dataclass(frozen=True)
class Done:
    """A chunk and its part, or why there is none."""

    chunk: int
    content: bytes | None
    trouble: str = ""


class Engine(Protocol):
    """Runs the chunks of a sweep in any order and yields each once, as soon as it is done."""

    def __call__(self, work: Work, chunks: Sequence[int]) -> Iterator[Done]: ...


def attempted(work: Work, chunk: int) -> Done:
    """A chunk, with an exception as its trouble."""
    try:
        return Done(chunk, work(chunk))
    except QgdError as error:
        return Done(chunk, None, error.what)
    except Exception as error:
        return Done(chunk, None, f"{type(error).__name__}: {error}".splitlines()[0])
