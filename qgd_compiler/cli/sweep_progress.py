"""How far a sweep is, on stderr: a bar on a screen, a line now and then in a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qgd_compiler.cli.talk import Talk, say, talking

if TYPE_CHECKING:
    from qgd_compiler.sweeps.run import Standing

SECONDS = {Talk.NORMAL: 10.0, Talk.VERBOSE: 1.0}  # between two lines in a pipe


@dataclass
class Watching:
    """Called with every standing; `last` is the latest."""

    show: Any
    last: Standing | None = None
    started: float = field(default_factory=lambda: time.monotonic())

    def __call__(self, standing: Standing) -> None:
        self.last = standing
        seconds = time.monotonic() - self.started
        rate = (standing.done - standing.found) / seconds if seconds > 0 else 0.0
        self.show(standing, rate, (standing.points - standing.done) / rate if rate > 0 else None)


@contextmanager
def sweeping(name: str) -> Iterator[Watching]:
    """Show points done, points per second and time left; the value is called with how far the sweep is."""
    if talking() is Talk.QUIET:
        yield Watching(lambda *_: None)
    elif sys.stderr.isatty():
        with _bar(name) as show:
            yield Watching(show)
    else:
        yield Watching(_Lines(name, SECONDS[talking()]))


@dataclass
class _Lines:
    """Lines in a pipe, none for a sweep that is done before the first is due."""

    name: str
    every: float
    due: float = 0.0

    def __post_init__(self) -> None:
        self.due = time.monotonic() + self.every

    def __call__(self, standing: Standing, rate: float, left: float | None) -> None:
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + self.every
            say(f"{self.name}: {_words(standing, rate, left)}")


@contextmanager
def _bar(name: str) -> Iterator[Any]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(escape(name), total=None, words="")

        def show(standing: Standing, rate: float, left: float | None) -> None:
            words = _words(standing, rate, left)
            progress.update(task, completed=standing.done, total=standing.points, words=words)

        yield show


def _words(standing: Standing, rate: float, left: float | None) -> str:
    said = f"{standing.done:,} of {standing.points:,} points"
    if left is None:
        return said
    return f"{said}, {rate:,.3g} per second, {_time(left)} left"


def _time(seconds: float) -> str:
    """Such as 45 s, 3:20 min, 2:05 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"
