"""A sweep from its missing chunks to a whole store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qgd_compiler.errors import Mistake, SweepError
from qgd_compiler.sweeps.store import Damaged, Store
from qgd_compiler.sweeps.work import Done, Engine, Work

MOST_SHOWN = 5


@dataclass(frozen=True)
class Standing:
    """How far a sweep is: points that are stored, of those how many this run found there, and all of them."""

    done: int
    found: int
    points: int


Watch = Callable[[Standing], None]
Warn = Callable[[str], None]


def complete(store: Store, work: Work, engine: Engine, watch: Watch, warn: Warn) -> None:
    """Price what is missing and store it. SweepError where chunks failed; all others are stored then."""
    missing, damaged = store.missing()
    for part in damaged:
        warn(f"{part.path} is damaged and is made again: {part.reason}")
    manifest = store.manifest
    found = manifest.points - sum(manifest.rows_of(chunk) for chunk in missing)
    done, failed = found, []
    watch(Standing(done, found, manifest.points))
    for one in engine(work, missing) if missing else ():
        if one.content is None:
            failed.append(one)
            continue
        store.write(one.chunk, one.content)
        done += manifest.rows_of(one.chunk)
        watch(Standing(done, found, manifest.points))
    if failed:
        raise _unfinished(store, sorted(failed, key=lambda f: f.chunk))


def warnings_of(damaged: list[Damaged]) -> list[str]:
    """What a reader of a store has to know of parts that are left out."""
    return [f"{part.path} is damaged and left out: {part.reason}" for part in damaged]


def _unfinished(store: Store, failed: list[Done]) -> SweepError:
    chunk = store.manifest.chunk
    mistakes = []
    for one in failed[:MOST_SHOWN]:
        first = one.chunk * chunk
        last = first + store.manifest.rows_of(one.chunk) - 1
        mistakes.append(
            Mistake(
                f"chunk {one.chunk} (points {first} to {last}) has no rows: {one.trouble}",
                str(store.path_of(one.chunk)),
                "the same command again, which prices what is missing",
            )
        )
    if len(failed) > MOST_SHOWN:
        mistakes.append(Mistake(f"{len(failed) - MOST_SHOWN} more chunks have no rows", str(store.directory)))
    return SweepError(f"{len(failed)} chunks of the sweep failed", mistakes=mistakes)
