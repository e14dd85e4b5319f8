"""JSON Schemas: generated from the models, committed, and compared with what is committed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from qgd_compiler.errors import Mistake, SchemaError
from qgd_compiler.kinds import Source
from qgd_compiler.spec.models import Spec

Registry = Mapping[str, Callable[[], dict[str, Any]]]


def spec_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a spec."""
    schema = _short_defaults(Spec.model_json_schema(mode="validation"))
    schema["title"] = "qgd spec"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:qgd:spec.schema", **schema}


def _short_defaults(value: Any) -> Any:
    """Default numbers as a user would write them: 0.01, or a mapping with its source where that is not `exact`."""
    if isinstance(value, list):
        return [_short_defaults(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if {"value", "source", "ref", "expression"} == set(value):
        plain = value["source"] == Source.EXACT and not value["ref"]
        return value["value"] if plain else {key: value[key] for key in ("value", "source", "ref")}
    return {key: _short_defaults(inner) for key, inner in value.items()}


def write(directory: Path, registry: Registry) -> list[str]:
    """Write every schema of the registry into a folder; the file names."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, generate in registry.items():
        (directory / name).write_text(_text(generate()), encoding="utf-8")
    return list(registry)


def check(directory: Path, registry: Registry) -> list[str]:
    """The file names, if every committed schema is what the code generates; else SchemaError naming each."""
    mistakes = []
    for name, generate in registry.items():
        path = directory / name
        if not path.is_file():
            mistakes.append(Mistake(f"{path} is missing", str(path), "qgd schema"))
        elif path.read_text(encoding="utf-8") != _text(generate()):
            mistakes.append(Mistake(f"{path} differs from what the code generates", str(path), "qgd schema"))
    if mistakes:
        raise SchemaError("schemas are out of date", mistakes=mistakes)
    return list(registry)


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
