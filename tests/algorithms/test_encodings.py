"""Encodings run on the simulator: the block is what the tables say, within ε of the matrix, and controls work."""

from __future__ import annotations

import numpy as np
import pytest

from qgd_compiler.algorithms.access import Access, IdealQram, Qroam, Qrom
from qgd_compiler.algorithms.amplitude_tree import error_bound, tree_tables
from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.frobenius import epsilon_bound as frobenius_epsilon
from qgd_compiler.algorithms.frobenius import frobenius_tables, frobenius_tree
from qgd_compiler.algorithms.history import history_encoding
from qgd_compiler.algorithms.right_hand_sides import driven
from qgd_compiler.algorithms.sparse_access import sparse_access, sparse_tables
from qgd_compiler.algorithms.uniform import uniform_superposition
from qgd_compiler.program.simulate import State, block, run

ACCESSES: tuple[Access, ...] = (Qrom(), Qroam(), IdealQram(price_t=10))
SHAPES = [(2, 2), (3, 3), (4, 2), (5, 3)]


def symmetric(n: int, sparsity: int) -> np.ndarray:
    """A symmetric matrix with signs, all numbers different, at most `sparsity` non-zeros per row."""
    rng = np.random.default_rng(7 * n + sparsity)
    full = rng.normal(size=(n, n))
    full = full + full.T
    if sparsity >= n:
        return full
    kept = np.diag(np.diag(full))
    for i in range(0, n - 1, 2):
        kept[i, i + 1] = kept[i + 1, i] = full[i, i + 1]
    return kept


def encoded(
    name: str, matrix: np.ndarray, sparsity: int, bits: int, access: Access, controlled: bool
) -> Encoding:
    """The named encoding with its tables, ε by the rounding bound."""
    n = len(matrix)
    if name == "sparse":
        top = float(np.abs(matrix).max())
        tables = sparse_tables(matrix, sparsity, top, bits)
        return sparse_access(n, sparsity, top, bits, access, controlled=controlled, tables=tables)
    norm = float(np.linalg.norm(matrix))
    return frobenius_tree(n, norm, bits, access, controlled=controlled, tables=frobenius_tables(matrix, bits))


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize("access", ACCESSES, ids=lambda a: a.name)
@pytest.mark.parametrize("bits", [2, 4, 7])
@pytest.mark.parametrize(("n", "sparsity"), SHAPES)
@pytest.mark.parametrize("name", ["sparse", "frobenius"])
def test_the_block_is_the_matrix_within_epsilon(
    name: str, n: int, sparsity: int, bits: int, access: Access, controlled: bool
) -> None:
    matrix = symmetric(n, sparsity)
    encoding = encoded(name, matrix, sparsity, bits, access, controlled)
    on = {"control": 1} if controlled else {}
    found = block(encoding.routine, fixed=on, columns=range(n)).matrix
    back = block(encoding.routine, fixed=on, columns=range(n), adjoint=True).matrix
    assert np.linalg.norm(found[:n, :n] * encoding.alpha - matrix, 2) <= encoding.epsilon
    assert np.linalg.norm(matrix, 2) <= encoding.alpha + encoding.epsilon
    assert np.allclose(back[:n, :n], found[:n, :n].T, atol=1e-12)
    # Padding never mixes with the matrix.
    assert np.abs(found[n:, :n]).max(initial=0) < 1e-12
    assert np.abs(back[n:, :n]).max(initial=0) < 1e-12
    if controlled:
        idle = block(encoding.routine, fixed={"control": 0}).matrix
        assert np.allclose(idle, np.eye(len(idle)), atol=1e-12)


@pytest.mark.parametrize("name", ["sparse", "frobenius"])
def test_epsilon_halves_with_every_bit_and_is_not_vacuous(name: str) -> None:
    matrix = symmetric(4, 4)
    errors = []
    for bits in (4, 5, 6, 7, 8):
        encoding = encoded(name, matrix, 4, bits, Qrom(), False)
        block_found = block(encoding.routine).matrix * encoding.alpha
        errors.append((float(np.linalg.norm(block_found - matrix, 2)), encoding.epsilon))
    observed, claimed = np.array(errors).T
    assert np.all(observed <= claimed)
    assert np.median(claimed / observed) < 10
    assert claimed[-1] == pytest.approx(claimed[0] / 16, rel=0.1)


def test_a_nonsymmetric_matrix_needs_both_tables_and_its_control_still_works() -> None:
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(3, 3))
    top = float(np.abs(matrix).max())
    tables = sparse_tables(matrix, 3, top, 5)
    for controlled in (False, True):
        encoding = sparse_access(3, 3, top, 5, Qroam(), controlled=controlled, symmetric=False, tables=tables)
        on = {"control": 1} if controlled else {}
        found = block(encoding.routine, fixed=on, columns=range(3)).matrix
        assert np.linalg.norm(found[:3, :3] * encoding.alpha - matrix, 2) <= encoding.epsilon
        if controlled:
            idle = block(encoding.routine, fixed={"control": 0}).matrix[:3, :3]
            assert np.allclose(idle, np.eye(3), atol=1e-12)


