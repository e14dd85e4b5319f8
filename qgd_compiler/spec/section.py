"""The base of every part of a spec."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt


def _printable(text: str, besides: str = "") -> str:
    """Refuse characters that would act on a terminal or break a line of a report."""
    for character in text:
        if character not in besides and unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            raise ValueError(f"the control character U+{ord(character):04X} stands in the text")
    return text


def _printable_lines(text: str) -> str:
    return _printable(text, "\n\t")


Line = Annotated[str, AfterValidator(_printable)]
Lines = Annotated[str, AfterValidator(_printable_lines)]
# The length stands before the validator: after it, pydantic would count "items".
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
FileName = Annotated[str, Field(min_length=1), AfterValidator(_printable)]
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
