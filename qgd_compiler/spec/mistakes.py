"""Pydantic's errors in our words: what is wrong, with the value, the path as the user wrote it, and a remedy."""

from __future__ import annotations

import difflib
import json
from typing import Any, get_args

from pydantic import BaseModel

from qgd_compiler.spec.models import Spec
from qgd_compiler.spec.quantity import Quantity
from qgd_compiler.spec.source_text import Keys

_EXPECTED = {
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dict_type": "a mapping",
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "tuple_type": "a list",
    "list_type": "a list",
}


def explain(error: Any) -> tuple[Keys, str, str] | None:
    """One error of pydantic: the path of the field, what is wrong, and what to try (may be empty).

    None for an error that only follows from others: a list is "too short" when its elements are wrong.
    """
    path, fields = _path_and_fields(error["loc"])
    kind, value, context = error["type"], error.get("input"), error.get("ctx", {})
    name = str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(name, fields, n=3)
        remedy = f"did you mean {' or '.join(near)}?" if near else f"one of {', '.join(fields)}"
        return path, f"unknown field {name!r}", remedy
    if kind == "missing":
        return path, f"{name!r} is missing", f"add {name}: …"
    if kind == "union_tag_not_found":
        kinds = ", ".join(_kind(m) for m in _models_in(Spec.model_fields["hessian"].annotation))
        return path, "a structure needs its 'kind'", f"kind: one of {kinds}"
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        given = context["tag"] if kind == "union_tag_invalid" else value
        choices = (
            str(context.get("expected", context.get("expected_tags"))).replace("'", "").replace(" or ", ", ")
        )
        near = difflib.get_close_matches(str(given), choices.split(", "), n=1)
        path = (*path, "kind") if kind == "union_tag_invalid" else path
        return path, f"{given!r} is not a choice", f"did you mean {near[0]}?" if near else f"one of {choices}"
    if kind == "value_error":
        return path, str(context["error"]), ""
    if kind == "too_short":
        return None if value else (path, "the list is empty", "at least one element")
    if kind in _EXPECTED:
        plain = kind == "string_type" and isinstance(value, int | float)
        remedy = "put it in quotes" if plain else ""
        return path, f"expected {_EXPECTED[kind]}, got {_shown(value)}", remedy
    return path, f"{error['msg'][:1].lower()}{error['msg'][1:]} (got {_shown(value)})", ""


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."


def _path_and_fields(location: tuple[str | int, ...]) -> tuple[Keys, list[str]]:
    """Pydantic's location without the tags of unions, and the fields that may stand beside its end."""
    path: list[str | int] = []
    here: list[type[BaseModel]] = [Spec]
    fields: list[str] = []
    for part in location:
        if isinstance(part, int):  # an element of a list of what is here
            path.append(part)
        elif len(here) > 1:  # a union of structures: the tag chooses
            here = [model for model in here if _kind(model) == part]
        elif part != "[key]":
            path.append(part)
            fields = sorted(here[0].model_fields) if here else []
            known = here[0].model_fields.get(part) if here else None
            here = [m for m in _models_in(known.annotation) if not issubclass(m, Quantity)] if known else []
    return tuple(path), fields


def _kind(model: type[BaseModel]) -> str:
    return str(get_args(model.model_fields["kind"].annotation)[0])


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models_in(inner)]