@pytest.mark.parametrize("idle", [False, True])
@pytest.mark.parametrize(("iterations", "padding"), [(1, 1), (2, 0), (3, 0), (2, 1), (3, 3), (4, 2)])
@pytest.mark.parametrize("name", ["sparse", "frobenius"])
def test_the_history_block_is_the_matrix_of_the_whole_run(
    name: str, iterations: int, padding: int, idle: bool
) -> None:
    n, eta = 3, 0.37
    hessian = symmetric(n, n)
    inner = encoded(name, hessian, n, 6, Qroam(), True)
    outer = history_encoding(inner, eta, iterations, padding, idle=idle)
    rows, width = iterations + 1 + padding, 4
    meant = np.eye(rows * n)
    for t in range(1, rows):
        step = np.eye(n) - eta * hessian if t <= iterations else np.eye(n)
        meant[t * n : (t + 1) * n, (t - 1) * n : t * n] = -step
    inside = [t * width + i for t in range(rows) for i in range(n)]
    on = {"control": 1} if idle else {}
    found = block(outer.routine, fixed=on, columns=inside).matrix * outer.alpha
    back = block(outer.routine, fixed=on, columns=inside, adjoint=True).matrix * outer.alpha
    outside = sorted(set(range(len(found))) - set(inside))
    assert np.linalg.norm(found[np.ix_(inside, inside)] - meant, 2) <= outer.epsilon
    assert np.abs(found[np.ix_(outside, inside)]).max(initial=0) < 1e-12
    assert np.allclose(back[np.ix_(inside, inside)], found[np.ix_(inside, inside)].T, atol=1e-12)
    assert np.abs(back[np.ix_(outside, inside)]).max(initial=0) < 1e-12
    assert outer.alpha == pytest.approx(2 + eta * inner.alpha)
    if idle:
        still = block(outer.routine, fixed={"control": 0}).matrix
        assert np.allclose(still, np.eye(len(still)), atol=1e-12)


@pytest.mark.parametrize(("iterations", "padding"), [(1, 0), (2, 1), (3, 0), (5, 2), (8, 8)])
def test_the_right_hand_side_is_the_gradient_at_the_times_one_to_t(iterations: int, padding: int) -> None:
    gradient = np.array([0.3, -1.1, 0.7])
    bits = 8
    routine = driven(3, iterations, padding, bits, Qroam(), tables=tree_tables(-gradient, bits))
    state = State.zero()
    places = {r.name: state.allocate(int(r.size)) for r in routine.registers if r.name != "gradient"}
    run(routine, state, places)
    vector = np.zeros(2 ** len(places["system"]), dtype=complex)
    vector[state.values(places["system"]).astype(int)] = state.amplitudes
    meant = np.zeros(len(vector))
    for t in range(1, iterations + 1):
        meant[4 * t : 4 * t + 3] = -gradient / np.linalg.norm(gradient) / np.sqrt(iterations)
    phase = np.vdot(meant, vector)
    assert np.linalg.norm(vector - meant * phase / abs(phase)) <= error_bound(3, bits)


def test_the_right_hand_side_leaves_the_qubits_free_that_only_the_rows_of_a_factor_need() -> None:
    gradient, bits = np.array([0.3, -1.1, 0.7]), 8
    routine = driven(3, 2, 0, bits, Qroam(), tables=tree_tables(-gradient, bits), data_bits=4)
    state = State.zero()
    places = {r.name: state.allocate(int(r.size)) for r in routine.registers if r.name != "gradient"}
    run(routine, state, places)
    vector = np.zeros(2 ** len(places["system"]), dtype=complex)
    vector[state.values(places["system"]).astype(int)] = state.amplitudes
    meant = np.zeros(4 * 16)
    for t in (1, 2):
        meant[16 * t : 16 * t + 3] = -gradient / np.linalg.norm(gradient) / np.sqrt(2)
    phase = np.vdot(meant, vector)
    assert np.linalg.norm(vector - meant * phase / abs(phase)) <= error_bound(3, bits)


@pytest.mark.parametrize("states", range(1, 18))
def test_a_uniform_superposition_is_uniform_and_exact(states: int) -> None:
    state = State.zero()
    routine = uniform_superposition(states)
    places = {r.name: state.allocate(int(r.size)) for r in routine.registers}
    run(routine, state, places)
    assert sorted(state.values(places["x"]).tolist()) == list(range(states))
    assert np.allclose(np.abs(state.amplitudes), states**-0.5, atol=1e-12)
    assert np.allclose(state.amplitudes, state.amplitudes[0], atol=1e-12)


def test_the_frobenius_bound_is_the_one_in_the_encoding() -> None:
    matrix = symmetric(3, 3)
    encoding = encoded("frobenius", matrix, 3, 5, Qrom(), False)
    assert encoding.epsilon == frobenius_epsilon(3, float(np.linalg.norm(matrix)), 5)
    assert encoding.alpha == float(np.linalg.norm(matrix))
