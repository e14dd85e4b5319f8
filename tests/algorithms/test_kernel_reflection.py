"""The solver's claims against dense linear algebra: no circuit, no formula of the package in the oracle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.polynomial import chebyshev

from qgd_compiler.algorithms.access import Qroam
from qgd_compiler.algorithms.encoders import SparseAccess
from qgd_compiler.algorithms.kernel_reflection import (
    filter_degree,
    norm_known_queries,
    norm_mismatch_success,
    norm_unknown_queries,
    norm_unknown_solver,
)
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.uses import uses


def history(matrix: np.ndarray, iterations: int, padding: int) -> tuple[np.ndarray, np.ndarray]:
    """The history matrix and right-hand side of u' = M u - g, built block by block."""
    n, rows = len(matrix), iterations + 1 + padding
    system = np.eye(rows * n)
    for t in range(1, rows):
        step = matrix if t <= iterations else np.eye(n)
        system[t * n : (t + 1) * n, (t - 1) * n : t * n] = -step
    return system, np.arange(1, n + 1, dtype=float)


def reflected(system: np.ndarray, b: np.ndarray, alpha: float, half_degree: int, factor: float) -> np.ndarray:
    """K(G)|1>b for the augmented system with the norm off by `factor`, by a singular value decomposition."""
    a = system / alpha
    b = b / np.linalg.norm(b)
    x = np.linalg.solve(a, b)
    t = np.linalg.norm(x) * factor
    size = len(b)
    augmented = np.zeros((2 * size, 2 * size))
    augmented[:size, :size] = a
    augmented[size:, size:] = np.eye(size) / t
    both = np.concatenate([b, b]) / math.sqrt(2)
    g = augmented - np.outer(both, both @ augmented)
    _, sigma, right = np.linalg.svd(g)
    gap = 1 / (np.linalg.norm(np.linalg.inv(a), 2))
    z = (1 + gap**2 - 2 * sigma**2) / (1 - gap**2)
    z0 = (1 + gap**2) / (1 - gap**2)
    top = math.cosh(half_degree * math.acosh(z0))
    one_hot = np.zeros(half_degree + 1)
    one_hot[half_degree] = 1
    values = np.where(sigma < 1e-9, top, chebyshev.chebval(np.minimum(z, 1.0), one_hot))
    polynomial = 2 * (values + 1) / (top + 1) - 1
    assert np.all(np.abs(polynomial) <= 1 + 1e-9)
    start = np.concatenate([np.zeros(size), b])
    return np.asarray(right.T @ (polynomial * (right @ start)))


systems = st.tuples(
    st.integers(1, 3),
    st.integers(2, 7),
    st.integers(0, 5),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.3, 0.03, 3e-3]),
)


@settings(max_examples=40, deadline=None)
@given(systems)
def test_the_output_lies_within_epsilon_and_succeeds_as_often_as_claimed(
    case: tuple[int, int, int, int, float],
) -> None:
    n, iterations, padding, seed, epsilon = case
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(n, n))
    matrix /= np.linalg.norm(matrix, 2) * 1.1
    system, g = history(matrix, iterations, padding)
    b = np.zeros(len(system))
    for t in range(1, iterations + 1):
        b[t * n : (t + 1) * n] = g
    alpha = np.linalg.norm(system, 2) * 1.2
    kappa = alpha * np.linalg.norm(np.linalg.inv(system), 2)
    queries = norm_known_queries(kappa, epsilon)
    out = reflected(system, b, alpha, queries.encoding // 2, 1.0)[: len(b)]
    truth = np.linalg.solve(system, b)
    probability = float(out @ out)
    error = np.linalg.norm(out / math.sqrt(probability) - truth / np.linalg.norm(truth))
    assert error <= epsilon
    assert probability >= queries.success - 1e-9


def test_a_degree_two_thirds_as_large_would_miss_epsilon() -> None:
    system, g = history(np.diag([0.99, 0.3]), 6, 4)
    b = np.zeros(len(system))
    b[2:14] = np.tile(g, 6)
    alpha = np.linalg.norm(system, 2)
    kappa = alpha * np.linalg.norm(np.linalg.inv(system), 2)
    half = norm_known_queries(kappa, 1e-4).encoding // 2
    truth = np.linalg.solve(system, b)
    truth /= np.linalg.norm(truth)
    errors = []
    for degree in (half, 2 * half // 3):
        out = reflected(system, b, alpha, degree, 1.0)[: len(b)]
        errors.append(float(np.linalg.norm(out / np.linalg.norm(out) - truth)))
    assert errors[0] <= 1e-4 < errors[1]


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.3, 2.0])
def test_a_wrong_norm_costs_success_and_not_accuracy(factor: float) -> None:
    system, g = history(np.diag([0.95, 0.5]), 5, 3)
    b = np.zeros(len(system))
    b[2:12] = np.tile(g, 5)
    alpha = np.linalg.norm(system, 2)
    kappa = alpha * np.linalg.norm(np.linalg.inv(system), 2) * max(1.0, factor)
    half = norm_known_queries(kappa, 1e-6).encoding // 2
    out = reflected(system, b, alpha, half, factor)[: len(b)]
    truth = np.linalg.solve(system, b)
    assert np.linalg.norm(out / np.linalg.norm(out) - truth / np.linalg.norm(truth)) < 1e-5
    assert float(out @ out) == pytest.approx(norm_mismatch_success(factor), rel=1e-4)


def test_the_degree_is_the_published_count_to_first_order() -> None:
    # Dalzell, arXiv:2406.12086: (1 + O(eps)) kappa ln(2 sqrt 2/eps) queries.
    for kappa, epsilon in ((1e2, 1e-4), (1e4, 1e-6), (1e8, 1e-10)):
        assert 2 * filter_degree(kappa, epsilon) == pytest.approx(
            kappa * math.log(2 * math.sqrt(2) / epsilon), rel=0.01
        )


@pytest.mark.parametrize(("epsilon", "per_kappa"), [(1e-3, 63.3), (1e-10, 80.2)])
def test_the_norm_unknown_count_matches_the_published_values(epsilon: float, per_kappa: float) -> None:
    assert norm_unknown_queries(1e6, epsilon).encoding / 1e6 == pytest.approx(per_kappa, rel=1e-3)


@pytest.mark.parametrize("queries", [1, 6, 7])
def test_the_norm_unknown_count_takes_every_other_query_inverted(queries: int) -> None:
    # an encoding may cost more one way than the other; U and its inverse follow each other
    system = SparseAccess(8, 2, 0.5, 4, Qroam()).encode(True)
    state = Builder("state")
    state.register("system", 3)
    state.register("gradient", 0)
    run = norm_unknown_solver(system, state.routine(), queries)
    found = uses(run)[system.routine]
    assert (found.forward, found.inverse) == (-(-queries // 2), queries // 2)
