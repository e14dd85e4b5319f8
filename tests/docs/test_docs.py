"""What the documentation says is done: its commands are run, its programs executed, its specs validated."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from ruamel.yaml import YAML

from qgd_compiler.cli.main import app
from qgd_compiler.spec.loader import loads, validate
from qgd_compiler.spec.models import Spec
from tests.docs.blocks import Block, Command, blocks, commands, wants_checkout

pytestmark = pytest.mark.docs

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
RUN = {"sh", "console", "python"}
SHOWN = {"text", "json", "yaml", ""}
WHOLE = ("qgd_compiler", "tests", "schemas", "pyproject.toml", "README.md", "CONTRIBUTING.md", "docs", ".ci")
BASE = {
    "qgd": 1,
    "name": "base",
    "model": {"parameters": 100},
    "dynamics": {"learning_rate": 0.1, "iterations": 10},
    "hessian": {"kind": "sparse", "row_sparsity": 3, "max_entry": 1},
    "gradient": {"norm": 1},
}


def short(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def runs(page: Path) -> bool:
    return any(b.language in RUN or {"file", "append"} & set(b.says) for b in blocks(page))


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_every_block_is_of_a_kind_that_is_known(page: Path) -> None:
    for block in blocks(page):
        assert block.language in RUN | SHOWN, f"{block.where}: ```{block.language}"
        if "no-run" in block.says:
            assert block.says["no-run"], f"{block.where}: without a reason"


@pytest.mark.parametrize("page", [page for page in PAGES if runs(page)], ids=short)
def test_the_commands_and_programs_of_a_page_run(page: Path, tmp_path: Path) -> None:
    place = workplace(page, tmp_path / "work")
    environment = surroundings(place, wants_checkout(page))
    for block in blocks(page):
        if "no-run" in block.says or (page.name == "README.md" and block.language == "sh"):
            continue  # the second: run by .ci/run, as a test below says
        if "needs" in block.says and importlib.util.find_spec(block.says["needs"]) is None:
            pytest.skip(f"{block.where} needs {block.says['needs']}")
        execute(block, place, environment)


def workplace(page: Path, place: Path) -> Path:
    """A folder with the estimates, or with a copy of the project."""
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in ("estimates", *(WHOLE if wants_checkout(page) else ("examples",))):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=ignored)
        elif source.exists():
            shutil.copy(source, place / name)
    return place


def surroundings(place: Path, checkout: bool) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "_QGD", "COV_"))}
    found = {**kept, "PATH": path, "OPENBLAS_NUM_THREADS": "1", "NO_COLOR": "1"}
    return {**found, "PYTHONPATH": str(place)} if checkout else found


def execute(block: Block, place: Path, environment: dict[str, str]) -> None:
    def run(*words: str, expected: int) -> str:
        done = subprocess.run(
            words,
            cwd=place,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == expected, f"{block.where}: exit code {done.returncode}\n{done.stdout}"
        return done.stdout

    def shell(words: str, expected: int) -> str:
        return run("bash", "-euo", "pipefail", "-c", words, expected=expected)

    code = int(block.says.get("exit", 0))
    if "file" in block.says:
        (place / block.says["file"]).write_text(block.body, encoding="utf-8")
    elif "append" in block.says:
        with (place / block.says["append"]).open("a", encoding="utf-8") as file:
            file.write("\n\n" + block.body)
    elif block.language == "sh":
        shell(block.body, code)
    elif block.language == "python":
        run(sys.executable, "-c", block.body, expected=code)
    elif block.language == "console":
        asked = commands(block.body)
        for command in asked:
            said = shell(command.words, code if command is asked[-1] else 0)
            insist(command, said, block.where)


def insist(command: Command, said: str, where: str) -> None:
    """The promised output: `...` stands for anything, and any space for any other."""
    if command.output is not None and not promised(command.output, said):
        pytest.fail(f"{where}: $ {command.words}\npromised:\n{command.output}\nsaid:\n{said}")


def promised(output: str, said: str) -> bool:
    """Whether what was said is what a page promises."""
    first, *rest = (" ".join(part.split()) for part in output.split("..."))
    left = " ".join(said.split())
    if not rest:
        return left == first
    if not left.startswith(first):
        return False
    left = left[len(first) :]
    for part in rest[:-1]:
        _, found, left = left.partition(part) if part else ("", True, left)
        if not found:
            return False
    return left.endswith(rest[-1])


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_the_specs_of_a_page_are_valid(page: Path) -> None:
    for block in blocks(page):
        if block.language != "yaml":
            continue
        data = YAML(typ="safe").load(block.body)
        if "qgd" in data:
            loads(block.body, ROOT, block.where)
        elif set(data) <= set(Spec.model_fields):
            validate({**BASE, **data}, ROOT, block.where)


def test_the_first_two_blocks_of_the_readme_are_run_by_ci() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "awk '/^```sh$/" in script and "README.md" in script
    assert [b.says for b in blocks(ROOT / "README.md") if b.language == "sh"] == [{}, {}]


INLINE = re.compile(r"(?<!`)`(qgd [^`\n]+)`(?!`)")
VERBS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
GLOBAL = {name for p in typer.main.get_command(app).params for name in p.opts} | {"--help", "-h"}


def wrong_words(line: str) -> str:
    """What in a command of the running text does not exist; "" where all of it does."""
    words = shlex.split(line.replace("…", "..."))[1:]
    while words and words[0].startswith("-"):
        if words[0] not in GLOBAL:
            return words[0]
        words.pop(0)
    if not words or words[0] in ("...", "VERB"):
        return ""
    if words[0] not in VERBS:
        return words[0]
    known = {name for p in VERBS[words[0]].params for name in p.opts} | {"--help", "-h"}
    for word in words[1:]:
        if word in (">", "|"):
            break
        if word.startswith("-") and word.split("=")[0] not in known:
            return word
    return ""


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_commands_in_the_running_text_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    wrong = {line: word for line in INLINE.findall(text) if (word := wrong_words(line))}
    assert not wrong


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("qgd compile spec.yaml -o report.json", ""),
        ("qgd --debug …", ""),
        ("qgd compil spec.yaml", "compil"),
        ("qgd compile spec.yaml --epsilon 0.1", "--epsilon"),
        ("qgd --loud compile spec.yaml", "--loud"),
        ("qgd lock estimates/ --reason 'a -b c'", ""),
    ],
)
def test_wrong_commands_are_seen(line: str, wrong: str) -> None:
    assert wrong_words(line) == wrong


def test_blocks_are_read_with_what_stands_above_them(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "a\n\n<!-- exit: 3 -->\n<!-- needs: x -->\n```sh\nfalse\n```\n\n  ```python\n  if 1:\n    2\n  ```\n"
    )
    assert [(b.line, b.language, b.body, b.says) for b in blocks(page)] == [
        (5, "sh", "false\n", {"exit": "3", "needs": "x"}),
        (9, "python", "if 1:\n  2\n", {}),
    ]


def test_a_console_block_is_commands_and_their_output() -> None:
    body = "$ qgd a \\\n    b\nsaid\n...\n$ qgd c\n"
    assert commands(body) == [Command("qgd a \\\n    b", "said\n...\n"), Command("qgd c", None)]


@pytest.mark.parametrize(
    ("output", "said", "kept"),
    [
        ("a  b\n", "a b", True),
        ("a b\n", "a b c", False),
        ("a\n...\n", "a b c", True),
        ("a\n...\n", "b a", False),
        ("...\nc\n", "a b c", True),
        ("...\nc\n", "a c b", False),
        ("a ... 104 ...\n...\n", "a 104 b", True),
        ("a ... 104 ...\n", "a 105 b", False),
        ("a ... b ... c", "a c b", False),
    ],
)
def test_promised_output_is_compared(output: str, said: str, kept: bool) -> None:
    assert promised(output, said) is kept


def refused(check: Callable[[], None]) -> bool:
    try:
        check()
    except (AssertionError, pytest.fail.Exception):
        return True
    return False


@pytest.mark.parametrize(
    ("language", "body", "says", "fails"),
    [
        ("sh", "true", {}, False),
        ("sh", "false; true", {}, True),
        ("sh", "exit 3", {"exit": "3"}, False),
        ("python", "assert 1 == 2", {}, True),
        ("console", "$ echo a b\na   b\n", {}, False),
        ("console", "$ printf '1\\n2\\n3\\n'\n1\n...\n3\n", {}, False),
        ("console", "$ echo a\nb\n", {}, True),
        ("console", "$ echo a; exit 5\na\n", {"exit": "5"}, False),
        ("console", "$ exit 5\n$ true\n", {"exit": "5"}, True),
    ],
)
def test_what_is_wrong_with_a_block_is_seen(
    language: str, body: str, says: dict[str, str], fails: bool, tmp_path: Path
) -> None:
    block = Block(tmp_path / "page.md", 1, language, body, says)
    assert refused(lambda: execute(block, tmp_path, surroundings(tmp_path, False))) is fails
