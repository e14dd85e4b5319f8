"""`qgd init`: every starter compiles as it is, says so in comments, and never overwrites unasked."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from qgd_compiler.cli.init import Kind
from qgd_compiler.cli.main import main
from qgd_compiler.spec.starters import KINDS, starter


def test_every_file_is_a_kind_and_every_kind_a_file() -> None:
    folder = files("qgd_compiler.spec.starters")
    assert {p.name.removesuffix(".yaml") for p in folder.iterdir() if p.name.endswith(".yaml")} == set(KINDS)
    assert [kind.value for kind in Kind] == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_starter_compiles_as_it_is(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "spec.yaml"
    assert main(["init", "--kind", kind, "-o", str(spec)]) == 0
    assert main(["compile", str(spec), "-o", str(tmp_path / "report.json")]) == 0, capsys.readouterr().err
    assert '"t_count"' in (tmp_path / "report.json").read_text()


@pytest.mark.parametrize("kind", KINDS)
def test_a_starter_explains_itself(kind: str) -> None:
    text = starter(kind)
    assert text.startswith("# ")
    assert text.count("#") >= 6
    assert "\t" not in text and all(len(line) <= 120 for line in text.splitlines())


def test_a_starter_goes_to_stdout_and_the_default_is_declared(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    out, err = capsys.readouterr()
    assert out == starter("declared")
    assert err == ""


def test_a_file_that_exists_is_kept_unless_forced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text("mine")
    assert main(["init", "-o", str(spec)]) == 2
    assert spec.read_text() == "mine"
    assert "--force" in capsys.readouterr().err
    assert main(["init", "--force", "-o", str(spec)]) == 0
    assert spec.read_text() == starter("declared")
    out, err = capsys.readouterr()
    assert out == ""
    assert f"next: qgd compile {spec}" in err


def test_a_dangling_link_is_kept_too(tmp_path: Path) -> None:
    link = tmp_path / "spec.yaml"
    link.symlink_to(tmp_path / "elsewhere.yaml")
    assert main(["init", "-o", str(link)]) == 2
    assert not (tmp_path / "elsewhere.yaml").exists()


def test_a_wrong_kind_is_answered_with_all_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--kind", "spars"]) == 2
    err = capsys.readouterr().err
    assert all(kind in err for kind in KINDS)


def test_there_is_no_starter_of_an_unknown_kind() -> None:
    with pytest.raises(ValueError, match="declared, sparse"):
        starter("../models")
