"""Files of PyTorch made by hand, so that they can say anything: a pickle of plain values, and the archive around it."""

from __future__ import annotations

import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Global:
    """A name."""

    module: str
    name: str


@dataclass(frozen=True)
class Called:
    """A call of a name."""

    what: Global
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Persistent:
    """A persistent id."""

    id: Any


REBUILD = Global("torch._utils", "_rebuild_tensor_v2")


def tensor(
    key: str,
    entries: int,
    shape: tuple[int, ...],
    *,
    kind: str = "FloatStorage",
    offset: int = 0,
    strides: Any = None,
) -> Called:
    """A tensor that is a window into a storage."""
    if strides is None:
        strides = tuple(int(np.prod(shape[i + 1 :])) for i in range(len(shape)))
    storage = Persistent(("storage", Global("torch", kind), key, "cpu", entries))
    return Called(REBUILD, (storage, offset, shape, strides, False, {}))


def pickled(value: Any) -> bytes:
    """A pickle of protocol 2."""
    return b"\x80\x02" + _opcodes(value) + b"."


def _opcodes(value: Any) -> bytes:
    if isinstance(value, bool):
        return b"\x88" if value else b"\x89"
    if value is None:
        return b"N"
    if isinstance(value, int):
        return b"J" + struct.pack("<i", value) if abs(value) < 2**31 else f"I{value}\n".encode()
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, str):
        text = value.encode()
        return b"X" + struct.pack("<I", len(text)) + text
    if isinstance(value, tuple):
        return b"(" + b"".join(map(_opcodes, value)) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(map(_opcodes, value)) + b"e"
    if isinstance(value, dict):
        return b"}(" + b"".join(_opcodes(x) for pair in value.items() for x in pair) + b"u"
    if isinstance(value, Global):
        return f"c{value.module}\n{value.name}\n".encode()
    if isinstance(value, Called):
        return _opcodes(value.what) + _opcodes(value.arguments) + b"R"
    if isinstance(value, Persistent):
        return _opcodes(value.id) + b"Q"
    raise TypeError(type(value))


def write(
    path: Path,
    value: Any,
    storages: dict[str, bytes],
    *,
    compression: int = zipfile.ZIP_STORED,
    raw: bytes | None = None,
    extra: dict[str, bytes] | None = None,
) -> Path:
    """An archive as torch.save writes it; `raw` stands for the pickle, `extra` are further members."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("archive/data.pkl", pickled(value) if raw is None else raw)
        for key, content in storages.items():
            archive.writestr(f"archive/data/{key}", content)
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return path


def floats(*values: float) -> bytes:
    """A storage of float32."""
    return np.array(values, dtype="<f4").tobytes()
