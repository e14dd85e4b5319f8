"""Which specs and locks a command line names: files, or folders of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qgd_compiler.errors import UsageError
from qgd_compiler.regression.lock import SUFFIX

SPECS = (".yaml", ".yml", ".json")


@dataclass(frozen=True)
class Place:
    """A spec and its lock, which stand beside each other."""

    spec: Path
    lock: Path


def specs_in(paths: Sequence[Path]) -> list[Place]:
    """The specs to lock: files, and the YAML files right in folders; each once."""
    return _once(place for path in paths for place in _to_lock(path))


def locks_in(paths: Sequence[Path]) -> list[Place]:
    """The locks to check: those of specs, those named, and all right in folders; each once."""
    return _once(place for path in paths for place in _to_check(path))


def _to_lock(path: Path) -> Iterator[Place]:
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.suffix in (".yaml", ".yml") and p.is_file())
        if not found:
            raise UsageError(f"there is no spec in {path}", remedy="a folder with specs in YAML, or a spec")
        yield from (_of_spec(p) for p in found)
    elif path.name.endswith(SUFFIX):
        yield _of_lock(path)
    else:
        yield _of_spec(path)


def _to_check(path: Path) -> Iterator[Place]:
    if path.is_dir():
        found = sorted(path.glob(f"*{SUFFIX}"))
        if not found:
            raise UsageError(
                f"there is no lock in {path}", remedy=f'qgd lock {path} --reason "first estimates"'
            )
        yield from (_of_lock(p) for p in found)
    elif path.name.endswith(SUFFIX):
        yield _of_lock(path)
    else:
        yield _of_spec(path)


def _of_spec(path: Path) -> Place:
    return Place(path, path.with_name(path.stem + SUFFIX))


def _of_lock(path: Path) -> Place:
    """The spec of a lock by its name; where several could be meant, the one that is there."""
    stem = path.name.removesuffix(SUFFIX)
    choices = [path.with_name(stem + ending) for ending in SPECS]
    return Place(next((p for p in choices if p.is_file()), choices[0]), path)


def _once(places: Iterator[Place]) -> list[Place]:
    return list({place.lock.resolve(): place for place in places}.values())
