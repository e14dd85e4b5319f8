"""From the tensors of a file to the layers of a model: plain names, masks with their weights, kept entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.frontends.weights.pattern import pattern_of
from qgd_compiler.frontends.weights.stored import Stored, WeightsFile, refused, shown
from qgd_compiler.kinds import Source

STATISTICS = ("running_mean", "running_var", "num_batches_tracked", "moving_mean", "moving_variance")
AUTO_BYTES = 64 * 2**20  # weights up to this size are read to find zeros where there is no mask

Reading = Literal["auto", "read", "skip"]
Basis = Literal["mask", "weights", "shape", "list"]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Layer:
    """One tensor of parameters.

    name      without the wrappers of training tools and without `_orig`
    kept      entries that are trained: those of the mask; else the non-zero weights; else all
    pattern   how they lie (see `pattern.pattern_of`)
    basis     what `kept` was counted from; `shape` where the weights were not read
    """

    name: str
    shape: tuple[int, ...]
    kept: int
    pattern: str
    basis: Basis

    @property
    def size(self) -> int:
        """All entries."""
        return int(np.prod(self.shape, dtype=object))

    @property
    def module(self) -> str:
        """The name without its last part: weight and bias of a layer share it."""
        return self.name.rpartition(".")[0] or self.name


@dataclass(frozen=True)
class Network:
    """The parameters of a model, by layer, in the order of the file.

    left_out   names of tensors that are no parameters: statistics, integers
    """

    layers: tuple[Layer, ...]
    left_out: tuple[str, ...]

    @property
    def parameters(self) -> int:
        """All of them."""
        return sum(layer.size for layer in self.layers)

    @property
    def kept(self) -> int:
        """Those that are trained."""
        return sum(layer.kept for layer in self.layers)

    @property
    def source(self) -> Source:
        """How sure `kept` is: exact from masks, measured from zeros, assumed where weights were not read."""
        bases = {layer.basis for layer in self.layers}
        if "shape" in bases:
            return Source.ASSUMED
        return Source.MEASURED if "weights" in bases else Source.EXACT


def network_of(file: WeightsFile, reading: Reading = "auto", progress: Progress = lambda _: None) -> Network:
    """The layers of a file.

    reading   `read`: weights without a mask are read and their zeros count as pruned; `skip`: only headers and masks
              are read; `auto`: `read` up to 64 MiB of weights. In a file with masks, tensors without one are not
              pruned. In other files biases and other vectors count whole: a bias may be 0 by itself.
    Error: InputFileError for masks of another shape or with other values than 0 and 1, NaN and complex weights, two
    tensors of one name, no parameters, nothing kept.
    """
    named = _named(file)
    weights, masks, left_out = _paired(file, named)
    read = reading == "read" or (reading == "auto" and _bytes(weights) <= AUTO_BYTES)
    layers = []
    for name, stored in weights.items():
        progress(name)
        layers.append(_layer(file, name, stored, masks.get(name), read, bool(masks)))
    network = Network(tuple(layers), tuple(left_out))
    if network.parameters == 0:
        raise refused(
            file.path, "it holds no parameters: no real tensor with entries", "the weights of a model"
        )
    if network.kept == 0:
        raise refused(file.path, "every parameter is pruned: no entry is kept", "check the masks")
    return network


def plain_name(name: str) -> str:
    """A name without the wrappers of DataParallel and torch.compile.

    >>> plain_name("module._orig_mod.layers.0.weight"), plain_name("head._orig_mod.bias"), plain_name("a.module.b")
    ('layers.0.weight', 'head.bias', 'a.module.b')
    """
    while name.startswith(("module.", "_orig_mod.")):
        name = name.removeprefix("module.").removeprefix("_orig_mod.")
    return name.replace("._orig_mod.", ".")


def _named(file: WeightsFile) -> dict[str, Stored]:
    named: dict[str, Stored] = {}
    for tensor in file.tensors:
        name = plain_name(tensor.name)
        if name in named:
            raise refused(
                file.path,
                f"two tensors are called {shown(name)} without their wrappers: {shown(named[name].name)} and "
                f"{shown(tensor.name)}",
                "save one model",
            )
        named[name] = tensor
    return named


def _paired(
    file: WeightsFile, named: dict[str, Stored]
) -> tuple[dict[str, Stored], dict[str, Stored], list[str]]:
    """Parameters, their masks, and what is neither. NAME_orig with NAME_mask, or NAME with NAME_mask."""
    masks: dict[str, str] = {}
    for name in named:
        base = name.removesuffix("_mask")
        if base == name:
            continue
        target = next((t for t in (f"{base}_orig", base) if t in named), None)
        if target is not None:
            masks[target] = name
        elif name.endswith(".weight_mask"):
            raise refused(file.path, f"the mask {shown(name)} has no weights", f"{shown(base)} beside it")
    weights: dict[str, Stored] = {}
    found: dict[str, Stored] = {}
    left_out: list[str] = []
    used = set(masks.values())
    for name, tensor in named.items():
        if name in used:
            continue
        if not _is_parameter(file, name, tensor):
            left_out.append(name)
            continue
        short = name.removesuffix("_orig") if name in masks else name
        if short in weights or (short != name and short in named):
            raise refused(file.path, f"it holds both {shown(short)} and {shown(name)}", "keep one of the two")
        weights[short] = tensor
        if name in masks:
            found[short] = named[masks[name]]
    return weights, found, left_out


def _is_parameter(file: WeightsFile, name: str, tensor: Stored) -> bool:
    if tensor.dtype.startswith("complex"):
        raise refused(file.path, f"the tensor {shown(name)} is complex; parameters are real", "real weights")
    last = name.rpartition(".")[2].rpartition("/")[2].partition(":")[0]
    return tensor.trained and tensor.is_number and last not in STATISTICS


def _bytes(weights: dict[str, Stored]) -> int:
    return sum(
        4 * (tensor.size if tensor.nonzeros is None else tensor.nonzeros) for tensor in weights.values()
    )


def _layer(
    file: WeightsFile, name: str, stored: Stored, mask: Stored | None, read: bool, masked: bool
) -> Layer:
    """`masked`: whether the file has masks, so that a tensor without one is not pruned."""
    shape = stored.shape
    whole = "dense" if stored.size else "empty"
    if mask is not None:
        if mask.shape != shape:
            raise refused(
                file.path,
                f"the mask {shown(mask.name)} has shape {mask.shape}, its weights {shown(stored.name)} {shape}",
                "a mask has one entry for each weight",
            )
        kept = _mask(file, mask)
        if read:
            _finite(file, stored, kept)
        return Layer(name, shape, int(np.count_nonzero(kept)), pattern_of(kept), "mask")
    if stored.nonzeros is not None:
        return Layer(name, shape, stored.nonzeros, "unstructured" if stored.nonzeros else "empty", "weights")
    if not read:
        return Layer(name, shape, stored.size, whole, "mask" if masked else "shape")
    nonzero = _finite(file, stored, None)
    if masked:
        return Layer(name, shape, stored.size, whole, "mask")
    if len(shape) < 2:
        return Layer(name, shape, stored.size, whole, "weights")
    return Layer(name, shape, int(np.count_nonzero(nonzero)), pattern_of(nonzero), "weights")


def _mask(file: WeightsFile, mask: Stored) -> NDArray[np.bool_]:
    entries = file.entries(mask)
    kept = np.asarray(entries != 0)
    if entries.dtype != np.bool_ and not bool((entries[kept] == 1).all()):
        wrong = entries[kept & (entries != 1)].ravel()[0]
        raise refused(
            file.path, f"the mask {shown(mask.name)} has the entry {wrong}", "a mask has the entries 0 and 1"
        )
    return kept


def _finite(file: WeightsFile, stored: Stored, kept: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Which entries are not zero; InputFileError for kept entries that are not finite."""
    entries = file.entries(stored)
    finite = np.isfinite(entries)
    bad = ~finite if kept is None else kept & ~finite
    if bool(bad.any()):
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        raise refused(
            file.path,
            f"the tensor {shown(stored.name)} has {entries[place]} at {place} (counted from 0); "
            f"{int(np.count_nonzero(bad))} such entries in all",
            "a model whose training diverged has no Hessian to measure",
        )
    return np.asarray(entries != 0)


def modules(layers: tuple[Layer, ...]) -> Iterator[tuple[str, tuple[Layer, ...]]]:
    """The layers with kept entries, those of one module together, in the order of the file."""
    groups: dict[str, list[Layer]] = {}
    for layer in layers:
        if layer.kept:
            groups.setdefault(layer.module, []).append(layer)
    for name, group in groups.items():
        yield name, tuple(group)
