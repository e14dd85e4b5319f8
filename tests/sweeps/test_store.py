"""The store: whole parts, going on after an end of any kind, and what it refuses."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qgd_compiler import api
from qgd_compiler.api import sweeping
from qgd_compiler.errors import InputFileError, UsageError
from qgd_compiler.sweeps import rules, store
from qgd_compiler.sweeps.store import open_store
from tests.sweeps.made_up import SPEC, MadeUp

OVER = {"n": [64, 128, 256, 512, 1024], "T": [4, 5, 13, 30], "access": "qrom,qroam"}


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp())


def _parts(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((directory / "parts").iterdir())}


def _rows(directory: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.query(directory, "select * from sweep order by point").table.to_pylist()
    return found


def test_every_point_is_a_row_whether_it_has_a_price_or_not(tmp_path: Path) -> None:
    api.sweep(SPEC, OVER, tmp_path / "s")
    rows = _rows(tmp_path / "s")
    assert [row["point"] for row in rows] == list(range(40))
    assert [(r["n"], r["T"], r["access"]) for r in rows[:3]] == [
        (64, 4, "qrom"),
        (64, 4, "qroam"),
        (64, 5, "qrom"),
    ]
    failed = [row for row in rows if row["T"] == 13]
    assert len(failed) == 10
    assert {(r["status"], r["reason"], r["t_count"], r["order"]) for r in failed} == {
        ("InfeasibleError", "thirteen is unlucky", None, None)
    }
    assert all(r["t_count"] == 1000 * {"qrom": 4, "qroam": 1}[r["access"]] * r["n"] ** 0.5 * r["T"] ** 2
               for r in rows if r["T"] != 13)  # fmt: skip


def test_a_swept_name_keeps_its_column_and_the_choice_gets_another(tmp_path: Path) -> None:
    api.sweep(SPEC, {"access": "qrom,qroam"}, tmp_path / "s")
    assert [(r["access"], r["chosen_access"]) for r in _rows(tmp_path / "s")] == [
        ("qrom", "qrom"),
        ("qroam", "qroam"),
    ]


def test_pandas_polars_and_duckdb_read_the_parts_themselves(tmp_path: Path) -> None:
    import duckdb
    import pandas
    import polars

    api.sweep(SPEC, OVER, tmp_path / "s")
    pattern = str(tmp_path / "s" / "parts" / "*.parquet")
    by_pandas = pandas.read_parquet(tmp_path / "s" / "parts").sort_values("point")
    by_polars = polars.read_parquet(pattern).sort("point")
    with duckdb.connect() as connection:
        by_duckdb = connection.sql(f"select * from '{pattern}' order by point").fetchall()
    assert by_pandas["n"].tolist() == by_polars["n"].to_list() == [row[1] for row in by_duckdb]
    assert by_polars["access"].to_list() == by_pandas["access"].tolist() == [row[3] for row in by_duckdb]
    assert by_polars["t_count"].null_count() == 10 == by_pandas["t_count"].isna().sum()


def test_counts_beyond_all_integers_are_kept(tmp_path: Path) -> None:
    api.sweep(SPEC, {"n": [10**40, 64], "T": [10**9]}, tmp_path / "s")
    first = _rows(tmp_path / "s")[0]
    assert first["n"] == 1e40
    assert first["t_count"] == pytest.approx(4e3 * 1e20 * 1e18)


def test_the_manifest_is_what_its_schema_says(tmp_path: Path, project: Path) -> None:
    import jsonschema

    api.sweep(SPEC, OVER, tmp_path / "s")
    schema = json.loads((project / "schemas" / "sweep.schema.json").read_text())
    content = json.loads((tmp_path / "s" / "sweep.json").read_text())
    jsonschema.validate(content, schema)
    assert content["points"] == 40
    assert [axis["values"] for axis in content["axes"]] == [5, 4, 2]


def test_what_is_stored_is_not_priced_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api.sweep(SPEC, OVER, tmp_path / "s")
    before = _parts(tmp_path / "s")
    (tmp_path / "s" / "parts" / "part-00000003.parquet").unlink()
    priced: list[int] = []
    whole = MadeUp.evaluate

    def counting(self: MadeUp, document: Any, base: str, names: Any, columns: Any) -> Any:
        priced.append(len(columns["n"]))
        return whole(self, document, base, names, columns)

    monkeypatch.setattr(MadeUp, "evaluate", counting)
    api.sweep(SPEC, OVER, tmp_path / "s")
    assert priced == [4]
    assert _parts(tmp_path / "s") == before


def test_what_a_killed_sweep_was_writing_is_removed(tmp_path: Path) -> None:
    api.sweep(SPEC, OVER, tmp_path / "s")
    (tmp_path / "s" / "parts" / ".part-00000003.parquet.77.part").write_bytes(b"half")
    api.sweep(SPEC, OVER, tmp_path / "s")
    assert all(name.startswith("part-") for name in _parts(tmp_path / "s"))


def test_large_sweeps_look_at_a_sample_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def choosing(loaded: Any, document: Any, sample: Any) -> MadeUp:
        seen.append(sample)
        return MadeUp()

    monkeypatch.setitem(api.EVALUATORS, "choice", choosing)
    api.sweep(SPEC, OVER, tmp_path / "few")
    monkeypatch.setattr(sweeping, "MANY", 39)
    api.sweep(SPEC, OVER, tmp_path / "many")
    few, many = seen
    assert few is None
    assert set(many) == set(OVER)
    assert 20 < len(many["n"]) <= 40


def test_a_store_keeps_the_size_of_its_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api.sweep(SPEC, OVER, tmp_path / "s", chunk=7)
    before = _parts(tmp_path / "s")
    assert len(before) == 6
    api.sweep(SPEC, OVER, tmp_path / "s")
    assert _parts(tmp_path / "s") == before
    with pytest.raises(UsageError, match="its chunks have 7 points"):
        api.sweep(SPEC, OVER, tmp_path / "s", chunk=8)


def _another_spec(change: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"spec": {**SPEC, "name": "other"}}


def _another_rate(change: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"spec": {**SPEC, "dynamics": {"learning_rate": 0.2, "iterations": 16}}}


def _another_axis(change: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"over": {"n": OVER["n"], "eps": [0.1]}}


def _other_values(change: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"over": {**OVER, "T": [4, 5, 13, 31]}}


def _another_order(change: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"over": dict(reversed(OVER.items()))}


def _other_rules(change: pytest.MonkeyPatch) -> dict[str, Any]:
    change.setattr(sweeping, "rules_digest", lambda: "f" * 64)
    return {}


def _another_mode(change: pytest.MonkeyPatch) -> dict[str, Any]:
    change.setitem(api.EVALUATORS, "fixed", lambda *_: MadeUp(mode="fixed"))
    return {"mode": "fixed"}


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        (_another_spec, "'made up', now 'other'"),
        (_another_rate, "another spec, or its data changed"),
        (_another_axis, "over n, T, access, not over n, eps"),
        (_other_values, "T has 4 values from 4 to 30 there"),
        (_another_order, "its axes are n, T, access, in this order"),
        (_other_rules, "other rules"),
        (_another_mode, "priced by choice, not by fixed"),
    ],
)
def test_a_store_of_another_sweep_is_refused_and_says_what_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: Callable[..., dict[str, Any]], what: str
) -> None:
    api.sweep(SPEC, OVER, tmp_path / "s")
    before = _parts(tmp_path / "s")
    asked = {"spec": SPEC, "over": OVER, **changed(monkeypatch)}
    with pytest.raises(UsageError, match=what) as caught:
        api.sweep(**asked, directory=tmp_path / "s")
    assert "--new" in caught.value.mistakes[0].remedy
    assert _parts(tmp_path / "s") == before


def test_a_changed_data_file_makes_another_sweep(tmp_path: Path) -> None:
    from tests.jobs import few

    spec = few(tmp_path)
    api.sweep(spec, {"eps": [0.1, 0.2]}, tmp_path / "s")
    api.sweep(spec, {"eps": [0.1, 0.2]}, tmp_path / "s")
    few(tmp_path, hessian=[[1.0, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 0.7]])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="its data changed"):
        api.sweep(spec, {"eps": [0.1, 0.2]}, tmp_path / "s")


def test_new_replaces_another_sweep_and_nothing_of_it_stays(tmp_path: Path) -> None:
    api.sweep(SPEC, OVER, tmp_path / "s")
    api.sweep(SPEC, {"n": [64]}, tmp_path / "s", new=True)
    assert list(_parts(tmp_path / "s")) == ["part-00000000.parquet"]
    assert len(_rows(tmp_path / "s")) == 1


@pytest.mark.parametrize("new", [True, False])
def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, new: bool) -> None:
    (tmp_path / "thesis.tex").write_text("important")
    with pytest.raises(UsageError, match="no sweep"):
        api.sweep(SPEC, OVER, tmp_path, new=new)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"qgd_sweep": 2}', '{"qgd_sweep": 1, "name": "x"}'])
def test_a_damaged_manifest_is_named(tmp_path: Path, text: str) -> None:
    api.sweep(SPEC, OVER, tmp_path / "s")
    (tmp_path / "s" / "sweep.json").write_text(text)
    with pytest.raises(InputFileError, match=r"sweep\.json"):
        open_store(tmp_path / "s")
    with pytest.raises(UsageError, match=r"sweep\.json") as caught:
        api.sweep(SPEC, OVER, tmp_path / "s")
    assert "--new" in caught.value.mistakes[0].remedy


def test_a_folder_that_is_no_store_cannot_be_asked(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="no store of a sweep"):
        api.query(tmp_path, "select 1")


def _truncate(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _flipped(column: int) -> Callable[[bytes], bytes]:
    """Another bit at the end of a column's data, which leaves the frame of the file as it was."""

    def flip(content: bytes) -> bytes:
        parquet = pytest.importorskip("pyarrow.parquet")
        meant = parquet.ParquetFile(io.BytesIO(content)).metadata.row_group(0).column(column)
        changed = bytearray(content)
        start = meant.dictionary_page_offset or meant.data_page_offset
        changed[start + meant.total_compressed_size - 3] ^= 4
        return bytes(changed)

    return flip


