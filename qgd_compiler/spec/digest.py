"""The identity of a spec: what it means, not how it is written."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from qgd_compiler.spec.models import Spec


def spec_digest(spec: Spec, files: dict[str, str] | None = None) -> str:
    """SHA-256 of the resolved spec with all defaults, and of the data files it names (path → content digest).

    Comments, order, notation and expressions do not count; values, sources and references do.
    """
    content = {"spec": _meaning(spec.model_dump(mode="json", exclude={"symbols"})), "files": files or {}}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _meaning(value: Any) -> Any:
    """The value without the expressions that numbers were written as; 4 and 4.0 are one number."""
    if isinstance(value, dict):
        return {k: _meaning(v) for k, v in value.items() if k != "expression"}
    if isinstance(value, list):
        return [_meaning(v) for v in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value
