"""The spec of a model, its dynamics and what is wanted: every field with its unit, range and meaning."""

from __future__ import annotations

import keyword
import math
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
from pydantic_core import CoreSchema, PydanticCustomError

from qgd_compiler.kinds import Source
from qgd_compiler.spec.baseline import Baseline
from qgd_compiler.spec.data import Tensor, Vector
from qgd_compiler.spec.dynamics import Dynamics
from qgd_compiler.spec.expressions import FUNCTIONS, Number, finite
from qgd_compiler.spec.hardware import Hardware
from qgd_compiler.spec.output import Output
from qgd_compiler.spec.quantity import Property, Setting, Within
from qgd_compiler.spec.section import FileName, Line, Name, Section, Whole
from qgd_compiler.spec.structures import Structure, check_order

SUPPORTED = 1


class Layer(Section):
    """A tensor of parameters, for reports; nothing is computed from it."""

    name: Name = Field(description="Its name in the model.")
    shape: tuple[Annotated[Whole, Field(ge=0)], ...] = Field(description="Its shape.")
    kept: Annotated[Whole, Field(ge=0)] = Field(description="Parameters kept after pruning (count).")
    pattern: Line | None = Field(
        default=None,
        description=(
            "How the kept ones lie: dense, empty, unstructured, rows, columns, rows and columns, kernels, "
            "block RxC, N:M."
        ),
    )


class Model(Section):
    """The size of the model."""

    parameters: Annotated[Property, Within(ge=1, integer=True)] = Field(
        description="Number of parameters n of the whole model (count, at least 1)."
    )
    active: Annotated[Property, Within(ge=1, integer=True)] | None = Field(
        default=None,
        description="Parameters kept after pruning (count): the size of the Hessian. Default: all parameters.",
    )
    layers: tuple[Layer, ...] | None = Field(
        default=None,
        min_length=1,
        description="The tensors of the model, for reports; they add up to its size.",
    )

    @model_validator(mode="after")
    def _layers_add_up(self) -> Self:
        if self.layers is None:
            return self
        for what, has, said in (
            ("entries", sum(math.prod(layer.shape) for layer in self.layers), self.parameters),
            ("kept parameters", sum(layer.kept for layer in self.layers), self.active or self.parameters),
        ):
            if has != said.value:
                raise ValueError(f"the layers have {has} {what}, but the model {said.value}")
        return self

    @field_validator("active")
    @classmethod
    def _no_more_active_than_all(cls, active: Property | None, info: ValidationInfo) -> Property | None:
        all_of_them = info.data.get("parameters")  # absent if it is wrong itself
        if active is not None and all_of_them is not None and active.value > all_of_them.value:
            raise ValueError(f"{active.value} is more than the {all_of_them.value} parameters of the model")
        return active


class Spectrum(Section):
    """The eigenvalues of the Hessian, without damping and weight decay."""

    lambda_min: Property | None = Field(
        default=None, description="Lower bound on the smallest eigenvalue (loss/parameter²)."
    )
    lambda_max: Property | None = Field(
        default=None, description="Upper bound on the largest eigenvalue (loss/parameter²)."
    )
    eigenvalues: tuple[Property, ...] | None = Field(
        default=None, min_length=1, description="All eigenvalues (loss/parameter²); they bound the ends."
    )
    file: FileName | None = Field(
        default=None,
        description=(
            "A file of eigenvalues, a density or bounds, relative to the spec: .json, .csv or .npz. "
            "A density shows the error proxy and certifies nothing."
        ),
    )
    step: Whole | None = Field(default=None, description="Which training step of a file that holds several.")
    cut: Annotated[Setting, Within(ge=0)] = Field(
        default=Setting(value=0, source=Source.EXACT),
        description="Eigenvalues up to this size are left out of the error proxy (loss/parameter²).",
    )

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
    rotation: Literal["mixed_fallback", "gridsynth", "proven_word", "phase_gradient"] = Field(
        default="mixed_fallback",
        description=(
            "How a rotation by an arbitrary angle is synthesised: three fits, and proven_word, whose length is proven."
        ),
    )


