"""A matrix in an HDF5 file: a square dataset, or a group with the arrays of a sparse matrix."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.frontends.npz import Arrays, Member
from qgd_compiler.frontends.weights.hdf5_file import SUFFIXES, datasets, entries, opened
from qgd_compiler.frontends.weights.stored import refused, shown

NAMES = ("hessian", "H", "matrix")  # of the dataset or group that is taken without being named
SPARSE = ("data", "indices", "indptr", "shape")


class Hdf5Arrays(Arrays):
    """The datasets of a group by name, or one dataset under the name ''; read when asked for."""

    def __init__(self, path: Path, places: dict[str, str]) -> None:
        self.path = path
        self.places = places
        with opened(path) as file:
            self.members = {
                name: Member(name, tuple(file[place].shape), file[place].dtype)
                for name, place in places.items()
            }

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self.members:
            raise KeyError(name)
        if name not in self.places:  # of a group: its arrays are those of CSR
            return np.array("csr")
        with opened(self.path) as file:
            return entries(self.path, file[self.places[name]])

    def __iter__(self) -> Iterator[str]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)


def holds_matrix(path: Path) -> bool:
    """Whether an HDF5 file holds a matrix rather than weights: a dataset or group called hessian, H or matrix."""
    if path.suffix not in SUFFIXES:
        return False
    with opened(path) as file:
        return any(name in file for name in NAMES)


def matrix_arrays(path: Path, key: str | None) -> Hdf5Arrays:
    """The arrays of the matrix: a dense dataset under '', or data, indices, indptr and shape of a CSR group.

    `key` names the dataset or group; without it hessian, H, matrix, or the only dataset.
    Error: InputFileError where there is none, or several.
    """
    with opened(path) as file:
        named = dict(datasets(path, file))
        name = key if key is not None else next((n for n in NAMES if n in file), None)
        if name is None and len(named) == 1:
            name = next(iter(named))
        if name is None or name not in file:
            known = ", ".join(shown(n) for n in list(named)[:10]) or "no datasets"
            raise refused(
                path, f"there is no matrix {shown(name or NAMES[0])}", f"name one with key:, of {known}"
            )
        if name in named:
            if named[name].ndim != 2:
                raise refused(
                    path, f"{shown(name)} has shape {named[name].shape}; a matrix has two dimensions"
                )
            return Hdf5Arrays(path, {"": name})
        absent = [part for part in SPARSE if f"{name}/{part}" not in named]
        if absent:
            raise refused(
                path,
                f"the group {shown(name)} lacks {shown(absent[0])}",
                "a dense dataset, or a group with data, indices, indptr and shape (CSR)",
            )
    found = Hdf5Arrays(path, {part: f"{name}/{part}" for part in SPARSE})
    found.members["format"] = Member("format", (), np.dtype("U3"))
    return found
