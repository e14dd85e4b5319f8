"""What `qgd check`, `qgd lock` and `qgd diff` say, as data."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, FiniteFloat

from qgd_compiler.backends.document import Document, Part, schema_of
from qgd_compiler.backends.page import Page

Value = bool | int | FiniteFloat | str | None


class Status(StrEnum):
    """What became of an estimate."""

    UNCHANGED = "unchanged"
    MOVED = "moved"
    BROKEN = "broken"  # the spec is missing, or does not compile any more
    DAMAGED = "damaged"  # the lock cannot be trusted
    NEW = "new"  # locked for the first time


class Line(Part):
    """One part of a change."""

    name: str = Field(description="The component, or the factor.")
    before: int | FiniteFloat = Field(description="Its T gates over all circuits, or its value, before.")
    after: int | FiniteFloat = Field(description="The same after.")
    change: int = Field(description="T gates of the change that are its own; they add up.")


class Attribution(Part):
    """The change of the expected T gates, shared out."""

    change: int = Field(description="T gates after less T gates before.")
    by_component: tuple[Line, ...] = Field(description="Over the components, adding up to `change`.")
    by_parameter: tuple[Line, ...] = Field(
        description="Over the factors of the T count, by the logarithmic mean Divisia index, adding up to `change`."
    )


class Move(Part):
    """A number or a choice that differs."""

    path: str = Field(description="Where it stands in the report.")
    before: Value = Field(description="Locked, or in the first report; null where unknown or absent.")
    after: Value = Field(description="Now, or in the second report; null where unknown or absent.")
    relative: FiniteFloat | None = Field(description="Change over what it was; null where that says nothing.")
    tolerance: FiniteFloat | None = Field(
        default=None, ge=0, description="Relative change that is let pass; null for a choice."
    )


class Trouble(Part):
    """What is wrong, where, and what to try."""

    what: str = Field(description="What is wrong.")
    at: str = Field(default="", description="Where.")
    remedy: str = Field(default="", description="What to try.")


class Result(Part):
    """One estimate against its lock."""

    name: str = Field(description="Name of the spec, or of its file.")
    spec: str = Field(description="The spec.")
    lock: str = Field(description="The lock.")
    status: Status = Field(description="What became of it.")
    t_count: tuple[int | None, int | None] = Field(description="Expected T gates, locked and now.")
    qubits: tuple[int | None, int | None] = Field(description="Logical qubits, locked and now.")
    moves: tuple[Move, ...] = Field(default=(), description="What moved beyond its tolerance.")
    attribution: Attribution | None = Field(default=None, description="What moved the T count.")
    notes: tuple[str, ...] = Field(default=(), description="What changed beside the numbers.")
    trouble: tuple[Trouble, ...] = Field(default=(), description="Why it is broken or damaged.")


class Results(Document):
    """Estimates against their locks."""

    qgd: Literal[1] = Field(default=1, description="Version of this format.")
    compiler: str = Field(description="Version of the compiler.")
    title: str = Field(description="What was done.")
    estimates: tuple[Result, ...] = Field(description="One after the other, by path.")

    def count(self, *which: Status) -> int:
        """How many have one of these statuses."""
        return sum(result.status in which for result in self.estimates)

    def to_page(self) -> Page:
        """The document laid out for people."""
        from qgd_compiler.regression.page import results_page

        return results_page(self)


class Difference(Document):
    """Two reports beside each other."""

    qgd: Literal[1] = Field(default=1, description="Version of this format.")
    compiler: str = Field(description="Version of the compiler.")
    before: str = Field(description="The first report.")
    after: str = Field(description="The second report.")
    moves: tuple[Move, ...] = Field(description="What differs.")
    attribution: Attribution | None = Field(description="What moved the T count; null without one.")

    def to_page(self) -> Page:
        """The document laid out for people."""
        from qgd_compiler.regression.page import difference_page

        return difference_page(self)


def check_schema() -> dict[str, Any]:
    """The JSON Schema of the results of `qgd check` and `qgd lock`."""
    return schema_of(Results, "check.schema")


def diff_schema() -> dict[str, Any]:
    """The JSON Schema of a difference."""
    return schema_of(Difference, "diff.schema")
