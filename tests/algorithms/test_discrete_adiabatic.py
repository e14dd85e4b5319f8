"""The discrete adiabatic solver: published counts, brute force, and circuits run on the simulator."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pytest
import sympy
from numpy.polynomial import chebyshev
from scipy import optimize

from qgd_compiler.algorithms.access import Qrom
from qgd_compiler.algorithms.adiabatic.filter import eigenstate_filter
from qgd_compiler.algorithms.adiabatic.queries import (
    BOUND,
    DILATED_FIT,
    FIT,
    Constant,
    Run,
    best_split,
    constant_for,
    discrete_queries,
    filter_height,
    filter_steps,
    one_run,
)
from qgd_compiler.algorithms.adiabatic.schedule import filter_angles, schedule, window
from qgd_compiler.algorithms.adiabatic.solver import discrete_expected, discrete_solver
from qgd_compiler.algorithms.adiabatic.solvers import ACCRETIVE_SYSTEM, ANY_SYSTEM
from qgd_compiler.algorithms.adiabatic.walk import Task, interpolated, walk_pair
from qgd_compiler.algorithms.amplitude_tree import amplitude_tree, tree_tables
from qgd_compiler.algorithms.encoders import Frobenius, SparseAccess
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.history_encoder import HistoryEncoder
from qgd_compiler.algorithms.linear_solvers import LinearSolver
from qgd_compiler.costing.fold import fold
from qgd_compiler.costing.prices import price_of
from qgd_compiler.errors import UsageError
from qgd_compiler.kinds import Kind
from qgd_compiler.program.builder import Builder
from qgd_compiler.program.ir import Operation, Routine, calls
from qgd_compiler.program.primitives import Gate
from qgd_compiler.program.simulate import State, block, run

BITS = 8


def right_hand_side(b: np.ndarray) -> Routine:
    """|0> to b, with the registers of a right-hand side."""
    tree = amplitude_tree(len(b), BITS, Qrom(), tables=tree_tables(b, BITS))
    builder = Builder("right-hand side")
    system = builder.register("system", tree.register("state").size)
    builder.call(tree, system, builder.register("gradient", BITS))
    return builder.routine()


def state_of(routine: Routine) -> tuple[np.ndarray, float]:
    """`system` where all other registers are 0 after a run from |0>, and the weight that is not lost."""
    state = State.zero()
    places = {r.name: state.allocate(int(r.size)) for r in routine.registers if r.name != "gradient"}
    run(routine, state, places)
    keep = np.ones(len(state.keys), dtype=bool)
    for name, spots in places.items():
        if name != "system":
            keep &= state.values(spots) == 0
    vector = np.zeros(2 ** len(places["system"]), dtype=complex)
    vector[state.values(places["system"])[keep].astype(int)] = state.amplitudes[keep]
    return vector, float(np.sum(np.abs(state.amplitudes) ** 2))


def uses(operation: Operation, wanted: Operation) -> int:
    """How often `wanted` or its inverse is called in one run."""
    if operation == wanted:
        return 1
    if not isinstance(operation, Routine):
        return 0
    return sum(int(c.times) * uses(c.op, wanted) for c in calls(operation.body))


class Case:
    """A system with its encoding, right-hand side and exact solution."""

    def __init__(self, encoder: Frobenius | HistoryEncoder, b: np.ndarray) -> None:
        self.encoding: Encoding = encoder.encode(True)
        found = encoder.realised()
        assert found is not None
        self.matrix = found
        self.right_hand_side = right_hand_side(b)
        self.b = state_of(self.right_hand_side)[0]
        self.kappa = float(self.encoding.alpha) * float(np.linalg.norm(np.linalg.inv(found), 2))
        x = np.linalg.solve(found, self.b)
        self.solution = x / np.linalg.norm(x)

    def error(self, vector: np.ndarray) -> float:
        """Distance of directions, up to a global phase."""
        overlap = abs(np.vdot(self.solution, vector)) / np.linalg.norm(vector)
        return math.sqrt(max(0.0, 2 - 2 * overlap))


@lru_cache
def case(name: str) -> Case:
    """Not symmetric, all three; the last is not accretive."""
    b = np.array([0.3, -0.5, 0.7, 0.4])
    if name == "chain":
        a = np.eye(4) - np.diag([0.9, 0.8, 1.0], -1)
        return Case(Frobenius(4, 4, float(np.linalg.norm(a)), BITS, Qrom(), data=a), b)
    if name == "history":
        hessian = SparseAccess(2, 2, 1.0, 5, Qrom(), data=np.array([[0.75, 0.25], [0.25, 0.5]]))
        b = np.array([0, 0, 0.6, -0.3, 0.6, -0.3, 0.6, -0.3])
        return Case(HistoryEncoder(hessian, 0.5, 3), b)
    a = np.array([[0.2, 0.9, 0.0, -0.3], [-0.4, -0.8, 0.5, 0.0], [0.7, 0.1, 0.6, 0.4], [0.0, 0.5, -0.9, 0.3]])
    return Case(Frobenius(4, 4, float(np.linalg.norm(a)), BITS, Qrom(), data=a), b)


SYSTEMS = [("chain", False), ("history", False), ("chain", True), ("indefinite", True)]


def test_the_systems_are_what_the_tests_need() -> None:
    for name, _ in SYSTEMS:
        assert 5 < case(name).kappa < 15
        assert not np.allclose(case(name).matrix, case(name).matrix.T)
    lowest = {name: np.linalg.eigvalsh(case(name).matrix + case(name).matrix.T)[0] for name, _ in SYSTEMS}
    assert lowest["chain"] > 0 and lowest["history"] > 0 and lowest["indefinite"] < -0.5


@pytest.mark.parametrize(
    ("constant", "epsilon", "per_kappa"),
    [
        (FIT, 1e-3, 14.3),
        (FIT, 1e-6, 22.1),
        (FIT, 1e-10, 32.1),
        (BOUND, 1e-3, 7841),
        (BOUND, 1e-6, 7850),
        (BOUND, 1e-10, 7862),
    ],
)
def test_the_cost_per_kappa_is_that_of_arxiv_2312_07690(
    constant: Constant, epsilon: float, per_kappa: float
) -> None:
    found = discrete_queries(1e6, epsilon, constant)
    digits = 0.05 if per_kappa < 100 else 0.5
    assert found.encoding / 1e6 == pytest.approx(per_kappa, abs=digits)
    assert found.right_hand_side == pytest.approx(found.encoding, abs=3)
    assert (found.success, found.kind) == (1, constant.kind)
    assert constant_for(constant.kind) == constant


@pytest.mark.parametrize("distance", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("epsilon", [0.02, 1e-4])
def test_the_filter_height_turns_the_distance_into_epsilon(distance: float, epsilon: float) -> None:
    # a vector at that distance from (1, 0), its other component shrunk, normalised again
    angle = 2 * math.asin(distance / 2)
    before = np.array([math.cos(angle), math.sin(angle)])
    assert np.linalg.norm(before - [1, 0]) == pytest.approx(distance)
    after = before * [1, filter_height(distance, epsilon)]
    assert np.linalg.norm(after / np.linalg.norm(after) - [1, 0]) == pytest.approx(epsilon)


@pytest.mark.parametrize("constant", [0.2, 1.84, 20.0, 2305.0])
@pytest.mark.parametrize("epsilon", [0.3, 1e-3, 1e-12])
def test_no_other_split_takes_fewer_steps(constant: float, epsilon: float) -> None:
    def published(distance: float) -> float:
        d = distance**2 - distance**4 / 4
        f = epsilon * math.sqrt((1 - d) * (1 - epsilon**2 / 4)) / ((1 - epsilon**2 / 2) * math.sqrt(d))
        f = min(f, 1.0)  # a filter that shrinks nothing is no filter
        q = 1 - d * (1 - f**2)
        return 0.5 * math.log(2 / f) * (1 / q**2 + 1) + constant / (distance * q**2)

    found = best_split(epsilon, constant)
    assert found.steps == pytest.approx(published(found.distance), rel=1e-12)
    coarse = min(np.geomspace(1e-3, 1.39, 4000), key=published)
    best = optimize.minimize_scalar(published, bounds=(coarse * 0.99, coarse * 1.01), method="bounded")
    assert found.steps <= best.fun * (1 + 1e-9)


def test_arrays_and_symbols_give_what_numbers_give() -> None:
    kappas, epsilons = np.array([1e2, 1e5]), np.array([[1e-2], [1e-7]])
    found = discrete_queries(kappas, epsilons)
    for i, e in enumerate((1e-2, 1e-7)):
        for j, k in enumerate((1e2, 1e5)):
            one = discrete_queries(k, e)
            assert (found.encoding[i, j], found.right_hand_side[i, j]) == (one.encoding, one.right_hand_side)
    kappa = sympy.Symbol("kappa", positive=True)
    assert discrete_queries(kappa, 1e-3).encoding.subs(kappa, 1e5) == discrete_queries(1e5, 1e-3).encoding
    with pytest.raises(UsageError, match="numbers"):
        best_split(sympy.Symbol("epsilon"), 1.84)
    with pytest.raises(UsageError, match="0 < ε < 1"):
        best_split(1.5, 1.84)


def test_a_system_that_has_to_be_made_hermitian_pays_twice_on_the_walk_alone() -> None:
    plain, twice = discrete_queries(1e4, 1e-3, BOUND), discrete_queries(1e4, 1e-3, BOUND, dilated=True)
    assert 1.99 < twice.encoding / plain.encoding < 2
    assert twice.right_hand_side < twice.encoding * 0.51
    assert "any" in twice.valid_for and "any" not in plain.valid_for
    assert constant_for(Kind.FIT, dilated=True) == DILATED_FIT


@pytest.mark.parametrize("kappa", [1.5, 7.3, 60.0])
@pytest.mark.parametrize("height", [0.1, 1e-4])
def test_the_window_keeps_one_direction_and_shrinks_the_others_and_no_shorter_one_does(
    kappa: float, height: float
) -> None:
    steps = filter_steps(kappa, height)
    assert steps % 2 == 0 and steps <= kappa * math.log(2 / height) + 2

    def left(length: int) -> float:
        weights = window(kappa, length)
        assert np.all(weights > 0) and math.fsum(weights) == pytest.approx(1)
        phi = np.linspace(math.asin(1 / kappa), math.pi / 2, 4001)
        powers = length - 2 * np.arange(length + 1)
        return float(np.abs(np.cos(np.outer(phi, powers)) @ weights).max())

    assert left(steps) <= height * (1 + 1e-9)
    if steps > 2:
        assert left(steps - 2) > height


@pytest.mark.parametrize("kappa", [1.0, 3.0, 1e5])
def test_the_schedule_slows_down_as_a_power_of_the_gap(kappa: float) -> None:
    assert schedule(0.0, kappa) == 0 and schedule(1.0, kappa) == pytest.approx(1)
    if kappa == 1:
        return
    s = np.linspace(0.02, 0.98, 7)
    f = np.array([schedule(x, kappa) for x in s])
    slope = np.array([schedule(x + 1e-6, kappa) - schedule(x - 1e-6, kappa) for x in s]) / 2e-6
    pace = slope / (1 - f + f / kappa) ** 1.4
    assert np.allclose(pace, pace[0], rtol=1e-4)


@pytest.mark.parametrize(("name", "dilated"), SYSTEMS)
@pytest.mark.parametrize("f", [0.0, 0.35, 1.0])
def test_the_path_encodes_the_matrix_between_one_and_the_system(name: str, dilated: bool, f: float) -> None:
    this = case(name)
    a, one = this.matrix / float(this.encoding.alpha), np.eye(len(this.b))
    task = Task(this.encoding, this.right_hand_side, dilated)
    routine = interpolated(task, 2 * math.atan2(f, 1 - f))
    scale = math.sqrt(2 * ((1 - f) ** 2 + f**2))
    if not dilated:
        assert np.allclose(block(routine).matrix * scale, (1 - f) * one + f * a, atol=1e-9)
        return
    for q, (diagonal, other) in enumerate(((one, a.T), (-one, a))):
        stays = block(routine, fixed={"dilation": q}).matrix
        assert np.allclose(stays * scale, (1 - f) * diagonal, atol=1e-9)
        builder = Builder("and flip")
        handles = tuple(builder.register(r.name, r.size) for r in routine.registers)
        builder.call(routine, *handles)
        builder.call(Gate(kind="X"), handles[0])
        flips = block(builder.routine(), fixed={"dilation": q}).matrix
        assert np.allclose(flips * scale, f * other, atol=1e-9)


@pytest.mark.parametrize("name", ["chain", "history"])
@pytest.mark.parametrize("pairs", [1, 3])
def test_the_walk_has_the_eigenphases_of_the_singular_values(name: str, pairs: int) -> None:
    this, f = case(name), 0.6
    task = Task(this.encoding, this.right_hand_side)
    angle = 2 * math.atan2(f, 1 - f)
    builder = Builder("walk")
    handles = tuple(builder.register(r.name, r.size) for r in walk_pair(task).registers)
    builder.call(walk_pair(task, (angle, angle)), *handles, times=pairs)
    found = block(builder.routine()).matrix
    a = (1 - f) * np.eye(len(this.b)) + f * this.matrix / float(this.encoding.alpha)
    off_b = np.eye(len(this.b)) - np.outer(this.b, this.b.conj())
    _, sigma, right = np.linalg.svd(off_b @ a / math.sqrt(2 * ((1 - f) ** 2 + f**2)))
    # ⟨0|W|0⟩ of eigenphases ±2k arccos σ is cos(2k arccos σ)
    expected = right.conj().T @ np.diag(np.cos(2 * pairs * np.arccos(sigma))) @ right
    assert np.allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("steps", [2, 4, 10])
def test_the_filter_is_the_chebyshev_polynomial_of_the_system_behind_the_projector(steps: int) -> None:
    this = case("chain")
    task = Task(this.encoding, this.right_hand_side)
    angles = filter_angles(window(this.kappa, steps))
    found = block(eigenstate_filter(task, steps, angles)).matrix
    off_b = np.eye(4) - np.outer(this.b, this.b.conj())
    _, sigma, right = np.linalg.svd(off_b @ this.matrix / float(this.encoding.alpha))
    beta = 1 / math.sqrt(1 - this.kappa**-2)
    one_hot = np.eye(steps + 1)[steps]
    top = chebyshev.chebval(beta, one_hot)
    values = chebyshev.chebval(beta * np.sqrt(1 - sigma**2), one_hot) / top
    assert values[-1] == pytest.approx(1)
    found = right @ found @ right.conj().T
    found = found * (abs(found[-1, -1]) / found[-1, -1])
    assert np.allclose(found, np.diag(values), atol=1e-9)


@pytest.mark.parametrize(("name", "dilated"), SYSTEMS)
@pytest.mark.parametrize("epsilon", [0.1, 1e-3])
def test_a_run_gives_the_solution_within_epsilon_as_often_as_claimed(
    name: str, dilated: bool, epsilon: float
) -> None:
    this = case(name)
    task = Task(this.encoding, this.right_hand_side, dilated)
    planned = one_run(this.kappa, epsilon, constant_for(Kind.FIT, dilated=dilated), dilated=dilated)
    solver = discrete_solver(task, planned, this.kappa)
    vector, alive = state_of(solver)
    probability = float(np.linalg.norm(vector) ** 2)
    assert alive == pytest.approx(probability), "what is not the output has been given up on the way"
    assert this.error(vector) <= epsilon
    assert probability >= planned.success


def test_a_tenth_of_the_walk_would_miss_its_probability_and_then_half_the_filter_epsilon() -> None:
    this, epsilon = case("indefinite"), 1e-3
    task = Task(this.encoding, this.right_hand_side, dilated=True)
    planned = one_run(this.kappa, epsilon, DILATED_FIT, dilated=True)
    hasty = Run(planned.walk // 20 * 2, planned.filter, planned.success)
    vector, _ = state_of(discrete_solver(task, hasty, this.kappa))
    assert np.linalg.norm(vector) ** 2 < planned.success
    shorter = Run(hasty.walk, hasty.filter // 4 * 2, hasty.success)
    assert this.error(state_of(discrete_solver(task, shorter, this.kappa))[0]) > epsilon


def test_histories_need_less_than_the_fit_says() -> None:
    # the walk alone reaches its distance with half of the constant
    this = case("history")
    task = Task(this.encoding, this.right_hand_side)
    half = one_run(this.kappa, 1e-3, FIT)
    half = Run(half.walk // 4 * 2, half.filter, half.success)
    assert np.linalg.norm(state_of(discrete_solver(task, half, this.kappa))[0]) ** 2 >= half.success


@pytest.mark.parametrize(("name", "dilated"), SYSTEMS)
def test_the_count_without_angles_is_the_count_of_the_circuit(name: str, dilated: bool) -> None:
    this = case(name)
    task = Task(this.encoding, this.right_hand_side, dilated)
    planned = one_run(this.kappa, 0.01, FIT, dilated=dilated)
    circuit = fold(discrete_solver(task, planned, this.kappa), price_of)
    count = fold(discrete_solver(task, planned), price_of)
    assert count == circuit
    solver = discrete_solver(task, planned)
    per_step = 2 if dilated else 1
    assert uses(solver, this.encoding.routine) == per_step * planned.walk + planned.filter
    assert uses(solver, this.right_hand_side) == planned.walk + planned.filter + 1


@pytest.mark.parametrize(("name", "dilated"), [("chain", False), ("indefinite", True)])
def test_the_expected_work_has_the_queries_that_are_claimed(name: str, dilated: bool) -> None:
    this, kappa, epsilon = case(name), 1e4, 1e-6
    task = Task(this.encoding, this.right_hand_side, dilated)
    claimed = discrete_queries(kappa, epsilon, FIT, dilated=dilated)
    work = discrete_expected(task, kappa, epsilon, FIT)
    assert uses(work, this.encoding.routine) == pytest.approx(claimed.encoding, abs=6)
    assert uses(work, this.right_hand_side) == pytest.approx(claimed.right_hand_side, abs=6)


@pytest.mark.parametrize("solver", [*ANY_SYSTEM, *ACCRETIVE_SYSTEM], ids=lambda s: s.name)
def test_a_solver_of_the_plans_runs_what_it_says_that_it_queries(solver: LinearSolver) -> None:
    this = case("chain")
    claimed = solver.queries(150.0, 1e-4, 1.0)
    work = solver.routine(this.encoding, this.right_hand_side, 150.0, 1e-4)
    assert uses(work, this.encoding.routine) == pytest.approx(claimed.encoding, abs=6)
    assert uses(work, this.right_hand_side) == pytest.approx(claimed.right_hand_side, abs=6)
    assert (claimed.kind, claimed.success) == (solver.kind, 1)
    assert not solver.reusable, "measured checks cannot be run backwards"
    flags = {r.name for r in work.registers} - {"system", "gradient"}
    assert flags == {"none", "left", "path", "ancilla"} | (
        {"dilation"} if "Hermitian" in solver.name else set()
    )
    assert [r.name for r in work.registers][-3:] == ["system", "ancilla", "gradient"]


def test_the_steps_of_failed_filters_are_half_on_average() -> None:
    # a singular value σ makes a plane in which U is a reflection; the two qubits of the choice beside it
    kappa, height = 20.0, 1e-4
    steps = filter_steps(kappa, height)
    angles = filter_angles(window(kappa, steps))
    for sigma in (0.05, 0.1, 0.4, 1.0):
        c = math.sqrt(1 - sigma**2)
        state = np.zeros((2, 2))
        state[1, 0] = 1
        run_for = 1.0
        for k in range(1, steps):
            state = state @ np.array([[sigma, c], [c, -sigma]])
            turn, back = angles.draw[k - 1] / 2, angles.undraw[k - 1] / 2
            fresh, skipped = math.cos(turn) * state[1], math.sin(turn) * state[1]
            signs = np.array([-1, 1]) if k % 2 else np.array([1, -1])
            state = np.array([math.cos(back) * state[0] * signs + math.sin(back) * skipped, fresh * signs])
            run_for += float(np.sum(state**2))
        assert 0.5 <= run_for / steps <= 0.53


def test_an_encoding_without_a_control_is_refused() -> None:
    this = case("chain")
    with pytest.raises(ValueError, match="idle control"):
        Task(Frobenius(4, 4, 1.0, 4, Qrom()).encode(False), this.right_hand_side)
    with pytest.raises(ValueError, match="draws 3 places"):
        task = Task(this.encoding, this.right_hand_side)
        eigenstate_filter(task, 4, filter_angles(window(3.0, 6)))
