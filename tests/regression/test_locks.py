"""Locks: written, checked, moved, broken, damaged. The compiler is replaced by a table where it is not the subject."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from qgd_compiler import api
from qgd_compiler.api import guarding
from qgd_compiler.cli.main import main
from qgd_compiler.errors import BrokenError, InfeasibleError, LockError, MovedError, UsageError
from qgd_compiler.regression import rules
from qgd_compiler.regression.compare import moves
from qgd_compiler.regression.documents import Status
from qgd_compiler.regression.figures import Figures, figures_of
from qgd_compiler.regression.lock import read_lock
from tests.backends.documents import HUGE, report_content

Reports = dict[str, Any]


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reports:
    """What specs `a.yaml` and `b.yaml` cost: a report, or an error to raise."""
    table: Reports = {"a": report_content(), "b": report_content()}
    for name, report in table.items():
        report["name"] = f"estimate {name}"
        (tmp_path / f"{name}.yaml").write_text("qgd: 1\n")

    def compile(path: Path) -> Any:
        found = table[path.stem]
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(guarding, "report_at", compile)
    return table


def locked(folder: Path) -> None:
    assert main(["lock", str(folder), "--reason", "first estimates", "-j", "1"]) == 0


def check(folder: Path, *more: str) -> int:
    return main(["check", str(folder), "-j", "1", *more])


def dearer(report: dict[str, Any]) -> None:
    """The Hessian costs a tenth more."""
    report["logical"]["by_component"][0]["t_count"] += 90_000
    report["logical"]["t_count"] += 90_000
    report["total"]["t_count"] += HUGE // 10


def test_what_is_locked_is_unchanged_until_it_moves(
    reports: Reports, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locked(tmp_path)
    assert check(tmp_path) == 0
    capsys.readouterr()
    dearer(reports["b"])
    assert check(tmp_path) == 9
    out = capsys.readouterr()
    assert "1 of 2 unchanged" in out.out and "1 of 2 moved" in out.out
    assert "b: what moved" in out.out and "a: what moved" not in out.out
    assert "MovedError" in out.err and "b.lock.json" in out.err


def test_a_lock_has_the_numbers_of_the_report_and_says_what_made_them(
    reports: Reports, tmp_path: Path
) -> None:
    locked(tmp_path)
    content = json.loads((tmp_path / "a.lock.json").read_text())
    jsonschema.validate(content, api.SCHEMAS["lock.schema.json"]())
    assert content["numbers"]["total.t_count"] == HUGE
    assert content["numbers"]["logical.by_component[reflection].t_count"] == 225_000
    assert content["numbers"]["logical.t_depth"] is None
    assert content["choices"]["solver.name"] == "kernel reflection, norm known"
    assert content["choices"]["linear_system.chosen"] is True
    assert content["spec_digest"] == reports["a"]["spec_digest"]
    assert {"costing", "algorithms", "spec"} <= set(content["rules"])
    assert {"python", "numpy"} <= set(content["versions"])
    assert not [p for p in content["numbers"] if p.startswith(("alternatives", "pareto", "assumptions"))]


def test_locking_twice_writes_the_same_bytes_and_no_reason_for_what_did_not_move(
    reports: Reports, tmp_path: Path
) -> None:
    locked(tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    locked(tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_the_reason_lands_in_the_changes_with_old_and_new_values(reports: Reports, tmp_path: Path) -> None:
    locked(tmp_path)
    dearer(reports["b"])
    assert main(["lock", str(tmp_path / "b.yaml"), "--reason", "words are\nlonger", "-j", "1"]) == 0
    text = (tmp_path / "CHANGES.md").read_text()
    first, second = text.split("## first estimates")[1].split("## words are longer")
    assert f"| estimate b | | {HUGE:,}" not in first  # named by the file, which is unique
    assert f"| a |  | {HUGE:,} | new |" in first and f"| b |  | {HUGE:,} | new |" in first
    assert f"| b | {HUGE:,} | {HUGE + HUGE // 10:,} | +10.0 % | 431 | 431 |" in second
    assert "| a |" not in second
    assert check(tmp_path) == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"total.qubits": 431', '"total.qubits": 430'),
        ('"a.yaml"', '"b.yaml"'),
        ('"tolerances": {}', '"tolerances": {"*": 9.0}'),
    ],
)
def test_a_lock_that_was_edited_by_hand_is_found(
    reports: Reports, tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str
) -> None:
    locked(tmp_path)
    path = tmp_path / "a.lock.json"
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    assert check(tmp_path) == 11
    assert "changed after it was written" in capsys.readouterr().err


def resealed(path: Path, **changes: Any) -> None:
    """A lock with fields replaced and a digest that fits, as another program would write it."""
    content = json.loads(path.read_text())
    content.update(changes)
    content.pop("digest")
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    path.write_text(json.dumps({**content, "digest": hashlib.sha256(text.encode()).hexdigest()}))


@pytest.mark.parametrize("version", [2, 0, "1", True, 1.5])
def test_a_lock_of_another_format_is_refused(reports: Reports, tmp_path: Path, version: Any) -> None:
    locked(tmp_path)
    resealed(tmp_path / "a.lock.json", qgd_lock=version)
    with pytest.raises(LockError, match=f"format {re.escape(repr(version))}|format 1"):
        read_lock(tmp_path / "a.lock.json")
    assert check(tmp_path) == 11


def test_a_lock_by_another_version_of_the_compiler_is_checked_and_says_so(
    reports: Reports, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locked(tmp_path)
    lock = json.loads((tmp_path / "a.lock.json").read_text())
    resealed(
        tmp_path / "a.lock.json",
        compiler="0.0.9",
        rules={**lock["rules"], "costing": "0" * 64},
        versions={**lock["versions"], "numpy": "1.0"},
    )
    capsys.readouterr()
    assert check(tmp_path, "--format", "json") == 0
    notes = json.loads(capsys.readouterr().out)["estimates"][0]["notes"]
    assert any("0.0.9" in n for n in notes) and "rules changed in costing" in notes
    assert any(n.startswith("numpy was 1.0") for n in notes)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"qgd_lock": 1}', "\x00", "[" * 100_000, '{"a": ' + "9" * 5000 + "}"]
)
def test_a_file_that_is_no_lock_is_damaged_and_not_an_internal_error(
    reports: Reports, tmp_path: Path, text: str
) -> None:
    locked(tmp_path)
    (tmp_path / "a.lock.json").write_text(text)
    assert check(tmp_path) == 11


def test_a_lock_without_a_field_is_damaged(reports: Reports, tmp_path: Path) -> None:
    locked(tmp_path)
    resealed(tmp_path / "a.lock.json", numbers="many")
    with pytest.raises(LockError, match="numbers"):
        read_lock(tmp_path / "a.lock.json")


def test_a_missing_spec_and_one_that_does_not_compile_are_broken(
    reports: Reports, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locked(tmp_path)
    (tmp_path / "a.yaml").unlink()
    reports["b"] = InfeasibleError("too big", at="b.yaml:3 (target)", remedy="less")
    assert check(tmp_path) == 10
    err = capsys.readouterr().err
    assert "a.yaml is missing" in err and "InfeasibleError: too big" in err and "b.yaml:3 (target)" in err


def test_the_worst_gives_the_exit_code(reports: Reports, tmp_path: Path) -> None:
    locked(tmp_path)
    dearer(reports["a"])
    (tmp_path / "b.lock.json").write_text("{}")
    assert check(tmp_path) == 11
    (tmp_path / "a.yaml").unlink()
    assert check(tmp_path) == 10


def test_nothing_is_locked_if_one_does_not_compile(reports: Reports, tmp_path: Path) -> None:
    reports["b"] = InfeasibleError("too big")
    with pytest.raises(BrokenError):
        api.lock([tmp_path], "try", jobs=1)
    assert main(["lock", str(tmp_path), "--reason", "try", "-j", "1"]) == 10
    assert not list(tmp_path.glob("*.lock.json")) and not (tmp_path / "CHANGES.md").exists()


def test_a_reason_and_paths_that_hold_something_are_needed(reports: Reports, tmp_path: Path) -> None:
    assert main(["lock", str(tmp_path)]) == 2
    assert main(["lock", str(tmp_path), "--reason", " "]) == 2
    assert check(tmp_path) == 2  # no lock yet
    (tmp_path / "empty").mkdir()
    assert main(["lock", str(tmp_path / "empty"), "--reason", "x"]) == 2
    with pytest.raises(UsageError, match="no lock"):
        api.check([tmp_path])


@pytest.mark.parametrize("text", ["total=x", "=1%", "1%", "total=-1", "total=inf", "total=nan"])
def test_a_tolerance_has_a_pattern_and_a_size(reports: Reports, tmp_path: Path, text: str) -> None:
    assert main(["lock", str(tmp_path), "--reason", "x", "--tolerance", text]) == 2


def test_a_tolerance_of_a_field_lets_that_field_pass_and_is_kept(reports: Reports, tmp_path: Path) -> None:
    let_pass = ("--tolerance", "total.qubits=1%", "--tolerance", "physical.*=5%")
    assert main(["lock", str(tmp_path), "--reason", "x", "-j", "1", *let_pass]) == 0
    reports["a"]["total"]["qubits"] = 435  # 431 and 0.93 %
    assert check(tmp_path) == 0
    reports["a"]["total"]["qubits"] = 436  # 1.16 %
    assert check(tmp_path) == 9
    reports["a"]["total"]["qubits"] = 435
    locked(tmp_path)  # keeps them
    reports["a"]["total"]["qubits"] = 439
    assert check(tmp_path) == 0
    reports["a"]["logical"]["qubits"] = 78  # another field: exact
    assert check(tmp_path) == 9


def test_counts_are_exact_and_reals_are_as_exact_as_processors_are() -> None:
    before = Figures({"n": 10**15, "x": 1.0, "zero": 0, "unknown": None}, {})
    assert not moves(before, Figures({"n": 10**15, "x": 1.0 + 5e-7, "zero": 0, "unknown": None}, {}), {})
    for path, value in {"n": 10**15 + 1, "x": 1.000002, "zero": 1, "unknown": 3}.items():
        (move,) = moves(before, Figures({**before.numbers, path: value}, {}), {})
        assert (move.path, move.after) == (path, value)


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        (2500571556188830036837310407125402, 2500571556188829623331474335049899, False),
        (2500571556188830036837310407125402, 2500571556198830036837310407125402, True),
        (2**53, 2**53 + 1, True),
    ],
)
def test_only_counts_longer_than_a_real_may_differ_in_the_last_digits(
    before: int, after: int, moved: bool
) -> None:
    old, new = (Figures(numbers={"total.t_count": n}, choices={}) for n in (before, after))
    assert bool(moves(old, new, {})) is moved


def test_a_tolerance_is_of_what_was_locked_so_that_small_steps_do_not_creep() -> None:
    before = Figures({"x": 1000}, {})
    assert not moves(before, Figures({"x": 1010}, {}), {"*": 0.01})
    assert moves(before, Figures({"x": 1011}, {}), {"*": 0.01})
    assert moves(before, Figures({"x": 989}, {}), {"*": 0.01})


def test_a_choice_that_differs_moves_and_so_does_a_number_that_is_gone() -> None:
    before = Figures({"x": 1}, {"solver.name": "a", "flag": True})
    assert [m.path for m in moves(before, Figures({}, {"solver.name": "b", "flag": False}), {"*": 9.0})] == [
        "solver.name", "flag", "x",
    ]  # fmt: skip
    assert not moves(before, Figures({"x": 1, "y": 2}, before.choices), {})


def test_what_a_newer_compiler_says_more_is_a_note_and_no_failure(
    reports: Reports, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locked(tmp_path)
    reports["a"]["logical"]["moons"] = 3
    capsys.readouterr()
    assert check(tmp_path, "--format", "json") == 0
    assert any("logical.moons" in n for n in json.loads(capsys.readouterr().out)["estimates"][0]["notes"])


def test_a_changed_spec_is_said_even_where_no_number_moved(
    reports: Reports, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locked(tmp_path)
    reports["a"]["spec_digest"] = "f" * 64
    assert check(tmp_path, "--format", "github") == 0
    assert re.search(
        r"^::notice file=[^,]*a\.lock\.json,title=a::the spec or its data changed",
        capsys.readouterr().out,
        re.M,
    )


def test_every_format_says_what_moved_and_why(
    reports: Reports, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locked(tmp_path)
    dearer(reports["b"])
    files = [tmp_path / name for name in ("out.json", "out.md", "out.txt", "out.xml")]
    capsys.readouterr()
    assert check(tmp_path, "-f", "github", *(w for f in files for w in ("-o", str(f)))) == 9

    note = capsys.readouterr().out
    assert note.count("\n") == 1 and note.startswith("::error file=") and "title=b moved::" in note
    assert "(+10.0 %25)" in note and "table lookup" in note and "%0A" in note

    data = json.loads(files[0].read_text())
    jsonschema.validate(data, api.SCHEMAS["check.schema.json"]())
    result = data["estimates"][1]
    assert (result["name"], result["status"]) == ("b", "moved")
    assert result["attribution"]["change"] == HUGE // 10 == result["t_count"][1] - result["t_count"][0]
    assert {m["path"] for m in result["moves"]} == {
        "total.t_count", "logical.t_count", "logical.by_component[table lookup].t_count",
    }  # fmt: skip

    text = files[1].read_text()
    assert "## b: what moved" in text and "## b: the change of the T gates by component" in text
    assert "b: the same by factor" in files[2].read_text()

    suite = ElementTree.parse(files[3]).getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    assert [case.get("name") for case in suite] == ["a", "b"] and len(suite[0]) == 0
    failure = suite[1][0]
    assert failure.tag == "failure" and "total.t_count" in str(failure.text)


def test_junit_calls_a_broken_spec_an_error_and_survives_control_characters(
    reports: Reports, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locked(tmp_path)
    reports["a"] = InfeasibleError("bad \x1b[31m <name> & more")
    capsys.readouterr()
    assert check(tmp_path, "-f", "junit") == 10
    suite = ElementTree.fromstring(capsys.readouterr().out)[0]
    assert suite.get("errors") == "1" and "<name> & more" in str(suite[0][0].get("message"))


def test_an_annotation_cannot_be_split_by_what_a_spec_says(
    reports: Reports, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locked(tmp_path)
    reports["a"] = InfeasibleError("one\r\n::error::two", at="x,y:3")
    capsys.readouterr()
    check(tmp_path, "-f", "github")
    assert capsys.readouterr().out.count("\n") == 1


def test_an_ending_without_a_format_is_said_before_the_work(reports: Reports, tmp_path: Path) -> None:
    locked(tmp_path)
    reports["a"] = AssertionError("worked")
    assert check(tmp_path, "-o", str(tmp_path / "x.pdf")) == 2


def test_a_lock_may_be_named_in_place_of_its_spec(reports: Reports, tmp_path: Path) -> None:
    locked(tmp_path)
    found = api.check([tmp_path / "a.lock.json", tmp_path / "a.yaml"], jobs=1)
    assert [(r.name, r.status) for r in found.estimates] == [("a", Status.UNCHANGED)]


def test_a_spec_without_a_lock_is_not_passed_over(reports: Reports, tmp_path: Path) -> None:
    locked(tmp_path)
    (tmp_path / "a.lock.json").unlink()
    assert main(["check", str(tmp_path / "a.yaml"), "-j", "1"]) == 11


def test_the_digest_of_the_rules_follows_the_rooms_that_make_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("costing/a.py", "cli/b.py", "backends/report_page.py", "backends/assemble.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    monkeypatch.setattr(rules, "__file__", str(tmp_path / "regression" / "rules.py"))

    def digests() -> dict[str, str]:
        rules.rules_digests.cache_clear()
        return dict(rules.rules_digests())

    before = digests()
    assert set(before) == {"costing", "backends"}
    (tmp_path / "cli/b.py").write_text("x = 2\n")
    (tmp_path / "backends/report_page.py").write_text("x = 2\n")
    (tmp_path / "costing/a.py").write_bytes(b"x = 1\r\n")  # line ends are no rules
    assert digests() == before
    (tmp_path / "backends/assemble.py").write_text("x = 2\n")
    assert {room for room, d in digests().items() if d != before[room]} == {"backends"}
    monkeypatch.undo()
    rules.rules_digests.cache_clear()


def test_elements_of_a_list_are_named_and_prose_is_left_out() -> None:
    figures = figures_of(report_content())
    assert "error_budget[solver].epsilon" in figures.numbers
    assert not [p for p in figures.choices if "reason" in p or p.startswith("verdict")]
    assert "solver.source" not in figures.choices and "weakest_source" in figures.choices
    content: dict[str, Any] = {
        "list": [{"name": "x", "v": 1}, {"name": "x", "v": 2}],
        "total": {"why_no_proven": "so"},
    }
    assert dict(figures_of(content).numbers) == {"list[0].v": 1, "list[1].v": 2}


def diffed(folder: Path, change: Callable[[dict[str, Any]], None]) -> tuple[Path, Path]:
    before = report_content()
    after = copy.deepcopy(before)
    change(after)
    paths = folder / "before.json", folder / "after.json"
    for path, content in zip(paths, (before, after), strict=True):
        path.write_text(json.dumps(content))
    return paths


def test_two_reports_are_compared_with_attribution(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = diffed(tmp_path, dearer)
    assert main(["diff", str(before), str(after)]) == 0
    out = capsys.readouterr().out
    assert "3 figures differ" in out and "table lookup" in out and "by factor" in out
    assert main(["diff", str(before), str(after), "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    jsonschema.validate(data, api.SCHEMAS["diff.schema.json"]())
    assert sum(x["change"] for x in data["attribution"]["by_component"]) == HUGE // 10
    assert main(["diff", str(before), str(after), "--tolerance", "0.2"]) == 0
    assert "no figure differs" in capsys.readouterr().out


def test_a_difference_goes_both_ways(tmp_path: Path) -> None:
    before, after = diffed(tmp_path, lambda r: r.update(stationary=None))
    there, back = api.diff(before, after), api.diff(after, before)
    gone = {m.path for m in there.moves}
    assert "stationary.kappa" in gone and gone == {m.path for m in back.moves}


def test_a_report_is_compared_with_a_lock(reports: Reports, tmp_path: Path) -> None:
    locked(tmp_path)
    path = tmp_path / "now.json"
    path.write_text(json.dumps(reports["a"]))
    assert api.diff(tmp_path / "a.lock.json", path).moves == ()


@pytest.mark.parametrize("text", ["", "[]", '{"qgd": 2}', '{"qgd": true}', "{}", '{"qgd": 1, "x": NaN}'])
def test_what_is_no_report_is_refused(tmp_path: Path, text: str) -> None:
    before, _ = diffed(tmp_path, dearer)
    (tmp_path / "bad.json").write_text(text)
    assert main(["diff", str(before), str(tmp_path / "bad.json")]) == 4
    assert main(["diff", str(before), str(tmp_path / "none.json")]) == 4


def test_errors_have_the_exit_codes_that_are_documented() -> None:
    assert (MovedError.exit_code, BrokenError.exit_code, LockError.exit_code) == (9, 10, 11)
