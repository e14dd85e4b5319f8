"""Estimates against their locks, and new locks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgd_compiler.errors import BrokenError, LockError, Mistake, MovedError, QgdError
from qgd_compiler.regression.attribution import attribution_of
from qgd_compiler.regression.compare import added, moves
from qgd_compiler.regression.documents import Result, Results, Status, Trouble
from qgd_compiler.regression.figures import Figures, figures_of
from qgd_compiler.regression.lock import Lock, read_lock
from qgd_compiler.regression.places import Place
from qgd_compiler.regression.pricing import Compile, Priced, Progress, price_all, troubles
from qgd_compiler.regression.rules import rules_digests, versions
from qgd_compiler.version import __version__

NOTHING = Figures({}, {})


def check(places: Sequence[Place], compile: Compile, jobs: int | None, progress: Progress) -> Results:
    """Compile every locked spec again and compare."""
    locks = {place.lock: _lock_or_trouble(place.lock) for place in places}
    wanted = [p.spec for p in places if isinstance(locks[p.lock], Lock) and p.spec.is_file()]
    priced = price_all(wanted, compile, jobs, progress)
    results = []
    for place in places:
        lock = locks[place.lock]
        if isinstance(lock, Lock):
            found = priced.get(place.spec) or Priced(None, (_missing(place),))
            results.append(_result(place, lock, found))
        else:
            results.append(_damaged(place, lock))
    return Results(compiler=__version__, title="Estimates against their locks", estimates=tuple(results))


@dataclass(frozen=True)
class Relocked:
    """What to write: the locks by path, and how each differs from the one before."""

    results: Results
    locks: Mapping[Path, Lock]


def relock(
    places: Sequence[Place],
    compile: Compile,
    tolerances: Mapping[str, float],
    jobs: int | None,
    progress: Progress,
) -> Relocked:
    """New locks. A spec that does not compile raises BrokenError, so that none is written."""
    priced = price_all([place.spec for place in places], compile, jobs, progress)
    results, locks = [], {}
    for place in places:
        found = priced[place.spec]
        old = _lock_or_trouble(place.lock) if place.lock.exists() else None
        before = old if isinstance(old, Lock) else None
        result = _result(place, before, found)
        if old is not None and before is None:
            result = result.model_copy(update={"notes": ("the lock before could not be trusted",)})
        results.append(result)
        if found.report is not None:
            kept = {**(before.tolerances if before else {}), **tolerances}
            locks[place.lock] = lock_of(place, found.report, kept)
    done = Results(compiler=__version__, title="Estimates locked", estimates=tuple(results))
    if done.count(Status.BROKEN):
        raise BrokenError("nothing was locked", mistakes=_mistakes(done, Status.BROKEN))
    return Relocked(done, locks)


def lock_of(place: Place, report: Mapping[str, Any], tolerances: Mapping[str, float]) -> Lock:
    """The lock that says what a report says."""
    figures = figures_of(report)
    return Lock(
        name=report["name"],
        spec=place.spec.name,
        compiler=__version__,
        spec_digest=report["spec_digest"],
        rules=dict(rules_digests()),
        versions=versions(),
        tolerances=dict(tolerances),
        numbers=dict(figures.numbers),
        choices=dict(figures.choices),
    ).sealed()


def raise_for(results: Results) -> None:
    """The error of the worst that was found; nothing where all is as locked."""
    kinds: list[tuple[Status, type[QgdError], str]] = [
        (Status.BROKEN, BrokenError, "do not compile any more"),
        (Status.DAMAGED, LockError, "have a lock that cannot be trusted"),
        (Status.MOVED, MovedError, "moved"),
    ]
    for status, error, words in kinds:
        number = results.count(status)
        if number:
            what = f"{number} of {len(results.estimates)} estimates {words}"
            raise error(what, mistakes=_mistakes(results, status))


def _mistakes(results: Results, status: Status) -> list[Mistake]:
    found = []
    for result in results.estimates:
        if result.status is not status:
            continue
        if status is Status.MOVED:
            old, new = result.t_count
            what = f"{result.name} moved: {len(result.moves)} figures; T gates {old} -> {new}"
            found.append(Mistake(what, result.lock, f"if meant: qgd lock {result.spec} --reason …"))
        else:
            found += [Mistake(t.what, t.at or result.spec, t.remedy) for t in result.trouble]
    return found


def _lock_or_trouble(path: Path) -> Lock | tuple[Trouble, ...]:
    try:
        return read_lock(path)
    except LockError as error:
        return troubles(error)


def _missing(place: Place) -> Trouble:
    return Trouble(
        what=f"the spec {place.spec} is missing",
        at=str(place.lock),
        remedy="restore it, or remove the lock",
    )


def _damaged(place: Place, trouble: tuple[Trouble, ...]) -> Result:
    return Result(
        name=place.spec.stem,
        spec=str(place.spec),
        lock=str(place.lock),
        status=Status.DAMAGED,
        t_count=(None, None),
        qubits=(None, None),
        trouble=trouble,
    )


def _result(place: Place, lock: Lock | None, priced: Priced) -> Result:
    old = NOTHING if lock is None else lock.figures
    new = NOTHING if priced.report is None else figures_of(priced.report)
    result = Result(
        name=place.spec.stem,
        spec=str(place.spec),
        lock=str(place.lock),
        status=Status.NEW,
        t_count=_pair(old, new, "total.t_count"),
        qubits=_pair(old, new, "total.qubits"),
    )
    if priced.report is None:
        return result.model_copy(update={"status": Status.BROKEN, "trouble": priced.trouble})
    if lock is None:
        return result
    moved = moves(old, new, lock.tolerances)
    return result.model_copy(
        update={
            "status": Status.MOVED if moved else Status.UNCHANGED,
            "moves": moved,
            "attribution": attribution_of(old, new) if moved else None,
            "notes": _notes(lock, priced.report, added(old, new), bool(moved)),
        }
    )


def _pair(old: Figures, new: Figures, path: str) -> tuple[int | None, int | None]:
    first, last = (None if f.numbers.get(path) is None else int(f.numbers[path] or 0) for f in (old, new))
    return first, last


def _notes(lock: Lock, report: Mapping[str, Any], more: tuple[str, ...], moved: bool) -> tuple[str, ...]:
    """What changed beside the numbers, and so may have moved them."""
    causes = []
    if report["spec_digest"] != lock.spec_digest:
        causes.append("the spec or its data changed since it was locked")
    if lock.compiler != __version__:
        causes.append(f"locked by version {lock.compiler}; this is {__version__}")
    now = rules_digests()
    rooms = sorted(r for r in lock.rules.keys() | now.keys() if lock.rules.get(r) != now.get(r))
    if rooms:
        causes.append(f"rules changed in {', '.join(rooms)}")
    here = versions()
    causes += [
        f"{name} was {old}, is {here.get(name, 'absent')}"
        for name, old in sorted(lock.versions.items())
        if here.get(name) != old
    ]
    if moved and not causes:
        causes.append("neither spec, data, rules nor libraries changed: the processor or its linear algebra")
    if more:
        shown = ", ".join(more[:3]) + (", …" if len(more) > 3 else "")
        causes.append(f"{len(more)} figures are new and not locked: {shown}")
    return tuple(causes)
