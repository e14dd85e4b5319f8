"""Tensors of PyTorch as its pickles describe them: windows into storages, and the few calls that make them.

Source: torch._utils and torch.serialization of PyTorch 2.13.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import InputFileError
from qgd_compiler.frontends.weights.pickle_machine import Name, Opaque, PickleError
from qgd_compiler.frontends.weights.stored import refused, shown

_STORAGES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
    "UntypedStorage": "uint8",
}
_TYPES = {
    "float64": "float64", "double": "float64", "float32": "float32", "float": "float32", "float16": "float16",
    "half": "float16", "bfloat16": "bfloat16", "int64": "int64", "int32": "int32", "int16": "int16",
    "int8": "int8", "uint8": "uint8", "bool": "bool", "uint16": "uint16", "uint32": "uint32", "uint64": "uint64",
    "float8_e4m3fn": "float8_e4m3fn", "float8_e5m2": "float8_e5m2",
    "complex64": "complex64", "complex128": "complex128",
}  # fmt: skip
_WIDTHS = {"bfloat16": 2, "float8_e4m3fn": 1, "float8_e5m2": 1}
_HARMLESS = {  # names whose values are not needed and not looked into
    "torch.device", "torch.Size", "collections.Counter", "collections.defaultdict", "builtins.set",
    "builtins.complex", "_codecs.encode", "numpy.dtype", "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
}  # fmt: skip

Bytes = Callable[[str, int, int], bytes]  # part of a storage: key, first byte, length


@dataclass(frozen=True)
class Storage:
    """A storage that a pickle names: its key, type and number of entries."""

    key: str
    dtype: str
    entries: int


@dataclass(frozen=True, eq=False)
class View:
    """A tensor: a window into a storage, in entries of `dtype`."""

    storage: Storage
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def persistent(given: Any) -> Storage:
    """The storage that a persistent id names."""
    if not (isinstance(given, tuple) and len(given) >= 5 and given[0] == "storage"):
        raise PickleError("it names a persistent object that is no storage")
    _, kind, key, _, entries, *rest = given
    if rest and rest[0] is not None:
        raise PickleError("it has a view of a storage in the format of PyTorch 0.3")
    dtype = _STORAGES.get(kind.name) if isinstance(kind, Name) and kind.module.startswith("torch") else None
    if dtype is None:
        raise PickleError(f"it has a storage of type {kind}")
    if not isinstance(key, str) or type(entries) is not int or entries < 0:
        raise PickleError("it names a storage without key or size")
    return Storage(key, dtype, entries)


def call(called: Name, arguments: tuple[Any, ...]) -> Any:
    """What a call in the pickle stands for; everything but tensors and plain containers is refused."""
    name = str(called)
    if name == "collections.OrderedDict":
        return _ordered(arguments)
    if name in ("torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2"):
        return _view(arguments, None)
    if name == "torch._utils._rebuild_tensor_v3":
        return _view(arguments, arguments[6] if len(arguments) > 6 else None)
    if name in ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"):
        return _only_view(arguments)
    if name == "torch._tensor._rebuild_from_type_v2" and len(arguments) >= 3:
        inner, wrapped = arguments[0], arguments[2]
        if isinstance(inner, Name) and isinstance(wrapped, tuple) and inner != called:
            return call(inner, wrapped)
    if name in _HARMLESS:
        return Opaque(name)
    raise PickleError(
        f"it calls {name[:120]!r}, which could run code; only tensors and plain containers are read"
    )


def _ordered(arguments: tuple[Any, ...]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for pair in arguments[0] if arguments else ():
        if not (isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str)):
            raise PickleError("an ordered dictionary is damaged")
        found[pair[0]] = pair[1]
    return found


def _only_view(arguments: tuple[Any, ...]) -> View:
    if not arguments or not isinstance(arguments[0], View):
        raise PickleError("a parameter is no tensor")
    return arguments[0]


def _view(arguments: tuple[Any, ...], dtype: Any) -> View:
    if len(arguments) < 4 or not isinstance(arguments[0], Storage):
        raise PickleError("a tensor has no storage")
    storage, offset, shape, strides = arguments[:4]
    known = storage.dtype
    if dtype is not None:
        if not (isinstance(dtype, Name) and dtype.module == "torch" and dtype.name in _TYPES):
            raise PickleError(f"a tensor has the type {dtype}")
        known = _TYPES[dtype.name]
    sides = (offset, *_tuple(shape), *_tuple(strides))
    if any(type(side) is not int or side < 0 for side in sides):
        raise PickleError("a tensor has a negative or fractional size")
    if len(_tuple(shape)) != len(_tuple(strides)):
        raise PickleError("a tensor has other strides than dimensions")
    return View(storage, known, offset, _tuple(shape), _tuple(strides))


def _tuple(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, tuple):
        raise PickleError("a tensor has no shape")
    return value


def check_view(path: Path, name: str, view: View, lengths: dict[str, int]) -> None:
    """InputFileError unless the window lies inside its storage and claims no more entries than that has."""
    length = lengths.get(view.storage.key)
    if length is None:
        raise refused(path, f"the storage {shown(view.storage.key)} of {shown(name)} is missing")
    if view.storage.entries * width_of(view.storage.dtype) > length:
        raise refused(
            path,
            f"the storage of {shown(name)} claims {view.storage.entries} entries, but has {length} bytes",
            "write the file again; it may be truncated",
        )
    entries = length // width_of(view.dtype)
    if math.prod(view.shape) == 0:
        return
    last = _last(view)
    if last >= entries or math.prod(view.shape) > entries:
        raise refused(
            path,
            f"the tensor {shown(name)} of shape {view.shape}, strides {view.strides} and offset {view.offset} "
            f"does not lie in its storage of {entries} entries",
        )


def _last(view: View) -> int:
    """The place of the last entry in the storage."""
    return view.offset + sum((side - 1) * step for side, step in zip(view.shape, view.strides, strict=True))


def width_of(dtype: str) -> int:
    return _WIDTHS[dtype] if dtype in _WIDTHS else np.dtype(dtype).itemsize


def view_entries(view: View, read: Bytes, byteorder: Literal["<", ">"]) -> NDArray[Any]:
    if math.prod(view.shape) == 0:
        return np.zeros(view.shape)
    width = width_of(view.dtype)
    length = (_last(view) - view.offset + 1) * width
    raw = read(view.storage.key, view.offset * width, length)
    if len(raw) != length:
        raise InputFileError("a storage is truncated")
    if view.dtype in _WIDTHS and view.dtype != "bfloat16":
        raise ValueError(f"entries of type {view.dtype} are not read")
    stored = "uint16" if view.dtype == "bfloat16" else view.dtype
    flat = np.frombuffer(raw, dtype=np.dtype(stored).newbyteorder(byteorder))
    window = np.lib.stride_tricks.as_strided(
        flat, shape=view.shape, strides=tuple(step * width for step in view.strides), writeable=False
    )
    if view.dtype != "bfloat16":
        return window
    # bfloat16 is the upper half of a float32
    return (window.astype(np.uint32) << 16).view(np.float32)
