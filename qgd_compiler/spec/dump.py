"""Write a spec as YAML or JSON: what was given or differs from the defaults, in the order of the models."""

from __future__ import annotations

import io
import json
from typing import Any

from pydantic import BaseModel

from qgd_compiler.spec.models import Spec
from qgd_compiler.spec.quantity import Quantity


def to_plain(spec: Spec) -> dict[str, Any]:
    """The spec as plain dicts, lists and numbers; loading it gives an equal spec."""
    plain = _plain(spec)
    assert isinstance(plain, dict)
    return plain


def to_json(spec: Spec) -> str:
    """The spec as JSON text."""
    return json.dumps(to_plain(spec), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_yaml(spec: Spec) -> str:
    """The spec as YAML text."""
    from ruamel.yaml import YAML

    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.width = 110
    stream = io.StringIO()
    writer.dump(to_plain(spec), stream)
    return stream.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, Quantity):
        return value.plain()
    if isinstance(value, BaseModel):
        result: dict[str, Any] = {}
        for name, info in type(value).model_fields.items():
            inner = getattr(value, name)
            given = name in value.model_fields_set
            if inner is not None and (given or inner != info.get_default(call_default_factory=True)):
                result[name] = _plain(inner)
        return {"kind": result.pop("kind"), **result} if "kind" in result else result
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    return value
