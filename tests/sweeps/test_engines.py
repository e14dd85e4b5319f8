"""Engines: the same store whatever runs the chunks, and what becomes of the others when one dies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qgd_compiler import api
from qgd_compiler.api import sweeping
from qgd_compiler.errors import SweepError, UsageError
from qgd_compiler.sweeps.cluster import Cluster
from qgd_compiler.sweeps.local import Local
from qgd_compiler.sweeps.run import Standing
from tests.sweeps.made_up import SPEC, MadeUp

OVER = {"n": [64, 128, 256, 512, 1024], "T": [4, 5, 13, 30]}


def _parts(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((directory / "parts").iterdir())}


@pytest.fixture
def serial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The parts that one process makes."""
    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp())
    api.sweep(SPEC, OVER, tmp_path / "serial")
    return _parts(tmp_path / "serial")


def test_two_processes_make_the_same_bytes_as_one(tmp_path: Path, serial: dict[str, bytes]) -> None:
    seen: list[Standing] = []
    api.sweep(SPEC, OVER, tmp_path / "s", engine=Local(2), watch=seen.append)
    assert _parts(tmp_path / "s") == serial
    assert [s.done for s in seen] == [0, 4, 8, 12, 16, 20]
    assert {(s.points, s.found) for s in seen} == {(20, 0)}


def test_a_process_that_dies_once_costs_nothing(
    tmp_path: Path, serial: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    once = tmp_path / "once"
    once.touch()
    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp(killer=256, once=str(once)))
    api.sweep(SPEC, OVER, tmp_path / "s", engine=Local(2))
    assert not once.exists()
    assert _parts(tmp_path / "s") == serial


def test_a_chunk_that_kills_its_processes_is_reported_and_the_others_are_kept(
    tmp_path: Path, serial: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp(killer=256))
    with pytest.raises(SweepError, match=r"chunk 2 \(points 8 to 11\) has no rows: .*died, twice") as caught:
        api.sweep(SPEC, OVER, tmp_path / "s", engine=Local(2))
    assert caught.value.exit_code == 12
    assert _parts(tmp_path / "s") == {k: v for k, v in serial.items() if k != "part-00000002.parquet"}
    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp())
    api.sweep(SPEC, OVER, tmp_path / "s")
    assert _parts(tmp_path / "s") == serial


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_evaluator_that_trips_costs_its_own_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp())
    # 'arithmetic' has no cost in the made-up evaluator: a KeyError
    with pytest.raises(
        SweepError, match=r"chunk 1 .* and 1 more chunks have no rows: KeyError: 'arithmetic'"
    ):
        api.sweep(
            SPEC,
            {"access": "qrom,arithmetic", "n": [64, 65, 66, 67, 68, 69]},
            tmp_path / "s",
            engine=Local(jobs),
        )
    assert list(_parts(tmp_path / "s")) == ["part-00000000.parquet"]


def test_another_compiler_on_a_worker_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp())
    monkeypatch.setattr(sweeping, "rules_digest", lambda: "f" * 64)
    with pytest.raises(SweepError, match="not the one that began the sweep"):
        api.sweep(SPEC, OVER, tmp_path / "s")


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A scheduler with three workers, each a process of its own."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs="CRITICAL"
    ) as made:
        yield made


@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_that_loses_a_worker_makes_the_same_bytes(
    tmp_path: Path, serial: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, cluster: Any
) -> None:
    once = tmp_path / "once"
    once.touch()
    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp(slow=0.05, killer=256, once=str(once)))
    before = {w.pid for w in cluster.workers.values()}
    api.sweep(SPEC, OVER, tmp_path / "s", engine=Cluster(cluster.scheduler_address))
    assert not once.exists()  # a worker met its end
    assert len(before) == 3
    assert _parts(tmp_path / "s") == serial
    rows = {
        name: api.query(tmp_path / name, "select * from sweep order by point").to_csv()
        for name in ("s", "serial")
    }
    assert rows["s"] == rows["serial"]


@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_does_not_answer_is_said_in_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setitem(api.EVALUATORS, "choice", lambda *_: MadeUp())
    started = time.monotonic()
    with pytest.raises(UsageError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9"):
        api.sweep(SPEC, OVER, tmp_path / "s", engine=Cluster("tcp://127.0.0.1:9"))
    assert time.monotonic() - started < 15
    with pytest.raises(UsageError, match="no Dask scheduler answers at nonsense://x"):
        api.sweep(SPEC, OVER, tmp_path / "s", engine=Cluster("nonsense://x"))
