"""All mistakes of a spec are told at once, each with its line, its field and what to try."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qgd_compiler.errors import InputFileError, Mistake, SpecError
from qgd_compiler.spec.loader import load, loads, validate
from tests.spec.examples import SMALL, WIDE, changed, without

MANY = """\
qgd: 1
name: 2024                     # text that looks like a number
model:
  parameters: 100
  active: 101                  # more than there are
dynamics:
  learning_rte: 0.1            # misspelt, so learning_rate is missing
  iterations: 0
  iterations: 5                # twice
  momentum: high
hessian:
  kind: sum
  terms:
    - kind: banded
      offsets: [0]
      values: [1]
      flie: h.npz              # banded takes no file: nothing is near
    - kind: dens
    - norm: 3
    - {kind: sparse, row_sparsty: 3,
       symmetric: yes}
gradient:
  norm: -1
access: [qrom, qrm]
output: parametres
target:
  epsilon: 1
colour: blue
"""


def mistakes(text: str) -> list[Mistake]:
    with pytest.raises(SpecError) as caught:
        loads(text, source_name="m.yaml")
    return list(caught.value.mistakes)


def test_all_mistakes_of_a_file_are_told_at_once_in_the_order_of_the_lines() -> None:
    found = mistakes(MANY)
    assert [(m.at, m.what) for m in found] == [
        ("m.yaml:2 (name)", "expected text, got 2024"),
        ("m.yaml:5 (model.active)", "101 is more than the 100 parameters of the model"),
        ("m.yaml:6 (dynamics.learning_rate)", "'learning_rate' is missing"),
        ("m.yaml:7 (dynamics.learning_rte)", "unknown field 'learning_rte'"),
        ("m.yaml:9 (dynamics.iterations)", "the key 'iterations' stands twice, first in line 8"),
        ("m.yaml:10 (dynamics.momentum)", "'high': unknown symbol 'high' (symbols: none)"),
        ("m.yaml:17 (hessian.terms.0.flie)", "unknown field 'flie'"),
        ("m.yaml:18 (hessian.terms.1.kind)", "'dens' is not a choice"),
        ("m.yaml:19 (hessian.terms.2)", "a structure needs its 'kind'"),
        ("m.yaml:20 (hessian.terms.3.row_sparsty)", "unknown field 'row_sparsty'"),
        ("m.yaml:21 (hessian.terms.3.symmetric)", 'expected true or false, got "yes"'),
        ("m.yaml:23 (gradient.norm)", "-1 is out of range: it must be above 0"),
        ("m.yaml:24 (access.models.1)", "'qrm' is not a choice"),
        ("m.yaml:25 (output.kind)", "'parametres' is not a choice"),
        ("m.yaml:27 (target.epsilon)", "1 is out of range: it must be below 1"),
        ("m.yaml:28 (colour)", "unknown field 'colour'"),
    ]


def test_a_remedy_names_the_nearest_field_that_may_stand_there_and_no_other() -> None:
    remedy = {m.what: m.remedy for m in mistakes(MANY)}
    assert remedy["unknown field 'learning_rte'"] == "did you mean learning_rate?"
    assert remedy["unknown field 'row_sparsty'"] == "did you mean row_sparsity?"
    assert "file" not in remedy["unknown field 'flie'"]  # a field of other kinds of matrix
    assert "periodic" in remedy["unknown field 'flie'"]
    assert remedy["'dens' is not a choice"] == "did you mean dense?"
    assert remedy["'qrm' is not a choice"] == "did you mean qrom?"
    assert remedy["'parametres' is not a choice"] == "did you mean parameters?"
    assert remedy["'learning_rate' is missing"] == "add learning_rate: …"
    assert remedy["expected text, got 2024"] == "put it in quotes"
    assert remedy["unknown field 'colour'"].startswith("one of access, baseline, displacement, ")


@pytest.mark.parametrize(
    ("path", "value", "at", "what"),
    [
        ("name", "", "name", "at least 1 character"),
        ("name", "x" * 201, "name", "at most 200 characters"),
        ("name", "a\x1b[2Jb", "name", "the control character U+001B"),
        ("name", "two\nlines", "name", "the control character U+000A"),
        ("gradient.file", "a\x85", "gradient.file", "the control character U+0085"),
        ("target.epsilon", {"value": 0.1, "ref": "\x00"}, "target.epsilon.ref", "U+0000"),
        ("model", 5, "model", "expected a mapping, got 5"),
        ("dynamics", None, "dynamics", "expected a mapping, got nothing"),
        ("dynamics.expansion", [1], "dynamics.expansion", "expected a mapping, got [1]"),
        ("dynamics.on_not_dissipative", "stop", "dynamics.on_not_dissipative", "'stop' is not a choice"),
        ("hessian", {"kind": "sum", "terms": []}, "hessian.terms", "the list is empty"),
        ("hessian", {"kind": "sum", "terms": 3}, "hessian.terms", "expected a list, got 3"),
        (
            "hessian",
            {"kind": "banded", "offsets": [True], "values": [1]},
            "hessian.offsets.0",
            "whole number",
        ),
        ("hessian", {"kind": "sparse", "sparse": 1}, "hessian.sparse", "unknown field 'sparse'"),
        ("hessian", {"kind": "low_rank", "n": 3}, "hessian", "either a file or a rank"),
        ("hessian", {"kind": "dense", "lambda_min": 2, "lambda_max": 1}, "hessian", "lambda_min is 2, above"),
        ("gradient", {}, "gradient", "give either a file or a norm"),
        ("gradient", {"file": "g.npy", "norm": 1}, "gradient", "give either a file or a norm"),
        ("gradient", {"norm": 1, "key": "g"}, "gradient", "'key' names an array of a file"),
        ("hardware", {"preset": "ions"}, "hardware.preset", "'ions' is not a choice"),
        ("hardware", {}, "hardware", "either a preset or a qubit"),
        ("hardware", {"preset": "ions_1e-3", "distance": 8}, "hardware.distance", "odd and at least 3"),
        (
            "hardware",
            {"preset": "ions_1e-3", "distance": 9, "max_distance": 7},
            "hardware",
            "the distance 9 is above max_distance 7",
        ),
        (
            "hardware",
            {"preset": "ions_1e-3", "factories": "ccz2t"},
            "hardware",
            "belong to the model gidney_fowler, not to beverland",
        ),
        (
            "hardware",
            {"preset": "ions_1e-3", "error_budget": {"total": 0.1, "magic": 0.1}},
            "hardware.error_budget",
            "either a total, or logical, magic and rotations",
        ),
        (
            "hardware",
            {"preset": "ions_1e-3", "error_budget": {"logical": 0.5, "magic": 0.5, "rotations": 0.1}},
            "hardware.error_budget",
            "add up to 1 or more",
        ),
        ("gradient", {"file": ""}, "gradient.file", "at least 1 character"),
        ("access", {"models": []}, "access.models", "the list is empty"),
        ("access", ["qrom", "qrom"], "access", "stands twice"),
        ("access", 5, "access", "expected a mapping, got 5"),
        ("output", {"kind": "state", "precision": 0.1}, "output", "takes no precision"),
        ("output", "top_k", "output", "needs k"),
        ("output", {"kind": "state", "failure": 0.1}, "output", "takes no failure"),
        ("output", {"kind": "parameters", "threshold": 0.1}, "output", "'parameters' takes no threshold"),
        ("output", {"kind": "parameters", "reference": {"norm": 1}}, "output", "takes no reference"),
        ("dynamics.warm_up", 7, "dynamics", "7 classical steps leave nothing of 7"),
        (
            "baseline",
            {"machines": [{"preset": "h100", "watts": 5}]},
            "baseline.machines.0",
            "either a preset",
        ),
        (
            "baseline",
            {"machines": [{"name": "x", "flops": 1}]},
            "baseline.machines.0",
            "needs a name, a bandwidth",
        ),
        ("baseline", {"machines": []}, "baseline.machines", "the list is empty"),
        ("output", {"kind": "overlap", "k": 3}, "output", "'overlap' takes no k"),
        ("symbols", {"min": 3}, "symbols.min", "'min' cannot name a symbol"),
        ("symbols", {"lambda": 3}, "symbols.lambda", "'lambda' cannot name a symbol"),
        ("symbols", {"n": "2"}, "symbols.n", "a plain number"),
        ("symbols", {"n": True}, "symbols.n", "a plain number"),
        ("symbols", {"n": float("inf")}, "symbols.n", "inf is not a finite number"),
        ("symbols", [1], "symbols", "expected a mapping, got [1]"),
        ("qgd", True, "qgd", "expected the whole number 1"),
        ("qgd", 1.0, "qgd", "expected the whole number 1"),
        ("qgd", "1", "qgd", "'1' is not a choice"),
    ],
)
def test_one_mistake_is_told_once_at_the_field_as_the_user_wrote_it(
    path: str, value: Any, at: str, what: str
) -> None:
    with pytest.raises(SpecError) as caught:
        validate(changed(SMALL, path, value))
    (mistake,) = caught.value.mistakes
    assert mistake.at == f"<spec> ({at})"
    assert what in mistake.what


@pytest.mark.parametrize(
    "path", ["qgd", "name", "model", "dynamics", "hessian", "gradient", "dynamics.iterations"]
)
def test_a_required_field_that_is_missing_is_named(path: str) -> None:
    with pytest.raises(SpecError) as caught:
        validate(without(SMALL, path))
    (mistake,) = caught.value.mistakes
    assert mistake == Mistake(f"{path.split('.')[-1]!r} is missing", f"<spec> ({path})", mistake.remedy)


@pytest.mark.parametrize("version", [0, 2, -1])
def test_another_version_of_the_format_is_refused_alone_and_names_the_one_that_is_read(version: int) -> None:
    (mistake,) = mistakes(f"# first line\nqgd: {version}\nname: x\nnonsense: 3\n")
    assert mistake.at == "m.yaml:2 (qgd)"
    assert mistake.what == f"the spec has format {version}; this compiler reads format 1"


def test_where_gives_the_line_of_a_field_or_of_its_nearest_parent() -> None:
    text = (
        "# a comment\nqgd: 1\nname: x\n\nmodel: {parameters: 4}\n"
        "dynamics:\n  learning_rate: 0.1   # here\n  iterations:\n    5\n"
        "hessian:\n  kind: sum\n  terms:\n  - kind: identity\n  - kind: diagonal\n    n: 4\n"
        "gradient: {norm: 1}\n"
    )
    loaded = loads(text, "folder", "s.yaml")
    assert loaded.where("dynamics.learning_rate") == "s.yaml:7 (dynamics.learning_rate)"
    assert loaded.where("dynamics.iterations") == "s.yaml:8 (dynamics.iterations)"
    assert loaded.where("dynamics.momentum") == "s.yaml:6 (dynamics.momentum)"
    assert loaded.where("hessian.terms.1.n") == "s.yaml:15 (hessian.terms.1.n)"
    assert loaded.where("target.epsilon") == "s.yaml:2 (target.epsilon)"
    assert (loaded.base_dir, loaded.source_name) == (Path("folder"), "s.yaml")


def test_data_without_a_text_has_fields_but_no_lines() -> None:
    assert validate(SMALL).where("dynamics.iterations") == "<spec> (dynamics.iterations)"


def test_json_has_lines_too() -> None:
    found = mistakes('{\n  "qgd": 1,\n  "name": "x",\n  "modle": 3\n}')
    assert ("m.yaml:4 (modle)", "unknown field 'modle'") in [(m.at, m.what) for m in found]


@pytest.mark.parametrize(
    ("spec", "path"), [(SMALL, "hessian"), (WIDE, "hessian.terms.4.factors.0"), (WIDE, "dynamics.expansion")]
)
def test_an_unknown_field_is_refused_at_any_depth(spec: dict[str, Any], path: str) -> None:
    with pytest.raises(SpecError) as caught:
        validate(changed(spec, f"{path}.unheard_of", 1))
    (mistake,) = caught.value.mistakes
    assert (mistake.what, mistake.at) == ("unknown field 'unheard_of'", f"<spec> ({path}.unheard_of)")


def test_the_examples_of_the_project_load(estimates: Path) -> None:
    names = sorted(estimates.glob("*.yaml"))
    assert names
    for name in names:
        loaded = load(name)
        assert loaded.base_dir == estimates
        assert loaded.where("qgd").startswith(f"{name}:")


def test_a_file_that_cannot_be_read_is_an_input_error_that_names_it(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("name: é".encode("latin-1"))
    utf16 = tmp_path / "utf16.yaml"
    utf16.write_bytes("name: x".encode("utf-16"))
    for path, reason in (
        (tmp_path / "absent.yaml", "No such file"),
        (tmp_path, "Is a directory"),
        (Path("\0"), "null"),
        (Path("/dev/zero"), "more than"),
        (latin, "not UTF-8"),
        (utf16, "not UTF-8"),
    ):
        with pytest.raises(InputFileError) as caught:
            load(path)
        assert reason in str(caught.value)
        assert caught.value.mistakes[0].remedy
