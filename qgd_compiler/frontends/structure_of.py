"""From a spec to the structure tree of its Hessian, its vectors and derivatives; files are relative to the spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from qgd_compiler.errors import Mistake, QgdError, SpecError, UnsupportedError
from qgd_compiler.frontends.matrix_file import read_matrix
from qgd_compiler.frontends.spectrum_entry import SpectrumEntry
from qgd_compiler.frontends.spectrum_file import read_spectrum
from qgd_compiler.frontends.tensor_file import tensor_of
from qgd_compiler.frontends.vector_file import read_vector
from qgd_compiler.kinds import Source, weakest_source
from qgd_compiler.scalars import Scalar
from qgd_compiler.spec import structures
from qgd_compiler.spec.data import Vector
from qgd_compiler.spec.loader import Loaded
from qgd_compiler.spec.quantity import Quantity
from qgd_compiler.structure.banded import Banded
from qgd_compiler.structure.block_diagonal import BlockDiagonal
from qgd_compiler.structure.bounded import Bounded
from qgd_compiler.structure.data_facts import SPECTRUM_LIMIT
from qgd_compiler.structure.declared import Declared
from qgd_compiler.structure.dense import Dense
from qgd_compiler.structure.diagonal import Diagonal
from qgd_compiler.structure.facts import LOWER_BOUNDS, Fact, at_least, at_most
from qgd_compiler.structure.gram import Gram
from qgd_compiler.structure.identity import Identity
from qgd_compiler.structure.kronecker import Kronecker
from qgd_compiler.structure.low_rank import LowRank
from qgd_compiler.structure.matrix import DENSE_LIMIT, Matrix
from qgd_compiler.structure.product import Adjoint, Product
from qgd_compiler.structure.scaled import Scaled
from qgd_compiler.structure.sparse import Sparse
from qgd_compiler.structure.sum import Sum
from qgd_compiler.structure.tensor import Tensor

FACT_OF = {  # field of the spec -> fact of the structure
    "row_sparsity": "row_sparsity",
    "max_entry": "max_entry",
    "row_one_norm": "row_one_norm",
    "frobenius_norm": "frobenius",
    "norm": "norm",
    "lambda_min": "lambda_min",
    "lambda_max": "lambda_max",
}


class Extremes(Protocol):
    """What a measurement of a spectrum returns."""

    @property
    def lambda_min(self) -> float: ...
    @property
    def lambda_max(self) -> float: ...
    @property
    def source(self) -> Source: ...


Measure = Callable[[Any], Extremes]


@dataclass(frozen=True)
class HessianOf:
    """The Hessian of a spec.

    bare         the tree as the spec gives it, with the bounds of `spectrum`
    matrix       bare + (damping + weight decay)·I: what gradient descent runs on
    shift        damping + weight decay, in units of H
    model_error  2-norm of what declared approximations leave out, in units of H; None: nothing is declared
    files        the paths of the matrix files that were read
    """

    bare: Matrix
    matrix: Matrix
    shift: Scalar
    model_error: Fact | None
    files: tuple[Path, ...]


@dataclass(frozen=True)
class VectorOf:
    """A vector of a spec: its entries (None: only bounds are known), 2-norm and number of non-zeros."""

    vector: NDArray[np.float64] | None
    norm: Fact
    nonzeros: Fact


def hessian_of(loaded: Loaded, measure: Measure | None = None) -> HessianOf:
    """The structure tree of the Hessian of a spec.

    `measure` finds the extreme eigenvalues of symmetric data above 512 rows (below, the structure knows
    them).
    Error: SpecError and InputFileError as the nodes and readers raise them, with the field of the spec;
    UnsupportedError for eigenvalue densities, which cannot certify an extreme.
    """
    spec = loaded.spec
    size = parameters(loaded)
    reader = _Reader(loaded, measure)
    bare, error = reader.node(spec.hessian, "hessian", (size, size), symmetric=True)
    if (bare.rows, bare.columns) != (size, size):
        raise SpecError(
            f"the Hessian is {bare.rows} x {bare.columns}, but the model has {size} parameters to train",
            at=loaded.where("hessian"),
            remedy=f"model.active: {bare.rows}, if that many parameters are kept after pruning",
        )
    with reader.at("spectrum"):
        bare = _with_spectrum(bare, loaded)
    shift = spec.dynamics.damping.value + spec.dynamics.weight_decay.value
    return HessianOf(
        bare=bare, matrix=shifted(bare, shift), shift=shift, model_error=error, files=tuple(reader.files)
    )


def shifted(matrix: Matrix, shift: Scalar) -> Matrix:
    """matrix + shift·I; the matrix itself for a shift of 0."""
    if shift == 0:
        return matrix
    return Sum(terms=(matrix, Scaled(factor=shift, term=Identity(size=matrix.rows))))


def vector_of(loaded: Loaded, given: Vector, field_name: str) -> VectorOf:
    """A vector of a spec, such as `gradient`; from a file it must have one entry for each row of the Hessian."""
    size = parameters(loaded)
    if given.file is not None:
        with _at(loaded, field_name):
            vector = read_vector(loaded.base_dir / given.file, given.key, size=size)
        norm = Fact(float(np.linalg.norm(vector)), Source.EXACT)
        return VectorOf(vector=vector, norm=norm, nonzeros=Fact(int(np.count_nonzero(vector)), Source.EXACT))
    assert given.norm is not None  # the spec has one of the two
    nonzeros = Fact(size, Source.BOUND) if given.sparsity is None else _fact(given.sparsity)
    if nonzeros.value > size:
        raise SpecError(
            f"the {field_name} has {nonzeros.value} non-zeros, but there are only {size} parameters to train",
            at=loaded.where(f"{field_name}.sparsity"),
            remedy=f"at most {size}",
        )
    return VectorOf(vector=None, norm=_fact(given.norm), nonzeros=nonzeros)


def derivatives_of(loaded: Loaded) -> tuple[Tensor, ...]:
    """F_2 … F_q of a spec, q the order of its expansion; SpecError where one is missing."""
    spec, size = loaded.spec, parameters(loaded)
    order = int(spec.dynamics.expansion.order.value)
    found = []
    for inputs, name in ((2, "third_derivative"), (3, "fourth_derivative")):
        given = getattr(spec, name)
        if inputs > order:
            continue
        if given is None:
            raise SpecError(
                f"an expansion of order {order} needs the {name.replace('_', ' ')}",
                at=loaded.where("dynamics.expansion.order"),
                remedy=f"{name}: {{norm: …}} or a file, or a lower order",
            )
        with _at(loaded, name):
            found.append(tensor_of(given, loaded.base_dir, size, inputs))
    return tuple(found)


def minibatches_of(loaded: Loaded, measure: Measure | None = None) -> tuple[Matrix, ...] | None:
    """The Hessians of the minibatches of a spec, without their shift; None where only their number is given."""
    given = loaded.spec.dynamics.minibatches
    if given is None or given.hessians is None:
        return None
    size, reader = parameters(loaded), _Reader(loaded, measure)
    found = []
    for number, node in enumerate(given.hessians):
        path = f"dynamics.minibatches.hessians.{number}"
        matrix, _ = reader.node(node, path, (size, size), symmetric=True)
        if (matrix.rows, matrix.columns) != (size, size):
            raise SpecError(
                f"the Hessian of minibatch {number} is {matrix.rows} x {matrix.columns}, not {size} x {size}",
                at=loaded.where(path),
            )
        found.append(matrix)
    return tuple(found)


def parameters(loaded: Loaded) -> int:
    """Rows of the Hessian: the parameters that are kept after pruning."""
    model = loaded.spec.model
    return int((model.active or model.parameters).value)


@contextmanager
def _at(loaded: Loaded, path: str) -> Iterator[None]:
    """Add the place in the spec to errors that do not know it; a data file is named before it."""
    try:
        yield
    except QgdError as error:
        where = loaded.where(path)
        placed = [
            m
            if loaded.source_name in m.at
            else Mistake(m.what, f"{m.at}, named in {where}" if m.at else where, m.remedy)
            for m in error.mistakes
        ]
        raise type(error)(error.what, mistakes=placed) from error


def _fact(quantity: Quantity) -> Fact:
    return Fact(quantity.value, quantity.source)


def _with_spectrum(bare: Matrix, loaded: Loaded) -> Matrix:
    given = loaded.spec.spectrum
    if given is None:
        return bare
    if given.file is not None and not bare.is_explicit:  # data is measured itself
        bare = _bound(bare, _of_file(read_spectrum(loaded.base_dir / given.file).entry(given.step)))
    if given.eigenvalues is not None and not bare.is_explicit:
        listed = [float(v.value) for v in given.eigenvalues]
        source = weakest_source(v.source for v in given.eigenvalues)
        bare = _bound(
            bare, {"lambda_min": Fact(min(listed), source), "lambda_max": Fact(max(listed), source)}
        )
    ends = {"lambda_min": given.lambda_min, "lambda_max": given.lambda_max}
    return _bound(bare, {name: _fact(value) for name, value in ends.items() if value is not None})


def _of_file(entry: SpectrumEntry) -> dict[str, Fact]:
    """What a spectrum file says of the ends: measured bounds, the ends of a whole list, or the extent of a density.

    The extent of a density is an estimate: mass too small to be drawn may lie outside it.
    """
    found: dict[str, Fact] = {}
    if entry.density is not None:
        extent = entry.density.extent
        found["lambda_min"] = Fact(float(extent.smallest), Source.ESTIMATED)
        found["lambda_max"] = Fact(float(extent.largest), Source.ESTIMATED)
    for name in ("lambda_min", "lambda_max"):
        value = getattr(entry, name)
        if value is not None:
            found[name] = Fact(float(value), Source.MEASURED)
    return found


Shape = tuple[Scalar | None, Scalar | None]
Built = tuple[Matrix, Fact | None]


@dataclass
class _Reader:
    """Builds the nodes of one spec; collects the files that it reads."""

    loaded: Loaded
    measure: Measure | None
    files: list[Path] = field(default_factory=list)

    def at(self, path: str) -> Any:
        return _at(self.loaded, path)

    def node(self, given: Any, path: str, shape: Shape, *, symmetric: bool) -> Built:
        """The matrix of one structure node of the spec, with its declared bounds, and its model error.

        `shape` is what the surroundings expect (None: anything); `symmetric` whether a matrix that does not
        say so must be symmetric.
        """
        with self.at(path):
            matrix, error = self._matrix(given, path, shape, symmetric)
            if not isinstance(matrix, Declared):  # whose fields the bounds are already
                matrix = _bound(matrix, _bounds(given))
        own = None if given.spectral_error is None else _fact(given.spectral_error)
        return matrix, _combined((own, error), sum)

    def _matrix(self, given: Any, path: str, shape: Shape, symmetric: bool) -> Built:
        match given:
            case structures.SparseNode() | structures.DenseNode():
                return self._explicit(given, path, shape, symmetric), None
            case structures.DiagonalNode(values=None):
                low, high = (None if b is None else _fact(b) for b in (given.lambda_min, given.lambda_max))
                size = self._size(given.n, shape, path)
                return Diagonal(size=size, lambda_min=low, lambda_max=high), None
            case structures.DiagonalNode(values=values):
                return Diagonal(values=np.array([float(v.value) for v in values or ()])), None
            case structures.BandedNode():
                entries = tuple(v.value for v in given.values)
                size = self._size(given.n, shape, path)
                return Banded(rows=size, offsets=given.offsets, values=entries, periodic=given.periodic), None
            case structures.IdentityNode():
                return Identity(size=self._size(given.n, shape, path)), None
            case structures.ScaledNode():
                term, error = self.node(given.term, f"{path}.term", shape, symmetric=symmetric)
                factor = given.factor.value
                scaled = None if error is None else Fact(abs(factor) * error.value, error.source)
                return Scaled(factor=factor, term=term), scaled
            case structures.SumNode():
                built = self._nodes(given.terms, f"{path}.terms", shape, symmetric)
                return Sum(terms=tuple(m for m, _ in built)), _combined((e for _, e in built), sum)
            case structures.BlockDiagonalNode():
                built = self._nodes(given.blocks, f"{path}.blocks", (None, None), symmetric)
                return BlockDiagonal(blocks=tuple(m for m, _ in built)), _combined((e for _, e in built), max)
            case structures.KroneckerNode():
                built = self._nodes(given.factors, f"{path}.factors", (None, None), symmetric)
                return Kronecker(factors=self._without_error(built, f"{path}.factors")), None
            case structures.ProductNode():
                built = self._nodes(given.factors, f"{path}.factors", (None, None), False)
                return Product(factors=self._without_error(built, f"{path}.factors")), None
            case structures.GramNode():
                built = [self.node(given.factor, f"{path}.factor", (None, shape[1]), symmetric=False)]
                return Gram(factor=self._without_error(built, f"{path}.factor")[0]), None
            case structures.AdjointNode():
                turned = (shape[1], shape[0])
                term, error = self.node(given.term, f"{path}.term", turned, symmetric=symmetric)
                return Adjoint(term=term), error
            case structures.LowRankNode(file=file) if file is not None:
                return self._low_rank(given), None
            case structures.LowRankNode():
                rows = self._size(given.n, shape, path)
                facts = _bounds(given)
                if not facts:
                    raise SpecError(
                        "a low-rank matrix without a file needs declared bounds", remedy="norm: …, or a file"
                    )
                return Declared(rows=rows, columns=rows, hermitian=True, real=True, **facts), None
            case _:
                raise UnsupportedError(
                    f"structure nodes of kind {given.kind!r} are not built",
                    at=self.loaded.where(path),
                    remedy="kind: sparse or dense, with a file of the whole matrix or declared bounds",
                )

    def _nodes(self, given: Any, path: str, shape: Shape, symmetric: bool) -> list[Built]:
        return [self.node(g, f"{path}.{i}", shape, symmetric=symmetric) for i, g in enumerate(given)]

    def _without_error(self, built: list[Built], path: str) -> tuple[Matrix, ...]:
        if any(error is not None for _, error in built):
            raise UnsupportedError(
                "a factor of a product has a spectral_error: how it spreads is not worked out",
                at=self.loaded.where(path),
                remedy="declare the spectral_error of the product itself",
            )
        return tuple(m for m, _ in built)

    def _size(self, given: Quantity | None, shape: Shape, path: str) -> Scalar:
        if given is not None:
            return given.value
        expected = next((side for side in shape if side is not None), None)
        if expected is None:
            raise SpecError(
                "the size of this matrix is not known: nothing around it gives one",
                at=self.loaded.where(path),
                remedy="n: …, the number of rows",
            )
        return expected

    def _explicit(self, given: Any, path: str, shape: Shape, symmetric: bool) -> Matrix:
        if "symmetric" in given.model_fields_set:
            symmetric = given.symmetric
        if given.file is None:
            if given.key is not None:
                raise SpecError("'key' names a member of a file, but there is no file", remedy="file: …")
            if not _bounds(given) and self.loaded.spec.spectrum is None:
                raise SpecError(
                    "a matrix without a file needs declared bounds",
                    remedy="file: …, or row_sparsity and max_entry, or norm",
                )
            rows = self._size(given.n, shape, path)
            columns = rows if symmetric or shape[1] is None else shape[1]
            return Declared(rows=rows, columns=columns, hermitian=symmetric, real=True, **_bounds(given))
        found = read_matrix(self.loaded.base_dir / given.file, given.key, symmetric=symmetric)
        self.files.append(found.path)
        if given.n is not None and given.n.value != found.rows:
            raise SpecError(
                f"n is {given.n.value}, but {Path(given.file).name} has {found.rows} rows",
                remedy="leave n out: the file knows",
            )
        matrix = _data(given, found.matrix)
        del found  # a large matrix is held once
        return self._measured(matrix, symmetric)

    def _low_rank(self, given: structures.LowRankNode) -> Matrix:
        assert given.file is not None
        found = read_matrix(self.loaded.base_dir / given.file, given.key, symmetric=False)
        self.files.append(found.path)
        factor = found.matrix.toarray()
        for name, said, has in (("n", given.n, found.rows), ("rank", given.rank, factor.shape[1])):
            if said is not None and said.value != has:
                raise SpecError(
                    f"{name} is {said.value}, but the factor in {Path(given.file).name} is "
                    f"{factor.shape[0]} x {factor.shape[1]}",
                    remedy=f"leave {name} out: the file knows",
                )
        weights = (
            [1.0] * factor.shape[1] if given.weights is None else [float(w.value) for w in given.weights]
        )
        return LowRank(factor=factor, weights=np.array(weights))

    def _measured(self, matrix: Matrix, symmetric: bool) -> Matrix:
        if self.measure is None or not symmetric or matrix.rows <= SPECTRUM_LIMIT:
            return matrix
        assert isinstance(matrix, Sparse | Dense)
        data = matrix.shared() if isinstance(matrix, Sparse) else sparse.csr_array(matrix.entries)
        found = self.measure(data)
        low, high = Fact(found.lambda_min, found.source), Fact(found.lambda_max, found.source)
        return Bounded(term=matrix, lambda_min=low, lambda_max=high)


def _data(given: Any, data: sparse.csr_array) -> Matrix:
    if isinstance(given, structures.DenseNode) and max(data.shape) <= DENSE_LIMIT:
        return Dense(entries=data.toarray())
    return Sparse.from_scipy(data)


def _bounds(given: structures.Bounds) -> dict[str, Fact]:
    """The declared facts of a node, by the names of the structure."""
    values = {fact: getattr(given, name) for name, fact in FACT_OF.items()}
    return {fact: _fact(value) for fact, value in values.items() if value is not None}


def _bound(matrix: Matrix, facts: dict[str, Fact]) -> Matrix:
    """`matrix` with the declared `facts`; several layers of them become one, the sharper value standing."""
    if not facts:
        return matrix
    layer: dict[str, Any] = dict(facts)
    checked = Bounded(term=matrix, **layer)
    if not isinstance(matrix, Bounded):
        return checked
    merged: dict[str, Any] = {}
    for name in set(FACT_OF.values()):
        sharper = at_least if name in LOWER_BOUNDS else at_most
        merged[name] = sharper(facts.get(name), getattr(matrix, name))
    return Bounded(term=matrix.term, **merged, hermitian=matrix.hermitian, real=matrix.real)


def _combined(errors: Iterable[Fact | None], rule: Callable[[list[Scalar]], Scalar]) -> Fact | None:
    """The model error of a whole from those of its parts; None where none is declared."""
    known = [e for e in errors if e is not None]
    if not known:
        return None
    return Fact(rule([e.value for e in known]), weakest_source(e.source for e in known))
