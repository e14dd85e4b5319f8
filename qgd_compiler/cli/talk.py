"""What `qgd` says on stderr while it works and when it fails; stdout stays for data."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum

from qgd_compiler.errors import QgdError


class Talk(Enum):
    """How much is said besides errors."""

    QUIET = "nothing"
    NORMAL = "progress on a screen, and remarks"
    VERBOSE = "each step of the work as a line, in a pipe too"


_talk = Talk.NORMAL


def set_talk(talk: Talk) -> None:
    """Set how much is said by this process from now on."""
    global _talk
    _talk = talk


def talking() -> Talk:
    """How much is said by this process."""
    return _talk


def talk() -> Talk:
    """How much is said."""
    return _talk


@contextmanager
def working(message: str) -> Iterator[Callable[[str], None]]:
    """Show on a screen that work goes on; the value is called with what is being done. Silent in a pipe."""
    if _talk is Talk.VERBOSE:
        say(message)
        yield lambda step: say(f"{message}: {step}")
        return
    if _talk is Talk.QUIET or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status(escape(message)) as status:
        yield lambda step: status.update(f"{escape(message)}: {escape(step)}")


def say(line: str) -> None:
    """One line of talk; nothing with `--quiet`."""
    if _talk is not Talk.QUIET:
        complain(line)


def complain(line: str) -> None:
    """One line that is said whatever was asked for: why a command failed."""
    print(f"qgd: {line}", file=sys.stderr)


def say_error(error: QgdError, as_json: bool) -> None:
    """An error: what, where and what to try, once per mistake; or all of them as one JSON object."""
    if as_json:
        print(json.dumps(error.to_json(), ensure_ascii=False), file=sys.stderr)
        return
    for mistake in error.mistakes:
        first, *rest = mistake.lines()
        complain("\n".join([f"{type(error).__name__}: {first}", *rest]))


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for JSON; read from the words, because it may not parse."""
    pairs = zip(arguments, [*arguments, ""][1:], strict=True)
    return any(
        word in ("--format=json", "-fjson") or (word in ("--format", "-f") and following == "json")
        for word, following in pairs
    )
