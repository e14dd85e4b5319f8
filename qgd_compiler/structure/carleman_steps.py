"""`CarlemanSteps`: the lifted steps of a run whose rate or data change from step to step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import final

import numpy as np
from scipy.linalg import block_diag
from scipy.sparse import coo_array, csr_array

from qgd_compiler.errors import SpecError
from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar, ceil_log2
from qgd_compiler.structure.carleman_step import LIFTS, CarlemanStep, Lift, lifted_matrix
from qgd_compiler.structure.checks import Array, array, count, operands, real_scalar, same
from qgd_compiler.structure.declared import worst_of
from qgd_compiler.structure.facts import Facts
from qgd_compiler.structure.matrix import Matrix
from qgd_compiler.structure.sparse import Sparse
from qgd_compiler.structure.tensor import Tensor


@final
@node
class CarlemanSteps(Matrix):
    """diag(C_0, …, C_{T−1}), C_t the lift of u ← u − η_t (g_t + H_t u + F_2t u⊗u + …) − Ku.

    rates      η_0 … η_{T−1}, at least 0, one of them above
    hessians, gradients, seconds, thirds   H, g, F_2, F_3 of the data sets: of k of them step t takes number t mod k
               (one for all, one per minibatch, or one per step); no gradients: expansion about a minimum
    coasting   K, which no rate scales: what momentum does without a force; None: 0
    lift, order, constant_level, gamma   as in `CarlemanStep`

    Rows: step after step, each as in `CarlemanStep`.
    Error: SpecError for parts of different shapes, seconds missing below thirds, rates that are negative or all 0.
    """

    rates: Array = field()
    hessians: tuple[Matrix, ...] = field()
    order: int = field()
    lift: Lift = "exact"
    gradients: tuple[Matrix, ...] = ()
    seconds: tuple[Matrix, ...] = ()
    thirds: tuple[Matrix, ...] = ()
    coasting: Matrix | None = None
    constant_level: bool = False
    gamma: Scalar = 1

    def _check(self) -> None:
        self._put("rates", array("the learning rates", np.asarray(self.rates, dtype=float), 1))
        self._put("gamma", real_scalar("gamma", self.gamma))
        self._put("order", count("the Carleman order", self.order))
        if self.lift not in LIFTS:
            raise SpecError(f"the lift is {self.lift!r}", remedy=" or ".join(LIFTS))
        if not (np.all(self.rates >= 0) and np.any(self.rates > 0)):
            raise SpecError("learning rates must be at least 0, and one of them above 0")
        if not self.hessians or (self.thirds and not self.seconds):
            raise SpecError("lifted steps need a Hessian, and second terms below third ones")
        n = self.hessians[0].rows
        for inputs, parts in enumerate((self.gradients, self.hessians, self.seconds, self.thirds)):
            if parts:
                operands("CarlemanSteps", parts, Matrix)
            for part in parts:
                if not (same(part.rows, n) and same(part.columns, n**inputs)):
                    raise SpecError(f"a part of {inputs} inputs is {part.rows} x {part.columns}, n = {n}")
        if self.coasting is not None and not (same(self.coasting.rows, n) and same(self.coasting.columns, n)):
            raise SpecError(f"the coasting part is {self.coasting.rows} x {self.coasting.columns}, n = {n}")

    @property
    def iterations(self) -> int:
        """T."""
        return len(self.rates)

    @property
    def learning_rate(self) -> float:
        """The largest rate."""
        return float(self.rates.max())

    @property
    def largest(self) -> CarlemanStep:
        """The step of the first data sets at the largest rate, without coasting: sizes, levels, lift, γ."""
        higher = [parts[0] for parts in (self.seconds, self.thirds) if parts]
        return CarlemanStep(
            hessian=self.hessians[0],
            learning_rate=self.learning_rate,
            order=self.order,
            lift=self.lift,
            gradient=self.gradients[0] if self.gradients else None,
            higher=tuple(higher),
            constant_level=self.constant_level,
            gamma=self.gamma,
        )

    @property
    def first(self) -> int:
        """The lowest level that is carried."""
        return 0 if self.constant_level else 1

    @property
    def levels(self) -> range:
        """The levels that are carried."""
        return range(self.first, self.order + 1)

    def sets(self, inputs: int) -> tuple[Matrix, ...]:
        """The data sets of the part with so many inputs."""
        return (self.gradients, self.hessians, self.seconds, self.thirds)[inputs]

    def _size(self) -> tuple[Scalar, Scalar]:
        side = self.iterations * self.largest.rows
        return side, side

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        return Facts(real=all(facts.real for facts in parts))

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        # the operands come in the order of the fields
        hessians, rest = list(parts[: len(self.hessians)]), list(parts[len(self.hessians) :])
        gradients = [rest.pop(0) for _ in self.gradients] or [np.zeros((len(hessians[0]), 1))]
        higher = [[rest.pop(0) for _ in sets] for sets in (self.seconds, self.thirds) if sets]
        coasting = rest.pop(0) if rest else np.zeros_like(hessians[0])
        gamma, found = float(self.gamma), []
        for t, eta in enumerate(self.rates):
            moves = [
                -float(eta) * sets[t % len(sets)] * gamma ** (inputs - 1)
                for inputs, sets in enumerate((gradients, hessians, *higher))
            ]
            moves[1] = moves[1] - coasting
            found.append(lifted_matrix(moves, self.lift, self.first, self.order))
        return np.asarray(block_diag(*found))

    def _note(self) -> str:
        return (
            f"{self.lift} lift, levels {self.first} … {self.order}, T = {self.iterations}, γ = {self.gamma}"
        )


def interleaved(matrices: Sequence[Matrix]) -> Matrix:
    """k matrices as one: entry (i, j) of number b stands at (i K + b, j K + b), K = 2^⌈log2 k⌉.

    The number of the data set is the least significant part of rows and columns alike, so that a rectangular matrix
    leaves it where it is. Tensors have every index on a register of its own. Facts: the worst of all.
    """
    made = [m.in_registers if isinstance(m, Tensor) else m for m in matrices]
    if len(made) == 1:
        return made[0]
    sets = 2 ** int(ceil_log2(len(made)))
    rows, columns = int(made[0].rows) * sets, int(made[0].columns) * sets
    if all(m.is_explicit for m in made):
        entries = [coo_array(m.to_scipy() if isinstance(m, Sparse) else m.matrix()) for m in made]
        places = [(m.row * sets + b, m.col * sets + b) for b, m in enumerate(entries)]
        whole = coo_array(
            (
                np.concatenate([m.data for m in entries]),
                (np.concatenate([p[0] for p in places]), np.concatenate([p[1] for p in places])),
            ),
            shape=(rows, columns),
        )
        return Sparse.from_scipy(csr_array(whole))
    return worst_of([m.facts() for m in made], rows, columns)
