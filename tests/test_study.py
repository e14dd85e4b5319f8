"""What a study measures, and how often."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

import qgd_compiler.study.reading as module
from qgd_compiler.analysis.spectrum import measure_extremes
from qgd_compiler.spec.loader import load
from qgd_compiler.study import extremes

SPEC = """\
qgd: 1
name: a chain
model: {{parameters: {n}}}
dynamics: {{learning_rate: 0.1, iterations: 5}}
hessian: {{kind: sparse, file: h.npz}}
gradient: {{norm: 1}}
target: {{epsilon: 0.1}}
"""


@pytest.mark.parametrize("size", [20, 600])
def test_the_spectrum_of_one_matrix_is_measured_once(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = sparse.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(size, size), format="csr")
    sparse.save_npz(tmp_path / "h.npz", chain)
    (tmp_path / "s.yaml").write_text(SPEC.format(n=size))
    seen: list[Any] = []

    def counted(data: Any, **more: Any) -> Any:
        seen.append(data.shape)
        return measure_extremes(data, **more)

    for asking in (module, extremes):
        monkeypatch.setattr(asking, "measure_extremes", counted)
    found = module.study(load(tmp_path / "s.yaml")).extremes
    assert seen == [(size, size)]
    exact = 2 - 2 * np.cos(np.pi * np.array([1, size]) / (size + 1))
    assert found.lambda_min <= exact[0] * (1 + 1e-9)
    assert found.lambda_max >= exact[1] * (1 - 1e-9)
    assert found.lambda_max == pytest.approx(exact[1], rel=1e-3)


def test_a_large_matrix_is_measured_in_less_than_four_times_its_memory(tmp_path: Path) -> None:
    size = 100_000
    rng = np.random.default_rng(4)
    place = rng.integers(0, size, (2, 5 * size))
    half = sparse.csr_array(sparse.coo_array((rng.standard_normal(5 * size), place), shape=(size, size)))
    matrix = sparse.csr_array(half + half.T)
    held = matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes
    assert matrix.nnz > 950_000
    sparse.save_npz(tmp_path / "h.npz", matrix, compressed=False)
    del half, matrix, place
    (tmp_path / "s.yaml").write_text(SPEC.format(n=size).replace("0.1, iter", "0.01, iter"))
    said: list[str] = []
    tracemalloc.start()
    try:
        found = module.study(load(tmp_path / "s.yaml"), said.append)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * held
    assert any("step" in line for line in said)
    assert found.extremes.lambda_min < -4 < 4 < found.extremes.lambda_max
