"""The description of a truncated polynomial says what its coefficients are."""

from __future__ import annotations

import numpy as np
import pytest

from qgd_compiler.algorithms.polynomials import direct
from qgd_compiler.algorithms.polynomials.polynomial import Polynomial
from qgd_compiler.kinds import Kind

GRID = np.cos(np.linspace(0, np.pi, 2001))


@pytest.mark.parametrize(
    ("polynomial", "target"),
    [
        (direct.power(81, 1e-3), GRID**81),
        (direct.power_mean(50, 1e-3), sum(GRID**j for j in range(50)) / 50),
        (direct.lazy(60, 0.4, 1e-3), (0.8 + 0.2 * GRID) ** 60),
        (direct.lazy_mean(60, 0.4, 1e-3), sum((0.8 + 0.2 * GRID) ** j for j in range(60)) / 60),
        (direct.exponential(20.0, 1e-3), np.exp(-20 * (1 - GRID))),
        (
            direct.exponential_mean(20.0, 1e-3),
            np.array([np.mean(np.exp(-20 * (np.arange(4000) + 0.5) / 4000 * (1 - y))) for y in GRID]),
        ),
    ],
)
def test_degree_error_norm_and_parity_are_those_of_the_coefficients(
    polynomial: Polynomial, target: np.ndarray
) -> None:
    series = polynomial.coefficients()
    assert len(series) == polynomial.degree + 1
    assert series[-1] != 0
    distance = np.max(np.abs(polynomial(GRID) - target))
    assert distance == pytest.approx(polynomial.error, rel=2e-3)
    assert polynomial.error <= 1e-3
    assert polynomial.one_norm == pytest.approx(np.sum(np.abs(series)), rel=1e-12)
    odd = np.any(series[1::2] != 0)
    even = np.any(series[::2] != 0)
    assert polynomial.parity == ("none" if odd and even else "odd" if odd else "even")
    assert polynomial.kind is Kind.EXACT


def test_a_polynomial_of_which_only_the_degree_is_known_says_so() -> None:
    bare = Polynomial("f", 3, 0.5, 1e-3, Kind.BOUND, "nowhere")
    assert not bare.has_coefficients
    with pytest.raises(ValueError, match="only the degree"):
        bare.coefficients()
