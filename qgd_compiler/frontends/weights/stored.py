"""A tensor in a file of weights, known by its header until it is read."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import InputFileError
from qgd_compiler.frontends.npz import MAX_BYTES

MOST_TENSORS = 200_000
MOST_DIMENSIONS = 32
MOST_ENTRIES = 2**53  # beyond, a count is no longer a float


@dataclass(frozen=True, eq=False)
class Stored:
    """One tensor of a file.

    name      as the file names it
    shape     by its header
    dtype     numpy's name of the type, or the file's own where numpy has none: float32, bfloat16, bool, int64, …
    load      reads the entries, in the order of the shape
    trained   False for what the file itself shows to be no parameter, such as statistics of a normalisation
    nonzeros  of a sparse tensor, by its header; None: dense
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    load: Callable[[], NDArray[Any]]
    trained: bool = True
    nonzeros: int | None = None

    @property
    def size(self) -> int:
        """Entries by the shape."""
        return math.prod(self.shape)

    @property
    def is_number(self) -> bool:
        """Whether it can be trained: a real floating-point type."""
        return self.dtype.startswith(("float", "bfloat"))


@dataclass(frozen=True, eq=False)
class WeightsFile:
    """What a file of weights holds, by its headers.

    kind    of the file, in words
    """

    path: Path
    kind: str
    tensors: tuple[Stored, ...]

    def __post_init__(self) -> None:
        if not self.tensors:
            raise refused(self.path, "it holds no tensors", "a file with the weights of a model")
        if len(self.tensors) > MOST_TENSORS:
            raise refused(self.path, f"it holds {len(self.tensors)} tensors; at most {MOST_TENSORS} are read")
        names: set[str] = set()
        for tensor in self.tensors:
            check_shape(self.path, tensor.name, tensor.shape)
            if tensor.name in names:
                raise refused(self.path, f"the tensor {shown(tensor.name)} stands twice")
            names.add(tensor.name)

    def entries(self, tensor: Stored) -> NDArray[Any]:
        """The entries of a tensor; InputFileError where they cannot be read, or are too many."""
        width = _width(tensor.dtype)
        if tensor.size * width > MAX_BYTES:
            raise refused(
                self.path,
                f"the tensor {shown(tensor.name)} takes {tensor.size * width} bytes; at most {MAX_BYTES} are read",
            )
        try:
            return tensor.load()
        except InputFileError:
            raise
        except (OSError, EOFError, ValueError, TypeError, KeyError, RuntimeError, AttributeError) as error:
            raise refused(
                self.path,
                f"the tensor {shown(tensor.name)} of type {tensor.dtype} cannot be read: {_first_line(error)}",
                "write the file again, or take its header alone: --weights skip",
            ) from error
        except MemoryError as error:
            raise refused(self.path, f"the tensor {shown(tensor.name)} does not fit in memory") from error


def check_shape(path: Path, name: str, shape: tuple[int, ...]) -> None:
    """InputFileError for a shape that no tensor has."""
    if len(shape) > MOST_DIMENSIONS or any(type(side) is not int or side < 0 for side in shape):
        raise refused(path, f"the tensor {shown(name)} has the shape {str(shape)[:80]}")
    if math.prod(shape) > MOST_ENTRIES:
        raise refused(path, f"the tensor {shown(name)} of shape {shape} claims {math.prod(shape)} entries")


def refused(path: Path, what: str, remedy: str = "") -> InputFileError:
    """The error of a file that cannot be used."""
    return InputFileError(f"{path.name}: {what}", at=str(path), remedy=remedy)


def shown(name: str) -> str:
    """A name from a file, short and harmless on a terminal."""
    return repr(name if len(name) <= 80 else name[:77] + "...")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _width(dtype: str) -> int:
    """Bytes of an entry once it is read."""
    try:
        return np.dtype(dtype).itemsize
    except TypeError:
        return 2 if dtype == "bfloat16" else 1
