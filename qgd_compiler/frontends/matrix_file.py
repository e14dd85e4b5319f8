"""Reading a matrix from .npz (SciPy sparse or a dense member), .npy, .mtx or .h5: checked, symmetric, in
float64."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from qgd_compiler.errors import InputFileError, QgdError, UnsupportedError
from qgd_compiler.frontends.hdf5_matrix import matrix_arrays
from qgd_compiler.frontends.npz import MAX_BYTES, ArrayFile, Arrays, require_file
from qgd_compiler.frontends.weights.hdf5_file import SUFFIXES as HDF5
from qgd_compiler.structure.mirrored import beside_adjoint, same_arrays

SYMMETRY_TOLERANCE = 64 * float(
    np.finfo(np.float32).eps
)  # of max|H_ij|: what float32 arithmetic leaves behind
SPARSE_KEYS = {"format", "shape", "data"}
INDEX_ARRAYS: dict[str, tuple[str, ...]] = {
    "csr": ("indices", "indptr"),
    "csc": ("indices", "indptr"),
    "bsr": ("indices", "indptr"),
    "coo": ("row", "col"),
    "dia": ("offsets",),
}
SUFFIXES = (".npz", ".npy", ".mtx", *HDF5)


@dataclass(frozen=True)
class MatrixFile:
    """A matrix that was read and checked.

    matrix      CSR, float64, sorted, without duplicates and stored zeros
    path, key   where it was read
    stored      dtype in the file
    asymmetry   max|H_ij − H_ji| before it was averaged away, in units of H; 0.0 for a symmetric file, and
                where
                symmetry was not asked for
    dense       whether the file stores every entry
    """

    matrix: sparse.csr_array
    path: Path
    key: str | None
    stored: str
    asymmetry: float
    dense: bool

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.matrix.shape[0])


def read_matrix(path: Path | str, key: str | None = None, *, symmetric: bool = True) -> MatrixFile:
    """The matrix in `path`; `key` names a dense member of an .npz.

    With `symmetric` (a Hessian) it must be square, and equal to its transpose to 64 float32 roundings of its
    largest entry; it is then replaced by (H + Hᵀ)/2. Error: InputFileError for a file that is missing,
    truncated, hostile or empty, for complex numbers, NaN, infinity and asymmetry; UnsupportedError for
    other kinds of file.
    """
    path = Path(path)
    require_file(path)
    if path.suffix == ".mtx":
        found, stored, dense = _read_market(path)
    elif path.suffix in HDF5:
        arrays = matrix_arrays(path, key)
        sparse_layout = "data" in arrays
        found, stored, dense = (
            (_read_sparse(arrays), str(arrays.members["data"].dtype), False)
            if sparse_layout
            else (sparse.csr_array(_numbers(arrays[""], path)), str(arrays.members[""].dtype), True)
        )
    elif path.suffix in (".npz", ".npy"):
        found, stored, dense = _read_arrays(path, key)
    else:
        raise UnsupportedError(
            f"{path.name}: files of kind {path.suffix or 'without suffix'!r} are not read",
            at=str(path),
            remedy=f"one of {', '.join(SUFFIXES)}",
        )
    matrix = _canonical(found, path)
    del found  # a large matrix is held once
    asymmetry = 0.0
    if symmetric:
        matrix, asymmetry = _symmetrised(matrix, path)
    return MatrixFile(matrix=matrix, path=path, key=key, stored=stored, asymmetry=asymmetry, dense=dense)


def _error(path: Path, what: str, remedy: str = "") -> InputFileError:
    return InputFileError(f"{path.name}: {what}", at=str(path), remedy=remedy)


def _read_arrays(path: Path, key: str | None) -> tuple[Any, str, bool]:
    arrays = ArrayFile(path)
    if key is None and set(arrays) >= SPARSE_KEYS:
        return _read_sparse(arrays), str(arrays.members["data"].dtype), False
    name = _matrix_member(arrays, key)
    member = arrays.members[name]
    if len(member.shape) != 2:
        raise _error(path, f"{name or 'the array'} has shape {member.shape}; a matrix has two dimensions")
    return sparse.csr_array(_numbers(arrays[name], path)), str(member.dtype), True


def _matrix_member(arrays: ArrayFile, key: str | None) -> str:
    """The member that is meant: `key`, or the only one with two dimensions."""
    names = ", ".join(f"{m.name} {m.shape}" for m in arrays.members.values())
    if key is not None:
        if key not in arrays:
            raise _error(arrays.path, f"there is no member {key!r}", f"it holds: {names}")
        return key
    candidates = [m.name for m in arrays.members.values() if len(m.shape) == 2]
    if len(candidates) != 1:
        count = "no matrix" if not candidates else f"{len(candidates)} matrices"
        raise _error(arrays.path, f"it holds {count}", f"name one with key:, of {names}")
    return candidates[0]


def _read_sparse(arrays: Arrays) -> Any:
    """The SciPy sparse matrix in the members of `arrays`; the same layout as scipy.sparse.save_npz."""
    path, members = arrays.path, arrays.members
    if members["shape"].shape != (2,) or members["format"].shape != ():
        raise _error(path, "members 'shape' and 'format' are not those of a SciPy sparse matrix")
    rows, columns = (int(side) for side in arrays["shape"])
    shape = (rows, columns)
    _require_moderate(path, shape, entries=int(np.prod(members["data"].shape)))
    format_ = arrays["format"].item()
    format_ = format_.decode("ascii", "replace") if isinstance(format_, bytes) else str(format_)
    data = _numbers(arrays["data"], path)
    if format_ not in INDEX_ARRAYS:
        raise _error(path, f"sparse format {format_!r} is not known", f"one of {', '.join(INDEX_ARRAYS)}")
    absent = [part for part in INDEX_ARRAYS[format_] if part not in arrays]
    if absent:
        raise _error(
            path, f"member {absent[0]!r} of the {format_} format is missing", "write it with save_npz"
        )
    index = [arrays[part] for part in INDEX_ARRAYS[format_]]
    if any(i.dtype.kind not in "iu" for i in index):
        raise _error(path, "the indices are not integers")
    try:
        if format_ == "coo":
            return sparse.coo_array((data, (index[0], index[1])), shape=shape)
        if format_ == "dia":
            return sparse.dia_array((data, index[0]), shape=shape)
        made: Any = {"csr": sparse.csr_array, "csc": sparse.csc_array, "bsr": sparse.bsr_array}[format_](
            (data, *index), shape=shape
        )
        made.check_format(full_check=True)
        return made
    except (ValueError, IndexError) as error:
        raise _error(
            path, f"the {format_} arrays are inconsistent: {error}", "write it again with save_npz"
        ) from error


def _read_market(path: Path) -> tuple[Any, str, bool]:
    from scipy.io import mminfo, mmread

    try:
        rows, columns, entries, layout, field, symmetry = mminfo(path)
    except (ValueError, OSError, OverflowError, StopIteration) as error:
        raise _error(
            path, f"it is not a Matrix Market file: {error}", "write it with scipy.io.mmwrite"
        ) from error
    if field == "complex" or symmetry == "hermitian":
        raise _complex(path)
    dense = layout == "array"
    _require_moderate(path, (rows, columns), entries=entries)
    stored = rows * columns if dense else entries
    shortest = 2 if dense else (4 if field == "pattern" else 6)  # "1\n", "1 1\n", "1 1 1\n"
    least = (stored // 2 if dense and symmetry != "general" else stored) * shortest
    if least - rows * shortest > path.stat().st_size:
        raise _error(path, f"it declares {stored} entries, too many for its {path.stat().st_size} bytes")
    try:
        return mmread(path, spmatrix=False), field, dense
    except (ValueError, OSError, OverflowError, IndexError, MemoryError) as error:
        raise _error(
            path, f"it cannot be read: {error}", "write the file again; it may be truncated"
        ) from error


def _require_moderate(path: Path, shape: tuple[int, ...], entries: int) -> None:
    """Refuse a shape that is empty, or whose row pointers alone would be a size bomb."""
    if any(side < 1 for side in shape):
        raise _error(path, f"the matrix is empty: it is {shape[0]} x {shape[1]}")
    if max(shape) * 8 > MAX_BYTES or (max(shape) > 10**7 and max(shape) > 1000 * max(entries, 1)):
        raise _error(path, f"it declares {shape[0]} x {shape[1]}, but holds only {entries} entries")


def _numbers(data: Any, path: Path) -> Any:
    if data.dtype.kind == "c":
        raise _complex(path)
    if data.dtype.kind not in "biuf":
        raise _error(path, f"the entries have type {data.dtype}; they must be numbers")
    return data.astype(np.float64, copy=False)


def _complex(path: Path) -> QgdError:
    return _error(path, "the entries are complex; a Hessian is real", "save the real part")


def _canonical(found: Any, path: Path) -> sparse.csr_array:
    """CSR in float64, sorted, finite, not all zero, at least 1 x 1."""
    if min(found.shape) < 1:
        raise _error(path, f"the matrix is empty: it is {found.shape[0]} x {found.shape[1]}")
    matrix = sparse.csr_array(found)
    matrix = sparse.csr_array(_as_float(matrix, path))
    bad = np.flatnonzero(~np.isfinite(matrix.data))
    if bad.size:
        row = int(np.searchsorted(matrix.indptr, bad[0], side="right")) - 1
        raise _error(
            path,
            f"entry ({row}, {int(matrix.indices[bad[0]])}), counted from 0, is {matrix.data[bad[0]]}; "
            f"{bad.size} such entries in all",
            "remove NaN and infinite entries from the data",
        )
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    if matrix.nnz == 0:
        raise _error(path, "every entry is zero")
    return matrix


def _as_float(matrix: sparse.csr_array, path: Path) -> sparse.csr_array:
    _numbers(matrix.data, path)
    return matrix.astype(np.float64, copy=False)


def _symmetrised(matrix: sparse.csr_array, path: Path) -> tuple[sparse.csr_array, float]:
    rows, columns = matrix.shape
    if rows != columns:
        raise _error(path, f"the matrix is {rows} x {columns}; a Hessian is square")
    asymmetry, place = _worst_pair(matrix)
    if asymmetry == 0:
        return matrix, 0.0
    largest = max(float(matrix.data.max()), -float(matrix.data.min()))
    if asymmetry > SYMMETRY_TOLERANCE * largest:
        i, j = sorted(place)
        raise _error(
            path,
            f"the matrix is not symmetric: entry ({i}, {j}) is {matrix[i, j]:.9g}, entry ({j}, {i}) is "
            f"{matrix[j, i]:.9g} (counted from 0), the worst pair; largest entry {largest:.6g}",
            "a Hessian is symmetric: save (H + H.T)/2, or check that it is a Hessian",
        )
    half = _half_sum(matrix)
    half.eliminate_zeros()
    return half, asymmetry


def _worst_pair(matrix: sparse.csr_array) -> tuple[float, tuple[int, int]]:
    """max|H_ij − H_ji| and the first place in row order that has it; a band of rows at a time."""
    asymmetry, place, first = 0.0, (0, 0), 0
    for rows, mirrored in beside_adjoint(matrix):
        if not same_arrays(rows, mirrored):
            gap = sparse.coo_array(rows - mirrored)
            sizes = np.abs(gap.data)
            if sizes.size and sizes.max() > asymmetry:
                worst = int(np.argmax(sizes))
                asymmetry = float(sizes[worst])
                place = (first + int(gap.coords[0][worst]), int(gap.coords[1][worst]))
        first += rows.shape[0]
    return asymmetry, place


def _half_sum(matrix: sparse.csr_array) -> sparse.csr_array:
    """(H + Hᵀ)/2. Where both have their entries at the same places, only the entries are held twice."""
    halves, done = np.empty_like(matrix.data), 0
    for rows, mirrored in beside_adjoint(matrix):
        if not (
            np.array_equal(rows.indptr, mirrored.indptr) and np.array_equal(rows.indices, mirrored.indices)
        ):
            return sparse.csr_array((matrix + matrix.T) * 0.5)
        halves[done : done + rows.nnz] = (rows.data + mirrored.data) * 0.5
        done += rows.nnz
    return sparse.csr_array((halves, matrix.indices, matrix.indptr), shape=matrix.shape)
