"""`qgd doctor`: what is installed is said as it is, and what is missing with the command that installs it."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import pytest

from qgd_compiler.cli import doctor
from qgd_compiler.cli.doctor import EXTRAS, Findings, findings
from qgd_compiler.cli.main import main

ASKED = [
    "numpy>=1.26",
    "pydantic (>=2.9)",
    "cirq-core<1.7,>=1.4; extra == 'qualtran'",
    "qualtran==0.7.0; extra == 'qualtran'",
    'torch>=2.4; extra == "torch"',
]


def found(versions: Mapping[str, str], asked: list[str] = ASKED) -> Findings:
    return findings(asked, versions.get)


ALL = {"numpy": "2.1", "pydantic": "2.14.3", "cirq-core": "1.6.1", "qualtran": "0.7", "torch": "2.13.0+cpu"}


def installed(result: Findings) -> set[str]:
    return {extra.name for extra in result.extras if extra.installed}


def test_every_extra_of_the_package_has_a_purpose(project: Path) -> None:
    text = tomllib.loads((project / "pyproject.toml").read_text())
    assert set(EXTRAS) == set(text["project"]["optional-dependencies"])
    assert all(EXTRAS.values())


def test_an_extra_is_installed_where_all_its_libraries_are() -> None:
    assert installed(found(ALL)) == {"qualtran", "torch"}
    assert installed(found({**ALL, "cirq-core": "1.3"})) == {"torch"}
    assert installed(found({k: v for k, v in ALL.items() if k != "qualtran"})) == {"torch"}


@pytest.mark.parametrize(
    ("version", "serves"),
    [("1.4", True), ("1.6.9", True), ("1.7", False), ("1.7.1", False), ("1.10", False), ("1.3.9", False)],
)
def test_versions_are_compared_as_numbers(version: str, serves: bool) -> None:
    assert ("qualtran" in installed(found({**ALL, "cirq-core": version}))) is serves


def test_libraries_of_the_package_itself_are_no_extra() -> None:
    result = found({**ALL, "numpy": "1.25.9"})
    assert [(lib.name, lib.wanted, lib.found, lib.serves) for lib in result.libraries] == [
        ("numpy", ">=1.26", "1.25.9", False),
        ("pydantic", ">=2.9", "2.14.3", True),
    ]


def test_an_installation_that_is_unknown_is_said_to_be() -> None:
    assert any("not installed" in hint for hint in found({}, []).hints)
    assert not any("not installed" in hint for hint in found(ALL).hints)


def test_extras_that_an_older_installation_does_not_know_are_not_called_missing(
    elsewhere: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "onnx not known" in out
    assert "install it again" in out


def test_threads_are_mentioned_unless_they_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert any("OPENBLAS_NUM_THREADS=1" in hint for hint in found(ALL).hints)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    assert not any("OPENBLAS_NUM_THREADS" in hint for hint in found(ALL).hints)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    versions = dict(ALL)
    monkeypatch.setattr(doctor, "_requirements", lambda: ASKED)
    monkeypatch.setattr(doctor, "_version_of", versions.get)
    return versions


def test_the_doctor_exits_with_0_unless_something_is_required(
    elsewhere: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    del elsewhere["torch"]
    assert main(["doctor"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    rows = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert 'pip install "qgd-compiler[torch]"' in rows["torch"]
    assert "pip install" not in rows["qualtran"]
    assert main(["doctor", "--require", "qualtran"]) == 0


def test_what_is_required_and_missing_is_an_error_with_the_command(
    elsewhere: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    del elsewhere["torch"]
    assert main(["doctor", "--require", "torch", "--require", "qualtran", "--require", "onnx"]) == 2
    out, err = capsys.readouterr()
    assert "torch" in out
    assert err == (
        'qgd: UsageError: not installed: torch, onnx\n  try: pip install "qgd-compiler[torch,onnx]"\n'
    )


def test_an_extra_that_does_not_exist_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--require", "tensorflow"]) == 2
    assert "qualtran" in capsys.readouterr().err


def test_a_broken_installation_is_an_error(
    elsewhere: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere["numpy"] = "1.20"
    assert main(["doctor"]) == 2
    assert "numpy 1.20 (needs >=1.26)" in capsys.readouterr().err


def test_the_json_has_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {lib["name"]: lib["found"] for lib in said["libraries"]}["numpy"] == metadata.version("numpy")
    assert {extra["name"] for extra in said["extras"]} >= set(EXTRAS)
    assert said["python"] == ".".join(map(str, sys.version_info[:3]))


@pytest.mark.parametrize("name", ["d.json", "d.md", "d.txt", "d.html"])
def test_the_findings_are_written_in_every_format(name: str, tmp_path: Path) -> None:
    assert main(["doctor", "-o", str(tmp_path / name)]) == 0
    text = (tmp_path / name).read_text()
    assert "numpy" in text
    assert text.startswith(
        {"d.json": "{", "d.md": "# Doctor", "d.txt": "Doctor", "d.html": "<!doctype"}[name]
    )


def test_an_extra_that_is_there_in_part_says_what_it_lacks(
    elsewhere: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere["cirq-core"] = "1.3"
    assert main(["doctor"]) == 0
    assert "lacks cirq-core 1.3 (needs <1.7,>=1.4)" in " ".join(capsys.readouterr().out.split())


def test_the_doctor_needs_nothing_heavy() -> None:
    code = (
        "import sys; from qgd_compiler.cli.main import main; main(['doctor']); "
        "sys.exit(bool({'numpy', 'scipy', 'sympy', 'networkx'} & set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0
    )
