"""Points priced as arrays against the same points priced one by one; what a fixed plan costs against plans."""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qgd_compiler.algorithms.access import access_named
from qgd_compiler.algorithms.arrays.declared_polynomials import DeclaredPolynomials
from qgd_compiler.api.compiling import price_in
from qgd_compiler.chosen import choose_plan
from qgd_compiler.declared import choosing as sweeps_choosing
from qgd_compiler.declared import contenders
from qgd_compiler.declared.choosing import settled
from qgd_compiler.declared.models import Readings
from qgd_compiler.declared.points import points_of
from qgd_compiler.errors import UsageError
from qgd_compiler.spec.fields import field_of, with_values
from qgd_compiler.spec.loader import validate
from qgd_compiler.study import study
from qgd_compiler.sweeps import quick as quick_module
from qgd_compiler.sweeps.columns import OUTPUTS, Column
from qgd_compiler.sweeps.fixed import Fixed
from qgd_compiler.sweeps.pointwise import Pointwise
from qgd_compiler.sweeps.quick import ALONE_AT_ONCE, AT_ONCE, FEW_AT_ONCE, Quick, begun
from tests.algorithms.small_problems import planner
from tests.jobs import declared

SPEC = declared(
    -0.01,
    4.0,
    0.1,
    100,
    hessian__row_sparsity=8,
    solution__final_over_max=0.9,
    target__epsilon=0.01,
    solvers=["kernel_reflection", "discrete_adiabatic", "stationary"],
)
NAMES = ("n", "T", "s", "eps", "eta")


class Never:
    """A slow evaluator that must not be asked."""

    def evaluate(self, *_: Any) -> Any:
        raise AssertionError("a point was left to be priced by itself")


def points(count: int, seed: int, **ranges: tuple[float, float]) -> dict[str, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    logs = {"n": (6, 28), "T": (0, 14), "s": (1, 4.5), "eps": (-9, -3), "eta": (-7, -1.5)} | ranges
    found = {name: 2 ** rng.uniform(*ends, count) for name, ends in logs.items()}
    return {n: np.round(v).astype(np.int64) if n in ("n", "T", "s") else v for n, v in found.items()}


def same(quick: Column, slow: Column, kind: str) -> bool:
    if kind == "word":
        return list(quick) == list(slow)  # type: ignore[arg-type]
    return bool(np.allclose(np.asarray(quick, float), np.asarray(slow, float), rtol=1e-9, equal_nan=True))


def compared(spec: dict[str, Any], columns: dict[str, np.ndarray[Any, Any]], quick: Quick) -> list[str]:
    """The names of outputs that differ, and what the solvers are."""
    found = quick.evaluate(spec, ".", NAMES, columns)
    alone = Pointwise(price_in).evaluate(spec, ".", NAMES, columns)
    differ = [o.name for o in OUTPUTS if not same(found[o.name], alone[o.name], o.kind)]
    assert differ == [], {n: (found[n], alone[n]) for n in differ}
    return list(found["solver"])  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("lowest", [-0.01, 0.02], ids=["growing", "contracting"])
def test_arrays_choose_and_price_every_random_point_as_a_compile_does(lowest: float) -> None:
    spec = {**SPEC, "hessian": {**SPEC["hessian"], "lambda_min": lowest}}
    solvers = compared(spec, points(40, 5), Quick(Never()))  # type: ignore[arg-type]
    assert None not in solvers


@pytest.mark.slow
def test_points_where_a_polynomial_may_win_are_priced_by_themselves() -> None:
    asked: list[int] = []

    class Counting(Pointwise):
        def evaluate(self, document: Any, base_dir: str, names: Any, columns: Any) -> Any:
            asked.append(len(columns["n"]))
            return super().evaluate(document, base_dir, names, columns)

    spec = {k: v for k, v in SPEC.items() if k != "solvers"}
    spec["hessian"] = {**SPEC["hessian"], "lambda_min": 0.05}
    columns = points(8, 3, T=(1, 5), n=(6, 10), eta=(-4, -3))
    solvers = compared(spec, columns, Quick(Counting(price_in)))
    assert sum(asked) >= 1
    assert any("QSVT" not in s and "polynomial" in s for s in solvers)


def test_arrays_decide_where_a_polynomial_by_qsvt_wins() -> None:
    spec = {k: v for k, v in SPEC.items() if k != "solvers"} | {
        "hessian": {**SPEC["hessian"], "lambda_min": 0.0}
    }
    columns = {"n": np.array([10**5, 10**5, 10**7, 10**7]), "T": np.array([10, 28, 28, 300])}
    found = Quick(Never()).evaluate(spec, ".", ["n", "T"], columns)  # type: ignore[arg-type]
    alone = Pointwise(price_in).evaluate(spec, ".", ["n", "T"], columns)
    for output in OUTPUTS:
        assert same(found[output.name], alone[output.name], output.kind), output.name
    assert [str(s).split(",")[0] for s in found["solver"]] == ["one-sided polynomial"] * 3 + [
        "discrete adiabatic"
    ]


@pytest.mark.parametrize("objective", ["t_count", "toffoli"])
def test_the_cheapest_query_of_many_matrices_is_that_of_each(objective: str) -> None:
    spec = {**SPEC, "hessian": {**SPEC["hessian"], "lambda_min": 0.0}, "objective": objective}
    columns = {"n": np.array([100, 5000, 10**6])}
    found = points_of(spec, ".", [field_of(validate(spec), "n")], columns, Readings())
    assert found is not None
    accesses = [access_named(name) for name in found.models[0].spec.access.models]
    at = np.arange(3)
    for encoding in found.models[0].offers:
        offers = [m.offers[encoding] for m in found.models]
        weight = np.array([float(o.weight) for o in offers])
        many = contenders._cheapest(found, encoding, accesses, at, weight)
        each = [contenders.cheapest(m, o) for m, o in zip(found.models, offers, strict=True)]
        assert many == pytest.approx(each, rel=1e-12), encoding


def test_a_point_whose_polynomial_has_a_definite_parity_is_priced_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweeps_choosing, "left_alone", lambda points, limit: np.zeros(len(limit), dtype=bool))
    asked: list[int] = []

    class Counting(Pointwise):
        def evaluate(self, document: Any, base_dir: str, names: Any, columns: Any) -> Any:
            asked.extend(columns["T"].tolist())
            return super().evaluate(document, base_dir, names, columns)

    spec = {k: v for k, v in SPEC.items() if k != "solvers"} | {
        "hessian": {**SPEC["hessian"], "lambda_min": 0.0}
    }
    columns = {"n": np.array([10**5, 10**5]), "T": np.array([1, 10])}
    found = Quick(Counting(price_in)).evaluate(spec, ".", ["n", "T"], columns)
    assert asked == [1]
    assert list(found["status"]) == ["ok", "ok"]


