"""Reading .safetensors: the header by the library `safetensors`, the entries of a tensor when they are asked for."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from qgd_compiler.frontends.extras import need
from qgd_compiler.frontends.npz import require_file
from qgd_compiler.frontends.weights.stored import Stored, WeightsFile, refused

EXTRA = "safetensors"
TYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
}


def read_safetensors(path: Path) -> WeightsFile:
    """The tensors of a .safetensors file by its header, whatever its size.

    The library compares the header with the length of the file, so a tensor cannot claim more than is there.
    Error: InputFileError for a file that is truncated or forged; UsageError without the library.
    """
    library = need("safetensors", EXTRA, ".safetensors files")
    require_file(path)
    try:
        with library.safe_open(path, framework="np") as opened:
            headers = [
                (str(name), part.get_shape(), str(part.get_dtype()))
                for name, part in ((name, opened.get_slice(name)) for name in opened.keys())  # noqa: SIM118
            ]
    except (library.SafetensorError, OSError, ValueError, OverflowError) as error:
        raise refused(
            path,
            f"it is not a .safetensors file, or a damaged one: {str(error)[:200]}",
            "write it again with safetensors' save_file",
        ) from error
    tensors = tuple(
        Stored(
            name=name,
            shape=tuple(int(side) for side in shape),
            dtype=TYPES.get(dtype, dtype.lower()),
            load=partial(_entries, path, name),
        )
        for name, shape, dtype in headers
    )
    return WeightsFile(path, "safetensors", tensors)


def _entries(path: Path, name: str) -> NDArray[Any]:
    library = need("safetensors", EXTRA, ".safetensors files")
    need("ml_dtypes", EXTRA, "bfloat16 weights")  # tells numpy what bfloat16 is
    with library.safe_open(path, framework="np") as opened:
        found: NDArray[Any] = opened.get_tensor(name)
        return found
