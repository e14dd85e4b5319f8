"""Structures that the Hessian of a network may be declared to have, each with what it leaves out."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Any

from qgd_compiler.errors import UsageError
from qgd_compiler.frontends.weights import assumed
from qgd_compiler.frontends.weights.assumed import Assumed
from qgd_compiler.frontends.weights.layers import Layer, Network, modules

Node = dict[str, Any]
MOST_BLOCKS = 2000


class Structure(StrEnum):
    """A structure of a Hessian over the kept parameters."""

    LOW_RANK = "low-rank"  # a few directions, and a diagonal
    GAUSS_NEWTON = "gauss-newton"  # JᵀJ
    BLOCKS = "block-diagonal"  # one block for each module
    KFAC = "kfac"  # the same, each block a Kronecker product
    DENSE = "dense"  # nothing left out


def proposed(structure: Structure, network: Network) -> Node:
    """The node of a spec, with its bounds and its spectral error, all assumed.

    low-rank        FFᵀ + D: F of rank 20, given by a factor of 20 rows, and a diagonal that carries the rest
    gauss-newton    RᵀR with a square R: the triangular factor of the Jacobian has the same product
    block-diagonal  a dense block for each module (weight and bias together)
    kfac            for a module whose kept entries are a full matrix, the Kronecker product of the covariances of its
                    gradients and inputs; a dense block for the others
    dense           the Hessian itself, bounded
    Error: UsageError for kfac where no module is a full matrix, and for more than 2,000 blocks.
    """
    if structure is Structure.LOW_RANK:
        return _low_rank(network)
    if structure is Structure.GAUSS_NEWTON:
        return _gauss_newton(network)
    if structure is Structure.DENSE:
        return _dense(network.kept)
    return _blocks(network, kronecker=structure is Structure.KFAC)


def _scaled(ratio: Assumed) -> Node:
    """A number that is a multiple of λ_max."""
    return ratio.times(assumed.LAMBDA_MAX.value).field()


def _dense(size: int) -> Node:
    return {
        "kind": "dense",
        "n": size,
        "frobenius_norm": _scaled(assumed.FROBENIUS),
        "lambda_min": _scaled(assumed.LAMBDA_MIN),
        "lambda_max": assumed.LAMBDA_MAX.field(),
    }


def _factor(rows: int) -> Node:
    """F of so many rows with FᵀF of the assumed trace and norm."""
    trace, norm = assumed.TRACE.value * assumed.LAMBDA_MAX.value, assumed.LAMBDA_MAX.value
    return {
        "kind": "dense",
        "n": rows,
        "symmetric": False,
        "frobenius_norm": Assumed(math.sqrt(trace), f"root of the trace; {assumed.TRACE.ref}").field(),
        "norm": Assumed(math.sqrt(norm), f"root of lambda_max; {assumed.LAMBDA_MAX.ref}").field(),
    }


def _low_rank(network: Network) -> Node:
    rank = min(assumed.RANK, network.kept)
    return {
        "kind": "sum",
        "spectral_error": _scaled(assumed.LOW_RANK_ERROR),
        "terms": [
            {"kind": "gram", "factor": _factor(rank)},
            {
                "kind": "diagonal",
                "n": network.kept,
                "lambda_min": _scaled(assumed.LAMBDA_MIN),
                "lambda_max": _scaled(Assumed(-assumed.LAMBDA_MIN.value, "taken as far up as down")),
            },
        ],
    }


def _gauss_newton(network: Network) -> Node:
    return {
        "kind": "gram",
        "spectral_error": _scaled(assumed.GAUSS_NEWTON_ERROR),
        "factor": _factor(network.kept),
    }


def _blocks(network: Network, kronecker: bool) -> Node:
    groups = list(modules(network.layers))
    if len(groups) > MOST_BLOCKS:
        raise UsageError(
            f"{len(groups)} blocks are too many; at most {MOST_BLOCKS}", remedy="--hessian low-rank"
        )
    blocks: list[Node] = []
    factored = 0
    for _, layers in groups:
        sides = _sides(layers) if kronecker else None
        if sides is None:
            blocks.append(_dense(sum(layer.kept for layer in layers)))
            continue
        factored += 1
        blocks.append({"kind": "kronecker", "factors": [_covariance(side) for side in sides]})
    if kronecker and not factored:
        raise UsageError(
            "KFAC needs layers whose kept entries are a full matrix, and no layer has that",
            remedy="--hessian block-diagonal: a Kronecker product does not survive the pruning of single entries",
        )
    error = assumed.KFAC_ERROR if kronecker else assumed.BLOCK_ERROR
    return {"kind": "block_diagonal", "spectral_error": _scaled(error), "blocks": blocks}


def _covariance(size: int) -> Node:
    """One of two factors whose product has the assumed norms."""
    norm = math.sqrt(assumed.LAMBDA_MAX.value)
    frobenius = math.sqrt(assumed.FROBENIUS.value) * norm
    return {
        "kind": "dense",
        "n": size,
        "norm": Assumed(norm, f"root of lambda_max; {assumed.LAMBDA_MAX.ref}").field(),
        "frobenius_norm": Assumed(frobenius, f"an equal share; {assumed.FROBENIUS.ref}").field(),
    }


def _sides(layers: tuple[Layer, ...]) -> tuple[int, int] | None:
    """Outputs and inputs (one more with a bias) of a module whose kept weights are a full matrix."""
    weights = [layer for layer in layers if len(layer.shape) >= 2]
    biases = [layer for layer in layers if len(layer.shape) == 1]
    if len(weights) != 1 or len(biases) > 1 or weights[0].pattern != "dense":
        return None
    outputs, inputs = weights[0].shape[0], weights[0].size // weights[0].shape[0]
    if not biases:
        return outputs, inputs
    return (outputs, inputs + 1) if biases[0].kept == outputs else None
