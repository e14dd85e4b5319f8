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
    for line in warnings_of(damaged, "made again"):
        warn(line)
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


def warnings_of(damaged: list[Damaged], fate: str = "left out") -> list[str]:
    """What has to be said of parts that cannot be read, and what becomes of them."""
    lines = [f"{part.path} is damaged and {fate}: {part.reason}" for part in damaged[:MOST_SHOWN]]
    more = len(damaged) - len(lines)
    return [*lines, f"{more} more parts are damaged and {fate}"] if more else lines


def _unfinished(store: Store, failed: list[Done]) -> SweepError:
    """One mistake for each reason, with the first of its chunks."""
    reasons: dict[str, list[int]] = {}
    for one in failed:
        reasons.setdefault(one.trouble, []).append(one.chunk)
    mistakes = []
    for trouble, chunks in reasons.items():
        first = chunks[0] * store.manifest.chunk
        last = first + store.manifest.rows_of(chunks[0]) - 1
        more = f" and {len(chunks) - 1} more chunks have" if len(chunks) > 1 else " has"
        mistakes.append(
            Mistake(
                f"chunk {chunks[0]} (points {first} to {last}){more} no rows: {trouble}",
                str(store.directory),
                "the same command again, which prices what is missing",
            )
        )
    return SweepError(f"{len(failed)} chunks of the sweep failed", mistakes=mistakes)