@pytest.mark.parametrize(
    "damage", [_truncate, _flipped(1), _flipped(4), _flipped(8), lambda _: b"", lambda _: b"no Parquet"]
)
def test_a_corrupt_part_is_named_the_rest_is_served_and_the_sweep_makes_it_again(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    api.sweep(SPEC, OVER, tmp_path / "s")
    before = _parts(tmp_path / "s")
    broken = tmp_path / "s" / "parts" / "part-00000002.parquet"
    broken.write_bytes(damage(broken.read_bytes()))
    warned: list[str] = []
    table = api.query(tmp_path / "s", "select * from sweep order by point", warned.append).table
    assert [p for p in table["point"].to_pylist() if 8 <= p < 12] == []
    assert table.num_rows == 36
    assert len(warned) == 1
    assert "part-00000002.parquet" in warned[0]
    warned.clear()
    api.sweep(SPEC, OVER, tmp_path / "s", warn=warned.append)
    assert "made again" in warned[0]
    assert _parts(tmp_path / "s") == before


def test_a_part_of_another_sweep_is_not_served(tmp_path: Path) -> None:
    api.sweep(SPEC, OVER, tmp_path / "s")
    api.sweep(SPEC, {**OVER, "eps": [0.1]}, tmp_path / "other")
    foreign = (tmp_path / "other" / "parts" / "part-00000001.parquet").read_bytes()
    (tmp_path / "s" / "parts" / "part-00000001.parquet").write_bytes(foreign)
    warned: list[str] = []
    assert len(api.query(tmp_path / "s", "select * from sweep", warned.append)) == 36
    assert "belongs to another sweep" in warned[0]


def test_a_full_disk_is_said_and_the_store_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    real = os.fsync

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) > 9:
            raise OSError(28, "No space left on device")
        real(handle)

    with monkeypatch.context() as change:
        change.setattr(os, "fsync", full)
        with pytest.raises(UsageError, match="No space left on device") as caught:
            api.sweep(SPEC, OVER, tmp_path / "s")
    assert "goes on" in caught.value.mistakes[0].remedy
    left = _parts(tmp_path / "s")
    assert 0 < len(left) < 10
    assert all(name.startswith("part-") for name in left)
    api.sweep(SPEC, OVER, tmp_path / "s")
    assert len(_rows(tmp_path / "s")) == 40
    assert left.items() <= _parts(tmp_path / "s").items()


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for directory in (tmp_path / "file", tmp_path / "file" / "s"):
        with pytest.raises(UsageError) as caught:
            api.sweep(SPEC, OVER, directory)
        assert caught.value.mistakes[0].remedy


