"""Densities against integrals done by hand, by SciPy's adaptive quadrature, and by counting."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from qgd_compiler.errors import SpecError
from qgd_compiler.frontends.spectrum_file import read_spectrum
from qgd_compiler.kinds import Source
from qgd_compiler.spectra import Atoms, Curve, Density, Histogram

Real = Callable[[float], float]

POINTS = [-2.0, -1.0, 0.5, 3.0, 7.0]


def by_quad(points: list[float], density: Real, f: Real, cut: float) -> float:
    """The integral of f times the density outside the cut, over the mass of the whole density."""
    ends = sorted({*points, *(c for c in (-cut, cut) if points[0] < c < points[-1])})
    pieces = list(pairwise(ends))
    outside = [(a, b) for a, b in pieces if a >= cut or b <= -cut]

    def total(g: Real, where: list[tuple[float, float]]) -> float:
        return sum(quad(g, a, b, epsabs=1e-14, epsrel=1e-12)[0] for a, b in where)

    return total(lambda x: f(x) * density(x), outside) / total(density, pieces)


@given(seed=st.integers(0, 2**32 - 1), cut=st.sampled_from([0.25, 0.8, 1.0, 2.6]), log=st.booleans())
def test_a_curve_integrates_to_what_adaptive_quadrature_gives_with_the_cut_inside_an_interval(
    seed: int, cut: float, log: bool
) -> None:
    values = np.random.default_rng(seed).uniform(-9 if log else 0, 3, len(POINTS))

    def density(x: float) -> float:
        y = float(np.interp(x, POINTS, values))
        return math.exp(y) if log else y

    curve = Curve(points=POINTS, values=values, logarithmic=log)
    for f in (lambda x: 1 + 0 * x, lambda x: x**3, lambda x: np.exp(-0.3 * x)):
        assert curve.integrate(f, cut) == pytest.approx(by_quad(POINTS, density, f, cut), rel=1e-7, abs=1e-10)
    assert curve.mass_outside(cut) == pytest.approx(by_quad(POINTS, density, lambda x: 1.0, cut), rel=1e-7)


def test_a_triangle_has_the_mass_and_the_moments_of_a_triangle() -> None:
    # density 1 − |λ| on [−1, 1]: variance 1/6, mass outside c (1 − c)²
    triangle = Curve(points=[-1, 0, 1], values=[0, 5, 0])
    assert [triangle.moment(k) for k in range(5)] == pytest.approx([1, 0, 1 / 6, 0, 1 / 15], abs=1e-14)
    assert triangle.mass_outside(0.3) == pytest.approx(0.49)
    assert triangle.mass_outside(0) == pytest.approx(1)
    assert triangle.mass_outside(1) == 0


def test_an_exponential_on_a_logarithmic_axis_is_exact_over_three_hundred_decades() -> None:
    curve = Curve(points=[0, 1], values=[0, -700], logarithmic=True)
    assert curve.moment(1) == pytest.approx(1 / 700, rel=1e-8)
    assert curve.mass_outside(0.5) == pytest.approx(math.exp(-350), rel=1e-7)


def test_a_steep_integrand_is_resolved_at_either_end() -> None:
    flat = Curve(points=[-1, 1], values=[1, 1])
    for rate in (10.0, 1e3, 1e5):
        nodes, weights = flat.quadrature(rate=rate)
        for sign in (1, -1):
            scaled = np.exp(rate * (sign * nodes - 1))
            assert weights @ scaled == pytest.approx(-math.expm1(-2 * rate) / (2 * rate), rel=1e-8)


def test_a_narrow_peak_inside_an_interval_is_resolved() -> None:
    flat = Curve(points=[-1, 1], values=[1, 1])
    for bend in (1e2, 1e4, 1e6):
        nodes, weights = flat.quadrature(rate=2 * bend, bend=bend)
        peak = weights @ np.exp(-bend * (nodes - 0.123) ** 2 / 2)
        assert peak == pytest.approx(math.sqrt(2 * math.pi / bend) / 2, rel=1e-6)


def test_a_bin_that_straddles_the_cut_counts_with_its_part_outside() -> None:
    found = Histogram(edges=[-4, 0, 1, 3], counts=[2, 5, 3])
    # outside 2: half of the first bin, nothing of the second, half of the third
    assert found.mass_outside(2) == pytest.approx((1 + 0 + 1.5) / 10)
    assert found.moment(1) == pytest.approx((2 * -2 + 5 * 0.5 + 3 * 2) / 10)
    assert found.mass_outside(0) == pytest.approx(1)


def test_bins_without_counts_do_not_extend_the_spectrum() -> None:
    assert Histogram(edges=[-4, -1, 1, 3, 9], counts=[0, 5, 3, 0]).extent == (-1, 3)
    assert Curve(points=[-4, -3, 1, 3, 9], values=[0, 0, 3, 0, 0]).extent == (-3, 3)
    assert Atoms(points=[3, -7, 1, 9], weights=[1, 0, 2, 0]).extent == (1, 3)
    assert Curve(points=[-4, 2], values=[-30, -40], logarithmic=True).extent == (-4, 2)


def test_atoms_are_counted_and_one_on_the_cut_lies_inside() -> None:
    atoms = Atoms(points=[0.4, -0.4, 2, -1, 0], weights=[1, 2, 3, 4, 10])
    assert atoms.mass_outside(0.4) == pytest.approx(7 / 20)
    assert atoms.mass_outside(0.39) == pytest.approx(10 / 20)
    assert atoms.mass_outside(0) == pytest.approx(10 / 20)
    assert atoms.integrate(lambda x: x, 0.4) == pytest.approx((6 - 4) / 20)
    assert atoms.moment(1) == pytest.approx((0.4 - 0.8 + 6 - 4) / 20)


@pytest.mark.parametrize(
    "density",
    [
        Atoms.equal([-1.0, 0.25, 2.0]),
        Histogram(edges=[-1, 0.5, 2], counts=[2, 1]),
        Curve(points=[-1, 0.5, 2], values=[1, 3, 1]),
        Curve(points=[-1, 0.5, 2], values=[1, -3, 1], logarithmic=True, source=Source.PAPER),
    ],
)
def test_damping_moves_every_eigenvalue(density: Density) -> None:
    moved = density.shifted(0.75)
    assert type(moved) is type(density) and moved.source is density.source
    assert moved.extent == (-0.25, 2.75)
    assert moved.moment(1) == pytest.approx(density.moment(1) + 0.75)
    # |λ + 0.75| > 1.5 is λ > 0.75, for a density on [−1, 2]
    upper = density.integrate(lambda x: (x > 0) * 1.0, 0.75)
    assert moved.mass_outside(1.5) == pytest.approx(upper)


def test_no_density_calls_itself_exact_or_a_bound() -> None:
    for source in (Source.EXACT, Source.BOUND):
        for make in (
            lambda s: Atoms.equal([1.0], source=s),
            lambda s: Histogram(edges=[0, 1], counts=[1], source=s),
            lambda s: Curve(points=[0, 1], values=[1, 1], source=s),
        ):
            with pytest.raises(SpecError, match=f"cannot have the source {source.value}"):
                make(source)
    assert Density.certifies_extremes is False


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Atoms(points=[1, 2], weights=[1]), "2 points, but 1 values"),
        (lambda: Atoms(points=[1, 2], weights=[1, -1]), r"weights\[1\].*-1"),
        (lambda: Atoms(points=[1, math.nan], weights=[1, 1]), r"points\[1\].*nan"),
        (lambda: Atoms(points=[1], weights=[0]), "no mass"),
        (lambda: Atoms.equal([]), r"shape \(0,\)"),
        (lambda: Histogram(edges=[1, 2], counts=[1, 2]), "2 points, but 2 values"),
        (lambda: Histogram(edges=[1, 3, 2], counts=[1, 2]), "3.0 is followed by 2.0"),
        (lambda: Curve(points=[1], values=[1]), "one point"),
        (lambda: Curve(points=[1, 1], values=[1, 1]), "1.0 is followed by 1.0"),
        (lambda: Curve(points=[1, 2], values=[1, -1]), r"values\[1\].*-1"),
        (lambda: Curve(points=[1, 2], values=[0, 0]), "no mass"),
        (lambda: Curve(points=[1, 2], values=[0, math.inf], logarithmic=True), r"values\[1\].*inf"),
        (lambda: Atoms.equal([1.0]).mass_outside(-1), "cut is -1"),
        (lambda: Curve(points=[1, 2], values=[1, 1]).mass_outside(math.nan), "cut is nan"),
    ],
)
def test_what_is_no_density_is_refused_with_its_place(make, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        make()


def test_a_density_is_frozen_with_its_arrays_and_leaves_the_given_ones_alone() -> None:
    given_points = np.array([0.0, 1.0])
    curve = Curve(points=given_points, values=[1, 2])
    with pytest.raises(dataclasses.FrozenInstanceError):
        curve.points = given_points  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        curve.points[0] = 5
    given_points[0] = -1
    assert curve.points[0] == 0


def test_the_scale_of_a_drawing_does_not_matter() -> None:
    low = Curve(points=POINTS, values=np.array([1.0, 4, 2, 7, 3]) - 900, logarithmic=True)
    high = Curve(points=POINTS, values=np.array([1.0, 4, 2, 7, 3]) + 900, logarithmic=True)
    assert low.moment(2) == pytest.approx(high.moment(2), rel=1e-12)
    assert low.moment(0) == pytest.approx(1)


def test_a_published_density_puts_nearly_all_modes_near_zero_and_says_nothing_of_the_rest(
    estimates: Path,
) -> None:
    density = read_spectrum(estimates / "data" / "spectra_7m_cycle1.json").density(10)
    points, logs = np.array(density.points), np.array(density.values)  # type: ignore[attr-defined]
    grid = np.linspace(points[0], points[-1], 2_000_001)
    rho = np.exp(np.interp(grid, points, logs))
    outside = rho[np.abs(grid) > 0.4].sum() / rho.sum()
    assert density.mass_outside(0.4) == pytest.approx(outside, rel=1e-4)
    assert outside < 0.01
    assert density.extent.smallest == -5.942
