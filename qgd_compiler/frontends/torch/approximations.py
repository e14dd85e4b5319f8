"""Structures for a measured Hessian: their data, and the 2-norm of what each leaves out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, eigsh

from qgd_compiler.analysis.spectrum import measure_extremes
from qgd_compiler.frontends.torch.kfac import kronecker_factors
from qgd_compiler.frontends.torch.surface import Surface
from qgd_compiler.frontends.weights.assumed import RANK
from qgd_compiler.frontends.weights.proposals import Structure
from qgd_compiler.kinds import Source

Array = NDArray[np.float64]
Node = dict[str, Any]
_SEED = 20240110


@dataclass(frozen=True, eq=False)
class Approximation:
    """A Hessian of a structure, close to the one that was measured.

    error    2-norm of the difference, measured, in units of the Hessian
    node     of a spec, without its error and with the names of `arrays` as keys; FILE stands for the file
    arrays   the data that goes into the file
    """

    structure: Structure
    error: float
    node: Node
    arrays: dict[str, Array] = field(default_factory=dict)


FILE = "\0file"  # replaced by the name of the file


def low_rank(hessian: Any, size: int) -> Approximation:
    """F diag(w) Fᵀ + d·I: the 20 eigenvalues of largest modulus, and the middle of the others.

    Error: half the width of the rest of the spectrum, measured on the difference itself.
    """
    rank = min(RANK, max(size - 2, 1))
    if isinstance(hessian, np.ndarray):
        values, vectors = np.linalg.eigh(hessian)
        chosen = np.argsort(-np.abs(values))[:rank]
        values, vectors = values[chosen], vectors[:, chosen]
    else:
        start = np.random.default_rng(_SEED).standard_normal(size)
        values, vectors = eigsh(hessian, k=rank, which="LM", v0=start, tol=1e-6)
    rest = measure_extremes(_less(hessian, lambda v: vectors @ (values * (vectors.T @ v)), size))
    # on the chosen directions the difference is 0, so 0 is among its eigenvalues
    middle = (rest.lambda_min + rest.lambda_max) / 2
    weights = values - middle
    left = measure_extremes(
        _less(hessian, lambda v: vectors @ (weights * (vectors.T @ v)) + middle * v, size)
    )
    return Approximation(
        Structure.LOW_RANK,
        left.norm,
        {
            "kind": "sum",
            "terms": [
                {
                    "kind": "low_rank",
                    "file": FILE,
                    "key": "factor",
                    "weights": [_number(w) for w in weights],
                },
                {"kind": "scaled", "factor": float(middle), "term": {"kind": "identity", "n": size}},
            ],
        },
        {"factor": np.asarray(vectors)},
    )


def gauss_newton(surface: Surface, hessian: Any) -> Approximation:
    """JᵀHₒJ; its data, a square root, where the Hessian is written out."""
    operator = surface.gauss_newton()
    if not isinstance(hessian, np.ndarray):
        error = measure_extremes(_less(hessian, lambda v: operator @ v, surface.size)).norm
        return Approximation(Structure.GAUSS_NEWTON, error, {})
    matrix = written_out(operator, surface.size)
    values, vectors = np.linalg.eigh(matrix)
    factor = np.sqrt(np.clip(values, 0.0, None))[:, None] * vectors.T
    factor = factor[values > 1e-14 * max(float(values.max()), 0.0)]
    error = measure_extremes(hessian - matrix).norm
    if not len(factor):  # a loss without curvature
        return Approximation(Structure.GAUSS_NEWTON, error, {})
    node = {"kind": "gram", "factor": {"kind": "dense", "file": FILE, "key": "jacobian", "symmetric": False}}
    return Approximation(Structure.GAUSS_NEWTON, error, node, {"jacobian": np.asarray(factor)})


def blocks(surface: Surface, hessian: Array) -> Approximation:
    """The blocks of the modules, weight and bias together."""
    groups = _groups(surface)
    kept = np.zeros_like(hessian)
    arrays, nodes = {}, []
    for number, places in enumerate(groups):
        block = hessian[np.ix_(places, places)]
        kept[np.ix_(places, places)] = block
        arrays[f"block_{number}"] = block
        zero = not block.any()
        nodes.append(
            {"kind": "diagonal", "n": len(places), "lambda_min": 0, "lambda_max": 0}
            if zero
            else {"kind": "dense", "file": FILE, "key": f"block_{number}"}
        )
    # a file cannot hold blocks that stand in pieces: then there is no node
    whole = all(np.array_equal(p, np.arange(p[0], p[-1] + 1)) for p in groups)
    node: Node = {"kind": "block_diagonal", "blocks": nodes} if whole else {}
    return Approximation(
        Structure.BLOCKS, measure_extremes(hessian - kept).norm, node, arrays if whole else {}
    )


def kfac(surface: Surface, hessian: Array) -> Approximation | None:
    """Kronecker products for the linear layers that are kept whole, nothing elsewhere; None without such a layer.

    There is no node: its parameters stand in another order than those of the other structures.
    """
    factors = kronecker_factors(surface)
    if not factors:
        return None
    kept = np.zeros_like(hessian)
    for group in _groups(surface):
        kept[np.ix_(group, group)] = hessian[np.ix_(group, group)]
    for one in factors:
        kept[np.ix_(one.places, one.places)] = np.kron(one.outer, one.inner)
    return Approximation(Structure.KFAC, measure_extremes(hessian - kept).norm, {})


def written_out(operator: LinearOperator, size: int, tick: Callable[[int], None] = lambda _: None) -> Array:
    """The matrix of a symmetric operator, one product for each column, averaged with its transpose."""
    found = np.empty((size, size))
    for column in range(size):
        unit = np.zeros(size)
        unit[column] = 1.0
        found[:, column] = operator @ unit
        tick(column + 1)
    return np.asarray((found + found.T) / 2)


def row_sparsity(hessian: Array) -> int:
    """Most entries in a row above 64 roundings of the largest."""
    size = np.abs(hessian)
    return int((size > 64 * np.finfo(float).eps * size.max()).sum(axis=1).max())


def _less(hessian: Any, product: Callable[[Array], Array], size: int) -> Any:
    """The difference, as a matrix where the Hessian is one."""
    if isinstance(hessian, np.ndarray):
        other = np.column_stack([product(unit) for unit in np.eye(size)])
        difference = hessian - other
        return (difference + difference.T) / 2

    def apart(vector: Any) -> Array:
        flat = np.asarray(vector).ravel()
        return np.asarray(hessian @ flat - product(flat))

    return LinearOperator((size, size), matvec=apart, dtype=float)


def _groups(surface: Surface) -> list[NDArray[np.int64]]:
    """Places of the kept parameters of each module."""
    modules = [t.layer().module for t in surface.tensors]
    names = np.array(modules)[surface.tensor_id]
    return [np.flatnonzero(names == name) for name in dict.fromkeys(modules) if (names == name).any()]


def _number(value: float) -> Node:
    return {"value": float(value), "source": Source.MEASURED.value}
