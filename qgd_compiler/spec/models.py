"""The spec of a model, its dynamics and what is wanted: every field with its unit, range and meaning."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from qgd_compiler.kinds import Source
from qgd_compiler.spec.quantity import Property, Setting, Within
from qgd_compiler.spec.section import Section
from qgd_compiler.spec.structures import Structure

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

    @model_validator(mode="after")
    def _no_more_active_than_all(self) -> Model:
        if self.active is not None and self.active.value > self.parameters.value:
            raise ValueError(
                f"active is {self.active.value}, more than the {self.parameters.value} parameters of the model"
            )
        return self


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
    allow_divergence: bool = Field(
        default=False, description="Accept a learning rate at which gradient descent overshoots and diverges."
    )
    expansion: Expansion = Field(default=Expansion(), description="The expansion of the gradient.")
    noise: Noise | None = Field(default=None, description="Additive gradient noise; none by default.")


class Vector(Section):
    """A vector: a file, or bounds."""

    file: str | None = Field(default=None, description="A .npy or .npz file, relative to the spec.")
    key: str | None = Field(default=None, description="Which array of an .npz file.")
    norm: Annotated[Property, Within(gt=0)] | None = Field(
        default=None, description="2-norm (loss/parameter)."
    )
    sparsity: Annotated[Property, Within(ge=1, integer=True)] | None = Field(
        default=None, description="Number of non-zero entries (count). Default: all."
    )

    @model_validator(mode="after")
    def _file_or_bounds(self) -> Vector:
        if (self.file is None) == (self.norm is None):
            raise ValueError("give either a file or a norm")
        return self


class Tensor(Section):
    """A third-derivative tensor: a file, or bounds."""

    file: str | None = Field(default=None, description="A file, relative to the spec.")
    norm: Annotated[Property, Within(ge=0)] | None = Field(
        default=None, description="Spectral norm (loss/parameter³)."
    )
    sparsity: Annotated[Property, Within(ge=1, integer=True)] | None = Field(
        default=None, description="Non-zero entries per row (count)."
    )


class Spectrum(Section):
    """The eigenvalues of the Hessian, without damping and weight decay."""

    lambda_min: Property | None = Field(
        default=None, description="Lower bound on the smallest eigenvalue (loss/parameter²)."
    )
    lambda_max: Property | None = Field(
        default=None, description="Upper bound on the largest eigenvalue (loss/parameter²)."
    )
    file: str | None = Field(
        default=None, description="A JSON file with eigenvalue densities, relative to the spec."
    )
    step: int | None = Field(default=None, description="Which training step of the file.")


AccessName = Literal["qrom", "qroam", "bucket_brigade", "qram", "arithmetic"]


class Access(Section):
    """How classical data is read."""

    models: tuple[AccessName, ...] = Field(
        default=("qrom", "qroam"),
        min_length=1,
        description="The access models that the compiler may choose from.",
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


class Output(Section):
    """What is read out."""

    kind: Literal["state", "parameters", "top_k", "overlap"] = Field(
        default="state", description="The state itself, all parameters, the largest ones, or one overlap."
    )
    precision: Annotated[Setting, Within(gt=0, lt=1)] | None = Field(
        default=None, description="Error of the read-out, relative to the norm (above 0, below 1)."
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        return {"kind": data} if isinstance(data, str) else data


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


class Spec(Section):
    """A model under gradient descent, and the question what it costs on a quantum computer."""

    qgd: Literal[1] = Field(description="Version of the spec format: 1.")
    name: str = Field(min_length=1, max_length=200, description="A name for reports.")
    symbols: dict[str, int | float] = Field(
        default_factory=dict, description="Named numbers that any other number may be an expression of."
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
    hardware: str | None = Field(default=None, description="Name of a hardware preset.")
