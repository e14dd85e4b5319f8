"""Reading the initialisers of an .onnx model, dense and sparse, by the library `onnx`."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.frontends.extras import need
from qgd_compiler.frontends.npz import require_file
from qgd_compiler.frontends.weights.stored import Stored, WeightsFile, refused, shown

EXTRA = "onnx"
MOST_BYTES = 2**31  # a protocol buffer cannot be larger
_EXTERNAL = 1  # TensorProto.DataLocation


def read_onnx(path: Path) -> WeightsFile:
    """The initialisers of an .onnx file; sparse ones by their number of values, never written out.

    Mean and variance of a batch normalisation are no parameters, and neither are integers. Data in other files is not
    read: a model may name any file. Error: InputFileError for a file that is no model, damaged or inconsistent.
    """
    onnx = need("onnx", EXTRA, ".onnx files")
    require_file(path)
    if path.stat().st_size > MOST_BYTES:
        raise refused(path, f"it has {path.stat().st_size} bytes; an .onnx file has at most {MOST_BYTES}")
    decode_error = need("google.protobuf.message", EXTRA, ".onnx files").DecodeError
    try:
        model = onnx.load(path, load_external_data=False)
    except (decode_error, OSError, ValueError, RuntimeError) as error:
        raise refused(
            path, f"it is not an .onnx file, or a damaged one: {str(error)[:200]}", "export it again"
        ) from error
    statistics = _statistics(model.graph)
    tensors = [_dense(onnx, path, t, t.name not in statistics) for t in model.graph.initializer]
    tensors += [_sparse(onnx, path, t) for t in model.graph.sparse_initializer]
    if not tensors:
        raise refused(path, "it holds no initialisers", "an export with the weights in it")
    return WeightsFile(path, "ONNX", tuple(tensors))


def _statistics(graph: Any) -> set[str]:
    """Names of the running means and variances."""
    norms = [node for node in graph.node if node.op_type == "BatchNormalization"]
    return {name for node in norms for name in node.input[3:5]}


def _type(onnx: Any, path: Path, tensor: Any) -> str:
    try:
        return str(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
    except (KeyError, ValueError, TypeError) as error:
        raise refused(
            path, f"the tensor {shown(tensor.name)} has the type number {tensor.data_type}"
        ) from error


def _dense(onnx: Any, path: Path, tensor: Any, trained: bool) -> Stored:
    shape = tuple(int(side) for side in tensor.dims)
    external = tensor.data_location == _EXTERNAL

    def load() -> NDArray[Any]:
        if external:
            raise refused(
                path,
                f"the entries of {shown(tensor.name)} stand in another file, which is not read",
                "save the model in one file, or take its header alone: --weights skip",
            )
        entries: NDArray[Any] = onnx.numpy_helper.to_array(tensor)
        return entries

    dtype = _type(onnx, path, tensor)
    if not external and dtype != "object":
        _check_bytes(path, tensor, shape, dtype)
    return Stored(tensor.name, shape, dtype, load, trained)


def _check_bytes(path: Path, tensor: Any, shape: tuple[int, ...], dtype: str) -> None:
    """Raw data must have as many bytes as the shape says; typed data is compared on reading."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if tensor.raw_data and len(tensor.raw_data) != size and "int4" not in dtype:
        raise refused(
            path,
            f"the tensor {shown(tensor.name)} of shape {shape} and type {dtype} needs {size} bytes, "
            f"but has {len(tensor.raw_data)}",
            "export it again",
        )


def _sparse(onnx: Any, path: Path, tensor: Any) -> Stored:
    shape = tuple(int(side) for side in tensor.dims)
    name = tensor.values.name
    values = tuple(int(side) for side in tensor.values.dims)
    indices = tuple(int(side) for side in tensor.indices.dims)
    if len(values) != 1 or indices not in (values, (*values, len(shape))):
        raise refused(
            path, f"the sparse tensor {shown(name)} has values of shape {values} and indices {indices}"
        )
    if values[0] > math.prod(shape):
        raise refused(path, f"the sparse tensor {shown(name)} of shape {shape} has {values[0]} values")
    try:
        entries = np.asarray(onnx.numpy_helper.to_array(tensor.values))
        places = np.asarray(onnx.numpy_helper.to_array(tensor.indices))
    except (ValueError, TypeError, RuntimeError) as error:
        raise refused(
            path, f"the sparse tensor {shown(name)} cannot be read: {error}", "export it again"
        ) from error
    if entries.dtype.kind == "f" and not np.isfinite(entries).all():
        raise refused(path, f"the sparse tensor {shown(name)} has entries that are not finite")
    _check_places(path, name, places, shape)
    return Stored(
        name,
        shape,
        _type(onnx, path, tensor.values),
        partial(_refuse_to_write_out, path, name),
        True,
        values[0],
    )


def _check_places(path: Path, name: str, places: NDArray[Any], shape: tuple[int, ...]) -> None:
    limits = np.array([math.prod(shape)] if places.ndim == 1 else shape)
    table = places.reshape(len(places), -1)
    if table.size and (bool((table < 0).any()) or bool((table >= limits).any())):
        raise refused(path, f"the sparse tensor {shown(name)} has an index outside its shape {shape}")
    if len(np.unique(table, axis=0)) != len(table):
        raise refused(path, f"the sparse tensor {shown(name)} has two values at one place")


def _refuse_to_write_out(path: Path, name: str) -> NDArray[Any]:
    raise refused(path, f"the sparse tensor {shown(name)} is not written out")
