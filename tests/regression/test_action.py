"""The GitHub Action and the pre-commit hook: their script runs, and names what exists."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]


def loaded(name: str) -> Any:
    return YAML(typ="safe").load((ROOT / name).read_text())


@pytest.fixture
def stub(tmp_path: Path) -> Path:
    """A `qgd` that writes its arguments, and the files that it is asked for, and exits with 9."""
    path = tmp_path / "qgd" / "bin" / "qgd"
    path.parent.mkdir(parents=True)
    path.write_text(
        '#!/usr/bin/env bash\nprintf "%s\\n" "$@" > "$RUNNER_TEMP/arguments"\n'
        'while [ $# -gt 0 ]; do [ "$1" = -o ] && echo result > "$2"; shift; done\nexit 9\n'
    )
    path.chmod(0o755)
    return tmp_path


def test_the_script_of_the_action_passes_the_exit_code_on_and_names_its_files(stub: Path) -> None:
    (step,) = (s for s in loaded("action.yml")["runs"]["steps"] if s.get("id") == "check")
    outputs, summary = stub / "outputs", stub / "summary"
    environment = {
        **os.environ,
        "RUNNER_TEMP": str(stub),
        "GITHUB_OUTPUT": str(outputs),
        "GITHUB_STEP_SUMMARY": str(summary),
        "PATHS": "estimates more/specs",
        "JOBS": "2",
    }
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], env=environment, check=False)
    assert done.returncode == 9
    arguments = (stub / "arguments").read_text().splitlines()
    assert arguments[:3] == ["check", "estimates", "more/specs"] and "--jobs" in arguments
    found = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    assert found["exit-code"] == "9" and Path(found["junit"]).suffix == ".xml"
    assert Path(found["markdown"]).read_text() == summary.read_text() == "result\n"


def test_every_input_of_the_action_is_used_and_every_output_is_set() -> None:
    content = loaded("action.yml")
    text = (ROOT / "action.yml").read_text()
    for name in content["inputs"]:
        assert f"inputs.{name} " in text
    for name in content["outputs"]:
        assert f'echo "{name}=' in text


def test_the_hook_runs_a_verb_that_exists_on_the_files_that_matter() -> None:
    (hook,) = loaded(".pre-commit-hooks.yaml")
    assert hook["entry"] == "qgd check" and hook["pass_filenames"] is False
    for name in ("estimates/a.lock.json", "estimates/a.yaml", "estimates/data/h.npz"):
        assert re.search(hook["files"], name)
    assert not re.search(hook["files"], "README.md")


def test_the_page_tells_the_exit_codes_of_the_action() -> None:
    page = (ROOT / "docs" / "ci.md").read_text()
    assert [int(n) for n in re.findall(r"^\| (\d+) \|", page, re.M)] == [0, 9, 10, 11]