def test_a_fixed_polynomial_costs_what_its_shares_cost_in_a_plan_alone() -> None:
    spec = {k: v for k, v in SPEC.items() if k != "solvers"} | {
        "hessian": {**SPEC["hessian"], "n": 10**5, "lambda_min": 0.0},
        "model": {"parameters": 10**5},
        "dynamics": {"learning_rate": 0.1, "iterations": 20},
    }
    best = choose_plan(spec, lambda _: None).choice.best
    fixed = Fixed.of(best, 20)
    columns = {"n": np.array([10**5, 10**5, 10**4, 10**6, 10**5]), "T": np.array([20, 5, 11, 29, 10**4])}
    found = fixed.evaluate(spec, ".", ["n", "T"], columns)
    assert list(found["status"]) == ["ok"] * 4 + ["UnsupportedError"]
    assert found["t_count"][0] == pytest.approx(best.t_count, rel=1e-9)
    assert list(found["padding"][:4]) == [0.0] * 4
    fields = [field_of(validate(spec), name) for name in ("n", "T")]
    for i in range(4):
        values = dict(zip(fields, (columns[name][i].item() for name in ("n", "T")), strict=True))
        here = planner(study(validate(with_values(spec, values))).problem(), families=("bounded",))
        plan = here.plan(best.candidate, 0, best.shares)
        for name, value in (
            ("t_count", plan.t_count),
            ("qubits", plan.qubits),
            ("queries", plan.queries.encoding),
        ):
            assert found[name][i] == pytest.approx(int(value), rel=1e-9), name


def test_stationary_points_and_histories_are_told_apart_by_arrays() -> None:
    spec = {**SPEC, "hessian": {**SPEC["hessian"], "lambda_min": 0.5}}
    columns = points(6, 9, T=(1, 11), n=(8, 12))
    found = Quick(Never()).evaluate(spec, ".", NAMES, columns)  # type: ignore[arg-type]
    alone = Pointwise(price_in).evaluate(spec, ".", NAMES, columns)
    assert list(found["subject"]) == list(alone["subject"])  # type: ignore[arg-type]
    assert len(set(found["subject"])) == 2  # type: ignore[arg-type]
    assert same(found["t_count"], alone["t_count"], "real")
    assert same(found["proven_t_count"], alone["proven_t_count"], "real")


