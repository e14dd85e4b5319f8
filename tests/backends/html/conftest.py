"""One compile for all tests of the page, and sliders written by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from qgd_compiler import api
from qgd_compiler.backends.explain_report import Explanation
from qgd_compiler.backends.html.live import Live, Slider
from qgd_compiler.backends.html.report_html import Dossier


@pytest.fixture(scope="session")
def karate(estimates: Path) -> Path:
    """A spec that compiles in seconds."""
    return estimates / "karate.yaml"


@pytest.fixture(scope="session")
def dossier(karate: Path) -> Dossier:
    """All that the page of that spec shows."""
    return api.dossier(karate)


@pytest.fixture(scope="session")
def explained(karate: Path) -> Explanation:
    """The tree of the same plan as `qgd explain` works it out."""
    return api.explain(karate)


@pytest.fixture(scope="session")
def live() -> Live:
    """Formulas of no plan at all, whose values `live_totals` has too."""
    return Live(
        sliders=(
            Slider("n", "parameters n", 2, 1e6, 279, True, True),
            Slider("T", "steps T", 1, 400, 100, True, False, "of one run"),
            Slider("epsilon", "error ε", 1e-6, 0.5, 0.01, False, True),
        ),
        outputs=(("t_count", "T gates"), ("qubits", "logical qubits")),
        script="""
function qgdEvaluate(v) {
  if (v.T > 300) return { error: "T = " + v.T + " is beyond </script> the plan" };
  return { t_count: v.n * v.n * Math.ceil(v.T * Math.log(1 / v.epsilon)), qubits: 7 + v.n };
}
""",
        statement="The plan is held fixed; counts are evaluated again.",
    )


def live_totals(n: float, steps: float, epsilon: float) -> dict[str, float]:
    """What the script of `live` says, in Python."""
    return {"t_count": n * n * math.ceil(steps * math.log(1 / epsilon)), "qubits": 7 + n}
