"""The machine: its qubits, code, error budget and factories, and what the plan for it minimises."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema, model_validator
from pydantic_core import CoreSchema

from qgd_compiler.kinds import Source
from qgd_compiler.spec.quantity import Property, Setting, Within
from qgd_compiler.spec.section import Flag, Name, Section, Whole, exactly_one

PresetName = Literal[
    "superconducting_1e-3",
    "superconducting_1e-4",
    "superconducting_1us_1e-3",
    "ions_1e-3",
    "ions_1e-4",
    "majorana_1e-4",
    "majorana_1e-6",
]
Time = Annotated[Property, Within(ge=1, integer=True)]
Error = Annotated[Property, Within(gt=0, lt=1)]
Share = Annotated[Setting, Within(ge=0, lt=1)]


def _short_form(full: dict[str, Any], cls: type[Section], *short: dict[str, Any]) -> dict[str, Any]:
    """A schema that also takes short forms."""
    return {"title": cls.__name__, "description": full["description"], "anyOf": [full, *short]}


class QubitFields(Section):
    """Physical qubits by their numbers, each with the source that the user gives it."""

    name: Name = Field(default="own qubits", description="A name for reports.")
    by_measurement: Flag = Field(
        default=False,
        description="Whether Clifford gates are joint measurements (Majorana), not two-qubit gates.",
    )
    gate_time: Time = Field(description="Time of a two-qubit gate, or of a joint measurement (ns, whole).")
    measurement_time: Time = Field(description="Time of a single-qubit measurement (ns, whole).")
    t_time: Time | None = Field(
        default=None, description="Time of a physical T gate (ns, whole). Default: gate_time."
    )
    round_time: Time | None = Field(
        default=None,
        description="Time of one round of syndrome measurement (ns, whole). Default: from the gates of the code.",
    )
    gate_error: Error = Field(
        description="Largest error of a Clifford gate, an idle step or a joint measurement (probability)."
    )
    measurement_error: Error | None = Field(
        default=None, description="Error of a measurement's outcome (probability). Default: gate_error."
    )
    t_error: Error | None = Field(
        default=None, description="Error of a physical T gate (probability). Default: gate_error."
    )


class ErrorBudget(Section):
    """The probability that one run of the circuit fails for physical reasons."""

    total: Annotated[Setting, Within(gt=0, lt=1)] | None = Field(
        default=None, description="All of it, shared evenly by what the circuit has (probability)."
    )
    logical: Share | None = Field(default=None, description="For errors of logical qubits (probability).")
    magic: Share | None = Field(default=None, description="For faulty magic states (probability).")
    rotations: Share | None = Field(
        default=None, description="For the synthesis of rotations, all together (probability)."
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        return {"total": data} if isinstance(data, int | float | str) else data

    @model_validator(mode="after")
    def _total_or_parts(self) -> Self:
        given = [p for p in (self.logical, self.magic, self.rotations) if p is not None]
        if len(given) != (3 if self.total is None else 0):
            raise ValueError("give either a total, or logical, magic and rotations")
        if sum(p.value for p in given) >= 1:
            raise ValueError("the parts add up to 1 or more, so that every run may fail")
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        full = handler(schema)
        given = {"not": {"type": "null"}}
        parts = ("logical", "magic", "rotations")
        full["oneOf"] = [
            {"required": ["total"], "properties": {"total": given, **{p: {"type": "null"} for p in parts}}},
            {
                "required": list(parts),
                "properties": {"total": {"type": "null"}, **{p: given for p in parts}},
            },
        ]
        total = {
            "type": "number",
            "exclusiveMinimum": 0,
            "exclusiveMaximum": 1,
            "description": "The total alone.",
        }
        expression = {"type": "string", "minLength": 1, "description": "The total as an expression."}
        return _short_form(full, cls, total, expression)


FactoryKind = Literal["auto", "15_to_1", "ccz2t"]


class Factories(Section):
    """The magic-state factories."""

    kind: FactoryKind = Field(
        default="auto",
        description="Rounds of 15-to-1 (model beverland) or catalysed CCZ to 2 T (model gidney_fowler).",
    )
    number: Annotated[Setting, Within(ge=1, integer=True)] | None = Field(
        default=None, description="How many side by side (count, at least 1). Default: the compiler chooses."
    )

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, data: Any) -> Any:
        if isinstance(data, str):
            return {"kind": data}
        return {"number": data} if isinstance(data, int) and not isinstance(data, bool) else data

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        kind = {"enum": list(get_args(FactoryKind)), "description": "The kind alone."}
        number = {"type": "integer", "minimum": 1, "description": "The number alone."}
        return _short_form(handler(schema), cls, kind, number)


def _distance(value: Any) -> Any:
    if value == "auto":
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a whole number to JSON Schema too
    if isinstance(value, int) and not isinstance(value, bool) and (value < 3 or value % 2 == 0):
        raise ValueError(f"a code distance is odd and at least 3, and {value} is not")
    return value


_ODD = {"type": "integer", "minimum": 3, "not": {"multipleOf": 2}}
Distance = Annotated[
    Whole | None,
    BeforeValidator(_distance),
    WithJsonSchema({"anyOf": [{"enum": ["auto"]}, _ODD, {"type": "null"}]}),
]
LargestDistance = Annotated[Whole, BeforeValidator(_distance), WithJsonSchema(_ODD)]


class Hardware(Section):
    """The machine, for physical estimates."""

    preset: PresetName | None = Field(default=None, description="Published qubits, by name.")
    qubit: QubitFields | None = Field(
        default=None, description="Qubits by their numbers, in place of a preset."
    )
    model: Literal["beverland", "gidney_fowler"] = Field(
        default="beverland",
        description=(
            "How the machine runs the circuit: sequentially with T factories (arXiv:2211.07629), or paced by CCZ "
            "factories and the decoder (arXiv:1812.01238)."
        ),
    )
    code: Literal["auto", "surface", "floquet"] = Field(
        default="auto", description="The code. auto: surface for gates, floquet for joint measurements."
    )
    threshold: Annotated[Setting, Within(gt=0, lt=1)] | None = Field(
        default=None, description="Threshold of the code (probability). Default: the published one."
    )
    prefactor: Annotated[Setting, Within(gt=0, le=0.5)] | None = Field(
        default=None, description="Prefactor a of the code's a (p/p*)^((d+1)/2). Default: the published one."
    )
    error_budget: ErrorBudget = Field(
        default=ErrorBudget(total=Setting(value=0.01, source=Source.EXACT)),
        description="The probability that one run fails for physical reasons.",
    )
    distance: Distance = Field(
        default=None, description="Code distance of the algorithm (odd, at least 3), or auto."
    )
    max_distance: LargestDistance = Field(
        default=101, description="The largest code distance considered (odd, at least 3)."
    )
    factories: Factories = Field(default=Factories(), description="The magic-state factories.")
    routing_overhead: Annotated[Setting, Within(ge=0)] = Field(
        default=Setting(value=0.5, source=Source.PAPER, ref="arXiv:1812.01238"),
        description="Patches for routing per logical qubit in the model gidney_fowler (count).",
    )
    reaction_time: Annotated[Setting, Within(ge=1, integer=True)] = Field(
        default=Setting(value=10_000, source=Source.PAPER, ref="arXiv:1905.09749"),
        description="Time in which the decoder answers, in the model gidney_fowler (ns, whole).",
    )
    objective: Literal["qubits", "runtime", "volume"] = Field(
        default="runtime",
        description="What the choice among physical plans minimises; volume is qubits times time.",
    )
    max_qubits: Annotated[Setting, Within(ge=1, integer=True)] | None = Field(
        default=None, description="No plan with more physical qubits (count)."
    )
    max_runtime: Annotated[Setting, Within(gt=0)] | None = Field(
        default=None, description="No plan whose run takes longer (s)."
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        return {"preset": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.preset is None) == (self.qubit is None):
            raise ValueError("give either a preset or a qubit")
        made_by = {"auto": self.model, "15_to_1": "beverland", "ccz2t": "gidney_fowler"}[self.factories.kind]
        if made_by != self.model:
            raise ValueError(
                f"factories of kind {self.factories.kind!r} belong to the model {made_by}, not to {self.model}"
            )
        if self.distance is not None and self.distance > self.max_distance:
            raise ValueError(f"the distance {self.distance} is above max_distance {self.max_distance}")
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        full = {**handler(schema), **exactly_one("preset", "qubit")}
        short = {"enum": list(get_args(PresetName)), "description": "The preset alone."}
        return _short_form(full, cls, short)
