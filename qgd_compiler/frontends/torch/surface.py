"""The loss of a live model as a function of its kept parameters: gradient and products with its derivatives.

All products are of the kept entries alone: the pruned ones stand where they are. They are made by differentiating
again (Pearlmutter, Neural Computation 6, 147 (1994)); no matrix is formed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator

from qgd_compiler.errors import InputFileError, UsageError
from qgd_compiler.frontends.extras import need
from qgd_compiler.frontends.torch.kept import KeptTensor, kept_of

Array = NDArray[np.float64]
Loss = Callable[[Any, Any], Any]
Batch = tuple[Any, Any]


class Surface:
    """The mean loss over data, at the parameters that the model has now.

    model   a torch.nn.Module; it is not changed. It runs in evaluation mode: dropout off, running statistics
    loss    (outputs, targets) → mean over the samples, a scalar
    data    (inputs, targets), or batches of them; a batch weighs as much as it has samples
    mask    see `kept_of`
    dtype   in which parameters and real inputs are taken; None: as they are
    Units: L those of the loss, vectors over the kept parameters in the order of the model.
    """

    def __init__(
        self, model: Any, loss: Loss, data: Any, mask: Mapping[str, Any] | None = None, dtype: Any = None
    ) -> None:
        self.torch = torch = _pytorch()
        dtype = getattr(torch, dtype) if isinstance(dtype, str) else dtype
        if not isinstance(model, torch.nn.Module):
            raise UsageError(f"a {type(model).__name__} is no torch.nn.Module")
        self.model, self._loss = model, loss
        self.tensors: tuple[KeptTensor, ...] = kept_of(model, mask)
        self.batches = _batches(torch, data, dtype)
        kept = {tensor.key for tensor in self.tensors}

        def taken(tensor: Any) -> Any:
            real = dtype is not None and tensor.is_floating_point()
            return tensor.detach().to(dtype).clone() if real else tensor.detach().clone()

        self._fixed = {k: taken(b) for k, b in model.named_buffers()}
        self._fixed |= {k: taken(p) for k, p in model.named_parameters() if k not in kept}
        own = dict(model.named_parameters())
        self._parameters = {t.key: taken(own[t.key]).requires_grad_() for t in self.tensors}
        self._places = [torch.from_numpy(t.places) for t in self.tensors]
        self._graph: list[Any] | None = None
        if not np.isfinite(self.theta).all():
            raise InputFileError(
                "the model has parameters that are not finite",
                remedy="a model whose training diverged has no Hessian to measure",
            )

    @property
    def size(self) -> int:
        """Kept parameters."""
        return sum(len(t.places) for t in self.tensors)

    @property
    def parameters(self) -> int:
        """All trainable parameters."""
        return sum(t.size for t in self.tensors)

    @property
    def active(self) -> NDArray[np.int64]:
        """Positions of the kept parameters in the vector of all."""
        first = np.cumsum([0, *(t.size for t in self.tensors[:-1])])
        return np.concatenate([t.places + start for t, start in zip(self.tensors, first, strict=True)])

    @property
    def tensor_id(self) -> NDArray[np.int64]:
        """For each kept parameter the number of its tensor."""
        return np.repeat(np.arange(len(self.tensors)), [len(t.places) for t in self.tensors])

    @property
    def theta(self) -> Array:
        """The kept parameters."""
        return self._gathered([p.detach() for p in self._parameters.values()])

    def loss(self) -> float:
        """The mean loss."""
        with self.torch.no_grad(), self.quiet():
            return sum(float(self._loss_of(batch).detach()) * share for batch, share in self.shares())

    def gradient(self) -> Array:
        """∇L, shape (n,)."""
        return self._sum(lambda batch: self._first(batch))

    def hessian_product(self, vector: Array) -> Array:
        """H v, shape (n,)."""
        return self._sum(lambda batch: self._along(self._first(batch), vector, False))

    def third_product(self, left: Array, right: Array) -> Array:
        """∇³L[left, right], shape (n,): the derivative along `right` of the product of H with `left`."""
        return self._sum(lambda b: self._along(self._along(self._first(b), left, True), right, False))

    def gauss_newton_product(self, vector: Array) -> Array:
        """JᵀHₒJ v, J the Jacobian of the outputs and Hₒ the Hessian of the loss in the outputs, shape (n,)."""
        return self._sum(lambda batch: self._gauss_newton(batch, vector))

    def hessian(self) -> LinearOperator:
        """H as an operator."""
        return self._operator(self.hessian_product)

    def gauss_newton(self) -> LinearOperator:
        """The Gauss–Newton matrix as an operator."""
        return self._operator(self.gauss_newton_product)

    def _operator(self, product: Callable[[Array], Array]) -> LinearOperator:
        size = self.size
        return LinearOperator((size, size), matvec=lambda v: product(np.asarray(v).ravel()), dtype=float)

    def shares(self) -> list[tuple[Batch, float]]:
        sizes = [len(targets) for _, targets in self.batches]
        return [(b, size / sum(sizes)) for b, size in zip(self.batches, sizes, strict=True)]

    def _sum(self, part: Callable[[Batch], Sequence[Any]]) -> Array:
        with self.torch.enable_grad(), self.quiet():
            parts = [share * self._gathered(part(b)) for b, share in self.shares()]
        return np.asarray(np.sum(parts, axis=0))

    def quiet(self) -> Any:
        return _Evaluating(self.model)

    def outputs(self, batch: Batch) -> Any:
        inputs = batch[0] if isinstance(batch[0], tuple) else (batch[0],)
        return self.torch.func.functional_call(self.model, {**self._fixed, **self._parameters}, inputs)

    def loss_between(self, outputs: Any, batch: Batch) -> Any:
        """The loss of outputs of a batch."""
        return self._loss(outputs, batch[1])

    def _loss_of(self, batch: Batch) -> Any:
        value = self._loss(self.outputs(batch), batch[1])
        if value.ndim != 0:
            raise UsageError(
                f"the loss has shape {tuple(value.shape)}", remedy="a mean over the samples, one number"
            )
        if not bool(self.torch.isfinite(value)):
            raise InputFileError(
                f"the loss is {float(value.detach())}",
                remedy="data and parameters that are finite, a loss that is",
            )
        return value

    def _first(self, batch: Batch) -> Any:
        """The gradient of one batch with its graph, which is kept where there is one batch."""
        if self._graph is not None:
            return self._graph
        value = self._loss_of(batch)
        found = self._grad(value, list(self._parameters.values()), graph=True)
        if len(self.batches) == 1:
            self._graph = found
        return found

    def _along(self, gradients: Sequence[Any], vector: Array, graph: bool) -> list[Any]:
        """The derivative of Σ gradients · vector."""
        directions = self._scattered(vector)
        product = sum((g * d).sum() for g, d in zip(gradients, directions, strict=True))
        return self._grad(product, list(self._parameters.values()), graph=graph)

    def _grad(self, value: Any, inputs: list[Any], graph: bool, outer: Any = None) -> list[Any]:
        if not value.requires_grad:  # linear from here on
            return [self.torch.zeros_like(i) for i in inputs]
        found = self.torch.autograd.grad(
            value,
            inputs,
            grad_outputs=outer,
            create_graph=graph,
            retain_graph=True,
            allow_unused=True,
            materialize_grads=True,
        )
        return list(found)

    def _gauss_newton(self, batch: Batch, vector: Array) -> list[Any]:
        torch, inputs = self.torch, list(self._parameters.values())
        outputs = self.outputs(batch)
        dual = torch.zeros_like(outputs, requires_grad=True)
        pulled = self._grad(outputs, inputs, graph=True, outer=dual)  # Jᵀ dual, linear in dual
        along = sum((p * d).sum() for p, d in zip(pulled, self._scattered(vector), strict=True))
        (pushed,) = self._grad(along, [dual], graph=False)  # J v
        fixed = outputs.detach().requires_grad_()
        (slope,) = self._grad(self.loss_between(fixed, batch), [fixed], graph=True)
        (bent,) = self._grad((slope * pushed).sum(), [fixed], graph=False)
        return self._grad(outputs, inputs, graph=False, outer=bent)

    def _scattered(self, vector: Array) -> list[Any]:
        """A vector over the kept parameters as tensors, zero elsewhere."""
        torch, found, first = self.torch, [], 0
        for tensor, places in zip(self.tensors, self._places, strict=True):
            like = self._parameters[tensor.key]
            flat = torch.zeros(tensor.size, dtype=like.dtype, device=like.device)
            part = np.ascontiguousarray(vector[first : first + len(places)], dtype=float)
            flat[places.to(like.device)] = torch.from_numpy(part).to(like)
            found.append(flat.reshape(tensor.shape))
            first += len(places)
        return found

    def _gathered(self, tensors: Iterable[Any]) -> Array:
        parts = [
            t.detach().reshape(-1)[places.to(t.device)].double().cpu().numpy()
            for t, places in zip(tensors, self._places, strict=True)
        ]
        return np.concatenate(parts).astype(float)


def _pytorch() -> Any:
    need("torch", "torch", "live models")
    import torch

    return torch


class _Evaluating:
    """A module in evaluation mode; afterwards its modes, and the weights that pruning hooks set, are as before."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __enter__(self) -> None:
        self._modes = [(m, m.training) for m in self._model.modules()]
        self._masked = [
            (m, name, m.__dict__[name])
            for m in self._model.modules()
            for name in (key.removesuffix("_orig") for key, _ in m.named_parameters(recurse=False))
            if name in m.__dict__
        ]
        self._model.eval()

    def __exit__(self, *_: object) -> None:
        for module, mode in self._modes:
            module.training = mode
        for module, name, value in self._masked:
            module.__dict__[name] = value


def _batches(torch: Any, data: Any, dtype: Any) -> tuple[Batch, ...]:
    """Batches of (inputs, targets), real tensors in `dtype`."""
    pair = isinstance(data, tuple) and len(data) == 2 and _is_input(torch, data[0])
    found = [data] if pair else list(data)
    if not found or not all(isinstance(b, tuple | list) and len(b) == 2 for b in found):
        raise UsageError("data must be (inputs, targets), or batches of such pairs, and not empty")

    def cast(tensor: Any) -> Any:
        if isinstance(tensor, tuple | list):
            return tuple(cast(t) for t in tensor)
        if not torch.is_tensor(tensor):
            raise UsageError(f"data holds a {type(tensor).__name__}; tensors are expected")
        if dtype is None or not tensor.is_floating_point():
            return tensor.detach()
        return tensor.detach().to(dtype)

    batches = tuple((cast(inputs), cast(targets)) for inputs, targets in found)
    if any(len(targets) == 0 for _, targets in batches):
        raise UsageError("a batch has no samples")
    return batches


def _is_input(torch: Any, value: Any) -> bool:
    return bool(torch.is_tensor(value)) or (
        isinstance(value, tuple | list) and all(map(torch.is_tensor, value))
    )
