"""Numbers in a spec: plain, as an expression over the spec's symbols, or with a source and a reference."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
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
from qgd_compiler.spec.expressions import Number, evaluate


class Quantity(BaseModel):
    """A resolved number: `value` (an int stays exact), `source`, `ref` and the expression it was written as."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    default_source: ClassVar[Source] = Source.EXACT

    value: int | float
    source: Source
    ref: str = ""
    expression: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _resolve(cls, data: Any, info: ValidationInfo) -> Any:
        if isinstance(data, Quantity):
            return data.model_dump()
        given = dict(data) if isinstance(data, dict) else {"value": data}
        unknown = set(given) - {"value", "source", "ref", "expression"}
        if unknown:
            raise ValueError(f"unknown key {sorted(unknown)[0]!r}: a number has value, source and ref")
        if "value" not in given:
            raise ValueError("a number written as a mapping needs the key 'value'")
        given.setdefault("source", cls.default_source)
        value = given["value"]
        if isinstance(value, str):
            symbols: dict[str, Number] = (info.context or {}).get("symbols", {})
            given["expression"] = value
            given["value"] = evaluate(value, symbols)
        elif isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"expected a number or an expression, got {type(value).__name__}")
        elif not math.isfinite(value):
            raise ValueError(f"{value} is not a finite number")
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
                        "expression": {
                            "type": ["string", "null"],
                            "description": "How the value was written.",
                        },
                    },
                },
            ],
        }

    def plain(self) -> Any:
        """The shortest way to write it in a spec."""
        if self.source is self.default_source and not self.ref:
            return self.value
        full: dict[str, Any] = {"value": self.value, "source": self.source.value}
        return {**full, "ref": self.ref} if self.ref else full


class Setting(Quantity):
    """A number that the user chooses; written plainly it is exact."""

    default_source: ClassVar[Source] = Source.EXACT


class Property(Quantity):
    """A number that describes the model; written plainly, without a source, it is assumed."""

    default_source: ClassVar[Source] = Source.ASSUMED


@dataclass(frozen=True)
class Within:
    """The range of a number, checked after it is resolved."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    integer: bool = False

    def check(self, quantity: Quantity) -> Quantity:
        """The quantity itself, if in range; integers written as 1e6 become exact integers."""
        value = quantity.value
        if self.integer and isinstance(value, float):
            if not value.is_integer():
                raise ValueError(f"{value} is not a whole number")
            quantity = quantity.model_copy(update={"value": int(value)})
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
