"""The inputs that a result rests on, each with its source and its place in the spec."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from qgd_compiler.backends.document import Assumption
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.spec.quantity import Quantity

Progress = Callable[[str], None]


def sha256(path: Path | str) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _quantities(value: Any, path: str) -> Iterator[tuple[str, Quantity]]:
    if isinstance(value, Quantity):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _quantities(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, tuple):
        for i, inner in enumerate(value):
            yield from _quantities(inner, f"{path}.{i}")


def from_spec(loaded: Loaded) -> Iterator[Assumption]:
    for path, quantity in _quantities(loaded.spec, ""):
        yield Assumption(
            name=path,
            value=quantity.value,
            source=quantity.source,
            ref=quantity.ref,
            where=loaded.cite(path),
        )
