"""Extreme eigenvalues against NumPy's dense solver, and against spectra known by construction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from qgd_compiler.analysis import spectrum
from qgd_compiler.analysis.lanczos import extreme_ritz_values
from qgd_compiler.analysis.spectrum import measure_extremes
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Source


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 30))
def test_dense_extremes_enclose_the_eigenvalues_to_rounding(seed: int, n: int) -> None:
    root = np.random.default_rng(seed).normal(size=(n, n))
    matrix = root + root.T
    values = np.linalg.eigvalsh(matrix)
    found = measure_extremes(sparse.csr_array(matrix))
    scale = np.abs(values).max()
    assert values[0] - 1e-12 * scale <= found.lambda_min <= values[0]
    assert values[-1] <= found.lambda_max <= values[-1] + 1e-12 * scale
    assert found.norm == pytest.approx(scale)
    assert found.source is Source.MEASURED


def test_the_digits_network_has_the_negative_eigenvalue_of_its_metadata(estimates: Path) -> None:
    hessian = sparse.load_npz(estimates / "data" / "mlp64-32-10_tanh_ce_p90_t50.npz")
    for limit in (2000, 10):
        found = measure_extremes(hessian.astype(float), dense_limit=limit)
        assert found.lambda_min == pytest.approx(-0.014479351509647633, rel=1e-6)
        assert found.lambda_max == pytest.approx(1.3318212093748383, rel=1e-6)


def test_lanczos_moves_outwards_by_the_residual_and_encloses_a_spectrum_known_by_construction() -> None:
    # the path Laplacian with fixed ends: eigenvalues 4 sin^2(pi k / (2(n+1))), clustered at both ends
    n, shift = 3000, 0.3
    path = sparse.diags_array([np.full(n, 2.0 - shift), -np.ones(n - 1), -np.ones(n - 1)], offsets=[0, 1, -1])
    lowest = 4 * np.sin(np.pi / (2 * (n + 1))) ** 2 - shift
    highest = 4 * np.cos(np.pi / (2 * (n + 1))) ** 2 - shift
    found = measure_extremes(path.tocsr())
    assert lowest - 1e-3 <= found.lambda_min <= lowest
    assert highest <= found.lambda_max <= highest + 1e-3


def test_a_small_negative_eigenvalue_beside_a_large_bulk_is_not_missed() -> None:
    rng = np.random.default_rng(5)
    values = np.concatenate([[-0.01], rng.uniform(0, 0.05, 2498), [3.0]])
    reflector = rng.normal(size=len(values))
    reflector /= np.linalg.norm(reflector)

    def apply(x: np.ndarray) -> np.ndarray:
        y = x - 2 * reflector * (reflector @ x)
        y = values * y
        return y - 2 * reflector * (reflector @ y)

    found = measure_extremes(LinearOperator((len(values),) * 2, matvec=apply, dtype=float))
    assert found.lambda_min == pytest.approx(-0.01, abs=1e-7)
    assert found.lambda_max == pytest.approx(3.0, abs=1e-7)
    assert "Lanczos" in found.method


def test_the_same_matrix_gives_the_same_digits() -> None:
    matrix = sparse.random_array((2500, 2500), density=0.002, rng=np.random.default_rng(1))
    matrix = sparse.csr_array(matrix + matrix.T)
    assert measure_extremes(matrix) == measure_extremes(matrix)


def test_without_convergence_the_discs_of_gershgorin_stand_in_and_are_called_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spectrum, "_ritz", lambda *_: None)
    matrix = sparse.csr_array(np.array([[2.0, -1.0, 0.0], [-1.0, 3.0, 0.5], [0.0, 0.5, -1.0]]))
    found = measure_extremes(matrix, dense_limit=0)
    assert (found.lambda_min, found.lambda_max, found.source) == (-1.5, 4.5, Source.BOUND)
    with pytest.raises(InfeasibleError, match="did not converge"):
        measure_extremes(LinearOperator((3, 3), matvec=lambda x: matrix @ x, dtype=float), dense_limit=0)


def test_two_runs_of_lanczos_find_the_ends_of_a_large_matrix_in_little_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    size = 60_000
    chain = sparse.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(size, size), format="csr")
    bumps = np.zeros(size)
    bumps[[7, 30_000]] = (-9.0, 11.0)  # ends away from the rest of the spectrum
    matrix = sparse.csr_array(chain + sparse.diags_array(bumps))
    monkeypatch.setattr(spectrum, "MOST_BASIS", 0)
    seen: list[tuple[int, int]] = []
    found = measure_extremes(matrix, progress=lambda done, most: seen.append((done, most)))
    assert "two runs" in found.method
    assert seen[0] == (40, spectrum.MOST_STEPS) and seen[-1] == (spectrum.MOST_STEPS, spectrum.MOST_STEPS)
    # around one bump the chain is a closed problem of 201 rows: what lies further off falls by 0.1 a site
    for place, end, value in ((7, 0, found.lambda_min), (30_000, -1, found.lambda_max)):
        low, high = max(0, place - 100), place + 101
        near = np.linalg.eigvalsh(matrix[low:high][:, low:high].toarray())[end]
        assert value == pytest.approx(near, rel=1e-6)
    assert found.lambda_min_error < 1e-5 and found.lambda_max_error < 1e-5


def test_the_ends_of_a_spectrum_lie_inside_what_two_runs_claim() -> None:
    rng = np.random.default_rng(2)
    for values in (
        rng.standard_normal(300),
        np.repeat([-1.0, 0.0, 2.0], 100),
        np.full(50, 3.0),
        np.zeros(60),
    ):
        turned = np.linalg.qr(rng.standard_normal((len(values), len(values))))[0]
        low, high = extreme_ritz_values(turned @ np.diag(values) @ turned.T, tolerance=1e-7, most=200, seed=1)
        assert low.value - low.residual <= values.min() + 1e-9 <= low.value + 1e-6
        assert high.value + high.residual >= values.max() - 1e-9 >= high.value - 1e-6
