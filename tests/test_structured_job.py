"""The main job on Hessians with structure: the menu is planned, ranked and explained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

import qgd_compiler


def positive(size: int, seed: int) -> np.ndarray:
    """A positive definite matrix of norm about 1; all numbers differ."""
    a = np.random.default_rng(seed).normal(size=(size, size))
    found = a @ a.T + np.eye(size)
    return np.asarray(found / np.linalg.norm(found, 2))


def spec_of(tmp_path: Path, hessian: dict[str, Any], size: int, **dynamics: float) -> Path:
    """A spec with a gradient file."""
    np.save(tmp_path / "g.npy", np.arange(1.0, size + 1))
    content = {
        "qgd": 1,
        "name": "structured",
        "model": {"parameters": size},
        "dynamics": {"learning_rate": 0.5, "iterations": 4, **dynamics},
        "hessian": hessian,
        "gradient": {"file": "g.npy"},
        "target": {"epsilon": 0.05},
        "access": "qroam",
    }
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def kronecker(tmp_path: Path) -> Path:
    """A ⊗ B with 2 and 3 rows, whose register has gaps."""
    for name, size in (("a", 2), ("b", 3)):
        sparse.save_npz(tmp_path / f"{name}.npz", sparse.csr_array(positive(size, size)))
    factors = [{"kind": "dense", "file": f"{name}.npz"} for name in "ab"]
    return spec_of(tmp_path, {"kind": "kronecker", "factors": factors}, 6, damping=0.1)


def test_a_long_menu_is_planned_for_its_best_and_the_rest_is_explained(kronecker: Path) -> None:
    report = qgd_compiler.compile(kronecker)
    listed = {e.name for e in qgd_compiler.encodings(kronecker).encodings}
    history = [a for a in report.alternatives if a.subject == "history of a quadratic model"]
    planned = {a.encoding for a in history if a.valid}
    assert len(planned) == 6 < len(listed)
    assert {a.encoding for a in history} == listed
    for a in history:
        if not a.valid and "norm" not in a.reason:
            assert "alpha times T per query" in a.reason or "as many T gates" in a.reason
    counts = [a.t_count for a in report.alternatives if a.t_count is not None]
    assert counts == sorted(counts)
    assert report.total.t_count == counts[0]


def test_a_register_with_gaps_is_longer_and_its_gradient_stands_around_them(kronecker: Path) -> None:
    report = qgd_compiler.compile(kronecker)
    assert "Kronecker" in report.solver.encoding
    assert report.logical.qubit_breakdown["parameters"] == 3  # 1 for A, 2 for B: 6 rows among 8 places
    assert sum(e.epsilon for e in report.error_budget) <= 0.05


def test_structure_is_cheaper_than_its_entries_where_it_should_be(tmp_path: Path) -> None:
    bands = {"kind": "banded", "offsets": [-1, 0, 1], "values": [-0.25, 0.75, -0.25], "n": 200}
    report = qgd_compiler.compile(spec_of(tmp_path, bands, 200))
    assert report.solver.encoding == "banded arithmetic"
    entries = [a.t_count for a in report.alternatives if a.encoding == "Frobenius norm tree" and a.t_count]
    assert report.total.t_count < min(entries) / 10
    assert report.logical.by_component[0].name != "hessian"


@pytest.mark.parametrize("solver", ["kernel_reflection", "gram"])
def test_least_squares_with_more_residuals_than_parameters_has_a_price(tmp_path: Path, solver: str) -> None:
    """Five rows take three qubits, three columns two: the input must be prepared on three."""
    jacobian = np.random.default_rng(5).normal(size=(5, 3)) / 3
    np.savez(tmp_path / "j.npz", j=jacobian)
    np.save(tmp_path / "g.npy", np.array([1.0, -0.5, 0.25]))
    path = tmp_path / "spec.json"
    factor = {"kind": "dense", "file": "j.npz", "key": "j"}
    content = {
        "qgd": 1,
        "name": "tall",
        "model": {"parameters": 3},
        "dynamics": {"learning_rate": 0.5, "iterations": 20},
        "hessian": {"kind": "gram", "factor": factor},
        "gradient": {"file": "g.npy"},
        "target": {"epsilon": 0.05},
        "solvers": [solver],
    }
    path.write_text(json.dumps(content))
    report = qgd_compiler.compile(path)
    tall = [a for a in report.alternatives if a.encoding.startswith(("Gram of", "Frobenius")) and a.valid]
    assert tall and report.total.t_count > 0


def test_a_product_of_errors_far_below_float_precision_is_shared_out_and_not_rounded_to_zero() -> None:
    from qgd_compiler.algorithms.menu.composed import of_product

    shares = of_product([2.0, 5.0])(1e-24)  # δ = ε/(2α) to first order, α = 10
    assert shares == pytest.approx([2.0 * 5e-26, 5.0 * 5e-26], rel=1e-9)