@pytest.mark.parametrize("final", [0.9, 0.01])
def test_a_fixed_plan_costs_at_every_point_what_that_plan_costs_alone(final: float) -> None:
    spec = {**SPEC, "solution": {"final_over_max": final}}
    made = choose_plan(spec, lambda _: None)
    assert (made.choice.best.knob > 100 * made.problem.iterations) == (final == 0.01)
    fixed = Fixed.of(made.choice.best, made.problem.iterations)
    columns = points(30, 13, T=(4, 12), n=(6, 24))
    found = fixed.evaluate(spec, ".", NAMES, columns)
    loaded = validate(spec)
    fields = [field_of(loaded, name) for name in NAMES]
    checked = 0
    for i in range(30):
        values = dict(zip(fields, (columns[n][i].item() for n in NAMES), strict=True))
        problem = study(validate(with_values(spec, values))).problem()
        planner_here = planner(problem, families=tuple(SPEC["solvers"]))
        steps = int(columns["T"][i])
        lines = [
            line.candidate
            for route in planner_here.routes.values()
            for line in route.lines((access_named(fixed.access),))
            if not line.reason
        ]
        same_access = [c for c in lines if c.solver == fixed.solver and c.encoding == fixed.encoding]
        if not same_access:
            assert found["status"][i] != "ok"  # type: ignore[index]
            continue
        plan = planner_here.plan(same_access[0], round(fixed.ratio * steps), made.choice.best.shares)
        for name, value in (
            ("t_count", plan.t_count),
            ("qubits", plan.qubits),
            ("toffoli", plan.toffoli_count),
        ):
            assert found[name][i] == pytest.approx(value, rel=1e-9), name  # type: ignore[index]
        checked += 1
    assert checked >= 20


def test_a_plan_without_a_price_over_many_points_cannot_be_fixed(tmp_path: Path) -> None:
    made = choose_plan("estimates/karate.yaml", lambda _: None)
    with pytest.raises(UsageError, match="no formula"):
        Fixed.of(made.choice.best, made.problem.iterations)


@pytest.mark.parametrize(
    "change",
    [
        {"output": {"kind": "parameters", "precision": 0.1}},
        {"hardware": "superconducting_1e-3"},
        {"limits": {"qubits": 500}},
        {"dynamics": {"learning_rate": 0.1, "iterations": 10, "momentum": 0.5}},
    ],
    ids=["read-out", "hardware", "limit", "momentum"],
)
def test_what_arrays_do_not_know_is_left_to_single_points(change: dict[str, Any]) -> None:
    slow = Pointwise(price_in)
    assert Quick(slow).suited({**SPEC, **change}, ".") is slow
    assert isinstance(Quick(slow).suited(SPEC, "."), Quick)
    assert math.isfinite(Quick(slow).chunk)


def test_a_chunk_costs_the_same_whatever_was_read_before_it() -> None:
    columns = points(12, 3)
    used, fresh = Quick(Never()), Quick(Never())  # type: ignore[arg-type]
    for start in (0, 6):
        chunk = {name: column[start : start + 6] for name, column in columns.items()}
        used.evaluate(SPEC, ".", NAMES, chunk)
    again = used.evaluate(SPEC, ".", NAMES, columns)
    alone = fresh.evaluate(SPEC, ".", NAMES, columns)
    for output in OUTPUTS:
        assert same(again[output.name], alone[output.name], output.kind), output.name
    other = {**SPEC, "hessian": {**SPEC["hessian"], "max_entry": 0.25}}
    changed = used.evaluate(other, ".", NAMES, columns)
    assert same(changed["t_count"], fresh.evaluate(other, ".", NAMES, columns)["t_count"], "real")
    assert not same(changed["t_count"], alone["t_count"], "real")


def test_what_was_read_does_not_travel_to_other_processes() -> None:
    quick = Quick(Pointwise(price_in))
    quick.evaluate(SPEC, ".", NAMES, points(3, 1))
    assert len(quick.readings.matrices.rows) == 3
    assert len(pickle.loads(pickle.dumps(quick)).readings.matrices.rows) == 0


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["t_count", "toffoli"])
def test_where_no_eigenvalue_is_negative_arrays_decide_only_what_no_polynomial_can_win(
    objective: str,
) -> None:
    spec = {name: value for name, value in SPEC.items() if name != "solvers"} | {
        "hessian": {**SPEC["hessian"], "lambda_min": 0.0},
        "objective": objective,
    }
    asked: list[int] = []

    class Counting(Pointwise):
        def evaluate(self, document: Any, base_dir: Any, names: Any, columns: Any) -> Any:
            asked.append(len(columns["n"]))
            return super().evaluate(document, base_dir, names, columns)

    columns = {"n": np.array([400, 10**6, 10**6, 10**9]), "T": np.array([3, 3, 10**5, 10**6])}
    found = Quick(Counting(price_in)).evaluate(spec, ".", ["n", "T"], columns)
    alone = Pointwise(price_in).evaluate(spec, ".", ["n", "T"], columns)
    for output in OUTPUTS:
        assert same(found[output.name], alone[output.name], output.kind), output.name
    assert 0 < sum(asked) < 4
    assert any("polynomial" in str(solver) for solver in found["solver"])


