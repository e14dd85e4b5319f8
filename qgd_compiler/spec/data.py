"""Vectors and tensors in a spec: a file, entries, or bounds."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator

from qgd_compiler.spec.quantity import Property, Within
from qgd_compiler.spec.section import FileName, Line, Section, exactly_one


def file_or_norm(file: str | None, norm: Property | None) -> None:
    """ValueError unless exactly one of the two is given."""
    if (file is None) == (norm is None):
        raise ValueError("give either a file or a norm")


class Vector(Section):
    """A vector: a file, or bounds."""

    model_config = ConfigDict(json_schema_extra=exactly_one("file", "norm"))

    file: FileName | None = Field(default=None, description="A .npy or .npz file, relative to the spec.")
    key: Line | None = Field(default=None, description="Which array of an .npz file.")
    norm: Annotated[Property, Within(gt=0)] | None = Field(
        default=None, description="2-norm (loss/parameter)."
    )
    sparsity: Annotated[Property, Within(ge=1, integer=True)] | None = Field(
        default=None, description="Number of non-zero entries (count). Default: all."
    )

    @model_validator(mode="after")
    def _file_or_bounds(self) -> Self:
        file_or_norm(self.file, self.norm)
        if self.key is not None and self.file is None:
            raise ValueError("'key' names an array of a file, but there is no file")
        return self


def _only(*names: str) -> dict[str, Any]:
    """A JSON Schema in which these fields of a tensor are given and what excludes them is not."""
    bounds, data = ("norm", "sparsity", "max_entry"), ("file", "entries")
    others = [n for n in (data if names[0] in bounds else (*bounds, *data)) if n not in names]
    given = {name: {"not": {"type": "null"}} for name in names}
    return {"required": [*names], "properties": {**given, **{name: {"type": "null"} for name in others}}}


_WAYS: Any = {
    "oneOf": [_only("file"), _only("entries"), {"anyOf": [_only("norm"), _only("sparsity", "max_entry")]}]
}


class Tensor(Section):
    """A derivative of third or fourth order: a file, entries, or bounds."""

    model_config = ConfigDict(json_schema_extra=_WAYS)

    file: FileName | None = Field(
        default=None,
        description=(
            "A file, relative to the spec: .npz with `indices` (entries × order) and `values`, "
            "or .csv with one entry a line, its indices and its value."
        ),
    )
    entries: tuple[tuple[int | float, ...], ...] | None = Field(
        default=None,
        description="Entries: the indices (counted from 0) and the value, each permutation once or more.",
    )
    norm: Annotated[Property, Within(ge=0)] | None = Field(
        default=None,
        description=(
            "Spectral norm of the derivative as a matrix of n rows "
            "(loss/parameter³ for the third, loss/parameter⁴ for the fourth)."
        ),
    )
    sparsity: Annotated[Property, Within(ge=1, integer=True)] | None = Field(
        default=None, description="Non-zero entries per row (count)."
    )
    max_entry: Annotated[Property, Within(ge=0)] | None = Field(
        default=None, description="Largest absolute value of an entry (unit of the norm)."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [name for name in ("file", "entries") if getattr(self, name) is not None]
        if len(ways) == 2:
            raise ValueError("give either a file or entries")
        if ways and not (self.norm is None and self.sparsity is None and self.max_entry is None):
            raise ValueError("give either data or bounds: the data bounds itself")
        if not ways and self.norm is None and (self.sparsity is None or self.max_entry is None):
            raise ValueError("give a file, entries, a norm, or sparsity and max_entry")
        return self
