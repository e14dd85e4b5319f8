"""Reading a vector, such as the gradient, from .npy or a member of .npz."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import InputFileError, UnsupportedError
from qgd_compiler.frontends.npz import ArrayFile, require_file

PREFERRED_KEYS = ("grad", "gradient")  # taken without being named, in this order


def read_vector(
    path: Path | str, key: str | None = None, *, size: int | None = None, nonzero: bool = True
) -> NDArray[np.float64]:
    """The vector in `path`, shape (n,) or (n, 1), in float64.

    `key` names a member of an .npz; without it: grad, gradient, or the only vector of numbers. `size`: the
    n that is expected. Error: InputFileError for a file that is missing, truncated, hostile, of another
    shape, complex, not finite, or (with `nonzero`) all zero; UnsupportedError for other kinds of file.
    """
    path = Path(path)
    require_file(path)
    if path.suffix not in (".npz", ".npy"):
        raise UnsupportedError(
            f"{path.name}: vectors are not read from files of kind {path.suffix!r}",
            at=str(path),
            remedy="save it with numpy.save as .npy, or with numpy.savez as a member of .npz",
        )
    arrays = ArrayFile(path)
    name = _member(arrays, key)
    member = arrays.members[name]
    label = f"member {name!r}" if name else "the array"
    if member.dtype.kind == "c":
        raise _error(path, f"{label} is complex; a gradient is real", "save the real part")
    if member.dtype.kind not in "biuf":
        raise _error(path, f"{label} has type {member.dtype}; it must hold numbers")
    length = _length(member.shape)
    if length is None:
        raise _error(path, f"{label} has shape {member.shape}; a vector has one dimension")
    if length == 0:
        raise _error(path, f"{label} is empty")
    if size is not None and length != size:
        raise _error(
            path,
            f"{label} has {length} entries, but the Hessian has {size} rows",
            "the gradient over the same (kept) parameters, in the same order",
        )
    vector = arrays[name].astype(np.float64).reshape(length)
    bad = np.flatnonzero(~np.isfinite(vector))
    if bad.size:
        raise _error(
            path,
            f"{label} has {vector[bad[0]]} at {bad[0]} (counted from 0); {bad.size} such entries in all",
            "remove NaN and infinite entries from the data",
        )
    if nonzero and not vector.any():
        raise _error(path, f"{label} is zero everywhere: there is no state to prepare")
    return vector


def find_gradient(path: Path | str) -> tuple[Path, str] | None:
    """File and member of the gradient that lies beside a Hessian: NAME.aux.npz for NAME.npz, if it has
    one."""
    beside = Path(path).with_suffix(".aux.npz")
    if not beside.is_file():
        return None
    arrays = ArrayFile(beside)
    return next(((beside, key) for key in PREFERRED_KEYS if key in arrays), None)


def _member(arrays: ArrayFile, key: str | None) -> str:
    names = ", ".join(f"{m.name} {m.shape}" for m in arrays.members.values())
    if key is not None:
        if key not in arrays:
            raise _error(arrays.path, f"there is no member {key!r}", f"it holds: {names}")
        return key
    if len(arrays) == 1:
        return next(iter(arrays))
    preferred = [k for k in PREFERRED_KEYS if k in arrays]
    vectors = [
        m.name for m in arrays.members.values() if _length(m.shape) is not None and m.dtype.kind == "f"
    ]
    if not preferred and len(vectors) != 1:
        raise _error(arrays.path, f"it holds {len(vectors)} vectors", f"name one with key:, of {names}")
    return (preferred or vectors)[0]


def _length(shape: tuple[int, ...]) -> int | None:
    """n for (n,), (n, 1) and (1, n); None for another shape."""
    if len(shape) == 1:
        return shape[0]
    if len(shape) == 2 and 1 in shape:
        return shape[0] * shape[1]
    return None


def _error(path: Path, what: str, remedy: str = "") -> InputFileError:
    return InputFileError(f"{path.name}: {what}", at=str(path), remedy=remedy)
