"""The committed record of what was proven, which reports read and `qgd verify --all --record` writes anew."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from qgd_compiler.backends.proof_report import Family, ProofReport
from qgd_compiler.errors import ProofError

PATH = Path(__file__).with_name("record.json")
RELATIVE = 1e-4  # by which measured numbers may differ between machines
SMALLEST = 1e-7


@lru_cache(maxsize=1)
def record() -> ProofReport:
    """The record that the compiler was built with."""
    return ProofReport.model_validate_json(PATH.read_text("utf-8"))


def differences(found: ProofReport, kept: ProofReport) -> list[str]:
    """Where a report differs from the record: every field equal, measured numbers to `RELATIVE`."""
    said = {f.name: f for f in kept.families}
    told = {f.name: f for f in found.families}
    lost = [f"{name} is in the record alone" for name in said if name not in told]
    new = [f"{name} is not in the record" for name in told if name not in said]
    return [*lost, *new, *(line for name in told if name in said for line in _of(told[name], said[name]))]


def insist_on_record(found: ProofReport) -> None:
    """ProofError where a report differs from the record."""
    lines = differences(found, record())
    if lines:
        raise ProofError(
            f"what was found differs from the record in {len(lines)} places, first: {lines[0]}",
            at=PATH.name,
            remedy="look why; then qgd verify --all --record",
        )


def _of(found: Family, kept: Family) -> list[str]:
    return [
        f"{found.name}: {name} is {new!r}, the record says {old!r}"
        for name, new, old in _pairs("", found, kept)
        if not _same(new, old)
    ]


def _pairs(name: str, found: BaseModel, kept: BaseModel) -> list[tuple[str, Any, Any]]:
    pairs: list[tuple[str, Any, Any]] = []
    for field in type(found).model_fields:
        new, old = getattr(found, field), getattr(kept, field)
        if isinstance(new, BaseModel) and isinstance(old, BaseModel):
            pairs += _pairs(f"{name}{field}.", new, old)
        else:
            pairs.append((f"{name}{field}", new, old))
    return pairs


def _same(new: Any, old: Any) -> bool:
    if isinstance(new, float) and isinstance(old, float):
        return math.isclose(new, old, rel_tol=RELATIVE, abs_tol=SMALLEST)
    return bool(new == old)


def as_json(report: ProofReport) -> str:
    """The record as text; the version of the compiler that wrote it is not part of what is compared."""
    return json.dumps(json.loads(report.to_json()), indent=1, ensure_ascii=False) + "\n"
