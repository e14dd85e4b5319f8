"""Composition rules for ε against matrices whose numbers all differ."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qgd_compiler.algorithms.compose import product_epsilon, sum_epsilon


def contraction(rng: np.random.Generator, n: int) -> np.ndarray:
    """A random matrix of norm exactly 1 (what an encoded block divided by alpha can be)."""
    m = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    return np.asarray(m / np.linalg.norm(m, 2))


def nudged(rng: np.random.Generator, block: np.ndarray, epsilon: float) -> np.ndarray:
    """A matrix at spectral distance exactly `epsilon`; half the time straight along the block itself."""
    direction = block / np.linalg.norm(block, 2) if rng.random() < 0.5 else contraction(rng, len(block))
    return np.asarray(block + epsilon * direction)


factors = st.lists(st.tuples(st.floats(0.1, 9), st.floats(1e-3, 0.9)), min_size=2, max_size=4)


@settings(max_examples=150, deadline=None)
@given(factors, st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_a_product_is_never_further_off_than_its_epsilon(
    pairs: list[tuple[float, float]], seed: int, n: int
) -> None:
    rng = np.random.default_rng(seed)
    blocks = [alpha * contraction(rng, n) for alpha, _ in pairs]
    meant = [nudged(rng, b, eps) for b, (_, eps) in zip(blocks, pairs, strict=True)]
    error = np.linalg.norm(np.linalg.multi_dot(blocks) - np.linalg.multi_dot(meant), 2) if n else 0.0
    alphas, epsilons = zip(*pairs, strict=True)
    assert error <= product_epsilon(alphas, epsilons) * (1 + 1e-9)


def test_the_product_rule_is_attained_and_the_sum_of_alpha_epsilon_is_too_small() -> None:
    # Numbers all different; the shortcut sum_i alpha_i eps_i is too small in the second case.
    alphas, epsilons = (2.0, 3.0), (0.1, 0.3)
    error = (2.0 + 0.1) * (3.0 + 0.3) - 2.0 * 3.0
    assert np.isclose(product_epsilon(alphas, epsilons), error)
    assert np.isclose(product_epsilon((5.0, 0.5), (0.01, 0.2)), 5.01 * 0.7 - 2.5)
    assert 5.01 * 0.7 - 2.5 > 5.0 * 0.01 + 0.5 * 0.2  # the shortcut's 0.15


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-3, 3), st.floats(0.1, 9), st.floats(1e-3, 0.9)),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 2**32 - 1),
    st.integers(1, 4),
)
def test_a_sum_is_never_further_off_than_its_epsilon(
    terms: list[tuple[float, float, float]], seed: int, n: int
) -> None:
    rng = np.random.default_rng(seed)
    c, alphas, epsilons = zip(*terms, strict=True)
    blocks = [alpha * contraction(rng, n) for alpha in alphas]
    meant = [nudged(rng, b, eps) for b, eps in zip(blocks, epsilons, strict=True)]
    realised = sum(x * b for x, b in zip(c, blocks, strict=True))
    wanted = sum(x * m for x, m in zip(c, meant, strict=True))
    assert np.linalg.norm(realised - wanted, 2) <= sum_epsilon(c, epsilons) * (1 + 1e-9) + 1e-12
