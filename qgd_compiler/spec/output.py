"""What is read out, in a spec."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from qgd_compiler.kinds import Source
from qgd_compiler.spec.data import Vector
from qgd_compiler.spec.quantity import Property, Setting, Within
from qgd_compiler.spec.section import Section

PRECISION = Setting(value=0.01, source=Source.EXACT)
FAILURE = Setting(value=0.05, source=Source.EXACT)

TAKES = {
    "state": (),
    "parameters": ("precision", "failure", "norm_precision", "sparsity"),
    "top_k": ("precision", "failure", "norm_precision", "sparsity", "k", "threshold"),
    "overlap": ("precision", "failure", "norm_precision", "reference"),
}


class Output(Section):
    """What is read out."""

    kind: Literal["state", "parameters", "top_k", "overlap"] = Field(
        default="state", description="The state itself, all parameters, the largest ones, or one overlap."
    )
    precision: Annotated[Setting, Within(gt=0, lt=1)] | None = Field(
        default=None,
        description=(
            "Error of every entry that is read, or of the overlap, relative to the norm (above 0, below 1). "
            "Default: 0.01."
        ),
    )
    failure: Annotated[Setting, Within(gt=0, lt=1)] | None = Field(
        default=None,
        description="Probability that what is read is off by more (above 0, below 1). Default: 0.05.",
    )
    norm_precision: Annotated[Setting, Within(gt=0, lt=1)] | None = Field(
        default=None,
        description=(
            "Relative error of the norm of the displacement, which turns what is read into parameters "
            "(above 0, below 1). Default: the norm is not read."
        ),
    )
    sparsity: Annotated[Property, Within(ge=1, integer=True)] | None = Field(
        default=None,
        description="Entries of the result that may be non-zero (count, at least 1). Default: all active parameters.",
    )
    k: Annotated[Setting, Within(ge=1, integer=True)] | None = Field(
        default=None, description="How many of the largest parameters top_k reads out (count, at least 1)."
    )
    threshold: Annotated[Setting, Within(gt=0, le=1)] | None = Field(
        default=None,
        description=(
            "top_k: the smallest of the k entries that must not be missed, relative to the norm "
            "(above 0, at most 1). Default: the precision."
        ),
    )
    reference: Vector | None = Field(
        default=None,
        description=(
            "overlap: the vector whose overlap with the displacement is read; its norm does not matter. "
            "Default: any vector of all active parameters, for a count."
        ),
    )

    @property
    def error(self) -> Setting:
        """The precision, or its default."""
        return self.precision or PRECISION

    @property
    def allowed_failure(self) -> Setting:
        """The failure probability, or its default."""
        return self.failure or FAILURE

    @property
    def not_missed(self) -> Setting:
        """The threshold, or its default."""
        return self.threshold or self.error

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        return {"kind": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _what_the_kind_takes(self) -> Self:
        if self.kind == "top_k" and self.k is None:
            raise ValueError("the output 'top_k' needs k")
        for name in ("precision", "failure", "norm_precision", "sparsity", "k", "threshold", "reference"):
            if getattr(self, name) is not None and name not in TAKES[self.kind]:
                why = "is not read out, so it" if self.kind == "state" else ""
                raise ValueError(f"the output {self.kind!r} {why} takes no {name}".replace("  ", " "))
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        full = handler(schema)
        short = {"enum": ["state", "parameters", "overlap"], "description": "The kind alone."}
        return {"title": cls.__name__, "description": full["description"], "anyOf": [full, short]}
