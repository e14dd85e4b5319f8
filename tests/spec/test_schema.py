"""The JSON Schema accepts what the compiler accepts, refuses what it can refuse, and describes every field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from qgd_compiler.errors import SchemaError, SpecError
from qgd_compiler.spec import schema
from qgd_compiler.spec.loader import load, validate
from tests.spec.examples import SMALL, WIDE, changed, without
from tests.spec.test_quantities import RANGES

SCHEMA = schema.spec_schema()
CHECK = Draft202012Validator(SCHEMA)

GOOD = [
    SMALL,
    WIDE,
    *(changed(SMALL, path, value) for path, inside, _ in RANGES for value in inside),
    *(changed(SMALL, "access", v) for v in ("auto", "qrom", ["qram"], {"models": ["arithmetic"]}, {})),
    *(changed(SMALL, "output", v) for v in ("state", "overlap", {"kind": "parameters"}, {})),
    *(
        changed(SMALL, "hardware", {"preset": "ions_1e-4", **more})
        for more in (
            {},
            {"distance": "auto"},
            {"distance": 15.0},
            {"distance": 15, "max_distance": 21},
            {"factories": "15_to_1"},
            {"factories": 4},
            {"factories": {"kind": "ccz2t", "number": 2}, "model": "gidney_fowler", "reaction_time": 1e4},
            {"error_budget": 1e-3},
            {"error_budget": {"logical": 1e-3, "magic": 1e-3, "rotations": 0}},
            {"objective": "volume", "max_qubits": 1e6, "max_runtime": 3600.5},
            {"threshold": 0.02, "prefactor": 0.1, "code": "surface", "routing_overhead": 0.2},
        )
    ),
    changed(SMALL, "hardware", {"qubit": {"gate_time": 20, "measurement_time": 200, "gate_error": "1e-3/2"}}),
    changed(SMALL, "hardware", "majorana_1e-6"),
    changed(SMALL, "model.active", None),
    changed(SMALL, "gradient", {"file": "g", "norm": None}),
    changed(SMALL, "dynamics.iterations", 1e6),
]
# a schema cannot evaluate an expression or compare two fields
ONLY_OURS = [changed(SMALL, "model.active", 13), changed(SMALL, "hessian.lambda_min", "x")]
BAD = [
    *(without(SMALL, key) for key in SMALL),
    *(changed(SMALL, path, value) for path, _, outside in RANGES for value in outside if path != "spectrum"),
    *(changed(SMALL, "qgd", v) for v in (2, "1", True, None)),
    *(changed(SMALL, "name", v) for v in ("", "x" * 201, 3, None)),
    *(changed(SMALL, "access", v) for v in ("ram", [], ["qrom", "qrom"], {"models": []}, 5, {"price": 3})),
    *(changed(SMALL, "output", v) for v in ("top", {"kind": "all"}, 5)),
    *(changed(SMALL, "gradient", v) for v in ({}, {"file": "g", "norm": 1}, {"file": ""}, 3)),
    *(changed(SMALL, "symbols", v) for v in ({"a b": 1}, {"n": "2"}, {"n": True}, [1])),
    *(
        changed(SMALL, "dynamics.iterations", v)
        for v in (1.5, True, [1], {}, {"value": 1.5}, {"value": 0}, "")
    ),
    *(
        changed(SMALL, "hardware", {"preset": "ions_1e-4", **more})
        for more in (
            {"preset": "x"},
            {"preset": None},
            {"qubit": {"gate_time": 20, "measurement_time": 200, "gate_error": 1e-3}},
            {"distance": 14},
            {"distance": 1},
            {"distance": 15.5},
            {"distance": True},
            {"max_distance": 20},
            {"factories": 0},
            {"factories": "magic"},
            {"error_budget": 0},
            {"error_budget": 1},
            {"error_budget": {}},
            {"error_budget": {"total": 1e-3, "magic": 1e-3}},
            {"error_budget": {"logical": 1e-3, "magic": 1e-3}},
            {"objective": "money"},
            {"max_qubits": 0},
            {"max_runtime": 0},
            {"threshold": 0},
            {"reaction_time": 1.5},
        )
    ),
    changed(SMALL, "hardware", {"qubit": {"gate_time": 20, "gate_error": 1e-3}}),
    changed(SMALL, "hardware", "x"),
    changed(SMALL, "hardware", 5),
    changed(SMALL, "dynamics.iterations", {"value": 3, "source": "rumour"}),
    changed(SMALL, "dynamics.iterations", {"value": 3, "note": "x"}),
    changed(SMALL, "dynamics.allow_divergence", "yes"),
    changed(SMALL, "hessian", {"norm": 3}),
    changed(SMALL, "hessian", {"kind": "dens"}),
    changed(SMALL, "hessian", {"kind": "sum", "terms": []}),
    changed(SMALL, "hessian", {"kind": "sum", "terms": [{"kind": "identity", "m": 3}]}),
    changed(SMALL, "hessian", {"kind": "banded", "offsets": [0.5], "values": [1]}),
    changed(SMALL, "hessian", {"kind": "low_rank", "n": 4}),
    changed(SMALL, "hessian.unheard_of", 1),
    changed(SMALL, "unheard_of", 1),
]


def accepted(spec: Any) -> bool:
    try:
        validate(spec)
    except SpecError:
        return False
    return True


@pytest.mark.parametrize("spec", GOOD)
def test_a_good_spec_passes_schema_and_compiler_alike(spec: Any) -> None:
    assert (CHECK.is_valid(spec), accepted(spec)) == (True, True), list(CHECK.iter_errors(spec))


@pytest.mark.parametrize("spec", [s for s in BAD if s not in ONLY_OURS])
def test_a_bad_spec_is_refused_by_schema_and_compiler_alike(spec: Any) -> None:
    assert (CHECK.is_valid(spec), accepted(spec)) == (False, False)


def test_the_examples_of_the_project_pass_a_generic_validator(estimates: Path) -> None:
    from ruamel.yaml import YAML

    for path in estimates.glob("*.yaml"):
        load(path)
        CHECK.validate(YAML(typ="safe", pure=True).load(path.read_text()))


def test_the_schema_is_one_and_does_not_depend_on_the_moment() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert schema.spec_schema() == SCHEMA
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"$id", "title", "description"} <= set(SCHEMA)


def test_every_field_says_what_it_is() -> None:
    def fields(part: Any, at: str) -> list[str]:
        found = []
        if isinstance(part, dict):
            for name, field in part.get("properties", {}).items():
                # the keys of a number are described where the number is, ranges only narrow them
                narrowing = "$ref" in part or any(word in at for word in ("oneOf", ".if", ".then", ".else"))
                if set(field) <= {"$ref", "default"}:
                    field = SCHEMA["$defs"][field["$ref"].split("/")[-1]]
                if not narrowing and len(field.get("description", "")) < 3:
                    found.append(f"{at}.{name}")
            for key, inner in part.items():
                found += fields(inner, f"{at}.{key}")
        elif isinstance(part, list):
            for i, inner in enumerate(part):
                found += fields(inner, f"{at}.{i}")
        return found

    assert fields(SCHEMA, "") == []


def test_the_documented_defaults_are_specs_themselves() -> None:
    properties = SCHEMA["$defs"]["Target"]["properties"]
    assert properties["epsilon"]["default"] == 0.01
    spelt_out = {name: field["default"] for name, field in SCHEMA["properties"].items() if "default" in field}
    spelt_out = {name: value for name, value in spelt_out.items() if value is not None}
    assert validate({**SMALL, **spelt_out}).spec == validate(SMALL).spec


def registry(content: dict[str, Any]) -> schema.Registry:
    return {"a.json": lambda: content, "b.json": schema.spec_schema}


def test_schemas_that_were_written_are_current(tmp_path: Path) -> None:
    assert schema.write(tmp_path / "new", registry({"x": 1})) == ["a.json", "b.json"]
    assert schema.check(tmp_path / "new", registry({"x": 1})) == ["a.json", "b.json"]
    assert (tmp_path / "new" / "a.json").read_text() == '{\n  "x": 1\n}\n'


def test_every_schema_that_is_missing_or_stale_is_named(tmp_path: Path) -> None:
    schema.write(tmp_path, registry({"x": 1}))
    (tmp_path / "b.json").unlink()
    with pytest.raises(SchemaError) as caught:
        schema.check(tmp_path, registry({"x": 2}))
    assert [m.what.removeprefix(f"{tmp_path}/").split(" ")[0] for m in caught.value.mistakes] == [
        "a.json",
        "b.json",
    ]
    assert all(m.remedy for m in caught.value.mistakes)


def test_the_committed_schema_of_the_spec_is_current(project: Path) -> None:
    assert schema.check(project / "schemas", {"spec.schema.json": schema.spec_schema})
