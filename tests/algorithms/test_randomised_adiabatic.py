"""The randomised adiabatic solver: the published count, its program, and runs with lengths drawn at random."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy

from qgd_compiler.algorithms.adiabatic.randomised import (
    filter_steps,
    random_walk,
    randomised_expected,
    randomised_queries,
)
from qgd_compiler.algorithms.adiabatic.schedule import schedule
from qgd_compiler.algorithms.adiabatic.walk import Task
from qgd_compiler.kinds import Kind
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.primitives import Gate
from tests.algorithms.test_discrete_adiabatic import Case, case, state_of, uses


@pytest.mark.parametrize(("epsilon", "per_kappa"), [(1e-10, 861), (1e-3, 845)])
def test_the_count_is_the_transcribed_bound_and_not_below_that_of_the_abstract(
    epsilon: float, per_kappa: float
) -> None:
    # Jennings et al., arXiv:2305.11352: 837 kappa at 1e-10 in the abstract
    found = randomised_queries(1e6, epsilon)
    assert found.encoding / 1e6 == pytest.approx(per_kappa, abs=0.5)
    assert found.encoding >= 837e6 or epsilon > 1e-10
    assert found.kind is Kind.BOUND
    assert found.right_hand_side == found.encoding + 1


def test_the_filter_keeps_its_digits_for_small_errors() -> None:
    for exponent in (3, 12, 30):
        x = sympy.Rational(1, 4 * 10**exponent)
        exact = sympy.N(sympy.log(2 / (sympy.sqrt(1 + x) - 1)), 40)
        kappa = 10**6
        assert abs(filter_steps(kappa, float(Fraction(1, 10**exponent))) - (kappa * exact + 2)) <= 1.01


def test_arrays_and_symbols_give_what_numbers_give() -> None:
    found = randomised_queries(np.array([1e2, 1e5]), 1e-4, dilated=True)
    assert found.encoding.tolist() == [randomised_queries(k, 1e-4, dilated=True).encoding for k in (1e2, 1e5)]
    kappa = sympy.Symbol("kappa", positive=True)
    assert (
        randomised_queries(kappa, 1e-4).encoding.subs(kappa, 1000) == randomised_queries(1000, 1e-4).encoding
    )


@pytest.mark.parametrize(("name", "dilated"), [("chain", False), ("indefinite", True)])
def test_the_program_has_the_queries_that_are_claimed(name: str, dilated: bool) -> None:
    this = case(name)
    task = Task(this.encoding, this.right_hand_side, dilated)
    claimed = randomised_queries(300.0, 1e-5, dilated=dilated)
    work = randomised_expected(task, 300.0, 1e-5)
    assert uses(work, this.encoding.routine) == pytest.approx(claimed.encoding, abs=4)
    assert uses(work, this.right_hand_side) == pytest.approx(claimed.right_hand_side, abs=4)


def kernel(this: Case, dilated: bool, f: float) -> np.ndarray:
    """The vector that the projected matrix of the path maps to 0, by a singular value decomposition."""
    a = this.matrix / float(this.encoding.alpha)
    one, none = np.eye(len(a)), np.zeros_like(a)
    b = np.concatenate([this.b, 0 * this.b]) if dilated else this.b
    path = (1 - f) * one + f * a
    if dilated:
        path = (1 - f) * np.block([[one, none], [none, -one]]) + f * np.block([[none, a], [a.T, none]])
    _, sigma, right = np.linalg.svd(path - np.outer(b, b.conj() @ path))
    assert sigma[-1] < 1e-12 < sigma[-2]
    return np.asarray(right[-1].conj())


@pytest.mark.slow
@pytest.mark.parametrize(("name", "dilated"), [("chain", False), ("indefinite", True)])
def test_walks_of_random_length_do_what_measurements_of_the_kernel_would(name: str, dilated: bool) -> None:
    this = case(name)
    task = Task(this.encoding, this.right_hand_side, dilated)
    rng = np.random.default_rng(5)
    path = [schedule(j / 16, this.kappa) for j in range(17)]
    kernels = [kernel(this, dilated, f) for f in path]
    steps = [abs(np.vdot(before, after)) ** 2 for before, after in itertools.pairwise(kernels)]
    reached = []
    for _ in range(6):
        walks = []
        for f in path[1:]:
            gap = math.hypot(1 - f, f / this.kappa) / math.sqrt(2 * ((1 - f) ** 2 + f * f))
            walks.append((2 * math.atan2(f, 1 - f), int(rng.integers(0, math.ceil(3 / gap)))))
        vector, _ = state_of(ended(random_walk(task, walks), task))
        reached.append(abs(np.vdot(this.solution, vector)) ** 2)
    assert np.mean(reached) > math.prod(steps) - 0.1
    assert math.prod(steps) > abs(np.vdot(kernels[0], kernels[-1])) ** 2 + 0.1, (
        "more than a single measurement"
    )


def ended(routine: Routine, task: Task) -> Routine:
    """The run, with the side of the dilation where the solution stands called 0."""
    builder = Builder("ended")
    handles = tuple(builder.register(r.name, r.size) for r in routine.registers)
    builder.call(routine, *handles)
    if task.dilated:
        builder.call(Gate(kind="X"), handles[0])
    return builder.routine()
