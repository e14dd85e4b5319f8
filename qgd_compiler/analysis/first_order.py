r"""The first-order lift: what it couples, and how far it is from the recursion that it stands for.

Row j of the lift is I + Σ_i 1⊗…⊗(−ηF_l)⊗…⊗1: of (u + h)^{⊗j}, h = −η(g + Hu + F_2u⊗u + …), it keeps what is of
first order in η. What it drops at level j is at most d_j(z) = Σ_{i>=2} C(j, i) z^{j−i} h(z)^i for ‖u‖ <= z, with
h(z) = Σ_l h_l z^l, h_l = η‖F_l‖. Errors obey the recursion of `truncation.py` with d_j(z_t) as a further source; it is
linear, so truncation and bias add up and are given apart. Level 1 of a lift of order 1 has no bias.
Per unit of integration time the bias is O(η): halving η and doubling T halves it.
Source: Liu et al., arXiv:2011.03185 (lift); bound derived here and tested as a theorem.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qgd_compiler.analysis.truncation import OVERFLOW

Array = NDArray[np.float64]

_EPS = float(np.finfo(float).eps)


def first_order_coupling(
    moves: ArrayLike, order: int, eigenvalues: tuple[float, float] | None = None, columns: int | None = None
) -> Array:
    """Bounds on the norms of the blocks of the lift, levels 0 … `order` × 0 … `columns` (default `order`).

    moves        h_0, h_1, …: norms of −ηF_l
    eigenvalues  ηλ_min and ηλ_max of a symmetric H: then block (j, j) has norm max|1 − jηλ|, else 1 + j h_1
    """
    h = np.asarray(moves, dtype=float)
    width = (order if columns is None else columns) + 1
    found = np.zeros((order + 1, width))
    for j in range(order + 1):
        for power, norm in enumerate(h):
            k = j - 1 + power
            if j and 0 <= k < width:
                found[j, k] += j * norm
        if j < width:
            found[j, j] += 1
            if eigenvalues is not None:
                found[j, j] = max(abs(1 - j * end) for end in eigenvalues)
    return found


def first_order_errors(
    moves: ArrayLike, sizes: ArrayLike, order: int, eigenvalues: tuple[float, float] | None = None
) -> tuple[Array, Array]:
    """Bounds on the truncation error and on the bias of each level and step, two arrays (T+1, order+1).

    moves  h_l, one row or rows (S, q+1) that repeat over the steps
    sizes  z_0 … z_T >= ‖u_0‖ … ‖u_T‖
    """
    rows, z = np.atleast_2d(np.asarray(moves, dtype=float)), np.asarray(sizes, dtype=float)
    shape = (len(z), order + 1)
    if not np.all(z < OVERFLOW):
        return np.full(shape, math.inf), np.full(shape, math.inf)
    truncation, bias = np.zeros(shape), np.zeros(shape)
    degree = rows.shape[1] - 1
    whole = [first_order_coupling(h, order, eigenvalues, max(order, order - 1 + degree)) for h in rows]
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(len(z) - 1):
            b, h = whole[t % len(rows)], rows[t % len(rows)]
            powers = z[t] ** np.arange(b.shape[1])
            kept = b[:, : order + 1]
            truncation[t + 1] = kept @ truncation[t] + b[:, order + 1 :] @ powers[order + 1 :]
            bias[t + 1] = kept @ bias[t] + dropped(h, float(z[t]), order)
    rounding = 1 + 8 * _EPS * len(z) * (order + 2) * (degree + 1)
    return tuple(np.where(np.isnan(e), math.inf, e * rounding) for e in (truncation, bias))  # type: ignore[return-value]


def dropped(moves: Sequence[float] | Array, size: float, order: int) -> Array:
    """d_0 … d_N: what one step of the lift leaves out at each level, at most, for ‖u‖ <= `size`."""
    h = math.fsum(float(f) * size**power for power, f in enumerate(moves))
    return np.array(
        [
            math.fsum(math.comb(j, i) * size ** (j - i) * h**i for i in range(2, j + 1))
            for j in range(order + 1)
        ]
    )
