"""Reading PyTorch's .pt, .pth, .ckpt and .bin without PyTorch: tensors as views into storages, nothing executed.

The zip format (since PyTorch 1.6) is an archive of a pickle and one uncompressed member for each storage; the legacy
format is a stream of pickles with the storages behind them. A tensor is a window into a storage: offset, shape and
strides are honoured and must lie inside it. Storages are read when a tensor is, and only the part that it spans.
Source: torch.serialization and torch._utils of PyTorch 2.13.
"""

from __future__ import annotations

import io
import mmap
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from qgd_compiler.frontends.npz import require_file
from qgd_compiler.frontends.weights.pickle_machine import Machine, PickleError
from qgd_compiler.frontends.weights.stored import Stored, WeightsFile, refused, shown
from qgd_compiler.frontends.weights.torch_tensors import (
    Bytes,
    Storage,
    View,
    call,
    check_view,
    persistent,
    view_entries,
    width_of,
)

MOST_PICKLE = 256 * 2**20  # bytes of the pickle in an archive
MOST_DEPTH = 12  # of dictionaries within each other
MOST_NODES = 250_000  # tensors and dictionaries
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
AGAIN = "torch.save(model.state_dict(), …) writes a file of tensors alone"

_STATE_NAMES = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "net",
    "network",
    "weights",
    "params",
)
_NOT_WEIGHTS = (
    "optim",
    "sched",
    "scaler",
    "rng",
    "amp",
    "hparam",
    "hyper",
    "callbacks",
    "loops",
    "args",
    "config",
)


@dataclass
class _Archive:
    """What was found in a file: the object, how storages are read, and their lengths in bytes."""

    value: Any
    read: Bytes
    lengths: dict[str, int]
    byteorder: Literal["<", ">"] = "<"
    legacy: bool = field(default=False)


def read_torch(path: Path) -> WeightsFile:
    """The tensors of the state dict in a file of PyTorch.

    A checkpoint may hold the state dict beside optimiser, epoch and the like; that of the model is found by its name
    (state_dict, model, …), else whatever tensors are not those of an optimiser.
    Error: InputFileError for a file that is truncated, forged or compressed, a pickle that names anything but tensors
    and plain containers, and views outside their storage.
    """
    require_file(path)
    try:
        found = _zipped(path) if zipfile.is_zipfile(path) else _legacy(path)
        named = list(_named(_state(found.value)))
    except PickleError as error:
        raise refused(path, f"its pickle is refused: {error}", AGAIN) from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        OSError,
        struct.error,
        RuntimeError,
    ) as error:
        raise refused(path, f"it cannot be read: {str(error)[:200]}", "write the file again") from error
    except (RecursionError, MemoryError) as error:
        raise refused(path, "its pickle does not fit") from error
    if not named:
        raise refused(path, "it holds no tensors", AGAIN)
    for name, view in named:
        check_view(path, name, view, found.lengths)
    tensors = tuple(
        Stored(
            name=name,
            shape=view.shape,
            dtype=view.dtype,
            load=partial(view_entries, view, found.read, found.byteorder),
        )
        for name, view in named
    )
    return WeightsFile(path, "PyTorch, legacy format" if found.legacy else "PyTorch", tensors)


