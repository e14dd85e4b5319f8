"""The Hessian in a spec: a tree of structure nodes, each with data from a file or with declared bounds."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from qgd_compiler.spec.quantity import Property, Setting, Within
from qgd_compiler.spec.section import FileName, Flag, Line, Section, Whole, exactly_one

Size = Annotated[Property, Within(ge=1, integer=True)]
Bound = Annotated[Property, Within(ge=0)]


class Bounds(Section):
    """Declared facts of a matrix; each sharpens what the structure or the data say."""

    row_sparsity: Size | None = Field(default=None, description="Most non-zeros in a row (count).")
    max_entry: Bound | None = Field(
        default=None, description="Largest absolute value of an entry (loss/parameter²)."
    )
    row_one_norm: Bound | None = Field(
        default=None, description="Largest sum of absolute values in a row (loss/parameter²)."
    )
    frobenius_norm: Bound | None = Field(default=None, description="Frobenius norm (loss/parameter²).")
    norm: Bound | None = Field(default=None, description="2-norm (loss/parameter²).")
    lambda_min: Property | None = Field(
        default=None, description="Lower bound on the smallest eigenvalue (loss/parameter²)."
    )
    lambda_max: Property | None = Field(
        default=None, description="Upper bound on the largest eigenvalue (loss/parameter²)."
    )
    spectral_error: Bound | None = Field(
        default=None,
        description="2-norm of what a declared approximation leaves out (loss/parameter²): a model error.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_order(self.lambda_min, self.lambda_max)
        return self


def check_order(lambda_min: Property | None, lambda_max: Property | None) -> None:
    """ValueError if the smallest eigenvalue is above the largest."""
    if lambda_min is not None and lambda_max is not None and lambda_min.value > lambda_max.value:
        raise ValueError(f"lambda_min is {lambda_min.value}, above lambda_max, {lambda_max.value}")


class Explicit(Bounds):
    """A matrix with data from a file, or of a declared size."""

    file: FileName | None = Field(default=None, description="A .npz or .mtx file, relative to the spec.")
    key: Line | None = Field(default=None, description="Which array of an .npz file, for a dense one.")
    n: Size | None = Field(
        default=None, description="Rows (count), where there is no file. Default: the model's size."
    )
    symmetric: Flag | None = Field(
        default=None,
        description="Whether the matrix must be symmetric. Default: yes, but no for a factor of a product.",
    )


class SparseNode(Explicit):
    """Explicit entries, most of them zero."""

    kind: Literal["sparse"] = Field(description="Explicit entries, most of them zero.")


class DenseNode(Explicit):
    """Explicit entries."""

    kind: Literal["dense"] = Field(description="Explicit entries.")


class DiagonalNode(Bounds):
    """A diagonal matrix."""

    kind: Literal["diagonal"] = Field(description="A diagonal matrix.")
    values: tuple[Property, ...] | None = Field(
        default=None, min_length=1, description="The diagonal (loss/parameter²)."
    )
    n: Size | None = Field(default=None, description="Rows (count), where there are no values.")


class BandedNode(Bounds):
    """Constant diagonals: a Toeplitz or circulant matrix."""

    kind: Literal["banded"] = Field(description="Constant diagonals.")
    n: Size | None = Field(default=None, description="Rows (count). Default: the model's size.")
    offsets: tuple[Whole, ...] = Field(min_length=1, description="Column minus row of each diagonal.")
    values: tuple[Property, ...] = Field(
        min_length=1, description="The entry of each diagonal (loss/parameter²)."
    )
    periodic: Flag = Field(default=False, description="Whether the diagonals wrap around (circulant).")


class KroneckerNode(Bounds):
    """A Kronecker product."""

    kind: Literal["kronecker"] = Field(description="A Kronecker product.")
    factors: tuple[Structure, ...] = Field(min_length=1, description="The factors, leftmost first.")


class BlockDiagonalNode(Bounds):
    """Blocks on the diagonal."""

    kind: Literal["block_diagonal"] = Field(description="Blocks on the diagonal.")
    blocks: tuple[Structure, ...] = Field(min_length=1, description="The blocks, topmost first.")


class GramNode(Bounds):
    """JᵀJ for a factor J."""

    kind: Literal["gram"] = Field(description="The product of a factor's transpose with the factor.")
    factor: Structure = Field(description="The factor J.")


class LowRankNode(Bounds):
    """F diag(w) Fᵀ for a thin factor F."""

    model_config = ConfigDict(json_schema_extra=exactly_one("file", "rank"))

    kind: Literal["low_rank"] = Field(description="A thin factor times weights times its transpose.")
    file: FileName | None = Field(
        default=None, description="A .npz file with the factor, rows by rank, relative to the spec."
    )
    key: Line | None = Field(default=None, description="Which array of the file is the factor.")
    weights: tuple[Property, ...] | None = Field(
        default=None, min_length=1, description="One weight per column (loss/parameter²). Default: all 1."
    )
    rank: Size | None = Field(default=None, description="Columns of the factor (count), without a file.")
    n: Size | None = Field(default=None, description="Rows (count), without a file.")

    @model_validator(mode="after")
    def _file_or_rank(self) -> Self:
        if (self.file is None) == (self.rank is None):
            raise ValueError("give either a file or a rank")
        return self


class SumNode(Bounds):
    """A sum of matrices."""

    kind: Literal["sum"] = Field(description="A sum.")
    terms: tuple[Structure, ...] = Field(min_length=1, description="The terms.")


class ScaledNode(Bounds):
    """A multiple of a matrix."""

    kind: Literal["scaled"] = Field(description="A multiple.")
    factor: Setting = Field(description="The factor.")
    term: Structure = Field(description="The matrix.")


class IdentityNode(Bounds):
    """The identity."""

    kind: Literal["identity"] = Field(description="The identity.")
    n: Size | None = Field(default=None, description="Rows (count). Default: the model's size.")


class ProductNode(Bounds):
    """A product of matrices."""

    kind: Literal["product"] = Field(description="A product.")
    factors: tuple[Structure, ...] = Field(min_length=1, description="The factors, leftmost first.")


class AdjointNode(Bounds):
    """The transpose of a matrix."""

    kind: Literal["adjoint"] = Field(description="A transpose.")
    term: Structure = Field(description="The matrix.")


Structure = Annotated[
    SparseNode
    | DenseNode
    | DiagonalNode
    | BandedNode
    | KroneckerNode
    | BlockDiagonalNode
    | GramNode
    | LowRankNode
    | SumNode
    | ScaledNode
    | IdentityNode
    | ProductNode
    | AdjointNode,
    Field(discriminator="kind"),
]

for _node in (KroneckerNode, BlockDiagonalNode, GramNode, SumNode, ScaledNode, ProductNode, AdjointNode):
    _node.model_rebuild()
