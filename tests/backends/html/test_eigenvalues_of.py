"""The bins of a page hold the eigenvalues that NumPy finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import mmread

from qgd_compiler.spec.loader import load
from qgd_compiler.study import study
from qgd_compiler.study.eigenvalues import BINS, eigenvalues_of


def test_bins_hold_the_eigenvalues_of_the_matrix(karate: Path) -> None:
    found = eigenvalues_of(study(load(karate)))
    values = np.linalg.eigvalsh(mmread(karate.parent / "data" / "graph_karate.mtx").toarray())
    assert found.ends == pytest.approx((values[0], values[-1]), rel=1e-9)
    assert found.learning_rate == 0.02
    assert len(found.shares) == BINS and sum(found.shares) == pytest.approx(1)
    for left, right, share in zip(found.edges, found.edges[1:], found.shares, strict=False):
        inside = np.count_nonzero((values > left - 1e-9) & (values < right + 1e-9))
        surely = np.count_nonzero((values > left + 1e-9) & (values < right - 1e-9))
        assert surely - 1e-9 <= share * len(values) <= inside + 1e-9


def test_a_file_of_the_spec_comes_before_the_data(estimates: Path) -> None:
    found = eigenvalues_of(study(load(estimates / "resnet-7m.yaml")))
    assert (found.low, found.high) == (-5.942, 22.522)
    heaviest = max(range(BINS), key=lambda i: found.shares[i])
    assert found.edges[heaviest] < 0.6 and found.edges[heaviest + 1] > 0  # the bulk is at zero
    assert sum(found.shares) == pytest.approx(1, abs=1e-6)


def test_momentum_has_another_step_and_so_no_line_of_growth(estimates: Path) -> None:
    loaded = load(estimates / "karate.yaml")
    content = loaded.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    content["dynamics"]["momentum"] = 0.5
    changed = type(loaded)(type(loaded.spec).model_validate(content), loaded.base_dir, "<spec>")
    assert eigenvalues_of(study(changed)).learning_rate is None
