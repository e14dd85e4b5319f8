"""What has to change with the size of a model so that a declared spec stays consistent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qgd_compiler.errors import UsageError
from qgd_compiler.spec import structures
from qgd_compiler.spec.loader import Loaded

Keys = tuple[str | int, ...]


def size_places(loaded: Loaded, name: str) -> tuple[Keys, ...]:
    """The places beside the model's own that hold the size of the Hessian.

    These are the `n` of every structure node of full size, and sparsities that say "all". UsageError where data or
    the sizes of parts fix the size.
    """
    spec = loaded.spec
    size = (spec.model.active or spec.model.parameters).value
    vectors = (("gradient",), ("displacement",), ("output", "reference"), ("third_derivative",))
    for keys in (*vectors, ("fourth_derivative",)):
        given: Any = spec
        for key in keys:
            given = getattr(given, key, None)
        if given is not None and (given.file is not None or getattr(given, "entries", None) is not None):
            raise _fixed(loaded, name, ".".join(keys), "by data")
    if spec.spectrum is not None and spec.spectrum.eigenvalues is not None:
        raise _fixed(loaded, name, "spectrum.eigenvalues", "by the list of all eigenvalues")
    found = list(_of_node(loaded, name, spec.hessian, ("hessian",)))
    batches = spec.dynamics.minibatches
    for i, node in enumerate((batches and batches.hessians) or ()):
        found += _of_node(loaded, name, node, ("dynamics", "minibatches", "hessians", i))
    for section, keys in (
        (spec.hessian, ("hessian", "row_sparsity")),
        (spec.gradient, ("gradient", "sparsity")),
        (spec.displacement, ("displacement", "sparsity")),
        (spec.output, ("output", "sparsity")),
    ):
        said = getattr(section, str(keys[-1]), None)
        if said is not None and said.value == size:
            found.append(keys)
    return tuple(found)


def _of_node(loaded: Loaded, name: str, node: Any, at: Keys) -> Iterator[Keys]:
    where = ".".join(str(key) for key in at)
    if getattr(node, "file", None) is not None:
        raise _fixed(loaded, name, where, f"by the data in {node.file}")
    match node:
        case structures.DiagonalNode() if node.values is not None:
            raise _fixed(loaded, name, where, f"by the {len(node.values)} values of the diagonal")
        case structures.KroneckerNode() | structures.BlockDiagonalNode():
            raise _fixed(loaded, name, where, "by the sizes of its parts")
        case structures.SumNode():
            for i, term in enumerate(node.terms):
                yield from _of_node(loaded, name, term, (*at, "terms", i))
        case structures.ProductNode():
            for i, factor in enumerate(node.factors):
                yield from _of_node(loaded, name, factor, (*at, "factors", i))
        case structures.ScaledNode() | structures.AdjointNode():
            yield from _of_node(loaded, name, node.term, (*at, "term"))
        case structures.GramNode():
            # the n of a factor counts residuals; its columns follow the model
            list(_of_node(loaded, name, node.factor, (*at, "factor")))
        case _:
            if node.n is not None:
                yield (*at, "n")


def _fixed(loaded: Loaded, name: str, path: str, by: str) -> UsageError:
    return UsageError(
        f"{name} cannot be swept: the size of the model is fixed {by}",
        at=loaded.where(path),
        remedy="declared bounds in its place (kind: sparse, n, row_sparsity, max_entry), or another field",
    )
