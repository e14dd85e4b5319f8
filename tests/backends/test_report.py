"""The report model: its keys, exact integers, finite floats, always the same bytes."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as SchemaViolation
from pydantic import BaseModel, ValidationError

from qgd_compiler.backends.analysis_report import Analysis, analysis_schema
from qgd_compiler.backends.report import Report, report_schema
from tests.backends.documents import HUGE, analysis, analysis_content, report, report_content

KEYS = {
    "": {
        "spec_digest", "regime", "carleman", "linear_system", "solver", "logical", "success", "error_budget",
        "alternatives", "assumptions", "total",
    },
    "regime": {"class", "growth", "margin", "reasons"},
    "carleman": {"order", "lift", "truncation_bound"},
    "linear_system": {"alpha", "inverse_norm", "kappa", "dimension", "rows"},
    "solver": {"name", "queries", "kind", "source"},
    "logical": {
        "t_count", "toffoli", "t", "rotations", "clifford", "measurement", "qubits", "qubit_breakdown",
        "by_component",
    },
    "success": {"probability", "rounds", "runs"},
    "total": {"t_count", "proven", "heuristic"},
}  # fmt: skip


@pytest.mark.parametrize("part", KEYS)
def test_the_json_has_the_keys_that_others_read(part: str) -> None:
    content = json.loads(report().to_json())
    assert KEYS[part] <= set(content[part] if part else content)


@pytest.mark.parametrize(
    ("made", "content"),
    [(report(), report_content()), (analysis(), analysis_content())],
    ids=["report", "analysis"],
)
def test_what_is_written_is_what_was_put_in(made: Report | Analysis, content: dict[str, Any]) -> None:
    assert json.loads(made.to_json()) == content


def test_an_integer_of_any_size_is_written_with_all_its_digits() -> None:
    assert f'"t_count": {HUGE},' in report().to_json()


def test_the_same_content_gives_the_same_bytes_whatever_the_order_it_came_in() -> None:
    content = report_content()
    backwards = dict(reversed(content.items()))
    backwards["total"] = dict(reversed(content["total"].items()))
    assert Report.model_validate(backwards).to_json() == report().to_json()
    assert report().to_json().endswith("}\n")


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize(
    "path", [("regime", "growth_over_run"), ("linear_system", "kappa"), ("success", "runs")]
)
def test_an_infinity_is_refused_and_null_says_unknown(path: tuple[str, str], bad: float) -> None:
    content = report_content()
    content[path[0]][path[1]] = bad
    with pytest.raises(ValidationError, match="finite"):
        Report.model_validate(content)
    content = report_content()
    content["regime"]["growth_over_run"] = None
    assert json.loads(Report.model_validate(content).to_json())["regime"]["growth_over_run"] is None


def test_an_infinite_value_of_an_assumption_is_refused() -> None:
    content = report_content()
    content["assumptions"][0]["value"] = math.inf
    with pytest.raises(ValidationError, match="finite"):
        Report.model_validate(content)


def test_an_infinity_that_slipped_past_the_checks_is_not_written() -> None:
    slipped = report().model_copy(
        update={"carleman": report().carleman.model_copy(update={"truncation_bound": math.inf})}
    )
    with pytest.raises(ValueError, match="not JSON compliant"):
        slipped.to_json()


def test_a_field_that_does_not_exist_is_refused() -> None:
    content = report_content()
    content["logical"]["magic_states"] = 3
    with pytest.raises(ValidationError, match="magic_states"):
        Report.model_validate(content)


def test_a_report_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        report().total.t_count = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("schema", "content"),
    [(report_schema(), report_content()), (analysis_schema(), analysis_content())],
    ids=["report", "analysis"],
)
def test_the_schema_is_valid_and_accepts_what_is_written(
    schema: dict[str, Any], content: dict[str, Any]
) -> None:
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(content)


@pytest.mark.parametrize(
    ("path", "bad"),
    [
        (("total", "t_count"), -1),
        (("total", "t_count"), 1.5),
        (("success", "probability"), 1.1),
        (("solver", "kind"), "guess"),
        (("weakest_source",), "hearsay"),
        (("regime", "class"), None),
        (("carleman", "order"), 0),
    ],
)
def test_the_schema_refuses_what_the_model_refuses(path: tuple[str, ...], bad: Any) -> None:
    content = copy.deepcopy(report_content())
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = bad
    with pytest.raises(ValidationError):
        Report.model_validate(content)
    with pytest.raises(SchemaViolation):
        Draft202012Validator(report_schema()).validate(content)


def _models(model: type[BaseModel], seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    seen.add(model)
    for field in model.model_fields.values():
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())]
        for candidate in candidates:
            if isinstance(candidate, type) and issubclass(candidate, BaseModel) and candidate not in seen:
                _models(candidate, seen)
    return seen


@pytest.mark.parametrize("root", [Report, Analysis])
def test_every_field_has_a_description(root: type[BaseModel]) -> None:
    models = _models(root, set())
    assert len(models) >= 8
    missing = [f"{m.__name__}.{n}" for m in models for n, f in m.model_fields.items() if not f.description]
    assert missing == []