def test_what_a_point_gets_does_not_depend_on_its_neighbours() -> None:
    spec = declared(
        -0.2,
        4.0,
        0.1,
        1000,
        hessian__row_sparsity=6,
        solution__final_over_max=0.1,
        solvers=["randomised_adiabatic", "discrete_adiabatic", "kernel_reflection"],
        access={"models": ["qroam", "qroam_dirty", "qrom"]},
    )
    # the best padding of the first is beyond the table, where bounds at the table are too high; the second has no plan
    columns = {
        "n": np.array([114, 93_879_857]),
        "T": np.array([11_712, 28_736]),
        "eps": np.array([3.043024208849237e-09, 1.3e-4]),
    }
    quick = Quick(Pointwise(price_in))
    both = quick.evaluate(spec, ".", list(columns), columns)
    alone = quick.evaluate(spec, ".", list(columns), {name: c[:1] for name, c in columns.items()})
    assert both["status"][0] == "ok" != both["status"][1]
    assert both["t_count"][0] == alone["t_count"][0]
    assert both["access"][0] == alone["access"][0]


CONVEX = {**SPEC, "hessian": {**SPEC["hessian"], "lambda_min": 0.0}}


@pytest.mark.parametrize("alone", [0, 1, 20, 256])
def test_chunks_are_as_large_as_the_points_priced_alone_in_a_sample_let_them_be(
    alone: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def together(part: Any) -> Any:
        return {}, np.arange(len(part.index)) >= alone

    monkeypatch.setattr(quick_module, "_together", together)
    every = {name: column for name, column in points(256, 5).items() if name in ("n", "T")}
    quick = Quick(Never()).suited({k: v for k, v in CONVEX.items() if k != "solvers"}, ".", every)  # type: ignore[arg-type]
    chunk = quick.chunk
    assert chunk in {2**k for k in range(13, 18)}
    assert chunk == FEW_AT_ONCE or chunk * (alone + 1) / 256 <= ALONE_AT_ONCE
    assert chunk == AT_ONCE or 2 * chunk * (alone + 1) / 256 > ALONE_AT_ONCE


def test_without_a_sample_many_points_may_have_to_be_priced_alone() -> None:
    spec = {k: v for k, v in CONVEX.items() if k != "solvers"}
    assert Quick(Never()).suited(spec, ".").chunk == FEW_AT_ONCE  # type: ignore[arg-type]
    assert Quick(Never()).suited(SPEC, ".").chunk == AT_ONCE  # type: ignore[arg-type]


@pytest.mark.parametrize("lowest", [0.0, 0.02])
def test_polynomials_that_a_glance_rules_out_would_not_have_won(
    lowest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = {
        **SPEC,
        "hessian": {**SPEC["hessian"], "lambda_min": lowest},
        "solvers": ["bounded", "lchs", "stationary"],
    }
    columns = points(16, 22, T=(2, 9), eta=(-9, -2))
    columns["eps"] = columns["eps"] * 30

    def made() -> tuple[list[Any], int]:
        _, (found,) = begun(spec, ".", list(columns), columns, Readings())
        both = settled(found)
        names = [both.best.lines[i].solver.name if i >= 0 else "" for i in both.best.choice.line]
        return [names, both.best.choice.value, both.alone], len(both.best.lines)

    quickly, few = made()
    monkeypatch.setattr(contenders, "_out_of_reach", lambda points, norm, at: np.zeros(len(norm), dtype=bool))
    told = DeclaredPolynomials.coarsest
    everywhere = lambda self, line: (np.ones(len(line), dtype=bool), told(self, line)[1])  # noqa: E731
    monkeypatch.setattr(DeclaredPolynomials, "coarsest", everywhere)
    slowly, many = made()
    assert quickly[0] == slowly[0]
    assert np.array_equal(quickly[1], slowly[1])
    assert "one-sided polynomial, QSVT" in quickly[0] or "LCHS, QSVT" in quickly[0]
    assert few <= many
