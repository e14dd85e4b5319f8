"""What polynomial circuits are made of: flags, reflections, pairs of queries, and the error of the argument."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgd_compiler.algorithms.qsp.flags import at_least_counted, at_least_each
from qgd_compiler.algorithms.qsp.series import argument_error, largest_moment, second_moment
from qgd_compiler.algorithms.qsp.walk import reflect, zero_flag
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.primitives import Gate, Increment
from qgd_compiler.program.simulate import block
from tests.algorithms.qsp.polynomials import transformed
from tests.program.running import on_basis, permutes


@pytest.mark.parametrize("values", range(2, 19))
def test_the_number_of_flags_that_are_one_is_the_number(values: int) -> None:
    bits = (values - 1).bit_length()
    counting = Increment(bits=6, controlled=True)
    written, counted = Builder("flags"), Builder("flags")
    for builder, explicit in ((written, True), (counted, False)):
        number, total = builder.register("number", bits), builder.register("total", 6)
        flag = builder.allocate("flag", 1)
        if explicit:
            at_least_each(
                builder,
                number,
                values,
                flag,
                lambda j, b=builder, f=flag, t=total: b.call(counting, f, t),
            )
        else:
            at_least_counted(
                builder,
                number,
                values,
                flag,
                lambda b=builder, f=flag, t=total: b.call(counting, f, t, times=values - 1),
            )
        builder.release(flag)
    routine = written.routine()
    permutes(routine, lambda x: (x[0], (x[1] + x[0]) % 64), {"number": range(values), "total": range(2)})
    cost = fold(routine, price_of)
    assert cost == fold(counted.routine(), price_of)
    steps = Builder("steps")
    control, total = steps.register("control", 1), steps.register("total", 6)
    steps.call(counting, control, total, times=values - 1)
    assert cost.gates.toffoli - fold(steps.routine(), price_of).gates.toffoli == values - 2


@pytest.mark.parametrize("values", [5, 8, 11])
def test_the_flags_come_in_ascending_order(values: int) -> None:
    # step j adds 2^(j−1) where the number is at least j: a unary word of as many ones as the number
    builder = Builder("flags")
    number, ones = builder.register("number", (values - 1).bit_length()), builder.register("ones", values - 1)
    flag = builder.allocate("flag", 1)
    order: list[int] = []

    def step(j: int) -> None:
        order.append(j)
        builder.call(Gate(kind="CNOT"), flag, ones.part(values - 1 - j, 1))

    at_least_each(builder, number, values, flag, step)
    builder.release(flag)
    permutes(
        builder.routine(),
        lambda x: (x[0], x[1] ^ ((1 << x[0]) - 1)),
        {"number": range(values), "ones": range(3)},
    )
    assert order == list(range(1, values))


@pytest.mark.parametrize("bits", [0, 1, 2, 4])
def test_a_reflection_changes_one_sign_and_only_under_its_flag(bits: int) -> None:
    builder = Builder("reflection")
    flag, ancilla = builder.register("flag", 1), builder.register("ancilla", bits)
    reflect(builder, flag, ancilla)
    for before, after in on_basis(builder.routine()).items():
        assert after == {before: pytest.approx(-1 if before == (1, 0) else 1)}


@pytest.mark.parametrize("bits", [0, 1, 3])
def test_the_zero_flag_is_one_where_the_ancilla_is_zero(bits: int) -> None:
    builder = Builder("zero")
    target, ancilla = builder.register("target", 1), builder.register("ancilla", bits)
    with zero_flag(builder, ancilla) as at_zero:
        builder.call(Gate(kind="CNOT"), at_zero, target)
    permutes(builder.routine(), lambda x: (x[0] ^ int(x[1] == 0), x[1]))
    assert len(block(builder.routine(), system="target").matrix) == 2


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 3), st.integers(0, 7), st.floats(1e-4, 0.5), st.integers(0, 2**32 - 1), st.booleans())
def test_an_error_of_the_argument_grows_no_further_than_claimed(
    n: int, degree: int, epsilon: float, seed: int, definite: bool
) -> None:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=degree + 1)
    if definite:
        a[(degree + 1) % 2 :: 2] = 0
    matrix = rng.normal(size=(n, n))
    matrix = matrix + matrix.T
    matrix *= rng.uniform(0.8, 1) / np.linalg.norm(matrix, 2)
    off = rng.normal(size=(n, n))  # what is realised is not Hermitian
    off *= epsilon / np.linalg.norm(off, 2)
    realised = matrix + off
    size = max(np.linalg.norm(realised, 2), 1.0)
    realised = realised / size
    distance = float(np.linalg.norm(realised - matrix, 2))
    alpha = 2.5
    found = transformed(realised, a) - transformed(matrix, a)
    claimed = argument_error(second_moment(a), alpha, alpha * distance)
    assert np.linalg.norm(found, 2) <= claimed + 1e-9


@pytest.mark.parametrize("degree", [0, 1, 2, 3, 20])
def test_the_largest_moment_is_that_of_the_worst_coefficients(degree: int) -> None:
    k = np.arange(degree + 1)
    worst = k**2 / max(np.linalg.norm(k**2), 1)  # parallel to k²
    most = largest_moment(float(worst @ worst), degree)
    assert second_moment(worst) == pytest.approx(most, rel=1e-12)


def test_the_bound_on_the_argument_is_attained_at_the_end_of_the_interval() -> None:
    a = np.array([0, 0, 0, 0, 0, 1.0])
    off = transformed(np.array([[1 - 1e-6]]), a) - transformed(np.array([[1.0]]), a)
    assert abs(off[0, 0]) == pytest.approx(argument_error(second_moment(a), 1, 1e-6), rel=1e-4)
