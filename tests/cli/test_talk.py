"""How much is said on stderr, in which colours, and how a shell completes a command."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import qgd_compiler
from qgd_compiler.cli.main import main
from qgd_compiler.errors import SpecError
from tests.backends.documents import report

COLOR = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m")
STYLE = re.compile(rb"\x1b\[[\d;]*m")


@pytest.fixture(autouse=True)
def steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler that says two steps, and circuits with a remark."""

    def compile(path: Path, *, progress: Callable[[str], None], **_: Any) -> Any:
        progress("one")
        progress("two")
        return report()

    def circuit(path: Path, form: str, **_: Any) -> Any:
        return SimpleNamespace(how=["made smaller"], text="x q[0];\n")

    fake = SimpleNamespace(compile=compile, circuit=circuit)
    monkeypatch.setattr(qgd_compiler, "api", fake, raising=False)


def test_a_pipe_hears_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "a.yaml"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("option", ["-v", "--verbose"])
def test_verbose_says_each_step_in_a_line_even_in_a_pipe(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([option, "compile", "a.yaml", "-f", "json"]) == 0
    out, err = capsys.readouterr()
    assert out == report().to_json()
    assert err == "qgd: compiling a.yaml\nqgd: compiling a.yaml: one\nqgd: compiling a.yaml: two\n"


@pytest.mark.parametrize("option", ["-q", "--quiet"])
def test_quiet_says_no_remark_and_shows_no_progress(
    option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["circuit", "a.yaml"]) == 0
    assert capsys.readouterr().err == "qgd: made smaller\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main([option, "circuit", "a.yaml"]) == 0
    assert main([option, "compile", "a.yaml"]) == 0
    assert capsys.readouterr().err == ""


def test_quiet_says_errors_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise SpecError("bad")

    monkeypatch.setattr(qgd_compiler, "api", SimpleNamespace(compile=fails), raising=False)
    assert main(["--quiet", "compile", "a.yaml"]) == 3
    assert capsys.readouterr().err == "qgd: SpecError: bad\n"


def test_the_next_command_is_not_quiet_because_the_last_one_was(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-q", "circuit", "a.yaml"]) == 0
    assert main(["circuit", "a.yaml"]) == 0
    assert capsys.readouterr().err == "qgd: made smaller\n"


def test_quiet_and_verbose_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-q", "-v", "compile", "a.yaml"]) == 2
    assert "exclude" in capsys.readouterr().err


def test_a_global_option_behind_the_verb_is_answered_with_its_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["compile", "a.yaml", "-q"]) == 2
    assert "try: qgd -q compile" in capsys.readouterr().err


def on_screen(*words: str, **variables: str) -> bytes:
    """What a command writes to a terminal, stdout and stderr together."""
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
    leader, follower = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "qgd_compiler.cli", *words],
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env={**environment, "TERM": "xterm-256color", **variables},
        )
        os.close(follower)
        said = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # Linux says so when the other end has gone
                break
            if not part:
                break
            said += part
        process.wait()
        return said
    finally:
        os.close(leader)


COMMANDS = {
    "help": ["--help"],
    "a table and progress": ["solvers", "--kappa", "100", "--epsilon", "1e-3"],
    "an error": ["solvers", "--kappa", "-1", "--epsilon", "1e-3"],
    "a wrong command line": ["compil"],
}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_no_color_is_honoured_on_stdout_and_stderr(words: list[str]) -> None:
    said = on_screen(*words, NO_COLOR="1")
    assert said
    assert not COLOR.search(said)


@pytest.mark.parametrize("words", list(COMMANDS.values())[:2], ids=list(COMMANDS)[:2])
def test_a_screen_is_coloured_otherwise(words: list[str]) -> None:
    assert COLOR.search(on_screen(*words))


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_dumb_screen_and_a_pipe_get_no_escapes(words: list[str]) -> None:
    assert not STYLE.search(on_screen(*words, TERM="dumb"))
    piped = subprocess.run(
        [sys.executable, "-m", "qgd_compiler.cli", *words], capture_output=True, check=False
    )
    assert b"\x1b" not in piped.stdout + piped.stderr


def bash(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, **variables}
    return subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, env=environment, check=False
    )


def test_the_completion_for_the_shell_is_shown() -> None:
    # "; true" keeps bash alive as the shell that is found
    done = bash("qgd --show-completion; true")
    assert done.stderr == ""
    assert "complete -o default -F _qgd_completion qgd" in done.stdout


@pytest.mark.parametrize(
    ("words", "position", "offered"),
    [
        ("qgd comp", 1, ["compile"]),
        ("qgd do", 1, ["doctor"]),
        ("qgd init --kind g", 3, ["gram"]),
        ("qgd init --fo", 2, ["--force"]),
    ],
)
def test_a_shell_completes_verbs_options_and_values(words: str, position: int, offered: list[str]) -> None:
    done = bash("qgd", _QGD_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(position))
    assert done.stdout.split() == offered
