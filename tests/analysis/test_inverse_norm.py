"""The norm of the inverse of the history matrix, against singular values of explicitly written matrices."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.linalg import solve_triangular
from scipy.signal import lfilter

from qgd_compiler.analysis.inverse_norm import (
    dissipative_bound,
    growing_bound,
    history_inverse_norm,
    log_closed_bound,
    log_history_inverse_norm,
    log_schur_bound,
    neutral_inverse_norm,
)

GROWTHS = st.one_of(
    st.sampled_from([0.0, 1e-200, 1e-9, 1 - 1e-16, 1.0, 1 + 2e-16, 1 + 1e-9, 1 - 1e-9, 2.5]),
    st.floats(0, 1),
    st.floats(1, 1.5),
)


def scalar_history(growth: float, iterations: int, padding: int) -> np.ndarray:
    """The history matrix of a scalar recursion, entry by entry."""
    rows = iterations + 1 + padding
    matrix = np.eye(rows)
    for row in range(1, rows):
        matrix[row, row - 1] = -growth if row <= iterations else -1.0
    return matrix


def inverse_by_products(growth: float, iterations: int, padding: int) -> np.ndarray:
    """Its inverse: the entry (i, j) is the product of the factors between the steps j and i."""
    factors = [growth] * iterations + [1.0] * padding
    rows = len(factors) + 1
    return np.array([[math.prod(factors[j:i]) if i >= j else 0.0 for j in range(rows)] for i in range(rows)])


def block_history(step: np.ndarray, iterations: int, padding: int) -> np.ndarray:
    """The history matrix of the recursion u -> step u, block by block."""
    rows, n = iterations + 1 + padding, len(step)
    matrix = np.eye(rows * n)
    for row in range(1, rows):
        block = step if row <= iterations else np.eye(n)
        matrix[row * n : (row + 1) * n, (row - 1) * n : row * n] = -block
    return matrix


def inverse_norm_of_blocks(step: np.ndarray, iterations: int, padding: int) -> float:
    """The norm of the inverse; by substitution, since singular values of the matrix drown where it grows."""
    matrix = block_history(step, iterations, padding)
    inverse = solve_triangular(matrix, np.eye(len(matrix)), lower=True, unit_diagonal=True)
    return float(np.linalg.norm(inverse, 2))


@given(growth=GROWTHS, iterations=st.integers(1, 40), padding=st.integers(0, 40))
@example(growth=0.0, iterations=1, padding=0)
@example(growth=0.0, iterations=3, padding=5)
@example(growth=1 + 1 / 31, iterations=30, padding=0)
def test_the_norm_is_the_largest_singular_value_of_the_inverse(
    growth: float, iterations: int, padding: int
) -> None:
    true = np.linalg.norm(inverse_by_products(growth, iterations, padding), 2)
    ratio = history_inverse_norm(growth, iterations, padding) / true
    assert 1 - 1e-12 <= ratio <= 1 + 1e-8


@given(st.lists(st.tuples(GROWTHS, st.integers(1, 10**6), st.integers(0, 10**6)), min_size=1, max_size=30))
def test_arrays_give_the_numbers_that_single_values_give(points: list[tuple[float, int, int]]) -> None:
    growth, iterations, padding = (np.array(column) for column in zip(*points, strict=True))
    together = log_history_inverse_norm(growth, iterations, padding)
    alone = [log_history_inverse_norm(*point) for point in points]
    np.testing.assert_allclose(together, alone, rtol=1e-12, atol=1e-12)


def test_arrays_broadcast_and_keep_their_shape() -> None:
    value = history_inverse_norm(np.array([[0.9], [1.0]]), np.array([10, 20, 30]), 5)
    assert value.shape == (2, 3)
    assert value[1, 2] == pytest.approx(history_inverse_norm(1.0, 30, 5))
    assert isinstance(history_inverse_norm(np.float64(0.5), 3, 0), float)


@pytest.mark.parametrize(
    ("growth", "iterations", "padding"),
    [
        (1.0, 10**6, 10**6),
        (1 - 1e-6, 10**6, 10**6),
        (1 - 1e-7, 10**6, 3),
        (1 + 1e-6, 10**6, 10**6),
        (1 + 1e-5, 10**6, 1000),
        (0.7, 10**6, 10**6),
        (1 - 1e-3, 1000, 10**6),
    ],
)
def test_a_million_rows_agree_with_the_power_iteration_on_the_inverse(
    growth: float, iterations: int, padding: int
) -> None:
    def solve(b: np.ndarray) -> np.ndarray:
        run = lfilter([1], [1, -growth], b[: iterations + 1])
        return np.concatenate([run, run[-1] + np.cumsum(b[iterations + 1 :])])

    def solve_transposed(b: np.ndarray) -> np.ndarray:
        behind = np.cumsum(b[iterations + 1 :][::-1])[::-1]
        head = b[: iterations + 1].copy()
        head[-1] += behind[0]
        return np.concatenate([lfilter([1], [1, -growth], head[::-1])[::-1], behind])

    vector = np.ones(iterations + 1 + padding)
    before, norm = 0.0, 1.0
    while abs(norm - before) > 1e-13 * norm:
        image = solve(vector)
        before, norm = norm, float(np.linalg.norm(image) / np.linalg.norm(vector))
        vector = solve_transposed(image)
        vector /= np.linalg.norm(vector)
    assert history_inverse_norm(growth, iterations, padding) == pytest.approx(norm, rel=3e-9)


@pytest.mark.parametrize("growth", [0.999, 1 + 1e-7, 1.00001, 1.001])
@pytest.mark.parametrize(
    ("iterations", "padding"), [(100, 10**8), (10**4, 10**8), (100, 10**14), (10**4, 10**14)]
)
def test_paddings_far_behind_the_run_agree_with_sixty_digits(
    growth: float, iterations: int, padding: int
) -> None:
    with mpmath.workdps(60):
        m, half = mpmath.mpf(growth), mpmath.mpf(1) / 2

        def excess(log_sigma: mpmath.mpf) -> mpmath.mpf:
            """cos((p+½)ψ) m sin(Tθ) − cos((p+3/2)ψ) sin((T+1)θ), over sin θ: 0 at the singular value."""
            sigma = mpmath.exp(log_sigma)
            psi = 2 * mpmath.asin(sigma / 2)
            theta = 2 * mpmath.asin(mpmath.sqrt((sigma**2 - (1 - m) ** 2) / (4 * m)))
            run, more = (mpmath.sin(t * theta) / mpmath.sin(theta) for t in (iterations, iterations + 1))
            ends = mpmath.cos((padding + half) * psi), mpmath.cos((padding + 3 * half) * psi)
            return mpmath.re(ends[0] * m * run - ends[1] * more)

        high = mpmath.log(2 * mpmath.sin(mpmath.pi / (2 * (2 * padding + 3))))
        low = high - 40
        assert excess(low) * excess(high) < 0
        for _ in range(150):
            middle = (low + high) / 2
            low, high = (middle, high) if excess(middle) * excess(low) > 0 else (low, middle)
        true = mpmath.exp(-low)
    ratio = history_inverse_norm(growth, iterations, padding) / float(true)
    assert 1 - 1e-12 <= ratio <= 1 + 2e-9


@given(growth=GROWTHS, iterations=st.integers(1, 10**8), padding=st.one_of(st.just(0), st.integers(0, 10**8)))
def test_the_norm_never_exceeds_a_closed_bound_and_grows_with_the_growth(
    growth: float, iterations: int, padding: int
) -> None:
    value = log_history_inverse_norm(growth, iterations, padding)
    assert value <= log_closed_bound(growth, iterations, padding)
    assert value <= log_history_inverse_norm(growth * 1.001 + 1e-12, iterations, padding) + 3e-9
    assert value <= log_history_inverse_norm(growth, iterations, padding + 1) + 3e-9


@given(growth=GROWTHS, iterations=st.integers(1, 40), padding=st.integers(0, 40))
def test_every_closed_bound_holds(growth: float, iterations: int, padding: int) -> None:
    true = np.linalg.norm(inverse_by_products(growth, iterations, padding), 2) * (1 - 1e-12)
    assert dissipative_bound(growth, iterations, padding) >= true
    assert growing_bound(growth, iterations, padding) >= true
    assert math.exp(log_schur_bound(growth, iterations, padding)) >= true


def test_the_dissipative_bound_adds_the_padding_and_one_row_to_the_run() -> None:
    assert dissipative_bound(0.5, 3, 10) == pytest.approx(2 + 0.5 / math.sin(math.pi / 46))
    assert dissipative_bound(0.5, 3, 0) == pytest.approx(1 + 0.5 + 0.25 + 0.125)
    assert dissipative_bound(1.0, 3, 0) == math.inf


@pytest.mark.parametrize("rows", [1, 2, 3, 17, 100])
def test_the_neutral_closed_form_is_exact(rows: int) -> None:
    true = 1 / np.linalg.svd(scalar_history(1.0, rows - 1, 0), compute_uv=False)[-1]
    assert neutral_inverse_norm(rows) == pytest.approx(true, rel=1e-12)


def test_the_written_inverse_is_the_inverse_of_the_written_matrix() -> None:
    product = scalar_history(1.3, 5, 4) @ inverse_by_products(1.3, 5, 4)
    np.testing.assert_allclose(product, np.eye(10), atol=1e-12)


def test_huge_growth_has_a_logarithm_and_an_infinite_value() -> None:
    # first column m^t, last rows m^(T-j): norm -> m^T sqrt(p+1+1/(m^2-1)) sqrt(m^2/(m^2-1))
    m, iterations, padding = 3.0, 10_000, 7
    expected = iterations * math.log(m) + math.log(padding + 1 + 1 / (m**2 - 1)) / 2 - math.log(1 - m**-2) / 2
    assert log_history_inverse_norm(m, iterations, padding) == pytest.approx(expected, rel=1e-12)
    assert history_inverse_norm(m, iterations, padding) == math.inf


def test_the_logarithm_is_continuous_where_the_leading_term_takes_over() -> None:
    steps = np.arange(150, 320)
    values = log_history_inverse_norm(1.1, steps, 4)
    np.testing.assert_allclose(np.diff(values), math.log(1.1), rtol=1e-7)


@given(seed=st.integers(0, 2**32 - 1))
def test_for_symmetric_hessians_the_norm_is_that_of_the_real_history_matrix(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, iterations, padding = rng.integers(1, 5), rng.integers(1, 12), rng.integers(0, 8)
    root = rng.normal(size=(n, n))
    hessian = (root + root.T) / 2 if rng.random() < 0.5 else root @ root.T
    step = np.eye(n) - rng.uniform(0.05, 0.8) * hessian
    growth = np.abs(np.linalg.eigvalsh(step)).max()
    true = inverse_norm_of_blocks(step, iterations, padding)
    ratio = history_inverse_norm(growth, iterations, padding) / true
    assert 1 - 1e-9 <= ratio < 1 + 1e-6


@given(seed=st.integers(0, 2**32 - 1))
def test_for_other_matrices_it_is_a_bound_from_the_norm_of_the_step(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, iterations, padding = rng.integers(2, 5), rng.integers(1, 12), rng.integers(0, 8)
    step = np.eye(n) - rng.uniform(0.05, 0.8) * rng.normal(size=(n, n))
    true = inverse_norm_of_blocks(step, iterations, padding)
    assert history_inverse_norm(np.linalg.norm(step, 2), iterations, padding) >= true * (1 - 1e-9)


@pytest.mark.parametrize(
    ("growth", "iterations", "padding"), [(-0.1, 3, 0), (math.nan, 3, 0), (1, 0, 0), (1, 1, -1)]
)
def test_values_without_a_meaning_are_refused(growth: float, iterations: int, padding: int) -> None:
    with pytest.raises(ValueError, match="must be finite and at least"):
        history_inverse_norm(growth, iterations, padding)
