"""Spectrum files: every kind reads to the same thing from every format, and what is wrong is named with its place."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from qgd_compiler.errors import InputFileError, QgdError, UnsupportedError
from qgd_compiler.frontends import spectrum_entry, spectrum_members, spectrum_table, spectrum_tree
from qgd_compiler.frontends.spectrum_file import read_spectrum
from qgd_compiler.spectra import Atoms, Curve, Histogram


def write(path: Path, content: Any) -> Path:
    """A file: text as it is, anything else as JSON."""
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def refused(path: Path, *words: str, at: str = "") -> QgdError:
    with pytest.raises(QgdError) as caught:
        read_spectrum(path)
    (mistake,) = caught.value.mistakes
    assert mistake.what.startswith(path.name + ": ")
    assert mistake.at == str(path) + at
    for word in words:
        assert word in mistake.what + mistake.remedy, f"{word!r} is not in {mistake}"
    return caught.value


def test_the_published_series_reads_as_it_is(estimates: Path) -> None:
    path = estimates / "data" / "spectra_7m_cycle1.json"
    found = read_spectrum(path)
    assert found.steps == tuple(range(0, 101, 10))
    assert "10.1038/s41467-023-43957-x" in found.source and "CC-BY" in found.source
    assert found.model.startswith("ResNet, 7 million") and found.note
    raw = json.loads(path.read_text())["steps"]["30"]
    density = found.density(30)
    assert isinstance(density, Curve) and density.logarithmic
    np.testing.assert_array_equal(density.points, raw["eigenvalue"])
    np.testing.assert_allclose(np.diff(density.values), np.diff(raw["log_density"]), atol=1e-12)
    with pytest.raises(InputFileError, match=r"11 steps and none is named[\s\S]*one of 0, 10, 20"):
        found.density()
    with pytest.raises(InputFileError, match=r"no step 15[\s\S]*one of 0, 10"):
        found.entry(15)


def test_the_published_single_density_needs_no_step(estimates: Path) -> None:
    found = read_spectrum(estimates / "data" / "spectrum_103m.json")
    assert found.steps == () and found.entry().step is None
    assert found.density().extent == (-8.97, 19.37)
    with pytest.raises(InputFileError, match=r"no step 0[\s\S]*leave the step out"):
        found.entry(0)


def test_the_training_of_the_digits_network_reads_with_what_was_measured(estimates: Path) -> None:
    found = read_spectrum(estimates / "data" / "digits-training.json")
    assert found.steps == (0, 10, 200)
    first, second, last = found.entries
    path = estimates / "data" / "mlp64-32-10_tanh_ce_p90_t0.npz"  # the Hessian of step 0 itself
    values = np.linalg.eigvalsh(sparse.load_npz(path).toarray().astype(float))
    assert (first.lambda_min, first.lambda_max) == pytest.approx((values[0], values[-1]), abs=1e-7)
    assert first.f2_norm == 2.2307055223587433 and first.f3_norm == 2.991159409363327
    assert second.f2_norm is None and second.f3_norm is None
    assert second.gradient_norm == 0.5983703446223005
    assert last.lambda_min == -0.007284223918051165 and last.density is None
    assert "estimates" in found.note and "bound nothing" in found.note
    with pytest.raises(InputFileError, match="bounds, but no density"):
        found.density(10)


KINDS: dict[str, tuple[dict[str, list[float]], str]] = {
    "eigenvalues": ({"eigenvalues": [2, -1, 0.5]}, "eigenvalue\n2\n-1\n0.5\n"),
    "weights": (
        {"eigenvalues": [2, -1, 0.5], "weights": [3, 1, 0]},
        "eigenvalue,weight\n2,3\n-1,1\n0.5,0\n",
    ),
    "histogram": (
        {"edges": [-1, 0.5, 2, 4], "counts": [3, 0, 1]},
        "low,high,count\n2,4,1\n-1,0.5,3\n0.5,2,0\n",
    ),
    "density": (
        {"eigenvalue": [2, -1, 0.5], "density": [3, 1, 0]},
        "eigenvalue,density\n2,3\n-1,1\n0.5,0\n",
    ),
    "log density": (
        {"eigenvalue": [2, -1, 0.5], "log_density": [-3, 1, -700]},
        "log_density, eigenvalue\n-3,2\n1, -1\n-7e2,0.5\n",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_density_reads_the_same_from_every_format(kind: str, tmp_path: Path) -> None:
    fields, table = KINDS[kind]
    np.savez(tmp_path / "a.npz", **{k: np.array(v) for k, v in fields.items()})
    found = [
        read_spectrum(write(tmp_path / "a.json", fields)).density(),
        read_spectrum(write(tmp_path / "a.csv", table)).density(),
        read_spectrum(tmp_path / "a.npz").density(),
    ]
    expected = {"eigenvalues": Atoms, "weights": Atoms, "histogram": Histogram}.get(kind, Curve)
    for density in found:
        assert type(density) is expected
        assert density.moment(1) == pytest.approx(found[0].moment(1))
        assert density.extent == found[0].extent
    if kind == "eigenvalues":
        assert found[0].moment(2) == pytest.approx((4 + 1 + 0.25) / 3)
    if kind == "weights":
        assert found[0].moment(1) == pytest.approx((6 - 1) / 4)
    if kind == "histogram":
        assert found[0].moment(1) == pytest.approx((3 * -0.25 + 1 * 3) / 4)
    if kind == "density":  # two triangles: mass 0.75 with mean −0.5, mass 2.25 with mean 1.5
        assert found[0].moment(1) == pytest.approx((0.75 * -0.5 + 2.25 * 1.5) / 3)
    if kind == "log density":
        assert found[0].logarithmic  # type: ignore[attr-defined]


def test_bounds_by_step_read_the_same_from_every_format(tmp_path: Path) -> None:
    write(
        tmp_path / "a.json",
        {
            "steps": {
                "10": {"lambda_min": -1, "lambda_max": 2.5, "f2_norm": 7},
                "0": {"lambda_min": -3, "lambda_max": 4, "gradient_norm": 0.5, "f2_norm": None},
            }
        },
    )
    write(
        tmp_path / "a.csv",
        "# extreme eigenvalues\nstep,lambda_min,lambda_max,gradient_norm,f2_norm\n10,-1,2.5,,7\n\n0,-3,4,.5,\n",
    )
    for name in ("a.json", "a.csv"):
        found = read_spectrum(tmp_path / name)
        assert found.steps == (0, 10)
        first, second = found.entries
        assert (first.lambda_min, first.lambda_max, first.gradient_norm, first.f2_norm) == (-3, 4, 0.5, None)
        assert (second.lambda_min, second.lambda_max, second.gradient_norm, second.f2_norm) == (
            -1,
            2.5,
            None,
            7,
        )
    np.savez(tmp_path / "a.npz", step=[10, 0], lambda_min=[-1, -3], lambda_max=[2.5, 4], f3_norm=[1.0, 2.0])
    first, second = read_spectrum(tmp_path / "a.npz").entries
    assert (first.step, first.lambda_min, first.lambda_max, first.f3_norm) == (0, -3, 4, 2)
    assert (second.step, second.lambda_min) == (10, -1)


def test_densities_by_step_read_from_long_tables(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "a.npz",
        step=np.array([5, 5, 0, 0, 5]),
        eigenvalue=[1.0, 3, 0, 1, 2],
        density=[1.0, 1, 2, 2, 1],
        source=np.array("here"),
    )
    write(tmp_path / "a.csv", "step,eigenvalue,density\n5,1,1\n5,3,1\n0,0,2\n0,1,2\n5,2,1\n")
    write(tmp_path / "b.csv", "step,low,high,count\n5,1,2,1\n5,2,3,1\n0,0,1,4\n")
    for name in ("a.npz", "a.csv", "b.csv"):
        found = read_spectrum(tmp_path / name)
        assert found.steps == (0, 5)
        assert found.density(0).extent == (0, 1) and found.density(5).extent == (1, 3)
        assert found.density(5).moment(1) == pytest.approx(2)
    assert read_spectrum(tmp_path / "a.npz").source == "here"
    np.savez(tmp_path / "one.npz", step=7, eigenvalues=[1.0, 2.0], lambda_max=2.5)
    entry = read_spectrum(tmp_path / "one.npz").entry(7)
    assert entry.lambda_max == 2.5 and entry.density is not None


def test_a_density_and_bounds_stand_beside_each_other(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.json", {"eigenvalues": [1, 2], "lambda_min": -0.5, "note": "x", "weights": None}
    )
    found = read_spectrum(path)
    assert found.note == "x"
    assert found.entry().lambda_min == -0.5 and found.density().extent == (1, 2)


def test_falling_edges_are_turned_round(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"edges": [4, 2, 0.5, -1], "counts": [1, 0, 3]})
    assert read_spectrum(path).density().moment(1) == pytest.approx((3 * -0.25 + 3) / 4)


def test_a_byte_order_mark_and_other_line_ends_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfeigenvalue,weight\r\n1,2\r\n2,2\r\n")
    assert read_spectrum(tmp_path / "a.csv").density().moment(1) == 1.5


WRONG_JSON: list[tuple[Any, str, tuple[str, ...]]] = [
    ([1, 2], "", ("a list", "object")),
    ("{", ":1", ("not JSON",)),
    ('{\n"eigenvalues": [1,\n,2]}', ":3", ("not JSON",)),
    ({}, "", ("neither a density nor lambda_min and lambda_max",)),
    ({"lambda_min": 1}, "", ("neither a density nor lambda_max",)),
    ({"eigenvalue": [1, 2], "densitty": [1, 2]}, "", ("'densitty' is not known", "did you mean density")),
    ({"eigenvalue": [1, 2], "hist": [1, 2]}, "", ("'hist' is not known", "one of eigenvalues")),
    ({"eigenvalue": [1, 2]}, " (eigenvalue)", ("eigenvalue alone", "eigenvalue and log_density")),
    (
        {"eigenvalue": [1, 2], "density": [1, 2], "log_density": [1, 2]},
        " (eigenvalue)",
        ("eigenvalue and density and log_density do not make",),
    ),
    ({"eigenvalues": []}, " (eigenvalues)", ("empty",)),
    ({"eigenvalues": 3}, " (eigenvalues)", ("3.0; a list of numbers",)),
    ({"eigenvalues": [1, "2"]}, " (eigenvalues[1])", ("'2'; a number",)),
    ({"eigenvalues": [1, True]}, " (eigenvalues[1])", ("true; a number",)),
    ({"eigenvalues": [1, None]}, " (eigenvalues[1])", ("null; a number",)),
    ({"eigenvalues": [1, [2]]}, " (eigenvalues[1])", ("a list; a number",)),
    ('{"eigenvalues": [1, 2, NaN]}', " (eigenvalues[2])", ("nan at place 2",)),
    ('{"eigenvalues": [1, 1e999]}', " (eigenvalues[1])", ("inf at place 1",)),
    ('{"eigenvalues": [1, ' + "9" * 5000 + "]}", " (eigenvalues[1])", ("inf at place 1",)),
    ('{"eigenvalues": [1], "eigenvalues": [2]}', "", ("'eigenvalues' stands twice",)),
    ("[" * 100_000, "", ("nested too deeply",)),
    ({"eigenvalue": [1, 2, 3], "density": [1, 2]}, " (density)", ("has 3 numbers, but density has 2",)),
    ({"eigenvalue": [1, 2], "density": [1, -2]}, " (density[1])", ("-2 at place 1", "log_density")),
    ({"eigenvalue": [1, 2], "density": [0, 0]}, " (density)", ("no mass",)),
    (
        {"eigenvalue": [1, 2, 1], "density": [1, 2, 3]},
        " (eigenvalue[2])",
        ("eigenvalue 1 of the curve stands",),
    ),
    ({"eigenvalue": [1], "density": [1]}, " (eigenvalue)", ("one point",)),
    ({"edges": [1, 2], "counts": [1, 2]}, " (counts)", ("edges has 2 numbers, but counts has 2", "n + 1")),
    ({"edges": [1, 3, 2], "counts": [1, 2]}, " (edges[2])", ("from 3 to 2",)),
    ({"edges": [1, 2, 3], "counts": [1, -2]}, " (counts[1])", ("-2",)),
    ({"eigenvalues": [1, 2], "weights": [1]}, " (weights)", ("has 2 numbers, but weights has 1",)),
    ({"lambda_min": 2, "lambda_max": 1}, " (lambda_min)", ("2.0, above lambda_max, 1.0",)),
    ({"lambda_min": 0, "lambda_max": 1, "f2_norm": -1}, " (f2_norm)", ("-1.0; a norm",)),
    ('{"lambda_min": 0, "lambda_max": Infinity}', " (lambda_max)", ("inf",)),
    ({"lambda_min": [0], "lambda_max": 1}, " (lambda_min)", ("a list; a number",)),
    ({"eigenvalues": [1], "note": 3}, " (note)", ("3.0; a text",)),
    ({"steps": {}}, " (steps)", ("empty",)),
    ({"steps": [1]}, " (steps)", ("a list",)),
    ({"steps": {"a": {"eigenvalues": [1]}}}, " (steps)", ("'a' is not a whole number",)),
    ({"steps": {"-1": {"eigenvalues": [1]}}}, " (steps)", ("'-1' is not a whole number",)),
    ({"steps": {"1": [1]}}, " (steps.1)", ("step 1 is a list",)),
    (
        {"steps": {"1": {"eigenvalues": [1]}, "01": {"eigenvalues": [1]}}},
        " (steps.01)",
        ("step 1 stands twice",),
    ),
    ('{"steps": {"1": {"eigenvalues": [1]}, "1": {}}}', "", ("'1' stands twice",)),
    ({"steps": {"1": {"eigenvalues": [1, None]}}}, " (steps.1.eigenvalues[1])", ("null",)),
    ({"steps": {"1": {"eigenvalues": [1]}}, "eigenvalues": [1]}, " (eigenvalues)", ("stands beside steps",)),
    ({"steps": {"1": {"eigenvalues": [1]}}, "modell": "x"}, "", ("did you mean model",)),
    ({"steps": {"1": {"steps": {"2": {}}}}}, " (steps.1)", ("'steps' is not known",)),
]


@pytest.mark.parametrize(("content", "at", "words"), WRONG_JSON)
def test_a_wrong_json_file_is_refused_with_its_field(
    content: Any, at: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    assert isinstance(refused(write(tmp_path / "s.json", content), *words, at=at), InputFileError)


WRONG_CSV: list[tuple[str, str, tuple[str, ...]]] = [
    ("\n\n", "", ("no header",)),
    ("eigenvalue\n", ":1", ("no lines behind the header",)),
    ("# x\neigenvalu,density\n1,2\n", ":2", ("column 'eigenvalu' is not known", "did you mean eigenvalue")),
    ("eigenvalue;density\n1;2\n", ":1", ("'eigenvalue;density' is not known",)),
    ("1,2\n3,4\n", ":1", ("'1' is not known",)),
    ("eigenvalue,eigenvalue\n1,2\n", ":1", ("eigenvalue stands twice",)),
    ("eigenvalue,eigenvalues\n1,2\n", ":2", ("same meaning",)),
    ("eigenvalue,density\n1,2\n\n# more\n3\n", ":5", ("1 cells, the header 2",)),
    ("eigenvalue,density\n1,2\n3,x\n", ":3 (density)", ("'x'; a number",)),
    ("eigenvalue,density\n1,2\n3,1_0\n", ":3 (density)", ("'1_0'",)),
    ("eigenvalue,density\n1,2\n3,\n", ":3 (density)", ("density is empty",)),
    ("eigenvalue,density\n1,2\n3,nan\n", ":3 (density)", ("nan",)),
    ("eigenvalue,density\n1,2\n3,-4\n", ":3 (density)", ("-4",)),
    ("eigenvalue,density\n1,2\n3,4\n1,2\n", ":4 (eigenvalue)", ("stands twice",)),
    ("density\n1\n", ":2 (density)", ("density alone",)),
    ("step,eigenvalue\n1.5,2\n", ":2 (step)", ("'1.5' is not a whole number",)),
    ("step,eigenvalue,density\n0,1,1\n0,2,1\n3,7,1\n", ":4 (eigenvalue)", ("one point",)),
    ("lambda_min,lambda_max\n1,2\n1,2\n", ":3 (lambda_min)", ("two lines of bounds",)),
    ("step,lambda_min,lambda_max\n4,1,2\n4,1,2\n", ":3 (lambda_min)", ("two lines of bounds for step 4",)),
    ("step,lambda_min,lambda_max\n4,1,2\n5,,2\n", ":3", ("nor lambda_min",)),
    ("eigenvalue,lambda_min\n1,2\n", ":2", ("do not go together",)),
    ("low,high\n1,2\n", ":2", ("count is missing",)),
    ("low,high,count,density\n1,2,3,4\n", ":2", ("density does not belong",)),
    ("low,high,count\n1,2,3\n4,5,6\n", ":3 (low)", ("ends at 2, the next begins at 4", "count 0")),
    ("low,high,count\n1,1,3\n", ":2 (high)", ("no width",)),
    ("low,high,count\n1,inf,3\n", ":2 (high)", ("inf",)),
    ('eigenvalue\n"1\n', ":2", ("not CSV",)),
]


@pytest.mark.parametrize(("content", "at", "words"), WRONG_CSV)
def test_a_wrong_table_is_refused_with_its_line(
    content: str, at: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    assert isinstance(refused(write(tmp_path / "s.csv", content), *words, at=at), InputFileError)


WRONG_NPZ: list[tuple[dict[str, Any], str, tuple[str, ...]]] = [
    ({"eigenvalu": [1.0]}, "", ("member 'eigenvalu' is not known", "did you mean eigenvalue")),
    ({"eigenvalues": np.ones((2, 2))}, " (eigenvalues)", ("shape (2, 2)",)),
    ({"eigenvalues": np.array(1.0)}, " (eigenvalues)", ("one number",)),
    ({"eigenvalues": np.array([1j])}, " (eigenvalues)", ("complex128",)),
    ({"eigenvalues": np.array([True])}, " (eigenvalues)", ("bool",)),
    ({"eigenvalues": np.array([1.0, np.nan])}, " (eigenvalues[1])", ("nan",)),
    ({"eigenvalues": np.empty(0)}, " (eigenvalues)", ("empty",)),
    ({"lambda_min": [1, 2], "lambda_max": 3}, " (lambda_min)", ("2 values, but there is no list of steps",)),
    ({"step": [1, 1], "lambda_min": [1, 2], "lambda_max": [3, 4]}, " (step[1])", ("step 1 stands twice",)),
    (
        {"step": [1, 2], "lambda_min": [1, 2, 3], "lambda_max": [3, 4]},
        " (lambda_min)",
        ("but there are 2 steps",),
    ),
    ({"step": [1.5], "lambda_min": [1], "lambda_max": [3]}, " (step[0])", ("1.5",)),
    ({"step": [-1], "lambda_min": [1], "lambda_max": [3]}, " (step[0])", ("-1",)),
    ({"step": np.array([np.nan]), "lambda_min": [1], "lambda_max": [3]}, " (step[0])", ("nan",)),
    ({"step": np.empty(0), "eigenvalues": np.empty(0)}, " (step)", ("empty",)),
    ({"step": [1, 1], "edges": [1, 2], "counts": [1]}, " (step)", ("histogram", ".json")),
    ({"step": [1, 1], "eigenvalues": [1, 2], "lambda_max": [1, 2]}, " (lambda_max)", ("two files",)),
    (
        {"step": [0, 2, 2], "eigenvalue": [1, 2, 2], "density": [1, 1, 1]},
        " (eigenvalue)",
        ("one point",),
    ),
    ({"step": [2, 0, 2, 2], "eigenvalues": [1, 2, 2, np.inf]}, " (eigenvalues[3])", ("inf",)),
    ({"source": np.array(["a", "b"]), "eigenvalues": [1.0]}, " (source)", ("one text",)),
    ({"eigenvalues": np.array([object()])}, "", ("pickle",)),
]


@pytest.mark.parametrize(("members", "at", "words"), WRONG_NPZ)
def test_a_wrong_archive_is_refused_with_its_member(
    members: dict[str, Any], at: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    np.savez(tmp_path / "s.npz", **members)
    assert isinstance(refused(tmp_path / "s.npz", *words, at=at), InputFileError)


def test_other_files_missing_ones_and_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    assert isinstance(
        refused(write(tmp_path / "s.txt", "1"), "'.txt'", ".json, .csv, .npz"), UnsupportedError
    )
    refused(tmp_path / "gone.json", "no such file")
    refused(write(tmp_path / "s.json", ""), "empty")
    (tmp_path / "t.csv").write_bytes(b"eigenvalue\n\xff\n")
    refused(tmp_path / "t.csv", "byte 11 is not UTF-8")
    (tmp_path / "t.npz").write_bytes(b"PK\x03\x04 and no more")
    refused(tmp_path / "t.npz", "truncated")


def test_files_that_are_too_large_are_refused_before_they_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "s.json").open("wb") as stream:
        stream.truncate(2**27)  # sparse: no bytes on the disk
        stream.seek(0)
        stream.write(b"{")
    refused(tmp_path / "s.json", "134217728 bytes")
    for reader in (spectrum_members, spectrum_table, spectrum_tree):
        monkeypatch.setattr(reader, "MAX_VALUES", 5)
    monkeypatch.setattr(spectrum_entry, "MAX_STEPS", 2)
    many = {"steps": {str(i): {"eigenvalues": [1, 2]} for i in range(3)}}
    refused(write(tmp_path / "a.json", many), "3 steps; at most 2")
    many["steps"].pop("2")
    many["steps"]["1"]["eigenvalues"] = [1, 2, 3, 4]
    refused(write(tmp_path / "a.json", many), "more than 5 numbers", at=" (steps.1.eigenvalues)")
    refused(write(tmp_path / "a.csv", "eigenvalue\n" + "1\n" * 6), "more than 5 cells", at=":1")
    np.savez(tmp_path / "a.npz", eigenvalues=np.ones(6))
    refused(tmp_path / "a.npz", "more than 5 numbers", at=" (eigenvalues)")


@settings(max_examples=150)
@given(content=st.binary(max_size=80), suffix=st.sampled_from([".json", ".csv", ".npz"]))
def test_any_bytes_either_read_or_are_refused_on_purpose(
    content: bytes, suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / f"s{suffix}"
    path.write_bytes(content)
    try:
        read_spectrum(path)
    except InputFileError as error:
        assert str(path) in error.mistakes[0].at


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*spectrum_entry.LISTS, *spectrum_entry.BOUNDS, "steps", "note", "0", "7", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(tree=JSON_VALUES)
def test_any_json_either_reads_or_is_refused_on_purpose(
    tree: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / "s.json"
    path.write_text(json.dumps(tree))
    try:
        found = read_spectrum(path)
    except InputFileError as error:
        assert re.match(re.escape(str(path)), error.mistakes[0].at)
        return
    for entry in found.entries:
        assert entry.density is not None or entry.lambda_max is not None