def test_a_part_is_synced_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    real_sync, real_replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (seen.append("sync"), real_sync(handle))[1])
    monkeypatch.setattr(Path, "replace", lambda a, b: (seen.append("rename"), real_replace(a, b))[1])
    store._write_whole(tmp_path / "x", b"content")
    assert seen[:2] == ["sync", "rename"]


def test_the_rules_of_a_sweep_change_with_what_makes_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rules.rules_digest.cache_clear()
    try:
        before = rules.rules_digest()
        rules.rules_digest.cache_clear()
        monkeypatch.setattr(rules, "rules_digests", lambda: {"costing": "other"})
        assert rules.rules_digest() != before
        assert "row.py" not in rules.KEEPING_FILES
        folder = Path(rules.__file__).parent
        assert all((folder / name).is_file() for name in rules.KEEPING_FILES)
    finally:
        rules.rules_digest.cache_clear()


RUN = """
import sys
if __name__ == "__main__":
    from qgd_compiler import api
    from qgd_compiler.cli.main import main
    from tests.sweeps.made_up import MadeUp
    api.EVALUATORS["choice"] = lambda *_: MadeUp(chunk=2, slow=float(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
"""


def _command(tmp_path: Path, slow: float, jobs: int) -> list[str]:
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))
    script = tmp_path / "run.py"
    script.write_text(RUN)
    over = [f"--over=n={','.join(map(str, OVER['n']))}", "--over=T=4,5,13,30", "--over=access=qrom,qroam"]
    where = [str(tmp_path / "spec.json"), "-o", str(tmp_path / "s"), "--jobs", str(jobs)]
    return [sys.executable, str(script), str(slow), "sweep", *where, *over]


