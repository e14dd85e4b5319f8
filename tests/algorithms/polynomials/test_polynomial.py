"""The description of a polynomial: its values are those of its coefficients, and it says when it has none."""

from __future__ import annotations

import numpy as np
import pytest

from qgd_compiler.algorithms.polynomials.polynomial import Polynomial
from qgd_compiler.kinds import Kind


def test_values_are_those_of_the_chebyshev_coefficients() -> None:
    cubic = Polynomial(
        "x^3", 3, 1.0, 0.0, Kind.EXACT, "by hand", "odd", series=lambda: np.array([0.0, 0.75, 0.0, 0.25])
    )
    x = np.linspace(-1, 1, 101)
    assert cubic.has_coefficients
    assert cubic(x) == pytest.approx(x**3, abs=1e-15)


def test_a_polynomial_of_which_only_the_degree_is_known_says_so() -> None:
    bare = Polynomial("f", 3, 0.5, 1e-3, Kind.BOUND, "nowhere")
    assert not bare.has_coefficients
    with pytest.raises(ValueError, match="only the degree"):
        bare.coefficients()
