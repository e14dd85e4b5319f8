"""The table of families: for each encoding, lift, solver and way to drive a run an instance that can be run in seconds.

Hessians are 2x2 to 4x4, with entries that all differ; the word lengths follow from the allowed error.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.algorithms.kernel_reflection import NORM_KNOWN, NORM_UNKNOWN
from qgd_compiler.proof.instance import Instance, Pin
from qgd_compiler.proof.making import Entry, instance

Array = NDArray[np.float64]

TWO = np.array([[0.9, 0.25], [0.25, 0.6]])
OTHER = np.array([[0.5, -0.1], [-0.1, 0.8]])
PUSH, OTHER_PUSH = np.array([0.3, -0.2]), np.array([0.1, 0.25])
FOUR_PUSH = np.array([0.3, -0.2, 0.1, 0.25])
THIRD: tuple[Entry, ...] = ((0, 0, 1, 0.2), (1, 1, 1, -0.3))
START = np.array([0.1, -0.05])
FIT = "discrete adiabatic, fit"
RANDOMISED = "randomised adiabatic"
HISTORY = "history of a quadratic model"
BANDS = 0.6 * np.eye(4) + 0.2 * (np.eye(4, k=1) + np.eye(4, k=-1))
RAMP = np.diag([0.3, 0.45, 0.6, 0.75])
FACTOR = np.array([[0.6, 0.2], [-0.3, 0.7]])
THIN = np.array([[0.5], [-0.4]])


def _quadratic(
    name: str,
    pin: Pin,
    hessian: Array = TWO,
    push: Array = PUSH,
    *,
    rate: float = 0.5,
    steps: int = 2,
    epsilon: float = 0.3,
    **more: Any,
) -> Instance:
    return instance(
        name,
        pin,
        [hessian],
        [push],
        rate=rate,
        steps=steps,
        epsilon=epsilon,
        **more,
    )


def _lifted(name: str, pin: Pin, *, epsilon: float = 0.9, **more: Any) -> Instance:
    return instance(
        name,
        pin,
        [TWO],
        [0.2 * PUSH],
        rate=0.5,
        steps=2,
        epsilon=epsilon,
        third=THIRD,
        order=2,
        **more,
    )


def digits_block() -> tuple[Array, Array]:
    """Hessian and gradient of four parameters of a pruned network on the digits set."""
    block = json.loads(files("qgd_compiler.proof").joinpath("digits_block.json").read_text("utf-8"))
    return np.array(block["hessian"]), np.array(block["gradient"])


def _digits(name: str, pin: Pin, **more: Any) -> Instance:
    hessian, gradient = digits_block()
    rate = round(0.8 / float(np.linalg.norm(hessian, 2)), 3)
    return _quadratic(name, pin, hessian, gradient, rate=rate, **more)


def _encodings() -> list[Instance]:
    """Every encoding, in a history solved by kernel reflection, G_0 ≠ 0."""
    known: dict[str, Any] = {"solver": NORM_KNOWN, "subject": HISTORY}
    diagonal = {"kind": "diagonal", "values": [0.3, 0.45, 0.6, 0.75]}
    uneven = {"kind": "diagonal", "values": [0.9, 0.35]}
    bands = {"kind": "banded", "n": 4, "offsets": [-1, 0, 1], "values": [0.2, 0.6, 0.2]}
    stored = {"kind": "dense", "file": "f.npz", "key": "a"}
    factors = [
        {"kind": "dense", "file": "f0.npz", "key": "a"},
        {"kind": "dense", "file": "f1.npz", "key": "a"},
    ]
    blocks = np.zeros((4, 4))
    blocks[:2, :2], blocks[2:, 2:] = TWO, OTHER
    both = {"f0.npz": TWO, "f1.npz": OTHER}
    return [
        _quadratic("sparse access", Pin(encoding="sparse access", **known)),
        _quadratic(
            "sparse access, select-swap", Pin(encoding="sparse access", access="qroam", **known), epsilon=0.5
        ),
        _quadratic("row-weighted", Pin(encoding="row-weighted", **known)),
        _quadratic(
            "sparse row-weighted",
            Pin(encoding="sparse row-weighted", **known),
            BANDS,
            FOUR_PUSH,
            epsilon=0.5,
        ),
        _quadratic("Frobenius norm tree", Pin(encoding="Frobenius norm tree", **known)),
        _quadratic("arithmetic bands", Pin(encoding="band", **known), BANDS, FOUR_PUSH, node=bands),
        _quadratic(
            "diagonal table", Pin(encoding="diagonal table", **known), np.diag([0.9, 0.35]), node=uneven
        ),
        _quadratic("diagonal ramp", Pin(encoding="ramp", **known), RAMP, FOUR_PUSH, node=diagonal),
        _quadratic(
            "Kronecker product",
            Pin(encoding="Kronecker", **known),
            np.kron(TWO, OTHER),
            FOUR_PUSH,
            node={"kind": "kronecker", "factors": factors},
            files=both,
            epsilon=0.5,
        ),
        _quadratic(
            "block diagonal",
            Pin(encoding="block", **known),
            blocks,
            FOUR_PUSH,
            node={"kind": "block_diagonal", "blocks": factors},
            files=both,
            epsilon=0.5,
        ),
        _quadratic(
            "Gram",
            Pin(encoding="Gram", **known),
            FACTOR.T @ FACTOR,
            node={"kind": "gram", "factor": stored},
            files={"f.npz": FACTOR},
            epsilon=0.5,
        ),
        _quadratic(
            "low rank with damping",
            Pin(encoding="low", **known),
            THIN @ THIN.T,
            node={"kind": "low_rank", "file": "f.npz", "key": "a"},
            files={"f.npz": THIN},
            damping=0.2,
            epsilon=0.5,
        ),
    ]


def _solvers() -> list[Instance]:
    """Every solver of a quadratic run."""
    tree = "Frobenius norm tree"
    gram = {"kind": "gram", "factor": {"kind": "dense", "file": "f.npz", "key": "a"}}
    by_factor: dict[str, Any] = {
        "node": gram,
        "files": {"f.npz": FACTOR},
        "steps": 4,
        "rate": 1.0,
        "epsilon": 0.1,
    }
    from_start: dict[str, Any] = {"start": np.array([0.3, -0.2]), "steps": 4, "epsilon": 0.1}
    square = FACTOR.T @ FACTOR
    return [
        _quadratic(
            "history, kernel reflection, padded and amplified",
            Pin(HISTORY, NORM_KNOWN, tree, knob=1, amplified=True),
        ),
        _quadratic(
            "history, kernel reflection, a small error",
            Pin(HISTORY, NORM_KNOWN, tree),
            steps=3,
            epsilon=0.02,
        ),
        _quadratic("history, discrete adiabatic", Pin(HISTORY, FIT, tree)),
        _quadratic("history, kernel reflection, norm unknown", Pin(HISTORY, NORM_UNKNOWN, tree)),
        _quadratic("history, randomised adiabatic", Pin(HISTORY, RANDOMISED, tree)),
        _quadratic("stationary, kernel reflection", Pin("stationary", NORM_KNOWN, tree), rate=1.0, steps=6),
        _quadratic("stationary, discrete adiabatic", Pin("stationary", FIT, tree), rate=1.0, steps=6),
        _quadratic(
            "geometric sum, Chebyshev",
            Pin("about the start", "power polynomial, Chebyshev", tree),
            steps=4,
            epsilon=0.05,
        ),
        _quadratic(
            "geometric sum, generalised QSP",
            Pin("about the start", "power polynomial, generalised", tree),
            steps=4,
            epsilon=0.05,
        ),
        _quadratic(
            "geometric sum, QSVT",
            Pin("about the start", "power polynomial, generalised", tree, transformed=True),
            steps=4,
            epsilon=0.05,
        ),
        _quadratic(
            "power, Chebyshev", Pin("about the minimum", "power polynomial, Chebyshev", tree), **from_start
        ),
        _quadratic(
            "power, generalised QSP",
            Pin("about the minimum", "power polynomial, generalised", tree),
            **from_start,
        ),
        _quadratic(
            "power, QSVT",
            Pin("about the minimum", "power polynomial, generalised", tree, transformed=True),
            **from_start,
        ),
        _quadratic(
            "Gram geometric sum, Chebyshev",
            Pin("about the start", "Gram polynomial, Chebyshev", tree),
            square,
            **by_factor,
        ),
        _quadratic(
            "Gram geometric sum, generalised QSP",
            Pin("about the start", "Gram polynomial, generalised", tree),
            square,
            **by_factor,
        ),
        _quadratic(
            "Gram power, Chebyshev",
            Pin("about the minimum", "Gram polynomial, Chebyshev", tree),
            square,
            **by_factor,
            start=np.array([0.3, -0.2]),
        ),
        _quadratic(
            "Gram power, QSVT",
            Pin("about the minimum", "Gram polynomial, generalised", tree, transformed=True),
            square,
            **by_factor,
            start=np.array([0.3, -0.2]),
        ),
        _quadratic(
            "direct polynomial, Chebyshev",
            Pin("direct polynomial in H, about the start", "Chebyshev", tree),
            steps=4,
            rate=0.3,
        ),
        _quadratic(
            "direct polynomial, generalised QSP",
            Pin("direct polynomial in H, about the start", "generalised", tree),
            steps=4,
            rate=0.3,
        ),
        _quadratic(
            "one-sided polynomial of a driven run",
            Pin("one-sided polynomial in H, about the start", "QSVT", tree),
            steps=4,
        ),
        _quadratic(
            "one-sided polynomial of a start",
            Pin("one-sided polynomial in H, about the minimum", "QSVT", tree),
            **from_start,
        ),
        _quadratic(
            "LCHS of a driven run",
            Pin("LCHS in H, about the start", "QSVT", tree),
            steps=20,
            rate=0.02,
            epsilon=0.6,
        ),
    ]


def _dynamics() -> list[Instance]:
    """What a quadratic run may be beside one rate and one Hessian."""
    tree = "Frobenius norm tree"
    return [
        _quadratic("momentum", Pin(HISTORY, NORM_KNOWN, tree), momentum=0.3),
        _quadratic("momentum, discrete adiabatic", Pin(HISTORY, FIT, tree), momentum=0.3, epsilon=0.5),
        _quadratic("learning-rate schedule", Pin(HISTORY, NORM_KNOWN, tree), rates=(0.5, 0.25), epsilon=0.6),
        instance(
            "two minibatches, kernel reflection",
            Pin(HISTORY, NORM_KNOWN, tree),
            [TWO, OTHER],
            [PUSH, OTHER_PUSH],
            rate=0.5,
            steps=2,
            epsilon=0.5,
        ),
        instance(
            "two minibatches, discrete adiabatic",
            Pin(HISTORY, FIT, tree),
            [TWO, OTHER],
            [PUSH, OTHER_PUSH],
            rate=0.5,
            steps=2,
            epsilon=0.5,
        ),
        _digits("digits network, four parameters", Pin(HISTORY, NORM_KNOWN, tree)),
        _digits("digits network, geometric sum", Pin("about the start", "power polynomial, Chebyshev", tree)),
    ]


def _lifts() -> list[Instance]:
    """Carleman order 2, F_2 ≠ 0, two parameters."""
    trees = "3 x Frobenius norm tree"
    two_trees = "2 x Frobenius norm tree"
    start: dict[str, Any] = {"start": START}
    return [
        _lifted(
            "exact lift, gradient on the right-hand side",
            Pin("exact Carleman lift of order 2, gradient on", NORM_KNOWN, trees),
        ),
        _lifted(
            "exact lift, gradient from level 0",
            Pin("exact Carleman lift of order 2, gradient from", NORM_KNOWN, trees),
        ),
        _lifted(
            "exact lift, from a displacement",
            Pin("exact Carleman lift of order 2, from", NORM_KNOWN, two_trees),
            **start,
        ),
        _lifted(
            "exact lift, discrete adiabatic",
            Pin("exact Carleman lift of order 2, from", FIT, two_trees),
            **start,
        ),
        _lifted(
            "first-order lift, gradient on the right-hand side",
            Pin("first-order Carleman lift of order 2, gradient on", NORM_KNOWN, trees),
        ),
        _lifted(
            "first-order lift, from a displacement",
            Pin("first-order Carleman lift of order 2, from", NORM_KNOWN, two_trees),
            **start,
        ),
        instance(
            "first-order lift, two minibatches",
            Pin("first-order Carleman lift of order 2, gradient on", NORM_KNOWN, trees),
            [TWO, OTHER],
            [0.2 * PUSH, 0.2 * OTHER_PUSH],
            rate=0.5,
            steps=2,
            epsilon=0.9,
            third=THIRD,
            order=2,
        ),
    ]


GROUPS: tuple[Callable[[], list[Instance]], ...] = (_encodings, _solvers, _dynamics, _lifts)


def families() -> tuple[Instance, ...]:
    """All of them; names differ."""
    return tuple(one for group in GROUPS for one in group())
