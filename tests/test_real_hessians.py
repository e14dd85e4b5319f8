"""Every bundled Hessian with every encoding that it allows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import io, sparse

import qgd_compiler

FILES = {  # file: encodings by entries that it allows
    "graph_karate.mtx": 4,
    "graph_digits5nn.npz": 4,
    "mlp64-32-10_tanh_ce_p99_t0.npz": 4,
    "mlp64-32-10_tanh_ce_p90_t0.npz": 3,
    "mlp64-32-10_tanh_ce_p90_t50.npz": 3,
    "mlp64-32-10_square_mse_p90_t0.npz": 4,
}


@pytest.mark.parametrize("name", FILES)
def test_a_real_hessian_has_every_encoding_that_it_allows(name: str, estimates: Path) -> None:
    path = estimates / "data" / name
    data = sparse.load_npz(path) if path.suffix == ".npz" else io.mmread(path)
    matrix = np.asarray(data.todense(), dtype=float)
    spec = qgd_compiler.describe([path], base_dir=path.parent).model_dump(mode="json", exclude_none=True)
    spec["hessian"]["file"] = str(path)
    found = qgd_compiler.encodings(spec)
    norm = np.linalg.norm(matrix, 2)
    names = {e.name for e in found.encodings}
    assert len(names) == FILES[name], names
    assert not found.refused
    assert {e.access for e in found.encodings} == {"qrom", "qroam"}
    for e in found.encodings:
        assert e.alpha >= norm - e.epsilon
        assert e.epsilon <= found.epsilon * found.norm.value * (1 + 1e-9)
        assert e.t_per_query > 0
    alphas = {e.name: e.alpha for e in found.encodings}
    assert alphas["Frobenius norm tree"] == pytest.approx(np.linalg.norm(matrix))
    sums = np.abs(matrix).sum(axis=1).max()
    assert alphas["row-weighted"] == pytest.approx(sums, rel=1e-6)
    full = np.count_nonzero(matrix, axis=1).max() * np.abs(matrix).max()
    assert full <= alphas["sparse access"] <= 1.1 * full


def test_a_real_hessian_compiles_with_every_encoding(estimates: Path) -> None:
    path = estimates / "data" / "mlp64-32-10_tanh_ce_p99_t0.npz"
    spec = qgd_compiler.describe([path], base_dir=path.parent).model_dump(mode="json", exclude_none=True)
    spec["hessian"]["file"] = str(path)
    spec["gradient"]["file"] = str(path.with_suffix("")) + ".aux.npz"
    report = qgd_compiler.compile(spec)
    history = [a for a in report.alternatives if a.subject == "history of a quadratic model"]
    valid = {a.encoding for a in history if a.valid}
    assert valid == {"sparse access", "row-weighted", "sparse row-weighted", "Frobenius norm tree"}
