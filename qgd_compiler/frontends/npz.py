"""The members of an .npz or .npy file, checked before they are read: no pickles, no size bombs, no surprises.

NumPy's own reader does the reading, with pickles off. What is added: the size that a header declares is
compared with the bytes that are there before anything is allocated, and every failure names the file and
the member.
"""

from __future__ import annotations

import ast
import math
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import InputFileError

MAX_BYTES = 16 * 2**30  # largest array that is read
_DEFLATE_LIMIT = 1100  # deflate cannot shrink more than 1032-fold: a larger ratio is a forgery
_HEADER_LIMIT = 10_000  # bytes of an .npy header

_BROKEN = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class Member:
    """One array of a file: its shape and dtype by the header, nothing read yet."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class Arrays(Mapping[str, "NDArray[Any]"]):
    """Arrays of a file by name, known by their headers until they are read."""

    path: Path
    members: dict[str, Member]


class ArrayFile(Arrays):
    """An .npz file as a read-only mapping from member name to array; a single .npy is the member ''.

    Opening it reads the headers only. Error: InputFileError where the file is missing, truncated, holds a
    pickle, or declares more bytes than it has or than 16 GiB.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.members: dict[str, Member] = {}
        require_file(path)
        with self._guard("the file"):
            self._read_headers()

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self.members:
            raise KeyError(name)
        with self._guard(f"member {name!r}" if name else "the array"), self._open(name) as stream:
            array: NDArray[Any] = np.lib.format.read_array(
                stream, allow_pickle=False, max_header_size=_HEADER_LIMIT
            )
            if stream.read(1):
                raise ValueError("there are bytes behind the array")
        return array

    def __iter__(self) -> Iterator[str]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)

    def _read_headers(self) -> None:
        if not zipfile.is_zipfile(self.path):
            size = self.path.stat().st_size
            with self.path.open("rb") as stream:
                self._add("", stream, size)
            return
        with zipfile.ZipFile(self.path) as archive:
            for info in archive.infolist():
                if info.is_dir() or not info.filename.endswith(".npy"):
                    raise self._error(f"it holds {info.filename!r}, which is not an array")
                if info.file_size > _DEFLATE_LIMIT * max(info.compress_size, 1):
                    raise self._error(
                        f"member {info.filename!r} claims {info.file_size} bytes from {info.compress_size}"
                    )
                with archive.open(info) as stream:
                    self._add(info.filename.removesuffix(".npy"), stream, info.file_size)

    def _add(self, name: str, stream: IO[bytes], size: int) -> None:
        label = f"member {name!r}" if name else "it"
        start = stream.read(8)
        if start[:1] == b"\x80":
            raise self._pickle(label)
        if start[:4] == b"PK\x03\x04":
            raise self._error(f"{label} is a truncated archive", "write the file again")
        if len(start) < 8 or start[:6] != np.lib.format.MAGIC_PREFIX:
            raise self._error(
                f"{label} is not a NumPy array", "save it with numpy.save or scipy.sparse.save_npz"
            )
        shape, dtype, header = _header(stream, (start[6], start[7]))
        if dtype.hasobject:
            raise self._pickle(label)
        needed = math.prod(shape) * dtype.itemsize
        if needed > MAX_BYTES:
            raise self._error(f"{label} declares {needed} bytes; at most {MAX_BYTES} are read")
        if needed != size - 8 - header:
            raise self._error(
                f"{label} is truncated or forged: shape {shape} of {dtype} needs {needed} bytes, "
                f"but {size - 8 - header} follow its header"
            )
        if name in self.members:
            raise self._error(f"{label} is there twice")
        self.members[name] = Member(name, shape, dtype)

    @contextmanager
    def _open(self, name: str) -> Iterator[IO[bytes]]:
        if not name:
            with self.path.open("rb") as stream:
                yield stream
        else:
            with zipfile.ZipFile(self.path) as archive, archive.open(name + ".npy") as member:
                yield member

    @contextmanager
    def _guard(self, label: str) -> Iterator[None]:
        try:
            yield
        except InputFileError:
            raise
        except _BROKEN as error:
            raise self._error(
                f"{label} cannot be read: {error}", "write the file again; it may be truncated"
            ) from error
        except MemoryError as error:
            raise self._error(f"{label} does not fit in memory") from error

    def _error(self, what: str, remedy: str = "") -> InputFileError:
        return InputFileError(f"{self.path.name}: {what}", at=str(self.path), remedy=remedy)

    def _pickle(self, label: str) -> InputFileError:
        return self._error(
            f"{label} holds a Python pickle, which can run code when it is read; it is refused",
            "save plain numbers: numpy.save(file, array.astype(float)) or scipy.sparse.save_npz",
        )


def require_file(path: Path) -> None:
    """Raise InputFileError unless `path` is a readable file that is not empty."""
    if not path.exists():
        raise InputFileError(f"{path.name}: there is no such file", at=str(path), remedy=_near(path))
    if not path.is_file():
        raise InputFileError(f"{path.name}: it is not a file", at=str(path))
    try:
        with path.open("rb") as stream:
            empty = not stream.read(1)
    except OSError as error:
        raise InputFileError(f"{path.name}: it cannot be read: {error.strerror}", at=str(path)) from error
    if empty:
        raise InputFileError(f"{path.name}: the file is empty", at=str(path), remedy="write the file again")


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return f"check the folder: there is no {path.parent}"
    names = [p.name for p in path.parent.iterdir() if p.is_file()]
    close = get_close_matches(path.name, names, n=3)
    return f"did you mean {' or '.join(close)}?" if close else "paths are relative to the folder of the spec"


def _header(stream: IO[bytes], version: tuple[int, int]) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Shape, dtype and length in bytes of an .npy header behind its magic; ValueError where it is
    malformed."""
    if version not in ((1, 0), (2, 0), (3, 0)):
        raise ValueError(f"version {version} of the .npy format is not known")
    width = 2 if version == (1, 0) else 4
    length = int.from_bytes(stream.read(width), "little")
    if length > _HEADER_LIMIT:
        raise ValueError(f"its header claims {length} bytes")
    text = stream.read(length).decode("latin1" if version < (3, 0) else "utf8")
    try:
        header = ast.literal_eval(text)
        shape, dtype = header["shape"], np.lib.format.descr_to_dtype(header["descr"])
    except (SyntaxError, TypeError, KeyError, RecursionError) as error:
        raise ValueError("its header is malformed") from error
    if not (isinstance(shape, tuple) and all(type(side) is int and side >= 0 for side in shape)):
        raise ValueError("its header is malformed")
    return shape, dtype, width + length
