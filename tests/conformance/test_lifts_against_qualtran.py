"""Lifted steps and their histories on the rungs: counts and qubits as Qualtran finds them, blocks as simulated."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from qgd_compiler.algorithms.access import IdealQram, Qroam, Qrom
from qgd_compiler.algorithms.menu.offer import Offer, Words
from qgd_compiler.algorithms.menu.offers import offers
from qgd_compiler.kinds import Source
from qgd_compiler.structure import (
    CarlemanStep,
    CarlemanSteps,
    Declared,
    Dense,
    Diagonal,
    Fact,
    HistoryMatrix,
    Matrix,
    Tensor,
)
from qgd_compiler.structure.carleman_step import LIFTS
from tests.conformance.rungs import Case, climb
from tests.conformance.verdicts import Verdicts

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

ACCESSES = (Qrom(), Qroam(), IdealQram(100))
MOST_BACKWARDS = 24
VARIANTS = ((False, False), (True, False), (False, True), (True, True))  # controlled, inverse

HESSIAN = Dense(entries=np.array([[1.0, 0.25], [0.25, -0.6]]))
GRADIENT = Dense(entries=np.array([[0.3], [-0.2]]))
SECOND = Tensor.of_derivative(2, 2, {(0, 0, 1): 0.3, (1, 1, 1): -0.7})
THIRD = Tensor.of_derivative(2, 3, {(0, 0, 1, 1): 0.9, (1, 1, 1, 0): -0.7})
BOUNDS = Declared(
    rows=64,
    columns=64,
    row_sparsity=Fact(5, Source.ASSUMED),
    column_sparsity=Fact(5, Source.ASSUMED),
    max_entry=Fact(0.5, Source.ASSUMED),
    hermitian=True,
    real=True,
)
TENSOR_BOUNDS = Tensor(
    size=64,
    inputs=2,
    row_sparsity=Fact(6, Source.ASSUMED),
    max_entry=Fact(0.2, Source.ASSUMED),
)


def steps() -> Iterator[tuple[str, Matrix]]:
    """Two parameters, both lifts, N = 1, 2, 3, with every combination of terms that N can tell apart."""
    for lift, order, degree in itertools.product(LIFTS, (1, 2, 3), (1, 2, 3)):
        ways = ((None, False), (GRADIENT, False), (GRADIENT, True))
        # terms beyond the order drop out of the lift, but their encoders must not disturb it
        for gradient, constant in ways if degree <= order else ways[1:2]:
            what = "no gradient" if gradient is None else "level 0" if constant else "gradient"
            yield (
                f"{lift}, N={order}, q={degree}, {what}",
                CarlemanStep(
                    hessian=HESSIAN,
                    learning_rate=0.3,
                    order=order,
                    lift=lift,
                    gradient=gradient,
                    higher=(SECOND, THIRD)[: degree - 1],
                    constant_level=constant,
                    gamma=0.4,
                ),
            )
    yield from changing()
    three = CarlemanStep(
        hessian=Dense(entries=np.array([[1.0, 0.3, 0.0], [0.3, -0.6, 0.2], [0.0, 0.2, 0.8]])),
        learning_rate=0.3,
        order=2,
        gradient=Dense(entries=np.array([[0.3], [-0.2], [0.7]])),
        higher=(Tensor.of_derivative(3, 2, {(0, 1, 2): 0.3, (1, 1, 2): -0.7}),),
        constant_level=True,
    )
    yield "three parameters", three
    nothing = Tensor(size=2, inputs=2, norm=Fact(0.0, Source.EXACT))
    yield (
        "a vanishing third derivative",
        CarlemanStep(hessian=HESSIAN, learning_rate=0.3, order=3, higher=(nothing, THIRD)),
    )
    yield "uphill", CarlemanStep(hessian=HESSIAN, learning_rate=-0.3, order=2, higher=(SECOND,))
    for lift in LIFTS:
        bounded = CarlemanStep(hessian=BOUNDS, learning_rate=0.3, order=2, lift=lift, higher=(TENSOR_BOUNDS,))
        yield f"bounds, {lift}", bounded
        small = CarlemanStep(hessian=HESSIAN, learning_rate=0.3, order=2, lift=lift, higher=(SECOND,))
        yield f"history, {lift}", HistoryMatrix(step=small, iterations=2, padding=1)
    shrinking = Diagonal(values=np.array([0.5, -0.3]))
    yield "history of a shrinking matrix", HistoryMatrix(step=shrinking, iterations=3)
    yield "padded history of a shrinking matrix", HistoryMatrix(step=shrinking, iterations=2, padding=2)


def changing() -> Iterator[tuple[str, Matrix]]:
    """Steps that look at the time: rates, three minibatches (a table says which), noise (a gradient for each)."""
    hessians = tuple(
        Dense(entries=HESSIAN.matrix() @ np.diag(d) @ HESSIAN.matrix()) for d in np.eye(2)[[0, 1, 0]] + 0.3
    )
    gradients = tuple(
        Dense(entries=np.array(g)[:, None]) for g in ([0.3, -0.2], [0.1, 0.5], [-0.4, 0.2], [0.2, 0.1])
    )
    coasting = Dense(entries=np.array([[0.1, -0.2], [0.0, 0.3]]))
    same, falling = np.full(4, 0.3), np.array([0.3, 0.1, 0.0, 0.25])
    for lift in LIFTS:
        yield (
            f"changing, {lift}, falling rate",
            CarlemanSteps(
                rates=falling[:2], hessians=hessians[:1], gradients=gradients[:1], order=1,
                lift=lift, constant_level=True,
            ),
        )  # fmt: skip
        yield (
            f"changing, {lift}, minibatches",
            CarlemanSteps(
                rates=same,
                hessians=hessians,
                gradients=gradients[:3],
                order=1,
                lift=lift,
                constant_level=True,
            ),
        )
        yield (
            f"changing, {lift}, two minibatches, N=2",
            CarlemanSteps(
                rates=same[:2], hessians=hessians[:2], seconds=(SECOND,), order=2, lift=lift, gamma=0.4
            ),
        )
        yield (
            f"changing, {lift}, noise and coasting",
            CarlemanSteps(
                rates=same, hessians=hessians[:1], gradients=gradients, order=1, lift=lift,
                coasting=coasting, constant_level=True,
            ),
        )  # fmt: skip
        bounded = CarlemanSteps(
            rates=falling, hessians=(BOUNDS,) * 3, seconds=(TENSOR_BOUNDS,) * 3, order=2, lift=lift
        )
        yield f"changing bounds, {lift}", bounded


def cases() -> Iterator[Case]:
    """One encoding of each, with access, variant and word length taken in turn; two variants of the small ones."""
    number = 0
    for name, matrix in steps():
        for offer in chosen(matrix):
            for _ in range(2):
                access, (controlled, inverse) = ACCESSES[number % 3], VARIANTS[number % 4]
                if number_of_states(matrix) > MOST_BACKWARDS or "Frobenius" not in offer.name:
                    inverse = False  # backwards a state spreads over all copies at once: too many to simulate
                bits = 3 + number % 2
                how = ("controlled " if controlled else "") + ("inverse " if inverse else "")
                said = f"{name}: {how}{offer.name}, {access.name}, {bits} bits"
                prepared = offer.prepared(Words(bits=bits), access)
                yield Case(said, matrix, offer, prepared, controlled, inverse)
                number += 1


def number_of_states(matrix: Matrix) -> int:
    """Basis states of the registers of a lifted step."""
    if not isinstance(matrix, CarlemanStep):
        return 0
    fed = matrix.gradient is not None
    return len(matrix.levels) * int(matrix.hessian.rows) ** (matrix.order + (matrix.order // 2 if fed else 0))


def chosen(matrix: Matrix) -> list[Offer]:
    """The first lifted encoding by norm trees, and the first that is not."""
    lifted = [o for o in offers(matrix, tables=matrix.is_explicit) if "lift" in o.name or "history" in o.name]
    trees = [o for o in lifted if "Frobenius" in o.name]
    others = [o for o in lifted if "Frobenius" not in o.name]
    small = not isinstance(matrix, CarlemanStep) or matrix.order < 3
    return [*trees[:1], *(others[:1] if small else [])]


CASES = {case.name: case for case in cases()}


@pytest.mark.parametrize("name", CASES)
def test_a_lifted_step_stands_on_all_rungs(name: str, request: pytest.FixtureRequest) -> None:
    climb(CASES[name], Verdicts(request, name))


def test_both_lifts_are_there_for_every_order_and_degree() -> None:
    for lift, order in itertools.product(LIFTS, (1, 2, 3)):
        assert sum(name.startswith(f"{lift}, N={order},") for name in CASES) >= 6
        for degree in (1, 2, 3):
            assert any(name.startswith(f"{lift}, N={order}, q={degree},") for name in CASES)
