"""Sampled densities against all eigenvalues of real Hessians, and against spectra known by construction."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from scipy import io, sparse
from scipy.sparse.linalg import LinearOperator

from qgd_compiler.analysis.error_proxy import error_proxy
from qgd_compiler.analysis.lanczos_quadrature import density_of, lanczos_density
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.kinds import Source

HESSIANS = (
    "mlp64-32-10_tanh_ce_p90_t0.npz",
    "mlp64-32-10_tanh_ce_p90_t50.npz",
    "mlp64-32-10_tanh_ce_p99_t0.npz",
    "mlp64-32-10_square_mse_p90_t0.npz",
)


def hessian(estimates: Path, name: str) -> sparse.csr_array:
    """A bundled Hessian in float64."""
    return sparse.csr_array(sparse.load_npz(estimates / "data" / name)).astype(float)


def path_laplacian(n: int) -> tuple[sparse.csr_array, np.ndarray]:
    """The path with fixed ends, and its eigenvalues 4 sin²(πk/(2(n+1)))."""
    matrix = sparse.diags_array([np.full(n, 2.0), -np.ones(n - 1), -np.ones(n - 1)], offsets=[0, 1, -1])
    return matrix.tocsr(), 4 * np.sin(np.pi * np.arange(1, n + 1) / (2 * (n + 1))) ** 2


@pytest.mark.parametrize("name", HESSIANS)
@pytest.mark.parametrize("keep", [True, False])
def test_sampled_moments_agree_with_the_traces_of_powers_within_their_errors(
    name: str, keep: bool, estimates: Path
) -> None:
    matrix = hessian(estimates, name)
    found = lanczos_density(matrix, probes=60, steps=40, reorthogonalise=keep)
    power = np.eye(matrix.shape[0])
    for order in range(1, 7):
        power = matrix @ power
        exact = np.trace(power) / len(power)
        value, error = found.moment(order)
        assert error is not None and 0 < error < 0.3 * abs(exact)
        assert abs(value - exact) < 4 * error
        assert found.density.moment(order) == pytest.approx(value, rel=1e-9)
    assert found.reorthogonalised is keep
    assert found.density.source is Source.ESTIMATED


def test_one_probe_gives_the_moments_of_its_own_vector(estimates: Path) -> None:
    matrix = hessian(estimates, HESSIANS[0])
    for keep in (True, False):
        found = lanczos_density(matrix, probes=1, steps=40, reorthogonalise=keep, seed=3)
        signs = np.random.default_rng([3, 0]).integers(0, 2, size=279) * 2.0 - 1
        vector = signs.copy()
        for order in range(1, 12):
            vector = matrix @ vector
            value, error = found.moment(order)
            assert value == pytest.approx(signs @ vector / 279, rel=1e-9)
            assert error is None


@pytest.mark.parametrize("name", HESSIANS)
def test_as_many_steps_as_rows_give_every_eigenvalue(name: str, estimates: Path) -> None:
    matrix = hessian(estimates, name)
    exact = np.linalg.eigvalsh(matrix.toarray())
    found = lanczos_density(matrix, probes=1, steps=10**6)
    values = found.ritz_values[0]
    assert len(values) <= len(exact)
    places = np.searchsorted(exact, values).clip(1, len(exact) - 1)
    near = np.minimum(np.abs(values - exact[places - 1]), np.abs(values - exact[places]))
    assert near.max() < 1e-10
    nonzero = exact[np.abs(exact) > 1e-9]
    assert np.abs(values[:, None] - nonzero).min(axis=0).max() < 1e-10


@pytest.mark.parametrize("name", HESSIANS)
def test_forty_steps_less_the_residual_have_the_sign_of_the_smallest_eigenvalue(
    name: str, estimates: Path
) -> None:
    matrix = hessian(estimates, name)
    exact = np.linalg.eigvalsh(matrix.toarray())
    assert exact[0] < 0
    for seed in range(10):
        found = lanczos_density(matrix, probes=1, steps=40, seed=seed)
        assert found.lambda_min <= exact[0] + 1e-12
        assert found.lambda_min == pytest.approx(exact[0], abs=2e-4)
        assert found.smallest.value >= exact[0] - 1e-12
        assert found.lambda_max >= exact[-1] - 1e-12
        assert found.largest.value == pytest.approx(exact[-1], abs=1e-9)


def test_few_steps_report_a_positive_end_where_the_smallest_eigenvalue_is_negative(estimates: Path) -> None:
    matrix = hessian(estimates, "mlp64-32-10_tanh_ce_p90_t50.npz")
    decayed = sparse.csr_array(matrix + 0.01 * sparse.eye_array(279))
    # six steps on the Hessian, ten on the same with weight decay: true λ_min −0.01448 and −0.00448
    for case, steps in ((matrix, 6), (decayed, 10)):
        exact = np.linalg.eigvalsh(case.toarray())[0]
        assert exact < -0.004
        for seed in range(10):
            short = lanczos_density(case, probes=1, steps=steps, seed=seed)
            assert short.smallest.value > 0
            long = lanczos_density(case, probes=1, steps=40, seed=seed)
            assert long.smallest.value < 0
            assert exact - 2e-4 < long.lambda_min <= exact + 1e-12


def test_the_residual_is_that_of_a_vector_so_an_eigenvalue_is_within_it() -> None:
    matrix, exact = path_laplacian(2000)
    for keep in (True, False):
        for steps in (5, 40, 90):
            found = lanczos_density(matrix, probes=2, steps=steps, reorthogonalise=keep)
            for end in (found.smallest, found.largest):
                assert np.abs(exact - end.value).min() <= end.residual
                assert exact[0] <= end.value <= exact[-1]
                assert end.residual < 1


def test_without_a_kept_basis_copies_of_a_ritz_value_share_its_weight() -> None:
    # one eigenvalue far out converges at once and is found again and again
    values = np.concatenate([np.linspace(0, 1, 499), [50.0]])
    found = lanczos_density(sparse.diags_array(values).tocsr(), probes=1, steps=120, reorthogonalise=False)
    kept = lanczos_density(sparse.diags_array(values).tocsr(), probes=1, steps=120, reorthogonalise=True)
    out = found.ritz_values[0] > 49
    assert out.sum() > 1
    assert found.ritz_weights[0][out].sum() == pytest.approx(1 / 500, rel=1e-9)
    assert (kept.ritz_values[0] > 49).sum() == 1
    assert found.largest.value == pytest.approx(50, rel=1e-12)
    assert found.largest.residual < 1e-7
    for order in (1, 2, 3):
        assert found.moment(order)[0] == pytest.approx(np.mean(values**order), rel=1e-9)


def test_the_cumulated_density_of_a_large_path_is_the_arcsine_law() -> None:
    matrix, _ = path_laplacian(20_000)
    found = lanczos_density(matrix, probes=4, steps=50).density
    for edge in (0.5, 1.0, 2.0, 3.0, 3.7):
        below = 2 / np.pi * np.arcsin(edge**0.5 / 2)
        assert 1 - found.mass_outside(edge) == pytest.approx(below, abs=0.02)


def test_an_operator_needs_no_entries_and_gives_the_digits_of_its_matrix(estimates: Path) -> None:
    matrix = hessian(estimates, HESSIANS[2])
    operator = LinearOperator(matrix.shape, matvec=lambda x: matrix @ x, dtype=float)
    direct, free = lanczos_density(matrix, probes=2), lanczos_density(operator, probes=2)
    np.testing.assert_array_equal(direct.density.points, free.density.points)
    assert direct.smallest == free.smallest
    np.testing.assert_allclose(
        lanczos_density(matrix.toarray(), probes=2).density.moment(3), free.density.moment(3), rtol=1e-10
    )
    np.testing.assert_allclose(density_of(operator).points, density_of(matrix).points, atol=1e-12)


def test_all_eigenvalues_of_a_small_matrix_are_a_list_of_equal_weights(estimates: Path) -> None:
    karate = sparse.csr_array(io.mmread(estimates / "data" / "graph_karate.mtx"))
    found = density_of(karate)
    np.testing.assert_allclose(found.points, np.linalg.eigvalsh(karate.toarray()), atol=1e-12)
    np.testing.assert_allclose(found.weights, 1 / 34)
    assert found.source is Source.MEASURED
    with pytest.raises(InfeasibleError, match="34 rows are too many; at most 33"):
        density_of(karate, limit=33)


def test_the_proxy_of_a_sampled_density_is_that_of_all_eigenvalues(estimates: Path) -> None:
    matrix = hessian(estimates, HESSIANS[0])
    exact = error_proxy(density_of(matrix), 0.05, 50, cut=0.02)
    found = error_proxy(lanczos_density(matrix, probes=40).density, 0.05, 50, cut=0.02)
    np.testing.assert_allclose(found.values, exact.values, atol=0.06)


def test_the_same_seed_gives_the_same_digits_and_another_seed_others(estimates: Path) -> None:
    matrix = hessian(estimates, HESSIANS[2])
    first, again = lanczos_density(matrix, steps=20), lanczos_density(matrix, steps=20)
    np.testing.assert_array_equal(first.density.points, again.density.points)
    assert first.smallest == again.smallest
    assert lanczos_density(matrix, steps=20, seed=1).moment(1) != first.moment(1)


def test_progress_is_told_after_every_product_and_ends_at_all() -> None:
    matrix, _ = path_laplacian(300)
    seen: list[tuple[int, int]] = []
    lanczos_density(matrix, probes=3, steps=20, progress=lambda done, total: seen.append((done, total)))
    assert {total for _, total in seen} == {60}
    done = [d for d, _ in seen]
    assert done == sorted(done) and set(done) == set(range(1, 61))


@pytest.mark.parametrize("scale", [0.0, 1.0, -2.5])
def test_a_multiple_of_the_identity_has_one_atom(scale: float) -> None:
    found = lanczos_density(scale * sparse.eye_array(50).tocsr())
    assert all(len(values) == 1 for values in found.ritz_values)
    assert found.density.extent == pytest.approx((scale, scale), rel=1e-14)
    assert found.lambda_min == pytest.approx(scale, abs=1e-13)
    assert found.moment(2) == (pytest.approx(scale**2), 0)


def test_a_matrix_of_one_row_and_one_of_few_distinct_eigenvalues_end_early() -> None:
    one = lanczos_density(np.array([[-3.0]]))
    assert (one.smallest.value, one.largest.value) == (-3, -3)
    rng = np.random.default_rng(2)
    basis, _ = np.linalg.qr(rng.normal(size=(40, 40)))
    values = np.repeat([-1.0, 0.5, 2.0, 7.0], 10)
    found = lanczos_density(basis @ np.diag(values) @ basis.T, probes=5)
    for ritz in found.ritz_values:
        np.testing.assert_allclose(ritz, [-1, 0.5, 2, 7], atol=1e-9)
    assert found.lambda_min == pytest.approx(-1, abs=1e-12)


def test_the_basis_is_kept_only_where_it_fits_and_is_then_not_allocated() -> None:
    n = 50_000
    matrix, exact = path_laplacian(n)
    assert lanczos_density(matrix, probes=1, steps=10, basis_bytes=8 * n * 10).reorthogonalised
    tracemalloc.start()
    found = lanczos_density(matrix, probes=2, steps=60, basis_bytes=8 * n * 60 - 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not found.reorthogonalised
    assert peak < 10 * 8 * n
    assert found.lambda_min <= exact[0] and found.lambda_max >= exact[-1]
    with pytest.raises(InfeasibleError, match="24000000 bytes, above 1000"):
        lanczos_density(matrix, steps=60, basis_bytes=1000, reorthogonalise=True)


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (np.ones((2, 3)), r"shape \(2, 3\)"),
        (np.ones(3), r"shape \(3,\)"),
        (np.eye(2) * 1j, "complex"),
        (np.diag([1.0, np.nan]), "not finite"),
        (np.diag([1.0, np.inf]), "not finite"),
    ],
)
def test_what_has_no_real_spectrum_is_refused(matrix: np.ndarray, words: str) -> None:
    for measure in (lanczos_density, density_of):
        with pytest.raises(InfeasibleError, match=words), np.errstate(invalid="ignore"):
            measure(matrix)


def test_no_probes_and_no_steps_are_refused() -> None:
    for options in ({"probes": 0}, {"steps": 0}):
        with pytest.raises(InfeasibleError, match="at least 1"):
            lanczos_density(np.eye(3), **options)
