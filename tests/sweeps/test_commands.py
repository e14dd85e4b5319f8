"""`qgd sweep`, `query`, `fit` and `plot`: data on stdout, talk on stderr, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qgd_compiler import api
from qgd_compiler.cli.main import main
from qgd_compiler.cli.sweep_progress import Watching, _Lines, _time
from qgd_compiler.cli.talk import Talk, set_talk
from qgd_compiler.sweeps.run import Standing
from tests.sweeps.made_up import SPEC, MadeUp

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp())


@pytest.fixture
def spec(tmp_path: Path) -> str:
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))
    return str(tmp_path / "spec.json")


@pytest.fixture
def store(spec: str, tmp_path: Path, capsys: Capture) -> str:
    words = ["--over", "n=64:4096:log:7", "--over", "T=4,8,13", "--over", "access=qrom,qroam"]
    assert main(["sweep", spec, "-o", str(tmp_path / "s"), *words, "--jobs", "1"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert lines[0] == f"qgd: 42 points in {tmp_path / 's'}"
    assert lines[1:] == ["qgd: without a price: 14, such as by InfeasibleError: thirteen is unlucky"]
    return str(tmp_path / "s")


def test_a_sweep_is_asked_on_stdout(store: str, capsys: Capture) -> None:
    sql = 'select n, access, t_count from pareto where "T" = 4 and n = 64 order by access'
    assert main(["query", store, sql, "--format", "csv"]) == 0
    assert capsys.readouterr().out == '"n","access","t_count"\n64,"qroam",128000\n64,"qrom",512000\n'
    assert main(["query", store, sql, "-f", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0] == {"n": 64, "access": "qroam", "t_count": 128000.0}
    assert main(["query", store]) == 0
    out = capsys.readouterr().out
    assert "classical_seconds" in out
    assert out.startswith("42 rows")


def test_an_answer_goes_into_a_file_whose_ending_names_the_format(
    store: str, tmp_path: Path, capsys: Capture
) -> None:
    import pandas

    for name in ("a.csv", "a.json", "a.parquet", "a.txt"):
        assert main(["query", store, "select n from sweep", "-o", str(tmp_path / name)]) == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "a.csv").read_text().startswith('"n"\n64\n')
    assert len(json.loads((tmp_path / "a.json").read_text())) == 42
    assert len(pandas.read_parquet(tmp_path / "a.parquet")) == 42
    for words, said in ((["-o", str(tmp_path / "a.xls")], ".xls"), (["-f", "parquet"], "Parquet is no text")):
        assert main(["query", store, "select 1", *words]) == 2
        assert said in capsys.readouterr().err


def test_a_mistake_in_sql_exits_with_2_and_lists_the_columns(store: str, capsys: Capture) -> None:
    assert main(["query", store, "select colour from sweep"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "colour" in err
    assert "columns of sweep: point, n, T, access, t_count" in err


def test_a_fit_is_a_table_or_json_that_its_schema_describes(
    store: str, project: Path, capsys: Capture
) -> None:
    import jsonschema

    assert main(["fit", store, "--x", "n", "--where", "T = 4"]) == 0
    assert "0.5000" in capsys.readouterr().out
    assert main(["fit", store, "--x", "n", "--by", "solver", "-f", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    jsonschema.validate(content, json.loads((project / "schemas" / "fit.schema.json").read_text()))
    assert [one["points"] for one in content["fits"]] == [7] * 4
    assert main(["fit", store, "--x", "T"]) == 2
    assert "at least 3 points" in capsys.readouterr().err


def test_figures_are_files(store: str, tmp_path: Path, capsys: Capture) -> None:
    for name in ("f.svg", "f.png", "f.html"):
        assert main(["plot", store, "--x", "n", "--by", "access", "-o", str(tmp_path / name)]) == 0
        assert (tmp_path / name).stat().st_size > 5000
    assert main(["plot", store, "--map", "--where", "access = 'qrom'", "-o", str(tmp_path / "m.svg")]) == 0
    assert main(["plot", store, "--map", "-o", str(tmp_path / "m.gif")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "'.gif'" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--over", "learning_rate=1,2"], "dynamics.learning_rate"),
        (["--over", "n=9:1:lin:2"], "empty"),
        (["--over", "n"], "names no field"),
        ([], "nothing is swept"),
        (["--over", "n=1,2", "--engine", "dask"], "needs an address"),
        (["--over", "n=1,2", "--scheduler", "tcp://x:1"], "--engine dask"),
        (["--over", "n=1,2", "--engine", "dask", "--scheduler", "tcp://x:1", "--jobs", "2"], "--jobs"),
        (["--over", "n=1,2", "--chunk", "0"], "chunk"),
    ],
)
def test_a_wrong_sweep_exits_with_2_before_anything_is_made(
    spec: str, tmp_path: Path, capsys: Capture, words: list[str], said: str
) -> None:
    assert main(["sweep", spec, "-o", str(tmp_path / "s"), *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert not (tmp_path / "s").exists()


def test_another_sweep_in_the_store_is_replaced_only_when_asked(
    store: str, spec: str, capsys: Capture
) -> None:
    assert main(["sweep", spec, "-o", store, "--over", "n=64"]) == 2
    assert "--new" in capsys.readouterr().err
    assert main(["sweep", spec, "-o", store, "--over", "n=64", "--new"]) == 0
    assert "1 point in" in capsys.readouterr().err


def test_quiet_says_nothing(spec: str, tmp_path: Path, capsys: Capture) -> None:
    assert main(["--quiet", "sweep", spec, "-o", str(tmp_path / "s"), "--over", "T=4,13"]) == 0
    assert capsys.readouterr() == ("", "")


def test_lines_in_a_pipe_come_now_and_then_with_rate_and_time_left(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_talk(Talk.NORMAL)
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    watch = Watching(_Lines("s", 10.0))
    for seconds, done in ((0.0, 100), (9.0, 120), (11.0, 210), (12.0, 220), (30.0, 400)):
        now[0] = seconds
        watch(Standing(done, 100, 1000))
    assert capsys.readouterr().err.splitlines() == [
        "qgd: s: 210 of 1,000 points, 10 per second, 1:19 min left",
        "qgd: s: 400 of 1,000 points, 10 per second, 1:00 min left",
    ]
    assert [_time(s) for s in (0.4, 59, 61, 3600, 7290)] == ["0 s", "59 s", "1:01 min", "1:00 h", "2:01 h"]


@pytest.mark.parametrize("verb", ["sweep", "query", "fit", "plot"])
def test_help_imports_nothing_heavy(verb: str, project: Path) -> None:
    code = (
        "import sys; from qgd_compiler.cli.main import main; main(sys.argv[1:]); sys.stdout.flush(); "
        "print(' '.join(sorted(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, verb, "--help"], capture_output=True, text=True, check=True, cwd=project
    )
    loaded = {name.split(".")[0] for name in done.stderr.splitlines()[-1].split()}
    assert not loaded & {
        "numpy",
        "scipy",
        "pyarrow",
        "duckdb",
        "matplotlib",
        "distributed",
        "pandas",
    }
    assert f"qgd {verb}" in done.stdout


def test_importing_the_package_and_its_verbs_needs_no_extra(project: Path) -> None:
    code = "import sys, qgd_compiler.api; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=project
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {"pyarrow", "duckdb", "distributed", "pandas", "polars", "matplotlib"}
