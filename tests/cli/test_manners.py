"""Manners of the command: data on stdout, talk on stderr, documented exit codes, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import qgd_compiler
from qgd_compiler.backends.analysis_page import analysis_page
from qgd_compiler.backends.document import Document
from qgd_compiler.backends.html.page_html import page_html
from qgd_compiler.backends.html.report_html import Dossier, report_html
from qgd_compiler.cli.main import main
from qgd_compiler.cli.output import Format, format_for, write_whole
from qgd_compiler.cli.talk import wants_json
from qgd_compiler.errors import InfeasibleError, Mistake, SpecError, UsageError
from tests.backends.documents import analysis, report

Api = Callable[..., None]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    """Put functions in the place of the compiler behind the command."""

    def replace(**functions: Any) -> None:
        monkeypatch.setattr(qgd_compiler, "api", SimpleNamespace(**functions), raising=False)

    return replace


def _gives(value: Document) -> Callable[..., Document]:
    return lambda *_, **__: value


def _raises(error: BaseException) -> Callable[..., Document]:
    def function(*_: Any, **__: Any) -> Document:
        raise error

    return function


def _imported_by(*words: str) -> set[str]:
    code = (
        "import sys; from qgd_compiler.cli.main import main; code = main(sys.argv[1:]); "
        "sys.stdout.flush(); print(' '.join(sorted(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stderr.splitlines()[-1].split()}


def test_help_imports_nothing_heavy() -> None:
    assert not _imported_by("--help") & {
        "numpy",
        "scipy",
        "sympy",
        "networkx",
        "pydantic",
        "qualtran",
        "cirq",
    }


@pytest.mark.parametrize("words", [["--help"], ["compile", "--help"], ["-h"]])
def test_help_goes_to_stdout_with_exit_code_0(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert "Usage: qgd" in out
    assert err == ""


def test_no_verb_shows_the_help_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "compile" in capsys.readouterr().out


def test_the_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("qgd 0.")


@pytest.mark.parametrize("words", [["compil"], ["compile"], ["--frob"], ["compile", "x", "--format", "pdf"]])
def test_a_wrong_command_line_exits_with_2_and_says_where_the_help_is(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("qgd: UsageError: ")
    assert "try: qgd" in err


def test_a_report_goes_to_stdout_as_json(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api(compile=_gives(report()))
    assert main(["compile", "a.yaml", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert out == report().to_json()
    assert err == ""


@pytest.mark.parametrize(
    ("name", "words", "starts"),
    [
        ("r.json", [], "{"),
        ("r.md", [], "# two"),
        ("r.txt", [], "two|pipes"),
        ("r", [], "two|pipes"),
        ("r.html", ["--format", "json"], "{"),
        ("r.md", ["--format", "table"], "two|pipes"),
    ],
)
def test_the_ending_of_the_output_file_names_the_format_unless_told(
    name: str, words: list[str], starts: str, api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api(compile=_gives(report()))
    assert main(["compile", "a.yaml", "-o", str(tmp_path / name), *words]) == 0
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(starts)
    assert capsys.readouterr().out == ""


def test_an_ending_without_a_format_is_refused_before_the_work(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api(compile=_raises(AssertionError("worked")))
    assert main(["compile", "a.yaml", "-o", str(tmp_path / "r.docx")]) == 2
    assert ".docx" in capsys.readouterr().err


def test_a_compile_as_a_page_takes_all_that_stands_behind_the_report(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api(dossier=lambda *_, **__: Dossier(report()), compile=_raises(AssertionError("compiled for a table")))
    assert main(["compile", "a.yaml", "-o", str(tmp_path / "r.html")]) == 0
    assert main(["compile", "a.yaml", "--format", "html"]) == 0
    out = capsys.readouterr().out
    assert out == (tmp_path / "r.html").read_text(encoding="utf-8") == report_html(Dossier(report()))


def test_every_document_can_be_a_page(api: Api, tmp_path: Path) -> None:
    api(analyze=_gives(analysis()))
    assert main(["analyze", "a.yaml", "-o", str(tmp_path / "a.html")]) == 0
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == page_html(analysis_page(analysis()))


def test_an_analysis_is_shown(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api(analyze=_gives(analysis()))
    assert main(["analyze", "a.yaml"]) == 0
    assert "linear dissipative" in capsys.readouterr().out
    assert main(["analyze", "a.yaml", "-f", "json"]) == 0
    assert capsys.readouterr().out == analysis().to_json()


def test_an_error_says_what_where_and_what_to_try(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api(compile=_raises(InfeasibleError("too big", at="a.yaml:3 (target)", remedy="less")))
    assert main(["compile", "a.yaml"]) == 5
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "qgd: InfeasibleError: too big\n  at: a.yaml:3 (target)\n  try: less\n"


def test_all_mistakes_are_told_at_once(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api(
        compile=_raises(
            SpecError("two", mistakes=[Mistake("first", "a:1", ""), Mistake("second", "a:2", "x")])
        )
    )
    assert main(["compile", "a.yaml"]) == 3
    assert capsys.readouterr().err == (
        "qgd: SpecError: first\n  at: a:1\nqgd: SpecError: second\n  at: a:2\n  try: x\n"
    )


@pytest.mark.parametrize("words", [["--format", "json"], ["--format=json"], ["-f", "json"], ["-fjson"]])
def test_an_error_is_json_where_json_was_asked_for(
    words: list[str], api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    api(compile=_raises(SpecError("bad η", at="a:1", remedy="less")))
    assert main(["compile", "a.yaml", *words]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert json.loads(err) == {
        "error": "SpecError",
        "exit_code": 3,
        "mistakes": [{"what": "bad η", "at": "a:1", "try": "less"}],
    }


@pytest.mark.parametrize(
    "words",
    [[], ["json"], ["--format"], ["--format", "table", "json"], ["-o", "json"], ["--format", "markdown"]],
)
def test_json_is_not_asked_for_by_accident(words: list[str]) -> None:
    assert not wants_json(words)


def test_an_unexpected_exception_is_short_and_says_how_to_see_more(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    api(compile=_raises(ZeroDivisionError("oops")))
    assert main(["compile", "a.yaml"]) == 70
    err = capsys.readouterr().err
    assert "internal error: ZeroDivisionError: oops" in err
    assert "qgd --debug compile a.yaml" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(("error", "code"), [(ZeroDivisionError("oops"), 70), (SpecError("bad"), 3)])
def test_debug_shows_the_traceback(
    error: Exception, code: int, api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    api(compile=_raises(error))
    assert main(["--debug", "compile", "a.yaml"]) == code
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_is_said_and_has_its_own_code(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api(compile=_raises(KeyboardInterrupt()))
    assert main(["compile", "a.yaml"]) == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("asked", list(Format))
def test_the_format_asked_for_wins(asked: Format) -> None:
    assert format_for(asked, Path("a.json")) is asked


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("old " * 1000)
    write_whole(target, "new")
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out.json"
    target.write_text("old")

    def full(self: Path, content: bytes) -> int:
        with open(self, "wb") as file:
            file.write(content[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UsageError, match="No space left"):
        write_whole(target, "a new and longer text")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_keeps_pointing_at_its_file(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old")
    link.symlink_to(real)
    write_whole(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "ours", "x")
    (tmp_path / "plain").write_text("x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_named_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    # a pipe of our own stands for all devices: a test must never write to one of the machine
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, "whole")
        assert os.read(reader, 100) == b"whole"
        assert pipe.is_fifo()
    finally:
        os.close(reader)


def test_a_folder_that_does_not_exist_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write") as caught:
        write_whole(tmp_path / "no" / "out.json", "x")
    assert caught.value.mistakes[0].remedy


def test_a_closed_pipe_is_quiet() -> None:
    # the pause makes sure that the reader has gone before the first byte is written
    command = f"(sleep 1; exec {sys.executable} -m qgd_compiler.cli --help) | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 141
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("variables", "colored"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    ids=["plain screen", "NO_COLOR", "dumb screen"],
)
def test_a_screen_gets_colour_unless_it_asks_for_none(
    variables: dict[str, str],
    colored: bool,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in {"TERM": "xterm", "COLUMNS": "90", **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    api(compile=_gives(report()))
    assert main(["compile", "a.yaml"]) == 0
    assert ("\x1b[" in capsys.readouterr().out) is colored


def test_a_pipe_gets_no_colour(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api(compile=_gives(report()))
    assert main(["compile", "a.yaml"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_described_spec_goes_to_stdout_and_into_a_file(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[tuple[Any, ...]] = []

    def describe(files: list[Path], *, gradient: Path | None, base_dir: Path, **options: Any) -> str:
        seen.append((files, gradient, base_dir, options["structure"], options["reading"]))
        return "spec"

    api(describe=describe, spec_text=lambda spec, form: f"{spec} as {form}\n")
    assert main(["describe", "h.npz", "--gradient", "g.npy"]) == 0
    assert capsys.readouterr().out == "spec as yaml\n"
    assert main(["describe", "h.npz", "-o", str(tmp_path / "s.json")]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "qgd compile" in err
    assert (tmp_path / "s.json").read_text() == "spec as json\n"
    assert main(["describe", "w.pt", "--hessian", "kfac", "--weights", "skip"]) == 0
    assert seen == [
        ([Path("h.npz")], Path("g.npy"), Path(), None, "auto"),
        ([Path("h.npz")], None, tmp_path, None, "auto"),
        ([Path("w.pt")], None, Path(), "kfac", "skip"),
    ]


def test_schemas_are_listed(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api(check_schemas=lambda _: ["a.json"], write_schemas=lambda _: ["b.json"])
    assert main(["schema", "--check", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"current": ["a.json"]}
    assert main(["schema", "--dir", "d"]) == 0
    assert capsys.readouterr().out == f"written: {Path('d') / 'b.json'}\n"
