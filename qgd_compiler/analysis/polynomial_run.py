"""Following a run of gradient descent with momentum, schedules, minibatches and nonlinear terms, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgd_compiler.errors import InfeasibleError

Array = NDArray[np.float64]
Gradient = Callable[[int, Array], Array]
Progress = Callable[[int, int], None]

BEYOND = 1e100  # sizes above which a run has blown up


@dataclass(frozen=True, eq=False)
class PolynomialRun:
    """The sizes of a run.

    sizes  ‖u_0‖ … ‖u_T‖
    pairs  ‖w_0‖ … ‖w_T‖, w = P (u, v); the same as `sizes` without momentum
    last   u_T
    """

    sizes: Array
    pairs: Array
    last: Array

    @property
    def blown_up(self) -> bool:
        """Whether the run left the numbers."""
        return not bool(np.isfinite(self.sizes[-1]))


def follow_polynomial(
    gradient: Gradient,
    start: Array,
    rates: Sequence[float] | Array,
    momentum: float = 0.0,
    transform: Array | None = None,
    progress: Progress | None = None,
) -> PolynomialRun:
    """v ← βv − η_t g(t, u), u ← u + v from u_0 = `start`, v_0 = 0. `gradient(t, u)` is that of step t at u.

    Sizes from where the run exceeds 1e100 on are inf. `progress(t, T)` is called about a hundred times.
    """
    u, v = np.array(start, dtype=float), np.zeros(len(start))
    p = np.eye(2) if transform is None else transform
    count = len(rates)
    sizes, pairs = np.full(count + 1, np.inf), np.full(count + 1, np.inf)
    sizes[0], pairs[0] = _sizes(u, v, p)
    report_every = max(1, count // 100)
    for t in range(count):
        v = momentum * v - float(rates[t]) * gradient(t, u)
        u = u + v
        if not float(np.abs(u).max()) < BEYOND:
            break
        sizes[t + 1], pairs[t + 1] = _sizes(u, v, p)
        if progress is not None and (t + 1) % report_every == 0:
            progress(t + 1, count)
    return PolynomialRun(sizes, pairs if momentum else sizes, u)


def _sizes(u: Array, v: Array, transform: Array) -> tuple[float, float]:
    second = transform[1, 0] * u + transform[1, 1] * v
    size = float(np.linalg.norm(u))
    return size, float(np.hypot(transform[0, 0] * size, np.linalg.norm(second)))


def require_a_run(run: PolynomialRun) -> None:
    """InfeasibleError for a run that blew up, or that never left its place."""
    if run.blown_up:
        step = int(np.argmax(~np.isfinite(run.sizes)))
        raise InfeasibleError(
            f"the iterate exceeds 1e100 at step {step} of a run of {len(run.sizes) - 1} steps",
            at="dynamics",
            remedy="a smaller learning rate, fewer iterations, or damping",
        )
    if run.sizes[-1] == 0:
        raise InfeasibleError(
            "the run ends where it started: there is no state to prepare",
            at="gradient",
            remedy="expand about another point, or leave the problem alone: it is solved",
        )
