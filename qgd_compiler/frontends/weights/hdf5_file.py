"""Reading .h5 and .hdf5 by the library `h5py`: weights as Keras writes them, and matrices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from qgd_compiler.errors import InputFileError
from qgd_compiler.frontends.extras import need
from qgd_compiler.frontends.npz import require_file
from qgd_compiler.frontends.weights.stored import MOST_TENSORS, Stored, WeightsFile, refused, shown

EXTRA = "h5py"
SUFFIXES = (".h5", ".hdf5")
MOST_UNPACKED = 2**30  # bytes of a dataset that is compressed or not wholly written
_NOT_WEIGHTS = ("optimizer_weights", "optimizer")


def read_hdf5(path: Path) -> WeightsFile:
    """All datasets of numbers in an HDF5 file but those of the optimiser, names with slashes made dots.

    Keras' `:0` at the end of a name is left out, and so is the group `model_weights`. Datasets that are compressed or
    not wholly written are read up to 1 GiB; external storage and links to other files are not followed.
    Error: InputFileError for a file that is damaged, or whose datasets lie in other files.
    """
    with opened(path) as file:
        tensors = tuple(
            Stored(_plain(name), dataset.shape, str(dataset.dtype), partial(_entries, path, name))
            for name, dataset in datasets(path, file)
            if dataset.dtype.kind in "biufc" and not name.startswith(_NOT_WEIGHTS)
        )
    return WeightsFile(path, "HDF5", tensors)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """An HDF5 file, open for reading; InputFileError where it cannot be."""
    h5py = need("h5py", EXTRA, ".h5 files")
    require_file(path)
    try:
        file = h5py.File(path, "r")
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError) as error:
        raise _damaged(path, error) from error
    with file:
        try:
            yield file
        except (OSError, RuntimeError) as error:  # of a part that is only now read
            raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputFileError:
    return refused(
        path, f"it is not an HDF5 file, or a damaged one: {str(error)[:200]}", "write the file again"
    )


def datasets(path: Path, file: Any) -> list[tuple[str, Any]]:
    """Name and dataset, in the order of the file; links out of it are not followed."""
    h5py = need("h5py", EXTRA, ".h5 files")
    found: list[tuple[str, Any]] = []

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.shape is not None:
            found.append((name, item))
        if len(found) > MOST_TENSORS:
            raise refused(path, f"it holds more than {MOST_TENSORS} datasets")

    file.visititems(visit)
    return found


def entries(path: Path, dataset: Any) -> NDArray[Any]:
    """The entries of a dataset, checked before they are read."""
    name = str(dataset.name)
    if dataset.external or dataset.is_virtual:
        raise refused(path, f"the entries of {shown(name)} stand in another file, which is not read")
    stored, claimed = int(dataset.id.get_storage_size()), int(dataset.nbytes)
    if claimed > MOST_UNPACKED and claimed > stored:
        raise refused(path, f"the dataset {shown(name)} claims {claimed} bytes from {stored}")
    found: NDArray[Any] = dataset[()]
    return found


def _entries(path: Path, name: str) -> NDArray[Any]:
    with opened(path) as file:
        return entries(path, file[name])


def _plain(name: str) -> str:
    plain = name.partition(":")[0].replace("/", ".")
    return plain.removeprefix("model_weights.")
