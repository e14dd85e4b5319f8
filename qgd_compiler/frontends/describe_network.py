"""From a file of network weights to a spec: the size is read, the curvature is assumed and says so."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgd_compiler.errors import UnsupportedError
from qgd_compiler.frontends.weights import assumed
from qgd_compiler.frontends.weights.blocks_file import ENDINGS as BLOCKS
from qgd_compiler.frontends.weights.blocks_file import read_blocks
from qgd_compiler.frontends.weights.hdf5_file import SUFFIXES as HDF5
from qgd_compiler.frontends.weights.hdf5_file import read_hdf5
from qgd_compiler.frontends.weights.layers import Layer, Network, Progress, Reading, network_of
from qgd_compiler.frontends.weights.onnx_file import read_onnx
from qgd_compiler.frontends.weights.proposals import Structure, proposed
from qgd_compiler.frontends.weights.safetensors_file import read_safetensors
from qgd_compiler.frontends.weights.stored import WeightsFile
from qgd_compiler.frontends.weights.torch_file import read_torch
from qgd_compiler.kinds import Source
from qgd_compiler.spec.loader import validate
from qgd_compiler.spec.models import Spec

ITERATIONS = 100  # one segment of the protocol of Liu et al., arXiv:2303.03428
EPSILON = 0.01
MOST_LAYERS = 5000  # that a spec lists
WHOLE_BYTES = 64 * 2**20  # of a file whose digest is that of all of it

READERS: dict[str, Callable[[Path], WeightsFile]] = {
    ".safetensors": read_safetensors,
    ".pt": read_torch,
    ".pth": read_torch,
    ".ckpt": read_torch,
    ".bin": read_torch,
    ".onnx": read_onnx,
    **dict.fromkeys(HDF5, read_hdf5),
}


def is_network(path: Path) -> bool:
    """Whether the name of a file is that of a file of weights."""
    return path.suffix in READERS or path.name.endswith(BLOCKS)


def read_network(path: Path, reading: Reading = "auto", progress: Progress = lambda _: None) -> Network:
    """The layers of the network in a file of weights, or in a list of blocks."""
    if path.name.endswith(BLOCKS):
        return read_blocks(path)
    if path.suffix not in READERS:
        raise UnsupportedError(
            f"{path.name}: files of kind {path.suffix or 'without suffix'!r} are not read",
            at=str(path),
            remedy=f"one of {', '.join((*READERS, *BLOCKS))}",
        )
    return network_of(READERS[path.suffix](path), reading, progress)


def describe_network(
    path: Path,
    *,
    structure: Structure = Structure.LOW_RANK,
    reading: Reading = "auto",
    base_dir: Path | str = ".",
    gradient: dict[str, Any] | None = None,
    name: str | None = None,
    progress: Progress = lambda _: None,
) -> Spec:
    """A spec for the network in a file.

    structure   what the Hessian is declared to be; its spectral error is a model error
    reading     whether weights are read for zeros where there is no mask (see `network_of`)
    gradient    the field of the spec; default: of norm 1, assumed

    Read: parameters, kept parameters, shapes, patterns. Assumed, each with its reason: the ends of the spectrum, norms,
    spectral error. Chosen: learning rate 0.01, 100 steps, ε = 0.01.
    """
    network = read_network(path, reading, progress)
    ref = _ref(path)
    spec = {
        "qgd": 1,
        "name": name or path.name.partition(".")[0],
        "model": {
            "parameters": {"value": network.parameters, "source": Source.EXACT.value, "ref": ref},
            "active": {
                "value": network.kept,
                "source": network.source.value,
                "ref": f"{ref}: {counted(network)}",
            },
            **_layers(network),
        },
        "dynamics": {
            "learning_rate": {
                "value": assumed.RATE,
                "source": Source.PAPER.value,
                "ref": assumed.RATE_REF,
            },
            "iterations": ITERATIONS,
        },
        "hessian": proposed(structure, network),
        "gradient": gradient
        or {
            "norm": {
                "value": 1,
                "source": Source.ASSUMED.value,
                "ref": "no gradient was given; only its direction changes the cost",
            }
        },
        "spectrum": {
            "lambda_min": assumed.LAMBDA_MIN.times(assumed.LAMBDA_MAX.value).field(),
            "lambda_max": assumed.LAMBDA_MAX.field(),
        },
        "target": {"epsilon": EPSILON},
    }
    return validate(spec, base_dir, path.name).spec


def counted(network: Network) -> str:
    """How the kept parameters were counted, in words."""
    shares = {
        "mask": "by masks",
        "weights": "by weights that are not zero",
        "list": "by the list of blocks",
        "shape": "taken as all, because the weights were not read",
    }
    found = []
    for basis, words in shares.items():
        kept = sum(layer.kept for layer in network.layers if layer.basis == basis)
        if any(layer.basis == basis for layer in network.layers):
            found.append(f"{kept} {words}")
    empty = sum(1 for layer in network.layers if layer.kept == 0)
    if empty:
        found.append(f"{empty} of {len(network.layers)} tensors are empty")
    return ", ".join(found)


def _layers(network: Network) -> dict[str, Any]:
    if len(network.layers) > MOST_LAYERS:
        return {}
    return {"layers": [layer_field(layer) for layer in network.layers]}


def layer_field(layer: Layer) -> dict[str, Any]:
    """A layer as a field of a spec."""
    return {"name": layer.name, "shape": list(layer.shape), "kept": layer.kept, "pattern": layer.pattern}


def _ref(path: Path) -> str:
    """Name and digest; of a large file that of its first bytes, which hold the header."""
    with path.open("rb") as stream:
        if path.stat().st_size <= WHOLE_BYTES:
            return f"{path.name}, sha256 {hashlib.file_digest(stream, 'sha256').hexdigest()[:16]}"
        first = 2**20
        digest = hashlib.sha256(stream.read(first)).hexdigest()[:16]
        return f"{path.name}, {path.stat().st_size} bytes, sha256 of the first {first} {digest}"
