"""`CarlemanStep`: one step of a polynomial recursion, lifted to the powers of its state."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import field
from functools import reduce
from typing import Literal, final

import numpy as np

from qgd_compiler.errors import SpecError
from qgd_compiler.kinds import Source, weakest_source
from qgd_compiler.nodes import node
from qgd_compiler.scalars import Scalar
from qgd_compiler.structure.checks import Array, count, operands, real_scalar, same, square
from qgd_compiler.structure.facts import Fact, Facts, best_norm, is_plain
from qgd_compiler.structure.matrix import Matrix

Lift = Literal["exact", "first-order"]
LIFTS: tuple[Lift, ...] = ("exact", "first-order")


@final
@node
class CarlemanStep(Matrix):
    """C of y_{t+1} = C y_t, y = (1, u/γ, (u/γ)⊗(u/γ), …) up to `order` N, for u ← u − η(g + Hu + F_2 u⊗u + …).

    lift            exact: row j is Σ G_{l₁}⊗…⊗G_{l_j} over l₁+…+l_j = k, with G_0 = −ηg, G_1 = I − ηH, G_l = −ηF_l;
                    first-order: row j is I + Σ_i 1⊗…⊗(−ηF_l)⊗…⊗1, which drops the terms of second order in η
    gradient        g, an n × 1 matrix; None: 0 (expansion about a minimum)
    higher          F_2, F_3, …: n × n², n × n³; none for a quadratic model
    constant_level  carry level 0, the constant 1, which a gradient feeds on; else levels 1 … N, and what the
                    gradient alone adds stands on the right-hand side of the history
    gamma           γ, the unit of u (units of the parameters)

    Rows: level after level, level j of n^j rows, the first factor most significant.
    Source: Liu et al., arXiv:2303.03428 (exact discrete lift); Liu et al., arXiv:2011.03185 (Euler's method).
    Error: SpecError where the shapes do not fit, for N < 1, γ <= 0, an unknown lift.
    """

    hessian: Matrix = field()
    learning_rate: Scalar = field()
    order: int = field()
    lift: Lift = "exact"
    gradient: Matrix | None = None
    higher: tuple[Matrix, ...] = ()
    constant_level: bool = False
    gamma: Scalar = 1

    def _check(self) -> None:
        operands("CarlemanStep", (self.hessian, *self.higher), Matrix)
        square("the Hessian of a step", (self.hessian.rows, self.hessian.columns))
        self._put("learning_rate", real_scalar("the learning rate", self.learning_rate))
        self._put("gamma", real_scalar("gamma", self.gamma))
        self._put("order", count("the Carleman order", self.order))
        if self.lift not in LIFTS:
            raise SpecError(f"the lift is {self.lift!r}", remedy=" or ".join(LIFTS))
        if is_plain(self.gamma) and not self.gamma > 0:
            raise SpecError(f"gamma is {self.gamma}; it must be above 0")
        n = self.hessian.rows
        shapes: list[tuple[str, Matrix, Scalar]] = [
            (f"F_{power}", f, n**power) for power, f in enumerate(self.higher, 2)
        ]
        if self.gradient is not None:
            shapes.append(("the gradient", self.gradient, 1))
        for name, part, columns in shapes:
            if not (same(part.rows, n) and same(part.columns, columns)):
                raise SpecError(
                    f"{name} is {part.rows} x {part.columns}, but for a Hessian of {n} rows it is {n} x {columns}"
                )

    @property
    def first(self) -> int:
        """The lowest level that is carried."""
        return 0 if self.constant_level else 1

    @property
    def levels(self) -> range:
        """The levels that are carried."""
        return range(self.first, self.order + 1)

    def _size(self) -> tuple[Scalar, Scalar]:
        total: Scalar = 0
        for j in self.levels:
            total = total + self.hessian.rows**j
        return total, total

    def _has_data(self) -> bool:
        return is_plain(self.learning_rate, self.gamma)

    def _derive(self, parts: tuple[Facts, ...]) -> Facts:
        norms = [best_norm(facts) for facts in parts]
        real = all(facts.real for facts in parts)
        if any(norm is None or not is_plain(norm.value) for norm in norms):
            return Facts(real=real)
        if not is_plain(self.learning_rate, self.gamma):
            return Facts(real=real)
        known = [norm for norm in norms if norm is not None]
        source = weakest_source((Source.BOUND, *(norm.source for norm in known)))
        eta = abs(float(self.learning_rate))
        sizes = [eta * float(norm.value) for norm in known]
        linear, rest = 1 + sizes[0], sizes[1:]
        low, high = parts[0].lambda_min, parts[0].lambda_max
        if self.lift == "exact" and low is not None and high is not None and is_plain(low.value, high.value):
            linear = max(abs(1 - self.learning_rate * end.value) for end in (low, high))
        flat = rest[: len(self.higher)] if self.gradient is None else rest[1:]
        constant = 0.0 if self.gradient is None else rest[0]
        series = [constant, linear, *flat]
        scaled = [f * float(self.gamma) ** (power - 1) for power, f in enumerate(series)]
        return Facts(norm=Fact(float(np.linalg.norm(level_couplings(scaled, self), 2)), source), real=real)

    def _dense(self, parts: tuple[Array, ...]) -> Array:
        eta, gamma = float(self.learning_rate), float(self.gamma)
        hessian, *rest = parts
        has_gradient = self.gradient is not None
        gradient = rest[0] if has_gradient else np.zeros((len(hessian), 1))
        higher = rest[1:] if has_gradient else rest
        moves = [-eta * f * gamma ** (power - 1) for power, f in enumerate((gradient, hessian, *higher))]
        return lifted_matrix(moves, self.lift, self.first, self.order)

    def _note(self) -> str:
        return f"{self.lift} lift, levels {self.first} … {self.order}, η = {self.learning_rate}, γ = {self.gamma}"


def level_couplings(series: Sequence[float], step: CarlemanStep) -> Array:
    """How much level k can add to level j, for norms or subnormalisations f_0, f_1 = 1 + η‖H‖, f_2, …

    Shape (levels, levels). Exact lift: the coefficient of z^k in f(z)^j. First-order: j f_{k−j+1}, and for k = j
    the identity once.
    """
    order, found = step.order, np.zeros((step.order + 1, step.order + 1))
    found[0, 0] = 1
    for j in range(1, order + 1):
        for power, f in enumerate(series):
            if step.lift == "exact":
                width = order + 1 - power
                if width > 0:
                    found[j, power:] += f * found[j - 1, :width]
            elif j - 1 + power <= order:
                found[j, j - 1 + power] += j * (f - 1) + 1 if power == 1 else j * f
    return found[step.first :, step.first :]


def lifted_matrix(moves: Sequence[Array], lift: Lift, first: int, order: int) -> Array:
    """The lift written out, from G_0, G_1 − 1, G_2, … in the unit γ (n × n^l each): levels `first` … `order`."""
    n = len(moves[1])
    rows = _exact(moves, n, order) if lift == "exact" else _first_order(moves, n, order)
    levels = range(first, order + 1)
    return np.block([[rows[j].get(k, np.zeros((n**j, n**k))) for k in levels] for j in levels])


def _exact(moves: Sequence[Array], n: int, order: int) -> list[dict[int, Array]]:
    """Row j from row j−1: C_jk = Σ_l C_{j−1,k−l}⊗G_l."""
    series = list(moves)
    series[1] = np.eye(n) + series[1]
    rows: list[dict[int, Array]] = [{0: np.ones((1, 1))}]
    for _ in range(order):
        following: dict[int, Array] = {}
        for k, block in rows[-1].items():
            for power, g in enumerate(series):
                if k + power <= order:
                    following[k + power] = following.get(k + power, 0) + np.kron(block, g)
        rows.append(following)
    return rows


def _first_order(moves: Sequence[Array], n: int, order: int) -> list[dict[int, Array]]:
    rows: list[dict[int, Array]] = []
    for j in range(order + 1):
        row = {j: np.eye(n**j)}
        for i, (power, f) in itertools.product(range(j), enumerate(moves)):
            k = j - 1 + power
            if k <= order:
                factors = [np.eye(n**i), f, np.eye(n ** (j - 1 - i))]
                row[k] = row.get(k, 0) + reduce(np.kron, factors)
        rows.append(row)
    return rows
