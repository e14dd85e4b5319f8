"""The script of the sliders in a real browser, against the same fixed plan priced in Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qgd_compiler import api
from qgd_compiler.algorithms import frobenius, row_weighted, sparse_row_weighted
from qgd_compiler.algorithms.choice import Choice
from qgd_compiler.algorithms.kernel_reflection import NORM_KNOWN, NORM_UNKNOWN
from qgd_compiler.algorithms.plan import Plan
from qgd_compiler.backends.html.live import Live, Slider
from qgd_compiler.backends.html.report_html import report_html
from qgd_compiler.chosen import choose_plan, loaded_of
from qgd_compiler.live.generate import OUTPUTS, live_of, live_of_fixed
from qgd_compiler.spec import dump
from qgd_compiler.spec.loader import Loaded, validate
from qgd_compiler.sweeps.fixed import Fixed
from tests.backends.html.browser import chromium, require_or_skip

HESSIAN: dict[str, Any] = {
    "kind": "sparse",
    "n": 3000,
    "row_sparsity": 7,
    "max_entry": 0.5,
    "lambda_min": -0.01,
    "lambda_max": 2.0,
}
CONVEX = {**HESSIAN, "lambda_min": 0.1}
DECLARED: dict[str, Any] = {
    "qgd": 1,
    "name": "declared",
    "model": {"parameters": 3000},
    "dynamics": {"learning_rate": 0.1, "iterations": 37},
    "hessian": HESSIAN,
    "gradient": {"norm": 1.0},
    "solution": {"final_over_max": 0.8},
    "target": {"epsilon": 0.03},
    "solvers": ["kernel_reflection"],
}
OPEN = {name: value for name, value in DECLARED.items() if name != "solution"}
LONG = {"dynamics": {"learning_rate": 0.5, "iterations": 400}, "hessian": CONVEX, "solvers": ["stationary"]}
FIELDS = {"n": "n", "T": "T", "epsilon": "epsilon", "eta": "eta", "s": "s"}


@dataclass(frozen=True)
class Case:
    """A spec, what of its plan is replaced, how many points are drawn, and how many of them have a price at least."""

    spec: dict[str, Any]
    changes: dict[str, Any]
    points: int = 60
    priced: int = 30


CASES = {
    "kernel reflection, norm unknown": Case(DECLARED, {"solver": NORM_UNKNOWN}, 200, 100),
    "discrete adiabatic fit": Case({**DECLARED, "solvers": ["discrete_adiabatic"]}, {}, 200, 100),
    "randomised adiabatic": Case({**DECLARED, "solvers": ["randomised_adiabatic"]}, {}),
    "final iterate bounded from the spectrum": Case(OPEN, {}),
    "a solver for histories that do not grow": Case(
        {**DECLARED, "hessian": CONVEX}, {"solver": "discrete adiabatic, fit"}
    ),
    "a padding of many T": Case(
        {**DECLARED, "solution": {"final_over_max": 0.001}, "solvers": ["discrete_adiabatic"]}, {}
    ),
    "a padding that would need more than 44 qubits": Case(DECLARED, {"ratio": 1e12}),
    "gradient with few entries": Case({**DECLARED, "gradient": {"norm": 1.0, "sparsity": 21}}, {}),
    "stationary point": Case({**DECLARED, **LONG}, {"solver": "discrete adiabatic, bound"}, priced=15),
    "amplified": Case({**DECLARED, **LONG}, {"solver": NORM_KNOWN}, 200, 50),
    "amplified, for Toffolis": Case(
        {**DECLARED, **LONG, "objective": "toffoli"}, {"solver": NORM_KNOWN}, priced=15
    ),
    "row weights": Case(DECLARED, {"encoding": row_weighted.NAME, "access": "qrom"}),
    "sparse row weights": Case(DECLARED, {"encoding": sparse_row_weighted.NAME}),
    "Frobenius norm": Case(DECLARED, {"encoding": frobenius.NAME}),
    "borrowed columns": Case(DECLARED, {"access": "qroam_dirty"}),
    "bucket brigade": Case(DECLARED, {"access": "bucket_brigade"}),
    "phase gradient": Case({**DECLARED, "exchange": {"rotation": "phase_gradient"}}, {}),
}


def compiled(spec: Any) -> tuple[Loaded, Choice, int]:
    made = choose_plan(loaded_of(spec), lambda _: None)
    return made.found.loaded, made.choice, made.problem.iterations


def drawn(sliders: tuple[Slider, ...], count: int) -> list[dict[str, float]]:
    """Where the sliders start, and points spread evenly over their ways."""
    random = np.random.default_rng(11)
    points: list[dict[str, float]] = [{s.symbol: s.value for s in sliders}]
    for _ in range(count):
        found = {s.symbol: s.low * (s.high / s.low) ** random.random() for s in sliders}
        points.append({s.symbol: round(found[s.symbol]) if s.whole else found[s.symbol] for s in sliders})
    return points


def priced(fixed: Fixed, loaded: Loaded, points: list[dict[str, float]], fields: dict[str, str]) -> Any:
    columns = {fields[symbol]: np.array([p[symbol] for p in points]) for symbol in points[0]}
    with np.errstate(over="ignore"):
        return fixed.evaluate(dump.to_plain(loaded.spec), str(loaded.base_dir), list(columns), columns)


def evaluated(driver: Any, live: Live, points: list[dict[str, float]]) -> list[dict[str, Any]]:
    text = driver.execute_script(
        f"{live.script}\nreturn JSON.stringify(JSON.parse(arguments[0]).map(qgdEvaluate))", json.dumps(points)
    )
    return list(json.loads(text))


def compare(
    driver: Any, live: Live, fixed: Fixed, loaded: Loaded, case: Case, fields: dict[str, str]
) -> None:
    points = drawn(live.sliders, case.points)
    found, wanted = evaluated(driver, live, points), priced(fixed, loaded, points, fields)
    there = np.isfinite(wanted["t_count"])
    for i, (point, here) in enumerate(zip(points, found, strict=True)):
        assert ("error" not in here) == there[i], (point, here, wanted["t_count"][i])
        if there[i]:
            numbers = {name: float(wanted[name][i]) for name, _ in OUTPUTS}
            assert here == pytest.approx(numbers, rel=1e-9, abs=0), point
    assert there[0] and there.sum() >= case.priced


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One browser for all tests of this file."""
    require_or_skip()
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.mark.browser
@pytest.mark.parametrize("name", CASES)
def test_the_script_prices_what_the_fixed_plan_costs_and_refuses_what_it_does_not_serve(
    driver: Any, name: str
) -> None:
    case = CASES[name]
    loaded, choice, steps = compiled(case.spec)
    fixed = replace(Fixed.of(choice.best, steps), **case.changes)
    live = live_of_fixed(loaded, fixed, steps)
    assert live is not None
    compare(driver, live, fixed, loaded, case, FIELDS)


