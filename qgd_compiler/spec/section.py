"""The base of every part of a spec."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the spec; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
