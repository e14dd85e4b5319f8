"""Questions to a store: the ready views against brute force and closed forms, and nothing but the store."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qgd_compiler import api
from qgd_compiler.errors import InputFileError, UsageError
from qgd_compiler.sweeps import query
from qgd_compiler.sweeps.result import Sweep
from tests.sweeps.made_up import SPEC, MadeUp

OVER = {
    "n": [64, 256, 1024, 4096, 2**20],
    "T": [2, 4, 8, 13, 64],
    "access": "qrom,qroam,qroam_dirty,qram,bucket_brigade",
}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    """A sweep of the made-up evaluator: n by T by access."""
    with pytest.MonkeyPatch.context() as change:
        change.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp(chunk=50))
        yield api.sweep(SPEC, OVER, tmp_path_factory.mktemp("query") / "s")


def _rows(sweep: Sweep, sql: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sweep.query(sql).table.to_pylist()
    return found


def test_the_pareto_view_holds_what_no_row_of_the_same_numbers_beats(sweep: Sweep) -> None:
    rows = [row for row in _rows(sweep, "select * from sweep") if row["status"] == "ok"]

    def beaten(a: dict[str, Any]) -> bool:
        return any(
            (b["n"], b["T"]) == (a["n"], a["T"])
            and b["qubits"] <= a["qubits"]
            and b["t_count"] <= a["t_count"]
            and (b["qubits"], b["t_count"]) != (a["qubits"], a["t_count"])
            for b in rows
        )

    wanted = sorted(row["point"] for row in rows if not beaten(row))
    found = sorted(row["point"] for row in _rows(sweep, "select * from pareto"))
    assert found == wanted
    assert 0 < len(wanted) < len(rows)
    # equals do not beat each other: qroam and qroam_dirty cost the same here
    assert {row["access"] for row in _rows(sweep, "select * from pareto")} == {"qrom", "qroam", "qroam_dirty"}


def test_crossovers_lie_where_the_closed_form_has_them(sweep: Sweep) -> None:
    # quantum over classical is 10 c T / sqrt(n): 1 at n = (10 c T)², and at T = sqrt(n) / (10 c)
    along_n = _rows(sweep, "select * from crossover where axis = 'n' and access = 'qroam'")
    assert {row["T"]: row["crossing"] for row in along_n} == pytest.approx(
        {2: 400.0, 4: 1600.0, 8: 6400.0, 64: 409600.0}
    )
    assert all(row["n"] is None and row["low"] < row["crossing"] < row["high"] for row in along_n)
    assert {row["what"] for row in along_n} == {"quantum faster above"}
    along_t = {
        r["n"]: r for r in _rows(sweep, "select * from crossover where axis = 'T' and access = 'qroam'")
    }
    assert along_t[1024]["crossing"] == pytest.approx(3.2)
    assert along_t[1024]["what"] == "classical faster above"
    assert along_t[64]["crossing"] is None
    assert along_t[64]["what"] == "none: classical faster throughout"


def test_no_crossover_is_read_across_a_point_without_a_price(sweep: Sweep) -> None:
    # at n = 2^20 it is at T = 102.4, beyond the axis; at n = 4096 at 6.4; none may lie between 8 and 64 over 13
    rows = _rows(sweep, "select * from crossover where axis = 'T' and crossing between 8 and 64")
    assert rows == []
    steps = _rows(sweep, "select low, high from exponents where axis = 'T' and n = 64 and access = 'qrom'")
    assert sorted((row["low"], row["high"]) for row in steps) == [(2, 4), (4, 8)]


def test_exponents_are_those_of_the_closed_form(sweep: Sweep) -> None:
    for axis, wanted in (("n", 0.5), ("T", 2.0)):
        found = _rows(sweep, f"select exponent from exponents where axis = '{axis}'")
        assert [row["exponent"] for row in found] == pytest.approx([wanted] * len(found))
        assert len(found) == {"n": 4 * 4 * 5, "T": 2 * 5 * 5}[axis]


def test_a_sweep_over_words_alone_has_empty_views_along_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp())
    found = api.sweep(SPEC, {"access": "qrom,qroam,qram"}, tmp_path / "s")
    assert len(found.query("select * from crossover")) == 0
    assert len(found.query("select * from exponents")) == 0
    assert sorted(row["access"] for row in _rows(found, "select * from pareto")) == ["qroam", "qrom"]


@pytest.mark.parametrize("name", ["dynamics.learning_rate", "target.epsilon"])
def test_dotted_names_are_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp())
    found = api.sweep(SPEC, {name: "0.1,0.2"}, tmp_path / "s")
    assert [row[name] for row in _rows(found, f'select "{name}" from sweep order by point')] == [0.1, 0.2]
    assert len(found.query("select * from exponents")) == 1


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select colour from sweep", 'column "colour" not found'),
        ("selec * from sweep", "syntax error"),
        ("select * from other", "other does not exist"),
        ("", "0 statements"),
        ("select 1; select 2", "2 statements"),
        ("select 1/", "syntax error"),
        ("select t_count::date from sweep", "Conversion|Unimplemented|cast"),
    ],
)
def test_an_error_of_sql_is_told_in_the_words_of_the_database(sweep: Sweep, sql: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        sweep.query(sql)
    assert caught.value.exit_code == 2
    if "statements" not in said:
        assert "quantum_seconds" in caught.value.mistakes[0].remedy


def test_sql_reaches_nothing_but_the_store(
    sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "variable", sweep.query("select 1").table, raising=False)
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    monkeypatch.chdir(tmp_path)
    part = next((sweep.directory / "parts").iterdir())
    for sql in (
        f"select * from '{secret}'",
        "select * from 'secret.csv'",
        f"select * from read_csv('{secret}')",
        f"select * from read_text('{secret}')",
        f"select * from read_parquet('{part}')",
        f"select * from glob('{tmp_path}/*')",
        f"copy sweep to '{tmp_path}/out.csv'",
        f"attach '{tmp_path}/out.db'",
        f"export database '{tmp_path}/out'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "select * from variable",  # of Python
    ):
        with pytest.raises(UsageError):
            sweep.query(sql)
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_a_question_changes_nothing(sweep: Sweep) -> None:
    before = {path: path.read_bytes() for path in sweep.directory.rglob("*") if path.is_file()}
    for sql in (
        "drop view sweep",
        "create table t as select 1",
        "update sweep set t_count = 0",
        "delete from sweep",
    ):
        try:
            sweep.query(sql)
        except UsageError:
            continue
    assert {path: path.read_bytes() for path in sweep.directory.rglob("*") if path.is_file()} == before
    assert len(sweep.query("select * from sweep")) == 125


def test_an_answer_is_the_same_in_every_format(sweep: Sweep) -> None:
    import io

    import pandas
    import polars

    answer = sweep.query('select n, "T", access, t_count, "order" from sweep where n = 64 order by point')
    by_json = json.loads(answer.to_json())
    by_csv = polars.read_csv(io.StringIO(answer.to_csv()))
    by_parquet = pandas.read_parquet(io.BytesIO(answer.to_parquet()))
    by_pandas, by_polars = answer.to_pandas(), answer.to_polars()
    assert [row["access"] for row in by_json] == by_csv["access"].to_list() == by_parquet["access"].tolist()
    assert by_pandas["T"].tolist() == by_polars["T"].to_list() == [row["T"] for row in by_json]
    assert (
        [row["t_count"] for row in by_json] == by_csv["t_count"].to_list() == by_polars["t_count"].to_list()
    )
    assert by_json[15]["t_count"] is None
    assert len(answer) == len(answer.page().sections[0].body.rows) == 25


def test_infinite_numbers_are_null_in_json(sweep: Sweep) -> None:
    assert json.loads(sweep.query("select 'inf'::double as a, 'nan'::double as b, 1.5 as c").to_json()) == [
        {"a": None, "b": None, "c": "1.5"}
    ]


def test_a_store_without_points_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp())
    api.sweep(SPEC, {"n": [64]}, tmp_path / "s")
    for path in (tmp_path / "s" / "parts").iterdir():
        path.unlink()
    with pytest.raises(InputFileError, match="no points yet"):
        api.query(tmp_path / "s", "select 1")


def test_a_missing_library_is_named_with_its_extra(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(UsageError, match="duckdb, which is not installed") as caught:
        sweep.query("select 1")
    assert "qgd-compiler[sweep]" in caught.value.mistakes[0].remedy


def test_the_fit_of_a_power_law_is_its_exponent(sweep: Sweep) -> None:
    found = sweep.fit("n", where='"T" = 4')
    assert len(found.fits) == 5
    for one in found.fits:
        assert (one.points, one.held["T"]) == (5, 4)
        assert one.exponent == pytest.approx(0.5)
        assert one.low <= one.exponent <= one.high
        assert one.high - one.low < 1e-6
        assert [step.exponent for step in one.local] == pytest.approx([0.5] * 4)
    by_access = {one.held["access"]: one.coefficient for one in found.fits}
    assert by_access["qrom"] == pytest.approx(4 * 16000)
    assert by_access["qroam"] == pytest.approx(16000)


def test_the_confidence_interval_is_that_of_the_textbook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # y = x² times 1, 2, 1, 2: slope and interval by hand from the normal equations, t(0.975, 2) = 4.30265
    x, noise = [1, 2, 4, 8], [1.0, 2.0, 1.0, 2.0]
    whole = MadeUp.evaluate

    def noisy(self: MadeUp, *arguments: Any) -> Any:
        found = dict(whole(self, *arguments))
        steps = arguments[3]["T"]
        found["t_count"] = [s**2 * noise[x.index(s)] for s in steps.tolist()]
        import numpy as np

        found["t_count"] = np.array(found["t_count"], float)
        return found

    monkeypatch.setattr(MadeUp, "evaluate", noisy)
    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp())
    one = api.sweep(SPEC, {"T": x}, tmp_path / "s").fit("T").fits[0]
    u = [math.log(v) for v in x]
    v = [math.log(a**2 * b) for a, b in zip(x, noise, strict=True)]
    mean_u, mean_v = sum(u) / 4, sum(v) / 4
    sxx = sum((a - mean_u) ** 2 for a in u)
    slope = sum((a - mean_u) * (b - mean_v) for a, b in zip(u, v, strict=True)) / sxx
    rest = sum((b - mean_v - slope * (a - mean_u)) ** 2 for a, b in zip(u, v, strict=True))
    wide = 4.302652729911275 * math.sqrt(rest / 2 / sxx)
    assert one.exponent == pytest.approx(slope)
    assert (one.low, one.high) == pytest.approx((slope - wide, slope + wide))
    assert [step.exponent for step in one.local] == pytest.approx([3, 1, 3])


def test_series_are_fitted_apart_by_a_column_and_held_in_the_other_axes(sweep: Sweep) -> None:
    found = sweep.fit("n", by="solver", where="access = 'qrom'")
    assert {(one.held["T"], one.held["solver"]) for one in found.fits} == {
        (2, "gram"),
        (4, "gram"),
        (8, "gram"),
        (64, "power"),
    }
    assert found.skipped == 0


def test_too_few_points_are_no_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sweep: Sweep) -> None:
    with pytest.raises(UsageError, match="at least 3 points"):
        sweep.fit("n", where="n < 300")
    with pytest.raises(UsageError, match="no point has both n and t_count where false"):
        sweep.fit("n", where="false")
    with pytest.raises(UsageError, match="no point has both"):
        sweep.fit("n", y="physical_qubits")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"x": "m"}, "no column 'm'"),
        ({"x": "n", "y": "tcount"}, "no column 'tcount'"),
        ({"x": "access"}, "words, not numbers"),
        ({"x": "n", "by": "solve"}, "no column 'solve'"),
        ({"x": "n", "where": "colour = 1"}, "colour"),
    ],
)
def test_a_fit_of_columns_that_are_not_there_says_which_are_near(
    sweep: Sweep, arguments: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        sweep.fit(**arguments)
    assert caught.value.mistakes[0].remedy


def test_the_result_in_python_knows_itself(sweep: Sweep) -> None:
    assert len(sweep) == 125
    assert repr(sweep).startswith(
        "<Sweep of 'made up' over n (5) × T (5) × access (5): 125 points (100 ok, 25 Inf"
    )
    assert sweep.to_pandas().shape == sweep.to_polars().shape == (125, 31)
    assert sweep.to_pandas()["point"].tolist() == list(range(125))


def test_a_sweep_without_a_folder_lives_as_long_as_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    import gc

    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp())
    found = api.sweep(SPEC, {"n": [64]})
    folder = found.directory
    assert len(found.to_pandas()) == 1
    found._folder.cleanup()
    del found
    gc.collect()
    assert not folder.exists()
