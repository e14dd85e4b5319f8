"""The iteration in a spec: learning rate and its schedule, momentum, noise, minibatches, expansion and lift."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from qgd_compiler.kinds import Source
from qgd_compiler.spec.data import Vector
from qgd_compiler.spec.quantity import Property, Setting, Within
from qgd_compiler.spec.section import Flag, Section
from qgd_compiler.spec.structures import Structure

Zero = Setting(value=0, source=Source.EXACT)


class Expansion(Section):
    """The point about which the gradient is expanded, and how far."""

    about: Literal["start", "minimum", "cheaper"] = Field(
        default="start",
        description=(
            "Expand about the start (displacement 0) or about a minimum (gradient 0); "
            "cheaper: of a quadratic model whichever costs less."
        ),
    )
    order: Annotated[Setting, Within(ge=1, le=3, integer=True)] = Field(
        default=Setting(value=1, source=Source.EXACT),
        description="Highest power of the displacement kept in the gradient (1 to 3); 1 is a quadratic model.",
    )
    remainder: Annotated[Property, Within(ge=0)] | None = Field(
        default=None,
        description=(
            "Bound on the norm of the next derivative over the run, divided by the factorial of its order less one: "
            "what the expansion leaves out (loss/parameter^(order+2))."
        ),
    )
    carleman_order: Annotated[Setting, Within(ge=1, le=12, integer=True)] | None = Field(
        default=None,
        description="Carleman order N (count, 1 to 12). Default: the smallest whose certificate meets the budget.",
    )
    lift: Literal["cheaper", "exact", "first-order"] = Field(
        default="cheaper",
        description="The exact discrete lift, the first-order one, or whichever of the two costs less.",
    )
    gamma: Annotated[Setting, Within(gt=0)] | None = Field(
        default=None, description="Unit of the displacement, γ (parameter). Default: the cheapest."
    )


class Noise(Section):
    """Additive noise on the gradient."""

    norm: Annotated[Property, Within(ge=0)] = Field(
        description="Bound on the 2-norm of the noise per step (loss/parameter)."
    )


class Schedule(Section):
    """How the learning rate changes along the run; `learning_rate` is the first."""

    kind: Literal["step", "cosine", "list"] = Field(
        description="Steps by a factor, half a cosine down to the final rate, or the list of all rates."
    )
    every: Annotated[Setting, Within(ge=1, integer=True)] | None = Field(
        default=None, description="step: iterations between two changes (count)."
    )
    factor: Annotated[Setting, Within(gt=0)] | None = Field(
        default=None, description="step: what the rate is multiplied by."
    )
    final: Annotated[Setting, Within(ge=0)] | None = Field(
        default=None, description="cosine: rate at the end (parameter²/loss). Default: 0."
    )
    rates: tuple[Annotated[Setting, Within(ge=0)], ...] | None = Field(
        default=None, description="list: one rate for each iteration (parameter²/loss)."
    )

    @model_validator(mode="after")
    def _what_the_kind_takes(self) -> Self:
        takes = {"step": ("every", "factor"), "cosine": ("final",), "list": ("rates",)}
        needs = {"step": ("every", "factor"), "cosine": (), "list": ("rates",)}
        for name in ("every", "factor", "final", "rates"):
            given = getattr(self, name) is not None
            if given and name not in takes[self.kind]:
                raise ValueError(f"a schedule of kind {self.kind!r} takes no {name}")
            if not given and name in needs[self.kind]:
                raise ValueError(f"a schedule of kind {self.kind!r} needs {name}")
        return self


class Minibatches(Section):
    """A cyclic schedule of minibatches: step t uses number t modulo the count."""

    count: Annotated[Setting, Within(ge=1, integer=True)] = Field(
        description="Minibatches B (count): each has a Hessian and a gradient of its own to load."
    )
    hessians: tuple[Structure, ...] | None = Field(
        default=None,
        description="The Hessian of each. Default: each is only known to have the bounds of `hessian`.",
    )
    gradients: tuple[Vector, ...] | None = Field(
        default=None,
        description="The gradient of each. Default: each is only known to have the norm of `gradient`.",
    )

    @model_validator(mode="after")
    def _one_each(self) -> Self:
        for name in ("hessians", "gradients"):
            given = getattr(self, name)
            if given is not None and len(given) != self.count.value:
                raise ValueError(f"{len(given)} {name} for {self.count.value} minibatches")
        return self


class Dynamics(Section):
    """The iteration."""

    learning_rate: Annotated[Setting, Within(gt=0)] = Field(
        description="Learning rate η (parameter²/loss), above 0."
    )
    iterations: Annotated[Setting, Within(ge=1, integer=True)] = Field(
        description="Steps T (count, at least 1)."
    )
    schedule: Schedule | None = Field(
        default=None, description="How the learning rate changes; constant by default."
    )
    segment: Annotated[Setting, Within(ge=1, integer=True)] | None = Field(
        default=None,
        description="Steps between a download and the next upload (count). Default: all of them.",
    )
    warm_up: Annotated[Setting, Within(ge=0, integer=True)] = Field(
        default=Zero,
        description="Of the steps of each segment, how many run classically before the upload (count, at least 0).",
    )
    momentum: Annotated[Setting, Within(ge=0, lt=1)] = Field(
        default=Zero,
        description="Heavy-ball momentum (0 to below 1).",
    )
    damping: Annotated[Setting, Within(ge=0)] = Field(
        default=Zero,
        description="Damping μ added to the Hessian as μI (loss/parameter², at least 0).",
    )
    weight_decay: Annotated[Setting, Within(ge=0)] = Field(
        default=Zero,
        description=(
            "Weight decay, added to the Hessian as a multiple of I (loss/parameter², at least 0); "
            "the gradient must contain its share, weight_decay times the parameters."
        ),
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
    minibatches: Minibatches | None = Field(
        default=None, description="Cyclic minibatches; the whole data in every step by default."
    )

    @model_validator(mode="after")
    def _steps_left_after_the_warm_up(self) -> Self:
        steps = self.iterations if self.segment is None else self.segment
        if self.warm_up.value and self.warm_up.value >= steps.value:
            raise ValueError(
                f"{self.warm_up.value} classical steps leave nothing of {steps.value} for the quantum computer"
            )
        return self

    @model_validator(mode="after")
    def _as_many_rates_as_steps(self) -> Self:
        rates = None if self.schedule is None else self.schedule.rates
        if rates is not None and len(rates) != self.iterations.value:
            raise ValueError(f"the schedule lists {len(rates)} rates for {self.iterations.value} iterations")
        return self
