"""The error proxy against the published figure, direct powers, exact fractions and closed integrals."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgd_compiler.analysis import error_proxy as module
from qgd_compiler.analysis.error_proxy import error_proxy, smallest_cut
from qgd_compiler.analysis.learning_rates import cosine, stepwise
from qgd_compiler.errors import InfeasibleError
from qgd_compiler.frontends.spectrum_file import read_spectrum
from qgd_compiler.spectra import Atoms, Curve, Density, Histogram


@pytest.fixture(scope="module")
def published(estimates: Path) -> Density:
    """Figure 2a of Liu et al., step 10."""
    return read_spectrum(estimates / "data" / "spectra_7m_cycle1.json").density(10)


def test_the_published_spectrum_dips_to_0_9786_at_step_24_and_ends_above_one(published: Density) -> None:
    found = error_proxy(published, 0.01, 100)
    assert found.minimum == pytest.approx(0.9786, abs=0.002)
    assert found.minimum_at == 24
    assert found.values[90] == pytest.approx(1.117, abs=0.002)
    exact = error_proxy(published, 0.01, 100, mesh=None)
    assert np.abs(found.values - exact.values).max() < 0.002
    assert found.largest == found.last and found.largest_at == 100
    assert 0.006 < found.mass_outside < 0.008


def test_finer_and_finer_sums_over_the_drawn_curve_converge_to_the_same_proxy(published: Density) -> None:
    points, logs = np.array(published.points), np.array(published.values)  # type: ignore[attr-defined]
    found = error_proxy(published, 0.01, 90, mesh=None)
    steps = np.array([1, 24, 90])
    for count, close in ((10**4, 5e-3), (10**6, 5e-5)):
        middles = points[0] + (np.arange(count) + 0.5) * (points[-1] - points[0]) / count
        rho = np.exp(np.interp(middles, points, logs)) * (np.abs(middles) > 0.4)
        sums = [(rho * np.abs(1 - 0.01 * middles) ** t).sum() / rho.sum() for t in steps]
        np.testing.assert_allclose(found.values[steps], sums, atol=close)


def test_a_trapezoid_over_the_points_as_if_the_density_were_straight_is_far_off(published: Density) -> None:
    points, logs = np.array(published.points), np.array(published.values)  # type: ignore[attr-defined]
    chord = error_proxy(Curve(points=points, values=np.exp(logs)), 0.01, 90)
    assert chord.last > error_proxy(published, 0.01, 90).last + 0.05


def test_a_proxy_below_one_hides_a_mode_that_grows_tenfold() -> None:
    hidden = Atoms(points=[-3.0, 1.0], weights=[1, 99])
    found = error_proxy(hidden, 0.01, 80)
    assert found.largest == 1 and found.largest_at == 0
    assert 1.03**80 > 10


@given(seed=st.integers(0, 2**32 - 1))
def test_a_list_of_rates_multiplies_the_factors_of_its_steps(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, iterations = int(rng.integers(1, 6)), int(rng.integers(0, 9))
    values = [Fraction(int(v), 7) for v in rng.integers(-9, 20, n)]
    shares = [Fraction(int(w)) for w in rng.integers(1, 9, n)]
    rates = [Fraction(int(r), 13) for r in rng.integers(0, 9, iterations)]
    kept = [(v, w) for v, w in zip(values, shares, strict=True) if abs(v) > Fraction(2, 5)]
    density = Atoms(points=[float(v) for v in values], weights=[float(w) for w in shares])
    if not kept:
        with pytest.raises(InfeasibleError, match="no eigenvalue lies outside the cut"):
            error_proxy(density, 0.1, 3)
        return
    factors = [Fraction(1)] * len(kept)
    expected = [1.0]
    for rate in rates:
        factors = [f * abs(1 - rate * v) for f, (v, _) in zip(factors, kept, strict=True)]
        mean = sum((w * f for f, (_, w) in zip(factors, kept, strict=True)), Fraction(0))
        expected.append(float(mean / sum(w for _, w in kept)))
    found = error_proxy(density, [float(r) for r in rates], iterations)
    np.testing.assert_allclose(found.values, expected, rtol=1e-12, atol=1e-15)
    assert found.minimum == pytest.approx(min(expected))
    assert found.steps.tolist() == list(range(iterations + 1))


def test_a_schedule_over_many_blocks_agrees_with_the_same_schedule_in_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    density = Atoms.equal(np.linspace(-1, 3, 41))
    for rates in (stepwise(0.3, 200, 37, 0.5), cosine(0.4, 200)):
        whole = error_proxy(density, rates, 200)
        with monkeypatch.context() as patch:
            patch.setattr(module, "_BLOCK", 41 * 7)
            parts = error_proxy(density, rates, 200)
        np.testing.assert_allclose(whole.logs, parts.logs, atol=1e-12)
        direct = np.cumprod(np.abs(1 - np.outer(rates, density.points)), axis=0)[
            :, np.abs(density.points) > 0.4
        ]
        np.testing.assert_allclose(whole.values[1:], direct.mean(axis=1), rtol=1e-10)


@pytest.mark.parametrize("iterations", [1, 50, 2000, 20000])
def test_a_flat_density_has_the_proxy_of_its_closed_integral(iterations: int) -> None:
    # ∫_0.4^2 (1−ηλ)^t dλ / 1.6, closed
    rate = 0.01
    flat = Curve(points=[0, 2], values=[1, 1])
    binned = Histogram(edges=[0, 0.5, 2], counts=[1, 3])
    n = iterations + 1
    log = math.log(-math.expm1(n * (math.log1p(-rate * 2) - math.log1p(-rate * 0.4))))
    log += n * math.log1p(-rate * 0.4) - math.log(rate * n * 1.6)
    for density in (flat, binned):
        assert error_proxy(density, rate, iterations).last_log == pytest.approx(log, abs=1e-7 + 1e-13 * n)


@pytest.mark.parametrize("iterations", [10, 3000])
def test_a_growing_flank_is_integrated_however_steep_it_becomes(iterations: int) -> None:
    # ∫_{-3}^{-1} (1−ηλ)^t dλ / 2, closed
    rate, n = 0.05, iterations + 1
    log = n * math.log1p(3 * rate) + math.log(-math.expm1(n * (math.log1p(rate) - math.log1p(3 * rate))))
    found = error_proxy(Curve(points=[-3, -1], values=[4, 4]), rate, iterations)
    assert found.last_log == pytest.approx(log - math.log(rate * n * 2), abs=1e-7)
    if iterations == 3000:
        assert found.last > 1e150
        assert not np.isnan(found.values).any()


def test_a_proxy_too_large_for_a_float_is_inf_with_its_logarithm() -> None:
    found = error_proxy(Atoms(points=[-10.0, 1.0], weights=[1, 1]), 0.1, 5000)
    assert found.last == math.inf and found.largest == math.inf
    assert found.last_log == pytest.approx(5000 * math.log(2) - math.log(2))
    assert found.minimum == pytest.approx(1.0)


def test_a_proxy_that_vanishes_is_zero_with_its_logarithm() -> None:
    found = error_proxy(Atoms.equal([9.0, 9.5]), 0.1, 3000)
    assert found.last == 0
    assert found.last_log == pytest.approx(3000 * math.log(0.1) - math.log(2))
    dead = error_proxy(Atoms.equal([10.0]), 0.1, 3)
    assert dead.values.tolist() == [1, 0, 0, 0] and dead.logs[-1] == -math.inf


def test_the_smallest_cut_leaves_out_what_would_grow() -> None:
    density = Atoms(points=[-1.0, 2.0], weights=[0.5, 0.5])
    assert smallest_cut(density, 0.1, 5) == 0  # (1.1^5 + 0.8^5)/2 = 0.97
    assert smallest_cut(density, 0.1, 10) == 1  # (1.1^10 + 0.8^10)/2 = 1.35
    assert smallest_cut(Atoms(points=[-2.0, 1.0], weights=[1, 1]), 0.1, 10) is None
    assert smallest_cut(Atoms.equal([0.0]), 0.1, 10) is None
    assert smallest_cut(Atoms(points=[-2.0, 1.0], weights=[1, 1]), 0.1, 0) == 0


@given(seed=st.integers(0, 2**32 - 1))
def test_the_smallest_cut_is_the_first_one_that_brute_force_accepts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(0.3, 2, int(rng.integers(1, 8))), 1)
    weights = rng.uniform(0.1, 1, len(values))
    rates = rng.uniform(0, 0.3, int(rng.integers(1, 12)))
    density = Atoms(points=values, weights=weights)
    expected = None
    for cut in sorted({0.0, *np.abs(values)}):
        outside = np.abs(values) > cut
        powers = np.cumprod(np.abs(1 - np.outer(rates, values[outside])), axis=0)
        if outside.any() and np.all(powers @ weights[outside] <= weights[outside].sum() * (1 + 1e-12)):
            expected = cut
            break
    assert smallest_cut(density, rates, len(rates)) == expected


def test_the_smallest_cut_of_a_curve_lies_where_the_proxy_passes_one(published: Density) -> None:
    cut = smallest_cut(published, 0.01, 100)
    assert cut is not None
    assert error_proxy(published, 0.01, 100, cut, mesh=None).largest <= 1 + 1e-9
    assert error_proxy(published, 0.01, 100, cut * 0.999, mesh=None).largest > 1
    assert error_proxy(published, 0.01, 100, cut / 2, mesh=None).largest > 1


def test_the_smallest_cut_inside_a_bin_is_the_root_of_its_closed_condition() -> None:
    # heights 3 on [−2, 0] and 1 on [0, 3]; one step: E(1) <= 1 iff the mean of λ outside is >= 0, that is
    # (9 − c²)/2 >= 3 (4 − c²)/2, c² >= 3/2
    steps = Histogram(edges=[-2, 0, 3], counts=[6, 3])
    assert smallest_cut(steps, 0.1, 1) == pytest.approx(1.5**0.5, rel=1e-9)


def test_damping_brings_the_smallest_cut_to_zero(published: Density) -> None:
    damped = published.shifted(-published.extent.smallest)
    assert smallest_cut(damped, 0.01, 100) == 0
    assert error_proxy(damped, 0.01, 100).largest == 1


def test_nonsense_is_refused() -> None:
    density = Atoms.equal([1.0, 2.0])
    for rate, iterations, words in (
        ([0.1, 0.2], 3, "2 learning rates for 3 steps"),
        (math.nan, 3, "learning rate 0 .* is nan"),
        ([0.1, -0.2], 2, "learning rate 1 .* is -0.2"),
        (0.1, -1, "-1 steps"),
        (0.1, 10**10, "10000000000 steps is too long"),
    ):
        with pytest.raises(InfeasibleError, match=words):
            error_proxy(density, rate, iterations)
    with pytest.raises(InfeasibleError, match=r"1000 modes over 10000000 steps takes 1.0e\+10"):
        error_proxy(Atoms.equal(np.arange(1.0, 1001)), 0.1, 10**7)
    with pytest.raises(InfeasibleError, match=r"> 2: they run from 1 to 2"):
        error_proxy(density, 0.1, 3, cut=2)