@pytest.mark.browser
@pytest.mark.parametrize("name", ["resnet-7m.yaml", "resnet-7m-qram.yaml"])
def test_a_network_whose_kept_parameters_are_a_part_of_it(driver: Any, estimates: Path, name: str) -> None:
    loaded, choice, steps = compiled(estimates / name)
    live = live_of(loaded, choice.best, steps)
    assert live is not None
    fields = {**FIELDS, "n": "model.active"}
    compare(driver, live, Fixed.of(choice.best, steps), loaded, Case({}, {}), fields)


def counts_of(plan: Plan) -> dict[str, float]:
    return {"t_count": plan.t_count, "toffoli": plan.toffoli_count, "qubits": plan.qubits}


@pytest.mark.browser
@pytest.mark.parametrize("solvers", [["kernel_reflection"], ["discrete_adiabatic"], ["randomised_adiabatic"]])
def test_sliders_start_at_the_counts_of_the_compiled_plan(driver: Any, solvers: list[str]) -> None:
    loaded, choice, steps = compiled({**DECLARED, "solvers": solvers})
    live = live_of(loaded, choice.best, steps)
    assert live is not None
    (found,) = evaluated(driver, live, drawn(live.sliders, 0))
    assert {name: found[name] for name in counts_of(choice.best)} == counts_of(choice.best)


@pytest.mark.browser
def test_the_page_of_a_declared_spec_has_sliders_that_begin_as_compiled(driver: Any, tmp_path: Path) -> None:
    made = api.dossier(DECLARED)
    page = tmp_path / "report.html"
    page.write_text(report_html(made), encoding="utf-8")
    driver.get(page.as_uri())
    totals = driver.execute_script(
        "return Object.fromEntries([...document.querySelectorAll('output[data-name]')]"
        ".map(o => [o.dataset.name, Number(o.dataset.value)]))"
    )
    total = made.report.total
    assert [totals[name] for name in ("t_count", "toffoli", "qubits")] == [
        total.t_count,
        total.toffoli,
        total.qubits,
    ]
    driver.execute_script(
        "const e = document.querySelector(\".slider[data-symbol='T'] input[type='number']\");"
        "e.value = '74'; e.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    (ratio,) = driver.find_elements("css selector", "[data-ratio='t_count']")
    assert "times the compiled plan" in ratio.text
    assert driver.get_log("browser") == []


def test_the_same_spec_gives_the_same_bytes_and_no_code_from_text() -> None:
    loaded, choice, steps = compiled(DECLARED)
    first, second = (live_of(loaded, choice.best, steps) for _ in range(2))
    assert first is not None and first == second
    assert "eval(" not in first.script and "Function(" not in first.script


@pytest.mark.parametrize(
    "changes",
    [
        {"dynamics": {**DECLARED["dynamics"], "momentum": 0.5}},
        {"hardware": {"preset": "superconducting_1e-4"}},
    ],
    ids=["momentum", "hardware"],
)
def test_specs_that_arrays_do_not_price_have_no_sliders(changes: dict[str, Any]) -> None:
    loaded, choice, steps = compiled({**DECLARED, "solvers": ["discrete_adiabatic"], **changes})
    assert live_of(loaded, choice.best, steps) is None


@pytest.mark.parametrize("family", ["power", "bounded"])
def test_the_page_of_a_polynomial_says_why_it_has_no_sliders(family: str) -> None:
    hessian = {**DECLARED["hessian"], "lambda_min": 0.02}
    dynamics = {**DECLARED["dynamics"], "iterations": 10}
    made = api.dossier({**DECLARED, "hessian": hessian, "dynamics": dynamics, "solvers": [family]})
    assert made.live is None
    assert "has no formula in n, T and ε" in made.without_live
    assert f"There are no sliders for this plan: {made.without_live}." in report_html(made)


def test_data_have_no_sliders_and_the_page_says_so(estimates: Path) -> None:
    made = api.dossier(estimates / "karate.yaml")
    assert made.live is None
    assert f"There are no sliders for this plan: {made.without_live}." in report_html(made)


def test_a_slider_that_is_not_a_field_is_no_slider() -> None:
    """A dense Hessian without a row sparsity has none to move."""
    dense = {"kind": "dense", "n": 3000, "frobenius_norm": 9.0, "lambda_min": -0.01, "lambda_max": 2.0}
    loaded, choice, steps = compiled({**DECLARED, "hessian": dense})
    live = live_of(validate(dump.to_plain(loaded.spec)), choice.best, steps)
    assert live is not None
    assert [slider.symbol for slider in live.sliders] == ["n", "T", "epsilon", "eta"]
