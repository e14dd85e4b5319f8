"""Compile many specs, side by side in processes; a spec that fails is an answer too."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from qgd_compiler.errors import QgdError
from qgd_compiler.regression.documents import Trouble

# The JSON of the report of a spec. A function at the top of a module: other processes have to find it.
Compile = Callable[[Path], Mapping[str, Any]]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Priced:
    """The JSON of a report, or why there is none."""

    report: Mapping[str, Any] | None
    trouble: tuple[Trouble, ...] = ()


def price_all(
    specs: Sequence[Path], compile: Compile, jobs: int | None, progress: Progress
) -> dict[Path, Priced]:
    """What each spec costs; `jobs` processes, by default one for each core."""
    workers = min(len(specs), jobs or os.cpu_count() or 1)
    if workers <= 1:
        found: dict[Path, Priced] = {}
        for i, path in enumerate(specs):
            progress(f"{i + 1} of {len(specs)}, {path}")
            found[path] = _price(path, compile)
        return found
    # spawn: a fork of a process with threads in its linear algebra may hang
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(_price, path, compile): path for path in specs}
        done: dict[Path, Priced] = {}
        for future in as_completed(running):
            done[running[future]] = future.result()
            progress(f"{len(done)} of {len(specs)}, {running[future]}")
    return done


def _price(path: Path, compile: Compile) -> Priced:
    try:
        return Priced(compile(path))
    except QgdError as error:
        return Priced(None, troubles(error))


def troubles(error: QgdError) -> tuple[Trouble, ...]:
    """The mistakes of an error as data; the first says which kind of error it is."""
    name = type(error).__name__
    return tuple(Trouble(what=f"{name}: {m.what}", at=m.at, remedy=m.remedy) for m in error.mistakes)
