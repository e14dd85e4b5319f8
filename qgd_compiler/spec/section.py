"""The base of every part of a spec."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

FileName = Annotated[str, Field(min_length=1)]
Flag = StrictBool
Whole = StrictInt


class Section(BaseModel):
    """A part of the spec; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def exactly_one(first: str, second: str) -> dict[str, Any]:
    """What the JSON Schema of a section says where exactly one of two fields must be given."""
    return {
        "oneOf": [
            {"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in (first, second)
        ]
    }
