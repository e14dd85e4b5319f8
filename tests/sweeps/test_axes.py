"""What is swept, as it is written: ranges, lists, tables of points, names of fields."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qgd_compiler.errors import InputFileError, QgdError, UsageError
from qgd_compiler.spec.dump import to_plain
from qgd_compiler.spec.fields import field_of, with_values
from qgd_compiler.spec.loader import Loaded, validate
from qgd_compiler.sweeps.axes import axes_of, axis_of, parse_over
from qgd_compiler.sweeps.grid import Grid
from tests.sweeps.made_up import SPEC


def _loaded(**changes: Any) -> Loaded:
    document = copy.deepcopy(SPEC)
    for path, value in changes.items():
        *parents, last = path.split("__")
        here = document
        for name in parents:
            here = here.setdefault(name, {})
        here[last] = value
    return validate(document)


def _values(name: str, given: Any, **changes: Any) -> list[Any]:
    found: list[Any] = axis_of(_loaded(**changes), name, given).columns[0].tolist()
    return found


def test_a_logarithmic_range_has_equal_ratios_and_keeps_its_ends() -> None:
    found = _values("eps", "1e-3:1e-1:log:5")
    assert found[0] == 1e-3
    assert found[-1] == 1e-1
    ratios = np.array(found[1:]) / found[:-1]
    assert np.allclose(ratios, 10**0.5)


def test_a_linear_range_has_equal_steps() -> None:
    assert _values("T", "100:1000:lin:10") == list(range(100, 1001, 100))


def test_counts_are_rounded_and_none_stands_twice() -> None:
    assert _values("n", "1:4:log:9") == [1, 2, 3, 4]
    assert axis_of(_loaded(), "n", "1:4:log:9").columns[0].dtype == np.int64


def test_a_count_never_leaves_its_range_by_rounding() -> None:
    assert _values("T", "2.4:3.6:lin:3") == [3]


def test_numbers_may_be_expressions_and_stay_exact() -> None:
    assert _values("n", "2**10,2**62") == [2**10, 2**62]
    assert _values("n", "1e23") == [10**23]
    assert _values("n", "2**10:2**30:log:21") == [2**k for k in range(10, 31)]


def test_lists_of_python_are_axes_too() -> None:
    assert _values("n", [64, np.int64(128)]) == [64, 128]
    assert _values("eps", np.array([0.1, 0.2])) == [0.1, 0.2]
    assert _values("access", ["qrom", ["qrom", "qroam"]]) == ["qrom", "qrom+qroam"]
    assert _values("eta", 0.5) == [0.5]


@pytest.mark.parametrize(
    ("name", "given", "what"),
    [
        ("n", "1e4:1e9:log:0", "0 points"),
        ("n", "1e9:1e4:log:5", "empty"),
        ("eps", "0:1:log:5", "cannot reach 0"),
        ("eta", "-1:1:log:5", "cannot reach -1"),
        ("n", "1e4:1e9:26", "no range"),
        ("n", "1e4:1e9:cubic:26", "no range"),
        ("n", "1e4:1e9:log:many", "no number of points"),
        ("n", "1e4:1e9:log:1e12", "no number of points"),
        ("n", "1:2:lin:99999999999", "99999999999 points"),
        ("n", "ten", "unknown symbol"),
        ("n", "inf", "unknown symbol"),
        ("n", "1e400", "not a finite number"),
        ("n", "2.5", "not whole"),
        ("T", "1.2:1.8:lin:4", "no whole number"),
        ("n", "", "no values"),
        ("n", [], "no values"),
        ("eps", [float("nan")], "not a finite number"),
        ("eps", ["0.1", None], "not a number"),
        ("access", "qromm", "cannot be 'qromm'"),
        ("access", "qrom+frob", "cannot be 'frob'"),
    ],
)
def test_values_that_mean_nothing_are_refused_with_a_remedy(name: str, given: Any, what: str) -> None:
    with pytest.raises(UsageError, match=what) as caught:
        axis_of(_loaded(), name, given)
    assert caught.value.mistakes[0].remedy


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("learning_rate", "dynamics.learning_rate"),
        ("dynamics.learning_rat", "dynamics.learning_rate"),
        ("epsilo", "epsilon"),
        ("iterations", "dynamics.iterations"),
        ("hessian.sparsity", "hessian.row_sparsity"),
    ],
)
def test_an_unknown_field_is_answered_by_the_nearest_ones(name: str, near: str) -> None:
    with pytest.raises(UsageError, match=f"no field '{name}'") as caught:
        field_of(_loaded(), name)
    assert near in caught.value.mistakes[0].remedy


@pytest.mark.parametrize(
    "name", ["hessian", "dynamics", "model.layers", "name", "qgd", "baseline.machines.0.name"]
)
def test_a_part_that_has_no_value_of_its_own_cannot_be_swept(name: str) -> None:
    with pytest.raises(UsageError):
        field_of(_loaded(), name)


def test_the_size_of_a_declared_spec_changes_in_every_place_that_holds_it() -> None:
    loaded = _loaded(gradient={"norm": 1, "sparsity": 1024})
    changed = with_values(to_plain(loaded.spec), {field_of(loaded, "n"): 4096})
    assert changed["model"]["parameters"] == 4096
    assert changed["hessian"]["n"] == 4096
    assert changed["gradient"]["sparsity"] == 4096
    assert changed["hessian"]["row_sparsity"] == 8
    validate(changed)


def test_a_pruned_model_keeps_its_share_of_parameters() -> None:
    loaded = _loaded(model={"parameters": 4096, "active": 1024}, hessian__n=1024)
    changed = with_values(to_plain(loaded.spec), {field_of(loaded, "n"): 100})
    assert changed["model"] == {"parameters": 400, "active": 100}


def test_sizes_inside_sums_follow() -> None:
    node = {"kind": "diagonal", "n": 1024, "lambda_min": 0.1, "lambda_max": 1}
    terms = [SPEC["hessian"], {"kind": "scaled", "factor": 2, "term": node}, {"kind": "identity"}]
    loaded = _loaded(hessian={"kind": "sum", "terms": terms})
    changed = with_values(to_plain(loaded.spec), {field_of(loaded, "n"): 64})
    assert changed["hessian"]["terms"][0]["n"] == 64
    assert changed["hessian"]["terms"][1]["term"]["n"] == 64


def test_a_field_that_is_written_as_a_symbol_moves_the_symbol() -> None:
    loaded = _loaded(symbols={"rows": 1024}, model={"parameters": "rows"}, hessian__n="rows",
                     hessian__frobenius_norm="rows**0.5")  # fmt: skip
    changed = with_values(to_plain(loaded.spec), {field_of(loaded, "n"): 4096})
    assert changed["symbols"]["rows"] == 4096
    spec = validate(changed).spec
    assert spec.model.parameters.value == 4096
    assert spec.hessian.frobenius_norm is not None
    assert spec.hessian.frobenius_norm.value == 64


@pytest.mark.parametrize(
    ("changes", "by"),
    [
        ({"hessian": {"kind": "sparse", "file": "h.mtx"}}, "h.mtx"),
        ({"gradient": {"file": "g.npy"}}, "by data"),
        ({"hessian": {"kind": "diagonal", "values": [1, 2]}}, "2 values"),
        ({"hessian": {"kind": "kronecker", "factors": [{"kind": "identity", "n": 4}]}}, "sizes of its parts"),
        ({"spectrum": {"eigenvalues": [0.1, 1.0]}}, "eigenvalues"),
    ],
)
@pytest.mark.parametrize("name", ["n", "model.parameters"])
def test_the_size_cannot_be_swept_where_data_fix_it(changes: dict[str, Any], by: str, name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} cannot be swept.*{by}") as caught:
        field_of(_loaded(**changes), name)
    assert caught.value.mistakes[0].at


def test_the_steps_cannot_be_swept_under_a_list_of_rates() -> None:
    schedule = {"kind": "list", "rates": [0.1] * 16}
    with pytest.raises(UsageError, match="T cannot be swept"):
        field_of(_loaded(dynamics__schedule=schedule), "T")


def test_words_become_what_the_spec_expects() -> None:
    loaded = _loaded()
    document = to_plain(loaded.spec)
    for name, value, path, wanted in (
        ("access", "qrom+qroam", ("access", "models"), ["qrom", "qroam"]),
        ("dynamics.allow_divergence", "true", ("dynamics", "allow_divergence"), True),
        ("hardware", "superconducting_1e-3", ("hardware",), "superconducting_1e-3"),
        ("limits.qubits", 500, ("limits", "qubits"), 500),
    ):
        changed: Any = with_values(document, {field_of(loaded, name): value})
        validate(changed)
        for key in path:
            changed = changed[key]
        assert changed == wanted
    assert document == to_plain(loaded.spec)  # the original stays


def test_two_names_of_one_field_are_refused() -> None:
    with pytest.raises(UsageError, match=r"eps and target.epsilon both set target.epsilon"):
        axes_of(_loaded(), {"eps": "0.1", "target.epsilon": "0.2"}, None)
    with pytest.raises(UsageError, match=r"n and hessian\.n both set"):
        axes_of(_loaded(), {"n": "64", "hessian.n": "64"}, None)


def test_a_field_is_swept_once_and_words_need_an_equals_sign() -> None:
    assert parse_over(["n=1:2:lin:2", "access=qrom,qroam"]) == {"n": "1:2:lin:2", "access": "qrom,qroam"}
    for words, what in (
        (["n=1", "n=2"], "twice"),
        (["n"], "names no field"),
        (["=3"], "no field"),
        (["n="], "no"),
    ):
        with pytest.raises(UsageError, match=what):
            parse_over(words)
    with pytest.raises(UsageError, match="nothing is swept"):
        axes_of(_loaded(), {}, None)


def test_a_table_of_points_is_one_axis_of_several_fields(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("n,T,access\n64,4,qrom\n\n2**7,5,qrom+qroam\n")
    axes = axes_of(_loaded(), {"eps": "0.1,0.2"}, path)
    columns = Grid(axes).columns(0, 4)
    assert columns["n"].tolist() == [64, 64, 128, 128]
    assert columns["T"].tolist() == [4, 4, 5, 5]
    assert columns["access"].tolist() == ["qrom", "qrom", "qrom+qroam", "qrom+qroam"]
    assert columns["eps"].tolist() == [0.1, 0.2, 0.1, 0.2]


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("", "is empty", "points.csv"),
        ("n,T\n", "no points", "points.csv"),
        ("n,n\n1,2\n", "twice", "points.csv:1"),
        ("n,T\n64,4\n64\n", "1 values for 2 fields", "points.csv:3"),
        ("n,T\n64,x\n", "unknown symbol", "points.csv:2"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_line(
    tmp_path: Path, text: str, what: str, where: str
) -> None:
    path = tmp_path / "points.csv"
    path.write_text(text)
    with pytest.raises(InputFileError, match=what) as caught:
        axes_of(_loaded(), {}, path)
    assert caught.value.mistakes[0].at.endswith(where)


def test_a_table_that_is_not_there_is_an_error_of_files(tmp_path: Path) -> None:
    with pytest.raises(QgdError) as caught:
        axes_of(_loaded(), {}, tmp_path / "no.csv")
    assert caught.value.exit_code == 4


def test_a_point_follows_from_its_number() -> None:
    grid = Grid(axes_of(_loaded(), {"n": [64, 128, 256], "access": "qrom,qroam", "T": [1, 2, 3, 4, 5]}, None))
    everything = [(n, a, t) for n in (64, 128, 256) for a in ("qrom", "qroam") for t in (1, 2, 3, 4, 5)]
    assert grid.points == 30
    found: list[tuple[Any, ...]] = []
    for start, stop in grid.chunks(7):
        columns = grid.columns(start, stop)
        assert list(columns) == ["n", "access", "T"]
        found += zip(*(c.tolist() for c in columns.values()), strict=True)
    assert found == everything


def test_a_sample_is_spread_over_every_axis() -> None:
    axes = {"n": [2**k for k in range(4, 20)], "access": "qrom,qroam", "T": "1:4096:log:64"}
    grid = Grid(axes_of(_loaded(), axes, None))
    sample = grid.sample(256)
    assert all(len(column) == 256 for column in sample.values())
    assert len(set(zip(*(c.tolist() for c in sample.values()), strict=True))) == 256
    for name, least in (("n", 16), ("access", 2), ("T", 30)):
        assert len(np.unique(sample[name].astype(str))) >= least
    assert len(Grid(axes_of(_loaded(), {"T": [1, 2, 3]}, None)).sample(256)["T"]) == 3


def test_the_grid_of_a_hundred_million_points_takes_no_memory() -> None:
    axes = {"n": "1e4:1e9:log:10000", "eps": "1e-6:1e-1:log:10000"}
    grid = Grid(axes_of(_loaded(), axes, None))
    assert grid.points == 10**8
    last = grid.columns(10**8 - 2, 10**8)
    assert last["n"].tolist() == [10**9, 10**9]
    assert last["eps"][-1] == 0.1


def test_more_points_than_can_be_numbered_are_refused() -> None:
    axis = axis_of(_loaded(), "eps", "1e-6:1e-1:log:1000000")
    with pytest.raises(UsageError, match="points"):
        Grid((axis, axis, axis, axis))
