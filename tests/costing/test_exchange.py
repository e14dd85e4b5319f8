"""What gates are worth in T gates: published numbers, rotation matrices, exact integers."""

from __future__ import annotations

import cmath
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from qgd_compiler.costing.exchange import Exchange
from qgd_compiler.costing.gates import Gates
from qgd_compiler.costing.rules_rotation import rotate_by_register
from qgd_compiler.costing.synthesis import ROTATION_MODELS, gradient_bits, gridsynth_t, proven_word_t
from qgd_compiler.errors import UnsupportedError
from qgd_compiler.kinds import Kind

MODELS = sorted(ROTATION_MODELS)


@pytest.mark.parametrize(("epsilon", "published"), [(1e-4, 41.8), (1e-6, 62.3), (1e-9, 92.0)])
def test_gridsynth_is_within_a_gate_of_the_measured_means(epsilon: float, published: float) -> None:
    assert abs(Exchange(rotation="gridsynth").rotation_t(epsilon) - published) <= 1.01


@pytest.mark.parametrize(("epsilon", "published"), [(1e-10, 22.5), (1e-6, 15.4)])
def test_mixed_fallback_is_the_published_mean_rounded_up(epsilon: float, published: float) -> None:
    assert 0 <= Exchange().rotation_t(epsilon) - published <= 1


@pytest.mark.parametrize("epsilon", [1e-2, 1e-4, 1e-6, 1e-9, 1e-12])
def test_the_proven_word_is_the_published_one_rounded_up_and_longer_than_the_mean(epsilon: float) -> None:
    word = proven_word_t(epsilon)
    assert 0 <= word - (4 * math.log2(1 / epsilon) + 10) <= 2.1
    assert word > gridsynth_t(epsilon)


@given(angle=st.floats(0, 4 * math.pi), epsilon=st.floats(1e-9, 0.5))
def test_a_phase_gradient_of_the_stated_bits_rotates_by_any_angle_well_enough(
    angle: float, epsilon: float
) -> None:
    bits = gradient_bits(epsilon)
    steps = round(angle * 2**bits / (4 * math.pi))
    got = 4 * math.pi * steps / 2**bits
    distance = max(abs(cmath.exp(1j * s * angle / 2) - cmath.exp(1j * s * got / 2)) for s in (-1, 1))
    assert distance <= epsilon / 2


def test_a_phase_gradient_rotation_costs_what_the_primitive_costs() -> None:
    epsilon = 1e-7
    toffoli = rotate_by_register(gradient_bits(epsilon)).gates.toffoli
    assert Exchange(rotation="phase_gradient").rotation_t(epsilon) == 4 * toffoli
    assert Exchange(rotation="phase_gradient", toffoli_in_t=7).rotation_t(epsilon) == 7 * toffoli


def test_a_phase_gradient_is_paid_for_once_and_only_where_something_rotates() -> None:
    model = Exchange(rotation="phase_gradient")
    one, two = (model.t_count(Gates(rotations=n), 1e-6) for n in (1, 2))
    each = model.rotation_t(1e-6)
    assert two - one == each
    bits = 23  # log2(2 pi 1e6) = 22.58
    assert one - each == bits * math.ceil(3.02 * math.log2(2 * bits * 1e6) + 1.77)
    assert model.t_count(Gates(toffoli=3), 1e-6) == 12
    assert model.t_of(Gates(rotations=2), 1e-6) == 2 * each


def test_a_total_of_large_integers_is_exact() -> None:
    gates = Gates(toffoli=10**30 + 1, t=7, rotations=10**25 + 3)
    total = Exchange().t_count(gates, 1e-12)
    assert isinstance(total, int)
    assert total == 4 * (10**30 + 1) + 7 + (10**25 + 3) * Exchange().rotation_t(1e-12)


def test_a_fractional_price_of_a_toffoli_is_rounded_up_once() -> None:
    total = Exchange(toffoli_in_t=2.3).t_count(Gates(toffoli=10**20), 1e-3)
    assert isinstance(total, int)
    assert 0 <= total - Fraction(2.3) * 10**20 < 1


@given(toffoli=st.integers(0, 10**6), rotations=st.integers(0, 1000), exponent=st.integers(2, 40))
@pytest.mark.parametrize("name", MODELS)
def test_the_exchange_means_the_same_on_all_scalars(
    name: str, toffoli: int, rotations: int, exponent: int
) -> None:
    model, epsilon = Exchange(rotation=name), 1 / 3**exponent
    gates = Gates(toffoli=toffoli, rotations=rotations, toffoli_depth=toffoli, rotation_depth=rotations)
    f, r = sympy.symbols("f r", nonnegative=True, integer=True)
    formal = Gates(toffoli=f, rotations=r, toffoli_depth=f, rotation_depth=r)
    a, b = np.array([float(toffoli)]), np.array([float(rotations)])
    arrays = Gates(toffoli=a, rotations=b, toffoli_depth=a, rotation_depth=b)
    for measure in (model.t_count, model.t_depth):
        exact = measure(gates, epsilon)
        assert isinstance(exact, int)
        assert sympy.sympify(measure(formal, epsilon)).subs({f: toffoli, r: rotations}) == exact
        assert measure(arrays, epsilon)[0] == exact
        assert measure(arrays, np.array([epsilon]))[0] == exact


@pytest.mark.parametrize("name", MODELS)
def test_a_better_rotation_never_costs_less_and_needs_no_fewer_qubits(name: str) -> None:
    model = Exchange(rotation=name)
    costs = [model.t_count(Gates(rotations=5), 10.0**-k) for k in range(1, 16)]
    assert costs == sorted(costs) and costs[-1] > costs[0] > 0
    qubits = [model.extra_qubits(10.0**-k) for k in range(1, 16)]
    assert qubits == sorted(qubits)


def test_t_depth_is_two_layers_per_and_and_never_more_than_the_count() -> None:
    gates = Gates(toffoli=10, t=3, rotations=2, toffoli_depth=10, rotation_depth=2)
    assert Exchange().t_depth(gates, 1e-6) == 20 + 3 + 2 * Exchange().rotation_t(1e-6)
    for name in MODELS:
        for price in (1, 4, 7):
            model = Exchange(toffoli_in_t=price, rotation=name)
            assert model.t_depth(gates, 1e-6) <= model.t_count(gates, 1e-6)


def test_the_exchange_says_how_sure_it_is() -> None:
    assert Exchange().kind == Kind.FIT
    assert Exchange(toffoli_in_t=2).kind == Kind.MODEL
    assert (Exchange().norm, Exchange(rotation="gridsynth").norm) == ("diamond", "operator")


def test_an_unknown_model_of_rotations_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnsupportedError, match="gridsynth"):
        Exchange(rotation="magic")


@pytest.mark.parametrize("epsilon", [0.0, 1.0, -0.1, math.nan])
@pytest.mark.parametrize("name", MODELS)
def test_a_precision_outside_zero_to_one_is_refused(name: str, epsilon: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Exchange(rotation=name).t_count(Gates(rotations=1), epsilon)
