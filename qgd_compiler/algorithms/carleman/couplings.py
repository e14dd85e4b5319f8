r"""The amplitudes with which levels feed each other: they make α the spectral norm of the level couplings.

Let a_l be the subnormalisations of what stands for G_l and B[j, k] the sum of the products that lead from level k to
level j (`structure/carleman_step.py`). For positive p, q with B q <= σ p and Bᵀp <= σ q, the amplitudes

    √(B_jk p_j / (σ q_k)) from k to j   and   √(B_jk q_k / (σ p_j)) from j to k

have squares that add up to at most 1, and their product is B_jk/σ: a block-encoding of C with α = σ. The singular
vectors of B belong to σ = ‖B‖₂, the least that the couplings alone allow. (max_j (Σ a_l)^j is not enough: for N = 1,
a_0 = 0.3 and a_1 = 0.5 it is 1, less than the norm of C.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from qgd_compiler.structure.carleman_step import CarlemanStep, level_couplings

Array = NDArray[np.float64]

SMALLEST = 1e-5  # relative error below which a difference of couplings would lose digits
POLISH = 100  # power iterations behind the singular value decomposition
COASTING = -1  # the part that no rate scales
NOTHING_LEFT = 1e-13  # amplitudes squared below it are rounding


@dataclass(frozen=True)
class Part:
    """One way in which a slot turns `inputs` registers into one.

    weight  its subnormalisation in the unit γ, a_l γ^{l−1}
    index   its encoder: its inputs, or COASTING; None: the identity
    """

    inputs: int
    weight: float
    index: int | None


@dataclass(frozen=True, eq=False)
class Couplings:
    """The levels of a lift, coupled with the subnormalisations of the encoders of its parts.

    step     the lift (its sizes and order, not its data)
    weights  subnormalisations of −ηF_l in units of u, by the inputs l: those of g, H, F_2, …; None where absent
    coasting  that of a part with one input that no rate scales; 0: there is none
    """

    step: CarlemanStep
    weights: tuple[float | None, ...]
    coasting: float = 0.0

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The identity first, then the encoders in the order of their inputs."""
        gamma = float(self.step.gamma)
        found = [Part(1, 1.0, None)]
        for inputs, weight in enumerate(self.weights):
            if weight is not None and weight > 0:
                found.append(Part(inputs, weight * gamma ** (inputs - 1), inputs))
        if self.coasting > 0:
            found.append(Part(1, self.coasting, COASTING))
        return tuple(found)

    @cached_property
    def series(self) -> list[float]:
        """a_0, 1 + a_1 (and what coasts), a_2, …"""
        found = [0.0] * (max(part.inputs for part in self.parts) + 1)
        for part in self.parts:
            found[part.inputs] += part.weight
        return found

    @cached_property
    def matrix(self) -> Array:
        """B over the levels that are carried."""
        return level_couplings(self.series, self.step)

    @cached_property
    def _vectors(self) -> tuple[float, Array, Array]:
        """σ and positive p, q, found for each set of levels that feed each other."""
        b = self.matrix
        size = len(b)
        j, k = np.nonzero(b)
        graph = coo_array((np.ones(len(j)), (j, k + size)), shape=(2 * size, 2 * size))
        _, labels = connected_components(graph, directed=False)
        left, right, sigma = np.ones(size), np.ones(size), 0.0
        for label in np.unique(labels):
            rows, columns = np.flatnonzero(labels[:size] == label), np.flatnonzero(labels[size:] == label)
            own, left[rows], right[columns] = _singular(b[np.ix_(rows, columns)])
            sigma = max(sigma, own)
        return sigma, left, right

    @property
    def alpha(self) -> float:
        """σ = ‖B‖₂."""
        return self._vectors[0]

    @cached_property
    def up(self) -> Array:
        """Squared amplitudes to choose the new level j from the old level k: [k, j], rows adding up to at most 1."""
        sigma, p, q = self._vectors
        return _trimmed((self.matrix * p[:, None] / (sigma * q[None, :])).T)

    @cached_property
    def down(self) -> Array:
        """Squared amplitudes to guess the old level k from the new level j: [j, k]."""
        sigma, p, q = self._vectors
        return _trimmed(self.matrix * q[None, :] / (sigma * p[:, None]))


def _singular(block: Array) -> tuple[float, Array, Array]:
    """The largest singular value of a positive block and its vectors, small entries to full relative accuracy."""
    _, values, vt = np.linalg.svd(block)
    sigma, q = float(values[0]), np.abs(vt[0])
    for _ in range(POLISH):  # products of non-negative numbers keep every digit, which the SVD does not
        q = block.T @ (block @ q) / sigma**2
    return sigma, block @ q / sigma, q


def _trimmed(squares: Array) -> Array:
    """Rows that add up to 1 but for rounding are made to do so exactly."""
    totals = squares.sum(axis=1, keepdims=True)
    return np.where(np.abs(totals - 1) < 1e-9, squares / totals, squares)


def distortion(
    step: CarlemanStep,
    weights: Sequence[float | None],
    errors: Sequence[float],
    coasting: tuple[float, float] = (0.0, 0.0),
) -> float:
    """‖C̃ − C‖ where each part is off by `errors[l]`: the spectral norm of B(a + ε) − B(a) (bound).

    Small errors are enlarged first, so that the difference keeps its digits: its entries are polynomials without
    negative coefficients, so a part of the errors makes at most that part of the distortion.
    coasting  weight and error of the part that no rate scales
    """
    pairs = [(w, e) for w, e in (*zip(weights, errors, strict=True), coasting) if w]
    relative = max((e / w for w, e in pairs), default=0.0)
    if relative == 0:
        return 0.0
    enlarged = max(1.0, SMALLEST / relative)
    larger = tuple(None if w is None else w + enlarged * e for w, e in zip(weights, errors, strict=True))
    above = Couplings(step, larger, coasting[0] + enlarged * coasting[1]).matrix
    difference = above - Couplings(step, tuple(weights), coasting[0]).matrix
    return float(np.linalg.norm(difference, 2)) / enlarged
