"""QSVT phases against products of reflections, and the kernel-reflection solver run on the simulator with them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.polynomial import chebyshev

from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.kernel_reflection import (
    filter_degree,
    filter_height,
    norm_known_queries,
    reflection_pair,
)
from qgd_compiler.algorithms.qsp.kernel_phases import kernel_coefficients, kernel_phases
from qgd_compiler.algorithms.qsp.phases import Phases, phases_of, qsvt_phases
from qgd_compiler.algorithms.qsp.series import Parity
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Gate, Rotation
from qgd_compiler.program.simulate import block
from tests.algorithms.qsp.polynomials import drawn, sparse, tree

POINTS = np.cos(np.linspace(0, np.pi, 41))


def real_part(phases: Phases, x: np.ndarray) -> np.ndarray:
    """Re of the upper left entry of e^{iφ_d Z} R … R e^{iφ_0 Z}, R = [[x, s], [s, −x]], alpha times."""
    s = np.sqrt(1 - x * x)
    up, down = np.exp(1j * phases.values[0]) * np.ones_like(x), np.zeros_like(x)
    for phase in phases.values[1:]:
        up, down = np.exp(1j * phase) * (x * up + s * down), np.exp(-1j * phase) * (s * up - x * down)
    return np.asarray(up.real * phases.alpha)


@pytest.mark.parametrize("degree", [0, 1, 2, 3, 4, 5, 8, 9, 40, 41])
def test_the_real_part_of_the_sequence_is_the_polynomial(degree: int) -> None:
    a = drawn(degree, Parity.ODD if degree % 2 else Parity.EVEN, 6)
    found = phases_of(a)
    assert found.degree == degree
    assert np.abs(real_part(found, POINTS) - chebyshev.chebval(POINTS, a)).max() < 1e-10 * found.alpha
    largest = np.abs(chebyshev.chebval(np.cos(np.linspace(0, np.pi, 20001)), a)).max()
    assert largest < found.alpha <= largest * (1 + 5e-5)


def test_the_phases_are_symmetric_but_for_the_factor_that_makes_them_real() -> None:
    found = phases_of(drawn(8, Parity.EVEN, 6)).values
    assert np.exp(2j * found[1:-1]) == pytest.approx(np.exp(2j * found[1:-1][::-1]))


@pytest.mark.parametrize(("kappa", "half"), [(1.5, 1), (3.0, 4), (20.0, 30)])
def test_the_filter_is_the_published_one(kappa: float, half: int) -> None:
    a = kernel_coefficients(kappa, half)
    z = lambda x: (1 + kappa**-2 - 2 * x**2) / (1 - kappa**-2)  # noqa: E731
    one = np.zeros(half + 1)
    one[half] = 1
    meant = 2 * (chebyshev.chebval(z(POINTS), one) + 1) / (chebyshev.chebval(z(0), one) + 1) - 1
    assert chebyshev.chebval(POINTS, a) == pytest.approx(meant, abs=1e-12)
    assert not np.any(a[1::2])


@pytest.mark.parametrize(
    ("kappa", "epsilon", "most"),
    [(2.0, 0.3, 1e-10), (5.0, 1e-2, 1e-10), (40.0, 1e-4, 1e-10), (250.0, 1e-3, 2e-10)],
)
def test_the_filter_is_met_up_to_degree_two_thousand(kappa: float, epsilon: float, most: float) -> None:
    half = filter_degree(kappa, epsilon)
    found = kernel_phases(kappa, half)
    assert found.degree == 2 * half
    assert found.reconstruction_error < 1e-10
    a = kernel_coefficients(kappa, half)
    assert np.abs(real_part(found, POINTS) - chebyshev.chebval(POINTS, a)).max() < most
    values = real_part(found, np.array([0.0, 1 / kappa, 0.5, 1.0]))
    assert values[0] == pytest.approx(1, abs=1e-9)
    assert np.all(np.abs(values[1:] + 1) <= 2 * filter_height(epsilon) + 1e-9)


def start(b: np.ndarray) -> Routine:
    """|0> to the state b on one qubit, by one rotation."""
    builder = Builder("right-hand side")
    system = builder.register("system", 1)
    builder.register("gradient", 0)
    builder.call(Rotation(axis="Y", angle=2 * math.atan2(b[1], b[0])), system)
    return builder.routine()


def solver(system: Encoding, b: np.ndarray, angle: float, phases: Phases) -> Routine:
    """The run of `norm_known_solver`, with phases."""
    state = start(b)
    builder = Builder("kernel reflection")
    names = ("sign", "extra", "system", "ancilla", "gradient")
    pair = reflection_pair(system, state, angle, (0.0, 0.0))
    sign, extra, data, ancilla, gradient = (builder.register(n, pair.register(n).size) for n in names)
    builder.call(state, data, gradient.part(0, 0))
    builder.call(Gate(kind="X"), extra)
    builder.call(Gate(kind="H"), sign)
    for both in phases.pairs:
        builder.call(reflection_pair(system, state, angle, both), sign, extra, data, ancilla, gradient)
    builder.call(Gate(kind="H"), sign)
    return builder.routine()


@pytest.mark.parametrize("epsilon", [0.2, 1e-2, 1e-4])
@pytest.mark.parametrize("make", [sparse, tree])
def test_the_solver_with_these_phases_solves_the_system(make: object, epsilon: float) -> None:
    assert callable(make)
    encoder = make(np.array([[1.0, -0.4], [-0.4, 0.7]]), 6)
    system = encoder.encode(True)
    matrix = block(system.routine, fixed={"control": 1}).matrix.real
    b = np.array([0.6, -0.8])
    x = np.linalg.solve(matrix, b)
    kappa = float(np.linalg.norm(np.linalg.inv(matrix), 2)) * 1.0001
    queries = norm_known_queries(kappa, epsilon)
    phases = kernel_phases(kappa, queries.encoding // 2)
    assert 2 * len(phases.pairs) == queries.encoding
    angle = 2 * math.acos(1 / float(np.linalg.norm(x)))
    found = block(solver(system, b, angle, phases), columns=[0]).matrix[:, 0]
    weight = float(np.linalg.norm(found))
    assert np.linalg.norm(found / weight - x / np.linalg.norm(x)) <= epsilon
    assert weight**2 >= queries.success / phases.alpha**2 - 1e-9


def test_phases_of_mixed_parity_come_in_two_parts() -> None:
    a = drawn(6, Parity.MIXED, 6)
    found = qsvt_phases(a)
    assert found.even is not None and found.odd is not None
    assert (found.even.degree, found.odd.degree) == (6, 7)
    total = real_part(found.even, POINTS) + real_part(found.odd, POINTS)
    assert np.abs(total - chebyshev.chebval(POINTS, a)).max() <= found.error + 1e-12
    with pytest.raises(ValueError, match="parity"):
        phases_of(a)
    with pytest.raises(ValueError, match="no pairs"):
        _ = found.odd.pairs
    with pytest.raises(ValueError, match="no filter"):
        kernel_phases(1.0, 3)
