"""`qgd solvers`: the list, its numbers against the literature, and what it refuses."""

from __future__ import annotations

import json
import math
from typing import Any

import jsonschema
import numpy as np
import pytest

import qgd_compiler
from qgd_compiler.api import SCHEMAS, solvers
from qgd_compiler.cli.main import main
from qgd_compiler.errors import UsageError


def listed(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The document that the command prints."""
    assert main(["solvers", *words, "--format", "json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, SCHEMAS["solvers.schema.json"]())
    return document


def named(document: dict[str, Any], *words: str) -> dict[str, Any]:
    """The one solver whose name has all these words."""
    found = [s for s in document["solvers"] if all(word in s["name"] for word in words)]
    assert len(found) == 1, [s["name"] for s in document["solvers"]]
    return dict(found[0])


@pytest.mark.parametrize(
    ("epsilon", "unknown", "fit", "bound", "randomised"),
    [(1e-3, 63.3, 14.3, 7841, 845), (1e-6, None, 22.1, 7850, 852), (1e-10, 80.2, 32.1, 7862, 861)],
)
def test_queries_per_kappa_are_those_of_the_papers(
    epsilon: float,
    unknown: float | None,
    fit: float,
    bound: float,
    randomised: float,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Dalzell, arXiv:2406.12086, eq. 48; Costa et al., arXiv:2312.07690; Jennings et al., arXiv:2305.11352
    document = listed(["--kappa", "1e6", "--epsilon", str(epsilon)], capsys)
    known = named(document, "kernel reflection", "norm known")
    assert known["queries"] / 1e6 == pytest.approx(math.log(2 * math.sqrt(2) / epsilon), rel=3e-3)
    for words, per_kappa in (
        (("kernel reflection", "unknown"), unknown),
        (("discrete adiabatic", "fit"), fit),
        (("discrete adiabatic", "bound"), bound),
        (("randomised adiabatic",), randomised),
    ):
        line = named(document, *words)
        if per_kappa is not None:
            assert line["queries"] / 1e6 == pytest.approx(per_kappa, rel=4e-3)
        assert line["kind"] == ("fit" if "fit" in words else "bound")
        assert line["source"] and line["valid_for"]
        assert line["state_preparations"] >= line["queries"]


def test_the_list_is_sorted_by_what_all_runs_ask_for(capsys: pytest.CaptureFixture[str]) -> None:
    document = listed(["--kappa", "500", "--epsilon", "0.01", "--norm-spread", "3"], capsys)
    expected = [s["expected_queries"] for s in document["solvers"]]
    assert expected == sorted(expected)
    known = named(document, "norm known")
    # off by a factor τ: (2τ/(1+τ²))² = 0.36 of the runs succeed
    assert known["success"] == pytest.approx(0.36, rel=0.06)
    assert known["expected_queries"] == math.ceil(known["queries"] / known["success"])


def test_steps_give_the_kappa_of_their_history(capsys: pytest.CaptureFixture[str]) -> None:
    document = listed(["--epsilon", "1e-3", "--steps", "40"], capsys)
    chain = np.eye(81) - np.eye(81, k=-1)
    exact = 2 / np.linalg.svd(chain, compute_uv=False)[-1]
    assert document["history"]["kappa"] == pytest.approx(exact)
    assert document["kappa"] == document["history"]["kappa"]
    both = listed(["--epsilon", "1e-3", "--steps", "1000", "--kappa", "7"], capsys)
    assert both["kappa"] == 7
    assert round(both["history"]["kappa"]) == 2548


@pytest.mark.parametrize(
    ("steps", "power", "mean", "exponential"), [(1000, 104, 87, 74), (1_000_000, 3290, 2754, 2327)]
)
def test_steps_bring_the_polynomials_with_their_degrees(
    steps: int, power: int, mean: int, exponential: int, capsys: pytest.CaptureFixture[str]
) -> None:
    document = listed(["--kappa", "100", "--epsilon", "1e-3", "--steps", str(steps)], capsys)
    for words, degree, uses in (
        (("power polynomial",), power, 1),
        (("exp(",), exponential, 2),
    ):
        line = named(document, *words)
        assert (line["degree"], line["queries"], line["kind"]) == (degree, uses * degree, "exact")
        assert (line["success"], line["expected_queries"]) == (None, None)
    sums = [s for s in document["solvers"] if s["name"] == "geometric-sum polynomial"]
    assert [s["degree"] for s in sums] == [mean]
    longest = listed(["--kappa", "100", "--epsilon", "1e-3", "--steps", str(10**18)], capsys)
    line = named(longest, "power polynomial")
    assert line["kind"] == "bound"
    assert line["degree"] == pytest.approx(math.sqrt(2e18 * math.log(2000)), rel=1e-9)
    without = listed(["--kappa", "100", "--epsilon", "1e-3"], capsys)
    assert not any("polynomial" in s["name"] for s in without["solvers"])
    assert without["history"] is None


@pytest.mark.parametrize("kappa", [1.0001, 1e15, 1e200])
def test_any_kappa_is_served(kappa: float) -> None:
    for line in solvers(kappa, 1e-4).solvers:
        assert line.expected_queries is not None and line.expected_queries > 0
    known = next(s for s in solvers(kappa, 1e-4).solvers if "norm known" in s.name)
    if kappa > 1e9:
        assert known.queries == pytest.approx(kappa * math.log(2 * math.sqrt(2) / 1e-4), rel=1e-3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--epsilon", "0.1"], "neither"),
        (["--epsilon", "0.1", "--kappa", "1"], "κ is 1"),
        (["--epsilon", "0.1", "--kappa", "nan"], "κ is nan"),
        (["--epsilon", "0", "--kappa", "9"], "ε is 0"),
        (["--epsilon", "1", "--kappa", "9"], "ε is 1"),
        (["--epsilon", "0.1", "--steps", "0"], "0 steps"),
        (["--epsilon", "0.1", "--kappa", "9", "--norm-spread", "0.5"], "norm spread is 0.5"),
        (["--kappa", "9"], "epsilon"),
    ],
)
def test_numbers_out_of_range_are_refused_with_a_remedy(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["solvers", *words]) == UsageError.exit_code
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err and "try:" in err


def test_a_table_and_markdown_name_every_solver(capsys: pytest.CaptureFixture[str]) -> None:
    report = qgd_compiler.solvers(300.0, 1e-3, 50)
    for format, mark in (("table", "•"), ("markdown", "|")):
        assert main(["solvers", "--kappa", "300", "--epsilon", "1e-3", "--steps", "50", "-f", format]) == 0
        out = capsys.readouterr().out
        assert mark in out and "50 neutral steps" in out
        for solver in report.solvers:
            assert solver.name in out
