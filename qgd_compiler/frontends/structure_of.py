"""From the spec's tree of structure nodes to the matrix algebra, with its files read and its bounds applied."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from qgd_compiler.errors import InputFileError, QgdError, SpecError, UnsupportedError
from qgd_compiler.frontends.matrix_file import MatrixFile, read_matrix
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.spec.quantity import Quantity
from qgd_compiler.spec.structures import (
    BandedNode,
    BlockDiagonalNode,
    Bounds,
    DenseNode,
    DiagonalNode,
    GramNode,
    IdentityNode,
    KroneckerNode,
    ProductNode,
    ScaledNode,
    SparseNode,
    SumNode,
)
from qgd_compiler.structure.banded import Banded
from qgd_compiler.structure.block_diagonal import BlockDiagonal
from qgd_compiler.structure.bounded import Bounded
from qgd_compiler.structure.declared import Declared
from qgd_compiler.structure.diagonal import Diagonal
from qgd_compiler.structure.facts import Fact
from qgd_compiler.structure.gram import Gram
from qgd_compiler.structure.identity import Identity
from qgd_compiler.structure.kronecker import Kronecker
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.product import Product
from qgd_compiler.structure.scaled import Scaled
from qgd_compiler.structure.sparse import Sparse
from qgd_compiler.structure.sum import Sum

_FACTS = {
    "row_sparsity": "row_sparsity",
    "max_entry": "max_entry",
    "row_one_norm": "row_one_norm",
    "frobenius_norm": "frobenius",
    "norm": "norm",
    "lambda_min": "lambda_min",
    "lambda_max": "lambda_max",
}


@dataclass(frozen=True)
class ReadHessian:
    """The Hessian of a spec without damping, and the files it was read from (path as written → MatrixFile)."""

    matrix: Matrix
    files: dict[str, MatrixFile] = field(default_factory=dict)


def read_hessian(loaded: Loaded) -> ReadHessian:
    """The structure tree of `spec.hessian`; errors name the line of the node."""
    model = loaded.spec.model
    size = int((model.active or model.parameters).value)
    reader = _Reader(loaded, size)
    matrix = reader.build(loaded.spec.hessian, "hessian", top=True)
    if (matrix.rows, matrix.columns) != (size, size):
        raise SpecError(
            f"the Hessian is {matrix.rows} x {matrix.columns}, but the model has {size} active parameters",
            at=loaded.where("model.active" if model.active else "model.parameters"),
            remedy=f"model.active: {matrix.rows}",
        )
    return ReadHessian(matrix, reader.files)


class _Reader:
    def __init__(self, loaded: Loaded, size: int) -> None:
        self._loaded = loaded
        self._size = size
        self.files: dict[str, MatrixFile] = {}

    def build(self, node: Bounds, at: str, *, top: bool = False) -> Matrix:
        try:
            plain = self._build(node, at, top)
            facts = _facts_of(node)
            if isinstance(plain, Declared) or not facts:
                return plain
            return Bounded(term=plain, **facts)
        except InputFileError as error:
            raise InputFileError(error.mistakes[0].what, at=self._at(error, at), remedy=error.mistakes[0].remedy) from None
        except SpecError as error:
            first = error.mistakes[0]
            raise SpecError(first.what, at=self._at(error, at), remedy=first.remedy) from None
        except UnsupportedError as error:
            first = error.mistakes[0]
            raise UnsupportedError(first.what, at=self._at(error, at), remedy=first.remedy) from None

    def _at(self, error: QgdError, at: str) -> str:
        inner, place = error.mistakes[0].at, self._loaded.where(at)
        if not inner:
            return place
        return inner if self._loaded.source_name in inner else f"{inner}, named in {place}"

    def _build(self, node: Bounds, at: str, top: bool) -> Matrix:
        if isinstance(node, SparseNode | DenseNode):
            if node.file is not None:
                return self._read(node)
            rows = self._rows(node.n, at, top)
            if not _facts_of(node):
                raise SpecError("a matrix without a file needs declared bounds", remedy="file: …, or row_sparsity and max_entry")
            return Declared(rows=rows, columns=rows, hermitian=node.symmetric, real=True, **_facts_of(node))
        if isinstance(node, DiagonalNode):
            if node.values is not None:
                return Diagonal(values=np.array([float(v.value) for v in node.values]))
            low, high = _fact(node.lambda_min), _fact(node.lambda_max)
            return Diagonal(size=self._rows(node.n, at, top), lambda_min=low, lambda_max=high)
        if isinstance(node, BandedNode):
            values = tuple(float(v.value) for v in node.values)
            return Banded(rows=self._rows(node.n, at, top), offsets=node.offsets, values=values, periodic=node.periodic)
        if isinstance(node, IdentityNode):
            return Identity(size=self._rows(node.n, at, top))
        if isinstance(node, KroneckerNode):
            return Kronecker(factors=tuple(self.build(f, f"{at}.factors.{i}") for i, f in enumerate(node.factors)))
        if isinstance(node, BlockDiagonalNode):
            return BlockDiagonal(blocks=tuple(self.build(b, f"{at}.blocks.{i}") for i, b in enumerate(node.blocks)))
        if isinstance(node, ProductNode):
            return Product(factors=tuple(self.build(f, f"{at}.factors.{i}") for i, f in enumerate(node.factors)))
        if isinstance(node, SumNode):
            return Sum(terms=tuple(self.build(t, f"{at}.terms.{i}", top=top) for i, t in enumerate(node.terms)))
        if isinstance(node, ScaledNode):
            return Scaled(factor=float(node.factor.value), term=self.build(node.term, f"{at}.term", top=top))
        if isinstance(node, GramNode):
            return Gram(factor=self.build(node.factor, f"{at}.factor"))
        raise UnsupportedError(f"the structure {type(node).__name__} cannot be read")

    def _rows(self, declared: Quantity | None, at: str, top: bool) -> int:
        if declared is not None:
            return int(declared.value)
        if top:
            return self._size
        raise SpecError("an inner matrix without a file needs its size", at=self._loaded.where(at), remedy="n: …")

    def _read(self, node: SparseNode | DenseNode) -> Matrix:
        assert node.file is not None
        path = Path(self._loaded.base_dir) / node.file
        found = read_matrix(path, node.key, symmetric=node.symmetric)
        self.files[node.file] = found
        return Sparse.from_scipy(found.matrix)


def _facts_of(node: Bounds) -> dict[str, Fact]:
    given = {ours: _fact(getattr(node, theirs)) for theirs, ours in _FACTS.items()}
    return {name: fact for name, fact in given.items() if fact is not None}


def _fact(quantity: Quantity | None) -> Fact | None:
    return None if quantity is None else Fact(quantity.value, quantity.source)


def with_shift(matrix: Matrix, shift: float) -> Matrix:
    """The matrix plus a multiple of the identity (damping and weight decay)."""
    if shift == 0:
        return matrix
    return Sum(terms=(matrix, Scaled(factor=shift, term=Identity(size=matrix.rows))))


def explicit_entries(matrix: Matrix, limit: int) -> np.ndarray | None:
    """The dense entries, if the matrix is explicit and has at most `limit` rows."""
    if not matrix.is_explicit or matrix.rows > limit:
        return None
    entries = matrix.matrix()
    return np.ascontiguousarray(entries.real) if np.isrealobj(entries) or not np.any(entries.imag) else None


