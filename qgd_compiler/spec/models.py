"""The spec of a model, its dynamics and what is wanted: every field with its unit, range and meaning."""

from __future__ import annotations

import keyword
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import CoreSchema

from qgd_compiler.kinds import Source
from qgd_compiler.spec.expressions import FUNCTIONS, Number, finite
from qgd_compiler.spec.quantity import Property, Setting, Within
from qgd_compiler.spec.section import FileName, Flag, Line, Name, Section, Whole, exactly_one
from qgd_compiler.spec.structures import Structure, check_order

SUPPORTED = 1


class Model(Section):
    """The size of the model."""

    parameters: Annotated[Property, Within(ge=1, integer=True)] = Field(
        description="Number of parameters n of the whole model (count, at least 1)."
    )
    active: Annotated[Property, Within(ge=1, integer=True)] | None = Field(
        default=None,
        description="Parameters kept after pruning (count): the size of the Hessian. Default: all parameters.",
    )

    @field_validator("active")
    @classmethod
    def _no_more_active_than_all(cls, active: Property | None, info: ValidationInfo) -> Property | None:
        all_of_them = info.data.get("parameters")  # absent if it is wrong itself
        if active is not None and all_of_them is not None and active.value > all_of_them.value:
            raise ValueError(f"{active.value} is more than the {all_of_them.value} parameters of the model")
        return active


class Expansion(Section):
    """The point about which the gradient is expanded, and how far."""

    about: Literal["start", "minimum"] = Field(
        default="start",
        description="Expand about the start (displacement 0) or about a minimum (gradient 0).",
    )
    order: Annotated[Setting, Within(ge=1, le=3, integer=True)] = Field(
        default=Setting(value=1, source=Source.EXACT),
        description="Highest power of the displacement kept in the gradient (1 to 3); 1 is a quadratic model.",
    )


class Noise(Section):
    """Additive noise on the gradient."""

    norm: Annotated[Property, Within(ge=0)] = Field(
        description="Bound on the 2-norm of the noise per step (loss/parameter)."
    )


class Dynamics(Section):
    """The iteration."""

    learning_rate: Annotated[Setting, Within(gt=0)] = Field(
        description="Learning rate η (parameter²/loss), above 0."
    )
    iterations: Annotated[Setting, Within(ge=1, integer=True)] = Field(
        description="Steps T (count, at least 1)."
    )
    segment: Annotated[Setting, Within(ge=1, integer=True)] | None = Field(
        default=None,
        description="Steps between a download and the next upload (count). Default: all of them.",
    )
    momentum: Annotated[Setting, Within(ge=0, lt=1)] = Field(
        default=Setting(value=0, source=Source.EXACT),
        description="Heavy-ball momentum (0 to below 1).",
    )
    damping: Annotated[Setting, Within(ge=0)] = Field(
        default=Setting(value=0, source=Source.EXACT),
        description="Damping μ added to the Hessian as μI (loss/parameter², at least 0).",
    )
    weight_decay: Annotated[Setting, Within(ge=0)] = Field(
        default=Setting(value=0, source=Source.EXACT),
        description="Weight decay, added to the Hessian as a multiple of I (loss/parameter², at least 0).",
    )
    on_not_dissipative: Literal["window", "damp", "error"] = Field(
        default="window",
        description="What to do when an iteration grows: price the growth within windows, damp it, or stop.",
    )
    allow_divergence: Flag = Field(
        default=False, description="Accept a learning rate at which gradient descent overshoots and diverges."
    )
    expansion: Expansion = Field(default=Expansion(), description="The expansion of the gradient.")
    noise: Noise | None = Field(default=None, description="Additive gradient noise; none by default.")


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


class Tensor(Section):
    """A third-derivative tensor: a file, or bounds."""

    model_config = ConfigDict(json_schema_extra=exactly_one("file", "norm"))

    file: FileName | None = Field(default=None, description="A file, relative to the spec.")
    norm: Annotated[Property, Within(ge=0)] | None = Field(
        default=None, description="Spectral norm (loss/parameter³)."
    )
    sparsity: Annotated[Property, Within(ge=1, integer=True)] | None = Field(
        default=None, description="Non-zero entries per row (count)."
    )

    @model_validator(mode="after")
    def _file_or_bounds(self) -> Self:
        file_or_norm(self.file, self.norm)
        return self


class Spectrum(Section):
    """The eigenvalues of the Hessian, without damping and weight decay."""

    lambda_min: Property | None = Field(
        default=None, description="Lower bound on the smallest eigenvalue (loss/parameter²)."
    )
    lambda_max: Property | None = Field(
        default=None, description="Upper bound on the largest eigenvalue (loss/parameter²)."
    )
    file: FileName | None = Field(
        default=None, description="A JSON file with eigenvalue densities, relative to the spec."
    )
    step: Whole | None = Field(default=None, description="Which training step of the file.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_order(self.lambda_min, self.lambda_max)
        if self.step is not None and self.file is None:
            raise ValueError("'step' names a part of a file, but there is no file")
        return self


AccessName = Literal["qrom", "qroam", "qroam_dirty", "bucket_brigade", "qram", "arithmetic"]


class Access(Section):
    """How classical data is read."""

    models: tuple[AccessName, ...] = Field(
        default=("qrom", "qroam"),
        min_length=1,
        description="The access models that the compiler may choose from, each once.",
        json_schema_extra={"uniqueItems": True},
    )
    price_per_lookup: Annotated[Setting, Within(ge=0)] | None = Field(
        default=None, description="T gates per access of an ideal qram (count, at least 0)."
    )

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, data: Any) -> Any:
        if data == "auto":
            return {}
        if isinstance(data, str):
            return {"models": [data]}
        return {"models": data} if isinstance(data, list) else data

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.models)) < len(self.models):
            raise ValueError(f"an access model stands twice: {', '.join(self.models)}")
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        full = handler(schema)
        models = full["properties"]["models"]
        one = {"enum": ["auto", *get_args(AccessName)], "description": "One access model, or auto."}
        many = {key: models[key] for key in ("type", "items", "minItems", "uniqueItems")}
        return {"title": cls.__name__, "description": full["description"], "anyOf": [full, one, many]}


