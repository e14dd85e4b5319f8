"""`qgd explain`: a tree in every format, the part that is asked for, and mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

import qgd_compiler
from qgd_compiler.api import SCHEMAS
from qgd_compiler.cli.main import main
from qgd_compiler.errors import UsageError


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small quadratic model without data; one way to read tables, so that it compiles at once."""
    path = tmp_path_factory.mktemp("explain") / "declared.json"
    content = {
        "qgd": 1,
        "name": "declared",
        "model": {"parameters": 64},
        "dynamics": {"learning_rate": 0.1, "iterations": 20},
        "hessian": {"kind": "sparse", "n": 64, "frobenius_norm": 5.0, "lambda_min": 0.05, "lambda_max": 1.5},
        "gradient": {"norm": 1},
        "access": "qroam",
    }
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the command asks the compiler for; it gets no answer."""
    calls: list[dict[str, Any]] = []

    def explain(*_: Any, progress: Any, **options: Any) -> None:
        calls.append(options)
        raise UsageError("no answer")

    monkeypatch.setattr(qgd_compiler, "api", SimpleNamespace(explain=explain), raising=False)
    return calls


@pytest.fixture(scope="module")
def document(spec: Path) -> dict[str, Any]:
    out = spec.with_name("all.json")
    assert main(["explain", str(spec), "-o", str(out)]) == 0
    return dict(json.loads(out.read_text()))


def test_the_json_is_a_whole_and_valid_document(document: dict[str, Any]) -> None:
    jsonschema.validate(document, SCHEMAS["explain.schema.json"]())
    assert document["min_share"] == 0 and document["depth"] is None and document["component"] is None
    assert document["tree"][0]["title"] == "circuit"
    assert document["assumptions"]


def test_it_explains_what_compile_prints(spec: Path, document: dict[str, Any]) -> None:
    report = qgd_compiler.compile(spec)
    assert document["t_count"] == report.total.t_count
    assert document["t_per_circuit"] == report.logical.t_count
    assert document["spec_digest"] == report.spec_digest
    figures = {f["id"]: f["value"] for f in document["figures"]}
    assert figures["queries"] == report.solver.queries
    if report.linear_system is not None and report.linear_system.chosen:
        assert figures["kappa"] == report.linear_system.kappa
        assert figures["rows"] == report.linear_system.rows
    else:
        assert report.polynomial is not None
        assert figures["degree"] == report.polynomial.degree
        assert figures["amplitude"] == report.polynomial.amplitude
    assert figures["success"] == report.success.probability
    total = document["tree"][0]["total"]
    assert (total["toffoli"], total["clifford"]) == (report.logical.toffoli, report.logical.clifford)


def test_a_component_is_shown_alone(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(spec), "Hessian", "--min-share", "0"]) == 0
    out, err = capsys.readouterr()
    assert err == "" and "\x1b" not in out
    assert "Asked for 'Hessian'" in out
    assert "Frobenius norm tree (qroam)" in out and "1805.03662" in out
    assert "amplified run" not in out and "What it rests on" not in out


def test_depth_and_share_limit_the_tree(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(spec)]) == 0
    usual = capsys.readouterr().out
    assert main(["explain", str(spec), "--min-share", "5%", "--depth", "5"]) == 0
    short = capsys.readouterr().out
    assert len(short.splitlines()) < len(usual.splitlines())
    assert "Parts below 5 %" in short and "deeper than --depth" in short and "too small to show" in short
    assert "Parts below 0.1 %" in usual and "deeper than --depth" not in usual


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), ("0.05", 0.05), ("0", 0.0), (" 2.5 % ", 0.025)])
def test_a_share_is_a_number_or_a_percentage(text: str, share: float, asked: list[dict[str, Any]]) -> None:
    main(["explain", "a.yaml", "kappa", "--min-share", text])
    assert asked == [{"depth": None, "min_share": share}]


@pytest.mark.parametrize(("words", "share"), [([], 0.001), (["-f", "json"], 0.0), (["-o", "e.json"], 0.0)])
def test_people_are_spared_small_parts_and_json_is_whole(
    words: list[str], share: float, asked: list[dict[str, Any]]
) -> None:
    main(["explain", "a.yaml", *words])
    assert asked == [{"depth": None, "min_share": share}]


def test_markdown_is_a_nested_list(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(spec), "--format", "markdown"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("# declared")
    assert "\n- **until one circuit succeeds**" in out and "\n  - **circuit**" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["hesian"], "'hessian'"),
        (["--min-share", "many"], "is not a share"),
        (["--min-share", "120%"], "is not a share"),
        (["--depth", "-1"], "depth"),
        (["-o", "tree.docx"], ".docx"),
    ],
)
def test_a_mistake_exits_with_2_and_says_what_to_try(
    words: list[str], said: str, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", str(spec), *words]) == UsageError.exit_code
    out, err = capsys.readouterr()
    assert out == "" and said in err and "try:" in err


def test_it_is_a_function_of_the_package(spec: Path) -> None:
    steps: list[str] = []
    explained = qgd_compiler.explain(spec, "solver", depth=1, progress=steps.append)
    assert isinstance(explained, qgd_compiler.Explanation)
    assert explained.component == "solver" and steps
    with pytest.raises(UsageError, match="between 0 and 1"):
        qgd_compiler.explain(spec, min_share=2.0)
    with pytest.raises(UsageError, match="no depth -1"):
        qgd_compiler.explain(spec, depth=-1)
