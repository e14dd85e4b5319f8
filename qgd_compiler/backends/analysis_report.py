"""The report of one analysis: every key of the JSON that `qgd analyze` prints."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, FiniteFloat

from qgd_compiler.backends.document import (
    Assumption,
    Count,
    Document,
    Fact,
    Number,
    Part,
    Positive,
    Probability,
    schema_of,
)
from qgd_compiler.backends.page import Page
from qgd_compiler.backends.report import Regime
from qgd_compiler.kinds import Kind, Source


class HessianFacts(Part):
    """What is known of the Hessian, damping and weight decay included; null where it is unknown."""

    parameters: Count = Field(description="n, the rows of the Hessian: the parameters kept after pruning.")
    nonzeros: Fact | None = Field(default=None, description="Stored entries.")
    row_sparsity: Fact | None = Field(default=None, description="Largest number of non-zeros in a row.")
    max_entry: Fact | None = Field(default=None, description="Largest absolute value of an entry.")
    row_one_norm: Fact | None = Field(default=None, description="Largest sum of absolute values in a row.")
    frobenius: Fact | None = Field(default=None, description="Frobenius norm.")
    norm: Fact | None = Field(default=None, description="2-norm, or an upper bound on it.")


class Spectrum(Part):
    """The extreme eigenvalues of the Hessian."""

    lambda_min: Fact = Field(description="Smallest eigenvalue, or a lower bound on it.")
    lambda_max: Fact = Field(description="Largest eigenvalue, or an upper bound on it.")
    method: str = Field(description="How they were found.")


class InverseNorm(Part):
    """How much the history system amplifies."""

    value: Positive | None = Field(description="Bound on the 2-norm of the inverse of L; null above 1.8e308.")
    kind: Kind = Field(description="How far this number can be trusted.")
    rows: Count = Field(description="Time steps of the history, T + 1 + padding.")
    padding: Count = Field(description="Extra rows that repeat the last iterate.")


class Trajectory(Part):
    """The run of gradient descent from the start, in units of the parameters."""

    source: Source = Field(description="'measured' where it was iterated classically, else a bound.")
    gradient_norm: FiniteFloat | None = Field(ge=0, description="2-norm of the gradient at the start.")
    final_norm: FiniteFloat | None = Field(ge=0, description="2-norm of the last displacement.")
    largest_norm: FiniteFloat | None = Field(ge=0, description="Largest 2-norm of a displacement of the run.")
    final_probability: Probability | None = Field(
        description="Probability to read the last iterate from the history without padding."
    )


class CarlemanOrder(Part):
    """What cutting the lift at one order costs: bounds on the error of the last iterate, relative to its size."""

    order: Count = Field(description="Carleman order N.")
    exact: FiniteFloat | None = Field(
        ge=0, description="Truncation of the exact lift; null where it is unbounded."
    )
    first_order: FiniteFloat | None = Field(
        ge=0, description="Truncation of the first-order lift; null where it is unbounded."
    )
    bias: FiniteFloat | None = Field(
        ge=0, description="Bias of the first-order lift; null where it is unbounded."
    )
    meets_budget: bool = Field(
        description="Whether the exact lift of this order is certified for the whole run."
    )


class Nonlinearity(Part):
    """The norms of the recursion u <- G_0 + G_1 u + G_2 u⊗u + …, and what they certify."""

    norms: tuple[FiniteFloat, ...] = Field(description="f_0, m, f_2, …: the largest norms over all steps.")
    start: FiniteFloat = Field(ge=0, description="Size of the first iterate.")
    last_size: FiniteFloat | None = Field(
        ge=0, description="Bound on the size of the last; null where it blows up."
    )
    relative_to: str = Field(
        description="What the errors are relative to: 'measured' sizes or their 'bound'."
    )
    budget: FiniteFloat = Field(ge=0, description="Relative error that a truncation may take.")
    smallest_order: Count | None = Field(
        description="Smallest certified Carleman order; null if there is none."
    )
    window: Count = Field(description="Most steps for which some order is certified.")
    almost_dissipative: FiniteFloat | None = Field(
        ge=0,
        description="T times the relative growth by nonlinear terms: about 1 or less is 'almost dissipative'.",
    )
    newton_kantorovich: FiniteFloat | None = Field(
        default=None, ge=0, description="2|g||d3L|/lambda_min^2; null unless lambda_min > 0 and u_0 = 0."
    )
    remainder: FiniteFloat | None = Field(
        default=None,
        ge=0,
        description="How far the true run may be from the expanded one; null where not known.",
    )
    orders: tuple[CarlemanOrder, ...] = Field(description="Every order that was tried.")


class Cuts(Part):
    """Smallest cuts |lambda| > c at which the modes that are left change the class; eigenvalues below do not count."""

    almost: FiniteFloat | None = Field(
        ge=0,
        description="Growth over the run stays below e, and T f_2 r is at most 1; null where no cut does.",
    )
    fully: FiniteFloat | None = Field(
        ge=0,
        description="Every mode that is left contracts, and R is below 1; null where no cut does.",
    )
    almost_share: FiniteFloat | None = Field(
        default=None, ge=0, le=1, description="Share of the modes that is left there; null without a density."
    )
    fully_share: FiniteFloat | None = Field(
        default=None, ge=0, le=1, description="The same at the other cut."
    )


class Proxy(Part):
    """The error proxy of the seed: the mean of |1 - eta lambda|^t over the density. It certifies nothing."""

    cut: FiniteFloat = Field(ge=0, description="Eigenvalues up to this size are left out.")
    t: tuple[int, ...] = Field(description="Steps 0 … T.")
    value: tuple[FiniteFloat | None, ...] = Field(description="E(t); null above 1.8e308.")
    minimum: FiniteFloat = Field(ge=0, description="Smallest value.")
    minimum_at: int = Field(ge=0, description="Where it is attained.")
    smallest_cut: FiniteFloat | None = Field(
        default=None,
        ge=0,
        description="Smallest cut at which E(t) <= 1 for every t up to T; null if none does.",
    )


class TrainingPoint(Part):
    """The class of a run that starts at one training step."""

    step: int = Field(ge=0, description="Training step.")
    regime: str = Field(alias="class", description="The class of the dynamics.")
    lambda_min: FiniteFloat = Field(description="Smallest eigenvalue, damping included.")
    lambda_max: FiniteFloat = Field(description="Largest eigenvalue, damping included.")
    source: Source = Field(
        description="Where the ends come from; the extent of a density is only an estimate."
    )
    growth: FiniteFloat = Field(ge=0, description="Growth per step.")
    growth_over_run: FiniteFloat | None = Field(ge=0, description="Growth over the run; null above 1.8e308.")
    window: Count = Field(
        description="Most steps that one run may have: growth at most e, and some order certified."
    )
    allowed: bool = Field(description="Whether one run holds all steps.")
    proxy_minimum: FiniteFloat | None = Field(
        ge=0, description="Smallest error proxy; null without a density."
    )
    proxy_last: FiniteFloat | None = Field(
        ge=0, description="Error proxy at the end; null without a density."
    )


class Training(Part):
    """The series of spectra along training: where is the method allowed?"""

    points: tuple[TrainingPoint, ...] = Field(description="One for each step of the file.")
    first_allowed: int | None = Field(
        default=None,
        description="First step of the longest stretch of steps at which it is allowed; null if none.",
    )
    last_allowed: int | None = Field(default=None, description="Last step of that stretch.")


class WayOut(Part):
    """One change that would change the class."""

    change: str = Field(description="What to change, as a field of the spec.")
    value: Number | None = Field(description="Where the class changes; null where no value does it.")
    effect: str = Field(description="What the class becomes then.")


class Analysis(Document):
    """Whether the method is allowed on this model, by how much, and what would change that."""

    qgd: Literal[1] = Field(default=1, description="Version of this format.")
    name: str = Field(description="Name of the spec.")
    compiler: str = Field(description="Version of the compiler.")
    spec_digest: str = Field(description="SHA-256 of the resolved spec.")
    verdict: tuple[str, ...] = Field(description="The result in plain words, most important first.")
    weakest_source: Source = Field(description="The weakest input that the class rests on.")
    learning_rate: Positive = Field(description="Learning rate.")
    iterations: int = Field(ge=1, description="T, the steps of gradient descent.")
    regime: Regime = Field(description="Whether gradient descent contracts on this model.")
    spectrum: Spectrum = Field(description="The extreme eigenvalues.")
    hessian: HessianFacts = Field(description="What is known of the Hessian.")
    inverse_norm: InverseNorm = Field(description="How much the history system amplifies.")
    trajectory: Trajectory | None = Field(description="The run of gradient descent; null without a gradient.")
    nonlinearity: Nonlinearity | None = Field(default=None, description="Null for a quadratic model.")
    cuts: Cuts | None = Field(default=None, description="What leaving out small eigenvalues would change.")
    proxy: Proxy | None = Field(default=None, description="The error proxy; null where it was not asked for.")
    training: Training | None = Field(
        default=None, description="The spectra along training; null where they were not asked for."
    )
    ways_out: tuple[WayOut, ...] = Field(description="What would change the class.")
    assumptions: tuple[Assumption, ...] = Field(description="The inputs that the result rests on.")

    def to_page(self) -> Page:
        """The document laid out for people."""
        from qgd_compiler.backends.analysis_page import analysis_page

        return analysis_page(self)


def analysis_schema() -> dict[str, Any]:
    """The JSON Schema of the analysis."""
    return schema_of(Analysis, "analysis.schema")
