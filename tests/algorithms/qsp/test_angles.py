"""Complementary polynomials and angles, against products of two-by-two matrices on the circle."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial import Polynomial, chebyshev
from scipy.special import ive, jv

from qgd_compiler.algorithms.qsp.angles import gqsp_angles, gram_angles, largest_on_circle, sequence
from qgd_compiler.algorithms.qsp.complementary import complementary, completion_error
from qgd_compiler.algorithms.qsp.series import Parity, in_factor
from qgd_compiler.algorithms.qsp.stripping import Rotations
from qgd_compiler.errors import InfeasibleError
from tests.algorithms.qsp.polynomials import drawn, parities_of

CIRCLE = np.exp(2j * np.pi * np.arange(101) / 101)  # 101 is no power of two: points that no FFT has seen


def amplitudes(rotations: Rotations, z: complex) -> np.ndarray:
    """The first column of the product of the rotations, with diag(1, z) in between, matrix by matrix."""
    found = np.array([np.exp(1j * rotations.phase), 0])
    for j, turn in enumerate(rotations.turns):
        if j:
            found = np.diag([1, z]) @ found
        found = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ found
        if rotations.phases is not None:
            half = 0.5j * rotations.phases[j]
            found = np.diag(np.exp([-half, half])) @ found
    return found


def heat(degree: int, beta: float) -> np.ndarray:
    """The Chebyshev coefficients of e^{−β(1−y)}, all positive, scaled to add up to one."""
    found = ive(np.arange(degree + 1), beta)
    found[1:] *= 2
    return np.asarray(found / found.sum())


@pytest.mark.parametrize("complex_numbers", [False, True])
@pytest.mark.parametrize("degree", [0, 1, 2, 5, 40])
def test_a_polynomial_and_its_complement_lie_on_the_sphere(degree: int, complex_numbers: bool) -> None:
    p = drawn(degree, Parity.MIXED, 2, complex_numbers=complex_numbers)
    p = p / (np.abs(np.polyval(p[::-1], CIRCLE)).max() * 1.2)
    found = complementary(p)
    q = found.coefficients
    total = np.abs(np.polyval(p[::-1], CIRCLE)) ** 2 + np.abs(np.polyval(q[::-1], CIRCLE)) ** 2
    assert np.abs(total - 1).max() <= found.error + 1e-14
    assert found.error < 1e-12
    assert np.iscomplexobj(q) == complex_numbers
    if degree:
        assert np.abs(Polynomial(q).roots()).min() > 1, "no zeros inside the circle"


def test_the_completion_error_is_that_of_what_is_wrong() -> None:
    p = np.array([0.3, 0.4])
    q = complementary(p).coefficients
    off = q + np.array([1e-3, 0])
    # |Q+h|² − |Q|² = h(Q + Q*) + h², whose coefficients are 2hq_0 + h², and twice hq_1
    assert completion_error(p, off) == pytest.approx(abs(2e-3 * q[0] + 1e-6) + 2 * abs(1e-3 * q[1]), rel=1e-6)


def test_of_a_monomial_the_complement_is_a_constant() -> None:
    found = complementary(np.array([0, 0, 0.6]))
    assert found.coefficients == pytest.approx([0.8, 0, 0], abs=1e-14)


@pytest.mark.parametrize("complex_numbers", [False, True])
@pytest.mark.parametrize("degree", [0, 1, 2, 3, 7, 8])
def test_the_rotations_give_the_polynomial_on_the_circle(degree: int, complex_numbers: bool) -> None:
    for parity in parities_of(degree):
        a = drawn(degree, parity, 4, complex_numbers=complex_numbers)
        angles = gqsp_angles(a)
        assert angles.real != complex_numbers
        parts = {False: angles.even, True: angles.odd}
        for odd, found in parts.items():
            series = a[int(odd) :: 2]
            if found is None:
                assert not np.any(series)
                continue
            meant = np.polyval(series[::-1], CIRCLE)
            made = np.array([amplitudes(found.rotations, z)[0] for z in CIRCLE])
            made = made * found.alpha * 1j**found.quarter_turns
            assert (
                np.abs(made - meant).max() <= found.alpha * found.reconstruction_error + 1e-13 * found.alpha
            )
            assert found.alpha >= np.abs(meant).max()
            assert found.alpha <= np.abs(series).sum() * (1 + 2e-5)


def test_coefficients_that_are_all_imaginary_take_one_axis() -> None:
    # e^{−ixt} = Σ (2−[k=0]) (−i)^k J_k(t) T_k(x)
    k = np.arange(31)
    a = np.where(k == 0, 1, 2) * (-1j) ** k * jv(k, 10.0)
    angles = gqsp_angles(a)
    assert angles.real
    assert angles.even is not None and angles.odd is not None
    assert (angles.even.quarter_turns, angles.odd.quarter_turns) == (0, 1)


@pytest.mark.parametrize("degree", [200, 2000])
@pytest.mark.parametrize("margin", [1e-3, 1e-5])
def test_the_errors_are_small_up_to_degree_two_thousand(degree: int, margin: float) -> None:
    found = sequence(heat(degree, degree**2 / 14), margin=margin)
    assert len(found.rotations.turns) == degree + 1
    assert found.completion_error < 1e-11
    assert found.reconstruction_error < 1e-10
    assert found.alpha == pytest.approx(1 / (1 - margin), rel=1e-12)
    series = heat(degree, degree**2 / 14)
    for z in CIRCLE[:7]:
        made = amplitudes(found.rotations, z)
        assert np.linalg.norm(made) == pytest.approx(1, abs=1e-12)
        assert abs(made[0] * found.alpha - np.polyval(series[::-1], z)) < 1e-10


def test_a_random_polynomial_of_degree_two_thousand_is_found_too() -> None:
    found = gqsp_angles(drawn(4000, Parity.EVEN, 7))
    assert found.even is not None
    assert found.completion_error < 1e-11
    assert found.even.reconstruction_error < 1e-10


def test_what_the_angles_miss_is_measured_and_not_assumed() -> None:
    a = heat(40, 60.0)
    loose = sequence(a, margin=1e-6, tolerance=1e-3)
    tight = sequence(a, margin=1e-6)
    assert tight.reconstruction_error < 1e-11 < 1e-9 < loose.reconstruction_error
    made = np.array([amplitudes(loose.rotations, z)[0] for z in CIRCLE]) * loose.alpha
    observed = np.abs(made - np.polyval(a[::-1], CIRCLE)).max()
    assert 0.01 * loose.reconstruction_error < observed <= loose.reconstruction_error * loose.alpha


def test_precision_that_is_not_reached_is_an_error() -> None:
    with pytest.raises(InfeasibleError, match="completion error"):
        gqsp_angles(heat(60, 90.0), parity=Parity.MIXED, tolerance=1e-18, margin=1e-2)
    with pytest.raises(InfeasibleError, match=r"reaches 1\.1"):
        complementary(np.array([0.5, 0.6]))
    with pytest.raises(ValueError, match="margin"):
        sequence(np.array([0.5, 0.4]), margin=0.0)
    with pytest.raises(ValueError, match="vanishes"):
        largest_on_circle(np.zeros(3))


@pytest.mark.parametrize("degree", [1, 3, 30])
def test_the_largest_value_on_the_circle_is_bounded_closely(degree: int) -> None:
    p = drawn(degree, Parity.MIXED, 9, complex_numbers=True)
    fine = np.abs(np.polyval(p[::-1], np.exp(2j * np.pi * np.arange(200003) / 200003))).max()
    assert fine <= largest_on_circle(p) <= fine * (1 + 2e-5)
    assert largest_on_circle(np.abs(p)) == np.abs(p).sum()


def test_the_series_in_the_factor_is_the_series_in_the_gram_matrix() -> None:
    a = drawn(6, Parity.MIXED, 5)
    x = np.linspace(-1, 1, 33)
    assert chebyshev.chebval(x, in_factor(a)) == pytest.approx(chebyshev.chebval(1 - 2 * x**2, a))
    assert gram_angles(a).degree == 12
    assert gram_angles(a).parity is Parity.EVEN