def _started(command: list[str], project: Path, parts: Path) -> subprocess.Popen[str]:
    """A sweep that has stored some of its parts and not all."""
    environment = {**os.environ, "PYTHONPATH": str(project)}
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, cwd=project, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )
    end = time.monotonic() + 60
    while len(list(parts.glob("part-*.parquet"))) < 3:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)
    return process


@pytest.mark.parametrize("jobs", [1, 2])
def test_after_kill_9_the_same_command_loses_and_doubles_nothing(
    tmp_path: Path, project: Path, jobs: int
) -> None:
    process = _started(_command(tmp_path, 0.1, jobs), project, tmp_path / "s" / "parts")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    left = {n: c for n, c in _parts(tmp_path / "s").items() if n.startswith("part-")}
    assert 3 <= len(left) < 20
    done = subprocess.run(
        _command(tmp_path, 0.0, jobs),
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    found = _parts(tmp_path / "s")
    assert left.items() <= found.items()
    api.sweep(SPEC, OVER, tmp_path / "whole", chunk=2)
    assert found == _parts(tmp_path / "whole")


def test_ctrl_c_leaves_a_store_that_goes_on_and_says_so(tmp_path: Path, project: Path) -> None:
    process = _started(_command(tmp_path, 0.1, 2), project, tmp_path / "s" / "parts")
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the workers too
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert out == ""
    assert "of 40 points are in" in err
    assert "the same command goes on" in err
    assert "Traceback" not in err
    assert all(name.startswith("part-") for name in _parts(tmp_path / "s"))
    api.sweep(SPEC, OVER, tmp_path / "s")
    api.sweep(SPEC, OVER, tmp_path / "whole", chunk=2)
    assert _parts(tmp_path / "s") == _parts(tmp_path / "whole")
