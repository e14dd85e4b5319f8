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
    planned = {a.encoding for a in report.alternatives if a.valid}
    listed = {e.name for e in qgd_compiler.encodings(kronecker).encodings}
    assert len(planned) == 6 < len(listed)
    assert {a.encoding for a in report.alternatives} == listed
    for a in report.alternatives:
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
