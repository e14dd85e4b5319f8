"""Random polynomial recursions, run and lifted by brute force: the oracle of the certificates."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class System:
    """u ← Σ_l G_l(t) u⊗…⊗u from `start`; `steps[t % len(steps)]` are the G_l, each n × n^l."""

    steps: tuple[tuple[Array, ...], ...]
    start: Array
    iterations: int

    @property
    def size(self) -> int:
        return len(self.start)

    def norms(self) -> Array:
        """‖G_l(t)‖, shape (steps, q+1)."""
        return np.array([[np.linalg.norm(g, 2) for g in step] for step in self.steps])

    def run(self) -> list[Array]:
        """u_0 … u_T."""
        found = [self.start]
        for t in range(self.iterations):
            step = self.steps[t % len(self.steps)]
            if float(np.abs(found[-1]).max()) > 1e100:  # it has blown up: no more numbers
                found.append(np.full(self.size, np.inf))
                continue
            found.append(sum((g @ powers(found[-1], p) for p, g in enumerate(step)), np.zeros(self.size)))
        return found

    def lift(self, t: int, order: int) -> Array:
        """The exact discrete lift of step t, levels 0 … order, by enumerating every product."""
        step, n = self.steps[t % len(self.steps)], self.size
        blocks = [[np.zeros((n**j, n**k)) for k in range(order + 1)] for j in range(order + 1)]
        for j in range(order + 1):
            for choice in itertools.product(range(len(step)), repeat=j):
                if sum(choice) <= order:
                    factors = [step[p] for p in choice]
                    blocks[j][sum(choice)] += reduce(np.kron, factors, np.ones((1, 1)))
        return np.block(blocks)

    def first_order_lift(self, t: int, order: int) -> Array:
        """I + Σ_i 1⊗…⊗(G_l − [l = 1])⊗…⊗1, levels 0 … order."""
        step, n = self.steps[t % len(self.steps)], self.size
        blocks = [[np.zeros((n**j, n**k)) for k in range(order + 1)] for j in range(order + 1)]
        for j in range(order + 1):
            blocks[j][j] += np.eye(n**j)
            for i, (p, g) in itertools.product(range(j), enumerate(step)):
                if j - 1 + p <= order:
                    move = g - np.eye(n) if p == 1 else g
                    factors = [np.eye(n**i), move, np.eye(n ** (j - 1 - i))]
                    blocks[j][j - 1 + p] += reduce(np.kron, factors)
        return np.block(blocks)

    def lifted_run(self, order: int, lifts: list[Array]) -> list[Array]:
        """y_0 … y_T of the cut lift, from the powers of the start."""
        found = [np.concatenate([powers(self.start, j) for j in range(order + 1)])]
        for t in range(self.iterations):
            with np.errstate(over="ignore", invalid="ignore"):
                found.append(lifts[t % len(lifts)] @ found[-1])
        return found


def powers(u: Array, exponent: int) -> Array:
    """u⊗…⊗u."""
    return reduce(np.kron, [u] * exponent, np.ones(1))


def random_system(
    seed: int,
    size: int,
    degree: int,
    contraction: float,
    forced: bool,
    steps: int,
    iterations: int,
    scale: float,
    symmetric: bool = False,
) -> System:
    """G_1 of norm `contraction`, the other G_l (l ≠ 1) of norm about `scale`, a start of norm 1/2."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(steps):
        terms = []
        for power in range(degree + 1):
            g = rng.standard_normal((size, size**power))
            if symmetric and power == 1:
                g = g + g.T
            wanted = contraction if power == 1 else scale * rng.uniform(0.2, 1)
            terms.append(g * (wanted / np.linalg.norm(g, 2)) * (1.0 if power or forced else 0.0))
        made.append(tuple(terms))
    start = rng.standard_normal(size)
    return System(tuple(made), start * (0.5 / np.linalg.norm(start)), iterations)
