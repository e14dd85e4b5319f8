"""Numbers in a spec: plain, as an expression over the spec's symbols, or with a source and a reference."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from qgd_compiler.kinds import Source
from qgd_compiler.spec.expressions import Number, evaluate, finite
from qgd_compiler.spec.section import Lines


class Quantity(BaseModel):
    """A resolved number: `value` (an int stays exact), `source`, `ref` and the expression it was written as."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    default_source: ClassVar[Source] = Source.EXACT

    value: int | float
    source: Source
    ref: Lines = ""
    expression: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _resolve(cls, data: Any, info: ValidationInfo) -> Any:
        if isinstance(data, Quantity):
            return data.model_dump()
        given = dict(data) if isinstance(data, dict) else {"value": data}
        unknown = [key for key in given if key not in ("value", "source", "ref")]
        if unknown:
            raise ValueError(f"unknown key {unknown[0]!r}: a number has value, source and ref")
        if "value" not in given:
            raise ValueError("a number written as a mapping needs the key 'value'")
        given.setdefault("source", cls.default_source)
        value = given["value"]
        if isinstance(value, str):
            symbols: dict[str, Number] = (info.context or {}).get("symbols", {})
            return {**given, "value": evaluate(value, symbols), "expression": value}
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"expected a number or an expression, got {_named(value)}")
        finite(value)
        return given

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {
            "title": cls.__name__,
            "description": (cls.__doc__ or "").split("\n")[0],
            "anyOf": [
                {"type": "number"},
                {"type": "string", "minLength": 1, "description": "An expression over the spec's symbols."},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["value"],
                    "properties": {
                        "value": {
                            "type": ["number", "string"],
                            "description": "The number, or an expression.",
                        },
                        "source": {"enum": [s.value for s in Source], "description": "Where it comes from."},
                        "ref": {"type": "string", "description": "The paper, file or measurement behind it."},
                    },
                },
            ],
        }

    def plain(self) -> Any:
        """The shortest way to write it in a spec; loading that gives an equal quantity."""
        value = self.value if self.expression is None else self.expression
        if self.source is self.default_source and not self.ref:
            return value
        full: dict[str, Any] = {"value": value, "source": self.source.value}
        return {**full, "ref": self.ref} if self.ref else full


def _named(value: Any) -> str:
    """The kind of a value in the words of YAML."""
    names = {bool: "true or false", list: "a list", dict: "a mapping", type(None): "nothing"}
    return names.get(type(value), type(value).__name__)


class Setting(Quantity):
    """A number that the user chooses; written plainly it is exact."""

    default_source: ClassVar[Source] = Source.EXACT


class Property(Quantity):
    """A number that describes the model; written plainly, without a source, it is assumed."""

    default_source: ClassVar[Source] = Source.ASSUMED


@dataclass(frozen=True)
class Within:
    """The range of a number, checked after it is resolved; it stands in the JSON Schema too."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    integer: bool = False

    def check(self, quantity: Quantity) -> Quantity:
        """The quantity itself, if in range; whole numbers written as 1e6 become exact integers."""
        if self.integer and isinstance(quantity.value, float):
            quantity = quantity.model_copy(update={"value": _whole(quantity)})
        value = quantity.value
        limits: tuple[tuple[float | None, Callable[[Any, Any], bool], str], ...] = (
            (self.ge, operator.ge, "at least"),
            (self.gt, operator.gt, "above"),
            (self.le, operator.le, "at most"),
            (self.lt, operator.lt, "below"),
        )
        for limit, holds, words in limits:
            if limit is not None and not holds(value, limit):
                raise ValueError(f"{value} is out of range: it must be {words} {limit:g}")
        return quantity

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        # the keywords of numbers do not concern strings and mappings
        limits = {
            "minimum": self.ge,
            "exclusiveMinimum": self.gt,
            "maximum": self.le,
            "exclusiveMaximum": self.lt,
        }
        number: dict[str, Any] = {name: limit for name, limit in limits.items() if limit is not None}
        if self.integer:
            number["multipleOf"] = 1
        return {**handler(schema), **number, "properties": {"value": number}}


def _whole(quantity: Quantity) -> int:
    """The integer that a float stands for: 1e23 is 10**23, which no float is."""
    value = float(quantity.value)
    if not value.is_integer():
        raise ValueError(f"{value} is not a whole number")
    try:
        return int(Decimal(repr(value) if quantity.expression is None else quantity.expression.strip()))
    except ArithmeticError:  # an expression and not a literal
        if abs(value) < 2**53:
            return int(value)
        raise ValueError(f"{value} was rounded on the way: use integers, with // for a division") from None