class Output(Section):
    """What is read out."""

    kind: Literal["state", "parameters", "top_k", "overlap"] = Field(
        default="state", description="The state itself, all parameters, the largest ones, or one overlap."
    )
    precision: Annotated[Setting, Within(gt=0, lt=1)] | None = Field(
        default=None, description="Error of the read-out, relative to the norm (above 0, below 1)."
    )
    k: Annotated[Setting, Within(ge=1, integer=True)] | None = Field(
        default=None, description="How many of the largest parameters top_k reads out (count, at least 1)."
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        return {"kind": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _what_the_kind_takes(self) -> Self:
        if self.precision is not None and self.kind == "state":
            raise ValueError("the output 'state' is not read out, so it takes no precision")
        if (self.k is None) == (self.kind == "top_k"):
            raise ValueError("the output 'top_k' needs k" if self.k is None else f"{self.kind!r} takes no k")
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        full = handler(schema)
        short = {"enum": ["state", "parameters", "overlap"], "description": "The kind alone."}
        return {"title": cls.__name__, "description": full["description"], "anyOf": [full, short]}


class Target(Section):
    """How good the result must be."""

    epsilon: Annotated[Setting, Within(gt=0, lt=1)] = Field(
        default=Setting(value=0.01, source=Source.EXACT),
        description="2-norm error of the normalised output state (above 0, below 1).",
    )


class Exchange(Section):
    """How Toffolis and rotations are turned into T gates."""

    toffoli_in_t: Annotated[Setting, Within(gt=0)] = Field(
        default=Setting(value=4, source=Source.EXACT),
        description="T gates per Toffoli (count).",
    )
    rotation: Literal["mixed_fallback", "gridsynth", "phase_gradient"] = Field(
        default="mixed_fallback", description="How a rotation by an arbitrary angle is synthesised."
    )


class Solution(Section):
    """What is known of the run without iterating it."""

    final_over_max: Annotated[Property, Within(gt=0, le=1)] | None = Field(
        default=None, description="Lower bound on |u_T| / max_t |u_t| (above 0, at most 1)."
    )


class Hardware(Section):
    """The machine."""

    preset: Name = Field(description="Name of a hardware preset.")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        return {"preset": data} if isinstance(data, str) else data

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        full = handler(schema)
        short = {"type": "string", "minLength": 1, "description": "The preset alone."}
        return {"title": cls.__name__, "description": full["description"], "anyOf": [full, short]}


def _version(value: Any) -> Any:
    """1, and neither true nor 1.0, which Python takes for the same."""
    if type(value) in (bool, float):
        raise ValueError(f"expected the whole number {SUPPORTED}, got {value}")
    return value


def _symbol_name(name: str) -> str:
    if not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name) or name in FUNCTIONS:
        raise ValueError(f"{name!r} cannot name a symbol: use letters, digits and _, and no reserved word")
    return name


def _symbol_value(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a symbol stands for a plain number")
    return finite(value)


def usable_symbols(data: Any) -> dict[str, Number]:
    """The symbols of a spec in plain dicts that have a proper name and value; the others are mistakes."""
    usable: dict[str, Number] = {}
    for name, value in data.items() if isinstance(data, dict) else ():
        try:
            usable[_symbol_name(str(name))] = _symbol_value(value)
        except ValueError:
            continue
    return usable


SymbolName = Annotated[str, AfterValidator(_symbol_name)]
SymbolValue = Annotated[int | float, BeforeValidator(_symbol_value)]


class Spec(Section):
    """A model under gradient descent, and the question what it costs on a quantum computer."""

    qgd: Annotated[Literal[1], BeforeValidator(_version)] = Field(
        description="Version of the spec format: 1."
    )
    name: Name = Field(description="A name for reports, on one line.")
    symbols: dict[SymbolName, SymbolValue] = Field(
        default_factory=dict,
        description="Named numbers that any other number may be an expression of.",
        json_schema_extra={"propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}},
    )
    model: Model = Field(description="The size of the model.")
    dynamics: Dynamics = Field(description="The iteration.")
    hessian: Structure = Field(description="The Hessian: a tree of structure nodes.")
    gradient: Vector = Field(description="The gradient at the start.")
    third_derivative: Tensor | None = Field(
        default=None, description="The third-derivative tensor; none: a quadratic model."
    )
    spectrum: Spectrum | None = Field(
        default=None, description="What is known of the eigenvalues beyond the data."
    )
    access: Access = Field(default=Access(), description="How classical data is read.")
    output: Output = Field(default=Output(), description="What is read out.")
    target: Target = Field(default=Target(), description="How good the result must be.")
    exchange: Exchange = Field(default=Exchange(), description="The exchange of gates for T gates.")
    objective: Literal["t_count", "toffoli", "qubits"] = Field(
        default="t_count", description="What the choice among plans minimises."
    )
    solution: Solution | None = Field(default=None, description="What is known of the run.")
    hardware: Hardware | None = Field(default=None, description="The machine, for physical estimates.")
