"""LCHS against e^{−λt} itself, its kernel against the literature and mpmath, simulation against e^{iτx}."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from numpy.polynomial.chebyshev import chebval
from scipy.special import jv

from qgd_compiler.algorithms.polynomials.lchs import (
    _aliasing,
    kernel,
    kernel_cut,
    kernel_tail,
    lchs,
    shifted_one_norm,
)
from qgd_compiler.algorithms.polynomials.simulation import _kapteyn_degree, simulation_degree
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.kinds import Kind


@pytest.mark.parametrize(
    ("beta", "one_norm", "cuts"),
    [
        (0.7, 1.305, (20, 36.8, 107, 234)),
        (0.75, 1.407, (20, 35.7, 97.5, 203)),
        (0.8, 1.543, (21, 36.7, 94.8, 189)),
    ],
)
def test_norms_and_cuts_are_those_of_the_literature(
    beta: float, one_norm: float, cuts: tuple[float, ...]
) -> None:
    """literature.md, B9: ‖g‖₁ and K at tails of 1e-2, 1e-3, 1e-6, 1e-10."""
    assert kernel_tail(0.0, beta) == pytest.approx(one_norm, abs=6e-4)
    for epsilon, cut in zip((1e-2, 1e-3, 1e-6, 1e-10), cuts, strict=True):
        assert kernel_cut(epsilon, beta) == pytest.approx(cut, rel=0.013)


def test_tails_are_integrals_of_the_kernel_and_not_below_them() -> None:
    beta = 0.75

    def size(k: mpmath.mpf, shift: float = 0.0) -> mpmath.mpf:
        z = 1 + mpmath.mpc(0, 1) * (k + mpmath.mpc(0, shift))
        scale = 2 * mpmath.pi * mpmath.exp(-(mpmath.mpf(2) ** beta))
        return 1 / abs(scale * mpmath.exp(z**beta) * (2 - z))

    for cut in (0.0, 5.0, 40.0):
        exact = 2 * mpmath.quad(size, [cut, cut + 5, cut + 50, 500, 5000])
        assert exact <= kernel_tail(cut, beta) <= exact * (1 + mpmath.mpf("1e-7"))
    exact = 2 * mpmath.quad(lambda k: size(k, 0.9), [0, 0.1, 1, 10, 100, 1000])
    assert exact * 0.999999 <= shifted_one_norm(beta) <= exact * 1.00001


def test_the_kernel_integrates_to_the_exponential() -> None:
    k = np.linspace(-300, 300, 1_200_001)
    for x in (0.0, 0.5, 3.0):
        integral = np.sum(kernel(k, 0.8) * np.exp(-1j * k * x)) * (k[1] - k[0])
        assert integral == pytest.approx(np.exp(-x), abs=1e-6)


@pytest.mark.parametrize(("evolution", "epsilon"), [(0.5, 1e-2), (12.0, 1e-3), (60.0, 1e-6)])
def test_the_sum_of_truncated_simulations_is_the_exponential_within_the_error(
    evolution: float, epsilon: float
) -> None:
    found = lchs(evolution, epsilon)
    x = np.linspace(0, 1, 401)
    # each bit b simulates for ±2^{b−1} h t, truncated at its own degree; node j is the product over the bits
    total = np.zeros(len(x), dtype=complex)
    factors = []
    for b, degree in enumerate(found.degrees):
        tau = 2.0 ** (b - 1) * found.step * evolution
        series = 2 * jv(np.arange(degree + 1), tau) * (-1j) ** np.arange(degree + 1)
        series[0] /= 2
        factors.append(chebval(x, series))
    for j, weight in enumerate(found.weights()):
        node = np.ones(len(x), dtype=complex)
        for b, factor in enumerate(factors):
            node *= factor if (j >> b) & 1 else np.conj(factor)
        total += weight * node
    distance = np.max(np.abs(total - np.exp(-evolution * x)))
    assert distance <= found.error <= epsilon
    assert distance > 0.02 * found.error
    assert found.one_norm == pytest.approx(np.sum(np.abs(found.weights())), rel=1e-12)
    assert found.queries == sum(found.degrees)
    assert found.kind is Kind.BOUND


def test_queries_per_unit_of_evolution_tend_to_the_cut() -> None:
    """35.7 α t at ε = 1e-3, β = 0.75 (literature.md, 0.4 and B9), plus what the logarithmic terms add."""
    long = lchs(1e6, 1e-3)
    assert 35.7 * 1e6 < long.queries < 38.5 * 1e6
    assert long.error <= 1e-3


@pytest.mark.parametrize(
    ("tau", "epsilon"), [(0.01, 1e-6), (3.0, 1e-3), (100.0, 1e-3), (1000.0, 1e-10), (30_000.0, 1e-6)]
)
def test_simulations_of_the_degree_are_good_enough_and_of_one_less_hardly(tau: float, epsilon: float) -> None:
    x = np.cos(np.linspace(0, np.pi, 1501))
    degree = simulation_degree(tau, epsilon)
    order = np.arange(degree + 1)
    series = np.where(order > 0, 2, 1) * jv(order, tau) * 1j**order
    assert np.max(np.abs(chebval(x, series) - np.exp(1j * tau * x))) <= epsilon
    beyond = 2 * np.sum(np.abs(jv(np.arange(degree, degree + 400), tau)))
    assert beyond > epsilon


def test_the_bound_for_long_times_is_above_the_sum_of_bessel_functions() -> None:
    for tau in (0.3, 20.0, 5e4):
        degree = _kapteyn_degree(tau, 1e-8)
        assert 2 * np.sum(np.abs(jv(np.arange(degree + 1, degree + 500), tau))) <= 1e-8
    assert 1e9 < simulation_degree(1e9, 1e-6) < 1e9 + 1e4


def test_errors_below_float64_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="LCHS"):
        lchs(1.0, 1e-15)
    with pytest.raises(UnsupportedError, match="simulation error"):
        simulation_degree(1.0, 1e-20)


def test_what_a_coarse_step_folds_back_is_within_its_bound_and_not_far_below() -> None:
    beta, reach = 0.75, 3.0
    x = np.linspace(0, reach, 301)
    for period in (6.0, 10.0):
        step = 2 * np.pi / period
        count = 4000
        nodes = (np.arange(count) - count / 2 + 0.5) * step
        total = np.exp(-1j * np.outer(x, nodes)) @ kernel(nodes, beta) * step
        distance = np.max(np.abs(total - np.exp(-x)))
        bound = _aliasing(period, reach, beta)
        assert distance <= bound <= 200 * distance
