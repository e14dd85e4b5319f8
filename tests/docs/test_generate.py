"""The reference is complete: every verb, field, error and rule has its place, and nothing in it acts on the page."""

from __future__ import annotations

import importlib.util
import inspect
import re
from html import unescape
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("mkdocs")
pytest.importorskip("latex2mathml")

import typer

from qgd_compiler import api, errors
from qgd_compiler.cli.main import app
from tests.costing.test_rules import RULES

pytestmark = pytest.mark.docs


@pytest.fixture(scope="module")
def hook(project: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", project / "docs" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown(page: str) -> str:
    return unescape(page)


def test_every_verb_stands_in_the_reference_with_every_option(hook: ModuleType) -> None:
    page = shown(hook.commands())
    verbs = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, verb in verbs.items():
        part = page.split(f"## qgd {name}\n")[1].split("\n## ")[0]
        for parameter in verb.params:
            assert all(option in part for option in parameter.opts if option.startswith("-")), (
                name,
                parameter.opts,
            )


def test_every_field_of_a_spec_stands_in_the_reference_with_a_meaning(hook: ModuleType) -> None:
    page = shown(hook.spec())
    schema = api.SCHEMAS["spec.schema.json"]()
    for title, part in {"The whole spec": schema, **schema["$defs"]}.items():
        for field in part.get("properties", {}):
            if title in hook.NUMBERS:
                continue
            text = page.split(f"## {title}\n")[1].split("\n## ")[0]
            row = next(line for line in text.splitlines() if line.startswith(f"| <code>{field}</code>"))
            cells = [cell.strip() for cell in row.strip("|").split(" | ")]
            assert cells[1].strip(), row  # a type
            assert cells[-1].strip(" |"), row  # a meaning


def test_units_and_ranges_are_read_from_descriptions(hook: ModuleType) -> None:
    page = shown(hook.spec())
    rows = {line.split("</code>")[0]: line for line in page.splitlines() if line.startswith("| <code>")}
    assert "| parameter²/loss |" in rows["| <code>learning_rate"]
    assert "| count, at least 1 |" in rows["| <code>iterations"]
    assert "| above 0, below 1 | <code>0.01</code> |" in rows["| <code>epsilon"]


def test_every_error_has_its_exit_code(hook: ModuleType) -> None:
    codes = {name: number for number, name, _ in hook.exit_codes()}
    for name, found in inspect.getmembers(errors, inspect.isclass):
        if issubclass(found, errors.QgdError) and found is not errors.QgdError:
            assert codes[name] == found.exit_code
    numbers = [number for number, _, _ in hook.exit_codes()]
    assert len(set(numbers)) == len(numbers)


def test_every_cost_rule_has_its_source_kind_and_formula(hook: ModuleType) -> None:
    page = hook.cost_rules()
    for rule in RULES:
        part = page.split(f"### {rule.__name__}\n")[1].split("\n### ")[0]
        for label in ("units", "kind", "source", "checked"):
            assert re.search(rf"^\| {label} \| \S", part, re.MULTILINE), (rule.__name__, label)
        assert ("<math" in part) is ("$$" in (inspect.getdoc(rule) or "")), rule.__name__


def test_every_public_function_stands_in_the_reference(hook: ModuleType) -> None:
    page = hook.python()
    import qgd_compiler

    for name in qgd_compiler.__all__:
        thing = getattr(qgd_compiler, name)
        assert not inspect.isfunction(thing) or f"### {name}\n" in page


def test_solvers_and_encodings_name_their_sources(hook: ModuleType) -> None:
    solvers = hook.solvers()
    assert solvers.count("| source | ") == solvers.count("\n## ") > 8
    encodings = shown(hook.encodings())
    for name in ("sparse access", "Frobenius norm tree", "banded arithmetic", "product", "kronecker"):
        assert f"### {name}\n" in encodings


@pytest.mark.parametrize(
    ("words", "result"),
    [
        ("a*b*c_d |x> [y](z)", "a*b*c_d |x> [y](z)"),
        ("see `a_b|c` and ``d``", "see <code>a_b|c</code> and <code>d</code>"),
        ("<script>", "<script>"),
    ],
)
def test_words_are_shown_as_they_are(words: str, result: str, hook: ModuleType) -> None:
    written = hook.text(words)
    assert shown(written) == result
    assert not re.search(r"[*_|\[\]]|<(?!/?code>)", written)
