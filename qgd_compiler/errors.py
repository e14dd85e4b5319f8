"""Every error the compiler raises on purpose, and the exit code of each.

    QgdError                 1   (never raised itself)
    ├── UsageError           2   the command line asks for something that does not exist, or is not installed
    ├── SpecError            3   a spec field is wrong: unknown, out of range, contradictory
    ├── InputFileError       4   a data file is missing, truncated, hostile or of the wrong shape
    ├── InfeasibleError      5   the spec is well formed, but no plan meets what it asks for
    ├── UnsupportedError     6   the spec asks for a feature that this version does not have
    ├── SchemaError          7   a committed schema differs from the one the code generates
    ├── ProofError           8   a claim of the compiler failed its check
    ├── MovedError           9   a number or a choice differs from its lock
    ├── BrokenError         10   a locked spec is missing, or does not compile any more
    ├── LockError           11   a lock is missing, edited by hand, or of another format
    └── SweepError          12   chunks of a sweep failed; all others are stored

An error says what is wrong (with the value), where (file, line, path of the field) and what to try.
Mistakes of one file are reported together, as one error with several `mistakes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong: what, where and what to try."""

    what: str
    at: str = ""
    remedy: str = ""

    def lines(self) -> list[str]:
        """The mistake as lines of text, without indentation of the first."""
        lines = [self.what]
        if self.at:
            lines.append(f"  at: {self.at}")
        if self.remedy:
            lines.append(f"  try: {self.remedy}")
        return lines


class QgdError(Exception):
    """Root of all errors raised on purpose; carries one or more mistakes and an exit code."""

    exit_code: ClassVar[int] = 1

    def __init__(
        self, what: str, *, at: str = "", remedy: str = "", mistakes: Sequence[Mistake] = ()
    ) -> None:
        self.mistakes: tuple[Mistake, ...] = tuple(mistakes) or (Mistake(what, at, remedy),)
        self.what = what
        super().__init__(str(self))

    def __str__(self) -> str:
        name = type(self).__name__
        return "\n".join("\n".join([f"{name}: {m.lines()[0]}", *m.lines()[1:]]) for m in self.mistakes)

    def to_json(self) -> dict[str, Any]:
        """The error as data, for `--format json`."""
        return {
            "error": type(self).__name__,
            "exit_code": self.exit_code,
            "mistakes": [{"what": m.what, "at": m.at, "try": m.remedy} for m in self.mistakes],
        }


class UsageError(QgdError):
    """The command line asks for something that does not exist, or for a library that is not installed."""

    exit_code = 2


class SpecError(QgdError):
    """A spec field is wrong: unknown, out of range, contradictory."""

    exit_code = 3


class InputFileError(QgdError):
    """A data file is missing, truncated, hostile or of the wrong shape."""

    exit_code = 4


class InfeasibleError(QgdError):
    """The spec is well formed, but no plan meets what it asks for."""

    exit_code = 5


class UnsupportedError(QgdError):
    """The spec asks for a feature that this version does not have."""

    exit_code = 6


class SchemaError(QgdError):
    """A committed schema differs from the one the code generates."""

    exit_code = 7


class ProofError(QgdError):
    """A claim of the compiler failed its check."""

    exit_code = 8


class MovedError(QgdError):
    """A number or a choice differs from its lock."""

    exit_code = 9


class BrokenError(QgdError):
    """A locked spec is missing, or does not compile any more."""

    exit_code = 10


class LockError(QgdError):
    """A lock is missing, edited by hand, or of another format."""

    exit_code = 11


class SweepError(QgdError):
    """Chunks of a sweep failed; all others are stored."""

    exit_code = 12