def _zipped(path: Path) -> _Archive:
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: info for info in archive.infolist()}
        pickles = [name for name in members if name == "data.pkl" or name.endswith("/data.pkl")]
        if any(name.endswith("constants.pkl") for name in members):
            raise refused(path, "it is a TorchScript archive, which is a program", AGAIN)
        if len(pickles) != 1:
            raise refused(path, "it is an archive without PyTorch's data.pkl", "a file written by torch.save")
        size = path.stat().st_size
        for info in members.values():
            if info.compress_type != zipfile.ZIP_STORED or info.file_size > size:
                raise refused(
                    path,
                    f"its member {shown(info.filename)} of {info.file_size} bytes is compressed to "
                    f"{info.compress_size}",
                    "torch.save does not compress: write the file again with it",
                )
        root = pickles[0].removesuffix("data.pkl")
        if members[pickles[0]].file_size > MOST_PICKLE:
            raise refused(
                path, f"its pickle has {members[pickles[0]].file_size} bytes; at most {MOST_PICKLE}"
            )
        order = archive.read(root + "byteorder").strip() if root + "byteorder" in members else b"little"
        if order not in (b"little", b"big"):
            raise refused(path, f"its byte order is {order[:20]!r}")
        value = Machine(call, persistent).run(io.BytesIO(archive.read(pickles[0])))
    prefix = root + "data/"
    lengths = {
        name.removeprefix(prefix): info.file_size for name, info in members.items() if name.startswith(prefix)
    }

    def read(key: str, first: int, length: int) -> bytes:
        with zipfile.ZipFile(path) as archive, archive.open(prefix + key) as member:
            member.seek(first)
            return member.read(length)

    return _Archive(value, read, lengths, "<" if order == b"little" else ">")


def _legacy(path: Path) -> _Archive:
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        if mapped[:1] != b"\x80":
            raise refused(path, "it is not a file of PyTorch", "a file written by torch.save")
        storages: dict[str, Storage] = {}

        def resolve(given: Any) -> Storage:
            storage = persistent(given)
            return storages.setdefault(storage.key, storage)

        machine = Machine(call, resolve)
        view: Any = mapped
        magic = machine.run(view)
        if magic != LEGACY_MAGIC:
            raise refused(path, "it is a bare pickle and no file of PyTorch", AGAIN)
        machine.run(view)  # version of the protocol
        machine.run(view)  # sizes of C types
        value = machine.run(view)
        keys = machine.run(view)
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise PickleError("the list of its storages is damaged")
        places: dict[str, int] = {}
        lengths: dict[str, int] = {}
        position = mapped.tell()
        for key in keys:
            storage = storages.get(key)
            if storage is None:
                raise PickleError(f"its storage {shown(key)} is not used")
            (entries,) = struct.unpack("<q", mapped[position : position + 8])
            length = entries * width_of(storage.dtype)
            position += 8
            if entries != storage.entries or position + length > len(mapped):
                raise refused(path, f"its storage {shown(key)} is truncated", "write the file again")
            places[key], lengths[key] = position, length
            position += length

    def read(key: str, first: int, length: int) -> bytes:
        with path.open("rb") as stream:
            stream.seek(places[key] + first)
            return stream.read(length)

    return _Archive(value, read, lengths, legacy=True)


def _state(value: Any) -> Any:
    """The part of a checkpoint that holds the weights of the model."""
    if isinstance(value, View):
        return {"tensor": value}
    if not isinstance(value, dict):
        raise PickleError("it holds no dictionary of tensors")
    if any(isinstance(inner, View) for inner in value.values()):
        return value
    for name in _STATE_NAMES:
        inner = value.get(name)
        if isinstance(inner, dict) and next(_named(inner), None) is not None:
            return inner
    return {
        key: inner
        for key, inner in value.items()
        if not (isinstance(key, str) and key.lower().startswith(_NOT_WEIGHTS))
    }


def _named(value: Any) -> Iterator[tuple[str, View]]:
    """All tensors in dictionaries within each other, in their order, names joined by dots."""
    waiting: list[tuple[str, Any, int]] = [("", value, 0)]
    seen = 0
    while waiting:
        prefix, inner, depth = waiting.pop()
        seen += 1
        if (
            depth > MOST_DEPTH or seen > MOST_NODES
        ):  # a dictionary may stand in itself, or in another many times
            raise PickleError(
                f"its dictionaries are more than {MOST_DEPTH} deep, or have over {MOST_NODES} places"
            )
        if isinstance(inner, View):
            yield prefix or "tensor", inner
        elif isinstance(inner, dict):
            below = [(k, v) for k, v in inner.items() if isinstance(v, View | dict)]
            waiting += [(f"{prefix}.{k}" if prefix else str(k), v, depth + 1) for k, v in reversed(below)]
