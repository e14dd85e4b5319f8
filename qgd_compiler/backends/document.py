"""What every JSON document of the compiler shares: frozen, closed, finite, and always the same bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from qgd_compiler.kinds import Source

if TYPE_CHECKING:
    from qgd_compiler.backends.page import Page

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"

Count = Annotated[int, Field(ge=0)]
Number = int | FiniteFloat
Positive = Annotated[FiniteFloat, Field(gt=0)]
Probability = Annotated[FiniteFloat, Field(ge=0, le=1)]


class Part(BaseModel):
    """A piece of a document. Unknown fields are refused, and so are infinities and NaN: unknown is null."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Fact(Part):
    """A number about the input, and where it comes from."""

    value: Number = Field(description="The number.")
    source: Source = Field(description="Where it comes from.")


class Assumption(Part):
    """An input that the result rests on."""

    name: str = Field(description="What is taken as given.")
    value: Number | str | None = Field(description="Its value; null where a convention has no number.")
    source: Source = Field(description="Where it comes from, strongest first: exact to assumed.")
    ref: str = Field(default="", description="The paper, file or measurement behind it.")
    where: str = Field(default="", description="File, line and field of the spec that says so.")


class Document(Part):
    """A whole document, always written alike: fixed order of keys, exact integers, final newline."""

    def to_json(self) -> str:
        """The document as JSON text; the same content gives the same bytes."""
        content = self.model_dump(mode="json", by_alias=True)
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def to_page(self) -> Page | None:
        """The document laid out for people; None where nobody has laid it out."""
        return None

    def _repr_html_(self) -> str | None:
        """What a notebook shows: verdict and first tables. None: its plain text."""
        from qgd_compiler.backends.html.notebook import notebook_html

        page = self.to_page()
        return None if page is None else notebook_html(page)


def schema_of(model: type[Document], name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what `model` writes; `name` is its file name without the ending."""
    schema = model.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": SCHEMA_DIALECT, "$id": f"urn:qgd:{name}", **schema}
