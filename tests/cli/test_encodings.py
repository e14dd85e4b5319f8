"""`qgd encodings` and `qgd formula` on real and declared Hessians."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import sympy
from scipy import sparse

import qgd_compiler
from qgd_compiler.api import SCHEMAS, encodings, formula
from qgd_compiler.cli.main import main
from qgd_compiler.errors import SpecError, UsageError
from qgd_compiler.evaluate import evaluate


def declared(**changes: Any) -> dict[str, Any]:
    """A spec of a Hessian without data."""
    hessian = {"kind": "sparse", "n": 1000, "row_sparsity": 12, "max_entry": 0.5, "frobenius_norm": 9.0}
    return {
        "qgd": 1,
        "name": "declared",
        "model": {"parameters": 1000},
        "dynamics": {"learning_rate": 0.1, "iterations": 5},
        "hessian": hessian,
        "gradient": {"norm": 1},
        "access": "qrom",
        **changes,
    }


def test_the_list_is_a_valid_document_best_first(estimates: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["encodings", str(estimates / "karate.yaml"), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, SCHEMAS["encodings.schema.json"]())
    lines = document["encodings"]
    assert [e["alpha_t"] for e in lines] == sorted(e["alpha_t"] for e in lines)
    for word in ("sparse", "row", "frobenius"):
        assert any(word in e["name"].lower() for e in lines), word
    asked = document["epsilon"] * document["norm"]["value"]
    for e in lines:
        assert e["alpha"] >= document["norm"]["value"] - e["epsilon"]
        assert e["epsilon"] <= asked
        assert e["t_per_query"] >= 4 * e["toffoli_per_query"]
        assert e["alpha_t"] == pytest.approx(e["alpha"] * e["t_per_query"])


def test_a_finer_list_costs_more(estimates: Path) -> None:
    coarse = {(e.name, e.access): e for e in encodings(estimates / "karate.yaml", epsilon=0.1).encodings}
    for e in encodings(estimates / "karate.yaml", epsilon=1e-6).encodings:
        assert e.t_per_query > coarse[e.name, e.access].t_per_query
        assert e.word_bits >= coarse[e.name, e.access].word_bits + 15


def test_borrowed_columns_stand_between_one_column_and_clean_ones_in_toffolis_and_qubits() -> None:
    spec = declared(access={"models": ["qrom", "qroam", "qroam_dirty"]})
    lines = {(e.name, e.access): e for e in encodings(spec).encodings}
    names = {name for name, _ in lines}
    assert len(names) >= 3
    for name in names:
        one, clean, borrowed = (lines[name, access] for access in ("qrom", "qroam", "qroam_dirty"))
        assert clean.toffoli_per_query < borrowed.toffoli_per_query < one.toffoli_per_query
        assert clean.ancillas > borrowed.ancillas > one.ancillas


def test_structure_is_listed_beside_entries_and_beats_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for name, n in (("a", 8), ("b", 16)):
        m = rng.normal(size=(n, n))
        sparse.save_npz(tmp_path / f"{name}.npz", sparse.csr_array(m + m.T))
    spec = declared(
        model={"parameters": 128},
        hessian={
            "kind": "sum",
            "terms": [
                {
                    "kind": "kronecker",
                    "factors": [{"kind": "dense", "file": "a.npz"}, {"kind": "dense", "file": "b.npz"}],
                },
                {"kind": "scaled", "factor": 0.1, "term": {"kind": "identity"}},
            ],
        },
    )
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(spec))
    found = encodings(path)
    assert "Kronecker" in found.encodings[0].name
    entries = min(e.alpha_t for e in found.encodings if e.name == "Frobenius norm tree")
    assert found.encodings[0].alpha_t < entries / 5
    assert "Kronecker" in found.structure


@pytest.mark.parametrize(
    "hessian",
    [
        {"kind": "low_rank", "file": "f.npz", "weights": [1.5, -0.5]},
        {"kind": "adjoint", "term": {"kind": "sparse", "file": "h.npz"}},
        {"kind": "gram", "factor": {"kind": "dense", "file": "f.npz"}},
    ],
)
def test_every_kind_of_node_can_be_written_in_a_spec(tmp_path: Path, hessian: dict[str, Any]) -> None:
    rng = np.random.default_rng(4)
    thin = rng.normal(size=(6, 2))
    sparse.save_npz(tmp_path / "f.npz", sparse.csr_array(thin if hessian["kind"] == "low_rank" else thin.T))
    sparse.save_npz(tmp_path / "h.npz", sparse.csr_array(thin @ thin.T))
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(declared(model={"parameters": 6}, hessian=hessian)))
    names = [e.name for e in encodings(path).encodings]
    word = {"low_rank": "low rank", "adjoint": "sparse access", "gram": "Gram"}[hessian["kind"]]
    assert any(word in n for n in names), names


def test_what_is_missing_is_said() -> None:
    found = encodings(declared(hessian={"kind": "sparse", "n": 1000, "frobenius_norm": 3.0}))
    assert {"Frobenius norm tree"} <= {e.name for e in found.encodings}
    with pytest.raises(SpecError, match="norm"):
        encodings(declared(hessian={"kind": "sparse", "n": 10, "row_sparsity": 3}, model={"parameters": 10}))
    with pytest.raises(UsageError, match="between 0 and 1"):
        encodings(declared(), epsilon=2.0)


@pytest.mark.parametrize("encoding", ["sparse access", "sparse row", "frobenius"])
@pytest.mark.parametrize("access", ["qrom", "qroam"])
def test_a_formula_with_numbers_is_what_the_compiler_counts(encoding: str, access: str) -> None:
    spec = declared(access=access)
    expression = formula(spec, "t_per_query", ["n", "s", "b"], encoding=encoding)
    assert {str(v) for v in expression.free_symbols} <= {"n", "s", "b"}
    listed = next(e for e in encodings(spec, epsilon=1e-6).encodings if encoding in e.name.lower())
    at = evaluate(expression, {"n": 1000, "s": 12, "b": listed.word_bits})
    rotation = evaluate(
        formula(spec, "t_per_query", ["n", "s", "b", "r"], encoding=encoding).diff(
            sympy.Symbol("r", integer=True, positive=True)
        )
        if listed.rotations
        else sympy.Integer(0),
        {"n": 1000, "s": 12, "b": 9},
    )
    assert rotation == listed.rotations
    assert at - 23 * listed.rotations == 4 * listed.toffoli_per_query
    again = formula(spec, "toffoli_per_query", ["n", "s", "b"], encoding=encoding)
    assert evaluate(again, {"n": 1000, "s": 12, "b": listed.word_bits}) == listed.toffoli_per_query
    alpha = formula(spec, "alpha", ["n", "s", "b"], encoding=encoding)
    assert float(evaluate(alpha, {"n": 1000, "s": 12, "b": listed.word_bits})) == pytest.approx(listed.alpha)


def test_the_package_has_the_formula_and_the_list() -> None:
    assert qgd_compiler.formula(declared(), "alpha", ["s", "b"]).free_symbols
    assert qgd_compiler.encodings(declared()).encodings


def test_a_formula_is_printed_as_latex_or_as_code(
    estimates: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    karate = str(estimates / "karate.yaml")
    assert main(["formula", karate, "toffoli_per_query", "--encoding", "sparse access"]) == 0
    latex = capsys.readouterr().out
    assert r"\log_2 n" in latex and latex.endswith("\n")
    assert main(["formula", karate, "system", "-f", "sympy"]) == 0
    assert capsys.readouterr().out == "CeilLog2(n)\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["weight"], "no formula is called 'weight'"),
        (["alpha", "--symbols", "m"], "m: no size"),
        (["alpha", "--encoding", "magic"], "no encoding is called 'magic'"),
    ],
)
def test_a_formula_that_does_not_exist_is_an_error_with_what_does(
    estimates: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["formula", str(estimates / "karate.yaml"), *words]) == UsageError.exit_code
    assert said in capsys.readouterr().err
