"""Reading a third or fourth derivative: entries in the spec, a .csv or an .npz, or bounds."""

from __future__ import annotations

import csv
from pathlib import Path

from qgd_compiler.errors import InputFileError, UnsupportedError
from qgd_compiler.frontends.npz import ArrayFile, require_file
from qgd_compiler.scalars import Scalar
from qgd_compiler.spec import data
from qgd_compiler.structure.facts import Fact
from qgd_compiler.structure.tensor import Tensor

MOST_ENTRIES = 20_000_000
Entries = list[tuple[tuple[int, ...], float]]


def tensor_of(given: data.Tensor, base_dir: Path, size: Scalar, inputs: int) -> Tensor:
    """F_l = ∇^{l+1}L/l!, l = `inputs`, for `size` parameters.

    A file is an .npz with `indices` (entries × (l+1), counted from 0) and `values`, or a .csv with l+1 indices and
    a value on each line (a first line of names is passed over). Each permutation of a place once or more.
    Error: InputFileError with the line or the member for what cannot be read, UnsupportedError for other files.
    """
    order, factorial = inputs + 1, 1
    for k in range(2, inputs + 1):
        factorial *= k
    if given.entries is not None:
        return Tensor.of_derivative(int(size), inputs, _listed(given.entries, order))
    if given.file is not None:
        path = base_dir / given.file
        require_file(path)
        if path.suffix == ".npz":
            return Tensor.of_derivative(int(size), inputs, _from_npz(path, order))
        if path.suffix == ".csv":
            return Tensor.of_derivative(int(size), inputs, _from_csv(path, order))
        raise UnsupportedError(
            f"{path.name}: derivatives are not read from files of kind {path.suffix!r}",
            at=str(path),
            remedy=".npz with indices and values, or .csv",
        )

    def fact(name: str, divisor: int) -> Fact | None:
        quantity = getattr(given, name)
        return None if quantity is None else Fact(quantity.value / divisor, quantity.source)

    sparsity = None if given.sparsity is None else Fact(int(given.sparsity.value), given.sparsity.source)
    return Tensor(
        size=size,
        inputs=inputs,
        norm=fact("norm", factorial),
        max_entry=fact("max_entry", factorial),
        row_sparsity=sparsity,
    )


def _listed(entries: tuple[tuple[int | float, ...], ...], order: int) -> Entries:
    found: Entries = []
    for number, entry in enumerate(entries):
        if len(entry) != order + 1:
            raise InputFileError(
                f"entry {number} has {len(entry)} numbers; it must have {order} indices and a value"
            )
        found.append((tuple(_index(i, f"entry {number}") for i in entry[:-1]), float(entry[-1])))
    return found


def _index(value: float, where: str) -> int:
    if float(value) != int(value):
        raise InputFileError(f"{where}: the index {value} is not a whole number")
    return int(value)


def _from_npz(path: Path, order: int) -> Entries:
    arrays = ArrayFile(path)
    for name in ("indices", "values"):
        if name not in arrays:
            raise InputFileError(
                f"{path.name}: there is no member {name!r}", at=str(path), remedy="indices and values"
            )
    shape = arrays.members["indices"].shape
    if len(shape) != 2 or shape[1] != order or arrays.members["values"].shape != (shape[0],):
        raise InputFileError(
            f"{path.name}: indices have shape {shape} and values {arrays.members['values'].shape}",
            at=str(path),
            remedy=f"(entries, {order}) and (entries,)",
        )
    if shape[0] > MOST_ENTRIES:
        raise InputFileError(
            f"{path.name}: {shape[0]} entries are too many", at=str(path), remedy="use bounds"
        )
    indices, values = arrays["indices"], arrays["values"]
    if indices.dtype.kind not in "iu" or values.dtype.kind not in "biuf":
        raise InputFileError(f"{path.name}: indices must be integers and values real", at=str(path))
    return [(tuple(int(i) for i in place), float(v)) for place, v in zip(indices, values, strict=True)]


def _from_csv(path: Path, order: int) -> Entries:
    found: Entries = []
    with path.open(newline="", encoding="utf-8") as stream:
        for number, row in enumerate(csv.reader(stream), 1):
            if not row or (number == 1 and not _is_number(row[0])):
                continue
            where = f"{path.name}:{number}"
            if len(row) != order + 1 or not all(_is_number(cell) for cell in row):
                raise InputFileError(
                    f"{where}: expected {order} indices and a value, got {','.join(row)[:60]!r}", at=str(path)
                )
            found.append((tuple(_index(float(cell), where) for cell in row[:-1]), float(row[-1])))
            if len(found) > MOST_ENTRIES:
                raise InputFileError(f"{where}: too many entries", at=str(path), remedy="use bounds")
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
