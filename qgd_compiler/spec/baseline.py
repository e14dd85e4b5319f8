"""The classical computation to compare with, in a spec."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from qgd_compiler.kinds import Source
from qgd_compiler.spec.quantity import Property, Setting, Within
from qgd_compiler.spec.section import Name, Section

PresetName = Literal["one_core", "a100", "h100"]


class Machine(Section):
    """A classical machine: a preset, or its numbers."""

    preset: PresetName | None = Field(default=None, description="A machine whose numbers are known.")
    name: Name | None = Field(default=None, description="What reports call a machine given by its numbers.")
    bandwidth: Annotated[Property, Within(gt=0)] | None = Field(
        default=None, description="Memory bandwidth (bytes per second, above 0)."
    )
    flops: Annotated[Property, Within(gt=0)] | None = Field(
        default=None,
        description="Arithmetic rate at the precision used (floating-point operations per second).",
    )
    watts: Annotated[Property, Within(gt=0)] | None = Field(
        default=None, description="Power (watts, above 0). Default: not known, and no energy is reported."
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        return {"preset": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _preset_or_numbers(self) -> Self:
        numbers = (self.name, self.bandwidth, self.flops)
        if self.preset is not None and not all(n is None for n in (*numbers, self.watts)):
            raise ValueError("give either a preset or a name, a bandwidth and flops")
        if self.preset is None and any(n is None for n in numbers):
            raise ValueError("a machine without a preset needs a name, a bandwidth and flops")
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        full = handler(schema)
        short = {"enum": list(get_args(PresetName)), "description": "The preset alone."}
        return {"title": cls.__name__, "description": full["description"], "anyOf": [full, short]}


class Baseline(Section):
    """The classical computation to compare with, and the clock that compares."""

    machines: tuple[Machine, ...] = Field(
        default=(Machine(preset="one_core"), Machine(preset="h100")),
        min_length=1,
        description="The classical machines.",
    )
    precision: Literal["float32", "float64"] = Field(
        default="float32", description="Precision of the classical matrix-vector products."
    )
    flop_per_step: Annotated[Property, Within(gt=0)] | None = Field(
        default=None,
        description=(
            "Floating-point operations of one step by back-propagation over the data set (count), for networks whose "
            "Hessian nobody writes down. Default: matrix-vector products with the Hessian."
        ),
    )
    t_rate: Annotated[Setting, Within(gt=0)] = Field(
        default=Setting(
            value=100000,
            source=Source.PAPER,
            ref="one T gate per reaction time of 10 µs (Gidney, Ekerå, arXiv:1905.09749)",
        ),
        description="Logical clock of the quantum computer (T gates per second, above 0).",
    )
