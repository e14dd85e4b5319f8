"""Generalised QSP and QSVT run on the simulator against singular values, and folded with and without angles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.polynomial import chebyshev
from scipy import linalg
from scipy.special import jv

from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.qsp.angles import gqsp_angles, gram_angles
from qgd_compiler.algorithms.qsp.gqsp import gqsp, gqsp_gram
from qgd_compiler.algorithms.qsp.phases import qsvt_phases
from qgd_compiler.algorithms.qsp.qsvt import qsvt, qsvt_gram
from qgd_compiler.algorithms.qsp.series import Parity, in_factor, second_moment
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.program.ir import Routine
from tests.algorithms.qsp.polynomials import (
    FACTORS,
    HERMITIAN,
    block_of,
    drawn,
    of_gram,
    of_matrix,
    parities_of,
    sparse,
    transformed,
    tree,
)
from tests.algorithms.qsp.test_chebyshev_lcu import uses

Made = Callable[[Encoding, Encoding, np.ndarray], Encoding]


def by_gqsp(plain: Encoding, controlled: Encoding, a: np.ndarray) -> Encoding:
    return gqsp(plain, degree=len(a) - 1, angles=gqsp_angles(a), controlled=controlled)


def by_qsvt(plain: Encoding, controlled: Encoding, a: np.ndarray) -> Encoding:
    return qsvt(plain, degree=len(a) - 1, phases=qsvt_phases(a), controlled=controlled)


@pytest.mark.parametrize("degree", range(1, 9))
@pytest.mark.parametrize("name", HERMITIAN)
@pytest.mark.parametrize("way", [by_gqsp, by_qsvt])
def test_the_block_is_the_polynomial_of_the_block(way: Made, name: str, degree: int) -> None:
    make, matrix = HERMITIAN[name]
    encoder = make()
    plain, controlled = encoder.encode(False), encoder.encode(True)
    n = len(matrix)
    argument = block_of(plain, n, n)
    for parity in parities_of(degree):
        a = drawn(degree, parity, 1)
        made = way(plain, controlled, a)
        found = block_of(made, n, n) * made.alpha
        assert np.linalg.norm(found - transformed(argument, a), 2) < 1e-9 * made.alpha
        meant = of_matrix(matrix / float(plain.alpha), a)
        assert np.linalg.norm(found - meant, 2) <= made.epsilon + 1e-12
        assert made.alpha <= np.abs(a).sum() * (1 + 3e-5)


@pytest.mark.parametrize("degree", range(0, 5))
@pytest.mark.parametrize("name", FACTORS)
@pytest.mark.parametrize("way", ["gqsp", "qsvt"])
def test_the_gram_form_is_the_polynomial_of_the_centred_gram_matrix(way: str, name: str, degree: int) -> None:
    make, factor = FACTORS[name]
    plain = make().encode(False)
    rows, columns = factor.shape
    a = drawn(degree, Parity.MIXED, 3)
    if way == "gqsp":
        made = gqsp_gram(plain, degree=degree, angles=gram_angles(a))
        counted = gqsp_gram(plain, degree=degree, alpha=made.alpha)
    else:
        made = qsvt_gram(plain, degree=degree, phases=qsvt_phases(in_factor(a)))
        counted = qsvt_gram(plain, degree=degree, alpha=made.alpha)
    found = block_of(made, columns, columns) * made.alpha
    meant = of_gram(block_of(plain, rows, columns), 1.0, a)
    assert np.linalg.norm(found - meant, 2) < 1e-9 * made.alpha
    meant = of_gram(factor, float(plain.alpha), a)
    assert np.linalg.norm(found - meant, 2) <= made.epsilon + 1e-12
    assert made.epsilon <= counted.epsilon + made.alpha * 1e-10
    assert uses(made.routine, plain.routine) == uses(counted.routine, plain.routine) == 2 * degree
    assert fold(made.routine, price_of) == fold(counted.routine, price_of)


@pytest.mark.parametrize("degree", range(0, 8))
def test_complex_coefficients_take_a_second_axis(degree: int) -> None:
    encoder = HERMITIAN["sparse access, 2x2"][0]()
    plain, controlled = encoder.encode(False), encoder.encode(True)
    argument = block_of(plain, 2, 2)
    for parity in parities_of(degree):
        if parity is Parity.MIXED and degree == 0:
            continue
        a = drawn(degree, parity, 1, complex_numbers=True)
        made = by_gqsp(plain, controlled, a)
        found = block_of(made, 2, 2) * made.alpha
        assert np.linalg.norm(found - of_matrix(argument, a), 2) < 1e-9 * made.alpha


def test_the_evolution_under_a_matrix_takes_one_axis() -> None:
    encoder = HERMITIAN["sparse access, 2x2"][0]()
    plain, controlled = encoder.encode(False), encoder.encode(True)
    argument = block_of(plain, 2, 2)
    k, time = np.arange(20), 3.0
    a = np.where(k == 0, 1, 2) * (-1j) ** k * jv(k, time)
    made = by_gqsp(plain, controlled, a)
    assert np.allclose(block_of(made, 2, 2) * made.alpha, linalg.expm(-1j * time * argument), atol=1e-10)


def test_what_loose_angles_miss_is_part_of_the_claim() -> None:
    encoder = HERMITIAN["sparse access, 2x2"][0]()
    plain, controlled = replace(encoder.encode(False), epsilon=0.0), encoder.encode(True)
    argument = block_of(plain, 2, 2)
    a = np.array([0.7, 0.5, 0.3, 0.2])
    angles = gqsp_angles(a, margin=1e-9, tolerance=1e-2)
    phases = qsvt_phases(a, margin=1e-9, tolerance=1e-2)
    for made, claim in (
        (gqsp(plain, degree=3, angles=angles, controlled=controlled), angles.error),
        (qsvt(plain, degree=3, phases=phases, controlled=controlled), phases.error),
    ):
        assert made.epsilon == claim > 1e-6
        observed = np.linalg.norm(block_of(made, 2, 2) * made.alpha - of_matrix(argument, a), 2)
        assert 0.02 * claim < observed <= claim


def test_the_error_of_the_factor_counts_as_without_angles() -> None:
    plain = tree(FACTORS["wide"][1]).encode(False)
    a = drawn(4, Parity.MIXED, 3)
    made = gqsp_gram(plain, degree=4, angles=gram_angles(a))
    counted = gqsp_gram(plain, degree=4, moment=second_moment(a))
    assert made.epsilon == pytest.approx(counted.epsilon, rel=1e-9)
    made = qsvt_gram(plain, degree=4, phases=qsvt_phases(in_factor(a)))
    counted = qsvt_gram(plain, degree=4, moment=second_moment(a))
    assert made.epsilon == pytest.approx(counted.epsilon, rel=1e-9)
    assert made.epsilon > 0.1


def rotations(routine: Routine, query: Encoding) -> int:
    """Those that are not of queries."""
    assert fold(query.routine, price_of).gates.rotations == 0
    return int(fold(routine, price_of).gates.rotations)


@pytest.mark.parametrize("degree", [*range(0, 14), 101, 102])
def test_counts_without_angles_are_those_of_the_circuit(degree: int) -> None:
    encoder = tree(FACTORS["tall"][1][:2])
    plain, controlled = encoder.encode(False), encoder.encode(True)
    for parity in parities_of(degree):
        if parity is Parity.MIXED and degree == 0:
            continue
        half, mixed = degree // 2, parity is Parity.MIXED
        asked = {"degree": degree, "parity": parity, "controlled": controlled}
        for complex_numbers in (False, True):
            a = drawn(degree, parity, 1, complex_numbers=complex_numbers)
            made = by_gqsp(plain, controlled, a)
            counted = gqsp(plain, real=not complex_numbers, alpha=made.alpha, **asked)
            assert fold(made.routine, price_of) == fold(counted.routine, price_of)
            assert made.epsilon <= counted.epsilon + made.alpha * 1e-10
            per_step = (2 if complex_numbers else 1) * (2 if mixed else 1)
            assert rotations(made.routine, plain) == per_step * (half + 1) + (2 if mixed else 0)
            if complex_numbers:
                continue
            made = by_qsvt(plain, controlled, a)
            counted = qsvt(plain, alpha=made.alpha, **asked)
            assert made.epsilon <= counted.epsilon + made.alpha * 1e-10
            assert fold(made.routine, price_of) == fold(counted.routine, price_of)
            assert rotations(made.routine, plain) == (2 * (2 * half + 1) + 2 if mixed else max(degree, 1))
            assert uses(made.routine, plain.routine) == (2 * half if mixed else degree)
            assert uses(made.routine, controlled.routine) == int(mixed)


@pytest.mark.parametrize("degree", [10**6, 10**6 + 1])
def test_a_million_queries_are_counted_at_once(degree: int) -> None:
    encoder = sparse(FACTORS["sparse"][1])
    plain, controlled = encoder.encode(False), encoder.encode(True)
    for parity in parities_of(degree):
        for way in (gqsp, qsvt):
            made = way(plain, degree=degree, parity=parity, controlled=controlled)
            queries = uses(made.routine, plain.routine) + uses(made.routine, controlled.routine)
            assert queries == (2 * (degree // 2) + 1 if parity is Parity.MIXED else degree)


def test_where_signs_differ_qsvt_has_the_smaller_subnormalisation() -> None:
    # a polynomial near a step: bounded by one, with coefficients that add up to more
    step = chebyshev.chebinterpolate(lambda x: np.tanh(12 * x), 41)
    step[::2] = 0
    assert np.abs(step).sum() > 1.9
    assert gqsp_angles(step).alpha > 1.5
    assert qsvt_phases(step).alpha < 1.05


def test_what_does_not_fit_together_is_refused() -> None:
    encoder = sparse(FACTORS["sparse"][1])
    plain, controlled = encoder.encode(False), encoder.encode(True)
    angles, phases = gqsp_angles(drawn(4, Parity.EVEN, 1)), qsvt_phases(drawn(4, Parity.EVEN, 1))
    for call in (
        lambda: gqsp(plain, degree=6, angles=angles),
        lambda: qsvt(plain, degree=6, phases=phases),
        lambda: gqsp(plain, degree=4, angles=angles, parity=Parity.MIXED),
        lambda: gqsp_gram(plain, degree=4, angles=angles),
        lambda: qsvt_gram(plain, degree=4, phases=phases),
    ):
        with pytest.raises(ValueError, match=r"(angles|phases) for degree 4, even"):
            call()
    for way in (gqsp, qsvt):
        with pytest.raises(ValueError, match="mixed parity needs"):
            way(plain, degree=4)
        with pytest.raises(ValueError, match="has a control"):
            way(controlled, degree=4, parity=Parity.EVEN)
        with pytest.raises(ValueError, match="with a control"):
            way(plain, degree=4, controlled=replace(controlled, alpha=2.0))
