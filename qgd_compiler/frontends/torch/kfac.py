"""Kronecker factors of the Gauss–Newton blocks of the linear layers of a live model.

For a layer s = W ã (ã the inputs, with a 1 for the bias) the block of the Gauss–Newton matrix is the mean over samples
of (J'HₒJ) ⊗ (ã ã'), J the Jacobian of the outputs in s. KFAC takes the product of the means instead: G ⊗ A.
Source: Martens, Grosse, arXiv:1503.05671, with the exact Hessian of the loss in place of sampled targets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.frontends.torch.surface import Surface

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Factors:
    """A layer whose weights (and bias) are all kept.

    places   of its parameters among the kept ones, in the order of G ⊗ A: for each output the inputs, then the bias
    outer    G, outputs × outputs; inner: A, inputs (+ 1) × inputs (+ 1)
    """

    places: NDArray[np.int64]
    outer: Array
    inner: Array


def kronecker_factors(surface: Surface) -> tuple[Factors, ...]:
    """Factors of every torch.nn.Linear that is kept whole and sees one vector per sample; none for others."""
    torch = surface.torch
    first = np.cumsum([0, *(len(t.places) for t in surface.tensors)])
    where = {t.key: (start, t) for t, start in zip(surface.tensors, first, strict=False)}
    found = []
    for name, module in surface.model.named_modules():
        prefix = f"{name}." if name else ""
        weight, bias = where.get(f"{prefix}weight"), where.get(f"{prefix}bias")
        if not isinstance(module, torch.nn.Linear) or weight is None:
            continue
        whole = all(part is None or len(part[1].places) == part[1].size for part in (weight, bias))
        if not whole or (bias is None) != (module.bias is None):
            continue
        sums = _sums(surface, module, bias is not None)
        if sums is None:
            continue
        outputs, inputs = weight[1].shape
        places = weight[0] + np.arange(outputs * inputs).reshape(outputs, inputs)
        if bias is not None:
            places = np.hstack([places, bias[0] + np.arange(outputs)[:, None]])
        found.append(Factors(places.ravel(), *sums))
    return tuple(found)


def _sums(surface: Surface, module: Any, bias: bool) -> tuple[Array, Array] | None:
    """G and A over all batches; None where the layer sees other than one vector per sample."""
    torch = surface.torch
    outer = inner = None
    for batch, share in surface.shares():
        seen: dict[str, Any] = {}

        def look(_: Any, inputs: Any, output: Any, seen: dict[str, Any] = seen) -> None:
            seen["in"], seen["out"] = inputs[0], output

        hook = module.register_forward_hook(look)
        try:
            with torch.enable_grad(), surface.quiet():
                outputs = surface.outputs(batch)
        finally:
            hook.remove()
        samples = len(batch[1])
        if outputs.ndim != 2 or "out" not in seen or seen["out"].ndim != 2 or len(seen["out"]) != samples:
            return None
        jacobian = torch.stack(
            [
                torch.autograd.grad(column.sum(), seen["out"], retain_graph=True)[0]
                for column in outputs.unbind(dim=1)
            ],
            dim=1,
        )  # samples × outputs of the model × outputs of the layer
        fixed = outputs.detach().requires_grad_()
        (slope,) = torch.autograd.grad(surface.loss_between(fixed, batch), [fixed], create_graph=True)
        if not slope.requires_grad:  # a loss without curvature
            curvature = torch.zeros(samples, outputs.shape[1], outputs.shape[1], dtype=outputs.dtype)
        else:
            curvature = torch.stack(
                [
                    torch.autograd.grad(column.sum(), fixed, retain_graph=True)[0]
                    for column in slope.unbind(dim=1)
                ],
                dim=1,
            )
        given = seen["in"].detach()
        if bias:
            given = torch.cat([given, torch.ones(samples, 1, dtype=given.dtype)], dim=1)
        part = torch.einsum("nci,ncd,ndj->ij", jacobian, curvature, jacobian).detach().double().numpy()
        covariance = (given.T @ given / samples).double().numpy()
        outer = share * part if outer is None else outer + share * part
        inner = share * covariance if inner is None else inner + share * covariance
    return None if outer is None or inner is None else (np.asarray(outer), np.asarray(inner))