SolverName = Literal[
    "kernel_reflection",
    "discrete_adiabatic",
    "randomised_adiabatic",
    "stationary",
    "power",
    "gram",
    "bounded",
    "lchs",
]


class Limits(Section):
    """What a plan must keep within."""

    qubits: Annotated[Setting, Within(ge=1, integer=True)] | None = Field(
        default=None, description="Logical qubits at most (count, at least 1)."
    )


class Solution(Section):
    """What is known of the run without iterating it."""

    final_over_max: Annotated[Property, Within(gt=0, le=1)] | None = Field(
        default=None, description="Lower bound on |u_T| / max_t |u_t| (above 0, at most 1)."
    )
    final_over_reach: Annotated[Property, Within(gt=0, le=1)] | None = Field(
        default=None,
        description=(
            "Lower bound on |u_T| over the largest norm that a run with this spectrum and a gradient (or displacement) "
            "of this size can reach (above 0, at most 1): how much of it lies along slow directions."
        ),
    )


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


_GIVEN: Any = {"not": {"type": "null"}}


class Spec(Section):
    """A model under gradient descent, and the question what it costs on a quantum computer."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {
                "properties": {
                    "dynamics": {
                        "properties": {
                            "expansion": {
                                "properties": {"about": {"const": "minimum"}},
                                "required": ["about"],
                            }
                        },
                        "required": ["expansion"],
                    }
                }
            },
            "then": {"required": ["displacement"], "properties": {"displacement": _GIVEN}},
            "else": {"required": ["gradient"], "properties": {"gradient": _GIVEN}},
        }
    )

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
    gradient: Vector | None = Field(
        default=None,
        validate_default=True,
        description="The gradient at the start; needed unless the expansion is about a minimum.",
    )
    displacement: Vector | None = Field(
        default=None,
        validate_default=True,
        description="Start minus minimum, for an expansion about a minimum (norms in units of the parameters).",
    )
    third_derivative: Tensor | None = Field(
        default=None, description="The third derivative of the loss, for expansions of order 2 and 3."
    )
    fourth_derivative: Tensor | None = Field(
        default=None, description="The fourth derivative of the loss, for expansions of order 3."
    )
    spectrum: Spectrum | None = Field(
        default=None, description="What is known of the eigenvalues beyond the data."
    )
    access: Access = Field(default=Access(), description="How classical data is read.")
    output: Output = Field(default=Output(), description="What is read out.")
    target: Target = Field(default=Target(), description="How good the result must be.")
    exchange: Exchange = Field(default=Exchange(), description="The exchange of gates for T gates.")
    objective: Literal["t_count", "toffoli", "qubits", "qubits_times_t", "runtime"] = Field(
        default="t_count",
        description="What the choice among plans minimises; runtime: layers of T gates, one circuit after the other.",
    )
    solvers: tuple[SolverName, ...] | None = Field(
        default=None,
        min_length=1,
        description="The families of solvers that the compiler may choose from, each once. Default: all.",
        json_schema_extra={"uniqueItems": True},
    )
    limits: Limits = Field(default=Limits(), description="What a plan must keep within.")
    solution: Solution | None = Field(default=None, description="What is known of the run.")
    hardware: Hardware | None = Field(default=None, description="The machine, for physical estimates.")
    baseline: Baseline = Field(
        default=Baseline(),
        description="The classical computation to compare with, and the clock that compares.",
    )

    @field_validator("solvers")
    @classmethod
    def _each_solver_once(cls, solvers: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if solvers is not None and len(set(solvers)) < len(solvers):
            raise ValueError(f"a solver stands twice: {', '.join(solvers)}")
        return solvers

    @field_validator("gradient", "displacement")
    @classmethod
    def _what_the_expansion_needs(cls, given: Vector | None, info: ValidationInfo) -> Vector | None:
        dynamics = info.data.get("dynamics")  # absent if it is wrong itself
        about = "start" if dynamics is None else dynamics.expansion.about
        needed = "displacement" if about == "minimum" else "gradient"
        if given is None and info.field_name == needed:
            raise PydanticCustomError("missing", "Field required")
        return given
