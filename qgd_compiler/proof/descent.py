"""Plain gradient descent in a NumPy loop: what every circuit is compared with. It knows nothing of the compiler."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Descent:
    """A run u_{t+1} = u_t − η_t(g + H u_t + ½ F[u_t, u_t]) + β(u_t − u_{t−1}), minibatch t mod B at step t.

    hessians   B of them, shape (n, n), symmetric, what damps included
    gradients  at u = 0, B of them, shape (n,)
    rates      η_0 … η_{T−1}
    third      the third derivative, shape (n, n, n), fully symmetric; None: 0
    start      u_0; None: 0
    """

    hessians: tuple[Array, ...]
    gradients: tuple[Array, ...]
    rates: tuple[float, ...]
    momentum: float = 0.0
    third: Array | None = None
    start: Array | None = None

    def last(self) -> Array:
        """u_T, shape (n,)."""
        n = len(self.hessians[0])
        u = np.zeros(n) if self.start is None else np.array(self.start, dtype=float)
        before = u
        for t, rate in enumerate(self.rates):
            h = self.hessians[t % len(self.hessians)]
            slope = self.gradients[t % len(self.gradients)] + h @ u
            if self.third is not None:
                slope = slope + np.einsum("ijk,j,k->i", self.third, u, u) / 2
            u, before = u - rate * slope + self.momentum * (u - before), u
        return u
