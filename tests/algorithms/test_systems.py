"""The linear systems of a spec, written out: their solution is the run, within what they claim."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qgd_compiler.algorithms.access import Qrom
from qgd_compiler.algorithms.amplitude_tree import tree_tables
from qgd_compiler.algorithms.menu.offer import Words
from qgd_compiler.algorithms.right_hand_sides import driven, lifted, lifted_changing
from qgd_compiler.algorithms.systems.lifted import LiftedSystem
from qgd_compiler.algorithms.systems.linear import LinearSystem
from qgd_compiler.program.ir import Routine
from qgd_compiler.program.simulate import State, block, run
from qgd_compiler.scalars import ceil_log2
from qgd_compiler.spec.loader import Loaded, validate
from qgd_compiler.structure import HistoryMatrix
from qgd_compiler.structure.carleman_step import LIFTS
from qgd_compiler.study import study
from tests.analysis.systems import System

HESSIAN = np.array([[1.0, 0.25, 0.0], [0.25, 0.6, 0.1], [0.0, 0.1, 0.8]])
GRADIENT = np.array([0.1, -0.05, 0.08])
THIRD = [[0, 0, 1, 0.4], [1, 2, 2, -0.6], [2, 2, 2, 0.2]]


def spec(tmp_path: Path, **changes: Any) -> Loaded:
    """A spec over three parameters with all its data; `dynamics__x` sets a field of a section."""
    np.save(tmp_path / "h.npy", HESSIAN)
    np.savez(tmp_path / "h.npz", H=HESSIAN)
    np.save(tmp_path / "g.npy", GRADIENT)
    data: dict[str, Any] = {
        "qgd": 1,
        "name": "three",
        "model": {"parameters": 3},
        "dynamics": {"learning_rate": 0.3, "iterations": 5},
        "hessian": {"kind": "dense", "file": "h.npz", "key": "H"},
        "gradient": {"file": "g.npy"},
        "target": {"epsilon": 0.05},
    }
    for path, value in changes.items():
        *parents, last = path.split("__")
        here = data
        for name in parents:
            here = here.setdefault(name, {})
        here[last] = value
    return validate(data, tmp_path)


def gradient_descent(
    rates: np.ndarray,
    momentum: float = 0.0,
    start: np.ndarray | None = None,
    tensor: np.ndarray | None = None,
    hessians: tuple[np.ndarray, ...] = (HESSIAN,),
    gradients: tuple[np.ndarray, ...] = (GRADIENT,),
) -> np.ndarray:
    """u_0 … u_T, shape (T+1, 3), by the plainest loop."""
    u = np.zeros(3) if start is None else start.copy()
    v, found = np.zeros(3), [u]
    for t, rate in enumerate(rates):
        slope = gradients[t % len(gradients)] + hessians[t % len(hessians)] @ u
        if tensor is not None:
            slope = slope + np.einsum("ijk,j,k->i", tensor, u, u) / 2
        v = momentum * v - rate * slope
        u = u + v
        found.append(u)
    return np.array(found)


def full_tensor() -> np.ndarray:
    """∂³L from the entries, every permutation by hand."""
    import itertools

    whole = np.zeros((3, 3, 3))
    for i, j, k, value in THIRD:
        for place in itertools.permutations((int(i), int(j), int(k))):
            whole[place] = value
    return whole


def prepared(routine: Routine) -> np.ndarray:
    """The state of `system` that a preparation makes of |0>."""
    state = State.zero()
    places = {r.name: state.allocate(int(r.size)) for r in routine.registers if r.name != "gradient"}
    run(routine, state, places)
    vector = np.zeros(2 ** len(places["system"]), dtype=complex)
    vector[state.values(places["system"]).astype(int)] = state.amplitudes
    return vector


def solved(system: Any, padding: int, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """L and y, with b given by the places of the registers, over the rows of the matrix."""
    whole = HistoryMatrix(step=system.step, iterations=system.iterations, padding=padding).matrix()
    return whole, np.linalg.solve(whole, b)


@pytest.mark.parametrize("lift", LIFTS)
@pytest.mark.parametrize("padding", [0, 3])
@pytest.mark.parametrize("about", ["start", "minimum"])
def test_a_lifted_system_has_the_run_in_it(tmp_path: Path, lift: str, padding: int, about: str) -> None:
    changes: dict[str, Any] = {
        "dynamics__expansion": {"order": 2, "lift": lift, "carleman_order": 2, "about": about},
        "third_derivative": {"entries": THIRD},
    }
    start = None
    if about == "minimum":
        start = np.array([0.3, -0.1, 0.2])
        np.save(tmp_path / "u.npy", start)
        changes |= {"displacement": {"file": "u.npy"}}
    found = study(spec(tmp_path, **changes))
    rates = np.full(5, 0.3)
    gradients = (GRADIENT,) if about == "start" else (np.zeros(3),)
    true = gradient_descent(rates, start=start, tensor=full_tensor(), gradients=gradients)
    systems = found.problem().systems
    assert len(systems) == (2 if about == "start" else 1)
    for system in systems:
        assert isinstance(system, LiftedSystem)
        layout = system.offers[0].columns
        bits, copies = 2, system.order
        if system.driven == "gradient from level 0":
            state = np.zeros(2 ** (4 + layout.bits))
            state[0] = 1
        else:
            held = system.states.data
            assert held is not None
            routine = lifted(
                3, copies, system.step.first, system.weights[0], 5, padding, 20, Qrom(),
                driven_at_every_time=about == "start", tables=tree_tables(held[0], 20),
            )  # fmt: skip
            state = prepared(routine)
            seen = state[(int(about == "start") << layout.bits) + int(layout.places()[0])]
            state = state * (np.sign(held[0][0]) * abs(seen) / seen)  # without the global phase
        rows = 6 + padding
        places = np.concatenate([(t << layout.bits) + layout.places() for t in range(rows)])
        assert np.linalg.norm(np.delete(state, places)) < 1e-9
        sums = system.sums
        assert sums.right_hand_side is not None
        b = np.real_if_close(state[places]) * np.sqrt(sums.right_hand_side)
        whole, y = solved(system, padding, b)
        steps = y.reshape(rows, -1)
        first = 1 - system.step.first
        gamma = system.gamma
        assert gamma is not None
        last = steps[5][first : first + 3] * gamma
        off = np.linalg.norm(last - true[-1]) / np.linalg.norm(true[-1])
        assert off <= sum(term.displacement for term in system.errors) + 1e-4
        squares = np.sum(steps**2, axis=1)
        wanted = np.sum((steps[5:, first : first + 3]) ** 2) / squares.sum()
        low, high = sums.probability(padding)
        assert low * (1 - 1e-4) <= wanted <= high * (1 + 1e-4)
        norm = np.linalg.norm(y) / np.linalg.norm(b)
        bounds = sums.solution_norm(padding)
        assert bounds is not None and bounds[0] * (1 - 1e-4) <= norm <= bounds[1] * (1 + 1e-4)
        assert np.linalg.norm(np.linalg.inv(whole), 2) <= system.inverse_norm(padding) * (1 + 1e-9)
        assert bits == ceil_log2(3)


def changing(
    kind: str, tmp_path: Path
) -> tuple[dict[str, Any], np.ndarray, list[np.ndarray], list[np.ndarray], float]:
    """A nonlinear spec whose steps differ, its rates, and Hessian and gradient of each minibatch."""
    changes: dict[str, Any] = {
        "dynamics__expansion": {"order": 2, "carleman_order": 2},
        "third_derivative": {"entries": THIRD},
    }
    rates, hessians, gradients = np.full(5, 0.3), [HESSIAN], [GRADIENT]
    if "schedule" in kind:
        rates = np.array([0.3, 0.1, 0.0, 0.2, 0.25])
        changes["dynamics__schedule"] = {"kind": "list", "rates": rates.tolist()}
    if "minibatches" in kind:
        hessians = [HESSIAN, HESSIAN + np.diag([0.2, 0.0, -0.1]), HESSIAN * 0.5]
        gradients = [GRADIENT, -0.5 * GRADIENT, GRADIENT[::-1].copy()]
        for i, (h, g) in enumerate(zip(hessians, gradients, strict=True)):
            np.savez(tmp_path / f"h{i}.npz", H=h)
            np.save(tmp_path / f"g{i}.npy", g)
        changes["dynamics__minibatches"] = {
            "count": 3,
            "hessians": [{"kind": "dense", "file": f"h{i}.npz", "key": "H"} for i in range(3)],
            "gradients": [{"file": f"g{i}.npy"} for i in range(3)],
        }
    momentum = 0.4 if "momentum" in kind else 0.0
    if momentum:
        changes["dynamics__momentum"] = momentum
    return changes, rates, hessians, gradients, momentum


def recursion_of(
    rates: np.ndarray,
    hessians: list[np.ndarray],
    gradients: list[np.ndarray],
    momentum: float,
    p: np.ndarray | None,
) -> System:
    """G_0, G_1, G_2 of every step by hand; with momentum on pairs P (u, v), u and v four entries long."""
    side = 3 if p is None else 4
    flat = np.zeros((side, side, side))
    flat[:3, :3, :3] = full_tensor() / 2
    steps = []
    for t, rate in enumerate(rates):
        h, g = np.zeros((side, side)), np.zeros(side)
        h[:3, :3], g[:3] = hessians[t % len(hessians)], gradients[t % len(gradients)]
        one, force = np.eye(side) - rate * h, -rate * flat.reshape(side, side**2)
        push = -rate * g
        if p is not None:
            eye = np.eye(side)
            whole, back = np.kron(p, eye), np.kron(np.linalg.inv(p), eye)
            one = whole @ np.block([[one, momentum * eye], [-rate * h, momentum * eye]]) @ back
            both, read = whole @ np.vstack([eye, eye]), back[:side]
            push, force = both @ push, both @ force @ np.kron(read, read)
        steps.append((push[:, None], one, force))
    return System(tuple(steps), np.zeros(len(steps[0][1])), len(rates))


@pytest.mark.parametrize("lift", LIFTS)
@pytest.mark.parametrize("padding", [0, 2])
@pytest.mark.parametrize(
    "kind", ["schedule", "minibatches", "minibatches with a schedule", "momentum with a schedule"]
)
def test_a_lifted_run_that_changes_has_the_run_in_it(
    tmp_path: Path, lift: str, padding: int, kind: str
) -> None:
    changes, rates, hessians, gradients, momentum = changing(kind, tmp_path)
    changes["dynamics__expansion"]["lift"] = lift
    found = study(spec(tmp_path, **changes))
    true = gradient_descent(
        rates, momentum, tensor=full_tensor(), hessians=tuple(hessians), gradients=tuple(gradients)
    )
    recursion = recursion_of(rates, hessians, gradients, momentum, found.transform if momentum else None)
    systems = found.problem().systems
    assert [s.name.split(", ")[1] for s in systems] == [
        "gradient on the right-hand side",
        "gradient from level 0",
    ]
    n, rows = recursion.size, 6 + padding
    for system in systems:
        assert isinstance(system, LiftedSystem) and system.gamma is not None
        first, order = system.step.first, system.order
        layout = system.offers[0].columns.parts[-1]
        scale = np.concatenate([np.full(n**j, system.gamma**j) for j in range(order + 1)])
        cut = first and 1
        lifts = [
            (recursion.lift(t, order) if lift == "exact" else recursion.first_order_lift(t, order))
            for t in range(5)
        ]
        blocks = [(m * scale[None, :] / scale[:, None])[cut:, cut:] for m in lifts]
        width = len(blocks[0])
        assert system.width == width
        np.testing.assert_allclose(
            system.step.matrix()[2 * width : 3 * width, 2 * width : 3 * width], blocks[2], atol=1e-12
        )
        whole = np.eye(rows * width)
        for t in range(rows - 1):
            block_of = blocks[t] if t < 5 else np.eye(width)
            whole[(t + 1) * width : (t + 2) * width, t * width : (t + 1) * width] = -block_of
        if system.driven == "gradient from level 0":
            state = np.zeros(2 ** (3 + layout.bits))
            state[0] = 1
        else:
            held = system.states.data
            assert held is not None
            routine = lifted_changing(
                held.shape[1], order, first, system.weights, 5, padding, 20, Qrom(),
                batches=system.batches, tables=tree_tables(held, 20),
                time_tables=tree_tables(np.linalg.norm(system.weights, axis=1), 20),
                level_tables=tree_tables(system.weights, 20),
            )  # fmt: skip
            state = prepared(routine)
            seen = state[(1 << layout.bits) + int(layout.places()[0])]
            state = state * (np.sign(held[0][0]) * abs(seen) / seen)
            rhs = system.right_hand_side(system.offers[0], padding, 1e-3, Qrom())
            assert rhs.routine.register("system").size == routine.register("system").size
        places = np.concatenate([(t << layout.bits) + layout.places() for t in range(rows)])
        assert np.linalg.norm(np.delete(state, places)) < 1e-4
        sums = system.sums
        assert sums.right_hand_side is not None
        b = np.real_if_close(state[places], tol=1e6) * np.sqrt(sums.right_hand_side)
        y = np.linalg.solve(whole, b)
        steps = y.reshape(rows, -1)
        last = steps[5][1 - first :][:3] * system.gamma
        off = np.linalg.norm(last - true[-1]) / np.linalg.norm(true[-1])
        assert off <= sum(term.displacement for term in system.errors) + 1e-4
        squares = np.sum(steps**2, axis=1)
        wanted = np.sum((steps[5:, 1 - first : 4 - first]) ** 2) / squares.sum()
        low, high = sums.probability(padding)
        assert low * (1 - 1e-4) <= wanted <= high * (1 + 1e-4)
        norm = np.linalg.norm(y) / np.linalg.norm(b)
        bounds = sums.solution_norm(padding)
        assert bounds is not None and bounds[0] * (1 - 1e-4) <= norm <= bounds[1] * (1 + 1e-4)
        assert np.linalg.norm(np.linalg.inv(whole), 2) <= system.inverse_norm(padding) * (1 + 1e-9)
        step = system.offers[0].prepared(Words(epsilon=1e-2), Qrom()).encoding(controlled=True)
        history = system.history(step, padding, Qrom())
        assert history.system == 3 + layout.bits


def test_the_history_circuit_of_a_changing_step_is_its_matrix() -> None:
    from qgd_compiler.algorithms.history import any_history_encoding
    from qgd_compiler.algorithms.menu.offers import offers
    from qgd_compiler.structure import CarlemanSteps, Dense

    rates, h, k = [0.3, 0.0, 0.2], np.array([[1.0, 0.25], [0.25, -0.6]]), np.array([[0.1, -0.2], [0.0, 0.3]])
    node = CarlemanSteps(
        rates=np.array(rates), hessians=(Dense(entries=h),), order=1, coasting=Dense(entries=k)
    )
    offer = next(o for o in offers(node, tables=True) if "Frobenius" in o.name)
    step = offer.prepared(Words(bits=5), Qrom()).encoding(True)
    for padding in (0, 1):
        outer = any_history_encoding(step, 3, padding, beside=2)
        count = 2 * (4 + padding)
        meant = np.eye(count)
        for t in range(3 + padding):
            one = np.eye(2) - rates[t] * h - k if t < 3 else np.eye(2)
            meant[2 * t + 2 : 2 * t + 4, 2 * t : 2 * t + 2] = -one
        found = block(outer.routine, columns=list(range(count))).matrix
        off = np.linalg.norm(found[:count, :count] * float(outer.alpha) - meant, 2)
        assert off <= float(outer.epsilon)
        assert np.abs(found[count:, :count]).max(initial=0) < 1e-12


CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "schedule": {"dynamics__schedule": {"kind": "cosine", "final": 0.01}},
    "momentum": {"dynamics__momentum": 0.6},
    "momentum and schedule": {
        "dynamics__momentum": 0.6,
        "dynamics__schedule": {"kind": "list", "rates": [0.3, 0.1, 0, 0.2, 0.25]},
    },
    "listed rates": {"dynamics__schedule": {"kind": "list", "rates": [0.3, 0.1, 0, 0.2, 0.25]}},
}


@pytest.mark.parametrize(
    "name", [*CASES, "minibatches", "minibatches with momentum", "minibatches with momentum and schedule"]
)
@pytest.mark.parametrize("padding", [0, 2])
def test_a_linear_system_has_the_run_in_it(tmp_path: Path, name: str, padding: int) -> None:
    changes = dict(CASES.get(name, {}))
    hessians, gradients = (HESSIAN,), (GRADIENT,)
    if "minibatches" in name:
        hessians = (HESSIAN, HESSIAN + np.diag([0.2, 0.0, -0.1]), HESSIAN * 0.5)
        gradients = (GRADIENT, -2 * GRADIENT, GRADIENT[::-1].copy())
        for i, (h, g) in enumerate(zip(hessians, gradients, strict=True)):
            np.savez(tmp_path / f"h{i}.npz", H=h)
            np.save(tmp_path / f"g{i}.npy", g)
        changes["dynamics__minibatches"] = {
            "count": 3,
            "hessians": [{"kind": "dense", "file": f"h{i}.npz", "key": "H"} for i in range(3)],
            "gradients": [{"file": f"g{i}.npy"} for i in range(3)],
        }
        if "momentum" in name:
            changes["dynamics__momentum"] = 0.6
        if "schedule" in name:
            changes |= CASES["schedule"]
    found = study(spec(tmp_path, **changes))
    (system,) = found.problem().systems
    assert isinstance(system, LinearSystem)
    momentum = float(changes.get("dynamics__momentum", 0.0))
    true = gradient_descent(found.recursion.rates, momentum, hessians=hessians, gradients=gradients)
    offer = system.offers[0]
    step = offer.prepared(Words(epsilon=1e-3), Qrom()).encoding(controlled=True)
    history = system.history(step, padding, Qrom())
    time_bits = int(ceil_log2(6 + padding))
    assert history.system == time_bits + 2 + (1 if momentum else 0)
    rhs = system.right_hand_side(offer, padding, 1e-4, Qrom())
    assert rhs.routine.register("system").size == history.system
    # the matrix that the circuit stands for, from brute force
    width = 6 if momentum else 3
    rows = 6 + padding
    whole = np.eye(rows * width)
    b = np.zeros(rows * width)
    for t in range(rows - 1):
        h, rate = hessians[t % len(hessians)], found.recursion.rates[min(t, 4)]
        g = gradients[t % len(gradients)]
        one = np.eye(width)
        if t < 5:
            one = np.eye(3) - rate * h
            push = -rate * g
            if momentum:
                # pairs of (u, v): P is the identity or the one of the study
                p = np.eye(2) if found.transform is None else found.transform
                pair = np.block([[one, momentum * np.eye(3)], [-rate * h, momentum * np.eye(3)]])
                big = np.kron(p, np.eye(3))
                one = big @ pair @ np.linalg.inv(big)
                push = np.kron(p @ np.ones(2), push)
            b[(t + 1) * width : (t + 2) * width] = push
        whole[(t + 1) * width : (t + 2) * width, t * width : (t + 1) * width] = -one
    y = np.linalg.solve(whole, b).reshape(rows, -1)
    np.testing.assert_allclose(y[5][:3], true[-1], rtol=1e-9, atol=1e-12)
    sums = system.sums
    wanted = np.sum(y[5:, :3] ** 2) / np.sum(y**2)
    assert sums.probability(padding) == pytest.approx((wanted, wanted), rel=1e-6)
    assert sums.solution_norm(padding) == pytest.approx(
        (np.linalg.norm(y) / np.linalg.norm(b),) * 2, rel=1e-6
    )
    truth = np.linalg.norm(np.linalg.inv(whole), 2)
    assert truth <= system.inverse_norm(padding) * (1 + 1e-9) <= 40 * truth
    # what is encoded, and what coasts beside it, make the steps of that matrix
    entries = next(o for o in system.offers if "Frobenius" in o.name)
    h = entries.prepared(Words(epsilon=1e-7), Qrom()).encoder.realised()
    assert h is not None
    side = len(h) // len(hessians)
    kept = [i for i in range(side) if i % 4 < 3] if momentum or len(hessians) > 1 else list(range(3))
    coast = np.zeros((side, side)) if system.coasting is None else system.coasting.matrix()
    for t in range(5):
        own = h[side * (t % len(hessians)) :, side * (t % len(hessians)) :][:side, :side]
        step_of = np.eye(side) - found.recursion.rates[t] * own - coast
        meant = -whole[(t + 1) * width : (t + 2) * width, t * width : (t + 1) * width]
        np.testing.assert_allclose(step_of[np.ix_(kept, kept)], meant, atol=1e-6)


@pytest.mark.parametrize("encoding", ["sparse access", "row-weighted", "Frobenius norm tree"])
def test_the_history_circuit_of_a_schedule_and_minibatches_is_their_matrix(encoding: str) -> None:
    from qgd_compiler.algorithms.history import Batches, history_encoding
    from qgd_compiler.algorithms.menu.offers import offers
    from qgd_compiler.structure import Dense, Diagonal

    first, second = np.array([[1.0, 0.25], [0.25, 0.6]]), np.array([[0.4, -0.3], [-0.3, 0.9]])
    both = np.block([[first, np.zeros((2, 2))], [np.zeros((2, 2)), second]])
    rates = np.array([0.5, 0.25, 0.4])
    found_offers = {o.name: o for o in offers(Dense(entries=both), tables=True)}
    hessian = found_offers[encoding].prepared(Words(bits=5), Qrom())
    shares = np.array([*rates, rates[-1], rates[-1]]) / 0.5
    table = next(o for o in offers(Diagonal(values=shares), tables=True) if o.name == "diagonal table")
    scale = table.prepared(Words(bits=6), Qrom())
    outer = history_encoding(
        hessian.encoding(True), 0.5, 3, 1, rates=scale.encoding(True), batches=Batches((0, 1, 0), Qrom())
    )
    meant = np.eye(10)
    for t in range(4):
        step = np.eye(2) - rates[t] * (first, second)[t % 2] if t < 3 else np.eye(2)
        meant[2 * t + 2 : 2 * t + 4, 2 * t : 2 * t + 2] = -step
    found = block(outer.routine, columns=list(range(10))).matrix
    off = np.linalg.norm(found[:10, :10] * float(outer.alpha) - meant, 2)
    assert off <= float(outer.epsilon)
    assert np.abs(found[10:, :10]).max() < 1e-12


def test_the_history_circuit_of_momentum_with_a_schedule_is_its_matrix() -> None:
    from qgd_compiler.algorithms.history import history_encoding
    from qgd_compiler.algorithms.menu.offers import offers
    from qgd_compiler.structure import Dense, Diagonal

    h, k, rates = np.array([[1.0, 0.25], [0.5, -0.6]]), np.array([[0.1, -0.2], [0.4, 0.3]]), [0.5, 0.25, 0.4]
    force, coast = (
        next(o for o in offers(Dense(entries=m), tables=True) if "Frobenius" in o.name).prepared(
            Words(bits=6), Qrom()
        )
        for m in (h, k)
    )
    shares = Diagonal(values=np.array([*rates, 0.4]) / 0.5)
    table = next(o for o in offers(shares, tables=True) if o.name == "diagonal table")
    scale = table.prepared(Words(bits=5), Qrom())
    outer = history_encoding(
        force.encoding(True), 0.5, 3, 0, rates=scale.encoding(True), coasting=coast.encoding(True)
    )
    meant = np.eye(8)
    for t in range(3):
        meant[2 * t + 2 : 2 * t + 4, 2 * t : 2 * t + 2] = -(np.eye(2) - rates[t] * h - k)
    found = block(outer.routine, columns=list(range(8))).matrix
    assert np.linalg.norm(found[:8, :8] * float(outer.alpha) - meant, 2) <= float(outer.epsilon)
    assert float(outer.epsilon) < 0.5 and np.abs(found[8:, :8]).max(initial=0) < 1e-12


@pytest.mark.parametrize("way", ["varying", "batches", "noisy"])
def test_a_right_hand_side_of_differing_steps_is_theirs(way: str) -> None:
    rng = np.random.default_rng(3)
    rates, vectors = rng.uniform(0.1, 1, 5), rng.standard_normal((5, 3))
    bits = 18
    if way == "varying":
        vectors = np.repeat(vectors[:1], 5, axis=0)
    batches = None
    held = vectors[:1]
    if way == "batches":
        vectors, batches = vectors[[0, 1, 0, 1, 0]], (0, 1, 0, 1, 0)
        held = vectors[:2]
    if way == "noisy":
        held = vectors
    weights = rates * np.linalg.norm(vectors, axis=1)
    routine = driven(
        3, 5, 2, bits, Qrom(), varying=True, batches=batches, noisy=way == "noisy",
        tables=tree_tables(held, bits), time_tables=tree_tables(weights, bits),
    )  # fmt: skip
    found = prepared(routine)
    meant = np.zeros(len(found))
    for t in range(5):
        meant[4 * (t + 1) : 4 * (t + 1) + 3] = rates[t] * vectors[t]
    meant /= np.linalg.norm(meant)
    phase = np.vdot(meant, found)
    assert np.linalg.norm(found - meant * phase / abs(phase)) < 1e-4
