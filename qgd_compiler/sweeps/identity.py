"""The identity of the spec behind a sweep: the spec, and all data files that it or a swept field names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qgd_compiler.spec.digest import spec_digest
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.study.assumptions import sha256
from qgd_compiler.sweeps.grid import Grid

ABSENT = "absent"


def sweep_digest(loaded: Loaded, document: Mapping[str, Any], grid: Grid) -> str:
    """SHA-256 of the resolved spec and of the content of its files; a file that is not there is known to be absent."""
    names = set(_files(document))
    for axis in grid.axes:
        for field, values in zip(axis.fields, axis.columns, strict=True):
            if any(place.keys[-1] == "file" for place in field.places):
                names.update(str(value) for value in values)
    files = {}
    for name in sorted(names):
        path = loaded.base_dir / name
        files[name] = sha256(path) if path.is_file() else ABSENT
    return spec_digest(loaded.spec, files)


def _files(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "file" and isinstance(inner, str):
                yield inner
            else:
                yield from _files(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _files(inner)
