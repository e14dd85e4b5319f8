"""Which parameters of a live model are trained, and where they stand in one vector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import InputFileError, UsageError
from qgd_compiler.frontends.weights.layers import Layer, plain_name
from qgd_compiler.frontends.weights.pattern import pattern_of


@dataclass(frozen=True, eq=False)
class KeptTensor:
    """One tensor of parameters.

    key      its name in the model; name: without the wrappers of training tools and without `_orig`
    places   flat positions of the kept entries, ascending
    """

    key: str
    name: str
    shape: tuple[int, ...]
    places: NDArray[np.int64]

    @property
    def size(self) -> int:
        """All entries."""
        return int(np.prod(self.shape, dtype=np.int64))

    def layer(self) -> Layer:
        """As a layer of a network."""
        kept = np.zeros(self.size, dtype=bool)
        kept[self.places] = True
        return Layer(self.name, self.shape, len(self.places), pattern_of(kept.reshape(self.shape)), "mask")


def kept_of(model: Any, mask: Mapping[str, Any] | None) -> tuple[KeptTensor, ...]:
    """The trainable tensors of a module in its own order, each with its kept entries.

    mask   from names of parameters (with or without `_orig`) to tensors of 0 and 1; tensors that it does not name are
           kept whole. None: the masks of torch.nn.utils.prune, which stand beside NAME_orig as NAME_mask
    Error: UsageError for names that the model does not have; InputFileError for masks of another shape, with other
    entries than 0 and 1, and for a model of which nothing is kept.
    """
    trained = [(key, p) for key, p in model.named_parameters() if p.requires_grad]
    buffers = dict(model.named_buffers())
    given: dict[str, Any] = {}
    if mask is None:
        for key, _ in trained:
            beside = key.removesuffix("_orig") + "_mask"
            if key.endswith("_orig") and beside in buffers:
                given[key] = buffers[beside]
    else:
        known = {name: key for key, _ in trained for name in (key, _name(key))}
        unknown = [name for name in mask if name not in known]
        if unknown:
            raise UsageError(
                f"the mask names {unknown[0]!r}, which is no trainable parameter of the model",
                remedy=f"one of {', '.join(list(known)[:10])}",
            )
        given = {known[name]: tensor for name, tensor in mask.items()}
    found = tuple(_kept(key, p, given.get(key)) for key, p in trained)
    if sum(len(tensor.places) for tensor in found) == 0:
        raise InputFileError("no parameter of the model is kept", remedy="check the masks and requires_grad")
    return found


def _name(key: str) -> str:
    return plain_name(key).removesuffix("_orig")


def _kept(key: str, parameter: Any, mask: Any) -> KeptTensor:
    shape = tuple(int(side) for side in parameter.shape)
    size = int(np.prod(shape, dtype=np.int64))
    if mask is None:
        return KeptTensor(key, _name(key), shape, np.arange(size, dtype=np.int64))
    entries = np.asarray(mask.detach().cpu().numpy() if hasattr(mask, "detach") else mask)
    if entries.shape != shape:
        raise InputFileError(
            f"the mask of {key!r} has shape {entries.shape}, its parameter {shape}",
            remedy="a mask has one entry for each parameter",
        )
    if not np.isin(entries, (0, 1)).all():
        raise InputFileError(
            f"the mask of {key!r} has other entries than 0 and 1", remedy="a mask has the entries 0 and 1"
        )
    return KeptTensor(key, _name(key), shape, np.flatnonzero(entries).astype(np.int64))
